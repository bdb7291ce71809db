//! Each part of an environment, and each pair of parts, in random systems: the graph is that of the
//! [naive reference](crate::naive).

use crate::graph::{Graph, graph};
use crate::naive::{Kind, WorldOf, part};
use crate::naive_reference::same_plan;
use crate::plan::{BESIDE, EVENTS, KINDS, LAST, PeriodPlan, Plan, Pool, any_plan_of, naive};
use crate::table::{Emits, Reaction, Table, WIDTH, Words, any_table_of};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, RngSeed, TestRng, TestRunner};
use quorate_models::system::{Clock, Crossing, Links, Partition, Restart, Stable};
use std::cell::Cell;

/// Parts that a system may have beside timeouts, requests, writes and, at times, faults that are repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Newest,
    Guards,
    NeverBack,
    Sessions,
    Links,
    Multicasts,
    Totals,
    Period,
    AnyAge,
    Delay,
    Faults,
}

const PARTS: [Part; 11] = [
    Part::Newest,
    Part::Guards,
    Part::NeverBack,
    Part::Sessions,
    Part::Links,
    Part::Multicasts,
    Part::Totals,
    Part::Period,
    Part::AnyAge,
    Part::Delay,
    Part::Faults,
];

/// A limit: graphs are small, and there are many.
const ENOUGH: usize = 100;
/// Systems for each part and each pair.
const CASES: u32 = 500;
/// In so many of them, at least, all parts matter.
const SOME: u32 = 10;

/// Channels with these parts, each with those that it has without one of them.
fn kinds(newest: bool, sessions: bool) -> &'static [Kind] {
    match (newest, sessions) {
        (true, true) => &[Kind::SessionsAndNewest],
        (true, false) => &[Kind::Newest, Kind::EvenForEver],
        (false, true) => &[Kind::Sessions, Kind::SessionsAndOnce],
        (false, false) => &[
            Kind::Once,
            Kind::ForEver,
            Kind::Ordered,
            Kind::Multiset,
            Kind::Duplicating,
            Kind::Lanes,
            Kind::EvenOrdered,
        ],
    }
}

fn number(kind: Kind) -> usize {
    let number = KINDS.iter().position(|it| *it == kind);
    number.expect("a known kind")
}

/// Reactions of a table.
fn reactions(table: &mut Table) -> impl Iterator<Item = &mut Reaction> {
    let inputs = [
        &mut table.on_msg,
        &mut table.on_timeout,
        &mut table.on_random,
    ];
    let later = inputs.into_iter().flatten().flatten();
    table.on_start.iter_mut().chain(later)
}

impl Part {
    /// Whether it is a matter of the good period.
    fn needs_period(self) -> bool {
        matches!(self, Part::Period | Part::AnyAge | Part::Delay)
    }

    /// A plan as it is with the part.
    fn give(self, plan: &mut Plan) {
        match self {
            Part::Guards => {
                if plan.pools.is_empty() {
                    plan.pools.push(Pool {
                        timer: 0,
                        both: true,
                        of: vec![0, 1],
                        times: Some(2),
                        guarded: true,
                        while_cut: false,
                    });
                }
                plan.pools.iter_mut().for_each(|pool| pool.guarded = true);
            }
            Part::NeverBack => {
                plan.restart = Restart::Never;
                plan.faults.0 = plan.faults.0.max(1);
            }
            Part::AnyAge => plan.period.iter_mut().for_each(|it| it.any_age = true),
            Part::Faults => (plan.faults.0, plan.faults.1) = (1, 1),
            _ => {}
        }
    }

    /// A plan as it is without the part.
    fn take(self, plan: &mut Plan) {
        let kind = KINDS[plan.kind];
        match self {
            Part::Newest => match kind {
                Kind::SessionsAndNewest => plan.kind = number(Kind::SessionsAndOnce),
                Kind::EvenForEver => plan.kind = number(Kind::ForEver),
                _ => plan.kind = number(Kind::Once),
            },
            Part::Sessions => match kind {
                Kind::SessionsAndNewest => plan.kind = number(Kind::Newest),
                _ => plan.kind = number(Kind::Ordered),
            },
            Part::Guards => plan.pools.iter_mut().for_each(|pool| pool.guarded = false),
            Part::NeverBack if plan.restart == Restart::Never => plan.restart = Restart::Later,
            Part::NeverBack => {}
            Part::Links => {
                plan.links = Links::default();
                plan.pools
                    .iter_mut()
                    .for_each(|pool| pool.while_cut = false);
            }
            Part::Multicasts => {
                for reaction in plan.actors.iter_mut().flat_map(reactions) {
                    let is_multicast = |emits: &Emits| matches!(emits, Emits::Multicast(_));
                    reaction.emits.retain(|emits| !is_multicast(emits));
                }
            }
            Part::Totals => plan.totals.clear(),
            Part::Period => plan.period = None,
            Part::AnyAge => plan.period.iter_mut().for_each(|it| it.any_age = false),
            Part::Delay => plan.period.iter_mut().for_each(|it| it.delay = None),
            Part::Faults => (plan.faults.0, plan.faults.1) = (0, 0),
        }
    }

