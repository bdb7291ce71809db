//! What is claimed of a system, and how each claim is kept from being vacuous.

mod claim_set;

pub use claim_set::ClaimSet;

use crate::quorum::Quorum;
use crate::system::{Envelope, History, LocalOf, Move, Participant, StateOf, Step};
use stateright::actor::Id;
use std::ops::Range;
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
    /// Of some step in which a participant does what is described.
    StepWitness {
        /// What it does.
        when: fn(&Move<'_, A>) -> bool,
        /// What must be seen then.
        shows: fn(&Step<'_, A, G>) -> bool,
    },
}

/// A condition on states. Its kind is its *footprint*: what of a state it reads. A search judges it
/// once wherever that is the same, and again only where a step touched it; so a condition should be
/// of the kind that reads least.
pub enum Condition<A: Participant, G: History> {
    /// On the history.
    History(fn(&G) -> bool),
    /// On each participant, and the history.
    Each(fn(Seat<'_, A>, &G) -> bool),
    /// On each two participants, in both orders.
    Pair(fn(Seat<'_, A>, Seat<'_, A>) -> bool),
    /// On each two participants, in both orders, and the history.
    PairHistory(fn(Seat<'_, A>, Seat<'_, A>, &G) -> bool),
    /// On each message in flight, its sender and its receiver.
    Flight(fn(&Flight<'_, A>) -> bool),
    /// On each message in flight, its sender and its receiver, and the history.
    FlightHistory(fn(&Flight<'_, A>, &G) -> bool),
    /// On each member, and the history: it holds where a quorum of the system's members satisfies
    /// it.
    Quorum(fn(Seat<'_, A>, &G) -> bool),
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
    /// Holds in some state, or for some step.
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
            Judge::StepWitness { when, shows } => Judge::StepWitness {
                when: *when,
                shows: *shows,
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
            Condition::PairHistory(holds) => Condition::PairHistory(*holds),
            Condition::Flight(holds) => Condition::Flight(*holds),
            Condition::FlightHistory(holds) => Condition::FlightHistory(*holds),
            Condition::Quorum(holds) => Condition::Quorum(*holds),
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

    /// A message as a participant sends it. Its receiver is left open: the message may be dead
    /// there.
    pub fn as_sent(sender: &'a LocalOf<A>, envelope: &'a Envelope<A::Msg>) -> Self {
        Flight {
            src: envelope.src,
            dst: envelope.dst,
            msg: &envelope.msg,
            sender: Some(sender),
            receiver: None,
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
    pub fn everywhere(&self, state: &StateOf<A, G>, quorum: &Quorum) -> bool {
        self.is_always(true, state, quorum)
    }

    /// Whether it holds of something in the state.
    pub fn somewhere(&self, state: &StateOf<A, G>, quorum: &Quorum) -> bool {
        !self.is_always(false, state, quorum)
    }

    /// Whether everything in the state gives this verdict.
    fn is_always(&self, verdict: bool, state: &StateOf<A, G>, quorum: &Quorum) -> bool {
        let seat = |index: usize| Seat::<A> {
            id: Id::from(index),
            local: &state.locals[index],
        };
        let flights = || {
            let in_flight = state.network.iter();
            in_flight.map(|envelope| Flight::<A>::new(&state.locals, envelope))
        };
        let participants = 0..state.locals.len();
        match self {
            Condition::History(holds) => holds(&state.ghost) == verdict,
            Condition::Each(holds) => participants
                .map(seat)
                .all(|seat| holds(seat, &state.ghost) == verdict),
            Condition::Pair(holds) => {
                pairs(participants).all(|(one, other)| holds(seat(one), seat(other)) == verdict)
            }
            Condition::PairHistory(holds) => pairs(participants)
                .all(|(one, other)| holds(seat(one), seat(other), &state.ghost) == verdict),
            Condition::Flight(holds) => flights().all(|flight| holds(&flight) == verdict),
            Condition::FlightHistory(holds) => {
                flights().all(|flight| holds(&flight, &state.ghost) == verdict)
            }
            Condition::Quorum(holds) => {
                let satisfies = |id: Id| {
                    let index = usize::from(id);
                    participants.contains(&index) && holds(seat(index), &state.ghost)
                };
                quorum.is_in(satisfies) == verdict
            }
            Condition::Cluster(holds) => {
                let locals: Vec<_> = state.locals.iter().map(Arc::as_ref).collect();
                holds(&locals, &state.ghost) == verdict
            }
            Condition::State(holds) => holds(state) == verdict,
        }
    }
}

/// Each two of them, in both orders.
fn pairs(participants: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
    let all = participants.clone();
    let pairs = all.flat_map(move |one| participants.clone().map(move |other| (one, other)));
    pairs.filter(|(one, other)| one != other)
}

impl<A: Participant, G: History> Stated<A, G> {
    /// Whether it is an invariant about messages in flight.
    pub fn is_about_messages(&self) -> bool {
        let Judge::Invariant(condition) = &self.judge else {
            return false;
        };
        matches!(condition, Condition::Flight(_)) || self.is_about_messages_and_history()
    }

    /// Whether it is an invariant about messages in flight that reads the history.
    pub fn is_about_messages_and_history(&self) -> bool {
        matches!(self.judge, Judge::Invariant(Condition::FlightHistory(_)))
    }

    /// The kind of the claim.
    pub fn kind(&self) -> Kind {
        match self.judge {
            Judge::Invariant(_) => Kind::Invariant,
            Judge::Move(_) | Judge::Step { .. } => Kind::Step,
            Judge::Witness(_) | Judge::StepWitness { .. } => Kind::Witness,
        }
    }

    /// Whether it is a claim about states, and not about steps.
    pub fn is_about_states(&self) -> bool {
        match self.judge {
            Judge::Invariant(_) | Judge::Witness(_) => true,
            Judge::Move(_) | Judge::Step { .. } | Judge::StepWitness { .. } => false,
        }
    }

    /// Whether a state of a system with these quorums decides the claim: it violates the invariant,
    /// or shows the witness. Claims about steps are decided by steps
    /// ([`System::decided_by`](crate::system::System::decided_by)).
    pub fn is_decided_in(&self, state: &StateOf<A, G>, quorum: &Quorum) -> bool {
        match &self.judge {
            Judge::Invariant(condition) => !condition.everywhere(state, quorum),
            Judge::Witness(condition) => condition.somewhere(state, quorum),
            Judge::Move(_) | Judge::Step { .. } | Judge::StepWitness { .. } => false,
        }
    }

    /// Whether a step decides the claim: it violates the claim about steps, or shows the witness.
    pub fn is_decided_by(&self, step: &Step<'_, A, G>) -> bool {
        match self.judge {
            Judge::Move(holds) => !holds(&step.moved),
            Judge::Step { when, holds } => when(&step.moved) && !holds(step),
            Judge::StepWitness { when, shows } => when(&step.moved) && shows(step),
            Judge::Invariant(_) | Judge::Witness(_) => false,
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
