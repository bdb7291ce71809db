//! The livelock of late Joins, before the good period and in it, and what excludes it: a Join comes before
//! the ring is installed to which it has led. Nobody has formed a ring yet where the search begins, so that
//! what is on its way led to none.
//!
//! Of a sender's Joins the newest is in flight alone. With all of them, and where 0 gives nobody up, the
//! first of these is searched in `live-late-joins`.

use super::super::config::Config;
use super::super::message::Message;
use super::super::processor::{Processor, Timer};
use super::environments::{newest_joins, some_rings, timeouts};
use super::live::{TOKENS, arriving_last, live, renamed};
use super::seeds::HEARD;
use super::{Configuration, after};
use crate::system::{Channels, Environment, Last, Period, Stable};

/// Every one.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    late(Configuration::usual(
        "livelock",
        "three have heard of each other; one gives others up too early, and Joins come after the rings to \
         which they have led",
        &["A Livelock without One Ring"],
        || Config::new(3),
        || suspecting(JOINS),
    )),
    late(Configuration::usual(
        "livelock-before",
        "as livelock, before the good period, where no timer fires any more",
        &["A Livelock without One Ring"],
        || Config::new(3),
        || {
            let period = Period::new(vec![Stable::of([0, 1, 2])], &[]);
            let environment = Environment {
                period: Some(period),
                ..suspected()
            };
            renamed(arriving_last(JOINS, environment))
        },
    )),
    late(Configuration::usual(
        "live-joins-first",
        "as livelock, where Joins come before both kinds of tokens",
        &["A Recovery in the Good Period"],
        || Config::new(3),
        || suspecting(TOKENS),
    )),
    late(Configuration::usual(
        "live-joins-before-commit",
        "as livelock, where Joins come before commit tokens",
        &["A Recovery in the Good Period"],
        || Config::new(3),
        || suspecting(COMMIT_TOKENS),
    )),
    late(Configuration::usual(
        "live-joins-before-token",
        "as livelock, where Joins come before the tokens with which a ring is installed",
        &["A Recovery in the Good Period"],
        || Config::new(3),
        || suspecting(REGULAR_TOKENS),
    )),
];

/// Nothing else is in flight to who takes a Join: it may come at any later time.
pub(super) const JOINS: Last<Processor> = Last {
    name: "Joins",
    is: |message| matches!(message, Message::Join { .. }),
};

const COMMIT_TOKENS: Last<Processor> = Last {
    name: "commit tokens",
    is: |message| matches!(message, Message::Commit(_)),
};

const REGULAR_TOKENS: Last<Processor> = Last {
    name: "regular tokens",
    is: |message| matches!(message, Message::Token(_)),
};

const fn late(configuration: Configuration) -> Configuration {
    Configuration {
        channels: Channels::all(newest_joins, &["once", "newest"]),
        ..after(HEARD, configuration)
    }
}

/// One gives the others up too early; they are in the good period, in which other messages arrive last.
fn suspecting(last: Last<Processor>) -> Environment<Processor> {
    renamed(arriving_last(last, live(3, suspected())))
}

/// One gives the others up too early.
fn suspected() -> Environment<Processor> {
    let environment = some_rings(0, Environment::default());
    timeouts(Timer::Consensus, &[0, 1, 2], 1, environment)
}
