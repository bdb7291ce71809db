//! What all fair runs do.

use super::components::{Components, components};
use super::lasso::{Distances, Head, shortest};
use super::{Bound, Edge, Graph, Judgement, Longest, Mark, State, States};

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
    let lengths = lengths(graph, &region, &components);
    Judgement::Holds(bound(graph, &region, &begin, &lengths))
}

/// Whether every fair run comes to goals alone, from some moment on. The bound is the longest that it
/// takes to come back to a goal.
pub fn settles(
    graph: &Graph,
    begin: &States,
    goal: &States,
    depth: impl Fn(State) -> u32,
) -> Judgement {
    let components = components(graph, &graph.inside);
    let misses = graph.inside.without(goal);
    let on_cycles = misses.iter().filter(|it| components.is_on_cycle(*it));
    let on_cycles: Vec<Head> = on_cycles.map(Head::of).collect();
    if !on_cycles.is_empty() {
        let dead_ends: Vec<State> = misses.iter().filter(|it| graph.may_stop(*it)).collect();
        let distances = Distances::new(graph, &graph.inside, begin, depth);
        let lasso = shortest(graph, &distances, &components, (&dead_ends, &on_cycles));
        return lasso.map_or(Judgement::Inconclusive, Judgement::Violated);
    }
    if !graph.open.is_empty() {
        return Judgement::Inconclusive;
    }
    leads_to(graph, &graph.inside, goal, depth)
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

/// The longest ways from a state, each by another measure.
#[derive(Clone, Copy, Default)]
struct Length {
    ticks: u32,
    steps: u32,
}

/// For each state of a region without a cycle, the longest way to an edge that leaves it, that edge
/// included.
fn lengths(graph: &Graph, region: &States, components: &Components) -> Vec<Length> {
    let mut lengths = vec![Length::default(); graph.len()];
    for state in components.iter().flatten().copied() {
        let mut longest = Length::default();
        for edge in graph.edges(state) {
            let rest = match region.has(edge.to) {
                true => lengths[edge.to as usize],
                false => Length::default(),
            };
            longest.ticks = longest.ticks.max(rest.ticks + ticks(edge));
            longest.steps = longest.steps.max(rest.steps + 1);
        }
        lengths[state as usize] = longest;
    }
    lengths
}

fn ticks(edge: Edge) -> u32 {
    u32::from(edge.mark.has(Mark::TICK))
}

/// The longest way from any of these states, and by ticks where it goes.
fn bound(graph: &Graph, region: &States, begin: &States, lengths: &[Length]) -> Bound {
    let begin = begin.and(region);
    let length = |state: State| lengths[state as usize];
    let steps = begin.iter().map(|state| length(state).steps).max();
    // The first of the longest, which is the nearest to the start.
    let first = begin.iter().rev().max_by_key(|state| length(*state).ticks);
    let mut way: Vec<State> = first.into_iter().collect();
    let mut at = first;
    while let Some(state) = at {
        let left = length(state).ticks;
        let follows = |edge: &Edge| {
            let rest = match region.has(edge.to) {
                true => length(edge.to).ticks,
                false => 0,
            };
            0 < left && rest + ticks(*edge) == left
        };
        let next = graph.edges(state).find(follows);
        way.extend(next.map(|edge| edge.to));
        at = next.map(|edge| edge.to).filter(|to| region.has(*to));
    }
    let ticks = first.map_or(0, |state| length(state).ticks);
    Bound {
        longest: Longest { ticks, way },
        steps: steps.unwrap_or_default(),
    }
}
