//! What is claimed of a system, and how each claim is kept from being vacuous.

use crate::quorum::is_quorum;
use crate::system::{Envelope, History, LocalOf, Move, Participant, StateOf, Step};
use stateright::actor::Id;
use std::sync::Arc;

/// A named claim.
pub struct Stated<A: Participant, G: History> {
    /// The paper's own name where it has one.
    pub name: &'static str,
    /// Where it comes from: paper and section; *ours* if from nowhere else.
    pub source: &'static str,
    /// For a claim about all states or steps: the witness that shows that its premise is reached.
    pub witness: Option<&'static str>,
    /// What must hold.
    pub judge: Judge<A, G>,
}

/// What must hold, and of what.
pub enum Judge<A: Participant, G: History> {
    /// Of every state, everywhere in it.
    Invariant(Condition<A, G>),
    /// Of some state, somewhere in it.
    Witness(Condition<A, G>),
    /// Of every step in which a participant moves: of what it does.
    Move(fn(&Move<'_, A>) -> bool),
    /// Of every step in which a participant does what is described: of everyone.
    Step {
        /// What it does.
        when: fn(&Move<'_, A>) -> bool,
        /// What must hold then.
        holds: fn(&Step<'_, A, G>) -> bool,
    },
}

/// A condition on states. Its kind says what of a state it reads, so that a search can judge it
/// once wherever that is the same.
pub enum Condition<A: Participant, G: History> {
    /// On the history.
    History(fn(&G) -> bool),
    /// On each participant, and the history.
    Each(fn(Seat<'_, A>, &G) -> bool),
    /// On each two participants, in the order of their ids.
    Pair(fn(Seat<'_, A>, Seat<'_, A>) -> bool),
    /// On each message in flight, its sender and its receiver.
    Flight(fn(&Flight<'_, A>) -> bool),
    /// On each participant, and the history: it holds where more than half of all participants
    /// satisfy it.
    Majority(fn(Seat<'_, A>, &G) -> bool),
    /// On all participants together, and the history.
    Cluster(fn(&[&LocalOf<A>], &G) -> bool),
    /// On everything.
    State(Everything<A, G>),
}

/// A function of whole states.
pub type Everything<A, G> = Arc<dyn Fn(&StateOf<A, G>) -> bool + Send + Sync>;

/// A participant, and who it is.
pub struct Seat<'a, A: Participant> {
    /// Who it is.
    pub id: Id,
    /// The participant.
    pub local: &'a LocalOf<A>,
}

/// A message in flight, between whom it is in flight.
pub struct Flight<'a, A: Participant> {
    /// Who sent it.
    pub src: Id,
    /// Who is to receive it.
    pub dst: Id,
    /// The message.
    pub msg: &'a A::Msg,
    /// Who sent it, as it is now; `None` if it is no participant.
    pub sender: Option<&'a LocalOf<A>>,
    /// Who is to receive it, as it is now; `None` if it is no participant, and where a message is
    /// judged as it is sent, because it may be dead at its receiver. An invariant must not demand
    /// more of a message whose receiver is not known.
    pub receiver: Option<&'a LocalOf<A>>,
}

/// The kind of a claim, as it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Holds in every state.
    Invariant,
    /// Holds for every step.
    Step,
    /// Holds in some state.
    Witness,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invariant => "invariant",
            Kind::Step => "step",
            Kind::Witness => "witness",
        }
    }
}

impl<A: Participant, G: History> Clone for Stated<A, G> {
    fn clone(&self) -> Self {
        let judge = self.judge.clone();
        Stated { judge, ..*self }
    }
}

impl<A: Participant, G: History> Clone for Judge<A, G> {
    fn clone(&self) -> Self {
        match self {
            Judge::Invariant(condition) => Judge::Invariant(condition.clone()),
            Judge::Witness(condition) => Judge::Witness(condition.clone()),
            Judge::Move(holds) => Judge::Move(*holds),
            Judge::Step { when, holds } => Judge::Step {
                when: *when,
                holds: *holds,
            },
        }
    }
}

impl<A: Participant, G: History> Clone for Condition<A, G> {
    fn clone(&self) -> Self {
        match self {
            Condition::History(holds) => Condition::History(*holds),
            Condition::Each(holds) => Condition::Each(*holds),
            Condition::Pair(holds) => Condition::Pair(*holds),
            Condition::Flight(holds) => Condition::Flight(*holds),
            Condition::Majority(holds) => Condition::Majority(*holds),
            Condition::Cluster(holds) => Condition::Cluster(*holds),
            Condition::State(holds) => Condition::State(holds.clone()),
        }
    }
}

impl<'a, A: Participant> Seat<'a, A> {
    /// The actor's state, if it is up.
    pub fn up(&self) -> Option<&'a A::State> {
        self.local.up()
    }
}

impl<'a, A: Participant> Flight<'a, A> {
    /// A message between these participants.
    pub fn new(locals: &'a [Arc<LocalOf<A>>], envelope: Envelope<&'a A::Msg>) -> Self {
        let local = |id: Id| locals.get(usize::from(id)).map(Arc::as_ref);
        Flight {
            src: envelope.src,
            dst: envelope.dst,
            msg: envelope.msg,
            sender: local(envelope.src),
            receiver: local(envelope.dst),
        }
    }
}

impl<A: Participant> Clone for Seat<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Participant> Copy for Seat<'_, A> {}

impl<A: Participant, G: History> Condition<A, G> {
    /// Whether it holds of everything in the state that it is a condition on.
    pub fn everywhere(&self, state: &StateOf<A, G>) -> bool {
        self.is_always(true, state)
    }

    /// Whether it holds of something in the state.
    pub fn somewhere(&self, state: &StateOf<A, G>) -> bool {
        !self.is_always(false, state)
    }

    /// Whether everything in the state gives this verdict.
    fn is_always(&self, verdict: bool, state: &StateOf<A, G>) -> bool {
        let seat = |index: usize| Seat::<A> {
            id: Id::from(index),
            local: &state.locals[index],
        };
        let participants = 0..state.locals.len();
        match self {
            Condition::History(holds) => holds(&state.ghost) == verdict,
            Condition::Each(holds) => participants
                .map(seat)
                .all(|seat| holds(seat, &state.ghost) == verdict),
            Condition::Pair(holds) => participants
                .flat_map(|second| (0..second).map(move |first| (first, second)))
                .all(|(first, second)| holds(seat(first), seat(second)) == verdict),
            Condition::Flight(holds) => state
                .network
                .iter()
                .all(|envelope| holds(&Flight::new(&state.locals, envelope)) == verdict),
            Condition::Majority(holds) => {
                let satisfying = participants
                    .map(seat)
                    .filter(|seat| holds(*seat, &state.ghost));
                is_quorum(satisfying.count(), state.locals.len()) == verdict
            }
            Condition::Cluster(holds) => {
                let locals: Vec<_> = state.locals.iter().map(Arc::as_ref).collect();
                holds(&locals, &state.ghost) == verdict
            }
            Condition::State(holds) => holds(state) == verdict,
        }
    }
}

impl<A: Participant, G: History> Stated<A, G> {
    /// Whether it is an invariant about messages in flight.
    pub fn is_about_messages(&self) -> bool {
        matches!(self.judge, Judge::Invariant(Condition::Flight(_)))
    }

    /// The kind of the claim.
    pub fn kind(&self) -> Kind {
        match self.judge {
            Judge::Invariant(_) => Kind::Invariant,
            Judge::Move(_) | Judge::Step { .. } => Kind::Step,
            Judge::Witness(_) => Kind::Witness,
        }
    }

    /// Whether the claim, which has this position in its system's list, holds in a state; for a
    /// step property, of the step that led to the state; for an invariant about messages, also of
    /// those that this step sent.
    pub fn holds(&self, position: usize, state: &StateOf<A, G>) -> bool {
        let unbroken = state.broken & (1 << position) == 0;
        match &self.judge {
            Judge::Invariant(condition) => unbroken && condition.everywhere(state),
            Judge::Witness(condition) => condition.somewhere(state),
            Judge::Move(_) | Judge::Step { .. } => unbroken,
        }
    }
}

/// What is known of a claim, whatever its types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimFacts {
    /// Its name.
    pub name: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// The witness of its premise.
    pub witness: Option<&'static str>,
}

impl<A: Participant, G: History> From<&Stated<A, G>> for ClaimFacts {
    fn from(stated: &Stated<A, G>) -> Self {
        ClaimFacts {
            name: stated.name,
            source: stated.source,
            kind: stated.kind(),
            witness: stated.witness,
        }
    }
}
