//! The limits, the progress and the report of a search.

use super::coverage::Coverage;
use quorate_models::system::claim::{ClaimFacts, Kind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Limits that end a search before it is complete. The default is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Unique states: so many may be found.
    pub states: Option<usize>,
    /// Resident memory of the process, in bytes. Where the system does not tell it, any limit is
    /// reached at once.
    pub memory: Option<usize>,
    /// Wall time.
    pub time: Option<Duration>,
}

impl Limits {
    pub(super) fn exceeded(
        &self,
        states: usize,
        time: Duration,
        memory: impl FnOnce() -> Option<usize>,
    ) -> Option<StopReason> {
        if self.states.is_some_and(|most| most < states) {
            return Some(StopReason::States);
        }
        if self.time.is_some_and(|most| most <= time) {
            return Some(StopReason::Time);
        }
        // Memory that cannot be read may be any.
        let exceeds = |most| memory().is_none_or(|used| most <= used);
        self.memory
            .is_some_and(exceeds)
            .then_some(StopReason::Memory)
    }
}

/// The progress of a search; shared with its observers.
#[derive(Debug, Default)]
pub struct Progress {
    /// Unique states found.
    pub states: AtomicUsize,
    /// Transitions taken.
    pub transitions: AtomicUsize,
    /// Depth reached.
    pub depth: AtomicUsize,
    /// The frontier: states found and not expanded yet.
    pub frontier: AtomicUsize,
    /// Interrupts the search.
    pub interrupt: AtomicBool,
    violations: Mutex<Vec<Finding>>,
}

impl Progress {
    pub(super) fn record(&self, states: usize, transitions: usize, depth: usize) {
        self.states.store(states, Ordering::Relaxed);
        self.transitions.store(transitions, Ordering::Relaxed);
        self.depth.store(depth, Ordering::Relaxed);
    }

    /// Memory that the process uses now, in bytes; `None` where the system does not tell.
    pub fn memory(&self) -> Option<usize> {
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

    pub(super) fn frontier(&self, states: usize) {
        self.frontier.store(states, Ordering::Relaxed);
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}

/// The findings in a system.
#[derive(Clone, Debug)]
pub struct Report {
    /// Unique states.
    pub states: usize,
    /// Transitions, those to known states included.
    pub transitions: usize,
    /// Steps from the start to the farthest state.
    pub depth: usize,
    /// Steps that a boundary cut off. If not zero, the absence of a finding proves nothing. Systems of
    /// budgets have none.
    pub cut: usize,
    /// States that were found and not expanded to the end, because the search ended early.
    /// `None` if the checker does not tell.
    pub unexpanded: Option<usize>,
    /// Unique states without their ghosts, if they were counted: by the quotient a ghost multiplies
    /// the states.
    pub states_without_history: Option<usize>,
    /// Wall time.
    pub time: Duration,
    /// Resident memory of the process at the end, in bytes: the search took at most that. 0 where
    /// the system does not tell.
    pub memory: usize,
    /// Why the search is not complete, if it is not.
    pub stopped: Option<StopReason>,
    /// The error of the model itself that ended the search, if one did.
    pub error: Option<ModelError>,
    /// The messages that were dropped as dead, if any could be, and how that was checked.
    pub reduction: Option<ReductionReport>,
    /// Whether every two values that states consist of were compared, so that no [`ModelError::Hash`] can
    /// have gone unseen. Where there are too many, each is compared with some; Stateright's checker
    /// compares none.
    pub compares_all: bool,
    /// The part of the time that the check of the reduction took.
    pub reduction_time: Duration,
    /// Unique states at each depth.
    pub growth: Vec<usize>,
    /// How often what happened.
    pub coverage: Coverage,
    /// One finding for each claim, in the system's order.
    pub findings: Vec<Finding>,
}

/// An error of the model itself: no claim is needed to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// A handler or a claim panicked.
    Panic {
        /// The panic's message.
        message: String,
        /// The way there; empty if it is the start that panics.
        path: Counterexample,
    },
    /// The seed is not possible; why.
    Seed(String),
    /// Two values are equal and hash differently, so that a checker takes one state for two.
    Hash {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
}

impl std::fmt::Display for ModelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ModelError::Panic { message, .. } => write!(f, "the model panicked: {message}"),
            ModelError::Seed(why) => write!(f, "the seed is not possible: {why}"),
            ModelError::Hash { one, other } => {
                write!(f, "equal values hash differently: {one} and {other}")
            }
        }
    }
}

/// The work of a reduction, and whether it broke. If it did, `dropped` and `checked` count what was
/// done before that; all other counts of the report are of the search without the reduction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReductionReport {
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
    /// The effect of the delivery.
    pub effect: String,
    /// The way to the step that dropped the message.
    pub dropped: Counterexample,
    /// The way to the receiver's state.
    pub arrival: Counterexample,
}

