//! The explorer is held to what it promises: the same graph as the references, exactly, whatever
//! the number of threads, and an honest account of what it did.

mod anew;
mod before;
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
mod plain;
#[path = "../../../models/tests/common/plan.rs"]
mod plan;
mod reductions;
#[path = "../common/same_graph.rs"]
mod same_graph;
mod search;
mod seeds;
#[path = "../../../models/tests/common/stateright_reference.rs"]
mod stateright_reference;
mod steps;
#[path = "../../../models/tests/common/table.rs"]
mod table;
mod threads;
mod toy;
#[path = "../../../models/tests/common/untold.rs"]
mod untold;

use quorate_models::system::{GhostState, Participant, System};
use quorate_refinement::engine::{self, Limits, Options, Progress, Report};
use same_graph::found;
use std::sync::Arc;

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

/// Makes the message 1 a no-op in every state of a table.
fn ignore_1(table: &mut table::Table) {
    for by_message in &mut table.on_msg {
        by_message[1] = table::Reaction {
            becomes: None,
            emits: Vec::new(),
        };
    }
}
