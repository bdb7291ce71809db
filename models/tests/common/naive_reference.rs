//! With budgets, the graph of a system is that of a [naive reference](naive): the same states, the
//! same edges, as many steps.

use crate::found;
use crate::graph::{Graph, difference, graph};
use crate::naive::{Kind, Naive, WorldOf};
use crate::plan::{InSessions, KINDS, Plan, Pool, any_plan, any_plan_of, naive, system};
use crate::table::{Reaction, Table, Words, any_table_of};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quorate_models::durable::contract::{Effect, Puppet, Strings};
use quorate_models::session::{End, Sessions, Side};
use quorate_models::system::{Environment, Links, Partition, Restart, Timeouts, Writes};
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::hash::Hash;

/// Those in which each message is delivered a limited number of times. In the others, answers to
/// the same message pile up without limit behind a write that is never synced.
const FORGETFUL: [Kind; 9] = [
    Kind::Once,
    Kind::Ordered,
    Kind::Multiset,
    Kind::Newest,
    Kind::Lanes,
    Kind::EvenOrdered,
    Kind::Sessions,
    Kind::SessionsAndOnce,
    Kind::SessionsAndNewest,
];

/// Not a limit.
const ALL: usize = usize::MAX;
/// A limit for graphs that may be of any size.
const ENOUGH: usize = 500;

/// The graph of a system, once it is found to be that of the naive reference.
fn same_graph<A>(
    actors: &[A],
    kind: Kind,
    environment: impl Fn() -> Environment<A>,
    enough: usize,
) -> Result<Graph<WorldOf<A>>, String>
where
    A: InSessions,
    WorldOf<A>: Eq + Hash,
{
    let system = system(actors, kind, environment(), ());
    let naive = naive(actors, kind, environment());
    let ours = found(system, enough, Naive::<A>::world);
    let theirs = graph(&naive, enough, Clone::clone);
    match difference(&ours, &theirs) {
        None => Ok(ours),
        Some(difference) => Err(format!("{kind:?}, {}: {difference}", environment())),
    }
}

/// The same, of a plan.
pub fn same_plan(plan: &Plan, enough: usize) -> Result<Graph<WorldOf<Table>>, String> {
    same_graph(
        &plan.actors,
        KINDS[plan.kind],
        || plan.environment(),
        enough,
    )
}

impl InSessions for Writer {
    const SESSIONS: Sessions<Self> = Sessions {
        close: |side| match side {
            Side::Acceptor => Writer::DONE,
            Side::Opener => Writer::CLIENT,
        },
        open: |state| {
            let side = Side::Acceptor;
            let answers = state.answers.iter();
            answers.map(|peer| End { peer: *peer, side }).collect()
        },
    };
}

impl InSessions for Puppet {
    const SESSIONS: Sessions<Self> = Sessions {
        close: |side| Strings::Word(2 + u8::from(side == Side::Opener)),
        open: |heard| {
            let (peer, side) = (Id::from(1), Side::Opener);
            heard.iter().map(|_| End { peer, side }).collect()
        },
    };
}

/// A leader that asks everyone, itself among them, to write a number; each answers when it has
/// written it. Each of its heartbeats asks again.
#[derive(Clone)]
struct Writer {
    everyone: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Written {
    number: u8,
    answers: Vec<Id>,
}

impl Writer {
    const ASK: u8 = 1;
    const DONE: u8 = 2;
    const CLIENT: u8 = 3;

    fn ask_all(&self, out: &mut Out<Self>) {
        // One of these is nobody.
        for id in 0..=self.everyone {
            out.send(Id::from(id), Writer::ASK);
        }
    }
}

impl Actor for Writer {
    type Msg = u8;
    type State = Written;
    type Timer = bool;
    type Random = u8;
    type Storage = u8;

    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Self>) -> Written {
        let leads = usize::from(id) == 0;
        out.set_timer(leads, model_timeout());
        Written {
            number: storage.unwrap_or(0),
            answers: Vec::new(),
        }
    }

    fn on_msg(&self, _: Id, state: &mut Cow<'_, Written>, src: Id, msg: u8, out: &mut Out<Self>) {
        match msg {
            Writer::ASK => {
                if state.number == 0 {
                    state.to_mut().number = 1;
                    out.save(1);
                }
                out.send(src, Writer::DONE);
                out.cancel_timer(false);
            }
            Writer::DONE if !state.answers.contains(&src) => {
                state.to_mut().answers.push(src);
                state.to_mut().answers.sort();
                if state.answers.len() == self.everyone {
                    out.choose_random("number", vec![2, 3]);
                }
            }
            // Each answers the client; one that holds a number asks everyone again.
            Writer::CLIENT => {
                out.send(src, Writer::DONE);
                if state.number != 0 {
                    self.ask_all(out);
                }
            }
            _ => {}
        }
    }

