//! The findings are the same in every run and for every number of threads.

use crate::same_graph::said;
use quorate_models::catalog::{Entry, MutantEntry};
use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::mutants::Mutant;
use quorate_models::system::claim::Kind;
use quorate_refinement::engine::{self, Limits, Options, Progress, Report, StopReason, Verdict};
use quorate_refinement::evidence::searches;
use std::sync::Arc;

/// Numbers of threads, and a second run.
const THREADS: [usize; 4] = [2, 3, 7, 2];

/// A search with these options.
type Search<'a> = dyn Fn(&Options) -> Report + 'a;

/// A search on one thread, once these numbers of threads are found to give the same.
fn same(search: &Search<'_>, states: Option<usize>, others: &[usize]) -> Report {
    let on = |threads| {
        let limits = Limits {
            states,
            ..Limits::default()
        };
        search(&Options {
            limits,
            threads,
            ..Options::default()
        })
    };
    let report = on(1);
    let steps: u64 = report.coverage.steps.values().sum();
    assert_eq!(steps as usize, report.transitions);
    assert_eq!(
        report.growth.iter().sum::<usize>() == report.states,
        report.stopped.is_none()
    );
    let one = said(report.clone());
    for threads in others {
        assert_eq!(said(on(*threads)), one, "{threads} threads");
    }
    report
}

/// The search of a configuration, with a mutant or without.
fn of(entry: Entry, mutant: Option<MutantEntry>) -> impl Fn(&Options) -> Report {
    move |options| searches::explore(entry, mutant, options, &Arc::default())
}

fn entry(path: &str) -> Entry {
    let found = Entry::all().find(|entry| entry.path() == path);
    found.expect("a configuration")
}

#[test]
fn complete_searches_with_levels_of_several_blocks() {
    for name in ["raft/vote-counting", "raft/crash-recovery"] {
        let report = same(&of(entry(name), None), None, &THREADS);
        assert_eq!((report.stopped, report.verdict()), (None, Verdict::Holds));
    }
}

#[test]
fn searches_that_end_early_with_a_violated_claim() {
    let mut violated = 0;
    for (mutant, threads) in MutantEntry::all().zip(THREADS.into_iter().cycle()) {
        let report = same(&of(mutant.home(), Some(mutant)), Some(40_000), &[threads]);
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
    let search = |options: &Options| engine::explore(&system, options, &Progress::default());
    let report = same(&search, Some(60_000), &THREADS);
    assert_eq!(report.stopped, Some(StopReason::States));
    let mut violated = 0;
    for (number, finding) in report.findings.iter().enumerate() {
        let Some(counterexample) = &finding.counterexample else {
            continue;
        };
        assert_ne!(finding.claim.kind, Kind::Witness);
        let alone = engine::stateright::shortest(&system, number, Limits::default());
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
