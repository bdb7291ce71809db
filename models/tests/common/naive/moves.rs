//! The steps of participants.

use super::{Naive, WorldOf};
use quorate_models::session::{End, Part};
use quorate_models::system::{Envelope, Participant, Writes};
use stateright::actor::{Command, Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;

/// A run of a handler: the actor, its state, its outputs.
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

    /// Runs the handler of a message.
    fn hear(
        &self,
        world: &WorldOf<A>,
        Envelope { src, dst, msg }: &Envelope<A::Msg>,
    ) -> (Option<A::State>, Out<A>) {
        self.run(world, *dst, &|actor, state, out| {
            actor.on_msg(*dst, state, *src, msg.clone(), out);
        })
    }

    /// Puts a new state in place and does what was emitted; then, in turn, the participant hears its messages
    /// to itself.
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
            let (src, dst) = (id, id);
            let (state, out) = self.hear(world, &Envelope { src, dst, msg });
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
                Command::Send(dst, msg) => self.say(world, id, dst, msg, told),
                Command::SetTimer(timer, _) => {
                    node.timers.retain(|(t, _)| *t != timer);
                    node.timers.push((timer, 0));
                    node.timers.sort();
                }
                Command::CancelTimer(timer) => node.timers.retain(|(t, _)| *t != timer),
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

    pub(super) fn start(&self, world: &mut WorldOf<A>, id: Id) {
        let mut out = Out::new();
        let index = usize::from(id);
        let state = self.actors[index].on_start(id, &world.nodes[index].disk, &mut out);
        self.perform(world, id, Some(state), out);
    }

    pub(super) fn deliver(
        &self,
        world: &mut WorldOf<A>,
        envelope: &Envelope<A::Msg>,
        stays: bool,
    ) -> Option<()> {
        let (src, id) = (envelope.src, envelope.dst);
        let (state, out) = self.hear(world, envelope);
        if state.is_none() && out.is_empty() && self.kind.lane(&envelope.msg).is_none() {
            return None;
        }
        if !stays && !self.kind.stays(&envelope.msg) {
            Self::take_off_the_wire(world, envelope);
        }
        if self.kind == super::Kind::Duplicating {
            world.last = Some((src, id, envelope.msg.clone()));
        }
        if let Some(Part::Close(side)) = self.kind.part(&envelope.msg) {
            let (peer, side) = (src, side.other());
            self.forget(world, id, End { peer, side });
        }
        self.perform(world, id, state, out);
        Some(())
    }

    /// A message that does nothing and does not stay is gone.
    pub(super) fn discard(
        &self,
        world: &mut WorldOf<A>,
        envelope: &Envelope<A::Msg>,
    ) -> Option<()> {
        let (state, out) = self.hear(world, envelope);
        let does_nothing = state.is_none() && out.is_empty();
        let waits = self.kind.lane(&envelope.msg).is_some();
        if !does_nothing || waits || self.kind.stays(&envelope.msg) {
            return None;
        }
        Self::take_off_the_wire(world, envelope);
        Some(())
    }

    pub(super) fn request(&self, world: &mut WorldOf<A>, id: Id, msg: &A::Msg) -> Option<()> {
        let (client, msg) = (Id::from(self.actors.len()), msg.clone());
        let (src, dst) = (client, id);
        let (state, out) = self.hear(world, &Envelope { src, dst, msg });
        let is_answer = |command: &_| matches!(command, Command::Send(dst, _) if *dst == client);
        if state.is_none() && out.iter().all(is_answer) {
            return None;
        }
        world.requests += 1;
        self.perform(world, id, state, out);
        Some(())
    }

    pub(super) fn time_out(&self, world: &mut WorldOf<A>, id: Id, timer: &A::Timer) -> Option<()> {
        let (state, out) = self.run(world, id, &|actor, state, out| {
            actor.on_timeout(id, state, timer, out);
        });
        let timers = &mut world.nodes[usize::from(id)].timers;
        let is_new = timers.contains(&(timer.clone(), 0));
        timers.retain(|(t, _)| t != timer);
        let rearms = |command: &_| matches!(command, Command::SetTimer(t, _) if t == timer);
        if is_new && state.is_none() && out.len() == 1 && out.iter().all(rearms) {
            return None;
        }
        if world.good.is_empty() {
            let pool = self.pool(id, timer);
            let pool = pool.expect("a timer that fires is in a pool");
            world.timeouts[pool] = world.timeouts[pool].map(|left| left - 1);
        }
        self.perform(world, id, state, out);
        Some(())
    }

    pub(super) fn pool(&self, id: Id, timer: &A::Timer) -> Option<usize> {
        let pools = &self.environment.timeouts;
        (0..pools.len()).find(|p| pools[*p].timers.contains(timer) && pools[*p].of.contains(&id))
    }

    pub(super) fn choose(&self, world: &mut WorldOf<A>, id: Id, key: &str, random: &A::Random) {
        let (state, out) = self.run(world, id, &|actor, state, out| {
            actor.on_random(id, state, random, out);
        });
        let choices = &mut world.nodes[usize::from(id)].choices;
        choices.retain(|(name, _)| name != key);
        self.perform(world, id, state, out);
    }

    pub(super) fn sync(&self, world: &mut WorldOf<A>, id: Id) {
        let node = &mut world.nodes[usize::from(id)];
        let (record, behind) = node.writes.remove(0);
        node.disk = Some(record);
        let mut told = VecDeque::new();
        for (dst, msg) in behind {
            self.leave(world, id, dst, msg, &mut told);
        }
        self.listen(world, id, told);
    }

    pub(super) fn crash(&self, world: &mut WorldOf<A>, id: Id, kept: usize) {
        let node = &mut world.nodes[usize::from(id)];
        if 0 < kept {
            node.disk = Some(node.writes[kept - 1].0.clone());
        }
        let state = node.state.take().expect("it is up");
        node.timers.clear();
        node.choices.clear();
        node.writes.clear();
        world.crashes -= 1;
        let Some(sessions) = &self.sessions else {
            return;
        };
        let open = (sessions.open)(&state);
        for end in End::all(self.actors.len()).filter(|end| end.peer != id) {
            if open.contains(&end) || !self.lane(world, end, id).is_empty() {
                self.go(world, id, end.peer, &(sessions.close)(end.side));
            }
        }
    }
}
