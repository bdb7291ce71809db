//! Where the reduction is broken, the search without it has the last word.

use super::{claim, doors, searched};
use crate::toy::{Handlers, Toy};
use quorate_models::system::claim::Check;
use quorate_models::system::{Channels, Environment, System, Timeouts};
use quorate_refinement::engine::{Limits, Options, Progress, Report, StopReason, Verdict, explore};
use stateright::actor::{Id, Out, model_timeout};
use std::borrow::Cow;
use std::sync::Arc;

/// The key is dropped at a closed door, and in the door that a crash closes again.
#[test]
fn the_search_without_the_reduction_has_the_last_word() {
    let mut system = doors(|open, state, _| {
        if open {
            *state.to_mut() = 0;
        }
    });
    system.claims = vec![claim(Check::Move(|moved| {
        moved.before.up() != Some(&1) || moved.after.up() != Some(&0)
    }))];
    // With the reduction on, no key ever reaches an open door: all are sent to a closed one.
    system.environment = Environment {
        timeouts: vec![Timeouts::shared((), [0], 1), Timeouts::shared((), [1], 1)],
        ..Environment::default()
    };
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
    assert_eq!((broken.receiver, &*broken.state), (1, "Some(1)"));
}

/// The first sends the second a message whenever its timer fires. The second counts how often its
/// own fires, and ignores the message until it has counted to three.
struct Counter;

impl Handlers for Counter {
    fn on_start(&self, _: Id, _: &Option<u8>, out: &mut Out<Toy>) -> u8 {
        out.set_timer((), model_timeout());
        0
    }

    fn on_msg(&self, _: Id, count: &mut Cow<'_, u8>, _: Id, _: u8, _: &mut Out<Toy>) {
        if **count == 3 {
            *count.to_mut() = 0;
        }
    }

    fn on_timeout(&self, id: Id, count: &mut Cow<'_, u8>, out: &mut Out<Toy>) {
        out.set_timer((), model_timeout());
        match usize::from(id) {
            0 => out.send(Id::from(1), 0),
            _ => *count.to_mut() += 1,
        }
    }
}

/// Nobody counts to three, it is claimed.
fn counters() -> System<Toy, u8> {
    let budgets = Environment {
        timeouts: vec![Timeouts::shared((), [0], 3), Timeouts::shared((), [1], 3)],
        losses: 1,
        ..Environment::default()
    };
    let environment = budgets;
    let mut system = System::new(vec![Toy::new(Counter); 2], Channels::once(), environment, 0);
    system.claims = vec![claim(Check::Move(|moved| moved.after.up() != Some(&3)))];
    system.is_dead = Some(|_, _, _| true);
    system
}

/// A loss makes more states without the reduction, so that the search without it ends first.
#[test]
fn a_violation_that_only_the_search_with_the_reduction_reached_is_kept() {
    let limited = |reductions| {
        let options = Options {
            limits: Limits {
                states: Some(6),
                ..Limits::default()
            },
            reductions,
            ..Options::default()
        };
        explore(&Arc::new(counters()), &options, &Progress::default())
    };
    let (kept, unreduced) = (limited(true), limited(false));
    assert_eq!(unreduced.findings[0].verdict, Verdict::Inconclusive);
    let did = |report: &Report| (report.stopped, report.states, report.transitions);
    assert_eq!(did(&kept), did(&unreduced));
    assert_eq!(kept.stopped, Some(StopReason::States));

    assert!(kept.reduction.is_some_and(|it| it.broken.is_some()));
    assert_eq!(kept.findings[0].verdict, Verdict::Violated);
    let way = kept.findings[0].counterexample.as_ref();
    let steps = way.map(|way| way.steps.clone());
    assert_eq!(steps, Some(vec!["1: () timeout".to_owned(); 3]));
}