    fn on_timeout(&self, _: Id, _: &mut Cow<'_, Written>, leads: &bool, out: &mut Out<Self>) {
        // The others' timer does nothing but fire, once.
        if *leads {
            self.ask_all(out);
            out.set_timer(*leads, model_timeout());
        }
    }

    fn on_random(&self, _: Id, state: &mut Cow<'_, Written>, random: &u8, out: &mut Out<Self>) {
        state.to_mut().number = *random;
        out.save(*random);
    }
}

fn writers(everyone: usize) -> Vec<Writer> {
    vec![Writer { everyone }; everyone]
}

/// Timers of the leader and of the others, the latter in one pool.
fn heartbeats(times: u8) -> Vec<Timeouts<Writer>> {
    vec![
        Timeouts::shared(true, [0], times),
        Timeouts::shared(false, [1, 2], 1),
    ]
}

fn same_writers(everyone: usize, kinds: &[Kind], budgets: impl Fn() -> Environment<Writer>) {
    for kind in kinds {
        let graph = same_graph(&writers(everyone), *kind, &budgets, ALL);
        let graph = graph.unwrap_or_else(|difference| panic!("{difference}"));
        assert!(
            10 < graph.states.len(),
            "{kind:?}: {} say little",
            graph.states.len()
        );
    }
}

#[test]
fn messages_and_timeouts_without_faults() {
    same_writers(3, &KINDS, || Environment {
        timeouts: heartbeats(2),
        ..Environment::default()
    });
}

#[test]
fn timeouts_without_limit_in_networks_that_are_sets() {
    same_writers(3, &[Kind::Once, Kind::ForEver], || Environment {
        timeouts: vec![
            Timeouts::unlimited(true, [0]),
            Timeouts::shared(false, [1, 2], 1),
        ],
        ..Environment::default()
    });
}

#[test]
fn losses_and_duplicates_are_spent() {
    same_writers(2, &KINDS, || Environment {
        timeouts: heartbeats(2),
        losses: 2,
        duplicates: 1,
        ..Environment::default()
    });
}

#[test]
fn crashes_at_once_and_with_time_between_and_writes_synced_apart_or_not() {
    for restart in [Restart::AtOnce, Restart::Later] {
        for (writes, kinds) in [
            (Writes::Atomic, &KINDS[..]),
            (Writes::Synced, &FORGETFUL[..]),
        ] {
            same_writers(2, kinds, || Environment {
                timeouts: heartbeats(2),
                crashes: 2,
                restart,
                writes,
                ..Environment::default()
            });
        }
    }
}

#[test]
fn requests_arrive_in_order_at_whoever_does_more_than_answer() {
    same_writers(2, &FORGETFUL, || Environment {
        timeouts: heartbeats(1),
        requests: vec![Writer::CLIENT, Writer::CLIENT, Writer::ASK],
        crashes: 1,
        writes: Writes::Synced,
        ..Environment::default()
    });
}

#[test]
fn more_requests_than_a_byte_counts() {
    let toggles = |state| Reaction {
        becomes: Some(state),
        emits: Vec::new(),
    };
    let table = Table {
        on_start: vec![toggles(0); 3],
        on_msg: vec![vec![toggles(1); 2], vec![toggles(0); 2]],
        on_timeout: Vec::new(),
        on_random: Vec::new(),
    };
    for requests in [255, 256, 257, 600] {
        let budgets = || Environment {
            requests: vec![0; requests],
            ..Environment::default()
        };
        let graph = same_graph(std::slice::from_ref(&table), Kind::Once, budgets, ALL);
        let graph = graph.unwrap_or_else(|difference| panic!("{difference}"));
        assert_eq!(graph.states.len(), requests + 1);
    }
}

#[test]
fn writes_hold_sends_back_in_order_and_crashes_keep_a_prefix_of_them() {
    use Effect::{Save, Send, Tell};
    let pulls = [
        vec![Send(1), Save(1), Send(2), Tell(3), Save(2), Send(3)],
        vec![Tell(4), Send(4), Save(3), Save(4), Tell(5), Send(5)],
    ];
    for kind in KINDS {
        for restart in [Restart::AtOnce, Restart::Later] {
            let budgets = || Environment {
                requests: pulls.iter().cloned().map(Strings::Pull).collect(),
                crashes: 2,
                restart,
                writes: Writes::Synced,
                ..Environment::default()
            };
            let graph = same_graph(&[Puppet, Puppet], kind, budgets, ALL);
            graph.unwrap_or_else(|difference| panic!("{difference}"));
        }
    }
}

