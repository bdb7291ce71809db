//! The finite systems that are searched to the end. `results/totem.toml` holds what is found in each.

mod environments;
mod further;
mod held;
mod leave;
mod live;
mod livelock;
mod log;
mod ordering;
mod seeds;

pub(super) use environments::request;
pub(super) use live::CLOCKS;

use super::Totem;
use super::config::Config;
use super::message::{Message, Service};
use super::processor::{Processor, Timer};
use super::properties::{Premise, WINDOW};
use crate::protocol;
use crate::system::{Channels, Environment, Links, Partition, Period, Timeouts, Writes};
use environments::*;
use seeds::*;
use std::collections::BTreeSet;

/// A finite system.
pub type Configuration = protocol::Configuration<Totem>;

/// After the steps that bring these processors together, from their start on.
const fn after(seed: &'static str, configuration: Configuration) -> Configuration {
    Configuration {
        seed: Some(seed),
        ..configuration
    }
}

/// Every configuration.
pub(super) fn configurations() -> Vec<Configuration> {
    [
        ordering::CONFIGURATIONS,
        CONFIGURATIONS,
        further::CONFIGURATIONS,
        log::CONFIGURATIONS,
        live::CONFIGURATIONS,
        leave::CONFIGURATIONS,
        livelock::CONFIGURATIONS,
        held::CONFIGURATIONS,
    ]
    .concat()
}

