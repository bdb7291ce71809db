//! The judges give what brute force gives, on random graphs.

use super::{Edges, STEP, TICK, UNFAIR, depths, graph, set};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quorate_refinement::engine::runs::classes::{Fairness, fair_component};
use quorate_refinement::engine::runs::{
    Bound, Edge, Graph, Judgement, Lasso, Mark, State, States, Times, can_reach, leads_to,
    no_livelock, settles, times,
};
use std::cell::Cell;
use std::collections::BTreeMap;

/// States whose successors are not all known; none, half of the time.
fn any_open() -> impl Strategy<Value = Vec<bool>> {
    prop_oneof![
        Just(vec![false; STATES_MAX]),
        vec(prop::bool::weighted(0.3), STATES_MAX),
    ]
}

const STATES_MAX: usize = 6;

/// A random graph: its edges, and up to three sets of its states.
pub fn any_graph() -> impl Strategy<Value = (usize, Edges, [Vec<bool>; 3])> {
    (1_usize..=STATES_MAX).prop_flat_map(|states| {
        let state = 0..states as State;
        let mark = prop_oneof![3 => Just(STEP), 2 => Just(TICK), 1 => Just(UNFAIR)];
        let edges = vec((state.clone(), state, mark), 0..=2 * states);
        let of = || vec(prop::bool::weighted(0.4), states);
        (Just(states), edges, [of(), of(), of()])
    })
}

pub fn members(flags: &[bool]) -> Vec<State> {
    let flags = (0..).zip(flags);
    flags
        .filter(|(_, is_in)| **is_in)
        .map(|(state, _)| state)
        .collect()
}

/// Judging by brute force: shortest ways between each two states of a region.
struct Brute<'e> {
    states: usize,
    edges: &'e Edges,
    /// The shortest way of at least one step.
    ways: BTreeMap<(State, State), u32>,
    /// The states from which something unknown may lead.
    open: Vec<State>,
}

impl<'e> Brute<'e> {
    fn of(states: usize, edges: &'e Edges, is_in: &dyn Fn(State) -> bool) -> Self {
        let inside = edges
            .iter()
            .filter(|(from, to, _)| is_in(*from) && is_in(*to));
        let mut ways: BTreeMap<_, _> = inside.map(|(from, to, _)| ((*from, *to), 1)).collect();
        let all = 0..states as State;
        for by in all.clone() {
            for from in all.clone() {
                for to in all.clone() {
                    let both = (ways.get(&(from, by)).copied(), ways.get(&(by, to)).copied());
                    if let (Some(one), Some(other)) = both {
                        let way = ways.entry((from, to)).or_insert(one + other);
                        *way = (*way).min(one + other);
                    }
                }
            }
        }
        Brute {
            states,
            edges,
            ways,
            open: Vec::new(),
        }
    }

    fn with_open(self, open: &[State]) -> Self {
        let open = open.to_vec();
        Brute { open, ..self }
    }

    fn may_stop(&self, state: State) -> bool {
        let mut edges = self.edges.iter().filter(|(from, ..)| *from == state);
        !self.open.contains(&state) && edges.all(|(_, _, mark)| *mark == UNFAIR)
    }

    fn leads(&self, from: State, to: State) -> Option<u32> {
        if from == to {
            return Some(0);
        }
        self.ways.get(&(from, to)).copied()
    }

    /// Steps of the shortest lasso that begins here, given how far that is, and ends as it must.
    fn shortest(&self, begin: &[(State, u32)], ends: &dyn Fn(State) -> bool) -> Option<u32> {
        let all = 0..self.states as State;
        let lassos = all.filter(|state| ends(*state)).filter_map(|state| {
            let begin = begin.iter();
            let far = begin.filter_map(|(from, depth)| Some(depth + self.leads(*from, state)?));
            let round = self.ways.get(&(state, state)).copied();
            let end = if self.may_stop(state) { Some(0) } else { round };
            Some(far.min()? + end?)
        });
        lassos.min()
    }

    /// The longest way from a state to where it leaves, by following every way.
    fn longest(&self, from: State, is_in: &dyn Fn(State) -> bool) -> (u32, u32) {
        let (mut ticks, mut steps) = (0, 0);
        for (_, to, mark) in self.edges.iter().filter(|(at, ..)| *at == from) {
            let rest = if is_in(*to) {
                self.longest(*to, is_in)
            } else {
                (0, 0)
            };
            ticks = ticks.max(rest.0 + u32::from(*mark == TICK));
            steps = steps.max(rest.1 + 1);
        }
        (ticks, steps)
    }
}

