//! Local transitions. Each is computed once for a participant, its local state and an event,
//! independently of the rest of the mailbox.

use super::super::coverage::{TransitionKind, label};
use super::super::runs::Mark;
use super::cache::{Event, EventKey, NO_SENDER, Observed, OfEveryone, StepClaims, Transition};
use super::ids::{LocalId, MessageId, NONE, ObservationId, TransitionId};
use super::store::ComponentStore;
use quorate_models::coverage::{Marks, collect};
use quorate_models::session::End;
use quorate_models::system::channel::{InSessions, Waiting};
use quorate_models::system::claim::{Check, ClaimSet};
use quorate_models::system::{
    self, Action, ActionOf, Envelope, GhostState, Hook, LocalOf, LocalStep, Participant,
};
use stateright::actor::Id;
use std::iter::once;
use std::sync::Arc;

/// The local transition of a participant by an event.
pub(super) enum Computed<A: Participant> {
    /// A cache hit; `None` if nothing happens.
    Known(Option<TransitionId>),
    /// A cache miss, and what happens.
    New(Box<NewTransition<A>>),
    /// A cache miss, and nothing happens; the marks that are hit.
    Nothing(Marks),
    /// A handler panicked.
    Panicked(String),
}

/// A transition whose components have no ids yet.
pub(super) struct NewTransition<A: Participant> {
    /// `None` if no participant moves.
    pub(super) after: Option<LocalOf<A>>,
    /// The message that is delivered.
    heard: MessageId,
    said: Vec<Envelope<A::Msg>>,
    /// The messages that go on their way, where sessions decide that, and the edits of the mover's mailbox.
    pub(super) in_sessions: Option<InSessions<A::Msg>>,
    /// How often each event with a total happens.
    counts: Vec<u8>,
    claims: StepClaims,
    /// Whether the ghost observes it.
    observed: bool,
    /// Marks that are hit.
    marks: Marks,
    /// The facts for judges of runs.
    mark: Mark,
}

impl<A: Participant, G: GhostState> ComponentStore<A, G> {
    /// The transition of a participant, or of nobody, by an event; from the cache where it is there.
    pub(super) fn transition(
        &self,
        slot: usize,
        first: LocalId,
        event: &Event<A>,
        heard: MessageId,
        waiting: &[Waiting],
    ) -> Computed<A> {
        let key = match event {
            Event::Message(what, message) => Some(EventKey::Message(*what, *message)),
            Event::Own(action) => self.actions.id(action).map(EventKey::Own),
        };
        let key = key.zip(self.cache.waiting.id_of_list(waiting));
        let key = key.map(|(key, waiting)| (slot as u32, first, key, waiting));
        match key.and_then(|key| self.cache.known.get(&key)) {
            Some(known) => Computed::Known(*known),
            None => self.compute_transition((slot, first), &self.action(event), heard, waiting),
        }
    }

    /// An event as an action of the system.
    fn action(&self, event: &Event<A>) -> ActionOf<A> {
        match event {
            Event::Message(what, message) => what.of(Envelope::clone(&self.messages[*message])),
            Event::Own(action) => action.clone(),
        }
    }

    fn compute_transition(
        &self,
        (slot, first): (usize, LocalId),
        action: &ActionOf<A>,
        heard: MessageId,
        waiting: &[Waiting],
    ) -> Computed<A> {
        let mut new = Box::new(NewTransition {
            after: None,
            heard,
            said: Vec::new(),
            in_sessions: None,
            counts: Vec::new(),
            claims: StepClaims::default(),
            observed: false,
            marks: Marks::new(),
            mark: Mark::FAIR,
        });
        if let Action::Discard(envelope) = action {
            let (id, before) = (Id::from(slot), &self.locals[first]);
            let (does, _) = collect(|| self.system.deliver(id, before, envelope).is_some());
            if does {
                return Computed::Nothing(Marks::new());
            }
        }
        if action.actor().is_none() {
            return Computed::New(new);
        }
        let (id, before) = (Id::from(slot), &self.locals[first]);
        let (step, marks) = collect(|| self.system.local_step(id, before, action));
        let Some(step) = step else {
            return Computed::Nothing(marks);
        };
        let moved = system::Move {
            id,
            action,
            before,
            after: &step.after,
        };
        new.claims = self.claims(&moved);
        new.counts = self.system.environment.counts(&moved);
        new.mark = self.mark(&moved);
        if let Hook::Observe { when, .. } = &self.system.ghost.hook {
            new.observed = when(&moved);
        }
        if self.system.sessions.is_some() || self.judges_sends {
            let waiting = |end: End| waiting.get(end.index()).copied().unwrap_or_default();
            let in_sessions = self.system.in_sessions(id, &step, waiting);
            new.claims |= self.claims_about_sends(&step.after, &in_sessions.sent);
            new.in_sessions = self.system.sessions.is_some().then_some(in_sessions);
        }
        let LocalStep { after, said, .. } = step;
        new.said = said;
        new.after = Some(after);
        new.marks = marks;
        Computed::New(new)
    }

