//! The configurations with a good period, for every set of processors that live on.
//!
//! A tick is the time for which an idle token is held. In that time a Join, too, is sent again. A processor
//! takes a token only after it has read all other messages.

use super::super::config::Config;
use super::super::message::Message;
use super::super::processor::{Processor, Timer};
use super::environments::{sending, some_rings, timeouts};
use super::seeds::{HEARD, THREE, TWO, TWO_AND_ONE};
use super::{Configuration, after, parted};
use crate::system::{Clock, Environment, Last, Period, Stable};

/// Every configuration with a good period.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    after(
        TWO,
        Configuration::usual(
            "live-two",
            "a message in a ring of two; a token and a message are lost before the good period",
            &["A Recovery in the Good Period"],
            || Config::new(2),
            || {
                let environment = Environment {
                    losses: 1,
                    ..sending(&["s"])
                };
                live(2, timeouts(Timer::Loss, &[0, 1], 1, environment))
            },
        ),
    ),
    Configuration::usual(
        "live-boot",
        "processors find each other before the good period, or in it",
        &[],
        || Config::new(2),
        || live(2, Environment::default()),
    ),
    Configuration::usual(
        "live-boot-resend",
        "as live-boot, where a token is sent again",
        &[],
        || Config {
            resends: true,
            hops: Some(3),
            ..Config::new(2)
        },
        || live(2, Environment::default()),
    ),
    after(
        TWO,
        Configuration::usual(
            "live-suspicion",
            "one gives the other up too early; rings are renamed, so that rings without end are a cycle",
            &["A Recovery in the Good Period"],
            || Config::new(2),
            || {
                let environment = timeouts(Timer::Join, &[0, 1], 1, Environment::default());
                let environment = timeouts(Timer::Consensus, &[0, 1], 1, environment);
                renamed(live(2, timeouts(Timer::Loss, &[0, 1], 1, environment)))
            },
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "live-resend",
            "as live-two, where a token is sent again, and of its hops there are three",
            &[],
            || Config {
                resends: true,
                hops: Some(3),
                ..Config::new(2)
            },
            || {
                let environment = Environment {
                    losses: 1,
                    ..sending(&["s"])
                };
                live(2, environment)
            },
        ),
    ),
    after(
        TWO_AND_ONE,
        Configuration::usual(
            "live-merge",
            "a ring of two meets a third processor in the good period",
            &["A Recovery in the Good Period"],
            || Config::new(3),
            || live(3, parted(3)),
        ),
    ),
    after(
        THREE,
        Configuration::usual(
            "live-three",
            "a ring of three loses its token",
            &["A Recovery in the Good Period"],
            || Config::new(3),
            || {
                live(
                    3,
                    timeouts(Timer::Loss, &[0, 1, 2], 1, Environment::default()),
                )
            },
        ),
    ),
    after(
        HEARD,
        Configuration::usual(
            "live-late-joins",
            "three have heard of each other, and no ring is formed before the good period; 1 or 2 gives others \
             up too early, and Joins come late",
            &["A Recovery in the Good Period"],
            || Config::new(3),
            || {
                let environment = some_rings(0, Environment::default());
                live(3, timeouts(Timer::Consensus, &[1, 2], 1, environment))
            },
        ),
    ),
];

/// How timers run in the good period. A processor waits longer for all to agree than another waits for a
/// commit token: otherwise the first gives the other up, is given up in turn, and no ring stays. It waits for
/// the other's next Join, too, and so fewer rings are formed.
pub(in super::super) const CLOCKS: [Clock<Timer>; 6] = [
    clock(Timer::Hold, 1, 1),
    clock(Timer::Resend, 1, 1),
    clock(Timer::Join, 1, 1),
    clock(Timer::Merge, 2, 2),
    clock(Timer::Loss, 2, 3),
    clock(Timer::Consensus, 5, 6),
];

const fn clock(timer: Timer, min: u8, max: u8) -> Clock<Timer> {
    Clock { timer, min, max }
}

/// The messages that a processor takes when it has read all others.
pub(super) const TOKENS: Last<Processor> = Last {
    name: "tokens",
    is: |message| matches!(message, Message::Token(_) | Message::Commit(_)),
};

/// The same, and any of so many processors become good; messages in flight are lost then, or not.
pub(super) fn live(
    processors: usize,
    environment: Environment<Processor>,
) -> Environment<Processor> {
    let sets = 1..1_usize << processors;
    let good = sets.map(|set| (0..processors).filter(move |id| set & 1 << id != 0));
    let keeping: Vec<_> = good.map(Stable::of).collect();
    let losing = keeping.iter().cloned().map(Stable::losing_all);
    let begins = keeping.iter().cloned().chain(losing).collect();
    Environment {
        period: Some(Period {
            last: Some(TOKENS),
            ..Period::new(begins, &CLOCKS)
        }),
        ..environment
    }
}

/// The same, where other messages arrive last.
pub(super) fn arriving_last(
    last: Last<Processor>,
    environment: Environment<Processor>,
) -> Environment<Processor> {
    let period = environment.period.map(|period| Period {
        last: Some(last),
        ..period
    });
    Environment {
        period,
        ..environment
    }
}

/// The same, with canonical numbers of rings.
pub(super) fn renamed(environment: Environment<Processor>) -> Environment<Processor> {
    let period = environment.period.map(|period| Period {
        renames: true,
        ..period
    });
    Environment {
        period,
        ..environment
    }
}
