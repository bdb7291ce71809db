//! Local steps: the part of a step that depends on nothing but the participant and the action.

use super::channel::{Reset, everyone};
use super::environment::{Restart, Writes};
use super::{Action, ActionOf, Envelope, GhostState, LocalOf, Participant, System};
use crate::session::{End, Part, Side};
use stateright::actor::{Command, Id, Out, is_no_op};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

/// A step in which a participant hears more messages from itself goes on for ever: an error of the
/// model.
const OWN_MESSAGES_MAX: usize = 4096;

/// The step of one participant.
pub struct LocalStep<A: Participant> {
    /// The participant afterwards.
    pub after: LocalOf<A>,
    /// The messages that it says, in order. Those that [leave](System::leaves) are in flight afterwards.
    pub said: Vec<Envelope<A::Msg>>,
    /// The closes of its sessions by a crash, which come before that.
    pub resets: Vec<Reset>,
}

impl<A: Participant, G: GhostState> System<A, G> {
    /// The local step of an action, at the participant whose step it is; `None` if it does nothing.
    ///
    /// # Panics
    ///
    /// If the action is nobody's step, such as the loss of a message, or is not possible; and if the
    /// participant tells itself more than 4096 messages.
    pub fn local_step(
        &self,
        id: Id,
        before: &LocalOf<A>,
        action: &ActionOf<A>,
    ) -> Option<LocalStep<A>> {
        match action {
            Action::Deliver(envelope) | Action::Duplicate(envelope) => {
                self.deliver(id, before, envelope)
            }
            Action::Lose(_)
            | Action::Discard(_)
            | Action::Cut(_)
            | Action::Heal(_)
            | Action::Stabilise(_)
            | Action::Tick => unreachable!("it is nobody's step"),
            Action::Request(_, message) => self.request(id, before, message),
            Action::Timeout(_, timer) => self.time_out(id, before, timer),
            Action::Sync(_) => Some(self.sync(id, before)),
            Action::Crash { kept, .. } => Some(LocalStep {
                after: self.crash(before, *kept),
                said: Vec::new(),
                resets: self.resets(id, before),
            }),
            Action::Recover(_) => Some(self.start_up(id, before.clone())),
            Action::Restart { kept, .. } => Some(LocalStep {
                resets: self.resets(id, before),
                ..self.start_up(id, self.crash(before, *kept))
            }),
            Action::SelectRandom { key, random, .. } => {
                let handled = self.handle(id, before, |actor, state, out| {
                    actor.on_random(id, state, random, out);
                })?;
                let mut local = handled.written_to(before);
                local.choices.remove(key);
                Some(self.settle(id, local, handled.out))
            }
        }
    }

    /// Whether a message is in flight once it is said. Unless everything is, a participant
    /// hears its messages to itself at once, and messages to clients leave the system.
    pub fn leaves(&self, envelope: &Envelope<A::Msg>) -> bool {
        let to_another =
            envelope.src != envelope.dst && usize::from(envelope.dst) < self.actors.len();
        self.environment.everything_in_flight || to_another
    }

    /// A participant starts, with what it has on disk.
    pub(super) fn start_up(&self, id: Id, mut local: LocalOf<A>) -> LocalStep<A> {
        let mut out = Out::new();
        let started = self.actors[usize::from(id)].on_start(id, &local.storage, &mut out);
        local.state = Some(Arc::new(started));
        local.crashed = false;
        self.settle(id, local, out)
    }

    /// The local step of a participant when a message arrives; `None` if it does nothing.
    pub fn deliver(
        &self,
        id: Id,
        before: &LocalOf<A>,
        envelope: &Envelope<A::Msg>,
    ) -> Option<LocalStep<A>> {
        let handled = self.handle(id, before, |actor, state, out| {
            actor.on_msg(id, state, envelope.src, envelope.msg.clone(), out);
        })?;
        let channel = (self.channels.of)(&envelope.msg);
        if handled.is_no_op && channel.ignores_no_ops() {
            return None;
        }
        let mut local = handled.written_to(before);
        if let Some(Part::Close(side)) = channel.part() {
            self.forget_held(id, &mut local, (envelope.src, side.other()));
        }
        Some(self.settle(id, local, handled.out))
    }

