//! Runs that miss what must come: a way, and a cycle at its end.

use super::components::Components;
use super::source::Source;
use super::{Graph, State, States};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// A run: from a state to another one, and from there round and round, or no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso {
    /// The states on the way, the first one of the judgement included; the last one is on the cycle.
    pub stem: Vec<State>,
    /// The states on the cycle after the last one of the stem, which ends the cycle, too; none if
    /// the run stops.
    pub cycle: Vec<State>,
}

/// How far states are from where runs begin.
pub(super) struct Distances {
    /// In steps; [`FAR`] if it is not reached.
    of: Vec<u32>,
    /// The state before each on the way; itself at the beginning.
    before: Vec<State>,
}

const FAR: u32 = u32::MAX;

/// Edges that a search for the shortest lasso looks at, at most; then the shortest so far is taken.
const LOOKS_MAX: usize = 1 << 24;

impl Distances {
    /// The distances in a region, from those states of it where a judgement begins, each of which
    /// is at a depth of its own.
    pub(super) fn new(
        source: &dyn Source,
        region: &States,
        begin: &States,
        depth: impl Fn(State) -> u32,
    ) -> Option<Self> {
        let mut distances = Distances {
            of: vec![FAR; region.size()],
            before: (0..region.size() as State).collect(),
        };
        let mut sources: Vec<(u32, State)> =
            begin.and(region).iter().map(|it| (depth(it), it)).collect();
        sources.sort_unstable();
        let (mut sources, mut layer) = (sources.into_iter().peekable(), Vec::new());
        let mut present = 0;
        while !layer.is_empty() || sources.peek().is_some() {
            if layer.is_empty() {
                present = sources.peek().map_or(present, |(depth, _)| *depth);
            }
            while let Some((_, source)) = sources.next_if(|(depth, _)| *depth == present) {
                if present < distances.of[source as usize] {
                    distances.of[source as usize] = present;
                    layer.push(source);
                }
            }
            present += 1;
            source.look(&std::mem::take(&mut layer), &mut |state, edges| {
                for edge in edges.iter().filter(|edge| region.has(edge.to)) {
                    if present < distances.of[edge.to as usize] {
                        distances.of[edge.to as usize] = present;
                        distances.before[edge.to as usize] = state;
                        layer.push(edge.to);
                    }
                }
            })?;
        }
        Some(distances)
    }

    /// The way to a state, from where runs begin.
    fn way(&self, to: State) -> Vec<State> {
        let mut way = vec![to];
        let mut state = to;
        while self.before[state as usize] != state {
            state = self.before[state as usize];
            way.push(state);
        }
        way.reverse();
        way
    }
}

/// Where a cycle begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Head {
    /// The state.
    at: State,
    /// The state that comes next on it; `None` if any may.
    next: Option<State>,
}

impl Head {
    /// Any cycle through a state.
    pub(super) fn of(at: State) -> Self {
        Head { at, next: None }
    }

    /// A cycle that takes an edge.
    pub(super) fn with(at: State, next: State) -> Self {
        let next = Some(next);
        Head { at, next }
    }
}

/// The shortest lasso that stops at one of these dead ends, or goes round on a cycle through one of
/// those states, as far as it is looked for.
pub(super) fn shortest(
    graph: &Graph,
    distances: &Distances,
    components: &Components,
    (dead_ends, on_cycles): (&[State], &[Head]),
) -> Option<Lasso> {
    let near = |state: State| distances.of[state as usize];
    let is_reached = |state: State| near(state) != FAR;
    let dead_ends = dead_ends.iter().copied().filter(|it| is_reached(*it));
    let stop = dead_ends.min_by_key(|state| near(*state));
    let mut best = stop.map(|stop| Lasso {
        stem: distances.way(stop),
        cycle: Vec::new(),
    });
    let length =
        |lasso: &Lasso| near(lasso.stem[lasso.stem.len() - 1]) as usize + lasso.cycle.len();
    let heads = on_cycles.iter().filter(|head| is_reached(head.at));
    let mut heads: Vec<Head> = heads.copied().collect();
    heads.sort_by_key(|head| (near(head.at), *head));
    let mut looks = 0;
    for head in heads {
        let least = near(head.at) as usize + 1;
        let is_hopeless = best.as_ref().is_some_and(|best| length(best) <= least);
        if is_hopeless || best.is_some() && LOOKS_MAX < looks {
            break;
        }
        let lasso = Lasso {
            stem: distances.way(head.at),
            cycle: cycle(graph, components, head, &mut looks),
        };
        if best
            .as_ref()
            .is_none_or(|best| length(&lasso) < length(best))
        {
            best = Some(lasso);
        }
    }
    best
}

/// The shortest cycle that begins so, where there is one: the states after its first, which ends it.
fn cycle(graph: &Graph, components: &Components, head: Head, looks: &mut usize) -> Vec<State> {
    let mut before: FxHashMap<State, State> = FxHashMap::default();
    let mut queue = VecDeque::from([head.at]);
    while let Some(state) = queue.pop_front() {
        for edge in graph.edges(state) {
            *looks += 1;
            let is_wanted = state != head.at || head.next.is_none_or(|next| next == edge.to);
            if !is_wanted || !components.are_together(edge.to, head.at) {
                continue;
            }
            if edge.to == head.at {
                let mut cycle = vec![head.at];
                let mut state = state;
                while state != head.at {
                    cycle.push(state);
                    state = before[&state];
                }
                cycle.reverse();
                return cycle;
            }
            before.entry(edge.to).or_insert_with(|| {
                queue.push_back(edge.to);
                state
            });
        }
    }
    unreachable!("the state is on a cycle")
}
