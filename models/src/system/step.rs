//! One step of a system: which actions are possible, and what they do.

use super::channel::{Channel, InSessions, Reset, Waiting};
use super::environment::{Assumption, Cost, Remaining, Restart};
use super::ghost::{Hook, Move, Step};
use super::local::LocalStep;
use super::network::by_reference;
use super::{Action, ActionOf, Envelope, GhostState, LocalOf, Participant, StateOf, System};
use crate::session::{End, Part};
use crate::system::claim::ClaimSet;
use stateright::actor::Id;
use std::sync::Arc;

/// The possible fates of a message in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageEvent {
    /// It arrives.
    Deliver,
    /// It arrives, and a copy of it stays in flight.
    Duplicate,
    /// It is lost.
    Lose,
    /// It arrives, changes nothing, and is gone.
    Discard,
}

impl MessageEvent {
    /// Whether it can happen to a message that travels so.
    pub fn can_happen(self, channel: Channel) -> bool {
        match self {
            MessageEvent::Deliver => true,
            MessageEvent::Duplicate | MessageEvent::Lose => channel.part().is_none(),
            MessageEvent::Discard => channel.ignores_no_ops() && !channel.repeats(),
        }
    }

    /// Whether it needs the link between sender and receiver.
    pub fn needs_link(self) -> bool {
        self != MessageEvent::Lose
    }

    /// This event as an action, of this message.
    pub fn of<Msg, Timer, Random>(self, envelope: Envelope<Msg>) -> Action<Msg, Timer, Random> {
        match self {
            MessageEvent::Deliver => Action::Deliver(envelope),
            MessageEvent::Duplicate => Action::Duplicate(envelope),
            MessageEvent::Lose => Action::Lose(envelope),
            MessageEvent::Discard => Action::Discard(envelope),
        }
    }
}

impl<A: Participant, G: GhostState> System<A, G> {
    /// The state in which every actor has just started, before the seed.
    pub(crate) fn initial_state(&self) -> StateOf<A, G> {
        let mut state = StateOf::<A, G> {
            locals: self
                .actors
                .iter()
                .map(|_| Arc::new(LocalOf::<A>::blank()))
                .collect(),
            network: self.network.clone(),
            remaining: self.environment.full(),
            ghost: self.ghost.initial.clone(),
        };
        for index in 0..self.actors.len() {
            let id = Id::from(index);
            let step = self.start_up(id, LocalOf::<A>::blank());
            self.put(&mut state, id, step);
        }
        state
    }

    /// Every action that the environment allows, whether or not it changes anything.
    pub(super) fn possible(&self, state: &StateOf<A, G>, actions: &mut Vec<ActionOf<A>>) {
        let mut inboxes: Vec<Vec<&Envelope<A::Msg>>> = vec![Vec::new(); self.actors.len() + 1];
        for envelope in state.network.deliverable(&self.channels) {
            inboxes[usize::from(envelope.dst).min(self.actors.len())].push(envelope);
        }
        let crashed = state.locals.iter().filter(|local| local.crashed).count();
        for cost in self.environment.costs() {
            let affordable = self.environment.charge(&state.remaining, cost).is_some();
            let most = self.environment.max_crashed();
            let is_crowded = cost == Cost::Crash && most.is_some_and(|most| most <= crashed);
            if !affordable || is_crowded || self.timers_wait(state, cost) {
                continue;
            }
            if let Some(action) = self.environment.action_of_everyone(cost) {
                if self.may_happen(state, &action) {
                    actions.extend(self.forms(state, action));
                }
                continue;
            }
            for (index, inbox) in inboxes.iter().enumerate() {
                let local = state.locals.get(index).map(Arc::as_ref);
                let waits = |it: &Envelope<A::Msg>| {
                    let others = inbox.iter().map(|other| &other.msg);
                    self.waits_for(others, (&it.msg, cost))
                };
                for event in self.message_events(cost, local) {
                    let fitting = inbox.iter().copied().filter(|it| !waits(it));
                    let fitting = fitting.filter(|it| self.can_happen(state, *event, it));
                    actions.extend(fitting.cloned().map(|envelope| event.of(envelope)));
                }
                if let Some(local) = local {
                    self.own_actions(cost, Id::from(index), local, actions);
                }
            }
        }
        actions.sort_unstable();
    }

