//! Judgements of all fair runs.

use super::components::components;
use super::lasso::{Distances, Head, shortest};
use super::source::{Source, collect, look_down, may_stop};
use super::sweep::{behind, recurrent, sweep};
use super::{Bound, Edge, Judgement, Longest, Mark, State, States};

/// Whether every fair run that comes to one of the states where the judgement begins comes to a goal,
/// there or later. `depth` says how far a state is from the start, so that the shortest run is
/// shown.
pub fn leads_to(
    source: &dyn Source,
    begin: &States,
    goal: &States,
    depth: impl Fn(State) -> u32,
) -> Judgement {
    known_to_lead(source, begin, goal, depth).unwrap_or(Judgement::Inconclusive)
}

fn known_to_lead(
    source: &dyn Source,
    begin: &States,
    goal: &States,
    depth: impl Fn(State) -> u32,
) -> Option<Judgement> {
    let begin = begin.and(source.inside()).without(goal);
    let (region, dead_ends) = region(source, &begin, goal)?;
    let mut lengths = vec![Length::default(); region.size()];
    let left = match source.kept() {
        Some(_) => region.clone(),
        None => {
            let swept = sweep(source, &region, &mut |state, edges| {
                lengths[state as usize] = length(edges, &region, &lengths);
            });
            behind(source, &swept?)?
        }
    };
    let graph = &*collect(source, &left)?;
    let components = components(graph, &left);
    if components.has_cycle() || !dead_ends.is_empty() {
        let on_cycles = left.iter().filter(|it| components.is_on_cycle(*it));
        let on_cycles: Vec<Head> = on_cycles.map(Head::of).collect();
        let distances = Distances::new(source, &region, &begin, depth)?;
        let lasso = shortest(graph, &distances, &components, (&dead_ends, &on_cycles));
        return Some(Judgement::Violated(
            lasso.expect("all of the region is reached"),
        ));
    }
    if !region.and(source.open()).is_empty() {
        return None;
    }
    for state in components.iter().flatten().copied() {
        let edges: Vec<Edge> = graph.edges(state).collect();
        lengths[state as usize] = length(&edges, &region, &lengths);
    }
    Some(Judgement::Holds(bound(source, &region, &begin, &lengths)?))
}

/// Whether every fair run comes to goals alone, from some moment on. The bound is the longest that it
/// takes to come back to a goal.
pub fn settles(
    source: &dyn Source,
    begin: &States,
    goal: &States,
    depth: impl Fn(State) -> u32,
) -> Judgement {
    known_to_settle(source, begin, goal, depth).unwrap_or(Judgement::Inconclusive)
}

fn known_to_settle(
    source: &dyn Source,
    begin: &States,
    goal: &States,
    depth: impl Fn(State) -> u32,
) -> Option<Judgement> {
    let inside = source.inside();
    let misses = inside.without(goal);
    let left = match source.kept() {
        Some(_) => inside.clone(),
        None => recurrent(source, &|state, _| misses.has(state))?,
    };
    let graph = &*collect(source, &left)?;
    let components = components(graph, &left);
    let missing = misses.and(&left);
    let on_cycles = missing.iter().filter(|it| components.is_on_cycle(*it));
    let on_cycles: Vec<Head> = on_cycles.map(Head::of).collect();
    if !on_cycles.is_empty() {
        let mut dead_ends = Vec::new();
        look_down(source, &misses, &mut |state, edges| {
            dead_ends.extend(may_stop(source, state, edges).then_some(state));
        })?;
        dead_ends.reverse();
        let distances = Distances::new(source, inside, begin, depth)?;
        let lasso = shortest(graph, &distances, &components, (&dead_ends, &on_cycles));
        return lasso.map(Judgement::Violated);
    }
    match known_to_lead(source, inside, goal, depth)? {
        // States that are not expanded may miss the goal.
        Judgement::Holds(_) if !source.open().is_empty() => None,
        judgement => Some(judgement),
    }
}

/// The states that are reached from some without coming to a goal; and the dead ends among them, in order.
fn region(source: &dyn Source, begin: &States, goal: &States) -> Option<(States, Vec<State>)> {
    let (mut region, mut dead_ends) = (begin.clone(), Vec::new());
    let mut layer: Vec<State> = begin.iter().collect();
    while !layer.is_empty() {
        source.look(&std::mem::take(&mut layer), &mut |state, edges| {
            dead_ends.extend(may_stop(source, state, edges).then_some(state));
            for Edge { to, .. } in edges {
                let is_inside = source.inside().has(*to) && !goal.has(*to);
                if is_inside && region.add(*to) {
                    layer.push(*to);
                }
            }
        })?;
    }
    dead_ends.sort_unstable();
    Some((region, dead_ends))
}

/// The longest ways from a state, each by another measure.
#[derive(Clone, Copy, Default)]
struct Length {
    ticks: u32,
    steps: u32,
}

/// The longest way by one of these edges to an edge that leaves a region without a cycle, that edge
/// included; `lengths` has those from where they lead.
fn length(edges: &[Edge], region: &States, lengths: &[Length]) -> Length {
    let mut longest = Length::default();
    for edge in edges {
        let rest = match region.has(edge.to) {
            true => lengths[edge.to as usize],
            false => Length::default(),
        };
        longest.ticks = longest.ticks.max(rest.ticks + ticks(*edge));
        longest.steps = longest.steps.max(rest.steps + 1);
    }
    longest
}

fn ticks(edge: Edge) -> u32 {
    u32::from(edge.mark.has(Mark::TICK))
}

/// The longest way from any of these states, and by ticks where it goes.
fn bound(
    source: &dyn Source,
    region: &States,
    begin: &States,
    lengths: &[Length],
) -> Option<Bound> {
    let begin = begin.and(region);
    let length = |state: State| lengths[state as usize];
    let steps = begin.iter().map(|state| length(state).steps).max();
    // The first of the longest, which is the nearest to the start.
    let first = begin.iter().rev().max_by_key(|state| length(*state).ticks);
    let mut way: Vec<State> = first.into_iter().collect();
    let mut at = first.filter(|state| 0 < length(*state).ticks);
    while let Some(state) = at {
        let left = length(state).ticks;
        let follows = |edge: &&Edge| {
            let rest = match region.has(edge.to) {
                true => length(edge.to).ticks,
                false => 0,
            };
            rest + ticks(**edge) == left
        };
        let mut next = None;
        source.look(&[state], &mut |_, edges| {
            next = edges.iter().find(follows).map(|edge| edge.to);
        })?;
        way.extend(next);
        at = next.filter(|to| region.has(*to) && 0 < length(*to).ticks);
    }
    let ticks = first.map_or(0, |state| length(state).ticks);
    Some(Bound {
        longest: Longest { ticks, way },
        steps: steps.unwrap_or_default(),
    })
}
