//! Further configurations in which rings are formed: beside each of them stands a smaller one.

use super::super::config::Config;
use super::super::processor::{Processor, Timer};
use super::environments::{
    deep, letting_go, losing_token, newest_joins, of, parted, parted_with_messages, quiet,
    rejoining, sending, some_rings, some_visits, timeouts, with,
};
use super::ordering::resending;
use super::seeds::{PARTED, REPLACING, THREE, THREE_ALONE, THREE_QUIET, TWO, TWO_AND_ONE};
use super::{Configuration, after};
use crate::system::{Channels, Environment, Links, Partition, Timeouts};

/// Every one.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    after(
        THREE_ALONE,
        Configuration::usual(
            "merge-alone",
            "three that are alone meet; a Join is sent again",
            &["All Are in One Ring"],
            || Config::new(3),
            || {
                let environment = Environment {
                    losses: 6,
                    ..Environment::default()
                };
                let environment = timeouts(Timer::Merge, &[0, 1, 2], 1, environment);
                timeouts(Timer::Join, &[0, 1, 2], 1, environment)
            },
        ),
    ),
    after(
        TWO_AND_ONE,
        Configuration::usual(
            "two-sides",
            "a ring of two and a third processor, each with a message of its own, meet",
            &["All Are in One Ring", "Two Rings Deliver"],
            || Config::new(3),
            || {
                let environment = Environment {
                    requests: sending(&["a", "s"]).requests,
                    takers: vec![vec![0], vec![2]],
                    ..parted(3)
                };
                timeouts(Timer::Merge, &[2], 1, environment)
            },
        ),
    ),
    after(
        TWO_AND_ONE,
        Configuration::usual(
            "foreign-merge",
            "a message of a ring of two makes a third processor look for it",
            &["All Are in One Ring"],
            || Config {
                foreign_messages: true,
                ..Config::new(3)
            },
            || Environment {
                requests: sending(&["s"]).requests,
                takers: vec![vec![0, 1]],
                ..parted(3)
            },
        ),
    ),
    after(
        THREE_QUIET,
        Configuration::usual(
            "restart-three",
            "as restart-deep, where no Join is on its way before",
            &["A Processor Has Started Again"],
            || Config::new(3),
            || quiet(crashing_one_of_three()),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "token-loss-two-hold",
            "as token-loss-two, where the token of an idle ring is sent round at any time",
            &["A Message Is Delivered in Transition"],
            || Config::new(2),
            || letting_go(2, losing_token()),
        ),
    ),
    after(
        THREE,
        Configuration::usual(
            "rejoins-hold",
            "as rejoins, where the token of an idle ring is sent round at any time",
            &["A Message Is Delivered in Transition"],
            || Config::new(3),
            || letting_go(3, rejoining()),
        ),
    ),
    deep(after(
        THREE_QUIET,
        Configuration::usual(
            "token-resend-loss",
            "a safe message in a ring of three that loses its token; a token is sent again once",
            &["A Message Is Delivered in Transition"],
            || resending(3),
            || {
                let environment = quiet(sending(&["s"]));
                let environment = timeouts(Timer::Loss, &[0, 1, 2], 1, environment);
                some_visits(40, timeouts(Timer::Resend, &[0, 1, 2], 1, environment))
            },
        ),
    )),
    deep(Configuration {
        channels: Channels::all(newest_joins, &["once", "newest"]),
        ..after(
            REPLACING,
            Configuration::usual(
                "replace-four",
                "as obligations-late, where a fourth processor lives on that the second one may meet; of \
                 Joins, the newest arrives alone",
                &["A Recovery Has Failed"],
                || Config::new(4),
                replacing,
            ),
        )
    }),
    deep(after(
        PARTED,
        Configuration::usual(
            "partition-deep",
            "as partition, and the side of two loses its token",
            &["All Are in One Ring"],
            || Config::new(3),
            || {
                let environment = timeouts(Timer::Loss, &[0], 2, parted_with_messages());
                let environment = timeouts(Timer::Loss, &[2], 1, environment);
                let environment = timeouts(Timer::Consensus, &[0, 2], 2, environment);
                timeouts(Timer::Merge, &[2], 1, environment)
            },
        ),
    )),
    deep(after(
        THREE_QUIET,
        Configuration::usual(
            "crash-recovery-deep",
            "as crash-recovery, where what the third processor has sent may still arrive",
            &["A Message Is Dropped", "A Recovery Has Failed"],
            || Config::new(3),
            || {
                let environment = Environment {
                    takers: vec![vec![2], vec![0, 1]],
                    links: Links::new([Partition::one_way([0, 1], [2])], 1, 0),
                    ..quiet(sending(&["a", "s"]))
                };
                let pool = |timer, times| Timeouts::shared(timer, 0..2, times).while_cut();
                let environment = with(pool(Timer::Loss, 2), environment);
                with(pool(Timer::Consensus, 1), environment)
            },
        ),
    )),
    deep(after(
        THREE,
        Configuration::usual(
            "false-suspicion-crash-deep",
            "as false-suspicion-crash, where Joins arrive in every order, and one ring is formed",
            &[
                "A Processor Has Started Again",
                "A Ring Is Formed Without Someone",
            ],
            || Config::new(3),
            || {
                let consensus = timeouts(Timer::Consensus, &[0, 1, 2], 1, crashing_one_of_three());
                some_rings(3, consensus)
            },
        ),
    )),
];

/// One of three crashes, and a token is lost.
pub(super) fn crashing_one_of_three() -> Environment<Processor> {
    Environment {
        crashes: 1,
        ..timeouts(Timer::Loss, &[0, 1, 2], 1, Environment::default())
    }
}

/// A message of 0 and one of 1; 0 is cut off; a recovery of 1 and 2 fails, and 2 goes on, perhaps with 3.
fn replacing() -> Environment<Processor> {
    let environment = Environment {
        links: Links::new([Partition::between([0], [1, 2, 3])], 1, 0),
        ..of(&[&[0], &[1]], sending(&["a", "s"]))
    };
    let environment = timeouts(Timer::Loss, &[1], 1, environment);
    let environment = timeouts(Timer::Loss, &[2], 2, environment);
    let environment = timeouts(Timer::Consensus, &[1], 1, environment);
    some_rings(6, timeouts(Timer::Consensus, &[2], 1, environment))
}
