//! The findings are the same in every run and for every number of threads.

use crate::{said, searched};
use quorate_models::catalog::{Builder, Entry, MutantEntry, Visitor};
use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::mutants::Mutant;
use quorate_models::system::claim::Kind;
use quorate_models::system::{GhostState, Participant, System};
use quorate_refinement::engine::{Limits, Report, StopReason, Verdict, stateright};
use std::sync::Arc;

/// Numbers of threads, and a second run.
const THREADS: [usize; 4] = [2, 3, 7, 2];

/// A search on one thread, once these numbers of threads are found to give the same.
fn same<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    states: Option<usize>,
    others: &[usize],
) -> Report {
    let report = searched(system, states, 1);
    let steps: u64 = report.coverage.steps.values().sum();
    assert_eq!(steps as usize, report.transitions);
    assert_eq!(
        report.growth.iter().sum::<usize>() == report.states,
        report.stopped.is_none()
    );
    let one = said(report.clone());
    for threads in others {
        assert_eq!(
            said(searched(system, states, *threads)),
            one,
            "{threads} threads"
        );
    }
    report
}

/// Compares searches of a system to the end, or of the beginning of one with a mutant, which takes one other
/// number of threads.
struct Same(Option<(MutantEntry, usize)>);

impl Visitor for Same {
    type Output = Report;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Report {
        let system = |mutant| Arc::new(build(mutant));
        match self.0 {
            None => same(&system(None), None, &THREADS),
            Some((mutant, threads)) => same(&system(Some(mutant)), Some(40_000), &[threads]),
        }
    }
}

pub fn entry(path: &str) -> Entry {
    let found = Entry::all().find(|entry| entry.path() == path);
    found.expect("a configuration")
}

#[test]
fn complete_searches_with_levels_of_several_blocks() {
    for name in ["raft/vote-counting", "raft/crash-recovery"] {
        let report = entry(name).visit(Same(None));
        assert_eq!((report.stopped, report.verdict()), (None, Verdict::Holds));
    }
}

#[test]
fn searches_that_end_early_with_a_violated_claim() {
    let mut violated = 0;
    for (mutant, threads) in MutantEntry::all().zip(THREADS.into_iter().cycle()) {
        let report = mutant.home().visit(Same(Some((mutant, threads))));
        violated += usize::from(report.verdict() == Verdict::Violated);
    }
    assert!(15 < violated, "{violated}");
}

#[test]
fn several_violated_claims_in_one_search() {
    let several = Mutant {
        mutate: |rules| {
            for name in [
                "votes-counted-twice",
                "vote-not-written",
                "append-after-commit",
                "truncate-always",
            ] {
                let mutant = Raft::mutant(name);
                (mutant.mutate)(rules);
            }
        },
        ..Raft::MUTANTS[0]
    };
    let configuration = Raft::configuration("conflict");
    let mut system = configuration.system(Some(&several));
    system.is_dead = None;
    let system = Arc::new(system);
    let report = same(&system, Some(60_000), &THREADS);
    assert_eq!(report.stopped, Some(StopReason::States));
    let mut violated = 0;
    for (number, finding) in report.findings.iter().enumerate() {
        let Some(counterexample) = &finding.counterexample else {
            continue;
        };
        assert_ne!(finding.claim.kind, Kind::Witness);
        let alone = stateright::shortest(&system, number, Limits::default());
        let alone = alone.expect("there is no limit").expect("it is violated");
        assert_eq!(
            counterexample.steps.len(),
            alone.actions.len(),
            "{}",
            finding.claim.name
        );
        violated += 1;
    }
    assert!(3 < violated, "{violated}");
}
