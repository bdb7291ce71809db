//! Claims about steps, and witnesses of steps, are judged on every edge: what decides them is found
//! by both checkers, and as near to the start as a plain search of the system finds it.

use crate::claims::{ENOUGH, any_plan, at, claim, config, many};
use crate::ignore_1;
use crate::table::Table;
use ::stateright::Model;
use proptest::prelude::*;
use quorate_models::system::claim::{Check, Claim, ClaimSet, Condition};
use quorate_models::system::{Move, StateOf, Step, System};
use quorate_refinement::engine::{
    Finding, Limits, Options, Progress, Verdict, explore, shortest, stateright,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

type State = StateOf<Table, u8>;

/// A state, whose `==` is taken to be an equivalence.
#[derive(PartialEq, Hash)]
struct Exact(State);

impl Eq for Exact {}

fn changes(moved: &Move<'_, Table>) -> bool {
    moved.before.state != moved.after.state
}

fn is_usual(step: &Step<'_, Table, u8>) -> bool {
    step.before[0].timers == step.after[2].timers || step.ghost_before <= step.ghost_after
}

/// Claims about steps, each denied by a witness of steps; and invariants about messages.
fn claims() -> Vec<Claim<Table, u8>> {
    vec![
        claim("Move", Check::Move(|moved| !is_odd(moved))),
        claim(
            "Move seen",
            Check::StepWitness {
                when: is_odd,
                shows: |_| true,
            },
        ),
        claim(
            "Step",
            Check::Step {
                when: changes,
                holds: is_usual,
            },
        ),
        claim(
            "Step seen",
            Check::StepWitness {
                when: changes,
                shows: |step| !is_usual(step),
            },
        ),
        claim(
            "Sent",
            Check::Invariant(Condition::Flight(|flight| {
                *flight.msg == 0 || flight.sender.map(at) != Some(1)
            })),
        ),
        claim(
            "Sent since",
            Check::Invariant(Condition::FlightGhost(|flight, seen| {
                *flight.msg == 0 || *seen < 2 || flight.sender.map(at) != Some(1)
            })),
        ),
    ]
}

fn is_odd(moved: &Move<'_, Table>) -> bool {
    at(moved.after) == 1 && 1 < moved.after.timers.len()
}

/// The fewest steps to where each claim is decided, among so many states and a few more.
fn naive(system: &System<Table, u8>, enough: usize) -> BTreeMap<usize, usize> {
    let mut fewest = BTreeMap::new();
    let mut known: HashSet<Exact> = HashSet::new();
    let mut layer = system.init_states();
    layer.retain(|state| system.within_boundary(state));
    let mut depth = 0;
    while !layer.is_empty() && known.len() < enough {
        let (mut next, mut decided) = (Vec::new(), ClaimSet::EMPTY);
        for state in layer {
            if !known.insert(Exact(state.clone())) {
                continue;
            }
            for (number, claim) in system.claims.iter().enumerate() {
                if claim.is_decided_in(&state, &system.quorum) {
                    fewest.entry(number).or_insert(depth);
                }
            }
            let mut actions = Vec::new();
            system.actions(&state, &mut actions);
            for action in actions {
                let Some(after) = system.next_state(&state, action.clone()) else {
                    continue;
                };
                if system.within_boundary(&after) {
                    decided |= system.decided_by(&state, &action, &after);
                    next.push(after);
                }
            }
        }
        depth += 1;
        layer = next;
        for claim in decided.iter() {
            fewest.entry(claim).or_insert(depth);
        }
    }
    fewest
}

#[test]
fn what_decides_a_claim_about_steps_is_found_as_near_as_can_be() {
    let found: RefCell<BTreeMap<&str, usize>> = RefCell::default();
    proptest!(config(200), |(plan in any_plan(), drops in any::<bool>())| {
        let mut system = plan.system(Condition::Ghost(|_| true));
        system.claims = claims();
        if drops {
            system.actors.iter_mut().for_each(ignore_1);
            system.is_dead = Some(|_, _, envelope| envelope.msg == 1);
        }
        let system = Arc::new(system);
        let fewest = naive(&system, 8 * ENOUGH);
        let limits = Limits { states: Some(ENOUGH), ..Limits::default() };
        for (number, Claim { name, .. }) in system.claims.iter().enumerate() {
            let expected = fewest.get(&number).copied();
            let Ok(trace) = shortest(&system, number, limits) else { continue };
            let steps = trace.map(|trace| trace.actions.len());
            prop_assert_eq!(steps, expected, "{}", name);
            if steps.is_some() {
                let second = stateright::shortest(&system, number, Limits::default());
                let second = second.expect("there is no limit").map(|trace| trace.actions.len());
                prop_assert_eq!(second, expected, "{}", name);
                *found.borrow_mut().entry(*name).or_default() += 1;
            }
        }
    });
    let found = found.into_inner();
    assert_eq!(found.len(), claims().len(), "{found:?}");
    for (claim, times) in found {
        assert!((20..200).contains(&times), "{claim}: {times}");
    }
}

#[test]
fn a_witness_of_steps_is_seen_by_both_checkers_and_multiplies_no_states() {
    let mut system = many(3);
    let with_others = |step: &Step<'_, Table, u8>| at(&step.after[0]) == 0;
    system.claims = vec![
        claim(
            "Seen",
            Check::StepWitness {
                when: changes,
                shows: with_others,
            },
        ),
        claim(
            "Never seen",
            Check::StepWitness {
                when: changes,
                shows: |step| at(&step.before[0]) == 1,
            },
        ),
    ];
    let system = Arc::new(system);
    for until in [None, Some(0)] {
        let options = Options {
            until,
            ..Options::default()
        };
        let report = explore(&system, &options, &Progress::default());
        let second = stateright::check(&system, &Options::default(), &Arc::default());
        let verdicts = |findings: &[Finding]| -> Vec<Verdict> {
            findings.iter().map(|finding| finding.verdict).collect()
        };
        if until.is_none() {
            let expected = [Verdict::Holds, Verdict::Violated];
            assert_eq!(verdicts(&report.findings), expected);
            assert_eq!(verdicts(&second.findings), expected);
            assert_eq!((report.states, second.states), (4, 4));
        }
        let shown = report.findings[0].counterexample.as_ref();
        let steps = until.map(|_| 1);
        assert_eq!(shown.map(|way| way.steps.len()), steps);
    }
}
