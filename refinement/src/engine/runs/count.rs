//! How often something happens on a run.

use super::components::{Components, components};
use super::lasso::{Distances, Head, Lasso, shortest};
use super::{Graph, Mark, State, States};

/// How often something happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Times {
    /// So often, on some run; and no more often on any.
    AtMost(u32),
    /// Again and again, on this run.
    Endless(Lasso),
    /// Something is not known that matters.
    Unknown,
}

/// How often edges with a mark follow on a run from one of the states where the judgement begins.
pub fn times(graph: &Graph, begin: &States, mark: Mark, depth: impl Fn(State) -> u32) -> Times {
    let components = components(graph, &graph.inside);
    let inside = graph.inside.iter();
    let together = &components;
    let again = inside.flat_map(|state| {
        let marked = graph.edges(state).filter(|edge| edge.mark.has(mark));
        let again = marked.filter(move |edge| together.are_together(edge.to, state));
        again.map(move |edge| Head::with(state, edge.to))
    });
    let again: Vec<Head> = again.collect();
    if !again.is_empty() {
        let distances = Distances::new(graph, &graph.inside, begin, depth);
        if let Some(lasso) = shortest(graph, &distances, &components, (&[], &again)) {
            return Times::Endless(lasso);
        }
    }
    if !graph.open.is_empty() {
        return Times::Unknown;
    }
    let most = most(graph, &components, mark);
    let begin = begin.and(&graph.inside);
    let most = begin.iter().map(|state| most[state as usize]).max();
    Times::AtMost(most.unwrap_or_default())
}

/// For each state, how often edges with a mark follow, where none stays in a component.
fn most(graph: &Graph, components: &Components, mark: Mark) -> Vec<u32> {
    let mut most = vec![0; graph.len()];
    for component in components.iter() {
        let edges = component.iter().flat_map(|state| graph.edges(*state));
        let leaving = edges.filter(|edge| {
            graph.inside.has(edge.to) && !components.are_together(edge.to, component[0])
        });
        let largest = leaving
            .map(|edge| most[edge.to as usize] + u32::from(edge.mark.has(mark)))
            .max();
        for state in component {
            most[*state as usize] = largest.unwrap_or_default();
        }
    }
    most
}
