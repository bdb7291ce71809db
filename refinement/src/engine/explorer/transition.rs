//! Local transitions. Each is computed once for a participant, its local state and an event,
//! independently of the rest of the mailbox.

use super::super::coverage::{TransitionKind, label};
use super::cache::{Event, EventKey, Observed, StepClaims, Transition};
use super::ids::{LocalId, MessageId, NONE, ObservationId, TransitionId};
use super::store::ComponentStore;
use quorate_models::coverage::{Marks, collect};
use quorate_models::system::claim::{Check, ClaimSet};
use quorate_models::system::{
    self, ActionOf, Envelope, GhostState, Hook, LocalOf, LocalStep, Participant,
};
use stateright::actor::Id;
use std::iter::once;
use std::sync::Arc;

/// What an event makes of a participant.
pub(super) enum Computed<A: Participant> {
    /// A cache hit; `None` if nothing happens.
    Known(Option<TransitionId>),
    /// A cache miss, and what happens.
    New(NewTransition<A>),
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
    claims: StepClaims,
    /// Whether the ghost observes it.
    observed: bool,
    /// Marks that are hit.
    marks: Marks,
}

impl<A: Participant, G: GhostState> ComponentStore<A, G> {
    /// What an event makes of a participant, or of nobody, from the cache where it is there.
    pub(super) fn transition(
        &self,
        slot: usize,
        first: LocalId,
        event: &Event<A>,
        heard: MessageId,
    ) -> Computed<A> {
        let key = match event {
            Event::Message(what, message) => Some(EventKey::Message(*what, *message)),
            Event::Own(action) => self.actions.id(action).map(EventKey::Own),
        };
        match key.and_then(|key| self.cache.known.get(&(slot as u32, first, key))) {
            Some(known) => Computed::Known(*known),
            None => self.compute_transition(slot, first, &self.action(event), heard),
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
        slot: usize,
        first: LocalId,
        action: &ActionOf<A>,
        heard: MessageId,
    ) -> Computed<A> {
        let mut new = NewTransition {
            after: None,
            heard,
            said: Vec::new(),
            claims: StepClaims::default(),
            observed: false,
            marks: Marks::new(),
        };
        if action.actor().is_none() {
            return Computed::New(new);
        }
        let (id, before) = (Id::from(slot), &self.locals[first]);
        let (step, marks) = collect(|| self.system.local_step(id, before, action));
        let Some(LocalStep { after, said }) = step else {
            return Computed::Nothing(marks);
        };
        let moved = system::Move {
            id,
            action,
            before,
            after: &after,
        };
        new.claims = self.claims(&moved);
        if self.is_dead.is_some() {
            new.claims.broken |= self.system.broken_by_sends(&after, &said, None);
            if said.iter().any(|envelope| self.system.leaves(envelope)) {
                new.claims.conditional |= self.about_messages_and_ghost;
            }
        }
        if let Hook::Observe { when, .. } = &self.system.ghost.hook {
            new.observed = when(&moved);
        }
        new.said = said;
        new.after = Some(after);
        new.marks = marks;
        Computed::New(new)
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
                Check::Invariant(_) | Check::Witness(_) => {}
            }
        }
        claims
    }

    /// The id of what was computed; `None` if nothing happens.
    pub(super) fn intern_transition(
        &mut self,
        slot: usize,
        first: LocalId,
        event: &Event<A>,
        computed: Computed<A>,
    ) -> Option<TransitionId> {
        if let Computed::Known(known) = computed {
            return known;
        }
        let key = match event {
            Event::Message(what, message) => EventKey::Message(*what, *message),
            Event::Own(action) => EventKey::Own(self.actions.insert(action.clone()).0),
        };
        let place = (slot as u32, first, key);
        let known = self.cache.known.get(&place).copied();
        let transition = match (computed, known) {
            // Beside other messages in flight the same event may not panic.
            (Computed::Panicked(panic), _) => return Some(self.intern_panic(first, event, panic)),
            (_, Some(known)) => return known,
            (Computed::New(new), None) => Some(self.intern_new(slot, first, event, new)),
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
        let label = label(&action);
        Transition {
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
        let said = self.send(new.heard, new.said);
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

    /// Interns what is said and bundles what leaves, by receiver. Gives what the ghost is told of.
    fn send(&mut self, heard: MessageId, said: Vec<Envelope<A::Msg>>) -> Vec<MessageId> {
        let participants = self.layout.participants;
        let mut told = Vec::new();
        let mut bundles: Vec<(usize, Vec<MessageId>)> = Vec::new();
        if self.system.channels.remembers_last && heard != NONE {
            bundles.push((participants, vec![heard]));
        }
        for envelope in said {
            let leaves = self.system.leaves(&envelope);
            let is_told = self.system.tells_of(&envelope);
            if !leaves && !is_told {
                continue;
            }
            let slot = usize::from(envelope.dst).min(participants);
            let message = self.intern_message(Arc::new(envelope));
            if is_told {
                told.push(message);
            }
            if !leaves {
                continue;
            }
            match bundles.iter_mut().find(|(known, _)| *known == slot) {
                Some((_, bundle)) => bundle.push(message),
                None if slot == participants => bundles.push((slot, vec![NONE, message])),
                None => bundles.push((slot, vec![message])),
            }
        }
        for (slot, bundle) in bundles {
            let bundle = self.bundles.insert(bundle.into()).0;
            self.cache.sends.push((slot as u32, bundle));
        }
        told
    }
}
