//! A reduction that loses anything is reported as broken, whoever broke it, and the search without
//! it has the last word.

use crate::ignore_1;
use crate::naive::Kind;
use crate::naive_reference::{self, KINDS, network};
use crate::table::Table;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quorate_models::property::{Condition, Judge, Stated};
use quorate_models::system::{
    Action, Budgets, Environment, Ghost, Hook, IsDead, LocalOf, Network, Restart, System, Timeouts,
};
use quorate_refinement::engine::{
    BrokenReduction, Halt, Limits, Options, Progress, Report, Verdict, explore, graph,
};
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

/// Rules for random tables, most of them wrong.
const RULES: [IsDead<Table>; 3] = [
    |_, local, envelope| local.up() == Some(&envelope.msg),
    |_, _, envelope| envelope.msg == 1,
    |_, local, envelope| local.storage.is_some() && envelope.msg == 0,
];

/// Graphs of more states are not compared.
const ENOUGH: usize = 2000;

/// Participants and history.
type Situation = (Vec<Arc<LocalOf<Table>>>, u8);

/// The participants and histories that are reached; `None` if that is not all of them.
fn situations(system: System<Table, u8>, reductions: bool) -> (Report, Option<HashSet<Situation>>) {
    let options = Options {
        limits: Limits {
            states: Some(ENOUGH),
            ..Limits::default()
        },
        reductions,
        ..Options::default()
    };
    let found = graph(&Arc::new(system), &options);
    let complete = found.report.halt.is_none();
    let states = found.states.into_iter();
    let situations = states.map(|state| (state.locals, state.ghost)).collect();
    (found.report, complete.then_some(situations))
}

/// What became of a random reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It dropped nothing, or the system is too large.
    Unused,
    Broken,
    LosesNothing,
}

fn judged(build: impl Fn() -> System<Table, u8>) -> Result<Fate, String> {
    let (report, reduced) = situations(build(), true);
    let reduction = report.reduction.expect("there is a reduction");
    if let Some(broken) = reduction.broken {
        assert_eq!(report.halt, Some(Halt::Reduction));
        return is_no_no_op(&build(), &broken).map(|()| Fate::Broken);
    }
    let (_, unreduced) = situations(build(), false);
    match (reduced, unreduced) {
        (Some(reduced), Some(unreduced)) if reduced != unreduced => Err(format!(
            "{} situations with it, {} without",
            reduced.len(),
            unreduced.len()
        )),
        (Some(_), Some(_)) if 0 < reduction.dropped => Ok(Fate::LosesNothing),
        _ => Ok(Fate::Unused),
    }
}

/// The report is true: the receiver comes into that state.
fn is_no_no_op(system: &System<Table, u8>, broken: &BrokenReduction) -> Result<(), String> {
    let mut state = system.start_state();
    for index in broken.arrival.address.split('/').skip(1) {
        let mut actions = Vec::new();
        stateright::Model::actions(system, &state, &mut actions);
        let action = actions.swap_remove(index.parse().expect("an index"));
        state = system.after(&state, &action).expect("a path");
    }
    let reached = format!("{:?}", state.locals[broken.receiver].up());
    (reached == broken.state)
        .then_some(())
        .ok_or_else(|| format!("{reached}, not {}", broken.state))
}

#[test]
fn a_random_reduction_loses_nothing_or_is_reported() {
    let config = ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    let fates = RefCell::new(Vec::new());
    let is_unordered = |plan: &naive_reference::Plan| KINDS[plan.kind] != Kind::Ordered;
    let plan = naive_reference::any_plan().prop_filter("ordered", is_unordered);
    proptest!(config, |(plan in plan, rule in 0..RULES.len(), ignore in any::<bool>())| {
        let fate = judged(|| {
            let mut actors = plan.actors.clone();
            if ignore {
                actors.iter_mut().for_each(ignore_1);
            }
            let environment = Environment::Budgets(plan.budgets());
            let mut system = System::new(actors, network(KINDS[plan.kind]), environment, 0);
            system.ghost.hook = Hook::Observe {
                when: |moved| moved.before.state != moved.after.state,
                extend: |moved, seen| Some((2 * seen + usize::from(moved.id) as u8) % 3),
            };
            system.is_dead = Some(RULES[rule]);
            system
        });
        fates.borrow_mut().push(fate.map_err(TestCaseError::fail)?);
    });
    let fates = fates.into_inner();
    for wanted in [Fate::Broken, Fate::LosesNothing] {
        let times = fates.iter().filter(|fate| **fate == wanted).count();
        assert!(50 < times, "{wanted:?}: {times} of {}", fates.len());
    }
}