/// A lasso takes edges of the graph; gives its length, the way to its first state included.
fn length(graph: &Graph, depths: &[u32], lasso: &Lasso) -> Result<u32, TestCaseError> {
    let is_edge = |from: State, to: State| graph.edges(from).any(|edge| edge.to == to);
    let whole: Vec<State> = lasso.stem.iter().chain(&lasso.cycle).copied().collect();
    for pair in whole.windows(2) {
        prop_assert!(is_edge(pair[0], pair[1]), "{:?}", lasso);
    }
    match lasso.cycle.last() {
        Some(last) => prop_assert_eq!(Some(last), lasso.stem.last()),
        None => {
            let last = whole[whole.len() - 1];
            let may_stop = graph.edges(last).all(|edge| edge.mark == UNFAIR);
            prop_assert!(may_stop && !graph.open.has(last), "{:?}", lasso);
        }
    }
    Ok(depths[whole[0] as usize] + whole.len() as u32 - 1)
}

/// How many ticks there are on a way, which takes edges of the graph.
fn ticks_on(graph: &Graph, way: &[State]) -> Result<u32, TestCaseError> {
    let mut ticks = 0;
    for pair in way.windows(2) {
        let edges = graph.edges(pair[0]).filter(|edge| edge.to == pair[1]);
        let most = edges.map(|edge| u32::from(edge.mark.has(TICK))).max();
        prop_assert!(most.is_some(), "{:?}", way);
        ticks += most.unwrap_or_default();
    }
    Ok(ticks)
}

pub fn count(counter: &Cell<u32>, happens: bool) {
    counter.set(counter.get() + u32::from(happens));
}

/// Each case happens in many random graphs.
pub fn assert_often(counters: &[Cell<u32>]) {
    assert!(counters.iter().all(|it| 200 < it.get()), "{counters:?}");
}

pub fn random(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(9),
        ..ProptestConfig::default()
    }
}

#[test]
fn responses_are_those_of_brute_force() {
    let [held, violated, unknown, anyway] = [const { Cell::new(0) }; 4];
    proptest!(random(200_000), |(
        (states, edges, [begin, goal, _]) in any_graph(),
        open in any_open(),
    )| {
        let mut graph = graph(states, &edges);
        let open = members(&open[..states]);
        graph.open = set(states, &open);
        let depths = depths(&graph);
        let reached = |state: &State| depths[*state as usize] != u32::MAX;
        let begin: Vec<State> = members(&begin).into_iter().filter(reached).collect();
        let goal = members(&goal);
        let outside = |state: State| !goal.contains(&state);
        let brute = Brute::of(states, &edges, &outside).with_open(&open);
        let far: Vec<(State, u32)> = begin.iter().copied().filter(|it| outside(*it))
            .map(|state| (state, depths[state as usize])).collect();
        let shortest = brute.shortest(&far, &outside);
        let matters = |open: &State| far.iter().any(|(from, _)| brute.leads(*from, *open).is_some());
        let is_open = open.iter().any(|state| outside(*state) && matters(state));
        let judged = leads_to(&graph, &set(states, &begin), &set(states, &goal),
            |state| depths[state as usize]);
        match (judged, shortest) {
            (Judgement::Violated(lasso), Some(steps)) => {
                prop_assert_eq!(length(&graph, &depths, &lasso)?, steps);
                let mut all = lasso.stem.iter().chain(&lasso.cycle);
                prop_assert!(all.all(|state| outside(*state)) && begin.contains(&lasso.stem[0]));
                count(if is_open { &anyway } else { &violated }, true);
            }
            (Judgement::Inconclusive, None) if is_open => count(&unknown, true),
            (Judgement::Holds(Bound { longest, steps }), None) if !is_open => {
                prop_assert_eq!(ticks_on(&graph, &longest.way)?, longest.ticks);
                let ticks = longest.ticks;
                let all = far.iter().map(|(from, _)| brute.longest(*from, &outside));
                let most = all.fold((0, 0), |(t, s), (u, v)| (t.max(u), s.max(v)));
                prop_assert_eq!((ticks, steps), most);
                count(&held, 0 < steps);
            }
            (judged, shortest) => prop_assert!(false, "{judged:?}, {shortest:?}"),
        }
    });
    assert_often(&[held, violated, unknown, anyway]);
}

