//! Where the reduction is broken, the search without it has the last word.

use super::{claim, doors, searched};
use quorate_models::property::Judge;
use quorate_models::system::{Budgets, Environment, Timeouts};
use quorate_refinement::engine::Verdict;

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