    /// The facts about a participant's move for judges of runs.
    fn mark(&self, moved: &system::Move<'_, A>) -> Mark {
        let mut mark = match moved.action {
            Action::Request(..) => Mark::UNFAIR,
            _ => Mark::FAIR,
        };
        for (number, event) in self.counted.iter().enumerate() {
            if event(moved) {
                mark |= Mark::counted(number);
            }
        }
        mark
    }

    /// The claims about messages that fail, or may fail, for what a step sends.
    fn claims_about_sends(&self, after: &LocalOf<A>, sent: &[Envelope<A::Msg>]) -> StepClaims {
        if !self.judges_sends || sent.is_empty() {
            return StepClaims::default();
        }
        StepClaims {
            broken: self.system.broken_by_sends(after, sent, None),
            conditional: self.about_messages_and_ghost,
        }
    }

    /// The claims about steps that a participant's step decides, or may decide.
    pub(super) fn claims(&self, moved: &system::Move<'_, A>) -> StepClaims {
        let mut claims = StepClaims::default();
        for (number, claim) in self.system.claims.iter().enumerate() {
            match claim.check {
                Check::Move(holds) => claims.broken |= ClaimSet::of_if(number, !holds(moved)),
                Check::Step { when, .. } | Check::StepWitness { when, .. } => {
                    claims.conditional |= ClaimSet::of_if(number, when(moved));
                }
                Check::Refines(_)
                | Check::Invariant(_)
                | Check::Witness(_)
                | Check::InPeriod(_) => {}
            }
        }
        claims
    }

    /// Gives the actions of everyone ids, too.
    pub(super) fn intern_actions_of_everyone(&mut self) {
        for (position, cost) in self.cache.costs.clone().into_iter().enumerate() {
            let Some(action) = self.system.environment.action_of_everyone(cost) else {
                continue;
            };
            let up = match &action {
                Action::Stabilise(stable) => stable.good().iter(),
                _ => [].iter(),
            };
            let up = up.fold(0, |bits, id| bits | 1_u64 << usize::from(*id));
            let ticks = action == Action::Tick;
            let period = self.system.environment.period.as_ref();
            let any_age = period.is_some_and(|it| it.any_age) && up != 0;
            let transition = self.cache.transitions.len() as TransitionId;
            let new = self.transition_of(action, NONE, Marks::new());
            self.cache.transitions.push(new);
            if ticks {
                self.cache.marks.insert(transition, Mark::TICK);
            }
            self.cache.everyone[position] = Some(OfEveryone {
                transition,
                up,
                ticks,
                any_age,
            });
        }
    }

    /// The id of what was computed; `None` if nothing happens.
    pub(super) fn intern_transition(
        &mut self,
        slot: usize,
        first: LocalId,
        event: &Event<A>,
        waiting: &[Waiting],
        computed: Computed<A>,
    ) -> Option<TransitionId> {
        if let Computed::Known(known) = computed {
            return known;
        }
        let key = match event {
            Event::Message(what, message) => EventKey::Message(*what, *message),
            Event::Own(action) => EventKey::Own(self.actions.insert(action.clone()).0),
        };
        let waiting = self.cache.waiting.insert_list(waiting).0;
        let place = (slot as u32, first, key, waiting);
        let known = self.cache.known.get(&place).copied();
        let transition = match (computed, known) {
            // Beside other messages in flight the same event may not panic.
            (Computed::Panicked(panic), _) => return Some(self.intern_panic(first, event, panic)),
            (_, Some(known)) => return known,
            (Computed::New(new), None) => Some(self.intern_new(slot, first, event, *new)),
            (Computed::Nothing(marks), None) => {
                for mark in marks {
                    *self.cache.idle.entry(mark).or_default() += 1;
                }
                None
            }
            (Computed::Known(_), None) => unreachable!("a cache hit is in the cache"),
        };
        self.cache.known.insert(place, transition);
        transition
    }

    fn intern_panic(&mut self, first: LocalId, event: &Event<A>, panic: String) -> TransitionId {
        let transition = self.new_transition(first, event, Marks::new());
        let id = self.cache.transitions.len() as TransitionId;
        self.cache.panics.insert(id, panic);
        self.cache.transitions.push(Transition {
            special: true,
            ..transition
        });
        id
    }

    /// A transition that changes nothing yet.
    fn new_transition(&mut self, first: LocalId, event: &Event<A>, marks: Marks) -> Transition {
        let action = self.action(event);
        self.transition_of(action, first, marks)
    }