    fn can_happen(
        &self,
        state: &StateOf<A, G>,
        event: MessageEvent,
        envelope: &Envelope<A::Msg>,
    ) -> bool {
        let Envelope { src, dst, msg } = envelope;
        let is_severed = || (self.environment).is_severed(&state.remaining, *src, *dst);
        event.can_happen((self.channels.of)(msg)) && !(event.needs_link() && is_severed())
    }

    /// The possible actions at this cost with each message that may be delivered next to this participant.
    /// Without a participant: to messages that nobody receives.
    pub fn message_events(
        &self,
        cost: Cost,
        local: Option<&LocalOf<A>>,
    ) -> &'static [MessageEvent] {
        let free = self.environment.free;
        let loses = cost == Cost::Loss || free.losses && cost == Cost::Nothing;
        let hears = local.is_some_and(|local| !local.crashed);
        match cost {
            Cost::Nothing if hears && loses => &[MessageEvent::Lose, MessageEvent::Deliver],
            Cost::Nothing if hears => &[MessageEvent::Deliver],
            Cost::Good if hears => self.good_message_events(),
            Cost::Duplicate if hears => &[MessageEvent::Duplicate],
            _ if loses => &[MessageEvent::Lose],
            _ => &[],
        }
    }

    fn good_message_events(&self) -> &'static [MessageEvent] {
        use MessageEvent::{Deliver, Discard, Lose};
        let vanish = self.environment.assumes(Assumption::NoOpsVanish);
        let is_lost = !self.environment.assumes(Assumption::NothingIsLost);
        match (vanish, is_lost) {
            (true, false) => &[Deliver, Discard],
            (true, true) => &[Deliver, Discard, Lose],
            (false, false) => &[Deliver],
            (false, true) => &[Deliver, Lose],
        }
    }

    /// Every other action of a participant at this cost, whether or not it changes anything.
    pub fn own_actions(
        &self,
        cost: Cost,
        id: Id,
        local: &LocalOf<A>,
        actions: &mut Vec<ActionOf<A>>,
    ) {
        let environment = &self.environment;
        if local.crashed {
            if cost == Cost::Nothing && !local.gone && environment.restart != Restart::Never {
                actions.push(Action::Recover(id));
            }
            return;
        }
        let pending = local.outbox.pending().len();
        match cost {
            Cost::Nothing | Cost::Good => {
                for (key, choices) in &local.choices {
                    for random in choices {
                        let (key, random) = (key.clone(), random.clone());
                        actions.push(Action::SelectRandom { id, key, random });
                    }
                }
                if 0 < pending {
                    actions.push(Action::Sync(id));
                }
                if cost == Cost::Good && !environment.assumes(Assumption::NobodyCrashes) {
                    actions.extend((0..=pending).map(|kept| Action::Restart { id, kept }));
                }
            }
            Cost::Crash => actions.extend((0..=pending).map(|kept| match environment.restart {
                Restart::AtOnce => Action::Restart { id, kept },
                Restart::Later | Restart::LaterWithMemory | Restart::Never => {
                    Action::Crash { id, kept }
                }
            })),
            Cost::Request(number) if environment.takes(number, id) => {
                let message = environment.requests[number].clone();
                actions.push(Action::Request(id, message));
            }
            _ => {}
        }
        let due = local.timers.iter();
        let due = due.filter(|(timer, age)| self.fires(cost, (id, local), timer, **age));
        actions.extend(due.map(|(timer, _)| Action::Timeout(id, timer.clone())));
    }

    /// Whether an armed timer of this age may fire at this cost.
    fn fires(&self, cost: Cost, (id, local): (Id, &LocalOf<A>), timer: &A::Timer, age: u8) -> bool {
        let environment = &self.environment;
        match cost {
            Cost::Nothing => environment.free.timeouts && environment.pool(id, timer).is_none(),
            Cost::Timeout(pool) => {
                let when = environment.timeouts[pool].when;
                let is_guarded = |state| when.is_some_and(|when| !when(state));
                environment.pool(id, timer) == Some(pool) && !local.up().is_none_or(is_guarded)
            }
            Cost::Due => {
                let clock = self.period().and_then(|period| period.clock(timer));
                clock.is_some_and(|clock| clock.min <= age)
            }
            Cost::DueBeside(number) => {
                let clock = self.period().and_then(|period| period.clocks.get(number));
                clock.is_some_and(|clock| clock.timer == *timer && clock.min <= age)
            }
            _ => false,
        }
    }

    /// The state after an action, or `None` if the action changes nothing. No message is dropped as
    /// dead.
    pub fn after(&self, before: &StateOf<A, G>, action: &ActionOf<A>) -> Option<StateOf<A, G>> {
        let mut after = self.acted(before, action)?;
        if after.remaining.is_good()
            && let Some(rename) = self.rename
        {
            rename(&mut after);
        }
        let Some(id) = action.actor() else {
            return Some(after);
        };
        let moved = moved(id, before, action, &after);
        if let Hook::Observe { when, extend } = &self.ghost.hook
            && when(&moved)
            && let Some(ghost) = extend(&moved, &before.ghost)
        {
            after.ghost = ghost;
        }
        Some(after)
    }

    /// The claims that a step decides: those about steps that it violates, witnesses of steps that
    /// it shows and, where [sends are judged](System::judges_sends), invariants about messages that
    /// fail for one that it sends. The state after it may be with or without the messages that are
    /// dead there.
    pub fn decided_by(
        &self,
        before: &StateOf<A, G>,
        action: &ActionOf<A>,
        after: &StateOf<A, G>,
    ) -> ClaimSet {
        let Some(id) = action.actor().filter(|_| !before.remaining.is_good()) else {
            return ClaimSet::EMPTY;
        };
        let step = Step {
            moved: moved(id, before, action, after),
            before: &before.locals,
            after: &after.locals,
            quorum: &self.quorum,
            ghost_before: &before.ghost,
            ghost_after: &after.ghost,
        };
        let claims = self.claims.iter().enumerate();
        let mut decided: ClaimSet = claims
            .map(|(number, claim)| ClaimSet::of_if(number, claim.is_decided_by(&step)))
            .collect();
        if self.judges_sends()
            && let Some(step) = self.local_step(id, step.moved.before, action)
        {
            let sent = self.sent(before, id, action, &step);
            decided |= self.broken_by_sends(&step.after, &sent, Some(&after.ghost));
        }
        decided
    }

    /// The messages that a step sends, lost at once or not.
    fn sent(
        &self,
        before: &StateOf<A, G>,
        id: Id,
        action: &ActionOf<A>,
        step: &LocalStep<A>,
    ) -> Vec<Envelope<A::Msg>> {
        let delivered = match action {
            Action::Deliver(envelope) => {
                let part = (self.channels.of)(&envelope.msg).part();
                part.map(|part| (envelope.src, part))
            }
            _ => None,
        };
        let is_to = |end: End, (src, part): &(Id, Part)| {
            *src == end.peer && part.side() == end.side.other()
        };
        let waiting = |end: End| {
            let waiting = before.network.waiting(&self.channels, end, id);
            let first = delivered.filter(|delivered| is_to(end, delivered));
            first.map_or(waiting, |(_, part)| waiting.without_first(part))
        };
        self.in_sessions(id, step, waiting).sent
    }

    fn acted(&self, before: &StateOf<A, G>, action: &ActionOf<A>) -> Option<StateOf<A, G>> {
        if action.class().is_of_everyone() {
            return self.after_everyone(before, action);
        }
        let step = match action.actor() {
            Some(id) => {
                let local = before.locals.get(usize::from(id))?;
                Some((id, self.local_step(id, local, action)?))
            }
            None => None,
        };
        let mut after = before.clone();
        let cost = self.environment.cost(&before.remaining, action);
        if let Some(remaining) = self.environment.charge(&before.remaining, cost) {
            after.remaining = remaining;
        }
        if let Some((id, step)) = &step {
            let moved = Move {
                id: *id,
                action,
                before: &before.locals[usize::from(*id)],
                after: &step.after,
            };
            let counts = self.environment.counts(&moved);
            after.remaining = self.environment.charge_events(after.remaining, &counts)?;
        }
        match action {
            Action::Deliver(envelope) => after.network.deliver(&self.channels, envelope),
            Action::Duplicate(envelope) => after.network.duplicate(&self.channels, envelope),
            Action::Lose(envelope) => after.network.lose(envelope),
            Action::Discard(envelope) => {
                let receiver = &before.locals[usize::from(envelope.dst)];
                if self.deliver(envelope.dst, receiver, envelope).is_some() {
                    return None;
                }
                after.network.lose(envelope);
            }
            _ => {}
        }
        if let Action::Deliver(envelope) | Action::Duplicate(envelope) = action
            && let Hook::Messages { incoming, .. } = &self.ghost.hook
            && let Some(ghost) = incoming(&before.ghost, by_reference(envelope))
        {
            after.ghost = ghost;
        }
        if let Some((id, step)) = step {
            self.put(&mut after, id, step);
        }
        Some(after)
    }

    /// Puts what a participant did into the state around it.
    fn put(&self, state: &mut StateOf<A, G>, id: Id, step: LocalStep<A>) {
        for envelope in &step.said {
            if self.tells_of(envelope)
                && let Some(ghost) = self.told(&state.ghost, by_reference(envelope))
            {
                state.ghost = ghost;
            }
        }
        let waiting = |end| state.network.waiting(&self.channels, end, id);
        let InSessions { edits, sent } = self.in_sessions(id, &step, waiting);
        state.locals[usize::from(id)] = Arc::new(step.after);
        for (end, edit) in edits {
            state.network.edit(&self.channels, end, id, edit);
        }
        for envelope in sent {
            if !self.is_lost(&state.remaining, &envelope) {
                state.network.send(&self.channels, envelope);
            }
        }
    }

    /// Whether a message is lost as it is sent.
    fn is_lost(&self, remaining: &Remaining, envelope: &Envelope<A::Msg>) -> bool {
        let Envelope { src, dst, msg } = envelope;
        let in_session = (self.channels.of)(msg).part().is_some();
        usize::from(*dst) < self.actors.len()
            && (self.environment).is_lost(remaining, *src, *dst, in_session)
    }

    /// The messages that leave in a step, as far as the participant's sessions let them, given what is in
    /// flight to each end of one there.
    pub fn in_sessions(
        &self,
        id: Id,
        step: &LocalStep<A>,
        waiting: impl Fn(End) -> Waiting,
    ) -> InSessions<A::Msg> {
        let said = step.said.iter();
        let leaving = said.filter(|envelope| self.leaves(envelope)).cloned();
        let Some(sessions) = &self.sessions else {
            let (edits, sent) = (Vec::new(), leaving.collect());
            return InSessions { edits, sent };
        };
        let resets = step.resets.iter();
        let resets = resets.filter(|reset| reset.is_open || waiting(reset.end).any);
        let closes = resets.map(|Reset { end, .. }| Envelope {
            src: id,
            dst: end.peer,
            msg: (sessions.close)(end.side),
        });
        let part = |msg: &A::Msg| (self.channels.of)(msg).part();
        InSessions::new(closes.chain(leaving), part, &waiting)
    }
}

/// The part of a participant in a step.
fn moved<'a, A: Participant, G: GhostState>(
    id: Id,
    before: &'a StateOf<A, G>,
    action: &'a ActionOf<A>,
    after: &'a StateOf<A, G>,
) -> Move<'a, A> {
    Move {
        id,
        action,
        before: &before.locals[usize::from(id)],
        after: &after.locals[usize::from(id)],
    }
}
