//! The judges of runs are judged: by cases in which a wrong judge errs, and by brute force on random
//! graphs.

mod anew;
mod brute;

use quorate_refinement::engine::runs::classes::{Fairness, fair_component};
use quorate_refinement::engine::runs::{
    Bound, Edge, Graph, Judgement, Lasso, Longest, Mark, State, States, Times, can_reach, leads_to,
    settles, times,
};

/// A graph as a list: each edge with its mark.
type Edges = Vec<(State, State, Mark)>;

const STEP: Mark = Mark::FAIR;
const TICK: Mark = Mark::TICK;
const UNFAIR: Mark = Mark::UNFAIR;

fn graph(states: usize, edges: &[(State, State, Mark)]) -> Graph {
    let mut graph = Graph::new(states);
    for state in 0..states as State {
        graph.inside.add(state);
        for (_, to, mark) in edges.iter().filter(|(from, ..)| *from == state) {
            let (to, mark) = (*to, *mark);
            graph.add(state, Edge { to, mark });
        }
    }
    graph
}

fn set(states: usize, these: &[State]) -> States {
    States::of(states, |state| these.contains(&state))
}

/// How far each state is from state 0.
fn depths(graph: &Graph) -> Vec<u32> {
    let mut depths = vec![u32::MAX; graph.len()];
    let mut layer = vec![0];
    depths[0] = 0;
    for depth in 1.. {
        let edges = layer.iter().flat_map(|state| graph.edges(*state));
        let mut next: Vec<State> = edges.map(|edge| edge.to).collect();
        next.retain(|state| depths[*state as usize] == u32::MAX);
        next.iter()
            .for_each(|state| depths[*state as usize] = depth);
        layer = next;
        if layer.is_empty() {
            return depths;
        }
    }
    unreachable!("layers end")
}

/// Whether from state 0 on a goal must come.
fn eventually(states: usize, edges: &[(State, State, Mark)], goal: &[State]) -> Judgement {
    let graph = graph(states, edges);
    let depths = depths(&graph);
    let depth = |state: State| depths[state as usize];
    measured(leads_to(
        &graph,
        &set(states, &[0]),
        &set(states, goal),
        depth,
    ))
}

fn settling(states: usize, edges: &[(State, State, Mark)], goal: &[State]) -> Judgement {
    let graph = graph(states, edges);
    let depths = depths(&graph);
    let depth = |state: State| depths[state as usize];
    measured(settles(
        &graph,
        &set(states, &[0]),
        &set(states, goal),
        depth,
    ))
}

fn reach(graph: &Graph, goal: &States) -> (States, bool) {
    can_reach(graph, goal).expect("the edges are in memory")
}

fn lasso(stem: &[State], cycle: &[State]) -> Judgement {
    Judgement::Violated(Lasso {
        stem: stem.to_vec(),
        cycle: cycle.to_vec(),
    })
}

/// That it holds, and how long it takes at most. Another test compares the longest way with the graph.
fn within(ticks: u32, steps: u32) -> Judgement {
    let way = Vec::new();
    Judgement::Holds(Bound {
        longest: Longest { ticks, way },
        steps,
    })
}

/// A judgement without the way that takes longest.
fn measured(judgement: Judgement) -> Judgement {
    match judgement {
        Judgement::Holds(bound) => within(bound.longest.ticks, bound.steps),
        judgement => judgement,
    }
}

#[test]
fn a_cycle_of_two_states_misses_the_goal() {
    let edges = [(0, 1, STEP), (1, 0, STEP), (1, 2, STEP), (2, 2, STEP)];
    assert_eq!(eventually(3, &edges, &[2]), lasso(&[0], &[1, 0]));
}

#[test]
fn a_violating_run_behind_a_join_is_found() {
    // The way by 1 is searched first, and meets the way by 2 behind the goal.
    let edges = [
        (0, 1, STEP),
        (0, 2, STEP),
        (1, 3, STEP),
        (2, 3, STEP),
        (3, 3, STEP),
    ];
    assert_eq!(eventually(4, &edges, &[1]), lasso(&[0, 2, 3], &[3]));
}

#[test]
fn a_state_that_leads_to_itself_is_a_cycle() {
    let edges = [(0, 0, STEP), (0, 1, STEP)];
    assert_eq!(eventually(2, &edges, &[1]), lasso(&[0], &[0]));
}

#[test]
fn a_run_that_can_go_no_further_misses_the_goal() {
    let edges = [(0, 1, STEP), (0, 2, STEP)];
    assert_eq!(eventually(3, &edges, &[2]), lasso(&[0, 1], &[]));
    // Nobody is bound to make a request.
    let edges = [(0, 1, UNFAIR)];
    assert_eq!(eventually(2, &edges, &[1]), lasso(&[0], &[]));
    let edges = [(0, 1, UNFAIR), (0, 1, STEP)];
    assert_eq!(eventually(2, &edges, &[1]), within(0, 1));
}

#[test]
fn a_cycle_half_inside_the_goal_does_not_settle() {
    let edges = [(0, 1, STEP), (1, 2, STEP), (2, 1, STEP)];
    assert_eq!(settling(3, &edges, &[1]), lasso(&[0, 1, 2], &[1, 2]));
    assert_eq!(settling(3, &edges, &[1, 2]), within(0, 1));
    // But the goal comes again and again.
    assert_eq!(eventually(3, &edges, &[1]), within(0, 1));
}

