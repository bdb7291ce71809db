//! Where a dropped message is delivered in thought.

use super::{broken, doors, searched};
use crate::toy::{Handlers, Toy};
use quorate_models::script;
use quorate_models::system::{
    Assumption, Channels, Clock, Environment, Period, Restart, Stable, System, Timeouts, Writes,
};
use stateright::actor::{Id, Out, model_timeout};
use std::borrow::Cow;

#[test]
fn a_message_dropped_by_the_seed_counts() {
    let mut system = doors(|open, state, _| {
        if open {
            *state.to_mut() = 0;
        }
    });
    system.seed = Some(script::seed("timeout 0\ntimeout 1"));
    system.is_dead = Some(|_, _, _| true);
    let report = searched(system);
    assert_eq!(broken(&report), Some("the receiver changes"));
}

/// By which kind of local transition a lock turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Nothing,
    Message,
    Request,
    Timeout,
    Choice,
    Sync,
    CrashAndRecovery,
    Restart,
    /// The age of its timer is 1 from when the good period begins, and no tick passes.
    Stabilise,
    Tick,
}

/// The first of two locks sends the second a key as it starts. The second ignores it, unless it has
/// turned before. Its state is 1 if it has turned.
struct Lock {
    by: By,
}

impl Lock {
    const KEY: u8 = 7;
    const TURN: u8 = 8;
    /// Sent back, again and again.
    const BALL: u8 = 9;
}

impl Handlers for Lock {
    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Toy>) -> u8 {
        let receiver = Id::from(1);
        match self.by {
            _ if id != receiver => {
                out.send(receiver, Lock::KEY);
                match self.by {
                    By::Message => out.send(receiver, Lock::TURN),
                    By::Stabilise => out.send(receiver, Lock::BALL),
                    _ => {}
                }
            }
            By::Nothing | By::Message | By::Request => {}
            By::Timeout | By::Stabilise | By::Tick => out.set_timer((), model_timeout()),
            By::Choice => out.choose_random("turn", vec![0]),
            By::Sync => {
                out.save(0);
                out.send(id, Lock::TURN);
            }
            By::CrashAndRecovery | By::Restart => out.save(0),
        }
        u8::from(storage.is_some())
    }

    fn on_msg(&self, _: Id, turned: &mut Cow<'_, u8>, src: Id, msg: u8, out: &mut Out<Toy>) {
        match msg {
            Lock::TURN => *turned.to_mut() = 1,
            Lock::BALL => out.send(src, msg),
            _ if **turned == 1 => *turned.to_mut() = 0,
            _ => {}
        }
    }

    fn on_timeout(&self, _: Id, turned: &mut Cow<'_, u8>, _: &mut Out<Toy>) {
        *turned.to_mut() = 1;
    }

    fn on_random(&self, _: Id, turned: &mut Cow<'_, u8>, _: u8, _: &mut Out<Toy>) {
        *turned.to_mut() = 1;
    }
}

/// A timer fires when it is of age 1, whatever is in flight.
fn period(by: By) -> Option<Period<Toy>> {
    let clock = Clock {
        timer: (),
        min: 1,
        max: 1,
    };
    matches!(by, By::Stabilise | By::Tick).then(|| Period {
        any_age: by == By::Stabilise,
        without: &[Assumption::TimersWait],
        ..Period::new(vec![Stable::of([0, 1])], &[clock])
    })
}

fn locks(by: By) -> System<Toy, u8> {
    let budgets = Environment {
        timeouts: match by {
            By::Timeout => vec![Timeouts::shared((), [1], 1)],
            _ => Vec::new(),
        },
        period: period(by),
        crashes: u8::from(matches!(by, By::CrashAndRecovery | By::Restart)),
        restart: match by {
            By::CrashAndRecovery => Restart::Later,
            _ => Restart::AtOnce,
        },
        writes: match by {
            By::Sync => Writes::Synced,
            _ => Writes::Atomic,
        },
        requests: match by {
            By::Request => vec![Lock::TURN],
            _ => Vec::new(),
        },
        ..Environment::default()
    };
    let environment = budgets;
    let mut system = System::new(
        vec![Toy::new(Lock { by }); 2],
        Channels::once(),
        environment,
        0,
    );
    system.is_dead = Some(|_, _, envelope| envelope.msg == Lock::KEY);
    system
}

#[test]
fn a_dropped_message_is_passed_on_along_each_kind_of_local_transition() {
    assert_eq!(broken(&searched(locks(By::Nothing))), None);
    for by in [
        By::Message,
        By::Request,
        By::Timeout,
        By::Choice,
        By::Sync,
        By::CrashAndRecovery,
        By::Restart,
        By::Stabilise,
        By::Tick,
    ] {
        let report = searched(locks(by));
        assert_eq!(broken(&report), Some("the receiver changes"), "{by:?}");
    }
}

/// It is dead where the age of the timer is 1, and in flight when it becomes 1. While it is in flight no
/// tick passes, unless it is not assumed that ticks wait.
#[test]
fn a_message_dropped_where_a_timer_is_older_counts() {
    for by in [By::Stabilise, By::Tick] {
        let mut system = locks(by);
        system.actors.fill(Toy::new(Lock { by: By::Timeout }));
        let period = system.environment.period.as_mut().expect("a good period");
        period.without = match by {
            By::Tick => &[Assumption::TicksWait],
            _ => &[],
        };
        system.is_dead = Some(|_, local, _| local.timers.get(&()) == Some(&1));
        let report = searched(system);
        assert_eq!(broken(&report), Some("the receiver changes"), "{by:?}");
        let broken = report.reduction.and_then(|it| it.broken);
        let dropped = broken.expect("it is broken").dropped;
        let ages = match by {
            By::Tick => "tick\n",
            _ => "stabilise 0,1 aged 1 () 1\n",
        };
        let script = dropped.script.expect("of a system");
        assert!(script.ends_with(ages), "{script}");
    }
}

/// It does nothing there, and where the receiver is up again it may.
#[test]
fn a_message_dropped_at_a_receiver_that_is_down_counts() {
    // Sent to one that is down; in flight to one that crashes; dropped by the seed.
    for (seed, steps) in [("crash 1", 1), ("timeout 0", 1), ("timeout 0\ncrash 1", 0)] {
        let system = || {
            let mut system = doors(|_, open, _| *open.to_mut() = 1);
            system.environment = Environment {
                timeouts: vec![Timeouts::shared((), [0], 1)],
                crashes: 1,
                restart: Restart::Later,
                ..Environment::default()
            };
            system.seed = Some(script::seed(seed));
            system.is_dead = Some(|_, local, _| local.crashed);
            system
        };
        let reduction = searched(system()).reduction.expect("there is a reduction");
        let broken = reduction.broken.expect("it is broken");
        assert_eq!((broken.receiver, &*broken.state), (1, "Some(0)"), "{seed}");
        assert_eq!(broken.dropped.steps.len(), steps, "{seed}");
    }
}
