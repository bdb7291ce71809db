//! A system with budgets, written down naively: vectors, clones, and nothing shared with the crate
//! but the words for actions and budgets.

use quorate_models::system::{
    Action, ActionOf, Budgets, Envelope, LocalOf, Network, Participant, Restart, StateOf, Writes,
};
use stateright::Model;
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

/// What the network does with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Like messages are one, until it is delivered.
    Once,
    /// Like messages are one, and it stays.
    ForEver,
    /// First in, first out for each pair.
    Ordered,
    /// Each message is delivered once.
    Multiset,
    /// Like messages are one, and it stays; which was delivered last is remembered.
    Duplicating,
}

/// The system.
pub struct Naive<A: Participant> {
    pub actors: Vec<A>,
    pub kind: Kind,
    pub budgets: Budgets<A>,
}

/// Its state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World<S, M, T, R, D> {
    pub nodes: Vec<Node<S, M, T, R, D>>,
    /// Source, destination, message; sorted, in ordered networks by source and destination only.
    pub wire: Vec<(Id, Id, M)>,
    /// The message delivered last, in a network that remembers it.
    pub last: Option<(Id, Id, M)>,
    pub timeouts: Vec<Option<u8>>,
    pub crashes: u8,
    pub losses: u8,
    pub duplicates: u8,
    pub requests: usize,
}

/// One participant. It is up if it has a state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<S, M, T, R, D> {
    pub state: Option<S>,
    /// Sorted.
    pub timers: Vec<T>,
    /// Sorted by name.
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

