//! Claims about messages and about whole states.

use super::{claim, doors, searched};
use quorate_models::script;
use quorate_models::system::Channels;
use quorate_models::system::claim::{Check, Condition};
use quorate_refinement::engine::{Options, Progress, StopReason, Verdict, explore};
use std::sync::Arc;

/// Messages that are dead on arrival are in no state; an invariant about messages is judged when
/// they are sent.
#[test]
fn an_invariant_about_messages_is_judged_before_one_is_dropped() {
    let checks = || {
        let condition = Condition::Flight(|flight| *flight.msg != 7);
        vec![claim(Check::Invariant(condition))]
    };
    let mut system = doors(|_, _, _| ());
    system.claims = checks();
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
    seeded.claims = checks();
    seeded.is_dead = Some(|_, _, _| true);
    seeded.seed = Some(script::seed("timeout 0"));
    let report = searched(seeded);
    assert_eq!(report.findings[0].verdict, Verdict::Violated);
}

#[test]
fn claims_about_whole_states_are_refused_beside_a_reduction() {
    let build = || {
        let mut system = doors(|_, _, _| ());
        let condition = Condition::State(Arc::new(|_| true));
        system.claims = vec![claim(Check::Invariant(condition))];
        Arc::new(system)
    };
    let report = explore(&build(), &Options::default(), &Progress::default());
    assert_eq!(report.stopped, Some(StopReason::ModelError));
    let options = Options {
        reductions: false,
        ..Options::default()
    };
    let report = explore(&build(), &options, &Progress::default());
    assert_eq!((report.stopped, report.verdict()), (None, Verdict::Holds));
    assert_eq!(report.reduction, None);
}

/// A delivery in a lane makes way for the next, whatever else it does.
#[test]
fn nothing_is_dropped_from_a_lane() {
    let mut ordered = doors(|_, _, _| ());
    ordered.channels = Channels::ordered();
    let report = searched(ordered);
    let reduction = report.reduction.expect("there is a reduction");
    assert_eq!((report.stopped, reduction.dropped), (None, 0));
}