    /// Forgets what is held behind a write for the sessions, of which the participant is on this side,
    /// with those that an address stands for. Of what is held for everyone, the rest is left.
    fn forget_held(&self, id: Id, local: &mut LocalOf<A>, (address, side): (Id, Side)) {
        let forgotten = self.receivers(id, address);
        local.outbox.forget(|dst, msg| {
            let receivers = self.receivers(id, dst);
            let is_left = |receiver: &Id| !forgotten.contains(receiver);
            let part = (self.channels.of)(msg).part();
            let is_elsewhere = part.is_none_or(|part| part.side() != side);
            if is_elsewhere || receivers.iter().all(is_left) {
                return vec![dst];
            }
            receivers.into_iter().filter(is_left).collect()
        });
    }

    /// The closes of a participant that crashes.
    fn resets(&self, id: Id, before: &LocalOf<A>) -> Vec<Reset> {
        let Some(sessions) = &self.sessions else {
            return Vec::new();
        };
        let open = before.up().map(sessions.open).unwrap_or_default();
        let ends = End::all(self.actors.len()).filter(|end| end.peer != id);
        let reset = |end| Reset {
            end,
            is_open: open.contains(&end),
        };
        ends.map(reset).collect()
    }

    fn request(&self, id: Id, before: &LocalOf<A>, message: &A::Msg) -> Option<LocalStep<A>> {
        let client = Id::from(self.actors.len());
        let handled = self.handle(id, before, |actor, state, out| {
            actor.on_msg(id, state, client, message.clone(), out);
        })?;
        let only_answers = |command: &_| matches!(command, Command::Send(dst, _) if *dst == client);
        if handled.state.is_none() && handled.out.iter().all(only_answers) {
            return None;
        }
        Some(self.settle(id, handled.written_to(before), handled.out))
    }

    fn time_out(&self, id: Id, before: &LocalOf<A>, timer: &A::Timer) -> Option<LocalStep<A>> {
        let handled = self.handle(id, before, |actor, state, out| {
            actor.on_timeout(id, state, timer, out);
        })?;
        let only_rearmed = |command: &_| matches!(command, Command::SetTimer(t, _) if t == timer);
        let unchanged = handled.state.is_none() && before.timers.get(timer) == Some(&0);
        if unchanged && handled.out.len() == 1 && handled.out.iter().all(only_rearmed) {
            return None;
        }
        let mut local = handled.written_to(before);
        local.timers.remove(timer);
        Some(self.settle(id, local, handled.out))
    }

    fn sync(&self, id: Id, before: &LocalOf<A>) -> LocalStep<A> {
        let mut local = before.clone();
        let write = local
            .outbox
            .synced()
            .expect("only a pending write can be synced");
        local.storage = Some(write.storage);
        let sends = write
            .held
            .into_iter()
            .map(|(dst, msg)| Command::Send(dst, msg));
        // Released messages leave now, even if another write is pending.
        let later = std::mem::take(&mut local.outbox);
        let mut said = Vec::new();
        let inbox = self.perform(id, &mut local, sends.collect(), &mut said);
        local.outbox = later;
        self.hear_itself(id, &mut local, inbox, &mut said);
        LocalStep {
            after: local,
            said,
            resets: Vec::new(),
        }
    }

    fn crash(&self, before: &LocalOf<A>, kept: usize) -> LocalOf<A> {
        let mut local = before.clone();
        local.timers.clear();
        local.choices.clear();
        local.crashed = true;
        if self.environment.restart != Restart::LaterWithMemory {
            local.state = None;
        }
        if let Some(storage) = std::mem::take(&mut local.outbox).crash(kept) {
            local.storage = Some(storage);
        }
        local
    }

