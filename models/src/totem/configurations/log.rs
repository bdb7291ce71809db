//! Those in which a log is kept.

use super::environments::*;
use super::live::live;
use super::seeds::*;
use super::{Configuration, after};
use crate::system::{Environment, Links, Partition, Timeouts, Writes};
use crate::totem::config::Config;
use crate::totem::processor::{Processor, Timer};

/// Every one.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    after(
        TWO,
        Configuration::usual(
            "log-two",
            "two commands in a ring of two that loses its token",
            &["A Component Succeeds Another"],
            || keeping(2),
            || {
                let environment = timeouts(Timer::Loss, &[0, 1], 1, sending(&["a", "b"]));
                timeouts(Timer::Join, &[0, 1], 1, environment)
            },
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "log-duplicates",
            "a command in a ring of two that loses its token; something arrives twice",
            &["A Component Succeeds Another"],
            || Config {
                hops: None,
                ..keeping(2)
            },
            || {
                let environment = Environment {
                    duplicates: 1,
                    ..sending(&["a"])
                };
                some_visits(40, timeouts(Timer::Loss, &[0, 1], 1, environment))
            },
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "log-crash",
            "a command in a ring of two, of which one crashes",
            &["A Component Succeeds Another"],
            || keeping(2),
            || Environment {
                crashes: 1,
                ..timeouts(Timer::Loss, &[0, 1], 1, sending(&["a"]))
            },
        ),
    ),
    after(
        THREE_LOG,
        Configuration::usual(
            "log-split",
            "a command on each side, where one of three is cut off",
            &["A Minority Stops"],
            || keeping(3),
            || {
                let environment = Environment {
                    links: Links::new([Partition::between([0, 1], [2])], 1, 0),
                    ..of(&[&[0], &[2]], sending(&["a", "b"]))
                };
                apart(&[0, 2], environment)
            },
        ),
    ),
    after(
        FORKED,
        Configuration::usual(
            "log-fork",
            "a processor that was cut off with a command of its own comes back",
            &["A Member Lacks Something", "A Component Succeeds Another"],
            || keeping(3),
            || {
                let environment = timeouts(Timer::Consensus, &[1], 1, forking());
                timeouts(Timer::Merge, &[0], 1, environment)
            },
        ),
    ),
    after(
        FORKED_AND_STARTED,
        Configuration::usual(
            "log-fork-crash",
            "the same, when it has started again",
            &["A Member Lacks Something", "A Component Succeeds Another"],
            || keeping(3),
            || {
                let environment = Environment {
                    crashes: 1,
                    ..forking()
                };
                timeouts(Timer::Consensus, &[1], 1, environment)
            },
        ),
    ),
    after(
        GAP,
        Configuration::usual(
            "log-gap",
            "a processor that has sent a command without having the one before it comes back",
            &["A Component Succeeds Another"],
            || keeping(3),
            || {
                let environment = Environment {
                    links: Links::new([Partition::between([1], [0, 2])], 1, 1),
                    ..of(&[&[0], &[0], &[1]], sending(&["a", "b", "c"]))
                };
                let environment = timeouts(Timer::Loss, &[1], 1, environment);
                let environment = timeouts(Timer::Consensus, &[1], 1, environment);
                timeouts(Timer::Merge, &[1], 1, environment)
            },
        ),
    ),
    after(
        FORKED_TWO,
        Configuration::usual(
            "log-handover",
            "as log-fork, where one of those who have decided is cut off meanwhile, and a third command comes",
            &["A Member Lacks Something", "A Component Succeeds Another"],
            || keeping(3),
            || {
                let partitions = [
                    Partition::between([0], [1, 2]),
                    Partition::between([2], [0, 1]),
                ];
                let environment = Environment {
                    links: Links::new(partitions, 2, 1),
                    ..of(&[&[0], &[1], &[0, 1]], sending(&["a", "b", "c"]))
                };
                let environment = timeouts(Timer::Loss, &[1], 2, environment);
                let environment = timeouts(Timer::Consensus, &[0, 1], 2, environment);
                timeouts(Timer::Merge, &[0], 1, environment)
            },
        ),
    ),
    after(
        TWO_SYNCED,
        Configuration::usual(
            "log-durability",
            "as log-crash, where writes take time",
            &["A Component Succeeds Another", "A Write Is Pending"],
            || keeping(2),
            || Environment {
                crashes: 1,
                writes: Writes::Synced,
                ..timeouts(Timer::Loss, &[0, 1], 1, sending(&["a"]))
            },
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "live-log",
            "a command in a ring of two; a message is lost before the good period",
            &[],
            || keeping(2),
            || {
                let environment = Environment {
                    losses: 1,
                    ..sending(&["a"])
                };
                live(2, environment)
            },
        ),
    ),
    after(
        THREE_LOG,
        Configuration::usual(
            "live-log-three",
            "a command in a ring of three",
            &[],
            || keeping(3),
            || live(3, sending(&["a"])),
        ),
    ),
];

fn keeping(processors: usize) -> Config {
    Config {
        keeps_log: true,
        ..Config::new(processors)
    }
}

/// 0 is cut off and comes back; each of 0 and 1 has a command.
fn forking() -> Environment<Processor> {
    let environment = Environment {
        links: Links::new([Partition::between([0], [1, 2])], 1, 1),
        ..of(&[&[0], &[1]], sending(&["a", "b"]))
    };
    timeouts(Timer::Loss, &[1], 1, environment)
}

/// While processors are parted, these lose the token once, and give up others once.
fn apart(of: &[usize], environment: Environment<Processor>) -> Environment<Processor> {
    let pool = |timer, of: usize| Timeouts::shared(timer, [of], 1).while_cut();
    of.iter().fold(environment, |environment, id| {
        with(
            pool(Timer::Consensus, *id),
            with(pool(Timer::Loss, *id), environment),
        )
    })
}

/// All are in one ring, which is the primary component.
const THREE_LOG: &str = "deliver all within 0,1,2 last Token";

/// 0 has written a command that nobody else has, and is cut off; the others have decided another one
/// without it.
macro_rules! forked {
    ($then:literal) => {
        concat!(
            "
deliver all within 0,1,2 last Token
request 0
cut 0 | 1,2
timeout 1 Loss
deliver 1->2 Join number 13
deliver 2->1 Join number 13
timeout 1 Consensus
deliver all within 1,2 last Token
request 1
deliver all within 1,2 last Token
heal 0 | 1,2
",
            $then
        )
    };
}

const FORKED: &str = forked!("");
const FORKED_TWO: &str = forked!("cut 2 | 0,1");
const FORKED_AND_STARTED: &str = forked!("restart 0");

/// 1 has sent a command after one of 0 that it does not have, and has been alone.
const GAP: &str = "
deliver all within 0,1,2 last Token
request 0
deliver all within 0,1,2 last Token
request 0
request 1
deliver 0->1 Token
cut 1 | 0,2
timeout 1 Loss
timeout 1 Consensus
heal 1 | 0,2";
