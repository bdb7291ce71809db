//! How often something happens on a run.

use super::components::{Components, components};
use super::lasso::{Distances, Head, Lasso, shortest};
use super::{Graph, Mark, State, States};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// How often something happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Times {
    /// No more often than this on any run.
    AtMost {
        /// How often.
        times: u32,
        /// The states on a run on which it happens so often.
        way: Vec<State>,
    },
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
    let first = begin.iter().rev().max_by_key(|state| most[*state as usize]);
    let mut way: Vec<State> = first.into_iter().collect();
    while let Some(at) = way.last().filter(|state| 0 < most[**state as usize]) {
        way.extend(next_event(graph, mark, &most, *at));
    }
    Times::AtMost {
        times: first.map_or(0, |state| most[state as usize]),
        way,
    }
}

/// The shortest way from a state to the next event, such that as many follow as can: the states after
/// the first.
fn next_event(graph: &Graph, mark: Mark, most: &[u32], from: State) -> Vec<State> {
    let mut before: FxHashMap<State, State> = FxHashMap::default();
    let mut queue = VecDeque::from([from]);
    while let Some(state) = queue.pop_front() {
        let left = most[state as usize];
        for edge in graph.edges(state).filter(|edge| graph.inside.has(edge.to)) {
            let rest = most[edge.to as usize];
            if edge.mark.has(mark) && rest + 1 == left {
                let mut way = vec![edge.to];
                let mut state = state;
                while state != from {
                    way.push(state);
                    state = before[&state];
                }
                way.reverse();
                return way;
            }
            if rest == left && edge.to != from {
                before.entry(edge.to).or_insert_with(|| {
                    queue.push_back(edge.to);
                    state
                });
            }
        }
    }
    unreachable!("as many events follow as are counted")
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
