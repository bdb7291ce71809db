//! A system with environment, written down naively: vectors, clones, and nothing shared with the crate
//! but the words for actions and environment.

#[path = "naive/good.rs"]
mod good;
#[path = "naive/kind.rs"]
mod kind;
#[path = "naive/moves.rs"]
mod moves;
#[path = "naive/view.rs"]
mod view;
#[path = "naive/wire.rs"]
mod wire;

pub use kind::{Kind, is_below_4, parity, part};

use quorate_models::session::Sessions;
use quorate_models::system::{
    Action, ActionOf, Crossing, Environment, Participant, Restart, Timeouts,
};
use stateright::Model;
use stateright::actor::{Actor, Id};

/// The system.
pub struct Naive<A: Participant> {
    pub actors: Vec<A>,
    pub kind: Kind,
    pub sessions: Option<Sessions<A>>,
    pub environment: Environment<A>,
}

/// Its state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World<S, M, T, R, D> {
    pub nodes: Vec<Node<S, M, T, R, D>>,
    /// Source, destination, message, age; sorted, in ordered networks by source and destination only.
    pub wire: Vec<(Id, Id, M, u8)>,
    /// The message delivered last, in a network that remembers it.
    pub last: Option<(Id, Id, M)>,
    pub timeouts: Vec<Option<u8>>,
    pub crashes: u8,
    pub losses: u8,
    pub duplicates: u8,
    pub requests: usize,
    pub cuts: u8,
    pub heals: u8,
    /// The partitions that are there, by position; sorted.
    pub cut: Vec<usize>,
    pub totals: Vec<u8>,
    /// Nobody before the good period.
    pub good: Vec<Id>,
}

/// One participant. It is up if it has a state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<S, M, T, R, D> {
    pub state: Option<S>,
    /// Each with its age; sorted, and so are the choices, by name.
    pub timers: Vec<(T, u8)>,
    pub choices: Vec<(String, Vec<R>)>,
    pub disk: Option<D>,
    /// Writes on their way to the disk, each with the messages behind it.
    pub writes: Vec<(D, Vec<(Id, M)>)>,
}

pub type WorldOf<A> = World<
    <A as Actor>::State,
    <A as Actor>::Msg,
    <A as Actor>::Timer,
    <A as Actor>::Random,
    <A as Actor>::Storage,
>;

pub type NodeOf<A> = Node<
    <A as Actor>::State,
    <A as Actor>::Msg,
    <A as Actor>::Timer,
    <A as Actor>::Random,
    <A as Actor>::Storage,
>;

impl<A: Participant> Naive<A> {
    /// The possible steps of messages.
    fn on_the_wire(&self, world: &WorldOf<A>) -> Vec<ActionOf<A>> {
        let mut actions = Vec::new();
        for envelope in self.next_on_the_wire(world) {
            let is_up = world.nodes[usize::from(envelope.dst)].state.is_some();
            let in_session = self.kind.part(&envelope.msg).is_some();
            if is_up && !self.is_severed(world, envelope.src, envelope.dst) {
                actions.push(Action::Deliver(envelope.clone()));
                if 0 < world.duplicates && !in_session {
                    actions.push(Action::Duplicate(envelope.clone()));
                }
            }
            if 0 < world.losses && !in_session {
                actions.push(Action::Lose(envelope));
            }
        }
        actions
    }

    fn next_request(&self, world: &WorldOf<A>, id: Id) -> Option<ActionOf<A>> {
        let msg = self.environment.requests.get(world.requests)?;
        let takers = self.environment.takers.get(world.requests);
        let are_named = takers.is_some_and(|takers| !takers.is_empty());
        if are_named && !takers?.contains(&usize::from(id)) {
            return None;
        }
        Some(Action::Request(id, msg.clone()))
    }

    /// The possible steps of a participant that is up.
    fn own_actions(&self, world: &WorldOf<A>, id: Id) -> Vec<ActionOf<A>> {
        let node = &world.nodes[usize::from(id)];
        let mut actions = Vec::new();
        for (key, choices) in node.choices.clone() {
            for random in choices {
                let key = key.clone();
                actions.push(Action::SelectRandom { id, key, random });
            }
        }
        if !node.writes.is_empty() {
            actions.push(Action::Sync(id));
        }
        actions
    }

