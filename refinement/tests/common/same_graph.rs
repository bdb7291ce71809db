//! The graph that the explorer finds, and whether it is the one that the system itself gives.

use super::graph::{Graph, difference, graph};
use quorate_models::system::{GhostState, Participant, StateOf, System};
use quorate_refinement::engine::{self, Limits, Options, Report, StopReason};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// Everything that a report says, but for time and memory.
pub fn said(report: Report) -> String {
    let report = Report {
        time: Duration::ZERO,
        reduction_time: Duration::ZERO,
        memory: 0,
        ..report
    };
    format!("{report:?}")
}

/// The graph of a system, as the explorer finds it on one thread, and on other numbers of them the same.
pub fn found<A: Participant, G: GhostState, S: Eq + Hash>(
    system: System<A, G>,
    enough: usize,
    view: impl Fn(&StateOf<A, G>) -> S,
) -> Graph<S> {
    let system = Arc::new(system);
    let on = |threads| {
        let limits = Limits {
            states: Some(enough),
            ..Limits::default()
        };
        let options = Options {
            limits,
            threads,
            ..Options::default()
        };
        engine::graph(&system, &options)
    };
    let found = on(1);
    assert_ne!(found.report.stopped, Some(StopReason::Reduction));
    assert_eq!(found.steps.len(), found.report.transitions);
    let one = said(found.report);
    let others: &[usize] = &[2, 3, 8];
    // Of small systems there are many: one other number for each.
    let others = match found.states.len() {
        ..1000 => &others[found.steps.len() % 3..][..1],
        _ => others,
    };
    for threads in others {
        let again = on(*threads);
        assert_eq!(said(again.report), one, "{threads} threads");
        assert!(again.states == found.states, "{threads} threads");
        assert_eq!(again.steps, found.steps, "{threads} threads");
    }
    let states: HashMap<S, usize> = found.states.iter().map(view).zip(0..).collect();
    assert_eq!(states.len(), found.states.len(), "a state is counted twice");
    Graph {
        states,
        edges: found.steps.iter().copied().collect(),
        steps: found.steps.len(),
    }
}

/// A state, whose `==` is taken to be an equivalence.
#[derive(Debug, PartialEq, Hash)]
pub struct Exact<S>(pub S);

impl<S: PartialEq> Eq for Exact<S> {}

/// How many states the system has, once the explorer is found to give its graph.
pub fn same_graph<A: Participant, G: GhostState>(
    system: System<A, G>,
    enough: usize,
) -> Result<usize, String> {
    let exact = |state: &StateOf<A, G>| Exact(state.clone());
    let own = graph(&system, enough, exact);
    let found = found(system, enough, exact);
    difference(&found, &own).map_or(Ok(own.states.len()), Err)
}
