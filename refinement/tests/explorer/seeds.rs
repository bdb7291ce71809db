//! A seed that is not possible is that system's error; a claim that a seed violates is violated.

use crate::searched;
use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::ghost::Past;
use quorate_models::raft::message::Message;
use quorate_models::raft::server::Server;
use quorate_models::raft::state::Term;
use quorate_models::script;
use quorate_models::system::claim::{Check, Claim, Condition};
use quorate_models::system::{Action, LocalOf, System};
use quorate_refinement::engine::{
    Limits, ModelError, Options, Report, StopReason, Verdict, shortest, start, stateright,
};
use std::sync::Arc;

fn late_answers(mutant: Option<&str>) -> System<Server, Past> {
    let configuration = Raft::configuration("late-answers");
    let mutant = mutant.map(Raft::mutant);
    configuration.system(mutant)
}

/// The mistake in the seed, which both checkers report.
fn refused(system: System<Server, Past>) -> String {
    let system = Arc::new(system);
    let error = start(&*system).expect_err("the seed is refused");
    let second = stateright::check(&system, &Options::default(), &Arc::default());
    for report in [searched(&system, None, 2), second] {
        let Report {
            stopped, states, ..
        } = report;
        assert_eq!((stopped, states), (Some(StopReason::ModelError), 0));
        assert_eq!(report.verdict(), Verdict::Inconclusive);
        assert_eq!(report.findings.len(), system.claims.len());
        assert_eq!(report.error.as_ref(), Some(&error));
    }
    let limits = Limits::default();
    let claim = |found: Result<Option<_>, StopReason>| found.map(|trace| trace.is_some());
    assert_eq!(
        claim(shortest(&system, 0, limits)),
        Err(StopReason::ModelError)
    );
    assert_eq!(
        claim(stateright::shortest(&system, 0, limits)),
        Err(StopReason::ModelError)
    );
    match error {
        ModelError::Seed(why) => why,
        other => panic!("{other}"),
    }
}

#[test]
fn a_seed_that_an_edit_makes_impossible() {
    let why = refused(late_answers(Some("command-exchanged")));
    assert!(
        why.starts_with("line 20: `deliver 0->2 AppendEntries t3 [1:a, 1:b]` is not possible"),
        "{why}"
    );
}

#[test]
fn a_seed_that_is_no_script() {
    let mut system = late_answers(None);
    system.seed = Some(script::seed("go 0"));
    assert!(refused(system).starts_with("line 1: `go` is no verb"));
}

fn claiming(check: Check<Server, Past>) -> System<Server, Past> {
    let mut system = late_answers(None);
    system.claims.push(Claim {
        name: "Nothing Happens",
        source: "ours",
        witness: None,
        check,
    });
    system
}

#[test]
fn a_claim_that_is_violated_in_a_seed_is_violated() {
    let step = Check::Move(|moved| !matches!(moved.action, Action::Request(..)));
    let state = Check::Invariant(Condition::Flight(|flight| {
        !matches!(flight.msg, Message::RequestVoteResponse { .. })
    }));
    for (check, steps) in [(step, 4), (state, 2)] {
        let system = Arc::new(claiming(check));
        let second = stateright::check(&system, &Options::default(), &Arc::default());
        for report in [searched(&system, None, 2), second] {
            assert_eq!(report.stopped, None);
            let (last, others) = report.findings.split_last().expect("the claim");
            assert!(others.iter().all(|other| other.verdict == Verdict::Holds));
            assert_eq!(last.verdict, Verdict::Violated);
            let path = last.counterexample.as_ref().expect("the way there");
            assert_eq!(path.steps.len(), steps, "{path:?}");
        }
    }
}

#[test]
fn a_violation_outlives_an_impossible_seed() {
    let system = Arc::new(late_answers(Some("append-after-commit")));
    let second = stateright::check(&system, &Options::default(), &Arc::default());
    for report in [searched(&system, None, 2), second] {
        assert!(matches!(report.error, Some(ModelError::Seed(_))));
        let violated = report.findings.iter();
        let violated = violated.filter(|it| it.verdict == Verdict::Violated);
        let names: Vec<&str> = violated.map(|it| it.claim.name).collect();
        assert_eq!(names, ["Leader Append-Only"]);
    }
}

#[test]
fn the_last_state_of_a_seed_is_judged_by_the_search() {
    // Everyone has heard of term 3 there, and not before.
    let mut system = claiming(Check::Invariant(Condition::Cluster(
        |locals: &[&LocalOf<Server>], _| {
            let mut servers = locals.iter().filter_map(|local| local.up());
            servers.any(|server| server.persistent.current_term != Term(3))
        },
    )));
    system.claims.drain(..system.claims.len() - 1);
    let report = searched(&Arc::new(system), None, 1);
    let found = report.findings[0].counterexample.as_ref();
    assert_eq!(found.map(|path| path.steps.len()), Some(0));
}