#[test]
fn a_response_is_missed_before_the_loop_and_inside_it() {
    let [asks, answers] = [
        |graph: &Graph| set(graph.len(), &[1]),
        |graph: &Graph| set(graph.len(), &[3]),
    ];
    let judge = |edges: &[(State, State, Mark)]| {
        let graph = graph(4, edges);
        let depths = depths(&graph);
        let depth = |state: State| depths[state as usize];
        measured(leads_to(&graph, &asks(&graph), &answers(&graph), depth))
    };
    let before = [(0, 1, STEP), (1, 2, STEP), (2, 2, STEP), (2, 3, STEP)];
    assert_eq!(judge(&before), lasso(&[1, 2], &[2]));
    let inside = [(0, 1, STEP), (1, 2, STEP), (2, 1, STEP), (2, 3, STEP)];
    assert_eq!(judge(&inside), lasso(&[1], &[2, 1]));
    // A cycle before the question violates nothing.
    let asked = [
        (0, 0, STEP),
        (0, 1, STEP),
        (1, 2, TICK),
        (2, 3, TICK),
        (3, 0, STEP),
    ];
    assert_eq!(judge(&asked), within(2, 2));
}

#[test]
fn a_state_that_is_not_known_on_the_only_way_is_inconclusive() {
    let mut unknown = graph(3, &[(0, 1, STEP)]);
    unknown.open.add(1);
    let goal = set(3, &[2]);
    let begin = set(3, &[0]);
    assert_eq!(
        leads_to(&unknown, &begin, &goal, |state| state),
        Judgement::Inconclusive
    );
    assert_eq!(
        settles(&unknown, &begin, &goal, |state| state),
        Judgement::Inconclusive
    );
    let known = Times::AtLeast {
        times: 0,
        way: vec![0],
    };
    assert_eq!(times(&unknown, &begin, TICK, |state| state), known);
    let (traps, is_known) = reach(&unknown, &goal);
    assert!(traps.is_empty() && !is_known);
    // A goal that is missed elsewhere is missed all the same.
    let mut other = graph(3, &[(0, 1, STEP), (0, 2, STEP)]);
    other.open.add(1);
    let missed = leads_to(&other, &begin, &set(3, &[]), |state| state);
    assert_eq!(missed, lasso(&[0, 2], &[]));
    let missed = settles(&other, &begin, &set(3, &[]), |state| state);
    assert_eq!(missed, lasso(&[0, 2], &[]));
    // So is what happens elsewhere.
    let mut ticking = graph(3, &[(0, 1, STEP), (0, 2, TICK)]);
    ticking.open.add(1);
    let known = Times::AtLeast {
        times: 1,
        way: vec![0, 2],
    };
    assert_eq!(times(&ticking, &begin, TICK, |state| state), known);
}

#[test]
fn what_ticks_on_every_way_is_counted_on_the_longest() {
    let edges = [
        (0, 1, TICK),
        (1, 2, TICK),
        (0, 3, STEP),
        (3, 4, STEP),
        (4, 5, STEP),
        (5, 2, STEP),
    ];
    assert_eq!(eventually(6, &edges, &[2]), within(2, 4));
}

#[test]
fn what_can_be_reached_and_never_is_stays_within_reach() {
    let edges = [(0, 1, STEP), (1, 0, STEP), (1, 2, STEP), (2, 2, STEP)];
    let graph = graph(3, &edges);
    let (traps, is_known) = reach(&graph, &set(3, &[2]));
    assert!(traps.is_empty() && is_known);
    let (traps, _) = reach(&graph, &set(3, &[1]));
    assert_eq!(traps, set(3, &[2]));
}

#[test]
fn an_unfair_cycle_inside_a_fair_component_is_not_fair() {
    // Round 0 and 1; class 0 is possible in both, and taken only by the way over 2.
    let edges = [
        (0, 1, STEP),
        (1, 0, STEP),
        (0, 2, STEP),
        (1, 2, STEP),
        (2, 0, STEP),
    ];
    let graph = graph(3, &edges);
    let classes = |_: State, edge: Edge| u32::from(edge.to == 2);
    let find = |region: &[State], fairness| {
        let mut found = fair_component(&graph, &set(3, region), &[fairness], &classes);
        found.iter_mut().for_each(|states| states.sort_unstable());
        found
    };
    // As a whole it is fair, since 2 is visited.
    assert_eq!(find(&[0, 1, 2], Fairness::Weak), Some(vec![0, 1, 2]));
    // Without 2 it is not: what stays possible is never done.
    assert_eq!(find(&[0, 1], Fairness::Weak), None);
}

#[test]
fn a_fair_cycle_inside_an_unfair_component_is_found() {
    // Class 0 is possible in 2, and leads out of the region.
    let edges = [
        (0, 1, STEP),
        (1, 0, STEP),
        (1, 2, STEP),
        (2, 0, STEP),
        (2, 3, STEP),
    ];
    let graph = graph(4, &edges);
    let classes = |_: State, edge: Edge| u32::from(edge.to == 3);
    let find = |fairness| {
        let region = set(4, &[0, 1, 2]);
        let mut found = fair_component(&graph, &region, &[fairness], &classes);
        found.iter_mut().for_each(|states| states.sort_unstable());
        found
    };
    // A run that comes to 2 again and again must leave; another need not.
    assert_eq!(find(Fairness::Strong), Some(vec![0, 1]));
    // In 0 it is not possible.
    assert_eq!(find(Fairness::Weak), Some(vec![0, 1, 2]));
}

#[test]
fn what_is_possible_again_and_again_is_done_under_strong_fairness_alone() {
    // Class 0 is possible in 0 and not in 1.
    let edges = [(0, 1, STEP), (1, 0, STEP), (0, 2, STEP)];
    let graph = graph(3, &edges);
    let classes = |_: State, edge: Edge| u32::from(edge.to == 2);
    let find = |fairness| fair_component(&graph, &set(3, &[0, 1]), &[fairness], &classes);
    assert!(find(Fairness::Weak).is_some());
    assert_eq!(find(Fairness::Strong), None);
}
