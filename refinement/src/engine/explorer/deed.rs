//! What participants do. Each deed is computed once, whatever else is in flight to whoever does
//! it.

use super::coverage::{Kind, label};
use super::intern::{NONE, Name};
use super::parts::{Happening, Key, Observed, Parts, StepClaims};
use quorate_models::coverage::{Marks, collect};
use quorate_models::property::{ClaimSet, Judge};
use quorate_models::system::{
    self, ActionOf, Envelope, History, Hook, LocalOf, LocalStep, Participant,
};
use stateright::actor::Id;
use std::iter::once;
use std::sync::Arc;

/// What a participant does, or what happens to messages that nobody receives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed {
    /// What happens.
    pub(super) action: Name,
    /// The participant afterwards; with nobody, the first name of the cell.
    pub(super) local: Name,
    /// What history is told; [`NONE`] if nothing.
    pub(super) event: Name,
    /// Where its sends begin.
    pub(super) sends: u32,
    /// How many they are.
    pub(super) sent: u16,
    /// Whether it is to be looked at twice: it decides or may decide a claim, or panicked.
    pub(super) special: bool,
    /// For the coverage.
    pub(super) kind: Name,
}

/// What an action makes of a participant.
pub(super) enum Made<A: Participant> {
    /// This was done before; `None` if nothing happened.
    Known(Option<Name>),
    /// This was not.
    New(Effect<A>),
    /// Nothing happens; the marks that are hit.
    Nothing(Marks),
    /// A handler panicked.
    Panicked(String),
}

/// A deed, before anything is named.
pub(super) struct Effect<A: Participant> {
    /// `None` if no participant moves.
    pub(super) after: Option<LocalOf<A>>,
    /// The message that is delivered.
    heard: Name,
    said: Vec<Envelope<A::Msg>>,
    claims: StepClaims,
    /// Whether history looks at it.
    observed: bool,
    /// Marks that are hit.
    marks: Marks,
}

impl<A: Participant, G: History> Parts<A, G> {
    /// What a happening makes of a participant; of nobody if it is not one's own.
    pub(super) fn make(
        &self,
        seat: usize,
        first: Name,
        happening: &Happening<A>,
        heard: Name,
    ) -> Made<A> {
        let key = match happening {
            Happening::Message(fate, message) => Some(Key::Message(*fate, *message)),
            Happening::Own(action) => self.actions.name(action).map(Key::Own),
        };
        match key.and_then(|key| self.memo.done.get(&(seat as u32, first, key))) {
            Some(known) => Made::Known(*known),
            None => self.act(seat, first, &self.action(happening), heard),
        }
    }

    /// A happening as an action of the system.
    fn action(&self, happening: &Happening<A>) -> ActionOf<A> {
        match happening {
            Happening::Message(fate, message) => fate.of(Envelope::clone(&self.messages[*message])),
            Happening::Own(action) => action.clone(),
        }
    }

    fn act(&self, seat: usize, first: Name, action: &ActionOf<A>, heard: Name) -> Made<A> {
        let mut effect = Effect {
            after: None,
            heard,
            said: Vec::new(),
            claims: StepClaims::default(),
            observed: false,
            marks: Marks::new(),
        };
        if action.actor().is_none() {
            return Made::New(effect);
        }
        let (id, before) = (Id::from(seat), &self.locals[first]);
        let (step, marks) = collect(|| self.system.local_step(id, before, action));
        let Some(LocalStep { after, said }) = step else {
            return Made::Nothing(marks);
        };
        let moved = system::Move {
            id,
            action,
            before,
            after: &after,
        };
        effect.claims = self.claims(&moved);
        if self.is_dead.is_some() {
            effect.claims.broken |= self.system.broken_by_sends(&after, &said, None);
            if said.iter().any(|envelope| self.system.leaves(envelope)) {
                effect.claims.conditional |= self.about_messages_and_history;
            }
        }
        if let Hook::Observe { when, .. } = &self.system.ghost.hook {
            effect.observed = when(&moved);
        }
        effect.said = said;
        effect.after = Some(after);
        effect.marks = marks;
        Made::New(effect)
    }

    /// The claims about steps that a participant's step decides, or may decide.
    pub(super) fn claims(&self, moved: &system::Move<'_, A>) -> StepClaims {
        let mut claims = StepClaims::default();
        for (claim, stated) in self.system.stated.iter().enumerate() {
            match stated.judge {
                Judge::Move(holds) => claims.broken |= ClaimSet::of_if(claim, !holds(moved)),
                Judge::Step { when, .. } | Judge::StepWitness { when, .. } => {
                    claims.conditional |= ClaimSet::of_if(claim, when(moved));
                }
                Judge::Invariant(_) | Judge::Witness(_) => {}
            }
        }
        claims
    }