    /// A transition by an action that changes nothing yet.
    fn transition_of(&mut self, action: ActionOf<A>, first: LocalId, marks: Marks) -> Transition {
        let label = label(&action);
        let sender = match &action {
            Action::Deliver(it) | Action::Duplicate(it) | Action::Discard(it) => {
                u8::try_from(usize::from(it.src)).unwrap_or(NO_SENDER)
            }
            _ => NO_SENDER,
        };
        Transition {
            sender,
            action: self.actions.insert(action).0,
            local: first,
            observation: NONE,
            sends: self.cache.sends.len() as u32,
            sent: 0,
            special: false,
            kind: self.cache.kinds.insert(TransitionKind { label, marks }).0,
        }
    }

    fn intern_new(
        &mut self,
        slot: usize,
        before: LocalId,
        event: &Event<A>,
        new: NewTransition<A>,
    ) -> TransitionId {
        let mut transition = self.new_transition(before, event, new.marks);
        let id = self.cache.transitions.len() as TransitionId;
        if let Some(after) = new.after {
            transition.local = self.locals.insert(Arc::new(after)).0;
            if self.is_dead.is_some() {
                self.reduction.step(slot, before, transition.local);
            }
        }
        let heard = if self.tells_of_receipts() {
            new.heard
        } else {
            NONE
        };
        if let Some(InSessions { edits, .. }) = &new.in_sessions
            && !edits.is_empty()
        {
            self.cache.edits.insert(id, edits.clone());
        }
        if new.counts.iter().any(|count| 0 < *count) {
            let counts = self.cache.all_counts.insert(new.counts).0;
            self.cache.counts.insert(id, counts);
        }
        if new.mark != Mark::FAIR {
            self.cache.marks.insert(id, new.mark);
        }
        let sent = new.in_sessions.map(|it| it.sent);
        let said = self.send(new.heard, new.said, sent);
        transition.sent =
            u16::try_from(self.cache.sends.len() as u32 - transition.sends).expect("few slots");
        if new.observed {
            transition.observation = self.observed.len() as ObservationId;
            let (action, after) = (transition.action, transition.local);
            self.observed.push(Observed {
                slot,
                action,
                before,
                after,
            });
        } else if heard != NONE || !said.is_empty() {
            let exchange = once(heard).chain(said);
            transition.observation = self.exchanges.insert(exchange.collect()).0;
        }
        let claims = new.claims;
        if !claims.is_empty() {
            self.cache.judged.insert(id, claims);
            transition.special = true;
        }
        self.cache.transitions.push(transition);
        id
    }

    /// Interns what is said, and bundles what leaves, by receiver; where sessions decide what goes on
    /// its way, it is given. Gives what the ghost is told of.
    fn send(
        &mut self,
        heard: MessageId,
        said: Vec<Envelope<A::Msg>>,
        sent: Option<Vec<Envelope<A::Msg>>>,
    ) -> Vec<MessageId> {
        let mut told = Vec::new();
        let mut bundles = Bundles::default();
        if self.system.channels.remembers_last && heard != NONE {
            bundles.add((self.layout.participants, false), &[heard]);
        }
        for envelope in said {
            let leaves = sent.is_none() && self.system.leaves(&envelope);
            let is_told = self.system.tells_of(&envelope);
            if leaves || is_told {
                let message = self.intern_message(Arc::new(envelope));
                told.extend(is_told.then_some(message));
                if leaves {
                    self.bundle(message, &mut bundles);
                }
            }
        }
        for envelope in sent.into_iter().flatten() {
            let message = self.intern_message(Arc::new(envelope));
            self.bundle(message, &mut bundles);
        }
        for ((slot, _), bundle) in bundles.0 {
            let bundle = self.bundles.insert(bundle.into()).0;
            self.cache.sends.push((slot as u32, bundle));
        }
        told
    }

    fn bundle(&self, message: MessageId, bundles: &mut Bundles) {
        let participants = self.layout.participants;
        let slot = usize::from(self.messages[message].dst).min(participants);
        let in_session = self.travel(message).channel.part().is_some();
        let nothing_heard = slot == participants && !bundles.has(slot);
        if nothing_heard {
            bundles.add((slot, false), &[NONE]);
        }
        bundles.add((slot, in_session && slot < participants), &[message]);
    }
}

/// Messages by slot, and whether they belong to a session.
#[derive(Default)]
struct Bundles(Vec<((usize, bool), Vec<MessageId>)>);

impl Bundles {
    fn has(&self, slot: usize) -> bool {
        self.0.iter().any(|((known, _), _)| *known == slot)
    }

    fn add(&mut self, to: (usize, bool), messages: &[MessageId]) {
        match self.0.iter_mut().find(|(known, _)| *known == to) {
            Some((_, bundle)) => bundle.extend_from_slice(messages),
            None => self.0.push((to, messages.to_vec())),
        }
    }
}
