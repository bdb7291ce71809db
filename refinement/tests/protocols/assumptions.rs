//! The reason for each assumption about the good period: the run that appears without it.

mod delays;
mod masked;
mod raft;
mod totem;
mod zab;

use quorate_models::protocol::{Mutant, Protocol};
use quorate_models::system::{GhostState, Participant, System};
use quorate_refinement::engine::{Limits, Options, Progress, Report, Verdict, explore};
use quorate_refinement::evidence::pinned;
use std::sync::Arc;

/// Enough states for the whole graph, or for the run that is to be found in it: without an assumption the
/// graph may have no end.
const STATES: usize = 600_000;
/// Enough for a usual configuration.
const USUAL_STATES: usize = 1_000_000;

fn report<A: Participant, G: GhostState>(system: System<A, G>) -> Report {
    report_within(system, STATES)
}

fn report_within<A: Participant, G: GhostState>(system: System<A, G>, states: usize) -> Report {
    let options = Options {
        limits: Limits {
            states: Some(states),
            ..Limits::default()
        },
        ..Options::default()
    };
    let report = explore(&Arc::new(system), &options, &Progress::default());
    assert_eq!((report.error.as_ref(), report.cut), (None, 0));
    report
}

/// The steps to the loop and those on it, of a violated claim.
fn lasso(report: &Report, claim: &str) -> Option<(usize, usize)> {
    let mut findings = report.findings.iter();
    let finding = findings.find(|finding| finding.claim.name == claim);
    let finding = finding.expect("it is claimed");
    assert_ne!(finding.verdict, Verdict::Inconclusive, "{claim}");
    let way = finding.counterexample.as_ref()?;
    let start = way.loop_start.expect("a run has no end");
    Some((start, way.steps.len() - start))
}

fn is_complete_and_holds(report: &Report, name: &str) {
    assert_eq!(report.stopped, None, "{name} is searched to its end");
    let mut findings = report.findings.iter();
    let violated = findings.find(|it| it.verdict == Verdict::Violated);
    assert_eq!(violated.map(|it| it.claim.name), None, "{name}");
}

/// Searches these configurations of a protocol with other rules to their ends: everything holds there.
fn violates_nothing<P: Protocol>(mutate: fn(&mut P::Rules), configurations: &[&str]) {
    let facts = P::MUTANTS[0].facts;
    let results = pinned::parse(P::RESULTS).expect("the results are readable");
    for name in configurations {
        let configuration = P::configuration(name);
        let system = configuration.system(Some(&Mutant { facts, mutate }));
        let report = report_within(system, USUAL_STATES);
        is_complete_and_holds(&report, name);
        // The bug is there: the search finds other states than those of the protocol.
        let protocol = results[*name].transitions;
        assert_ne!(report.transitions, protocol, "{name}");
    }
}