/// What a handler does: the actor, its state, what it emits.
type Handler<'a, A, S> = &'a dyn Fn(&A, &mut Cow<'_, S>, &mut Out<A>);

impl<A: Participant> Naive<A> {
    /// Runs a handler at `id`. The new state, unless it was not touched, and what was emitted.
    fn run(
        &self,
        world: &WorldOf<A>,
        id: Id,
        handler: Handler<'_, A, A::State>,
    ) -> (Option<A::State>, Out<A>) {
        let index = usize::from(id);
        let before = world.nodes[index].state.clone().expect("it is up");
        let mut state = Cow::Borrowed(&before);
        let mut out = Out::new();
        handler(&self.actors[index], &mut state, &mut out);
        match state {
            Cow::Borrowed(_) => (None, out),
            Cow::Owned(state) => (Some(state), out),
        }
    }

    /// Puts a new state in place, does what was emitted, and then, in turn, whatever the
    /// participant does on hearing what it told itself.
    fn perform(&self, world: &mut WorldOf<A>, id: Id, state: Option<A::State>, out: Out<A>) {
        let index = usize::from(id);
        let mut told = VecDeque::new();
        if state.is_some() {
            world.nodes[index].state = state;
        }
        self.emit(world, id, out, &mut told);
        self.listen(world, id, told);
    }

    fn listen(&self, world: &mut WorldOf<A>, id: Id, mut told: VecDeque<A::Msg>) {
        while let Some(msg) = told.pop_front() {
            let (state, out) = self.run(world, id, &|actor, state, out| {
                actor.on_msg(id, state, id, msg.clone(), out);
            });
            if state.is_some() {
                world.nodes[usize::from(id)].state = state;
            }
            self.emit(world, id, out, &mut told);
        }
    }

    fn emit(&self, world: &mut WorldOf<A>, id: Id, out: Out<A>, told: &mut VecDeque<A::Msg>) {
        for command in out {
            let node = &mut world.nodes[usize::from(id)];
            match command {
                Command::Send(dst, msg) => match node.writes.last_mut() {
                    Some((_, behind)) => behind.push((dst, msg)),
                    None => self.leave(world, id, dst, msg, told),
                },
                Command::SetTimer(timer, _) => {
                    node.timers.push(timer);
                    node.timers.sort();
                    node.timers.dedup();
                }
                Command::CancelTimer(timer) => node.timers.retain(|t| *t != timer),
                Command::ChooseRandom(name, choices) => {
                    node.choices.retain(|(n, _)| *n != name);
                    if !choices.is_empty() {
                        node.choices.push((name, choices));
                        node.choices.sort_by(|a, b| a.0.cmp(&b.0));
                    }
                }
                Command::Save(record) if self.budgets.writes == Writes::Synced => {
                    node.writes.push((record, Vec::new()));
                }
                Command::Save(record) => node.disk = Some(record),
            }
        }
    }

    /// A message is free to go.
    fn leave(
        &self,
        world: &mut WorldOf<A>,
        src: Id,
        dst: Id,
        msg: A::Msg,
        told: &mut VecDeque<A::Msg>,
    ) {
        if dst == src {
            told.push_back(msg);
        } else if usize::from(dst) < self.actors.len() {
            world.wire.push((src, dst, msg));
            match self.kind {
                Kind::Ordered => world.wire.sort_by_key(|(src, dst, _)| (*src, *dst)), // stable
                _ => world.wire.sort(),
            }
            if matches!(self.kind, Kind::Once | Kind::ForEver | Kind::Duplicating) {
                world.wire.dedup();
            }
        }
    }

    fn start(&self, world: &mut WorldOf<A>, id: Id) {
        let mut out = Out::new();
        let index = usize::from(id);
        let state = self.actors[index].on_start(id, &world.nodes[index].disk, &mut out);
        self.perform(world, id, Some(state), out);
    }

    fn take_off_the_wire(world: &mut WorldOf<A>, Envelope { src, dst, msg }: &Envelope<A::Msg>) {
        let same = |m: &(Id, Id, A::Msg)| (m.0, m.1) == (*src, *dst) && m.2 == *msg;
        let position = world.wire.iter().position(same).expect("in flight");
        world.wire.remove(position);
    }

    fn deliver(
        &self,
        world: &mut WorldOf<A>,
        envelope: &Envelope<A::Msg>,
        stays: bool,
    ) -> Option<()> {
        let (src, id) = (envelope.src, envelope.dst);
        let (state, out) = self.run(world, id, &|actor, state, out| {
            actor.on_msg(id, state, src, envelope.msg.clone(), out);
        });
        if state.is_none() && out.is_empty() && self.kind != Kind::Ordered {
            return None;
        }
        if !stays && !matches!(self.kind, Kind::ForEver | Kind::Duplicating) {
            Self::take_off_the_wire(world, envelope);
        }
        if self.kind == Kind::Duplicating {
            world.last = Some((src, id, envelope.msg.clone()));
        }
        self.perform(world, id, state, out);
        Some(())
    }

    fn request(&self, world: &mut WorldOf<A>, id: Id, msg: &A::Msg) -> Option<()> {
        let client = Id::from(self.actors.len());
        let (state, out) = self.run(world, id, &|actor, state, out| {
            actor.on_msg(id, state, client, msg.clone(), out);
        });
        let is_answer = |command: &_| matches!(command, Command::Send(dst, _) if *dst == client);
        if state.is_none() && out.iter().all(is_answer) {
            return None;
        }
        world.requests += 1;
        self.perform(world, id, state, out);
        Some(())
    }

    fn time_out(&self, world: &mut WorldOf<A>, id: Id, timer: &A::Timer) -> Option<()> {
        let (state, out) = self.run(world, id, &|actor, state, out| {
            actor.on_timeout(id, state, timer, out);
        });
        let rearms = |command: &_| matches!(command, Command::SetTimer(t, _) if t == timer);
        if state.is_none() && out.len() == 1 && out.iter().all(rearms) {
            return None;
        }
        let pool = self
            .pool(id, timer)
            .expect("a timer that fires is in a pool");
        world.timeouts[pool] = world.timeouts[pool].map(|left| left - 1);
        world.nodes[usize::from(id)].timers.retain(|t| t != timer);
        self.perform(world, id, state, out);
        Some(())
    }

    fn pool(&self, id: Id, timer: &A::Timer) -> Option<usize> {
        let pools = &self.budgets.timeouts;
        (0..pools.len()).find(|p| pools[*p].timer == *timer && pools[*p].of.contains(&id))
    }

    fn crash(world: &mut WorldOf<A>, id: Id, kept: usize) {
        let node = &mut world.nodes[usize::from(id)];
        if 0 < kept {
            node.disk = Some(node.writes[kept - 1].0.clone());
        }
        node.state = None;
        node.timers.clear();
        node.choices.clear();
        node.writes.clear();
        world.crashes -= 1;
    }

    /// The first of each channel if the network is ordered, otherwise each distinct message.
    fn next_on_the_wire(&self, world: &WorldOf<A>) -> Vec<Envelope<A::Msg>> {
        let mut next: Vec<Envelope<A::Msg>> = Vec::new();
        for (src, dst, msg) in world.wire.clone() {
            let hidden = next.iter().any(|earlier| {
                let same_channel = (earlier.src, earlier.dst) == (src, dst);
                same_channel && (self.kind == Kind::Ordered || earlier.msg == msg)
            });
            if !hidden {
                next.push(Envelope { src, dst, msg });
            }
        }
        next
    }

    fn actions_at(&self, world: &WorldOf<A>, id: Id) -> Vec<ActionOf<A>> {
        let node = &world.nodes[usize::from(id)];
        if node.state.is_none() {
            return vec![Action::Recover(id)];
        }
        let mut actions = Vec::new();
        if let Some(msg) = self.budgets.requests.get(world.requests) {
            actions.push(Action::Request(id, msg.clone()));
        }
        for timer in node.timers.clone() {
            let pool = self.pool(id, &timer);
            if pool.is_some_and(|pool| world.timeouts[pool] != Some(0)) {
                actions.push(Action::Timeout(id, timer));
            }
        }
        for (key, choices) in node.choices.clone() {
            for random in choices {
                let key = key.clone();
                actions.push(Action::SelectRandom { id, key, random });
            }
        }
        if !node.writes.is_empty() {
            actions.push(Action::Sync(id));
        }
        if 0 < world.crashes {
            for kept in 0..=node.writes.len() {
                actions.push(match self.budgets.restart {
                    Restart::AtOnce => Action::Restart { id, kept },
                    Restart::Later => Action::Crash { id, kept },
                });
            }
        }
        actions
    }

    /// The projection to a state of this system of one of the system under test.
    pub fn world<G>(state: &StateOf<A, G>) -> WorldOf<A> {
        let flat = |e: Envelope<&A::Msg>| (e.src, e.dst, e.msg.clone());
        let wire = match &state.network {
            Network::Multiset(counts) => counts
                .iter()
                .flat_map(|(e, count)| vec![(e.src, e.dst, e.msg.clone()); *count])
                .collect(),
            network => network.iter().map(flat).collect(),
        };
        let last = match &state.network {
            Network::Duplicating { last, .. } => {
                last.as_deref().map(|e| (e.src, e.dst, e.msg.clone()))
            }
            _ => None,
        };
        World {
            nodes: state.locals.iter().map(|local| Self::node(local)).collect(),
            wire,
            last,
            timeouts: state.budget.timeouts.clone(),
            crashes: state.budget.crashes,
            losses: state.budget.losses,
            duplicates: state.budget.duplicates,
            requests: state.budget.requests,
        }
    }

    fn node(local: &LocalOf<A>) -> NodeOf<A> {
        assert_eq!(local.crashed, local.state.is_none(), "down without a state");
        let write = |write: &quorate_models::durable::Pending<A::Storage, A::Msg>| {
            (write.storage.clone(), write.held.clone())
        };
        Node {
            state: local.state.as_deref().cloned(),
            timers: local.timers.iter().cloned().collect(),
            choices: local.choices.clone().into_iter().collect(),
            disk: local.storage.clone(),
            writes: local.outbox.pending().map(write).collect(),
        }
    }
}

impl<A: Participant> Model for Naive<A> {
    type State = WorldOf<A>;
    type Action = ActionOf<A>;

    fn init_states(&self) -> Vec<Self::State> {
        let node = Node {
            state: None,
            timers: Vec::new(),
            choices: Vec::new(),
            disk: None,
            writes: Vec::new(),
        };
        let mut world = World {
            nodes: vec![node; self.actors.len()],
            wire: Vec::new(),
            last: None,
            timeouts: self
                .budgets
                .timeouts
                .iter()
                .map(|pool| pool.times)
                .collect(),
            crashes: self.budgets.crashes,
            losses: self.budgets.losses,
            duplicates: self.budgets.duplicates,
            requests: 0,
        };
        for index in 0..self.actors.len() {
            self.start(&mut world, Id::from(index));
        }
        vec![world]
    }

    fn actions(&self, world: &Self::State, actions: &mut Vec<Self::Action>) {
        for envelope in self.next_on_the_wire(world) {
            if world.nodes[usize::from(envelope.dst)].state.is_some() {
                actions.push(Action::Deliver(envelope.clone()));
                if 0 < world.duplicates {
                    actions.push(Action::Duplicate(envelope.clone()));
                }
            }
            if 0 < world.losses {
                actions.push(Action::Drop(envelope));
            }
        }
        for index in 0..self.actors.len() {
            actions.extend(self.actions_at(world, Id::from(index)));
        }
    }

    fn next_state(&self, world: &Self::State, action: Self::Action) -> Option<Self::State> {
        let mut next = world.clone();
        match action {
            Action::Deliver(envelope) => self.deliver(&mut next, &envelope, false)?,
            Action::Duplicate(envelope) => {
                next.duplicates -= 1;
                self.deliver(&mut next, &envelope, true)?;
            }
            Action::Drop(envelope) => {
                next.losses -= 1;
                Self::take_off_the_wire(&mut next, &envelope);
            }
            Action::Request(id, msg) => self.request(&mut next, id, &msg)?,
            Action::Timeout(id, timer) => self.time_out(&mut next, id, &timer)?,
            Action::Sync(id) => {
                let node = &mut next.nodes[usize::from(id)];
                let (record, behind) = node.writes.remove(0);
                node.disk = Some(record);
                let mut told = VecDeque::new();
                for (dst, msg) in behind {
                    self.leave(&mut next, id, dst, msg, &mut told);
                }
                self.listen(&mut next, id, told);
            }
            Action::Crash { id, kept } => Self::crash(&mut next, id, kept),
            Action::Recover(id) => self.start(&mut next, id),
            Action::Restart { id, kept } => {
                Self::crash(&mut next, id, kept);
                self.start(&mut next, id);
            }
            Action::SelectRandom { id, key, random } => {
                let (state, out) = self.run(&next, id, &|actor, state, out| {
                    actor.on_random(id, state, &random, out);
                });
                let choices = &mut next.nodes[usize::from(id)].choices;
                choices.retain(|(name, _)| *name != key);
                self.perform(&mut next, id, state, out);
            }
        }
        Some(next)
    }
}
