//! Claims about the good period.

use super::Condition;
use crate::system::{GhostState, LocalOf, Move, Participant};

/// Something that is so, or not, in a state of the good period: of all participants, by id, and the
/// ghost. Those who are not good are down.
pub type Goal<A, G> = fn(&[&LocalOf<A>], &G) -> bool;

/// A promise of every run of the good period that does not stop while a step is possible that needs no
/// client.
pub enum Run<A: Participant, G: GhostState> {
    /// At some moment, the goal is there. (Temporal logic: F goal.)
    Eventually(Goal<A, G>),
    /// From every moment on, the goal comes later. (G F goal.)
    Again(Goal<A, G>),
    /// From some moment on, the goal is always there. (F G goal.)
    Settles(Goal<A, G>),
    /// Where the one is so, the other follows. (G (one -> F other).)
    LeadsTo(Goal<A, G>, Goal<A, G>),
}

/// A claim about the good period.
pub enum InPeriod<A: Participant, G: GhostState> {
    /// Of some state in it.
    Witness(Condition<A, G>),
    /// Of every run.
    Fair(Run<A, G>),
    /// Of some run: it goes round for ever without the goal while no time passes, so without any timer.
    Livelock(Goal<A, G>),
    /// Of every run, and how many ticks it takes at most.
    Within(Run<A, G>, u32),
    /// In every state, some continuation leads to the goal. (AG EF goal.) It says nothing of what must
    /// happen.
    Reach(Goal<A, G>),
    /// Of every run: how often something happens in it.
    AtMost {
        /// How often, at most.
        times: u32,
        /// The event.
        event: fn(&Move<'_, A>) -> bool,
    },
}

impl<A: Participant, G: GhostState> Run<A, G> {
    /// The goals that it speaks of.
    pub fn goals(&self) -> Vec<Goal<A, G>> {
        match self {
            Run::Eventually(goal) | Run::Again(goal) | Run::Settles(goal) => vec![*goal],
            Run::LeadsTo(one, other) => vec![*one, *other],
        }
    }
}

impl<A: Participant, G: GhostState> InPeriod<A, G> {
    /// The run that it speaks of, if it speaks of one.
    pub fn run(&self) -> Option<&Run<A, G>> {
        match self {
            InPeriod::Fair(run) | InPeriod::Within(run, _) => Some(run),
            _ => None,
        }
    }

    /// The goals that it speaks of.
    pub fn goals(&self) -> Vec<Goal<A, G>> {
        match self {
            InPeriod::Reach(goal) | InPeriod::Livelock(goal) => vec![*goal],
            _ => self.run().map(Run::goals).unwrap_or_default(),
        }
    }
}

impl<A: Participant, G: GhostState> Clone for Run<A, G> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Participant, G: GhostState> Copy for Run<A, G> {}

impl<A: Participant, G: GhostState> Clone for InPeriod<A, G> {
    fn clone(&self) -> Self {
        match self {
            InPeriod::Witness(condition) => InPeriod::Witness(condition.clone()),
            InPeriod::Fair(run) => InPeriod::Fair(*run),
            InPeriod::Within(run, ticks) => InPeriod::Within(*run, *ticks),
            InPeriod::Livelock(goal) => InPeriod::Livelock(*goal),
            InPeriod::Reach(goal) => InPeriod::Reach(*goal),
            InPeriod::AtMost { times, event } => InPeriod::AtMost {
                times: *times,
                event: *event,
            },
        }
    }
}
