//! What all fair runs do.

use super::components::{Components, components};
use super::lasso::{Distances, Head, shortest};
use super::{Bound, Graph, Judgement, Mark, State, States};

/// Whether every fair run that comes to one of the states where the judgement begins comes to a goal,
/// there or later. `depth` says how far a state is from the start, so that the shortest run is
/// shown.
pub fn leads_to(
    graph: &Graph,
    begin: &States,
    goal: &States,
    depth: impl Fn(State) -> u32,
) -> Judgement {
    let begin = begin.and(&graph.inside).without(goal);
    let region = region(graph, &begin, goal);
    let components = components(graph, &region);
    let dead_ends: Vec<State> = region.iter().filter(|it| graph.may_stop(*it)).collect();
    if components.has_cycle() || !dead_ends.is_empty() {
        let on_cycles = region.iter().filter(|it| components.is_on_cycle(*it));
        let on_cycles: Vec<Head> = on_cycles.map(Head::of).collect();
        let distances = Distances::new(graph, &region, &begin, depth);
        let lasso = shortest(graph, &distances, &components, (&dead_ends, &on_cycles));
        return Judgement::Violated(lasso.expect("all of the region is reached"));
    }
    if !region.and(&graph.open).is_empty() {
        return Judgement::Inconclusive;
    }
    let bound = longest(graph, &region, &components, |_| true);
    let bounds = begin.iter().map(|state| bound[state as usize]);
    Judgement::Holds(Some(bounds.fold(Bound::default(), Bound::max)))
}

/// Whether every fair run comes to goals alone, from some moment on. The bound is the longest that it
/// takes from one of the states where the judgement begins.
pub fn settles(
    graph: &Graph,
    begin: &States,
    goal: &States,
    depth: impl Fn(State) -> u32,
) -> Judgement {
    let components = components(graph, &graph.inside);
    let misses = graph.inside.without(goal);
    let dead_ends: Vec<State> = misses.iter().filter(|it| graph.may_stop(*it)).collect();
    let on_cycles = misses.iter().filter(|it| components.is_on_cycle(*it));
    let on_cycles: Vec<Head> = on_cycles.map(Head::of).collect();
    if !dead_ends.is_empty() || !on_cycles.is_empty() {
        let distances = Distances::new(graph, &graph.inside, begin, depth);
        let lasso = shortest(graph, &distances, &components, (&dead_ends, &on_cycles));
        if let Some(lasso) = lasso {
            return Judgement::Violated(lasso);
        }
    }
    if !graph.open.is_empty() {
        return Judgement::Inconclusive;
    }
    // Where a goal may still be missed.
    let unsettled = before(graph, &components, &misses);
    let mut unsettled_states = unsettled.iter();
    if unsettled_states.any(|state| components.is_on_cycle(state)) {
        return Judgement::Holds(None);
    }
    let bound = longest(graph, &unsettled, &components, |state| misses.has(state));
    let begin = begin.and(&unsettled);
    let bounds = begin.iter().map(|state| bound[state as usize]);
    Judgement::Holds(Some(bounds.fold(Bound::default(), Bound::max)))
}

/// What is reached from some states without coming to a goal.
fn region(graph: &Graph, begin: &States, goal: &States) -> States {
    let mut region = begin.clone();
    let mut stack: Vec<State> = begin.iter().collect();
    while let Some(state) = stack.pop() {
        for edge in graph.edges(state) {
            let is_inside = graph.inside.has(edge.to) && !goal.has(edge.to);
            if is_inside && region.add(edge.to) {
                stack.push(edge.to);
            }
        }
    }
    region
}

/// The states from which some of these can be reached.
fn before(graph: &Graph, components: &Components, these: &States) -> States {
    let mut before = these.clone();
    for component in components.iter() {
        let leads = |state: &State| {
            before.has(*state) || graph.edges(*state).any(|edge| before.has(edge.to))
        };
        if component.iter().any(leads) {
            for state in component {
                before.add(*state);
            }
        }
    }
    before
}

/// For each state of a region without a cycle, the longest way to an edge that leaves it, that edge
/// included. The region may be left from certain states; at others, leaving it takes no time.
fn longest(
    graph: &Graph,
    region: &States,
    components: &Components,
    counts: impl Fn(State) -> bool,
) -> Vec<Bound> {
    let mut bound = vec![Bound::default(); graph.len()];
    for state in components.iter().flatten().copied() {
        if !region.has(state) {
            continue;
        }
        let mut longest = Bound::default();
        for edge in graph.edges(state) {
            let stays = region.has(edge.to);
            if stays || counts(state) {
                let rest = if stays {
                    bound[edge.to as usize]
                } else {
                    Bound::default()
                };
                longest = longest.max(rest.after(edge.mark));
            }
        }
        bound[state as usize] = longest;
    }
    bound
}

impl Bound {
    fn max(self, other: Bound) -> Bound {
        Bound {
            ticks: self.ticks.max(other.ticks),
            steps: self.steps.max(other.steps),
        }
    }

    /// One step more, at the beginning.
    fn after(self, mark: Mark) -> Bound {
        Bound {
            ticks: self.ticks + u32::from(mark.has(Mark::TICK)),
            steps: self.steps + 1,
        }
    }
}
