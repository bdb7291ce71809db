//! What is claimed of a system, and how each claim is kept from being vacuous.

use crate::system::{History, Participant, StateOf, Step};
use stateright::actor::Actor;

/// A named claim.
pub struct Stated<A: Actor, G> {
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
pub enum Judge<A: Actor, G> {
    /// Of every state.
    Invariant(fn(&StateOf<A, G>) -> bool),
    /// Of every step.
    Step(fn(&Step<'_, A, G>) -> bool),
    /// Of some state.
    Witness(fn(&StateOf<A, G>) -> bool),
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

impl<A: Actor, G> Clone for Stated<A, G> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Actor, G> Copy for Stated<A, G> {}

impl<A: Actor, G> Clone for Judge<A, G> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Actor, G> Copy for Judge<A, G> {}

impl<A: Participant, G: History> Stated<A, G> {
    /// The kind of the claim.
    pub fn kind(&self) -> Kind {
        match self.judge {
            Judge::Invariant(_) => Kind::Invariant,
            Judge::Step(_) => Kind::Step,
            Judge::Witness(_) => Kind::Witness,
        }
    }

    /// Whether the claim, which has this position in its system's list, holds in a state; for a
    /// step property, of the step that led to the state.
    pub fn holds(&self, position: usize, state: &StateOf<A, G>) -> bool {
        match self.judge {
            Judge::Invariant(holds) | Judge::Witness(holds) => holds(state),
            Judge::Step(_) => state.broken & (1 << position) == 0,
        }
    }
}

/// What is known of a mutant: a protocol with a bug, which shows that a claim can fail.
#[derive(Clone, Copy, Debug)]
pub struct MutantFacts {
    /// Its name.
    pub name: &'static str,
    /// What it does wrong.
    pub about: &'static str,
    /// Who made it, or where it is described.
    pub source: &'static str,
    /// The configuration in which it is found.
    pub configuration: &'static str,
    /// The property that it violates there.
    pub property: &'static str,
    /// The steps of the shortest counterexample.
    pub length: usize,
}