#[test]
fn settling_is_that_of_brute_force() {
    let [held, violated, unknown, anyway] = [const { Cell::new(0) }; 4];
    proptest!(random(200_000), |((states, edges, [goal, ..]) in any_graph(), open in any_open())| {
        let graph = graph(states, &edges);
        let depths = depths(&graph);
        let reached = |state: State| depths[state as usize] != u32::MAX;
        // States that are not reached do not belong to the graph.
        let mut graph = graph;
        graph.inside = States::of(states, reached);
        let open: Vec<State> =
            members(&open[..states]).into_iter().filter(|it| reached(*it)).collect();
        graph.open = set(states, &open);
        // An open state may lead to runs that miss the goal again and again.
        let is_open = !open.is_empty();
        let goal = members(&goal);
        let misses = |state: State| reached(state) && !goal.contains(&state);
        let brute = Brute::of(states, &edges, &reached).with_open(&open);
        let shortest = brute.shortest(&[(0, 0)], &misses);
        let judged = settles(&graph, &set(states, &[0]), &set(states, &goal),
            |state| depths[state as usize]);
        match (judged, shortest) {
            (Judgement::Violated(lasso), Some(steps)) => {
                prop_assert_eq!(length(&graph, &depths, &lasso)?, steps);
                let round = lasso.cycle.iter().chain(lasso.stem.last());
                prop_assert!(round.copied().any(misses));
                count(if is_open { &anyway } else { &violated }, true);
            }
            (Judgement::Inconclusive, None) if is_open => count(&unknown, true),
            (Judgement::Holds(Bound { longest, steps }), None) if !is_open => {
                prop_assert_eq!(ticks_on(&graph, &longest.way)?, longest.ticks);
                let ticks = longest.ticks;
                let missed = Brute::of(states, &edges, &misses);
                let all = (0..states as State).filter(|state| misses(*state));
                let ways = all.map(|from| missed.longest(from, &misses));
                let most = ways.fold((0, 0), |(t, s), (u, v)| (t.max(u), s.max(v)));
                prop_assert_eq!((ticks, steps), most);
                count(&held, 0 < steps);
            }
            (judged, shortest) => prop_assert!(false, "{judged:?}, {shortest:?}"),
        }
    });
    assert_often(&[held, violated, unknown, anyway]);
}

#[test]
fn counts_are_those_of_brute_force() {
    let [counted, again, unknown] = [const { Cell::new(0) }; 3];
    proptest!(random(100_000), |((states, edges, _) in any_graph(), open in any_open())| {
        let mut graph = graph(states, &edges);
        let depths = depths(&graph);
        let reached = |state: State| depths[state as usize] != u32::MAX;
        graph.inside = States::of(states, reached);
        graph.open = set(states, &members(&open[..states])).and(&graph.inside);
        let whole = Brute::of(states, &edges, &reached);
        let ticks = || edges.iter().filter(|(from, _, mark)| *mark == TICK && reached(*from));
        let endless = ticks()
            .filter_map(|(from, to, _)| Some(depths[*from as usize] + 1 + whole.leads(*to, *from)?));
        match (times(&graph, &set(states, &[0]), TICK, |it| depths[it as usize]), endless.min()) {
            (Times::Endless(lasso), Some(steps)) => {
                prop_assert_eq!(length(&graph, &depths, &lasso)?, steps);
                count(&again, true);
            }
            (times @ (Times::AtMost { .. } | Times::AtLeast { .. }), None) => {
                let is_open = matches!(times, Times::AtLeast { .. });
                prop_assert_eq!(is_open, !graph.open.is_empty());
                let (Times::AtMost { times: most, way } | Times::AtLeast { times: most, way }) =
                    times
                else {
                    unreachable!("it is one of these");
                };
                prop_assert_eq!(ticks_on(&graph, &way)?, most);
                let mut best = vec![0; states];
                for _ in 0..=states * edges.len() {
                    for (from, to, mark) in edges.iter().filter(|(from, ..)| reached(*from)) {
                        let more = best[*to as usize] + u32::from(*mark == TICK);
                        best[*from as usize] = best[*from as usize].max(more);
                    }
                }
                prop_assert_eq!(most, best[0]);
                count(if is_open { &unknown } else { &counted }, 0 < most);
            }
            (times, endless) => prop_assert!(false, "{times:?}, {endless:?}"),
        }
    });
    assert_often(&[counted, again, unknown]);
}