    /// Whether a state shows the part, where states can.
    fn shows(self, world: &WorldOf<Table>) -> bool {
        match self {
            Part::Sessions => {
                let mut wire = world.wire.iter();
                wire.any(|(_, _, msg, _)| part(msg).closes())
            }
            Part::Links => !world.cut.is_empty(),
            Part::Period | Part::AnyAge => {
                let mut timers = world.nodes.iter().flat_map(|node| &node.timers);
                timers.any(|(_, age)| 0 < *age)
            }
            Part::Delay => world.wire.iter().any(|(_, _, _, age)| 0 < *age),
            _ => true,
        }
    }

    /// Whether the part matters: without it, the graph has another size.
    fn matters(self, plan: &Plan, with: &Graph<WorldOf<Table>>) -> bool {
        let size = |graph: &Graph<WorldOf<Table>>| (graph.states.len(), graph.steps);
        let mut without = plan.clone();
        self.take(&mut without);
        let without = naive(&without.actors, KINDS[without.kind], without.environment());
        with.states.keys().any(|world| self.shows(world))
            && size(&graph(&without, ENOUGH, Clone::clone)) != size(with)
    }
}

fn any_links(actors: usize) -> impl Strategy<Value = Links> {
    let partition = (0..actors, 1_usize..actors, any::<bool>(), any::<bool>());
    let partition = partition.prop_map(move |(one, other, all, both)| {
        let others = (0..actors).filter(|it| *it != one);
        let others = others.filter(|it| all || *it == (one + other) % actors);
        match both {
            true => Partition::between([one], others),
            false => Partition::one_way([one], others),
        }
    });
    let crossing = prop_oneof![Just(Crossing::Lost), Just(Crossing::Kept)];
    (vec(partition, 1..=2), 0_u8..=2, 0_u8..=2, crossing).prop_map(
        |(mut partitions, cuts, heals, crossing)| {
            partitions.sort();
            partitions.dedup();
            Links {
                crossing,
                ..Links::new(partitions, cuts, heals)
            }
        },
    )
}

fn any_period(actors: usize) -> impl Strategy<Value = PeriodPlan> {
    let all: Vec<usize> = (0..actors).collect();
    let stable = (subsequence(all, 1..=actors), any::<bool>());
    let stable = stable.prop_map(|(good, loses)| match loses {
        true => Stable::of(good).losing_all(),
        false => Stable::of(good),
    });
    let times = || proptest::option::weighted(0.8, (1_u8..=2, 0_u8..=2));
    let clocks = (times(), times()).prop_map(|(one, other)| {
        let timers = (0..).zip([one, other]);
        let clock = |(timer, times): (u8, Option<(u8, u8)>)| {
            let (min, more) = times?;
            let max = (min + more).min(3);
            Some(Clock { timer, min, max })
        };
        timers.filter_map(clock).collect()
    });
    let delay = (0..BESIDE.len()).prop_map(Some);
    let last = proptest::option::of(0..LAST.len());
    (vec(stable, 1..=2), clocks, any::<bool>(), delay, last).prop_map(
        |(mut begins, clocks, requests, delay, last)| {
            begins.sort();
            begins.dedup();
            PeriodPlan {
                begins,
                clocks,
                requests,
                any_age: false,
                delay,
                last,
            }
        },
    )
}

/// Any system of so many tables with these parts and no others.
fn any_plan_with(parts: &[Part], actors: usize) -> impl Strategy<Value = Plan> + use<> {
    let parts = parts.to_vec();
    let has = |part| parts.contains(&part);
    let words = Words {
        actors,
        messages: if has(Part::Newest) || has(Part::Sessions) {
            6
        } else {
            WIDTH
        },
        multicasts: has(Part::Multicasts),
    };
    let kinds = kinds(has(Part::Newest), has(Part::Sessions));
    let has_period = parts.iter().any(|part| part.needs_period());
    let plan = any_plan_of(vec(any_table_of(words, 2..=3, 0..=3), actors), actors);
    let totals = vec((0..EVENTS.len(), 0_u8..=2), 1..=2);
    let links = (any_links(actors), any::<[bool; 3]>());
    (plan, links, totals, any_period(actors)).prop_map(
        move |(mut plan, (links, while_cut), totals, period)| {
            for (pool, while_cut) in plan.pools.iter_mut().zip(while_cut) {
                pool.while_cut = while_cut;
            }
            plan.kind = number(kinds[plan.kind % kinds.len()]);
            plan.faults = rarely(plan.faults);
            (plan.links, plan.totals, plan.period) = (links, totals, Some(period));
            for part in PARTS {
                match (parts.contains(&part), part) {
                    (true, _) => part.give(&mut plan),
                    (false, Part::Newest | Part::Sessions | Part::Faults) => {}
                    (false, Part::Period) if has_period => {}
                    (false, _) => part.take(&mut plan),
                }
            }
            plan
        },
    )
}

