//! How often something happens on a run.

use super::components::{Components, components};
use super::lasso::{Distances, Head, Lasso, shortest};
use super::source::{Source, collect};
use super::sweep::count;
use super::{Graph, Mark, State, States};
use rustc_hash::FxHashMap;

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
    /// So often on this run, and perhaps more often on another: something is not known.
    AtLeast {
        /// How often.
        times: u32,
        /// The states on it.
        way: Vec<State>,
    },
    /// Again and again, on this run.
    Endless(Lasso),
    /// The search was ended.
    Unknown,
}

/// How often edges with a mark follow on a run from one of the states where the judgement begins.
pub fn times(
    source: &dyn Source,
    begin: &States,
    mark: Mark,
    depth: impl Fn(State) -> u32,
) -> Times {
    known_times(source, begin, mark, depth).unwrap_or(Times::Unknown)
}

fn known_times(
    source: &dyn Source,
    begin: &States,
    mark: Mark,
    depth: impl Fn(State) -> u32,
) -> Option<Times> {
    let (inside, states) = (source.inside(), source.inside().size());
    let (mut most, left) = match source.kept() {
        Some(_) => (vec![0; states], inside.clone()),
        None => count(source, &|_, edge| edge.mark.has(mark))?,
    };
    let graph = &*collect(source, &left)?;
    let components = components(graph, &left);
    let together = &components;
    let again = left.iter().flat_map(|state| {
        let marked = graph.edges(state).filter(|edge| edge.mark.has(mark));
        let again = marked.filter(move |edge| together.are_together(edge.to, state));
        again.map(move |edge| Head::with(state, edge.to))
    });
    let again: Vec<Head> = again.collect();
    if !again.is_empty() {
        let distances = Distances::new(source, inside, begin, depth)?;
        if let Some(lasso) = shortest(graph, &distances, &components, (&[], &again)) {
            return Some(Times::Endless(lasso));
        }
    }
    add_most(graph, &left, &components, mark, &mut most);
    let begin = begin.and(inside);
    let first = begin.iter().rev().max_by_key(|state| most[*state as usize]);
    let mut way: Vec<State> = first.into_iter().collect();
    while let Some(at) = way.last().filter(|state| 0 < most[**state as usize]) {
        way.extend(next_event(source, mark, &most, *at)?);
    }
    let times = first.map_or(0, |state| most[state as usize]);
    Some(match source.open().is_empty() {
        true => Times::AtMost { times, way },
        false => Times::AtLeast { times, way },
    })
}

/// The shortest way from a state to the next event, such that as many follow as can: the states after
/// the first.
fn next_event(source: &dyn Source, mark: Mark, most: &[u32], from: State) -> Option<Vec<State>> {
    let mut before: FxHashMap<State, State> = FxHashMap::default();
    let (mut layer, mut event) = (vec![from], None);
    while event.is_none() {
        assert!(!layer.is_empty(), "as many events follow as are counted");
        source.look(&std::mem::take(&mut layer), &mut |state, edges| {
            let left = most[state as usize];
            for edge in edges.iter().filter(|edge| source.inside().has(edge.to)) {
                let rest = most[edge.to as usize];
                if edge.mark.has(mark) && rest + 1 == left {
                    event.get_or_insert((state, edge.to));
                } else if rest == left && edge.to != from {
                    before.entry(edge.to).or_insert_with(|| {
                        layer.push(edge.to);
                        state
                    });
                }
            }
        })?;
    }
    let (mut state, to) = event?;
    let mut way = vec![to];
    while state != from {
        way.push(state);
        state = before[&state];
    }
    way.reverse();
    Some(way)
}

/// Adds, for each state of a region, how often edges with a mark follow in it, where none stays in a
/// component.
fn add_most(graph: &Graph, region: &States, components: &Components, mark: Mark, most: &mut [u32]) {
    let mut inside = vec![0; graph.len()];
    for component in components.iter() {
        let edges = component.iter().flat_map(|state| graph.edges(*state));
        let leaving = edges
            .filter(|edge| region.has(edge.to) && !components.are_together(edge.to, component[0]));
        let largest = leaving
            .map(|edge| inside[edge.to as usize] + u32::from(edge.mark.has(mark)))
            .max();
        for state in component {
            inside[*state as usize] = largest.unwrap_or_default();
            most[*state as usize] += inside[*state as usize];
        }
    }
}
