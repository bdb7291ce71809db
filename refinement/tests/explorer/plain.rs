//! Any Stateright `Model` can be searched, its states kept whole: the counts are those of
//! Stateright's checker, on random graphs with several initial states and boundaries.

use proptest::collection::vec;
use proptest::prelude::*;
use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_refinement::engine::{
    Eventually, Limits, ModelError, Options, Progress, Report, StopReason, Verdict, explore,
    explore_model,
};
use stateright::{Checker, Model, Property};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A graph whose nodes are numbers.
#[derive(Clone, Debug, Default)]
struct Graph {
    initial: Vec<u8>,
    /// For each node, where its actions lead, if anywhere.
    edges: Vec<Vec<Option<u8>>>,
    outside: Option<u8>,
    /// The node that a property denies, and another one seeks.
    goal: u8,
    eventually: bool,
    panics: bool,
    /// There is no way in; or, if the outside is known, to its boundary.
    closed: bool,
}

impl Model for Graph {
    type State = u8;
    type Action = usize;

    fn init_states(&self) -> Vec<u8> {
        assert!(!self.closed || self.outside.is_some(), "there is no way in");
        self.initial.clone()
    }

    fn actions(&self, state: &u8, actions: &mut Vec<usize>) {
        actions.extend(0..self.edges[usize::from(*state)].len());
    }

    fn next_state(&self, state: &u8, action: usize) -> Option<u8> {
        assert!(!self.panics || *state != self.goal, "there is no way on");
        self.edges[usize::from(*state)][action]
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("Elsewhere", |graph: &Graph, state| *state != graph.goal),
            Property::sometimes("There", |graph: &Graph, state| *state == graph.goal),
        ];
        if self.eventually {
            // To be refused.
            properties.push(Property::eventually("At Last", |_, _| true));
        }
        properties
    }

    fn within_boundary(&self, state: &u8) -> bool {
        let outside = Some(*state) == self.outside;
        assert!(!self.closed || !outside, "there is no way in");
        !outside
    }
}

fn explored(graph: &Graph, threads: usize) -> Report {
    let options = Options {
        threads,
        ..Options::default()
    };
    explore_model(graph, &options, &Progress::default()).expect("it can be judged")
}

fn any_graph() -> impl Strategy<Value = Graph> {
    const NODES: u8 = 40;
    let edges = vec(vec(prop::option::of(0..NODES), 0..4), usize::from(NODES));
    let initial = prop::collection::btree_set(0..NODES, 1..4);
    (initial, edges, prop::option::of(0..NODES), 0..NODES).prop_map(
        |(initial, edges, outside, goal)| Graph {
            initial: initial.into_iter().collect(),
            edges,
            outside,
            goal,
            ..Graph::default()
        },
    )
}

/// The fewest steps to each node that is reached, and how many edges are taken and how many cut.
fn naive(graph: &Graph) -> (Vec<Option<usize>>, usize, usize) {
    let inside = |node: &u8| graph.within_boundary(node);
    let mut steps = vec![None; graph.edges.len()];
    let mut level: Vec<u8> = graph.initial.iter().copied().filter(inside).collect();
    let (mut taken, mut cut) = (0, graph.initial.len() - level.len());
    let mut depth = 0;
    while !level.is_empty() {
        level.retain(|node| steps[usize::from(*node)].is_none());
        level.dedup();
        for node in &level {
            steps[usize::from(*node)] = Some(depth);
        }
        let edges = |node: &u8| graph.edges[usize::from(*node)].iter().flatten().copied();
        let mut next: Vec<u8> = level.iter().flat_map(edges).collect();
        let all = next.len();
        next.retain(inside);
        taken += next.len();
        cut += all - next.len();
        next.sort_unstable();
        level = next;
        depth += 1;
    }
    (steps, taken, cut)
}

/// The same graph, without initial states outside the boundary: Stateright's checker drops those,
/// but counts them when it shows a path, and panics.
fn begun_inside(graph: &Graph) -> Graph {
    let mut graph = graph.clone();
    let outside = graph.outside;
    graph.initial.retain(|node| Some(*node) != outside);
    graph
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_graph_is_stateright_s(graph in any_graph()) {
        let report = explored(&graph, 1);
        let (steps, taken, cut) = naive(&graph);
        let theirs = begun_inside(&graph).checker().spawn_bfs().join();
        prop_assert_eq!(report.states, steps.iter().flatten().count());
        prop_assert_eq!(report.depth, steps.iter().flatten().max().copied().unwrap_or(0));
        prop_assert_eq!((report.transitions, report.cut), (taken, cut));
        // Stateright ends early when every property is decided.
        if !theirs.discoveries().contains_key("There") {
            prop_assert_eq!(report.states, theirs.unique_state_count());
        }
        let shown = report.findings[0].counterexample.as_ref();
        prop_assert_eq!(shown.map(|path| path.steps.len()), steps[usize::from(graph.goal)]);
        let [elsewhere, there] = [&report.findings[0], &report.findings[1]];
        let (denied, sought) = match (shown, 0 < cut) {
            (Some(_), _) => (Verdict::Violated, Verdict::Holds),
            (None, false) => (Verdict::Holds, Verdict::Violated),
            (None, true) => (Verdict::Inconclusive, Verdict::Inconclusive),
        };
        prop_assert_eq!((elsewhere.verdict, there.verdict), (denied, sought));
    }
}

