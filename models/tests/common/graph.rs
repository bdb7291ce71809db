//! Every state and every edge of a model, found in the plainest way: breadth first, by equality.

use stateright::Model;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::hash::Hash;

/// The graph of a model. States are seen through a view that keeps different states apart.
pub struct Graph<S> {
    /// Each state, with its number.
    pub states: HashMap<S, usize>,
    /// Pairs of states that one action leads from and to.
    pub edges: BTreeSet<(usize, usize)>,
    /// Actions that changed something, over all states: edges with their multiplicity.
    pub steps: usize,
}

/// The part of a model's graph inside its boundary, layer by layer: once more than `enough` states are
/// known, no further layer is begun.
pub fn graph<M, S>(model: &M, enough: usize, view: impl Fn(&M::State) -> S) -> Graph<S>
where
    M: Model,
    S: Eq + Hash,
{
    let (mut states, mut edges, mut steps) = (HashMap::new(), BTreeSet::new(), 0);
    let mut found = Vec::new();
    let mut number_of = |state: M::State, found: &mut Vec<M::State>| {
        let next = found.len();
        match states.entry(view(&state)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                found.push(state);
                *new.insert(next)
            }
        }
    };
    for state in model.init_states() {
        if model.within_boundary(&state) {
            number_of(state, &mut found);
        }
    }
    let (mut from, mut layer_end) = (0, found.len());
    while from < found.len() {
        if from == layer_end {
            if enough < found.len() {
                break;
            }
            layer_end = found.len();
        }
        let mut actions = Vec::new();
        model.actions(&found[from], &mut actions);
        for action in actions {
            let Some(next) = model.next_state(&found[from], action) else {
                continue;
            };
            if model.within_boundary(&next) {
                steps += 1;
                edges.insert((from, number_of(next, &mut found)));
            }
        }
        from += 1;
    }
    Graph {
        states,
        edges,
        steps,
    }
}

/// A difference of two graphs, if there is one.
pub fn difference<S: Eq + Hash + Debug>(ours: &Graph<S>, theirs: &Graph<S>) -> Option<String> {
    if let Some(state) = ours.states.keys().find(|s| !theirs.states.contains_key(s)) {
        return Some(format!("only ours has the state {state:#?}"));
    }
    if let Some(state) = theirs.states.keys().find(|s| !ours.states.contains_key(s)) {
        return Some(format!("only theirs has the state {state:#?}"));
    }
    let mut numbers = vec![0; ours.states.len()];
    for (state, number) in &ours.states {
        numbers[*number] = theirs.states[state];
    }
    let edges = ours.edges.iter();
    let in_their_numbers: BTreeSet<(usize, usize)> = edges
        .map(|(from, to)| (numbers[*from], numbers[*to]))
        .collect();
    let differs = in_their_numbers.symmetric_difference(&theirs.edges).next();
    if let Some((from, to)) = differs {
        let state = |number| theirs.states.iter().find(|(_, n)| **n == number);
        let (from, to) = (state(*from), state(*to));
        return Some(format!("only one has the edge {from:#?} to {to:#?}"));
    }
    let (ours, theirs) = (ours.steps, theirs.steps);
    (ours != theirs).then(|| format!("{ours} steps here, {theirs} there"))
}
