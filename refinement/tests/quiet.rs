//! Panics that the explorer catches are reported, not printed.
//!
//! Alone in its process: what prints panics belongs to all of it.

use quorate_models::system::{Channels, Environment, System, Timeouts};
use quorate_refinement::engine::{ModelError, Options, Progress, explore};
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::panic::{catch_unwind, set_hook};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An actor whose every timeout panics.
struct Fragile;

impl Actor for Fragile {
    type Msg = ();
    type State = ();
    type Timer = u8;
    type Random = ();
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) {
        (0..100).for_each(|timer| out.set_timer(timer, model_timeout()));
    }

    fn on_timeout(&self, _: Id, _: &mut Cow<'_, ()>, timer: &u8, _: &mut Out<Self>) {
        panic!("timer {timer} is broken");
    }
}

#[test]
fn what_is_caught_is_not_printed_and_everything_else_is() {
    static PRINTED: AtomicUsize = AtomicUsize::new(0);
    set_hook(Box::new(|_| _ = PRINTED.fetch_add(1, Ordering::Relaxed)));
    let budgets = Environment {
        timeouts: (0..100)
            .map(|timer| Timeouts::unlimited(timer, [0]))
            .collect(),
        ..Environment::default()
    };
    let environment = budgets;
    let system = Arc::new(System::new(
        vec![Fragile],
        Channels::once(),
        environment,
        (),
    ));
    let report = explore(&system, &Options::default(), &Progress::default());
    let Some(ModelError::Panic { message, .. }) = report.error else {
        panic!("{:?}", report.error);
    };
    assert!(message.starts_with("timer 0 is broken ("), "{message}");
    assert_eq!(PRINTED.load(Ordering::Relaxed), 0);
    assert!(catch_unwind(|| panic!("not the explorer's")).is_err());
    assert_eq!(PRINTED.load(Ordering::Relaxed), 1);
}