/// Many nodes, in levels that are worth several threads.
fn wide() -> Graph {
    let node = |n: u32| u8::try_from(n % 256).ok();
    Graph {
        initial: vec![0, 1],
        edges: (0..256)
            .map(|n| (1..40).map(|k| node(n * k + 7)).collect())
            .collect(),
        goal: 201,
        ..Graph::default()
    }
}

#[test]
fn the_number_of_threads_has_no_influence() {
    let one = explored(&wide(), 1);
    assert!(one.findings[0].counterexample.is_some());
    for threads in [2, 3, 7] {
        let other = explored(&wide(), threads);
        assert_eq!(
            (one.states, one.transitions),
            (other.states, other.transitions)
        );
        assert_eq!(
            (&one.growth, &one.coverage),
            (&other.growth, &other.coverage)
        );
        let paths = |report: &Report| report.findings[0].counterexample.clone();
        assert_eq!(paths(&one), paths(&other));
    }
}

#[test]
fn a_system_is_a_model() {
    let configuration = Raft::configuration("vote-counting");
    let system = Arc::new(configuration.system(None));
    let options = Options::default();
    let plain = explore_model(&*system, &options, &Progress::default()).expect("it can be judged");
    let compact = explore(&system, &options, &Progress::default());
    assert_eq!(plain.growth, compact.growth);
    assert_eq!(plain.transitions, compact.transitions);
    assert_eq!(plain.verdict(), Verdict::Holds);
    assert_eq!(compact.verdict(), Verdict::Holds);
}

#[test]
fn a_panic_ends_the_search_with_the_path_to_it() {
    let graph = Graph {
        initial: vec![3, 0],
        edges: vec![vec![None, Some(1)], vec![Some(2)], vec![Some(0)], vec![]],
        goal: 2,
        panics: true,
        ..Graph::default()
    };
    let report = explored(&graph, 2);
    assert_eq!(
        (report.stopped, report.verdict()),
        (Some(StopReason::ModelError), Verdict::Inconclusive)
    );
    let Some(ModelError::Panic { message, path }) = report.error else {
        panic!("no panic was reported");
    };
    assert!(message.starts_with("there is no way on ("), "{message}");
    assert_eq!(path.address, "1/1/0");
    assert_eq!(path.steps, ["1", "0"]);
}

#[test]
fn a_panic_at_the_start_is_part_of_the_report() {
    for (outside, address) in [(None, "0"), (Some(7), "2")] {
        let graph = Graph {
            initial: vec![3, 0, 7],
            outside,
            closed: true,
            ..wide()
        };
        let report = explored(&graph, 2);
        assert_eq!(
            (report.stopped, report.verdict()),
            (Some(StopReason::ModelError), Verdict::Inconclusive)
        );
        let Some(ModelError::Panic { message, path }) = report.error else {
            panic!("no panic was reported");
        };
        assert!(message.starts_with("there is no way in ("), "{message}");
        assert_eq!((&*path.address, path.steps.len()), (address, 0));
    }
}

#[test]
fn nothing_holds_where_there_is_no_initial_state() {
    let nowhere = Graph {
        initial: Vec::new(),
        ..wide()
    };
    let outside = Graph {
        initial: vec![7],
        outside: Some(7),
        ..wide()
    };
    for (graph, reason) in [
        (nowhere, StopReason::NoStart),
        (outside, StopReason::Boundary),
    ] {
        let report = explored(&graph, 1);
        assert_eq!((report.states, report.stopped), (0, Some(reason)));
        for finding in report.findings {
            assert_eq!(finding.verdict, Verdict::Inconclusive);
        }
    }
}

#[test]
fn eventually_is_refused() {
    let graph = Graph {
        eventually: true,
        ..wide()
    };
    let refused = explore_model(&graph, &Options::default(), &Progress::default());
    assert_eq!(refused.err(), Some(Eventually("At Last")));
}

#[test]
fn a_budget_of_states_decides_nothing_that_was_not_found() {
    let limits = Limits {
        states: Some(10),
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let graph = Graph {
        goal: 255,
        edges: wide()
            .edges
            .into_iter()
            .map(|edges| edges[..2].to_vec())
            .collect(),
        ..wide()
    };
    let report = explore_model(&graph, &options, &Progress::default()).expect("it can be judged");
    assert_eq!(
        (report.stopped, report.verdict()),
        (Some(StopReason::States), Verdict::Inconclusive)
    );
    let expanded: usize = report.growth.iter().sum();
    assert_eq!(report.unexpanded, Some(report.states - expanded));
}

/// A number whose upper half is hashed and not compared.
#[derive(Clone, Debug)]
struct Unsound(u8);

impl PartialEq for Unsound {
    fn eq(&self, other: &Self) -> bool {
        self.0 % 16 == other.0 % 16
    }
}

/// By hand, to disagree with `==`: that is to be found.
impl Hash for Unsound {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

struct Counter;

impl Model for Counter {
    type State = Unsound;
    type Action = ();

    fn init_states(&self) -> Vec<Unsound> {
        vec![Unsound(0)]
    }

    fn actions(&self, _: &Unsound, actions: &mut Vec<()>) {
        actions.push(());
    }

    fn next_state(&self, state: &Unsound, (): ()) -> Option<Unsound> {
        state.0.checked_add(1).map(Unsound)
    }
}

#[test]
fn equal_states_with_different_hashes_are_reported() {
    let report = explore_model(&Counter, &Options::default(), &Progress::default());
    let error = report.expect("it can be judged").error;
    let (one, other) = ("Unsound(0)".to_owned(), "Unsound(16)".to_owned());
    assert_eq!(error, Some(ModelError::Hash { one, other }));
}