#[test]
fn livelocks_are_those_of_brute_force() {
    let [round, ends, unknown] = [const { Cell::new(0) }; 3];
    proptest!(random(100_000), |((states, edges, [goal, ..]) in any_graph(), open in any_open())| {
        let mut graph = graph(states, &edges);
        let depths = depths(&graph);
        let reached = |state: State| depths[state as usize] != u32::MAX;
        graph.inside = States::of(states, reached);
        graph.open = set(states, &members(&open[..states])).and(&graph.inside);
        let goal = members(&goal);
        let steps: Edges = edges.iter().filter(|(.., mark)| *mark != TICK).copied().collect();
        let whole = Brute::of(states, &steps, &|state| reached(state) && !goal.contains(&state));
        let rounds = whole.ways.iter().filter(|((from, to), _)| from == to);
        let shortest = rounds.map(|((from, _), round)| depths[*from as usize] + round).min();
        let depth = |state: State| depths[state as usize];
        match no_livelock(&graph, &set(states, &[0]), &set(states, &goal), depth) {
            Judgement::Violated(lasso) => {
                prop_assert_eq!(Some(length(&graph, &depths, &lasso)?), shortest);
                let around = lasso.stem.last().into_iter().chain(&lasso.cycle);
                let around: Vec<State> = around.copied().collect();
                let is_step = |pair: &[State]| whole.ways.get(&(pair[0], pair[1])) == Some(&1);
                prop_assert!(1 < around.len() && around.windows(2).all(is_step));
                count(&round, true);
            }
            judgement => {
                prop_assert_eq!(shortest, None);
                let is_unknown = judgement == Judgement::Inconclusive;
                prop_assert_eq!(is_unknown, !graph.open.is_empty());
                count(if is_unknown { &unknown } else { &ends }, true);
            }
        }
    });
    assert_often(&[round, ends, unknown]);
}

#[test]
fn traps_are_those_of_brute_force() {
    let [known, unknown] = [const { Cell::new(0) }; 2];
    proptest!(random(100_000), |((states, edges, [goal, ..]) in any_graph(), open in any_open())| {
        let mut graph = graph(states, &edges);
        let depths = depths(&graph);
        let reached = |state: State| depths[state as usize] != u32::MAX;
        graph.inside = States::of(states, reached);
        graph.open = set(states, &members(&open[..states])).and(&graph.inside);
        let whole = Brute::of(states, &edges, &reached);
        let goal = members(&goal);
        let open: Vec<State> = graph.open.iter().collect();
        let is_trap = |state: State| reached(state)
            && !goal.iter().chain(&open).any(|to| whole.leads(state, *to).is_some());
        let is_known = open.iter().all(|state| goal.contains(state));
        let traps = Some((States::of(states, is_trap), is_known));
        prop_assert_eq!(can_reach(&graph, &set(states, &goal)), traps);
        count(if is_known { &known } else { &unknown }, true);
    });
    assert_often(&[known, unknown]);
}

#[test]
fn fair_components_are_those_of_brute_force() {
    let [fair, unfair] = [const { Cell::new(0) }; 2];
    let kinds = vec(prop_oneof![Just(Fairness::Weak), Just(Fairness::Strong)], 2);
    proptest!(random(100_000), |((states, edges, _) in any_graph(), kinds in kinds)| {
        let graph = graph(states, &edges);
        // Ticks are class 0, what is unfair is class 1.
        let classes = |_: State, edge: Edge| {
            u32::from(edge.mark == TICK) | u32::from(edge.mark == UNFAIR) << 1
        };
        let is_fair = |these: u32| {
            let is_in = |state: State| these & 1 << state != 0;
            let brute = Brute::of(states, &edges, &is_in);
            let all = || (0..states as State).filter(|state| is_in(*state));
            let is_connected = all().all(|one| {
                all().all(|other| brute.ways.contains_key(&(one, other)))
            });
            is_connected && kinds.iter().zip([TICK, UNFAIR]).all(|(kind, mark)| {
                let of_class = |it: &&(State, State, Mark)| it.2 == mark;
                let taken = edges.iter().filter(of_class).any(|it| is_in(it.0) && is_in(it.1));
                let possible = |state| edges.iter().filter(of_class).any(|it| it.0 == state);
                taken || match kind {
                    Fairness::Weak => !all().all(possible),
                    Fairness::Strong => !all().any(possible),
                }
            })
        };
        let exists = (1..1_u32 << states).any(is_fair);
        let region = States::of(states, |_| true);
        match fair_component(&graph, &region, &kinds, &classes) {
            Some(found) => {
                let bits = found.iter().fold(0, |bits, state| bits | 1 << state);
                prop_assert!(is_fair(bits), "{:?}", found);
                count(&fair, true);
            }
            None => {
                prop_assert!(!exists);
                count(&unfair, true);
            }
        }
    });
    assert_often(&[fair, unfair]);
}