/// Any system with any of the parts.
pub fn any_plan_with_parts() -> impl Strategy<Value = Plan> {
    let parts = subsequence(PARTS.to_vec(), 0..=PARTS.len());
    (parts, 2_usize..=3).prop_flat_map(|(parts, actors)| any_plan_with(&parts, actors))
}

/// One of some, so that graphs are deep rather than broad.
fn rarely((crashes, losses, duplicates): (u8, u8, u8)) -> (u8, u8, u8) {
    (crashes / 2, losses / 2, duplicates / 2)
}

/// Compares so many systems with these parts.
fn compare(parts: &[Part], seed: u64) {
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        // The same ones in every run, so that each part is known to matter.
        rng_seed: RngSeed::Fixed(seed),
        ..ProptestConfig::default()
    };
    let mattered = Cell::new(0);
    let plan = (2_usize..=3).prop_flat_map(|actors| any_plan_with(parts, actors));
    proptest!(config, |(plan in plan)| {
        let graph = same_plan(&plan, ENOUGH).map_err(TestCaseError::fail)?;
        let matter = || parts.iter().all(|part| part.matters(&plan, &graph));
        if mattered.get() < SOME && matter() {
            mattered.set(mattered.get() + 1);
        }
    });
    assert_eq!(mattered.get(), SOME, "{parts:?} do little");
}

/// Compares systems with a part, and with each pair of it and a later one.
fn alone_and_in_pairs(part: Part) {
    let own = PARTS.iter().position(|it| *it == part);
    let own = own.expect("a known part");
    compare(&[part], own as u64);
    // Beside the others there are faults now and then.
    let is_new = |other: Part| other != Part::Faults || part.needs_period();
    let later = PARTS.into_iter().zip(0..).skip(own + 1);
    for (other, number) in later.filter(|(other, _)| is_new(*other)) {
        compare(&[part, other], (own * PARTS.len() + number) as u64);
    }
}

/// Changes that are a part of no other, and of many: who takes a request, timeouts during a partition alone,
/// messages that arrive last.
const EVERYWHERE: [fn(&mut Plan); 3] = [
    |plan| plan.takers.clear(),
    |plan| {
        plan.pools
            .iter_mut()
            .for_each(|pool| pool.while_cut = false)
    },
    |plan| plan.period.iter_mut().for_each(|it| it.last = None),
];

#[test]
fn what_is_no_part_of_its_own_matters() {
    let graph_of = |plan: &Plan| {
        let naive = naive(&plan.actors, KINDS[plan.kind], plan.environment());
        let found = graph(&naive, ENOUGH, Clone::clone);
        (found.states.len(), found.steps)
    };
    for (number, take) in EVERYWHERE.into_iter().enumerate() {
        let mut runner = TestRunner::new_with_rng(
            ProptestConfig::default(),
            TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        );
        let plans = any_plan_with(&[Part::Links, Part::Period], 2);
        let matters = |_: &u32| {
            let plan = plans.new_tree(&mut runner).expect("a plan").current();
            let mut without = plan.clone();
            take(&mut without);
            graph_of(&plan) != graph_of(&without)
        };
        let mattered = (0..2 * CASES).filter(matters).take(SOME as usize).count();
        assert_eq!(mattered, SOME as usize, "the part at {number} does little");
    }
}

#[test]
fn newest() {
    alone_and_in_pairs(Part::Newest);
}

#[test]
fn guards() {
    alone_and_in_pairs(Part::Guards);
}

#[test]
fn crashes_for_good() {
    alone_and_in_pairs(Part::NeverBack);
}

#[test]
fn sessions() {
    alone_and_in_pairs(Part::Sessions);
}

#[test]
fn links() {
    alone_and_in_pairs(Part::Links);
}

#[test]
fn multicasts() {
    alone_and_in_pairs(Part::Multicasts);
}

#[test]
fn totals() {
    alone_and_in_pairs(Part::Totals);
}

#[test]
fn a_good_period() {
    alone_and_in_pairs(Part::Period);
}

#[test]
fn timers_of_any_age() {
    alone_and_in_pairs(Part::AnyAge);
}

#[test]
fn messages_that_take_a_tick() {
    alone_and_in_pairs(Part::Delay);
}

#[test]
fn several_parts_together() {
    let config = ProptestConfig {
        cases: 2 * CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(plan in any_plan_with_parts())| {
        same_plan(&plan, ENOUGH).map_err(TestCaseError::fail)?;
    });
}
