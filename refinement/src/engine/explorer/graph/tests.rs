//! The graph of a search is the one that the system itself gives as a Stateright model.

#[path = "../../../../../models/tests/common/graph.rs"]
mod graph;
#[path = "../../../../tests/common/same_graph.rs"]
mod same_graph;

use crate::evidence::pinned;
use quorate_models::catalog::{Builder, Entry, Visitor};
use quorate_models::protocol::Profile;
use quorate_models::system::{GhostState, Participant};
use same_graph::same_graph;

/// Configurations of no more states are compared as a whole.
const SMALL: usize = 6000;

/// Compares the first so many states of a configuration.
struct Compare(usize);

impl Visitor for Compare {
    type Output = Result<usize, String>;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Self::Output {
        same_graph(build(None), self.0)
    }
}

#[test]
fn small_configurations_and_the_beginning_of_large_ones() {
    let results = pinned::all().expect("the results are readable");
    for entry in Entry::of(Profile::Usual) {
        let path = entry.path();
        let (all, beginning) = (results[&path].states, 2000);
        let enough = if all <= SMALL { usize::MAX } else { beginning };
        let states = entry.visit(Compare(enough));
        let states = states.unwrap_or_else(|difference| panic!("{path}: {difference}"));
        assert!(states == all || beginning <= states, "{path}: {states}");
    }
}
