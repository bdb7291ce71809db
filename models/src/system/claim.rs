//! The claims about a system, and how each is kept from being vacuous.

mod claim_set;
mod period;
mod refinement;

pub use claim_set::ClaimSet;
pub use period::{Goal, InPeriod, Run};
pub use refinement::{Judge, Moment, Parts, Refinement};

use crate::quorum::Quorum;
use crate::system::{Envelope, GhostState, LocalOf, Move, Participant, StateOf, Step};
use stateright::actor::Id;
use std::ops::Range;
use std::sync::Arc;

/// A named claim.
pub struct Claim<A: Participant, G: GhostState> {
    /// The paper's own name where it has one.
    pub name: &'static str,
    /// Where it comes from: paper and section; *ours* if from nowhere else.
    pub source: &'static str,
    /// For a claim about all states or steps: the witness that shows that its premise is reached.
    pub witness: Option<&'static str>,
    /// The check.
    pub check: Check<A, G>,
}

/// The check, and its scope: states and steps before the good period. In the good period those outside are
/// forgotten, with their disks; a step of the good period may happen without such a period, too.
pub enum Check<A: Participant, G: GhostState> {
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
        /// The condition that must hold then.
        holds: fn(&Step<'_, A, G>) -> bool,
    },
    /// Of every step of a participant: that it is one of an abstract machine, or none.
    Refines(&'static dyn Refinement<A, G>),
    /// Of some step in which a participant does what is described.
    StepWitness {
        /// What it does.
        when: fn(&Move<'_, A>) -> bool,
        /// The condition that must be seen then.
        shows: fn(&Step<'_, A, G>) -> bool,
    },
    /// Of the good period.
    InPeriod(InPeriod<A, G>),
}

/// A condition on states. Its kind is its *footprint*: its declared reads. A search judges a condition
/// once for each value of its footprint, and again only where a step changed that value; so a
/// condition should be of the kind that reads least.
pub enum Condition<A: Participant, G: GhostState> {
    /// On the ghost.
    Ghost(fn(&G) -> bool),
    /// On each participant, and the ghost.
    Each(fn(Seat<'_, A>, &G) -> bool),
    /// On each two participants, in both orders.
    Pair(fn(Seat<'_, A>, Seat<'_, A>) -> bool),
    /// On each two participants, in both orders, and the ghost.
    PairGhost(fn(Seat<'_, A>, Seat<'_, A>, &G) -> bool),
    /// On each message in flight, its sender and its receiver.
    Flight(fn(&Flight<'_, A>) -> bool),
    /// On each message in flight, its sender and its receiver, and the ghost.
    FlightGhost(fn(&Flight<'_, A>, &G) -> bool),
    /// On each member, and the ghost: it holds where a quorum of the system's members satisfies
    /// it.
    Quorum(fn(Seat<'_, A>, &G) -> bool),
    /// On all participants together, and the ghost.
    Cluster(fn(&[&LocalOf<A>], &G) -> bool),
    /// On everything.
    State(Everything<A, G>),
}

/// A function of whole states.
pub type Everything<A, G> = Arc<dyn Fn(&StateOf<A, G>) -> bool + Send + Sync>;

/// A participant with its id.
pub struct Seat<'a, A: Participant> {
    /// Its id.
    pub id: Id,
    /// The participant.
    pub local: &'a LocalOf<A>,
}

/// A message in flight with its sender and its receiver.
pub struct Flight<'a, A: Participant> {
    /// The sender.
    pub src: Id,
    /// The receiver.
    pub dst: Id,
    /// The message.
    pub msg: &'a A::Msg,
    /// The sender as it is now; `None` if it is no participant.
    pub sender: Option<&'a LocalOf<A>>,
    /// The receiver as it is now; `None` if it is no participant, and where a message is judged as it
    /// is sent, because the message may be dead at its receiver. An invariant must not demand
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
    /// Holds in some state, for some step, or for some run.
    Witness,
    /// Holds for every fair run.
    Fair,
    /// Stays within reach.
    Reach,
    /// Each step is one of an abstract machine.
    Refines,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Invariant => "invariant",
            Kind::Step => "step",
            Kind::Witness => "witness",
            Kind::Fair => "fair",
            Kind::Reach => "reach",
            Kind::Refines => "refines",
        }
    }
}

impl<A: Participant, G: GhostState> Clone for Claim<A, G> {
    fn clone(&self) -> Self {
        let check = self.check.clone();
        Claim { check, ..*self }
    }
}

impl<A: Participant, G: GhostState> Clone for Check<A, G> {
    fn clone(&self) -> Self {
        match self {
            Check::Invariant(condition) => Check::Invariant(condition.clone()),
            Check::Witness(condition) => Check::Witness(condition.clone()),
            Check::Move(holds) => Check::Move(*holds),
            Check::Step { when, holds } => Check::Step {
                when: *when,
                holds: *holds,
            },
            Check::Refines(refinement) => Check::Refines(*refinement),
            Check::StepWitness { when, shows } => Check::StepWitness {
                when: *when,
                shows: *shows,
            },
            Check::InPeriod(claim) => Check::InPeriod(claim.clone()),
        }
    }
}

impl<A: Participant, G: GhostState> Clone for Condition<A, G> {
    fn clone(&self) -> Self {
        match self {
            Condition::Ghost(holds) => Condition::Ghost(*holds),
            Condition::Each(holds) => Condition::Each(*holds),
            Condition::Pair(holds) => Condition::Pair(*holds),
            Condition::PairGhost(holds) => Condition::PairGhost(*holds),
            Condition::Flight(holds) => Condition::Flight(*holds),
            Condition::FlightGhost(holds) => Condition::FlightGhost(*holds),
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

impl<A: Participant, G: GhostState> Condition<A, G> {
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
            Condition::Ghost(holds) => holds(&state.ghost) == verdict,
            Condition::Each(holds) => participants
                .map(seat)
                .all(|seat| holds(seat, &state.ghost) == verdict),
            Condition::Pair(holds) => {
                pairs(participants).all(|(one, other)| holds(seat(one), seat(other)) == verdict)
            }
            Condition::PairGhost(holds) => pairs(participants)
                .all(|(one, other)| holds(seat(one), seat(other), &state.ghost) == verdict),
            Condition::Flight(holds) => flights().all(|flight| holds(&flight) == verdict),
            Condition::FlightGhost(holds) => {
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

impl<A: Participant, G: GhostState> Claim<A, G> {
    /// A claim, with the witness of its premise.
    pub const fn new(
        name: &'static str,
        source: &'static str,
        witness: &'static str,
        check: Check<A, G>,
    ) -> Self {
        Claim {
            name,
            source,
            witness: Some(witness),
            check,
        }
    }

    /// A witness of states.
    pub const fn witness(name: &'static str, condition: Condition<A, G>) -> Self {
        Claim {
            name,
            source: "ours",
            witness: None,
            check: Check::Witness(condition),
        }
    }

    /// Whether it is an invariant about messages in flight.
    pub fn is_about_messages(&self) -> bool {
        let Check::Invariant(condition) = &self.check else {
            return false;
        };
        matches!(condition, Condition::Flight(_)) || self.is_about_messages_and_ghost()
    }

    /// Whether it is an invariant about messages in flight that reads the ghost.
    pub fn is_about_messages_and_ghost(&self) -> bool {
        matches!(self.check, Check::Invariant(Condition::FlightGhost(_)))
    }

    /// The kind of the claim.
    pub fn kind(&self) -> Kind {
        match self.check {
            Check::Invariant(_) => Kind::Invariant,
            Check::Move(_) | Check::Step { .. } => Kind::Step,
            Check::Refines(_) => Kind::Refines,
            Check::Witness(_) | Check::StepWitness { .. } => Kind::Witness,
            Check::InPeriod(InPeriod::Witness(_) | InPeriod::Livelock(_)) => Kind::Witness,
            Check::InPeriod(InPeriod::Fair(_)) => Kind::Fair,
            Check::InPeriod(InPeriod::Reach(_)) => Kind::Reach,
            Check::InPeriod(InPeriod::Within(..) | InPeriod::AtMost { .. }) => Kind::Invariant,
        }
    }

    /// Whether it is a claim about the good period.
    pub fn is_in_period(&self) -> bool {
        matches!(self.check, Check::InPeriod(_))
    }

    /// Whether it is a claim about states, and not about steps.
    pub fn is_about_states(&self) -> bool {
        match self.check {
            Check::Invariant(_) | Check::Witness(_) => true,
            Check::Move(_)
            | Check::Step { .. }
            | Check::Refines(_)
            | Check::StepWitness { .. }
            | Check::InPeriod(_) => false,
        }
    }

    /// Whether a state of a system with these quorums decides the claim: it violates the invariant,
    /// or shows the witness. Claims about steps are decided by steps
    /// ([`System::decided_by`](crate::system::System::decided_by)).
    pub fn is_decided_in(&self, state: &StateOf<A, G>, quorum: &Quorum) -> bool {
        match &self.check {
            _ if state.remaining.is_good() => false,
            Check::Invariant(condition) => !condition.everywhere(state, quorum),
            Check::Witness(condition) => condition.somewhere(state, quorum),
            Check::Move(_)
            | Check::Step { .. }
            | Check::Refines(_)
            | Check::StepWitness { .. }
            | Check::InPeriod(_) => false,
        }
    }

    /// Whether a step decides the claim: it violates the claim about steps, or shows the witness.
    pub fn is_decided_by(&self, step: &Step<'_, A, G>) -> bool {
        match self.check {
            Check::Move(holds) => !holds(&step.moved),
            Check::Step { when, holds } => when(&step.moved) && !holds(step),
            Check::Refines(refinement) => !refinement.allows(step),
            Check::StepWitness { when, shows } => when(&step.moved) && shows(step),
            Check::Invariant(_) | Check::Witness(_) | Check::InPeriod(_) => false,
        }
    }
}

/// The facts of a claim of any types.
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
    /// Whether it is about the good period.
    pub in_period: bool,
}

impl<A: Participant, G: GhostState> From<&Claim<A, G>> for ClaimFacts {
    fn from(claim: &Claim<A, G>) -> Self {
        ClaimFacts {
            name: claim.name,
            source: claim.source,
            kind: claim.kind(),
            witness: claim.witness,
            in_period: claim.is_in_period(),
        }
    }
}
