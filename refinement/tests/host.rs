//! The hook with which a host program prints panics is its own again after each search.
//!
//! Alone in its process: what prints panics belongs to all of it.

use quorate_models::system::{Channels, Environment, System, Timeouts};
use quorate_refinement::engine::{Options, Progress, explore};
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An actor whose timeout panics.
struct Fragile;

impl Actor for Fragile {
    type Msg = ();
    type State = ();
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) {
        out.set_timer((), model_timeout());
    }

    fn on_timeout(&self, _: Id, _: &mut Cow<'_, ()>, (): &(), _: &mut Out<Self>) {
        panic!("the timer is broken");
    }
}

fn search() {
    let budgets = Environment {
        timeouts: vec![Timeouts::unlimited((), [0])],
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
    assert!(report.error.is_some());
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
