//! Panics that the explorer catches are reported, not printed; and the hook with which a host program prints
//! panics is its own again after each search.
//!
//! Alone in its process: what prints panics belongs to all of it.

use quorate_models::system::{Channels, Environment, System, Timeouts};
use quorate_refinement::engine::{ModelError, Options, Progress, explore};
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many timers are broken.
const TIMERS: u8 = 100;

/// An actor whose every timeout panics.
struct Fragile;

impl Actor for Fragile {
    type Msg = ();
    type State = ();
    type Timer = u8;
    type Random = ();
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) {
        (0..TIMERS).for_each(|timer| out.set_timer(timer, model_timeout()));
    }

    fn on_timeout(&self, _: Id, _: &mut Cow<'_, ()>, timer: &u8, _: &mut Out<Self>) {
        panic!("timer {timer} is broken");
    }
}

fn search() {
    let timeouts = (0..TIMERS).map(|timer| Timeouts::unlimited(timer, [0]));
    let environment = Environment {
        timeouts: timeouts.collect(),
        ..Environment::default()
    };
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
}

/// Sets a hook that counts, and gives what it has counted.
fn counting() -> Arc<AtomicUsize> {
    let printed = Arc::new(AtomicUsize::new(0));
    let count = printed.clone();
    set_hook(Box::new(move |_| _ = count.fetch_add(1, Ordering::Relaxed)));
    printed
}

fn panic_once() {
    assert!(catch_unwind(|| panic!("not the explorer's")).is_err());
}

#[test]
fn each_search_is_quiet_and_gives_the_hook_back() {
    // The second search meets a hook that the first did not.
    for _ in 0..2 {
        let printed = counting();
        search();
        assert_eq!(printed.load(Ordering::Relaxed), 0);
        panic_once();
        assert_eq!(printed.load(Ordering::Relaxed), 1);
        // The hook is the host's own: nothing else holds it.
        drop(take_hook());
        assert_eq!(Arc::strong_count(&printed), 1);
    }
}
