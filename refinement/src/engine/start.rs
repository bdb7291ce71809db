//! Where a search starts, and what stands in for its report where it cannot.

use super::coverage::Coverage;
use super::panics::caught;
use super::search::{
    Counterexample, Finding, ModelError, Report, StopReason, Verdict, resident_bytes,
};
use quorate_models::system::claim::ClaimFacts;
use quorate_models::system::{
    ActionOf, CLAIMS_MAX, GhostState, Participant, Start, StateOf, System,
};
use stateright::Model;
use std::time::Duration;

/// The state where the search of a system starts.
///
/// # Errors
///
/// If its seed is not possible, or something panics on the way.
pub fn start<A: Participant, G: GhostState>(
    system: &System<A, G>,
) -> Result<StateOf<A, G>, ModelError> {
    Started::new(system).state
}

/// Where a search starts, as an engine takes it.
pub(super) struct Started<A: Participant, G: GhostState> {
    /// The first state, with every message, or why there is none.
    pub(super) state: Result<StateOf<A, G>, ModelError>,
    /// As in [`Start`].
    violated: Vec<(usize, Vec<ActionOf<A>>)>,
}

impl<A: Participant, G: GhostState> Started<A, G> {
    pub(super) fn new(system: &System<A, G>) -> Self {
        let start = || {
            let claims = system.claims.len();
            assert!(
                claims <= CLAIMS_MAX,
                "a system makes at most {CLAIMS_MAX} claims, not {claims}"
            );
            system.start()
        };
        match caught(start) {
            Ok(Start { state, violated }) => Started {
                state: state.map_err(ModelError::Seed),
                violated,
            },
            Err(message) => Started {
                state: Err(ModelError::panic(message)),
                violated: Vec::new(),
            },
        }
    }

    /// Adds what the seed violates to what a search found: it comes before that.
    pub(super) fn judged(&self, system: &System<A, G>, mut report: Report) -> Report {
        for (claim, actions) in &self.violated {
            let steps = actions.iter().map(|action| system.format_action(action));
            report.findings[*claim].verdict = Verdict::Violated;
            report.findings[*claim].counterexample = Some(Counterexample {
                steps: steps.collect(),
                ..Counterexample::start()
            });
        }
        report
    }
}

/// The claims of a system.
pub(super) fn claims<A: Participant, G: GhostState>(system: &System<A, G>) -> Vec<ClaimFacts> {
    system.claims.iter().map(ClaimFacts::from).collect()
}

impl ModelError {
    /// A panic before there is any step, or of which the way there is not known.
    pub(super) fn panic(message: String) -> ModelError {
        let path = Counterexample::start();
        ModelError::Panic { message, path }
    }
}

impl Report {
    /// The report of a search that a error ended before anything was found.
    pub(super) fn of_error(error: ModelError, claims: Vec<ClaimFacts>) -> Report {
        let undecided = |claim: ClaimFacts| Finding {
            claim,
            verdict: Verdict::Inconclusive,
            counterexample: None,
            bound: Vec::new(),
        };
        Report {
            states: 0,
            transitions: 0,
            depth: 0,
            cut: 0,
            unexpanded: None,
            states_without_history: None,
            time: Duration::ZERO,
            memory: resident_bytes().unwrap_or_default(),
            stopped: Some(StopReason::ModelError),
            error: Some(error),
            reduction: None,
            compares_all: false,
            reduction_time: Duration::ZERO,
            growth: Vec::new(),
            coverage: Coverage::default(),
            findings: claims.into_iter().map(undecided).collect(),
        }
    }
}
