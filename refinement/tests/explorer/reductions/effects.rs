//! Effects that a delivery must not have.

use super::{OnKey, broken, claim, doors, searched};
use quorate_models::system::claim::Check;
use quorate_models::system::{Action, Ghost, Hook};
use quorate_refinement::engine::{Options, Progress, explore};
use stateright::actor::{Id, model_timeout};
use std::sync::Arc;

#[test]
fn a_key_that_nobody_needs_is_dead() {
    let report = searched(doors(|_, _, _| ()));
    let reduction = report.reduction.clone().expect("there is a reduction");
    assert_eq!((reduction.dropped, reduction.broken), (1, None));
    // In a door that is closed, and in one that is open; none that is down hears of it.
    assert_eq!(reduction.checked, 2);
    assert_eq!(report.stopped, None);
}

#[test]
fn whatever_a_delivery_does_breaks_the_reduction() {
    // Where the key is dropped, or, in an open door, where local transitions lead from there.
    let cases: [(OnKey, &str); 6] = [
        (|_, open, _| *open.to_mut() = 1, "the receiver changes"),
        (
            |open, state, _| {
                if open {
                    *state.to_mut() = 0
                }
            },
            "the receiver changes",
        ),
        (
            |open, _, out| {
                if open {
                    out.save(1)
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
    assert_eq!(broken(&searched(observed)), Some("the ghost is told of it"));
    let mut recorded = doors(touched);
    recorded.ghost = Ghost {
        initial: 0,
        hook: Hook::Messages {
            incoming: Box::new(|_, _| Some(1)),
            outgoing: Box::new(|_, _| None),
        },
    };
    assert_eq!(broken(&searched(recorded)), Some("the ghost is told of it"));
    for check in [
        Check::Move(|moved| !matches!(moved.action, Action::Deliver(_))),
        Check::Step {
            when: |moved| matches!(moved.action, Action::Deliver(_)),
            holds: |_| true,
        },
    ] {
        let mut claimed = doors(touched);
        claimed.claims = vec![claim(check)];
        let report = searched(claimed);
        assert_eq!(broken(&report), Some("a claim about steps reads it"));
    }
}

#[test]
fn what_is_checked_is_the_same_for_any_number_of_threads() {
    let search = |threads| {
        let mut system = doors(|open, state, _| {
            if open {
                *state.to_mut() = 0;
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
