//! Without edges in memory the judges give what they give with them, or say that there are too many.

use super::brute::{any_graph, assert_often, count, members, random};
use super::{TICK, depths, graph, set};
use proptest::collection::vec;
use proptest::prelude::*;
use quorate_refinement::engine::runs::{
    Edge, Graph, Judgement, Source, State, States, Times, can_reach, leads_to, no_livelock,
    settles, times,
};
use std::cell::Cell;

/// A graph whose edges are not in memory.
struct Anew<'g> {
    graph: &'g Graph,
    edges_max: usize,
    /// So many states are looked at, at most.
    looks: Cell<usize>,
}

impl<'g> Anew<'g> {
    fn new(graph: &'g Graph, edges_max: usize) -> Self {
        Anew {
            graph,
            edges_max,
            looks: Cell::new(usize::MAX),
        }
    }
}

impl Source for Anew<'_> {
    fn inside(&self) -> &States {
        &self.graph.inside
    }

    fn open(&self) -> &States {
        &self.graph.open
    }

    fn look(&self, states: &[State], tell: &mut dyn FnMut(State, &[Edge])) -> Option<()> {
        self.looks.set(self.looks.get().checked_sub(states.len())?);
        self.graph.look(states, tell)
    }

    fn kept(&self) -> Option<&Graph> {
        None
    }

    fn edges_max(&self) -> usize {
        self.edges_max
    }
}

/// The judgements of fair runs, and how often time passes.
fn judged(source: &dyn Source, [begin, goal]: [&States; 2], depths: &[u32]) -> Judged {
    let depth = |state: State| depths[state as usize];
    let first = States::of(depths.len(), |state| state == 0);
    let fair = [
        leads_to(source, begin, goal, depth),
        settles(source, &first, goal, depth),
        no_livelock(source, &first, goal, depth),
    ];
    let reach = can_reach(source, goal);
    (fair, times(source, &first, TICK, depth), reach)
}

type Judged = ([Judgement; 3], Times, Option<(States, bool)>);

#[test]
fn judgements_without_edges_are_those_with_them() {
    let [missed, often, open, few] = [const { Cell::new(0) }; 4];
    let (flags, room) = (vec(prop::bool::weighted(0.1), 6), 0..8_usize);
    proptest!(random(200_000), |(
        (states, edges, [begin, goal, _]) in any_graph(),
        flags in flags,
        room in room,
    )| {
        let mut graph = graph(states, &edges);
        let depths = depths(&graph);
        let reached = |state: State| depths[state as usize] != u32::MAX;
        graph.inside = States::of(states, reached);
        graph.open = set(states, &members(&flags[..states])).and(&graph.inside);
        let [begin, goal] = [begin, goal].map(|flags| set(states, &members(&flags)));
        let kept = judged(&graph, [&begin, &goal], &depths);
        let anew = judged(&Anew::new(&graph, usize::MAX), [&begin, &goal], &depths);
        prop_assert_eq!(&anew, &kept);
        count(&open, kept.0.contains(&Judgement::Inconclusive));
        // With room for few edges, a run that goes round may be there and not be shown.
        let limited = judged(&Anew::new(&graph, room), [&begin, &goal], &depths);
        for (limited, kept) in limited.0.iter().zip(&kept.0) {
            let is_missed = matches!(kept, Judgement::Violated(_));
            let is_open = is_missed && *limited == Judgement::Inconclusive;
            prop_assert!(limited == kept || is_open, "{:?} {:?}", limited, kept);
            count(&missed, is_missed && !is_open);
            count(&few, is_open);
        }
        let is_open = matches!(kept.1, Times::Endless(_)) && limited.1 == Times::Unknown;
        prop_assert!(limited.1 == kept.1 || is_open, "{:?} {:?}", limited.1, kept.1);
        count(&often, matches!(kept.1, Times::Endless(_)) && !is_open);
        prop_assert_eq!(limited.2, kept.2);
    });
    assert_often(&[missed, often, open, few]);
}

#[test]
fn what_is_ended_is_inconclusive() {
    let graph = graph(2, &[(0, 1, TICK)]);
    let (first, goal) = (set(2, &[0]), set(2, &[1]));
    let known = judged(&graph, [&first, &goal], &depths(&graph));
    assert!(known.0.iter().all(|it| matches!(it, Judgement::Holds(_))));
    for looks in 0..2 {
        let ended = Anew::new(&graph, usize::MAX);
        ended.looks.set(looks);
        let judged = judged(&ended, [&first, &goal], &depths(&graph));
        let mut fair = judged.0.iter();
        assert!(fair.all(|it| *it == Judgement::Inconclusive));
        assert_eq!((judged.1, judged.2), (Times::Unknown, None));
    }
}