    /// Names what was done; `None` if nothing happens.
    pub(super) fn name_deed(
        &mut self,
        seat: usize,
        first: Name,
        happening: &Happening<A>,
        made: Made<A>,
    ) -> Option<Name> {
        if let Made::Known(known) = made {
            return known;
        }
        let key = match happening {
            Happening::Message(fate, message) => Key::Message(*fate, *message),
            Happening::Own(action) => Key::Own(self.actions.insert(action.clone()).0),
        };
        let what = (seat as u32, first, key);
        let known = self.memo.done.get(&what).copied();
        let deed = match (made, known) {
            // With other messages in flight, the same may be done without a panic.
            (Made::Panicked(panic), _) => return Some(self.name_panic(first, happening, panic)),
            (_, Some(known)) => return known,
            (Made::New(effect), None) => Some(self.name_effect(seat, first, happening, effect)),
            (Made::Nothing(marks), None) => {
                for mark in marks {
                    *self.memo.idle.entry(mark).or_default() += 1;
                }
                None
            }
            (Made::Known(_), None) => unreachable!("what is known was done"),
        };
        self.memo.done.insert(what, deed);
        deed
    }

    fn name_panic(&mut self, first: Name, happening: &Happening<A>, panic: String) -> Name {
        let deed = self.new_deed(first, happening, Marks::new());
        let number = self.memo.deeds.len() as Name;
        self.memo.panics.insert(number, panic);
        self.memo.deeds.push(Deed {
            special: true,
            ..deed
        });
        number
    }

    /// A deed that changes nothing yet.
    fn new_deed(&mut self, first: Name, happening: &Happening<A>, marks: Marks) -> Deed {
        let action = self.action(happening);
        let label = label(&action);
        Deed {
            action: self.actions.insert(action).0,
            local: first,
            event: NONE,
            sends: self.memo.sends.len() as u32,
            sent: 0,
            special: false,
            kind: self.memo.kinds.insert(Kind { label, marks }).0,
        }
    }

    fn name_effect(
        &mut self,
        seat: usize,
        before: Name,
        happening: &Happening<A>,
        effect: Effect<A>,
    ) -> Name {
        let mut deed = self.new_deed(before, happening, effect.marks);
        let number = self.memo.deeds.len() as Name;
        if let Some(after) = effect.after {
            deed.local = self.locals.insert(Arc::new(after)).0;
            if self.is_dead.is_some() {
                self.reduction.step(seat, before, deed.local);
            }
        }
        let heard = if self.records() { effect.heard } else { NONE };
        let said = self.send(effect.heard, effect.said);
        deed.sent = u16::try_from(self.memo.sends.len() as u32 - deed.sends).expect("few seats");
        if effect.observed {
            deed.event = self.observed.len() as Name;
            let (action, after) = (deed.action, deed.local);
            self.observed.push(Observed {
                seat,
                action,
                before,
                after,
            });
        } else if heard != NONE || !said.is_empty() {
            let exchange = once(heard).chain(said);
            deed.event = self.exchanges.insert(exchange.collect()).0;
        }
        let claims = effect.claims;
        if !claims.is_empty() {
            self.memo.judged.insert(number, claims);
            deed.special = true;
        }
        self.memo.deeds.push(deed);
        number
    }

    /// Names what is said and bundles what leaves, by receiver. Gives what history is told of.
    fn send(&mut self, heard: Name, said: Vec<Envelope<A::Msg>>) -> Vec<Name> {
        let participants = self.layout.participants;
        let mut names = Vec::new();
        let mut bundles: Vec<(usize, Vec<Name>)> = Vec::new();
        if self.system.channels.remembers_last && heard != NONE {
            bundles.push((participants, vec![heard]));
        }
        for envelope in said {
            let leaves = self.system.leaves(&envelope);
            let is_told = self.system.tells_of(&envelope);
            if !leaves && !is_told {
                continue;
            }
            let seat = usize::from(envelope.dst).min(participants);
            let message = self.name_message(Arc::new(envelope));
            if is_told {
                names.push(message);
            }
            if !leaves {
                continue;
            }
            match bundles.iter_mut().find(|(known, _)| *known == seat) {
                Some((_, bundle)) => bundle.push(message),
                None if seat == participants => bundles.push((seat, vec![NONE, message])),
                None => bundles.push((seat, vec![message])),
            }
        }
        for (seat, bundle) in bundles {
            let bundle = self.bundles.insert(bundle.into()).0;
            self.memo.sends.push((seat as u32, bundle));
        }
        names
    }
}