/// Those in which rings are formed.
const CONFIGURATIONS: &[Configuration] = &[
    Configuration::usual(
        "boot-two",
        "two processors find each other; one gives the other up too early",
        &["All Are in One Ring"],
        || Config::new(2),
        || {
            let environment = timeouts(Timer::Join, &[0, 1], 2, Environment::default());
            timeouts(Timer::Consensus, &[0, 1], 1, environment)
        },
    ),
    Configuration::usual(
        "boot",
        "three processors find each other",
        &["All Are in One Ring"],
        || Config::new(3),
        Environment::default,
    ),
    after(
        TWO_AND_ONE,
        Configuration::usual(
            "merge",
            "a ring of two meets a third processor; a Join is sent again",
            &["All Are in One Ring"],
            || Config::new(3),
            || {
                let environment = timeouts(Timer::Merge, &[0, 1, 2], 1, parted(3));
                timeouts(Timer::Join, &[0, 1, 2], 1, environment)
            },
        ),
    ),
    after(
        TWO_AND_ONE,
        Configuration::usual(
            "merge-recovery",
            "a ring of two, in which safe messages are sent, meets a third processor",
            &[
                "All Are in One Ring",
                "A Message Is Delivered in Transition",
            ],
            || Config::new(3),
            || {
                let environment = Environment {
                    requests: sending(&["s1", "s2"]).requests,
                    takers: vec![vec![0, 1], vec![0, 1]],
                    ..parted(3)
                };
                timeouts(Timer::Merge, &[2], 1, environment)
            },
        ),
    ),
    after(
        TWO_AND_TWO,
        Configuration::usual(
            "merge-four",
            "a ring of two meets another",
            &["All Are in One Ring"],
            || Config::new(4),
            || timeouts(Timer::Merge, &[2], 1, parted(4)),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "token-loss-two",
            "two messages, the second of them safe, in a ring of two that loses its token; one gives the \
             other up too early",
            &[
                "A Message Is Delivered in Transition",
                "An Agreed Message Is Delivered on One Side Alone",
            ],
            || Config::new(2),
            losing_token,
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "foreign-messages",
            "as token-loss-two with one message, where messages of foreign rings make processors look for \
             others",
            &["A Message Is Delivered in Transition"],
            || Config {
                foreign_messages: true,
                ..Config::new(2)
            },
            || {
                let environment = timeouts(Timer::Consensus, &[0, 1], 1, sending(&["s"]));
                some_rings(4, timeouts(Timer::Loss, &[0, 1], 1, environment))
            },
        ),
    ),
    after(
        THREE,
        Configuration::usual(
            "token-loss",
            "a safe message in a ring of three that loses its token",
            &["A Message Is Delivered in Transition"],
            || Config::new(3),
            || any_joins(3, timeouts(Timer::Loss, &[0, 1, 2], 1, sending(&["s"]))),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "failed-recovery",
            "a safe message in a ring of two; three times a token is lost",
            &["A Recovery Has Failed"],
            || Config::new(2),
            || any_joins(2, timeouts(Timer::Loss, &[0, 1], 3, sending(&["s"]))),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "failed-recovery-agreed",
            "a message in a ring of two; twice a token is lost",
            &["A Recovery Has Failed"],
            || Config::new(2),
            || timeouts(Timer::Loss, &[0, 1], 2, sending(&["a"])),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "failed-recovery-alone",
            "a safe message in a ring of two; twice a token is lost, and twice one gives the other up",
            &["A Recovery Has Failed"],
            || Config::new(2),
            || {
                let environment = timeouts(Timer::Loss, &[0, 1], 2, sending(&["s"]));
                timeouts(Timer::Consensus, &[0, 1], 2, environment)
            },
        ),
    ),
    after(
        THREE,
        Configuration::usual(
            "crash-recovery",
            "two messages in a ring of three; the third processor is cut off, and two tokens are lost",
            &["A Message Is Dropped", "A Recovery Has Failed"],
            || Config::new(3),
            || {
                let environment = Environment {
                    takers: vec![vec![2], vec![0, 1]],
                    links: Links::new([Partition::between([0, 1], [2])], 1, 0),
                    ..sending(&["a", "s"])
                };
                let pool = |timer, times| Timeouts::shared(timer, 0..2, times).while_cut();
                let environment = with(pool(Timer::Loss, 2), environment);
                with(pool(Timer::Consensus, 1), environment)
            },
        ),
    ),
    after(
        OBLIGED,
        Configuration::usual(
            "obligations",
            "a processor must deliver, with others, what it has promised to deliver with those who are gone",
            &["A Recovery Has Failed"],
            || Config::new(3),
            || some_rings(6, obliged()),
        ),
    ),
    after(
        FOLLOWED,
        Configuration::usual(
            "obligations-late",
            "as obligations, where the message that is missing came before the one that is there",
            &["A Recovery Has Failed", "A Message Is Dropped"],
            || Config::new(3),
            || some_rings(6, obliged()),
        ),
    ),
    after(
        THREE,
        Configuration::usual(
            "rejoins",
            "a safe message in a ring of three, of which one is cut off, goes on alone, and comes back",
            &["A Message Is Delivered in Transition"],
            || Config::new(3),
            rejoining,
        ),
    ),
    after(
        PARTED,
        Configuration::usual(
            "partition",
            "two sides have gone on apart, each with the same message, and meet again",
            &["All Are in One Ring"],
            || Config::new(3),
            || {
                let environment = timeouts(Timer::Loss, &[0, 2], 2, parted_with_messages());
                let environment = timeouts(Timer::Consensus, &[0, 2], 2, environment);
                timeouts(Timer::Merge, &[2], 1, environment)
            },
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "duplicates",
            "a safe message in a ring of two that loses its token; something arrives twice",
            &["A Message Is Delivered in Transition"],
            || Config {
                hops: None,
                ..Config::new(2)
            },
            || {
                let environment = Environment {
                    duplicates: 1,
                    ..sending(&["s"])
                };
                some_visits(30, timeouts(Timer::Loss, &[0, 1], 1, environment))
            },
        ),
    ),
    after(
        FLAGGED,
        Configuration::usual(
            "recovery-flags",
            "four recover three messages, of which each has others; a recovery has failed before",
            &[],
            || Config::new(4),
            || {
                let environment = Environment {
                    losses: 39,
                    ..of(&[&[1], &[2], &[3]], sending(&["a", "b", "c"]))
                };
                timeouts(Timer::Loss, &[0], 2, environment)
            },
        ),
    ),
    after(
        FLAGGED_AND_CUT,
        Configuration::usual(
            "recovery-flags-cut",
            "three recover what they have; a recovery with a fourth, which is gone, has failed before",
            &[],
            || Config::new(4),
            || {
                let environment = Environment {
                    losses: 36,
                    links: Links::new([Partition::between([0], [1, 2, 3])], 1, 0),
                    ..of(&[&[1], &[2], &[3]], sending(&["a", "b", "c"]))
                };
                let environment = timeouts(Timer::Loss, &[0], 1, environment);
                let environment = timeouts(Timer::Loss, &[1], 1, environment);
                timeouts(Timer::Consensus, &[1], 1, environment)
            },
        ),
    ),
    deep(after(
        THREE,
        Configuration::usual(
            "restart-deep",
            "one of three crashes, and a token is lost",
            &["A Processor Has Started Again"],
            || Config::new(3),
            further::crashing_one_of_three,
        ),
    )),
    after(
        TWO,
        Configuration::usual(
            "restart-two",
            "a safe message in a ring of two, of which one crashes",
            &["A Processor Has Started Again"],
            || Config::new(2),
            || crashing(Writes::Atomic),
        ),
    ),
    after(
        TWO_SYNCED,
        Configuration::usual(
            "durability",
            "as restart-two, where writes take time",
            &["A Processor Has Started Again", "A Write Is Pending"],
            || Config::new(2),
            || crashing(Writes::Synced),
        ),
    ),
    Configuration {
        channels: Channels::all(newest_joins, &["once", "newest"]),
        ..after(
            THREE,
            Configuration::usual(
                "false-suspicion-newest",
                "one gives up others too early in a ring of three that has lost its token; of Joins, the \
                 newest arrives alone",
                &["A Recovery Has Failed"],
                || Config::new(3),
                || {
                    let environment = timeouts(Timer::Loss, &[0, 1, 2], 1, Environment::default());
                    some_rings(5, timeouts(Timer::Consensus, &[0, 1, 2], 1, environment))
                },
            ),
        )
    },
    after(
        THREE,
        Configuration::usual(
            "false-suspicion",
            "one gives up others too early in a ring of three that has lost its token, and one ring is \
                 formed",
            &["A Ring Is Formed Without Someone"],
            || Config::new(3),
            || {
                let environment = timeouts(Timer::Loss, &[0, 1, 2], 1, Environment::default());
                some_rings(3, timeouts(Timer::Consensus, &[0, 1, 2], 1, environment))
            },
        ),
    ),
    deep(after(
        THREE,
        Configuration::usual(
            "false-suspicion-deep",
            "as false-suspicion, where those who were given up form a ring, too: the next one after the \
             first ring",
            &["A Ring Is Formed Without Someone"],
            || Config::new(3),
            || {
                let environment = timeouts(Timer::Loss, &[0, 1, 2], 1, Environment::default());
                let environment = timeouts(Timer::Consensus, &[0, 1, 2], 1, environment);
                numbered_up_to::<17>("rings after the next one", environment)
            },
        ),
    )),
    Configuration {
        channels: Channels::all(newest_joins, &["once", "newest"]),
        ..after(
            THREE,
            Configuration::usual(
                "false-suspicion-crash",
                "one of three crashes, and one gives up others too early; two more generations of rings; of \
                 Joins, the newest arrives alone",
                &["A Processor Has Started Again"],
                || Config::new(3),
                || {
                    let environment = timeouts(Timer::Loss, &[0, 1, 2], 1, Environment::default());
                    let environment = Environment {
                        crashes: 1,
                        ..timeouts(Timer::Consensus, &[0, 1, 2], 1, environment)
                    };
                    numbered_up_to::<21>("rings after the next two", environment)
                },
            ),
        )
    },
    deep(after(
        THREE,
        Configuration::usual(
            "failed-recovery-deep",
            "a safe message in a ring of three; twice a token is lost",
            &["A Recovery Has Failed"],
            || Config::new(3),
            || timeouts(Timer::Loss, &[0, 1, 2], 2, sending(&["s"])),
        ),
    )),
];

