//! A search that may keep few edges of the good period, or none, finds what one finds that keeps all.

use crate::parts::any_plan_with_parts;
use crate::plan::{self, KINDS};
use crate::same_graph::said;
use crate::table::Table;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::mutants::Mutant;
use quorate_models::script;
use quorate_models::system::claim::{Check, Claim, InPeriod, Run};
use quorate_models::system::{GhostState, LocalOf, Move, Participant, System};
use quorate_refinement::engine::{
    Finding, Graph, Limits, Options, Progress, Report, StopReason, Verdict, explore, graph,
};
use std::cell::Cell;
use std::sync::Arc;

fn has_a_1(locals: &[&LocalOf<Table>], _: &u8) -> bool {
    locals.iter().any(|local| local.up() == Some(&1))
}

fn is_all_0(locals: &[&LocalOf<Table>], _: &u8) -> bool {
    locals.iter().all(|local| local.up() != Some(&1))
}

fn becomes_0(moved: &Move<'_, Table>) -> bool {
    moved.before.up() == Some(&1) && moved.after.up() == Some(&0)
}

/// A claim of each kind.
fn claims() -> Vec<Claim<Table, u8>> {
    let claims = [
        ("Some 1", InPeriod::Fair(Run::Eventually(has_a_1))),
        ("No 1 Again", InPeriod::Fair(Run::Again(is_all_0))),
        ("1 Stays", InPeriod::Fair(Run::Settles(has_a_1))),
        ("1 Goes", InPeriod::Fair(Run::LeadsTo(has_a_1, is_all_0))),
        ("No 1 Soon", InPeriod::Within(Run::Settles(is_all_0), 1)),
        ("1 Can Be", InPeriod::Reach(has_a_1)),
        (
            "Seldom 0",
            InPeriod::AtMost {
                times: 1,
                event: becomes_0,
            },
        ),
    ];
    let claim = |(name, claim)| Claim {
        name,
        source: "ours",
        witness: None,
        check: Check::InPeriod(claim),
    };
    claims.into_iter().map(claim).collect()
}

fn options(edges: u32, threads: usize, states: usize) -> Options {
    let states = Some(states);
    Options {
        limits: Limits {
            states,
            ..Limits::default()
        },
        edges,
        threads,
        ..Options::default()
    }
}

/// The finding about a claim is the same, or there is none, because a run that goes round would need too
/// many edges. Says which.
fn is_same(anew: &Finding, kept: &Finding) -> bool {
    let is_same = format!("{anew:?}") == format!("{kept:?}");
    let verdicts = [kept.verdict, anew.verdict];
    let is_missed = verdicts == [Verdict::Violated, Verdict::Inconclusive];
    assert!(is_same || is_missed, "{anew:#?} {kept:#?}");
    is_same
}

/// The part of a report about the search alone.
fn of_search(report: &Report) -> String {
    said(Report {
        findings: Vec::new(),
        stopped: None,
        ..report.clone()
    })
}

/// Whether there is a run without end, of the findings that are the same.
fn goes_round(finding: &Finding) -> bool {
    let way = finding.counterexample.as_ref();
    way.is_some_and(|way| way.loop_start.is_some_and(|start| start < way.steps.len()))
}

#[test]
fn random_systems_are_judged_the_same_without_edges() {
    let config = ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    };
    let [holding, violated, round, missed] = [const { Cell::new(0) }; 4];
    proptest!(config, |(plan in any_plan_with_parts())| {
        let (kind, environment) = (KINDS[plan.kind], plan.environment());
        prop_assume!(environment.period.is_some());
        let mut system = plan::system(&plan.actors, kind, environment, 0);
        system.claims = claims();
        let system = Arc::new(system);
        let found = |edges, threads| graph(&system, &options(edges, threads, 300));
        let Graph { runs: (graph, begin), report: kept, .. } = found(u32::MAX, 1);
        let all = graph.edges_len() as u32;
        prop_assume!(0 < all);
        prop_assert!(graph.keeps_edges() && found(all, 1).runs.0.keeps_edges());
        for (edges, threads) in [(0, 1), (all / 2, 2), (all - 1, 1), (all - 1, 2)] {
            let Graph { runs, report, .. } = found(edges, threads);
            prop_assert!(!runs.0.keeps_edges() && runs.0.edges_len() == 0);
            prop_assert_eq!((&runs.0.inside, &runs.0.open), (&graph.inside, &graph.open));
            prop_assert_eq!(&runs.1, &begin);
            prop_assert_eq!(of_search(&report), of_search(&kept));
            let mut is_complete = true;
            for (anew, kept) in report.findings.iter().zip(&kept.findings) {
                let counter = match (is_same(anew, kept), anew.verdict) {
                    (false, _) => &missed,
                    (_, Verdict::Holds) => &holding,
                    _ if goes_round(anew) => &round,
                    _ => &violated,
                };
                counter.set(counter.get() + 1);
                is_complete &= !std::ptr::eq(counter, &missed);
            }
            let stopped = kept.stopped.or((!is_complete).then_some(StopReason::Edges));
            prop_assert_eq!(report.stopped, stopped);
        }
    });
    let counts = [holding, violated, round, missed].map(|it| it.get());
    assert!(counts.iter().all(|count| 100 < *count), "{counts:?}");
}

/// Searches a configuration, and keeps none of its edges; or with a mutant, and keeps too few. The findings
/// replay, and are those with all edges.
fn beside(name: &str, mutant: Option<&Mutant>) -> Report {
    let configuration = Raft::configuration(name);
    let system = Arc::new(configuration.system(mutant));
    let Graph { runs, report, .. } = graph(&system, &options(u32::MAX, 2, usize::MAX));
    let edges = mutant.map_or(0, |_| runs.0.edges_len() as u32 - 1);
    let (mut whole, progress) = (configuration.system(mutant), Progress::default());
    whole.is_dead = None;
    for threads in [1, 2] {
        let anew = explore(&system, &options(edges, threads, usize::MAX), &progress);
        anew.findings.iter().for_each(|it| replays(&whole, it));
        assert_eq!(said(anew), said(report.clone()));
    }
    report
}

/// The way of a violation is one of the system.
fn replays<A: Participant, G: GhostState>(system: &System<A, G>, finding: &Finding) {
    if let Some(way) = &finding.counterexample {
        let verbs = way.script.as_ref().expect("a path of a system");
        script::run(system, verbs).expect("it replays");
    }
}

#[test]
fn raft_is_judged_the_same_without_edges() {
    for name in ["live-silence", "live-sync", "live-five"] {
        let report = beside(name, None);
        assert_eq!((report.stopped, report.verdict()), (None, Verdict::Holds));
        let bounds = report.findings.iter().filter(|it| !it.bound.is_empty());
        assert!(2 < bounds.count());
    }
}

#[test]
fn mutants_of_the_good_period_are_found_without_edges() {
    for name in [
        "sends-once",
        "probe-stays",
        "candidate-ignores-leader",
        "beats-once",
    ] {
        let mutant = Raft::mutant(name);
        let report = beside(mutant.facts.configuration, Some(mutant));
        let mut findings = report.findings.iter();
        let finding = findings.find(|it| it.claim.name == mutant.facts.property);
        assert_eq!(finding.expect("it is claimed").verdict, Verdict::Violated);
    }
}