/// What a door that is open, or not, does with a key.
type OnKey = fn(bool, &mut Cow<'_, bool>, &mut Out<Door>);

/// Two doors. The first sends a key to the second whenever its timer fires, and the second, closed
/// at first, opens when its timer fires. What a door does with a key is up to the test.
#[derive(Clone)]
struct Door {
    on_key: OnKey,
}

impl Actor for Door {
    type Msg = u8;
    type State = bool;
    type Timer = ();
    type Storage = bool;
    type Random = ();

    fn on_start(&self, _: Id, storage: &Option<bool>, out: &mut Out<Self>) -> bool {
        out.set_timer((), model_timeout());
        storage.unwrap_or(false)
    }

    fn on_msg(&self, _: Id, open: &mut Cow<'_, bool>, _: Id, _: u8, out: &mut Out<Self>) {
        (self.on_key)(**open, open, out);
    }

    fn on_timeout(&self, id: Id, open: &mut Cow<'_, bool>, (): &(), out: &mut Out<Self>) {
        match usize::from(id) {
            0 => out.send(Id::from(1), 7),
            _ => *open.to_mut() = true,
        }
    }
}

/// A door on which keys are dead once they are said to be, with a claim that fails if it is locked
/// for ever: its state has no word for that, so it sends a message.
fn doors(on_key: OnKey) -> System<Door, u8> {
    let timeouts = vec![Timeouts::shared((), [0], 2), Timeouts::shared((), [1], 1)];
    let budgets = Budgets {
        timeouts,
        crashes: 1,
        restart: Restart::Later,
        ..Budgets::default()
    };
    let environment = Environment::Budgets(budgets);
    let mut system = System::new(vec![Door { on_key }; 2], Network::once(), environment, 0);
    system.is_dead = Some(|_, local, _| local.up() != Some(&true));
    system
}

fn searched<G: quorate_models::system::History>(system: System<Door, G>) -> Report {
    explore(&Arc::new(system), &Options::default(), &Progress::default())
}

fn broken(report: &Report) -> Option<&str> {
    let reduction = report.reduction.as_ref().expect("there is a reduction");
    let broken = reduction.broken.as_ref()?;
    Some(&broken.effect)
}

#[test]
fn a_key_that_nobody_needs_is_dead() {
    let report = searched(doors(|_, _, _| ()));
    let reduction = report.reduction.clone().expect("there is a reduction");
    assert_eq!((reduction.dropped, reduction.broken), (1, None));
    assert!(0 < reduction.checked);
    assert_eq!(report.halt, None);
}

#[test]
fn whatever_a_delivery_does_breaks_the_reduction() {
    // Where the key is dropped, or, in an open door, where local transitions lead from there.
    let cases: [(OnKey, &str); 6] = [
        (|_, open, _| *open.to_mut() = true, "the receiver changes"),
        (
            |open, state, _| {
                if open {
                    *state.to_mut() = false
                }
            },
            "the receiver changes",
        ),
        (
            |open, _, out| {
                if open {
                    out.save(true)
                }
            },
            "the receiver changes",
        ),
        (
            |open, _, out| {
                if open {
                    out.set_timer((), model_timeout())
                }
            },
            "the receiver changes",
        ),
        (
            |open, _, out| {
                if open {
                    out.send(Id::from(0), 9)
                }
            },
            "the receiver sends 9 to 0",
        ),
        (
            |open, _, _| assert!(!open, "the lock breaks"),
            "it panics: the lock breaks",
        ),
    ];
    for (position, (on_key, effect)) in cases.into_iter().enumerate() {
        let report = searched(doors(on_key));
        let found = broken(&report).unwrap_or_else(|| panic!("case {position} is not found"));
        assert!(found.starts_with(effect), "case {position}: {found}");
    }
}

#[test]
fn what_history_or_a_step_claim_sees_breaks_the_reduction() {
    // A handler that borrows its state for writing takes a step, even if it changes nothing.
    let touched: OnKey = |_, open, _| _ = open.to_mut();
    assert_eq!(broken(&searched(doors(touched))), None);
    let mut observed = doors(touched);
    observed.ghost.hook = Hook::Observe {
        when: |moved| matches!(moved.action, Action::Deliver(_)),
        extend: |_, seen| Some(seen + 1),
    };
    assert_eq!(broken(&searched(observed)), Some("history is told of it"));
    let mut recorded = doors(touched);
    recorded.ghost = Ghost {
        initial: 0,
        hook: Hook::Record {
            incoming: Box::new(|_, _| Some(1)),
            outgoing: Box::new(|_, _| None),
        },
    };
    assert_eq!(broken(&searched(recorded)), Some("history is told of it"));
    for judge in [
        Judge::Move(|moved| !matches!(moved.action, Action::Deliver(_))),
        Judge::Step {
            when: |moved| matches!(moved.action, Action::Deliver(_)),
            holds: |_| true,
        },
    ] {
        let mut claimed = doors(touched);
        claimed.stated = vec![claim(judge)];
        let report = searched(claimed);
        assert_eq!(broken(&report), Some("a claim about steps reads it"));
    }
}

fn claim<G: quorate_models::system::History>(judge: Judge<Door, G>) -> Stated<Door, G> {
    Stated {
        name: "A Claim",
        source: "ours",
        witness: None,
        judge,
    }
}

/// The key is dropped at a closed door, and in the door that a crash closes again.
#[test]
fn the_search_without_the_reduction_has_the_last_word() {
    let mut system = doors(|open, state, _| {
        if open {
            *state.to_mut() = false;
        }
    });
    system.stated = vec![claim(Judge::Move(|moved| {
        moved.before.up() != Some(&true) || moved.after.up() != Some(&false)
    }))];
    // With the reduction on, no key ever reaches an open door: all are sent to a closed one.
    system.environment = Environment::Budgets(Budgets {
        timeouts: vec![Timeouts::shared((), [0], 1), Timeouts::shared((), [1], 1)],
        ..Budgets::default()
    });
    system.is_dead = Some(|_, _, _| true);
    let report = searched(system);
    assert_eq!(report.findings[0].verdict, Verdict::Violated);
    let counterexample = report.findings[0].counterexample.as_ref();
    assert_eq!(counterexample.map(|path| path.steps.len()), Some(3));
    let broken = report
        .reduction
        .expect("a reduction")
        .broken
        .expect("it is broken");
    assert_eq!(
        (broken.dropped.steps.len(), broken.arrival.steps.len()),
        (1, 1)
    );
    assert_eq!((broken.receiver, &*broken.state), (1, "Some(true)"));
}

#[test]
fn a_message_dropped_by_the_seed_counts() {
    let mut system = doors(|open, state, _| {
        if open {
            *state.to_mut() = false;
        }
    });
    system.seed = "timeout 0\ntimeout 1".to_owned();
    system.is_dead = Some(|_, _, _| true);
    let report = searched(system);
    assert_eq!(broken(&report), Some("the receiver changes"));
}

/// Messages that are dead on arrival are in no state; an invariant about messages is judged when
/// they are sent.
#[test]
fn an_invariant_about_messages_is_judged_before_one_is_dropped() {
    let judges = || {
        let condition = Condition::Flight(|flight| *flight.msg != 7);
        vec![claim(Judge::Invariant(condition))]
    };
    let mut system = doors(|_, _, _| ());
    system.stated = judges();
    system.is_dead = Some(|_, _, _| true);
    let system = Arc::new(system);
    let report = explore(&system, &Options::default(), &Progress::default());
    let counterexample = report.findings[0].counterexample.as_ref();
    assert_eq!(counterexample.map(|path| path.steps.len()), Some(1));
    let second = quorate_refinement::engine::stateright::check(
        &system,
        &Options::default(),
        &Arc::default(),
    );
    assert_eq!(second.findings[0].verdict, Verdict::Violated);

    let mut seeded = doors(|_, _, _| ());
    seeded.stated = judges();
    seeded.is_dead = Some(|_, _, _| true);
    seeded.seed = "timeout 0".to_owned();
    let report = searched(seeded);
    assert_eq!(report.findings[0].verdict, Verdict::Violated);
}

#[test]
fn claims_about_whole_states_and_ordered_channels_are_refused_beside_a_reduction() {
    let build = || {
        let mut system = doors(|_, _, _| ());
        let condition = Condition::State(Arc::new(|_| true));
        system.stated = vec![claim(Judge::Invariant(condition))];
        Arc::new(system)
    };
    let report = explore(&build(), &Options::default(), &Progress::default());
    assert_eq!(report.halt, Some(Halt::Flaw));
    let mut ordered = doors(|_, _, _| ());
    ordered.network = Network::ordered();
    assert_eq!(searched(ordered).halt, Some(Halt::Flaw));
    let options = Options {
        reductions: false,
        ..Options::default()
    };
    let report = explore(&build(), &options, &Progress::default());
    assert_eq!((report.halt, report.verdict()), (None, Verdict::Holds));
    assert_eq!(report.reduction, None);
}

#[test]
fn what_is_checked_is_the_same_for_any_number_of_threads() {
    let search = |threads| {
        let mut system = doors(|open, state, _| {
            if open {
                *state.to_mut() = false;
            }
        });
        system.is_dead = Some(|_, _, _| true);
        let options = Options {
            threads,
            ..Options::default()
        };
        explore(&Arc::new(system), &options, &Progress::default()).reduction
    };
    assert!(search(1).is_some_and(|reduction| reduction.broken.is_some()));
    assert_eq!(search(1), search(2));
    assert_eq!(search(1), search(7));
}
