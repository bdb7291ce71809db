//! Where judges find the edges of a graph: in memory, or anew whenever they look.

use super::{Edge, Graph, Mark, State, States};
use std::borrow::Cow;

/// A graph as judges see it.
///
/// Its functions give `None` where the answer is not known: the search was ended, or too many edges would be
/// kept.
pub trait Source {
    /// The states that belong to it.
    fn inside(&self) -> &States;

    /// Those of them whose successors are not all known.
    fn open(&self) -> &States;

    /// Tells the edges of these states, one state after the other.
    fn look(&self, states: &[State], tell: &mut dyn FnMut(State, &[Edge])) -> Option<()>;

    /// All of it, if its edges are in memory.
    fn kept(&self) -> Option<&Graph>;

    /// How many edges may be kept if they are not.
    fn edges_max(&self) -> usize;
}

impl Source for Graph {
    fn inside(&self) -> &States {
        &self.inside
    }

    fn open(&self) -> &States {
        &self.open
    }

    fn look(&self, states: &[State], tell: &mut dyn FnMut(State, &[Edge])) -> Option<()> {
        let mut edges = Vec::new();
        for state in states {
            edges.clear();
            edges.extend(self.edges(*state));
            tell(*state, &edges);
        }
        Some(())
    }

    fn kept(&self) -> Option<&Graph> {
        Some(self)
    }

    fn edges_max(&self) -> usize {
        usize::MAX
    }
}

/// Whether a run may stop in a state that has these edges.
pub(super) fn may_stop(source: &dyn Source, state: State, edges: &[Edge]) -> bool {
    !source.open().has(state) && edges.iter().all(|edge| edge.mark.has(Mark::UNFAIR))
}

/// States that are looked at together.
const BLOCK: usize = 1 << 15;

/// The states of a set in descending order, block by block.
fn blocks(states: &States) -> impl Iterator<Item = Vec<State>> + '_ {
    let mut states = states.iter().rev();
    std::iter::from_fn(move || {
        let block: Vec<State> = states.by_ref().take(BLOCK).collect();
        (!block.is_empty()).then_some(block)
    })
}

/// Tells the edges of the states of a set, in descending order of the states.
pub(super) fn look_down(
    source: &dyn Source,
    states: &States,
    tell: &mut dyn FnMut(State, &[Edge]),
) -> Option<()> {
    let mut blocks = blocks(states);
    blocks.try_for_each(|block| source.look(&block, tell))
}

/// A graph with the edges of these states in memory: all of it if that is kept, and otherwise of these
/// states alone, if they do not have too many edges.
pub(super) fn collect<'s>(source: &'s dyn Source, states: &States) -> Option<Cow<'s, Graph>> {
    if let Some(graph) = source.kept() {
        return Some(Cow::Borrowed(graph));
    }
    if states.is_empty() {
        return Some(Cow::Owned(Graph::default()));
    }
    let mut graph = Graph::new(states.size());
    graph.inside = states.clone();
    graph.open = source.open().and(states);
    for block in blocks(states) {
        let mut fits = true;
        source.look(&block, &mut |state, edges| {
            fits &= graph.edges_len() + edges.len() <= source.edges_max();
            if fits {
                edges.iter().for_each(|edge| graph.add(state, *edge));
            }
        })?;
        if !fits {
            return None;
        }
    }
    Some(Cow::Owned(graph))
}
