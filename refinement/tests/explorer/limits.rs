//! A search that ends early says why, and decides nothing that it did not find.

use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::ghost::Past;
use quorate_models::raft::server::Server;
use quorate_models::system::System;
use quorate_models::system::claim::Kind;
use quorate_refinement::engine::{
    Limits, Options, Progress, Report, StopReason, Verdict, explore, explore_model, graph, shortest,
};
use stateright::Model;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn configuration(name: &str) -> Arc<System<Server, Past>> {
    let configuration = Raft::configuration(name);
    Arc::new(configuration.system(None))
}

fn limited(limits: Limits) -> Options {
    Options {
        limits,
        ..Options::default()
    }
}

/// Only what was seen is decided.
fn decides_nothing(report: &Report) {
    assert_eq!(report.verdict(), Verdict::Inconclusive);
    for finding in &report.findings {
        let seen = finding.claim.kind == Kind::Witness && finding.verdict == Verdict::Holds;
        assert!(
            seen || finding.verdict == Verdict::Inconclusive,
            "{finding:?}"
        );
        assert_eq!(finding.counterexample, None);
    }
}

#[test]
fn each_limit_ends_the_search_and_is_named() {
    let system = configuration("election");
    let none = Limits::default();
    for (limits, reason) in [
        (
            Limits {
                states: Some(1000),
                ..none
            },
            StopReason::States,
        ),
        (
            Limits {
                time: Some(Duration::ZERO),
                ..none
            },
            StopReason::Time,
        ),
        (
            Limits {
                memory: Some(1),
                ..none
            },
            StopReason::Memory,
        ),
    ] {
        let report = explore(&system, &limited(limits), &Progress::default());
        assert_eq!(report.stopped, Some(reason));
        decides_nothing(&report);
        assert!(report.states < 2000, "{}", report.states);
        let unexpanded = report.unexpanded.expect("the explorer knows");
        assert!((1..report.states).contains(&unexpanded), "{unexpanded}");
        let claim = shortest(&system, 0, limits).map(|trace| trace.is_some());
        assert_eq!(claim, Err(reason));
    }
}

#[test]
fn whoever_watches_can_end_the_search() {
    let progress = Progress::default();
    progress.interrupt.store(true, Ordering::Relaxed);
    let report = explore(&configuration("election"), &Options::default(), &progress);
    assert_eq!(report.stopped, Some(StopReason::Interrupted));
    decides_nothing(&report);
}

#[test]
fn limits_that_are_not_reached_change_nothing() {
    let system = configuration("vote-counting");
    let limits = Limits {
        states: Some(5661),
        time: Some(Duration::from_secs(3600)),
        memory: Some(usize::MAX),
    };
    let progress = Progress::default();
    let report = explore(&system, &limited(limits), &progress);
    assert_eq!(
        (report.states, report.stopped, report.verdict()),
        (5660, None, Verdict::Holds)
    );
    let told = [
        &progress.states,
        &progress.transitions,
        &progress.depth,
        &progress.frontier,
    ];
    let told = told.map(|number| number.load(Ordering::Relaxed));
    assert_eq!(told, [report.states, report.transitions, report.depth, 0]);
}

#[test]
fn a_search_that_finds_the_last_state_at_its_limit_is_complete() {
    let limits = Limits {
        states: Some(5660),
        ..Limits::default()
    };
    let report = explore(
        &configuration("vote-counting"),
        &limited(limits),
        &Progress::default(),
    );
    assert_eq!((report.states, report.stopped), (5660, None));
    assert_eq!(report.unexpanded, Some(0));
}

#[test]
fn the_graph_of_a_search_that_ended_early_says_what_is_not_known() {
    let limits = Limits {
        states: Some(100),
        ..Limits::default()
    };
    let graph = graph(&configuration("election"), &limited(limits));
    let growth = &graph.report.growth;
    assert_eq!(graph.report.stopped, Some(StopReason::States));
    assert_eq!(graph.states.len(), graph.report.states);
    assert_eq!(graph.expanded, growth.iter().sum::<usize>());
    let unexpanded = graph.states.len() - graph.expanded;
    assert_eq!(graph.report.unexpanded, Some(unexpanded));
    assert!(graph.expanded < graph.states.len());
    let mut from = graph.steps.iter().map(|(from, _)| *from);
    assert!(from.all(|from| from < graph.expanded));
}

#[test]
fn a_search_for_one_claim_ends_where_it_is_decided() {
    let system = configuration("vote-counting");
    let witness = |kind: Kind| kind == Kind::Witness;
    let number = system.claims.iter().position(|it| witness(it.kind()));
    let name = system.claims[number.expect("a witness")].name;
    let until = |until| Options {
        until,
        ..Options::default()
    };
    let report = explore(&system, &until(number), &Progress::default());
    assert_eq!(report.stopped, Some(StopReason::Decided));
    assert!(report.states < 5660, "{}", report.states);
    // As a model, the system has no claims about steps.
    let properties = system.properties();
    let number = properties.iter().position(|it| it.name == name);
    let plain = explore_model(&*system, &until(number), &Progress::default());
    let plain = plain.expect("it can be judged");
    assert_eq!(
        (plain.stopped, plain.states),
        (report.stopped, report.states)
    );
}

#[test]
fn a_search_that_stops_at_a_violation_gives_the_same_for_any_number_of_threads() {
    let mutant = Raft::mutant("vote-for-anyone");
    let configuration = Raft::configuration(mutant.facts.configuration);
    let system = Arc::new(configuration.system(Some(mutant)));
    let search = |threads, stops_at_violation| {
        let options = Options {
            threads,
            stops_at_violation,
            ..limited(Limits {
                states: Some(400_000),
                ..Limits::default()
            })
        };
        let progress = Progress::default();
        let report = explore(&system, &options, &progress);
        (report, progress.take_violations())
    };
    let (report, announced) = search(1, true);
    assert_eq!(report.stopped, Some(StopReason::Violation));
    let violated = |report: &Report| {
        let findings = report.findings.iter();
        let violated = findings.filter(|finding| finding.verdict == Verdict::Violated);
        let violated = violated.map(|it| (it.claim.name, it.counterexample.clone()));
        violated.collect::<Vec<_>>()
    };
    let found = violated(&report);
    assert!(!found.is_empty());
    let announced = announced.iter();
    let announced: Vec<_> = announced
        .map(|it| (it.claim.name, it.counterexample.clone()))
        .collect();
    assert_eq!(announced, found);
    let (again, _) = search(3, true);
    assert_eq!(violated(&again), found);
    assert_eq!(
        (again.states, again.transitions, again.unexpanded),
        (report.states, report.transitions, report.unexpanded)
    );
    let (further, all) = search(2, false);
    assert_eq!(further.stopped, Some(StopReason::States));
    assert!(report.states < further.states);
    let of_first = violated(&further).into_iter();
    let of_first = of_first.filter(|(name, _)| found.iter().any(|(first, _)| first == name));
    assert_eq!(of_first.collect::<Vec<_>>(), found);
    assert!(found.len() <= all.len());
}
