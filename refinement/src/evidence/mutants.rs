//! Whether the claims can fail: each mutant is searched for the property that it violates.

use crate::engine::{
    Counterexample, Limits, Options, Progress, StopReason, Verdict, explore, shortest,
};
use quorate_models::catalog::{Builder, Entry, MutantEntry, Visitor};
use quorate_models::protocol::Shortest;
use quorate_models::system::claim::Kind;
use quorate_models::system::{GhostState, Participant, System};
use std::sync::Arc;

/// The fate of a mutant.
#[derive(Clone, Debug)]
pub struct MutantReport {
    /// Whether its property found it.
    pub verdict: MutantVerdict,
    /// Every property that was seen to fail: its own first.
    pub violated: Vec<&'static str>,
}

/// Whether a mutant was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MutantVerdict {
    /// The property fails.
    Killed {
        /// A shortest way there.
        counterexample: Counterexample,
        /// The step, from 1, at which the unchanged protocol does something else; `None` if it
        /// does the same all the way, so that the property fails without the mutant, too.
        divergence: Option<usize>,
    },
    /// The property holds.
    Alive,
    /// The search ended early, and had found nothing.
    Inconclusive(StopReason),
}

impl MutantVerdict {
    /// The counterexample in numbers, if the mutant is killed by doing something else than the protocol.
    pub fn shortest(&self) -> Option<Shortest> {
        let MutantVerdict::Killed {
            counterexample,
            divergence,
        } = self
        else {
            return None;
        };
        let steps = counterexample.steps.len();
        let stem = counterexample.loop_start.unwrap_or(steps);
        Some(Shortest::lasso(stem, steps - stem, (*divergence)?))
    }
}

/// Searches for a mutant in the configuration where it is to be found. The `further` limits are
/// for the search for other properties that fail, too.
///
/// # Panics
///
/// If the catalog names no such configuration or property.
pub fn examine(mutant: MutantEntry, limits: Limits, further: Limits) -> MutantReport {
    mutant.home().visit(Examination {
        mutant,
        limits,
        further,
    })
}

struct Examination {
    mutant: MutantEntry,
    limits: Limits,
    further: Limits,
}

impl Visitor for Examination {
    type Output = MutantReport;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> MutantReport {
        let mutant = Arc::new(build(Some(self.mutant)));
        let property = self.mutant.facts.property;
        let verdict = verdict(&build(None), &mutant, property, self.limits);
        let mut violated = failing(&mutant, self.further);
        if matches!(verdict, MutantVerdict::Killed { .. }) {
            violated.retain(|name| *name != property);
            violated.insert(0, property);
        }
        MutantReport { verdict, violated }
    }
}

/// The properties of a configuration that a mutant of its protocol is seen to violate there.
pub fn violated(mutant: MutantEntry, entry: Entry, limits: Limits) -> Vec<&'static str> {
    entry.visit(Elsewhere { mutant, limits })
}

struct Elsewhere {
    mutant: MutantEntry,
    limits: Limits,
}

impl Visitor for Elsewhere {
    type Output = Vec<&'static str>;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Self::Output {
        failing(&Arc::new(build(Some(self.mutant))), self.limits)
    }
}

/// The properties that are seen to fail.
fn failing<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    limits: Limits,
) -> Vec<&'static str> {
    let options = Options {
        limits,
        ..Options::default()
    };
    let report = explore(system, &options, &Progress::default());
    let failed = report.findings.iter().filter(|finding| {
        finding.verdict == Verdict::Violated && finding.claim.kind != Kind::Witness
    });
    failed.map(|finding| finding.claim.name).collect()
}

/// Searches a mutant for a violation of one of its claims, and compares what it does on the way
/// with the unchanged protocol.
///
/// # Panics
///
/// If the system makes no such claim.
pub fn verdict<A: Participant, G: GhostState>(
    protocol: &System<A, G>,
    mutant: &Arc<System<A, G>>,
    property: &str,
    limits: Limits,
) -> MutantVerdict {
    let claims: Vec<&str> = mutant.claims.iter().map(|claim| claim.name).collect();
    let number = claims.iter().position(|name| *name == property);
    let number = number.unwrap_or_else(|| {
        panic!(
            "`{property}` is not claimed; claimed are: {}",
            claims.join(", ")
        )
    });
    match shortest(mutant, number, limits) {
        Err(reason) => MutantVerdict::Inconclusive(reason),
        Ok(None) => MutantVerdict::Alive,
        Ok(Some(trace)) => MutantVerdict::Killed {
            counterexample: trace.counterexample(mutant),
            divergence: trace.divergence(protocol, mutant),
        },
    }
}
