//! The edges that are kept for the judges of runs are those of the system, in every random one, for any
//! number of threads; and they are marked as what they are.

use crate::parts::any_plan_with_parts;
use crate::plan::{self, KINDS};
use crate::table::Table;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quorate_models::system::claim::{Check, Claim, InPeriod};
use quorate_models::system::{Action, ActionOf, Move, StateOf, System};
use quorate_refinement::engine::runs::{Mark, State};
use quorate_refinement::engine::{Graph, Limits, Options, graph};
use stateright::Model;
use std::cell::Cell;
use std::sync::Arc;

/// Whether the state becomes 1: what is counted.
fn becomes_1(moved: &Move<'_, Table>) -> bool {
    moved.before.up() != Some(&1) && moved.after.up() == Some(&1)
}

fn mark(system: &System<Table, u8>, before: &StateOf<Table, u8>, action: &ActionOf<Table>) -> Mark {
    let mut mark = match action {
        Action::Tick => Mark::TICK,
        Action::Request(..) => Mark::UNFAIR,
        _ => Mark::FAIR,
    };
    if let Some(id) = action.actor() {
        let local = &before.locals[usize::from(id)];
        let step = system.local_step(id, local, action).expect("a step");
        let moved = Move {
            id,
            action,
            before: local,
            after: &step.after,
        };
        if becomes_1(&moved) {
            mark |= Mark::counted(0);
        }
    }
    mark
}

/// The edges of a state as the system gives them: where they lead, and what they are.
fn edges(system: &System<Table, u8>, found: &Graph<Table, u8>, from: usize) -> Vec<(State, Mark)> {
    let state = &found.states[from];
    let mut actions = Vec::new();
    system.actions(state, &mut actions);
    let edges = actions.into_iter().filter_map(|action| {
        let next = system.next_state(state, action.clone())?;
        let to = found.states.iter().position(|other| *other == next);
        Some((
            to.expect("it was found") as State,
            mark(system, state, &action),
        ))
    });
    let mut edges: Vec<_> = edges.collect();
    edges.sort_unstable_by_key(|(to, mark)| (*to, format!("{mark:?}")));
    edges
}

#[test]
fn edges_that_are_kept_are_those_of_the_system() {
    let config = ProptestConfig {
        cases: 600,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(5),
        ..ProptestConfig::default()
    };
    let [kept, ticks] = [const { Cell::new(0) }; 2];
    proptest!(config, |(plan in any_plan_with_parts())| {
        let (kind, environment) = (KINDS[plan.kind], plan.environment());
        prop_assume!(environment.period.is_some());
        let mut system = plan::system(&plan.actors, kind, environment, 0);
        let claim = |name, claim| Claim {
            name,
            source: "ours",
            witness: None,
            check: Check::InPeriod(claim),
        };
        system.claims = vec![
            claim("Something", InPeriod::Reach(|_, _| true)),
            claim("Some Ones", InPeriod::AtMost { times: 3, event: becomes_1 }),
        ];
        let system = Arc::new(system);
        for threads in [1, 2, 3, 8] {
            let limits = Limits { states: Some(100), ..Limits::default() };
            let found = graph(&system, &Options { limits, threads, ..Options::default() });
            let (runs, begin) = &found.runs;
            let is_good = |state: State| found.states[state as usize].remaining.is_good();
            prop_assert_eq!(runs.len(), found.states.len());
            for state in 0..runs.len() as State {
                prop_assert_eq!(runs.inside.has(state), is_good(state));
                let is_known = (state as usize) < found.expanded;
                prop_assert_eq!(runs.open.has(state), is_good(state) && !is_known);
                if is_good(state) && is_known {
                    let mut edges_kept: Vec<_> =
                        runs.edges(state).map(|edge| (edge.to, edge.mark)).collect();
                    edges_kept.sort_unstable_by_key(|(to, mark)| (*to, format!("{mark:?}")));
                    kept.set(kept.get() + edges_kept.len());
                    let is_tick = |edge: &&(State, Mark)| edge.1.has(Mark::TICK);
                    ticks.set(ticks.get() + edges_kept.iter().filter(is_tick).count());
                    prop_assert_eq!(edges_kept, edges(&system, &found, state as usize));
                }
                let mut into = found.steps.iter().filter(|(_, to)| *to == state as usize);
                let begins = is_good(state) && into.any(|(from, _)| !is_good(*from as State));
                prop_assert_eq!(begin.has(state), begins);
            }
        }
    });
    let counts = [kept.get(), ticks.get()];
    assert!(counts.iter().all(|count| 300 < *count), "{counts:?}");
}
