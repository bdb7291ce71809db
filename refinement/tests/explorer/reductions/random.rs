//! Random rules for random tables: what is reached stays the same, or the report is true.

use crate::ignore_1;
use crate::parts::any_plan_with_parts;
use crate::plan::{KINDS, Plan, any_plan, system};
use crate::table::Table;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quorate_models::system::{Action, Envelope, Hook, IsDead, LocalOf, LocalStep, StateOf, System};
use quorate_refinement::engine::{
    BrokenReduction, Counterexample, Limits, Options, Report, StopReason, graph,
};
use stateright::Model;
use stateright::actor::Id;
use std::cell::{Cell, RefCell};
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

/// Participants and ghost.
type Situation = (Vec<Arc<LocalOf<Table>>>, u8);

/// The participants and ghosts that are reached; `None` if that is not all of them.
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
    let complete = found.report.stopped.is_none();
    let states = found.states.into_iter();
    let situations = states.map(|state| (state.locals, state.ghost)).collect();
    (found.report, complete.then_some(situations))
}

/// The fate of a random reduction.
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
        assert_eq!(report.stopped, Some(StopReason::Reduction));
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

/// A state of a system of tables.
type State = StateOf<Table, u8>;

/// Where a way ends if no message is dropped, and if none is dropped by its last step.
fn ends(system: &System<Table, u8>, way: &Counterexample) -> (State, State) {
    let (mut unreduced, mut last) = (system.start_state(), system.start_state());
    for index in way.address.split('/').skip(1) {
        let mut actions = Vec::new();
        system.actions(&unreduced, &mut actions);
        let action = actions.swap_remove(index.parse().expect("an index"));
        unreduced = system.after(&unreduced, &action).expect("a path");
        let State {
            locals, network, ..
        } = &mut last;
        network.retain(|envelope| !is_dead(system, locals, envelope));
        last = system.after(&last, &action).expect("a path");
    }
    (unreduced, last)
}

fn is_dead(
    system: &System<Table, u8>,
    locals: &[Arc<LocalOf<Table>>],
    envelope: &Envelope<u8>,
) -> bool {
    let (receiver, is_dead) = (usize::from(envelope.dst), system.is_dead.expect("a rule"));
    is_dead(&system.actors[receiver], &locals[receiver], envelope)
}

/// The report is true: the last step of one way drops the message, and where the other ends its
/// delivery does something.
fn is_no_no_op(system: &System<Table, u8>, broken: &BrokenReduction) -> Result<(), String> {
    let receiver = Id::from(broken.receiver);
    let (
        _,
        State {
            locals, network, ..
        },
    ) = ends(system, &broken.dropped);
    let mut in_flight = network.iter().map(|envelope| envelope.to_cloned_msg());
    let message = in_flight.find(|envelope| {
        let shown = system.format_action(&Action::Deliver(*envelope));
        envelope.dst == receiver && shown == broken.message && is_dead(system, &locals, envelope)
    });
    let message = message.ok_or_else(|| format!("it is not dropped there: {broken:?}"))?;

    let (State { locals, .. }, _) = ends(system, &broken.arrival);
    let local = &locals[broken.receiver];
    let reached = format!("{:?}", local.up());
    if reached != broken.state {
        return Err(format!("{reached}, not {}", broken.state));
    }
    let step = system.deliver(receiver, local, &message);
    let does_something = |it: &LocalStep<Table>| it.after != **local || !it.said.is_empty();
    let did = step.filter(does_something).map(|_| ());
    did.ok_or_else(|| format!("the delivery does nothing: {broken:?}"))
}

/// Half of them with a good period, and perhaps other parts.
fn any_plan_or_period() -> impl Strategy<Value = Plan> {
    let with_period = any_plan_with_parts().prop_filter("no period", |it| it.period.is_some());
    prop_oneof![any_plan(), with_period]
}

#[test]
fn a_random_reduction_loses_nothing_or_is_reported() {
    let config = ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    let (fates, of_period) = (RefCell::new(Vec::new()), Cell::new(0));
    proptest!(config, |(plan in any_plan_or_period(), rule in 0..RULES.len(), ignore in any::<bool>())| {
        let fate = judged(|| {
            let mut actors = plan.actors.clone();
            if ignore {
                actors.iter_mut().for_each(ignore_1);
            }
            let mut system = system(&actors, KINDS[plan.kind], plan.environment(), 0);
            system.ghost.hook = Hook::Observe {
                when: |moved| moved.before.state != moved.after.state,
                extend: |moved, seen| Some((2 * seen + usize::from(moved.id) as u8) % 3),
            };
            system.is_dead = Some(RULES[rule]);
            system
        });
        let fate = fate.map_err(TestCaseError::fail)?;
        of_period.set(of_period.get() + u32::from(fate != Fate::Unused && plan.period.is_some()));
        fates.borrow_mut().push(fate);
    });
    let fates = fates.into_inner();
    for wanted in [Fate::Broken, Fate::LosesNothing] {
        let times = fates.iter().filter(|fate| **fate == wanted).count();
        assert!(50 < times, "{wanted:?}: {times} of {}", fates.len());
    }
    assert!(50 < of_period.get(), "{of_period:?} with a good period");
}
