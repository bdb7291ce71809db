//! The explorer is held to what it promises: the same graph as the references, exactly, whatever
//! the number of threads, and an honest account of what it did.

mod anew;
mod brittle;
mod claims;
mod edges;
mod errors;
mod exact;
#[path = "../../../models/tests/common/graph.rs"]
mod graph;
mod limits;
#[path = "../../../models/tests/common/naive.rs"]
mod naive;
#[path = "../../../models/tests/common/naive_reference.rs"]
mod naive_reference;
mod own_graph;
#[path = "../../../models/tests/common/parts.rs"]
mod parts;
mod period;
#[path = "../../../models/tests/common/plan.rs"]
mod plan;
mod reductions;
mod seeds;
#[path = "../../../models/tests/common/stateright_reference.rs"]
mod stateright_reference;
mod steps;
#[path = "../../../models/tests/common/table.rs"]
mod table;
mod threads;
#[path = "../../../models/tests/common/untold.rs"]
mod untold;

use graph::Graph;
use quorate_models::system::{GhostState, Participant, StateOf, System};
use quorate_refinement::engine::{self, Limits, Options, Progress, Report, StopReason};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// A search with a limit of states, on so many threads.
fn searched<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    states: Option<usize>,
    threads: usize,
) -> Report {
    let limits = Limits {
        states,
        ..Limits::default()
    };
    let options = Options {
        limits,
        threads,
        ..Options::default()
    };
    engine::explore(system, &options, &Progress::default())
}

/// Everything that a report says, but for time and memory.
fn said(report: Report) -> String {
    let report = Report {
        time: Duration::ZERO,
        reduction_time: Duration::ZERO,
        memory: 0,
        ..report
    };
    format!("{report:?}")
}

/// The graph of a system, as the explorer finds it, on any number of threads the same.
fn found<A: Participant, G: GhostState, S: Eq + Hash>(
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
    for threads in [2, 3, 8] {
        let again = on(threads);
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

/// Makes the message 1 a no-op in every state of a table.
fn ignore_1(table: &mut table::Table) {
    for by_message in &mut table.on_msg {
        by_message[1] = table::Reaction {
            becomes: None,
            emits: Vec::new(),
        };
    }
}