/// Why a search is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A boundary cut off what lies behind it.
    Boundary,
    /// There is no initial state.
    NoStart,
    /// The budget of states is used up.
    States,
    /// The budget of memory is used up.
    Memory,
    /// The budget of time is used up.
    Time,
    /// The state table is full: ids are 31 bits.
    Table,
    /// The search is complete, but more edges of the good period are left to judge than may be kept.
    Edges,
    /// The claim asked for is decided.
    Decided,
    /// The model itself is wrong.
    ModelError,
    /// A claim is violated, and the search stops at the first violation.
    Violation,
    /// A message that was dropped as dead is not.
    Reduction,
    /// The search was interrupted.
    Interrupted,
}

impl StopReason {
    /// One word for it, as it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            StopReason::Boundary => "boundary",
            StopReason::NoStart => "no initial state",
            StopReason::States => "states",
            StopReason::Memory => "memory",
            StopReason::Time => "time",
            StopReason::Table => "table",
            StopReason::Edges => "edges",
            StopReason::Decided => "decided",
            StopReason::ModelError => "error",
            StopReason::Violation => "stopped",
            StopReason::Reduction => "reduction",
            StopReason::Interrupted => "interrupted",
        }
    }
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            StopReason::Boundary => "a boundary",
            StopReason::NoStart => "there is no initial state",
            StopReason::States => "state budget",
            StopReason::Memory => "memory budget",
            StopReason::Time => "time budget",
            StopReason::Table => "the state table is full (ids are 31 bits)",
            StopReason::Edges => "edge budget (of the good period, more are left to judge)",
            StopReason::Decided => "the claim asked for is decided",
            StopReason::ModelError => "an error of the model",
            StopReason::Violation => "a violation",
            StopReason::Reduction => "a message that was dropped as dead is not",
            StopReason::Interrupted => "interrupted",
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
        } else if worst(Verdict::Inconclusive) || self.stopped.is_some() {
            Verdict::Inconclusive
        } else {
            Verdict::Holds
        }
    }
}

/// The finding about a claim.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The claim.
    pub claim: ClaimFacts,
    /// Whether it holds.
    pub verdict: Verdict,
    /// If it is violated, or the witness that was searched for: the shortest way there. A witness
    /// that is missing has none.
    pub counterexample: Option<Counterexample>,
    /// How long what must come takes at most, or how often something happens; empty if the claim is of
    /// another kind, or there is no bound.
    pub bound: Vec<Measure>,
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The number.
    pub number: u32,
    /// The things that are counted, in the plural.
    pub unit: &'static str,
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

impl Counterexample {
    /// The path without a step.
    pub(super) fn start() -> Self {
        Counterexample {
            steps: Vec::new(),
            loop_start: None,
            address: "0".to_owned(),
            script: Some(String::new()),
        }
    }
}

/// A path from the start to a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// Each step, in words.
    pub steps: Vec<String>,
    /// The steps from this one on, counted from 0, are done again and again; if they are none, nothing
    /// more is possible that must be done. `None` if the path is all.
    pub loop_start: Option<usize>,
    /// The path as Stateright's Explorer addresses it: indices of actions, joined by slashes. The
    /// Explorer does not show what happens in a seed; there, it is the state after the seed.
    pub address: String,
    /// The path as the verbs of a [script](quorate_models::script), if it is one of a system.
    pub script: Option<String>,
}

/// Resident memory of this process, in bytes; `None` where the system does not tell.
pub(super) fn resident_bytes() -> Option<usize> {
    resident_in(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// The resident memory that Linux's `/proc/self/status` tells, in bytes.
fn resident_in(status: &str) -> Option<usize> {
    let mut lines = status.lines();
    let told = lines.find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: usize = told.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_cannot_be_read_exceeds_any_limit() {
        let limits = |memory| Limits {
            memory,
            ..Limits::default()
        };
        let reason = |limit, used| limits(limit).exceeded(1, Duration::ZERO, || used);
        assert_eq!(reason(Some(10), Some(9)), None);
        assert_eq!(reason(Some(10), Some(10)), Some(StopReason::Memory));
        assert_eq!(reason(Some(10), None), Some(StopReason::Memory));
        assert_eq!(reason(None, None), None);
    }

    #[test]
    fn resident_memory_is_read_in_kibibytes() {
        assert_eq!(
            resident_in("VmHWM:\t 9 kB\nVmRSS:\t   123 kB\n"),
            Some(123 << 10)
        );
        for told in ["", "VmRSS:", "VmRSS: 123", "VmRSS: -1 kB"] {
            assert_eq!(resident_in(told), None);
        }
    }

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
