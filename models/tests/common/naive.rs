//! A system with environment, written down naively: vectors, clones, and nothing shared with the crate
//! but the words for actions and environment.

use quorate_models::system::{
    Action, ActionOf, Envelope, Environment, LocalOf, Participant, Restart, StateOf, Writes,
};
use stateright::Model;
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

/// What happens to messages.
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
    /// Like messages are one, until it is delivered or another of the same parity is sent.
    Newest,
    /// First in, first out for each pair and parity.
    Lanes,
    /// The even ones first in, first out for each pair; of the odd ones like ones are one.
    EvenOrdered,
    /// The even ones stay; of the odd ones the newest is there.
    EvenForEver,
}

/// Whether the text of a message ends with an odd byte.
pub fn parity(msg: &impl Debug) -> u8 {
    format!("{msg:?}").bytes().last().map_or(0, |byte| byte % 2)
}

impl Kind {
    /// The number of the lane in which a message waits for others.
    fn lane(self, msg: &impl Debug) -> Option<u8> {
        match (self, parity(msg)) {
            (Kind::Ordered, _) | (Kind::EvenOrdered, 0) => Some(0),
            (Kind::Lanes, parity) => Some(parity),
            _ => None,
        }
    }

    fn stays(self, msg: &impl Debug) -> bool {
        match self {
            Kind::ForEver | Kind::Duplicating => true,
            Kind::EvenForEver => parity(msg) == 0,
            _ => false,
        }
    }

    /// Whether a message takes the place of an earlier one between the same two.
    fn replaces<M: Debug>(self, msg: &M, earlier: &M) -> bool {
        match self {
            Kind::Newest => parity(msg) == parity(earlier),
            Kind::EvenForEver => parity(msg) == 1 && parity(earlier) == 1,
            _ => false,
        }
    }
}

/// The system.
pub struct Naive<A: Participant> {
    pub actors: Vec<A>,
    pub kind: Kind,
    pub environment: Environment<A>,
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
    /// Sorted, and so are the choices, by name.
    pub timers: Vec<T>,
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
                Command::Save(record) if self.environment.writes == Writes::Synced => {
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
            let (kind, lane) = (self.kind, self.kind.lane(&msg));
            let is_same = |it: &(Id, Id, A::Msg)| (it.0, it.1) == (src, dst) && it.2 == msg;
            if lane.is_none() && kind != Kind::Multiset && world.wire.iter().any(is_same) {
                return;
            }
            world
                .wire
                .retain(|it| (it.0, it.1) != (src, dst) || !kind.replaces(&msg, &it.2));
            world.wire.push((src, dst, msg));
            // Stable.
            world.wire.sort_by(|one, other| {
                let (lane, other_lane) = (kind.lane(&one.2), kind.lane(&other.2));
                let by_lane = (one.0, one.1, lane).cmp(&(other.0, other.1, other_lane));
                let by_message = || one.2.cmp(&other.2);
                match lane {
                    None => by_lane.then_with(by_message),
                    Some(_) => by_lane,
                }
            });
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
        if state.is_none() && out.is_empty() && self.kind.lane(&envelope.msg).is_none() {
            return None;
        }
        if !stays && !self.kind.stays(&envelope.msg) {
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
        let pools = &self.environment.timeouts;
        (0..pools.len()).find(|p| pools[*p].timers.contains(timer) && pools[*p].of.contains(&id))
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

    /// The first of each lane, and each distinct message that is in none.
    fn next_on_the_wire(&self, world: &WorldOf<A>) -> Vec<Envelope<A::Msg>> {
        let mut next: Vec<Envelope<A::Msg>> = Vec::new();
        for (src, dst, msg) in world.wire.clone() {
            let hidden = next.iter().any(|earlier| {
                let lane = self.kind.lane(&msg);
                let same_lane = lane.is_some() && self.kind.lane(&earlier.msg) == lane;
                (earlier.src, earlier.dst) == (src, dst) && (same_lane || earlier.msg == msg)
            });
            if !hidden {
                next.push(Envelope { src, dst, msg });
            }
        }
        next
    }

    fn actions_at(&self, world: &WorldOf<A>, id: Id) -> Vec<ActionOf<A>> {
        let node = &world.nodes[usize::from(id)];
        let Some(state) = &node.state else {
            return match self.environment.restart {
                Restart::Never => Vec::new(),
                _ => vec![Action::Recover(id)],
            };
        };
        let mut actions = Vec::new();
        if let Some(msg) = self.environment.requests.get(world.requests) {
            actions.push(Action::Request(id, msg.clone()));
        }
        for timer in node.timers.clone() {
            let pool = self.pool(id, &timer);
            let is_due = |pool: usize| {
                let when = self.environment.timeouts[pool].when;
                world.timeouts[pool] != Some(0) && when.is_none_or(|when| when(state))
            };
            if pool.is_some_and(is_due) {
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
                actions.push(match self.environment.restart {
                    Restart::AtOnce => Action::Restart { id, kept },
                    _ => Action::Crash { id, kept },
                });
            }
        }
        actions
    }

    /// The projection to a state of this system of one of the system under test.
    pub fn world<G>(state: &StateOf<A, G>) -> WorldOf<A> {
        let wire = state.network.iter();
        let mut wire: Vec<_> = wire.map(|e| (e.src, e.dst, e.msg.clone())).collect();
        wire.sort_by_key(|(src, dst, _)| (*src, *dst));
        let last = state.network.last.as_deref();
        let last = last.map(|e| (e.src, e.dst, e.msg.clone()));
        World {
            nodes: state.locals.iter().map(|local| Self::node(local)).collect(),
            wire,
            last,
            timeouts: state.remaining.timeouts.clone(),
            crashes: state.remaining.crashes,
            losses: state.remaining.losses,
            duplicates: state.remaining.duplicates,
            requests: state.remaining.requests,
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
                .environment
                .timeouts
                .iter()
                .map(|pool| pool.times)
                .collect(),
            crashes: self.environment.crashes,
            losses: self.environment.losses,
            duplicates: self.environment.duplicates,
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
                actions.push(Action::Lose(envelope));
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
            Action::Lose(envelope) => {
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