/// Whether a configuration has what a claim needs.
pub(super) fn has(configuration: &Configuration, premise: Premise) -> bool {
    if (configuration.config)().keeps_log != (premise == Premise::Log) {
        return false;
    }
    let environment = (configuration.environment)();
    let mut requests = environment.requests.iter();
    let messages = requests.any(|it| matches!(it, Message::Request(..)));
    let leaves = environment.requests.contains(&Message::Leave);
    let is_safe = |it: &Message| matches!(it, Message::Request(Service::Safe, _));
    let safe = environment.requests.iter().any(is_safe);
    let is_of_rings = |pool: &Timeouts<Processor>| !pool.timers.contains(&Timer::Resend);
    let leaves_deaf = (configuration.config)().stalled_visits.is_some();
    let ends = leaves_deaf || leaves || environment.timeouts.iter().any(is_of_rings);
    let rings = configuration.seed.is_none() || ends;
    // Whom the first steps cut off for good holds up every safe message.
    let cuts = |seed: &str| seed.contains("\ncut ");
    let is_cut = configuration.seed.is_some_and(cuts) && environment.links.heals == 0;
    let period = environment.period.as_ref();
    match premise {
        Premise::Log => true,
        Premise::TokensAreSentAgain => {
            let config = (configuration.config)();
            config.resends && config.hops.is_none()
        }
        Premise::Window => (configuration.config)().window == Some(WINDOW),
        Premise::Messages => messages,
        Premise::SafeMessages => safe,
        Premise::MessagesAcrossRings => messages && rings,
        Premise::SafeInRegular => safe && rings && !is_cut,
        Premise::Rings => rings,
        Premise::LeaveIsHeard => leaves && period.is_some_and(|it| it.begins.len() == 1),
        Premise::Clocks => period.is_some_and(|it| !it.clocks.is_empty()),
        Premise::JoinsComeFirst => !period.is_some_and(has_late_joins),
        Premise::Within(ticks) => {
            let is_quick = (configuration.config)().processors == 2 && !leaves_deaf;
            !period.is_some_and(has_late_joins) && ticks == if is_quick { 10 } else { 20 }
        }
    }
}

/// Whether a Join may come after the ring to which it has led: Joins arrive last.
fn has_late_joins(period: &Period<Processor>) -> bool {
    let join = Message::Join {
        procs: BTreeSet::new(),
        fails: BTreeSet::new(),
        number: 0,
    };
    period.last.is_some_and(|last| (last.is)(&join))
}
