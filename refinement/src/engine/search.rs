//! What a search is given and what it gives.

use super::explorer::Coverage;
use quorate_models::catalog::ClaimFacts;
use quorate_models::property::Kind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What ends a search before it is complete. The default is nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Unique states: so many may be found.
    pub states: Option<usize>,
    /// Resident memory of the process, in bytes.
    pub memory: Option<usize>,
    /// Wall time.
    pub time: Option<Duration>,
}

impl Limits {
    pub(super) fn exceeded(
        &self,
        states: usize,
        time: Duration,
        memory: impl FnOnce() -> usize,
    ) -> Option<Halt> {
        if self.states.is_some_and(|most| most < states) {
            return Some(Halt::States);
        }
        if self.time.is_some_and(|most| most <= time) {
            return Some(Halt::Time);
        }
        self.memory
            .is_some_and(|most| most <= memory())
            .then_some(Halt::Memory)
    }
}

/// What a search has done so far; shared with whoever watches it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Unique states found.
    pub states: AtomicUsize,
    /// Transitions taken.
    pub transitions: AtomicUsize,
    /// Depth reached.
    pub depth: AtomicUsize,
    /// States found and not expanded yet.
    pub queue: AtomicUsize,
    /// Asks the search to end.
    pub halt: AtomicBool,
    violations: Mutex<Vec<Finding>>,
}

impl Progress {
    pub(super) fn record(&self, states: usize, transitions: usize, depth: usize) {
        self.states.store(states, Ordering::Relaxed);
        self.transitions.store(transitions, Ordering::Relaxed);
        self.depth.store(depth, Ordering::Relaxed);
    }

    /// Memory that the process uses now, in bytes.
    pub fn memory(&self) -> usize {
        resident_bytes()
    }

    /// The violations that were found since the last call, each with the shortest way there. A
    /// search of a system gives each claim once, while it runs.
    pub fn take_violations(&self) -> Vec<Finding> {
        let violations = self.violations.lock();
        std::mem::take(&mut *violations.unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn violated(&self, finding: Finding) {
        let violations = self.violations.lock();
        violations
            .unwrap_or_else(PoisonError::into_inner)
            .push(finding);
    }

    pub(super) fn queue(&self, states: usize) {
        self.queue.store(states, Ordering::Relaxed);
    }

    pub(super) fn is_halted(&self) -> bool {
        self.halt.load(Ordering::Relaxed)
    }
}

/// What was found in a system.
#[derive(Clone, Debug)]
pub struct Report {
    /// Unique states.
    pub states: usize,
    /// Transitions, those to known states included.
    pub transitions: usize,
    /// Steps from the start to the farthest state.
    pub depth: usize,
    /// Steps that a boundary cut off; with any, nothing that was not found is decided. Systems of
    /// budgets have none.
    pub cut: usize,
    /// States that were found and not expanded to the end, because the search ended early.
    /// `None` if the checker does not tell.
    pub unexpanded: Option<usize>,
    /// Unique states if history is left out, if they were counted; the quotient is what history
    /// costs.
    pub states_without_history: Option<usize>,
    /// Wall time.
    pub time: Duration,
    /// Resident memory of the process at the end, in bytes: the search took at most that.
    pub memory: usize,
    /// Why the search is not complete, if it is not.
    pub halt: Option<Halt>,
    /// What is wrong with the model itself, if that ended the search.
    pub flaw: Option<Flaw>,
    /// What was dropped as dead, if anything could be, and how that was checked.
    pub reduction: Option<Reduction>,
    /// Whether every two values that states consist of were compared, so that no [`Flaw::Hash`] can
    /// have gone unseen. Where there are too many, each is compared with some; Stateright's checker
    /// compares none.
    pub compares_all: bool,
    /// Unique states at each depth.
    pub growth: Vec<usize>,
    /// How often what happened.
    pub coverage: Coverage,
    /// One finding for each claim, in the system's order.
    pub findings: Vec<Finding>,
}

/// Something wrong with a model, whatever is claimed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A handler or a claim panicked.
    Panic {
        /// What it said.
        message: String,
        /// The way there.
        path: Counterexample,
    },
    /// Two values are equal and hash differently, so that a checker takes one state for two.
    Hash {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
}

/// What a reduction did, and whether it could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduction {
    /// Messages that were dropped as dead; each is counted once for each receiver.
    pub dropped: usize,
    /// Deliveries of these messages that were tried, in each local state that the receiver reached
    /// after the drop, and that did nothing.
    pub checked: usize,
    /// The delivery that does something, if one does. Nothing is concluded then from the search
    /// that dropped messages.
    pub broken: Option<BrokenReduction>,
}

/// A message that was dropped as dead, and is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenReduction {
    /// The receiver, by its position.
    pub receiver: usize,
    /// The receiver's state in which the delivery does something.
    pub state: String,
    /// The message, with sender and receiver.
    pub message: String,
    /// What the delivery does.
    pub effect: String,
    /// The way to the step that dropped the message.
    pub dropped: Counterexample,
    /// The way to the receiver's state.
    pub arrival: Counterexample,
}