    fn actions_at(&self, world: &WorldOf<A>, id: Id) -> Vec<ActionOf<A>> {
        let node = &world.nodes[usize::from(id)];
        let Some(state) = &node.state else {
            return match self.environment.restart {
                Restart::Never => Vec::new(),
                _ => vec![Action::Recover(id)],
            };
        };
        let mut actions = self.own_actions(world, id);
        actions.extend(self.next_request(world, id));
        for (timer, _) in node.timers.clone() {
            let pool = self.pool(id, &timer);
            let is_due = |pool: usize| {
                let Timeouts {
                    when, while_cut, ..
                } = &self.environment.timeouts[pool];
                let is_cut = !while_cut || !world.cut.is_empty();
                is_cut && world.timeouts[pool] != Some(0) && when.is_none_or(|when| when(state))
            };
            if pool.is_some_and(is_due) {
                actions.push(Action::Timeout(id, timer));
            }
        }
        if 0 < world.crashes {
            for kept in 0..=node.writes.len() {
                actions.push(match self.environment.restart {
                    Restart::AtOnce => Action::Restart { id, kept },
                    _ => Action::Crash { id, kept },
                });
            }
        }
        actions
    }

    /// The possible steps of links.
    fn on_links(&self, world: &WorldOf<A>) -> Vec<ActionOf<A>> {
        let mut actions = Vec::new();
        for (number, partition) in self.environment.links.partitions.iter().enumerate() {
            match world.cut.contains(&number) {
                true if 0 < world.heals => actions.push(Action::Heal(partition.clone())),
                false if 0 < world.cuts => actions.push(Action::Cut(partition.clone())),
                _ => {}
            }
        }
        actions
    }

    /// A partition begins, or ends.
    fn change_link(&self, world: &mut WorldOf<A>, action: &ActionOf<A>) {
        let links = &self.environment.links;
        let (Action::Cut(partition) | Action::Heal(partition)) = action else {
            panic!("not of a link: {action:?}");
        };
        let number = links.partitions.iter().position(|it| it == partition);
        let number = number.expect("a known partition");
        if matches!(action, Action::Heal(_)) {
            world.heals -= 1;
            world.cut.retain(|it| *it != number);
            return;
        }
        world.cuts -= 1;
        world.cut.push(number);
        world.cut.sort_unstable();
        if links.crossing == Crossing::Lost {
            world.wire.retain(|(src, dst, msg, _)| {
                !partition.severs(*src, *dst) || self.kind.part(msg).is_some()
            });
        }
    }

    /// Does what happens.
    fn happen(&self, next: &mut WorldOf<A>, action: &ActionOf<A>) -> Option<()> {
        match action {
            Action::Deliver(envelope) => self.deliver(next, envelope, false)?,
            Action::Duplicate(envelope) => {
                next.duplicates -= 1;
                self.deliver(next, envelope, true)?;
            }
            Action::Lose(envelope) => {
                next.losses -= 1;
                Self::take_off_the_wire(next, envelope);
            }
            Action::Discard(envelope) => self.discard(next, envelope)?,
            Action::Request(id, msg) => self.request(next, *id, msg)?,
            Action::Timeout(id, timer) => self.time_out(next, *id, timer)?,
            Action::Sync(id) => self.sync(next, *id),
            Action::Crash { id, kept } => self.crash(next, *id, *kept),
            Action::Recover(id) => self.start(next, *id),
            Action::Restart { id, kept } => {
                self.crash(next, *id, *kept);
                self.start(next, *id);
            }
            Action::SelectRandom { id, key, random } => self.choose(next, *id, key, random),
            Action::Cut(_) | Action::Heal(_) => self.change_link(next, action),
            Action::Stabilise(stable) => self.stabilise(next, stable),
            Action::Tick => self.tick(next)?,
        }
        Some(())
    }
}

impl<A: Participant> Model for Naive<A> {
    type State = WorldOf<A>;
    type Action = ActionOf<A>;

    fn init_states(&self) -> Vec<Self::State> {
        let environment = &self.environment;
        let pools = environment.timeouts.iter();
        let totals = environment.totals.iter();
        let mut world = World {
            nodes: vec![Node::blank(); self.actors.len()],
            wire: Vec::new(),
            last: None,
            timeouts: pools.map(|pool| pool.times).collect(),
            crashes: environment.crashes,
            losses: environment.losses,
            duplicates: environment.duplicates,
            requests: 0,
            cuts: environment.links.cuts,
            heals: environment.links.heals,
            cut: Vec::new(),
            totals: totals.map(|total| total.times).collect(),
            good: Vec::new(),
        };
        for index in 0..self.actors.len() {
            self.start(&mut world, Id::from(index));
        }
        vec![world]
    }

    fn actions(&self, world: &Self::State, actions: &mut Vec<Self::Action>) {
        if !world.good.is_empty() {
            actions.extend(self.good_actions(world));
            return;
        }
        actions.extend(self.on_the_wire(world));
        for index in 0..self.actors.len() {
            actions.extend(self.actions_at(world, Id::from(index)));
        }
        actions.extend(self.on_links(world));
        actions.extend(self.beginnings(world).into_iter().map(Action::Stabilise));
    }

    fn next_state(&self, world: &Self::State, action: Self::Action) -> Option<Self::State> {
        let mut next = world.clone();
        self.happen(&mut next, &action)?;
        self.spend_totals(world, &mut next, &action)?;
        Some(next)
    }
}
