//! What stays within reach.

use super::{Graph, State, States};

/// The states from which no way leads to a goal, as far as that is known; and whether it is known of all
/// others that some way does.
pub fn can_reach(graph: &Graph, goal: &States) -> (States, bool) {
    let mut reaches = goal.and(&graph.inside);
    for open in graph.open.iter() {
        reaches.add(open);
    }
    let backward = Backward::of(graph);
    let mut stack: Vec<State> = reaches.iter().collect();
    while let Some(state) = stack.pop() {
        for before in backward.edges(state) {
            if graph.inside.has(*before) && reaches.add(*before) {
                stack.push(*before);
            }
        }
    }
    let is_known = graph.open.without(goal).is_empty();
    (graph.inside.without(&reaches), is_known)
}

/// The edges of a graph the other way round.
struct Backward {
    start: Vec<u32>,
    from: Vec<State>,
}

impl Backward {
    fn of(graph: &Graph) -> Self {
        let mut start = vec![0; graph.len() + 1];
        for to in &graph.to {
            start[*to as usize + 1] += 1;
        }
        for state in 0..graph.len() {
            start[state + 1] += start[state];
        }
        let mut next = start.clone();
        let mut from = vec![0; graph.to.len()];
        for state in 0..graph.len() as State {
            for edge in graph.edges(state) {
                let place = &mut next[edge.to as usize];
                from[*place as usize] = state;
                *place += 1;
            }
        }
        Backward { start, from }
    }

    /// From where edges lead to a state.
    fn edges(&self, state: State) -> &[State] {
        let span = self.start[state as usize]..self.start[state as usize + 1];
        &self.from[span.start as usize..span.end as usize]
    }
}