/// Why a search is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// A boundary cut off what lies behind it.
    Boundary,
    /// The budget of states is spent.
    States,
    /// The budget of memory is spent.
    Memory,
    /// The budget of time is spent.
    Time,
    /// The table of states has no more names.
    Table,
    /// What was wanted is decided.
    Decided,
    /// The model itself is wrong.
    Flaw,
    /// A claim is violated, and the search was to stop there.
    Stopped,
    /// A message that was dropped as dead is not.
    Reduction,
    /// It was asked to.
    Asked,
}

impl Halt {
    /// One word for it, as it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Halt::Boundary => "boundary",
            Halt::States => "states",
            Halt::Memory => "memory",
            Halt::Time => "time",
            Halt::Table => "table",
            Halt::Decided => "decided",
            Halt::Flaw => "error",
            Halt::Stopped => "stopped",
            Halt::Reduction => "reduction",
            Halt::Asked => "interrupted",
        }
    }
}

impl std::fmt::Display for Halt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Halt::Boundary => "a boundary",
            Halt::States => "state budget",
            Halt::Memory => "memory budget",
            Halt::Time => "time budget",
            Halt::Table => "the state table is full (ids are 31 bits)",
            Halt::Decided => "the claim asked for is decided",
            Halt::Flaw => "an error of the model",
            Halt::Stopped => "a violation",
            Halt::Reduction => "a message that was dropped as dead is not",
            Halt::Asked => "interrupted",
        })
    }
}

impl Report {
    /// The worst verdict: violated, then inconclusive.
    pub fn verdict(&self) -> Verdict {
        let worst = |verdict| {
            self.findings
                .iter()
                .any(|finding| finding.verdict == verdict)
        };
        if worst(Verdict::Violated) {
            Verdict::Violated
        } else if worst(Verdict::Inconclusive) || self.halt.is_some() {
            Verdict::Inconclusive
        } else {
            Verdict::Holds
        }
    }
}

/// What was found of a claim.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The claim.
    pub claim: ClaimFacts,
    /// Whether it holds.
    pub verdict: Verdict,
    /// If it is violated, or the witness that was searched for: the shortest way there. A witness
    /// that is missing has none.
    pub counterexample: Option<Counterexample>,
}

/// Whether a claim holds of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everywhere, and everything was searched; or, for a witness, somewhere.
    Holds,
    /// Not somewhere; or, for a witness, nowhere, and everything was searched.
    Violated,
    /// Nothing was found, and the search ended early.
    Inconclusive,
}

impl Verdict {
    /// The verdict on a claim, given whether the search found what it looks for (a violation, or
    /// what a witness shows), and whether it was complete.
    pub fn of(kind: Kind, found: bool, complete: bool) -> Self {
        match (kind, found) {
            (Kind::Witness, true) => Verdict::Holds,
            (_, true) => Verdict::Violated,
            _ if !complete => Verdict::Inconclusive,
            (Kind::Witness, false) => Verdict::Violated,
            (_, false) => Verdict::Holds,
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Violated => "violated",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

/// A path from the start to a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// Each step, in words.
    pub steps: Vec<String>,
    /// The path as Stateright's Explorer addresses it: indices of actions, joined by slashes.
    pub address: String,
    /// The path as the verbs of a [script](quorate_models::script), if it is one of a system.
    pub script: Option<String>,
}

/// Resident memory of this process, in bytes; 0 where the system does not tell.
pub(super) fn resident_bytes() -> usize {
    const PAGE_BYTES: usize = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * PAGE_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_found_is_decided_only_by_a_complete_search() {
        use Kind::{Invariant, Step, Witness};
        use Verdict::{Holds, Inconclusive, Violated};
        for (kind, found, complete, verdict) in [
            (Invariant, true, true, Violated),
            (Invariant, true, false, Violated),
            (Invariant, false, true, Holds),
            (Invariant, false, false, Inconclusive),
            (Step, true, false, Violated),
            (Step, false, true, Holds),
            (Step, false, false, Inconclusive),
            (Witness, true, true, Holds),
            (Witness, true, false, Holds),
            (Witness, false, true, Violated),
            (Witness, false, false, Inconclusive),
        ] {
            assert_eq!(
                Verdict::of(kind, found, complete),
                verdict,
                "{kind:?} {found} {complete}"
            );
        }
    }
}