#[test]
fn systems_of_random_tables() {
    let config = ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let sizes = RefCell::new(Vec::new());
    proptest!(config, |(plan in any_plan())| {
        let graph = same_plan(&plan, ENOUGH);
        sizes.borrow_mut().push(graph.map_err(TestCaseError::fail)?.states.len());
    });
    let mut sizes = sizes.into_inner();
    sizes.sort_unstable();
    assert!(
        20 < sizes[sizes.len() / 2],
        "random tables do little: {sizes:?}"
    );
}

/// Gives a plan a budget; tells whether some of it is spent.
type BudgetGiven = (fn(&mut Plan), fn(&WorldOf<Table>) -> bool);

/// Two timeouts of both participants: of one timer, or of both in state 1 only.
fn pool(timer: u8, both_in_state_1: bool) -> Pool {
    Pool {
        timer,
        both: both_in_state_1,
        of: vec![0, 1],
        times: Some(2),
        guarded: both_in_state_1,
        while_cut: false,
    }
}

/// Two timeouts of anybody during a partition.
fn pool_while_cut() -> Pool {
    Pool {
        both: true,
        while_cut: true,
        ..pool(0, false)
    }
}

/// The positions of these budgets.
const LOSSES: usize = 5;
const DUPLICATES: usize = 6;

/// Every kind of budget.
const BUDGETS: [BudgetGiven; 12] = [
    (
        |plan| plan.pools = vec![pool(0, false), pool(1, false)],
        |world| world.timeouts.iter().any(|left| *left < Some(2)),
    ),
    (
        |plan| (plan.faults.0, plan.restart) = (2, Restart::AtOnce),
        |world| world.crashes < 2,
    ),
    (
        |plan| (plan.faults.0, plan.restart) = (2, Restart::Later),
        |world| world.nodes.iter().any(|node| node.state.is_none()),
    ),
    (
        |plan| plan.synced = true,
        |world| world.nodes.iter().any(|node| !node.writes.is_empty()),
    ),
    (
        |plan| (plan.faults.0, plan.restart, plan.synced) = (2, Restart::Later, true),
        |world| world.nodes.iter().any(|node| node.state.is_none()),
    ),
    (|plan| plan.faults.1 = 2, |world| world.losses < 2),
    (|plan| plan.faults.2 = 2, |world| world.duplicates < 2),
    (
        |plan| plan.pools = vec![pool(0, true)],
        |world| world.timeouts.iter().any(|left| *left < Some(2)),
    ),
    (
        |plan| (plan.faults.0, plan.restart) = (2, Restart::Never),
        |world| world.nodes.iter().all(|node| node.state.is_none()),
    ),
    (
        |plan| (plan.requests, plan.takers) = (vec![0, 1], Vec::new()),
        |world| 0 < world.requests,
    ),
    (
        |plan| (plan.requests, plan.takers) = (vec![0, 1], vec![vec![1], vec![0]]),
        |world| 1 < world.requests,
    ),
    (
        |plan| {
            plan.pools = vec![pool_while_cut()];
            plan.links = Links::new([Partition::between([0], [1])], 1, 1);
        },
        |world| world.timeouts.iter().any(|left| *left < Some(2)),
    ),
];

#[test]
fn every_network_with_every_budget() {
    for (kind, network) in KINDS.into_iter().enumerate() {
        for (number, (give, is_spent)) in BUDGETS.iter().enumerate() {
            let config = ProptestConfig {
                cases: 10,
                failure_persistence: None,
                // The same ones in every run, so that each budget is known to be spent.
                rng_seed: RngSeed::Fixed(1),
                ..ProptestConfig::default()
            };
            let spent = Cell::new(false);
            // So many messages that some take each of the channels.
            let words = Words {
                messages: 5,
                ..Words::of(2)
            };
            let plan = any_plan_of(vec(any_table_of(words, 2..=4, 0..=3), 2), 2);
            proptest!(config, |(mut plan in plan)| {
                plan.kind = kind;
                give(&mut plan);
                let graph = same_plan(&plan, ENOUGH).map_err(TestCaseError::fail)?;
                spent.set(spent.get() || graph.states.keys().any(is_spent));
            });
            // Of a session, nothing is lost alone or repeated.
            let is_vain = network == Kind::Sessions && [LOSSES, DUPLICATES].contains(&number);
            assert!(spent.get() != is_vain, "{network:?}, budget {number}");
        }
    }
}
