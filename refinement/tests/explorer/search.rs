//! The report of a search about itself.

use quorate_models::durable::contract::{Effect, Puppet, Strings};
use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::mutants::Mutant;
use quorate_models::system::System;
use quorate_models::system::claim::{Check, Claim, Condition};
use quorate_refinement::engine::stateright::{check, shortest};
use quorate_refinement::engine::{self, Limits, Options, Progress, Report, StopReason, Verdict};
use quorate_refinement::evidence::mutants::{MutantVerdict, verdict};
use stateright::actor::{ActorModel, Envelope, Id, Network};
use std::sync::Arc;

/// One puppet that is told to say two words to another.
fn puppets(within_boundary: fn(usize) -> bool) -> System<Puppet, ()> {
    let order = Strings::Pull(vec![Effect::Send(1), Effect::Send(2)]);
    let first = Envelope {
        src: Id::from(1),
        dst: Id::from(0),
        msg: order,
    };
    let model = ActorModel::new(within_boundary, ())
        .actors([Puppet, Puppet])
        .init_network(Network::new_ordered([first]))
        .within_boundary(|within, state| within(state.network.len()));
    let mut system = System::stateright(model);
    system.claims = vec![Claim {
        name: "Two Actors",
        source: "ours",
        witness: None,
        check: Check::Invariant(Condition::Cluster(|locals, ()| locals.len() == 2)),
    }];
    system
}

/// The reports of both checkers.
fn searched(system: System<Puppet, ()>) -> [Report; 2] {
    let (system, progress) = (Arc::new(system), Arc::new(Progress::default()));
    [
        check(&system, &Options::default(), &progress),
        engine::explore(&system, &Options::default(), &progress),
    ]
}

#[test]
fn a_search_that_a_boundary_cuts_decides_nothing() {
    for whole in searched(puppets(|_| true)) {
        assert_eq!((whole.cut, whole.verdict()), (0, Verdict::Holds));
    }
    for cut in searched(puppets(|sent| sent < 2)) {
        assert_eq!((cut.cut, cut.verdict()), (1, Verdict::Inconclusive));
        assert_eq!(cut.findings[0].verdict, Verdict::Inconclusive);
        assert_eq!(cut.stopped, Some(StopReason::Boundary));
    }
}

#[test]
fn a_boundary_that_excludes_the_start_decides_nothing() {
    for none in searched(puppets(|sent| sent == 0)) {
        assert_eq!((none.states, none.transitions, none.cut), (0, 0, 1));
        assert_eq!(none.stopped, Some(StopReason::Boundary));
        assert_eq!(none.verdict(), Verdict::Inconclusive);
        assert_eq!(none.findings[0].verdict, Verdict::Inconclusive);
    }
}

#[test]
fn nothing_found_before_a_boundary_is_no_proof() {
    let search = |system| {
        let (system, none) = (Arc::new(system), Limits::default());
        let found = [
            shortest(&system, 0, none),
            engine::shortest(&system, 0, none),
        ];
        found.map(|found| found.map(|trace| trace.is_some()))
    };
    assert_eq!(search(puppets(|_| true)), [Ok(false); 2]);
    assert_eq!(
        search(puppets(|sent| sent < 2)),
        [Err(StopReason::Boundary); 2]
    );
}

#[test]
fn a_trace_parts_two_systems_exactly_where_they_differ() {
    let mutant = Raft::mutant("votes-counted-twice");
    let configuration = Raft::configuration(mutant.facts.configuration);
    let mut system = configuration.system(Some(mutant));
    // A message that is dead in Raft matters to this mutant.
    system.is_dead = None;
    let system = Arc::new(system);
    let claim = |claim: &Claim<_, _>| claim.name == mutant.facts.property;
    let number = system.claims.iter().position(claim).unwrap();
    let trace = shortest(&system, number, Limits::default())
        .unwrap()
        .unwrap();
    assert_eq!(trace.divergence(&system, &system), None);
    // The same vote arrives a second time at the fourth step.
    let protocol = configuration.system(None);
    assert_eq!(trace.divergence(&protocol, &system), Some(4));
}

#[test]
fn a_mutant_that_is_not_found_within_its_limits_is_not_alive() {
    let planted = Mutant {
        mutate: |_| (),
        ..Raft::MUTANTS[0]
    };
    let configuration = Raft::configuration("election");
    let mutant = Arc::new(configuration.system(Some(&planted)));
    let limits = Limits {
        states: Some(1000),
        memory: None,
        time: None,
    };
    let protocol = configuration.system(None);
    let verdict = verdict(&protocol, &mutant, "Election Safety", limits);
    assert!(
        matches!(verdict, MutantVerdict::Inconclusive(_)),
        "{verdict:?}"
    );
}
