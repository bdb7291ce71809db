//! A claim about the good period fails where its bound is short by one, is judged in the period alone, and is
//! open where something is not known.

use crate::searched;
use quorate_models::protocol::{ClaimOf, Protocol};
use quorate_models::raft::Raft;
use quorate_models::raft::ghost::Past;
use quorate_models::raft::server::Server;
use quorate_models::system::System;
use quorate_models::system::claim::{Check, Claim, Condition, InPeriod};
use quorate_models::system::{Environment, Stable};
use quorate_refinement::engine::{Finding, Verdict};
use std::sync::Arc;

fn claim(name: &str) -> ClaimOf<Raft> {
    let mut claims = Raft::CLAIMS.iter();
    let claim = claims.find(|claim| claim.name == name);
    claim.expect("a claim of the protocol").clone()
}

/// The findings about claims in a configuration, with a limit of states.
fn found(
    mut system: System<Server, Past>,
    claims: &[ClaimOf<Raft>],
    states: Option<usize>,
) -> Vec<Finding> {
    system.claims = claims.to_vec();
    searched(&Arc::new(system), states, 1).findings
}

fn steady() -> System<Server, Past> {
    Raft::configuration("live-steady").system(None)
}

/// How often a verb stands in the way of a violation, after the good period begins.
fn verbs(finding: &Finding, verb: &str) -> usize {
    let way = finding.counterexample.as_ref().expect("a way");
    assert_eq!(way.loop_start, None);
    let script = way.script.as_ref().expect("a path of a system");
    let in_period = script
        .lines()
        .skip_while(|line| !line.starts_with("stabilise"));
    in_period.filter(|line| line.starts_with(verb)).count()
}

/// Holds a claim with the bound that is measured, and violates it with one less: on a way with as many
/// verbs as are measured.
fn is_tight(
    name: &str,
    verb: &str,
    with: impl Fn(&InPeriod<Server, Past>, u32) -> InPeriod<Server, Past>,
) {
    let whole = claim(name);
    let Check::InPeriod(known) = &whole.check else {
        panic!("{name} is about the good period");
    };
    let judged = |bound| {
        let check = Check::InPeriod(with(known, bound));
        found(
            steady(),
            &[Claim {
                check,
                ..whole.clone()
            }],
            None,
        )
        .remove(0)
    };
    let measured = judged(u32::MAX).bound[0].number;
    assert_eq!(judged(measured).verdict, Verdict::Holds);
    let short = judged(measured - 1);
    assert_eq!((short.verdict, short.bound.len()), (Verdict::Violated, 0));
    assert_eq!(verbs(&short, verb), measured as usize);
}

#[test]
fn one_tick_less_than_it_takes_is_violated() {
    is_tight("A Leader within 6 Ticks", "tick", |known, ticks| {
        InPeriod::Within(*known.run().expect("a run"), ticks)
    });
}

#[test]
fn one_time_less_than_it_happens_is_violated() {
    is_tight(
        "At Most Four Elections",
        "timeout",
        |known, times| match known {
            InPeriod::AtMost { event, .. } => InPeriod::AtMost {
                times,
                event: *event,
            },
            _ => panic!("it is about how often something happens"),
        },
    );
}

/// So far nothing that is claimed is missed, and states are known from which the goal is reached.
#[test]
fn what_stays_within_reach_as_far_as_is_known_is_inconclusive() {
    let claims = [
        claim("A Leader Can Settle"),
        claim("A Leader Settles"),
        claim("At Most Four Elections"),
    ];
    let verdicts = |states| {
        let findings = found(steady(), &claims, states);
        findings
            .iter()
            .map(|finding| finding.verdict)
            .collect::<Vec<_>>()
    };
    assert_eq!(verdicts(None), [Verdict::Holds; 3]);
    assert_eq!(verdicts(Some(4000)), [Verdict::Inconclusive; 3]);
}

/// A candidate that waits for ever stops, whatever else may happen.
#[test]
fn what_is_missed_as_far_as_is_known_is_violated() {
    let mut mutants = Raft::MUTANTS.iter();
    let mutant = mutants.find(|it| it.facts.name == "candidate-waits-for-ever");
    let system = Raft::configuration("live-silence").system(mutant);
    let claims = [
        claim("A Leader Is Always Elected"),
        claim("A Leader Settles"),
    ];
    for finding in found(system, &claims, Some(1000)) {
        assert_eq!(finding.verdict, Verdict::Violated, "{}", finding.claim.name);
    }
}

/// The third server is up until the good period of the others begins.
#[test]
fn a_witness_of_the_good_period_is_no_state_before_it() {
    let system = || {
        let mut system = steady();
        let Environment { period, .. } = &mut system.environment;
        let period = period.as_mut().expect("a good period");
        period.begins = vec![Stable::of([0, 1])];
        system
    };
    let third_is_up =
        || Condition::Each(|seat, _: &Past| seat.id == 2.into() && seat.up().is_some());
    let first_is_up =
        || Condition::Each(|seat, _: &Past| seat.id == 0.into() && seat.up().is_some());
    let in_period = |condition| Claim {
        check: Check::InPeriod(InPeriod::Witness(condition)),
        ..claim("No Leader in the Good Period")
    };
    let claims = [
        Claim::witness("The Third Is Up", third_is_up()),
        in_period(third_is_up()),
        in_period(first_is_up()),
    ];
    let findings = found(system(), &claims, None);
    let verdicts: Vec<Verdict> = findings.iter().map(|finding| finding.verdict).collect();
    assert_eq!(
        verdicts,
        [Verdict::Holds, Verdict::Violated, Verdict::Holds]
    );
}
