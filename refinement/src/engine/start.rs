//! Where a search starts, and what stands in for its report where it cannot.

use super::explorer::{Coverage, caught};
use super::search::{Counterexample, Finding, Flaw, Halt, Report, Verdict, resident_bytes};
use quorate_models::catalog::ClaimFacts;
use quorate_models::system::{History, Participant, StateOf, System};
use std::time::Duration;

/// The state where the search of a system starts.
///
/// # Errors
///
/// If its seed fails, or something panics on the way.
pub fn start<A: Participant, G: History>(system: &System<A, G>) -> Result<StateOf<A, G>, Flaw> {
    match caught(|| system.start()) {
        Ok(Ok(state)) => Ok(state),
        Ok(Err(error)) => Err(Flaw::Seed(error.to_string())),
        Err(message) => Err(Flaw::panic(message)),
    }
}

/// The claims of a system.
pub(super) fn claims<A: Participant, G: History>(system: &System<A, G>) -> Vec<ClaimFacts> {
    system.stated.iter().map(ClaimFacts::from).collect()
}

impl Flaw {
    /// A panic before there is any step, or of which the way there is not known.
    pub(super) fn panic(message: String) -> Flaw {
        let path = Counterexample::start();
        Flaw::Panic { message, path }
    }
}

impl Report {
    /// The report of a search that a flaw ended before anything was found.
    pub(super) fn of_flaw(flaw: Flaw, claims: Vec<ClaimFacts>) -> Report {
        let undecided = |claim: ClaimFacts| Finding {
            claim,
            verdict: Verdict::Inconclusive,
            counterexample: None,
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
            halt: Some(Halt::Flaw),
            flaw: Some(flaw),
            compares_all: false,
            growth: Vec::new(),
            coverage: Coverage::default(),
            findings: claims.into_iter().map(undecided).collect(),
        }
    }
}