    /// Runs a handler of a participant that is up.
    fn handle(
        &self,
        id: Id,
        before: &LocalOf<A>,
        handler: impl FnOnce(&A, &mut Cow<'_, A::State>, &mut Out<A>),
    ) -> Option<Handled<A>> {
        let mut state = Cow::Borrowed(before.state.as_deref()?);
        let mut out = Out::new();
        handler(&self.actors[usize::from(id)], &mut state, &mut out);
        let is_no_op = is_no_op(&state, &out);
        let state = match state {
            Cow::Borrowed(_) => None,
            Cow::Owned(state) => Some(Arc::new(state)),
        };
        Some(Handled {
            state,
            out,
            is_no_op,
        })
    }

    /// Performs what a handler asked for, and lets the participant hear what it told itself.
    fn settle(&self, id: Id, mut local: LocalOf<A>, out: Out<A>) -> LocalStep<A> {
        let mut said = Vec::new();
        let inbox = self.perform(id, &mut local, out, &mut said);
        self.hear_itself(id, &mut local, inbox, &mut said);
        LocalStep {
            after: local,
            said,
            resets: Vec::new(),
        }
    }

    fn hear_itself(
        &self,
        id: Id,
        local: &mut LocalOf<A>,
        mut inbox: VecDeque<A::Msg>,
        said: &mut Vec<Envelope<A::Msg>>,
    ) {
        let mut heard = 0;
        while let Some(message) = inbox.pop_front() {
            heard += 1;
            assert!(
                heard <= OWN_MESSAGES_MAX,
                "{} tells itself more than {OWN_MESSAGES_MAX} messages in one step, {message:?} among them",
                usize::from(id)
            );
            let mut state = Cow::Owned(local.state.as_deref().expect("it is up").clone());
            let mut out = Out::new();
            self.actors[usize::from(id)].on_msg(id, &mut state, id, message, &mut out);
            local.state = Some(Arc::new(state.into_owned()));
            inbox.extend(self.perform(id, local, out, said));
        }
    }

    /// Performs commands. Gives back what the participant told itself and may hear now.
    fn perform(
        &self,
        id: Id,
        local: &mut LocalOf<A>,
        out: Out<A>,
        said: &mut Vec<Envelope<A::Msg>>,
    ) -> VecDeque<A::Msg> {
        let hears_itself = !self.environment.everything_in_flight;
        let synced = self.environment.writes == Writes::Synced;
        let mut inbox = VecDeque::new();
        for command in out {
            match command {
                Command::Send(dst, msg) => {
                    let part = (self.channels.of)(&msg).part();
                    let sent = match part {
                        Some(Part::Close(side)) if dst != id => {
                            self.forget_held(id, local, (dst, side));
                            Some((dst, msg))
                        }
                        _ => local.outbox.send(dst, msg),
                    };
                    let Some((dst, msg)) = sent else { continue };
                    if hears_itself && dst == id {
                        inbox.push_back(msg.clone());
                    }
                    said.extend(self.addressed(id, dst, msg));
                }
                Command::Save(storage) if synced => local.outbox.save(storage),
                Command::Save(storage) => local.storage = Some(storage),
                Command::SetTimer(timer, _) => _ = local.timers.insert(timer, 0),
                Command::CancelTimer(timer) => _ = local.timers.remove(&timer),
                Command::ChooseRandom(key, choices) if choices.is_empty() => {
                    local.choices.remove(&key);
                }
                Command::ChooseRandom(key, choices) => _ = local.choices.insert(key, choices),
            }
        }
        inbox
    }
}

impl<A: Participant, G: GhostState> System<A, G> {
    /// Those that an address stands for.
    fn receivers(&self, src: Id, dst: Id) -> Vec<Id> {
        if dst != everyone() {
            return vec![dst];
        }
        let all = (0..self.actors.len()).map(Id::from);
        all.filter(|id| *id != src).collect()
    }

    /// A message to each of those that an address stands for.
    fn addressed(&self, src: Id, dst: Id, msg: A::Msg) -> Vec<Envelope<A::Msg>> {
        let to = |dst| Envelope {
            src,
            dst,
            msg: msg.clone(),
        };
        self.receivers(src, dst).into_iter().map(to).collect()
    }
}

/// The outputs of a handler.
struct Handled<A: Participant> {
    /// The state afterwards; `None` if it is still borrowed.
    state: Option<Arc<A::State>>,
    out: Out<A>,
    /// Stateright's test: the state is still borrowed and nothing was emitted.
    is_no_op: bool,
}

impl<A: Participant> Handled<A> {
    /// The participant with the state afterwards, before what was emitted is performed.
    fn written_to(&self, before: &LocalOf<A>) -> LocalOf<A> {
        LocalOf::<A> {
            state: self.state.clone().or_else(|| before.state.clone()),
            ..before.clone()
        }
    }
}
