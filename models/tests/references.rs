//! The graph of a system is that of each of two references.

#[path = "common/graph.rs"]
mod graph;
#[path = "common/naive.rs"]
mod naive;
#[path = "common/naive_reference.rs"]
mod naive_reference;
#[path = "common/parts.rs"]
mod parts;
#[path = "common/plan.rs"]
mod plan;
#[path = "common/stateright_reference.rs"]
mod stateright_reference;
#[path = "common/table.rs"]
mod table;
#[path = "common/untold.rs"]
mod untold;

use graph::{Graph, graph};
use quorate_models::system::{GhostState, Participant, StateOf, System};
use std::hash::Hash;

/// The graph of a system, as the system itself gives it.
fn found<A: Participant, G: GhostState, S: Eq + Hash>(
    system: System<A, G>,
    enough: usize,
    view: impl Fn(&StateOf<A, G>) -> S,
) -> Graph<S> {
    graph(&system, enough, view)
}
