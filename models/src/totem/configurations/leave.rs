//! The configurations in which a processor leaves.

use super::super::config::Config;
use super::super::processor::Timer;
use super::environments::{leavers_start_again, of, quiet, sending, timeouts};
use super::live::live;
use super::seeds::{THREE_QUIET, TWO};
use super::{Configuration, after};
use crate::system::{Environment, Stable};

/// Every one.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    after(
        THREE_QUIET,
        Configuration::usual(
            "leave-three",
            "a safe message in a ring of three, of which one leaves; no timer fires",
            &["The Others Are in a Ring without Who Left"],
            || Config::new(3),
            || quiet(sending(&["s", "leave"])),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "leave-and-return",
            "a safe message in a ring of two that loses its token; one leaves, and starts again",
            &[
                "The Other Is Alone without Who Left",
                "A Processor Has Started Again",
                "A Message Is Delivered in Transition",
            ],
            || Config::new(2),
            || {
                let environment = Environment {
                    crashes: 1,
                    ..timeouts(Timer::Loss, &[0, 1], 1, sending(&["s", "leave"]))
                };
                leavers_start_again(environment)
            },
        ),
    ),
    after(
        THREE_QUIET,
        Configuration::usual(
            "live-leave",
            "a safe message in a ring of three, of which one leaves before the good period",
            &["A Recovery in the Good Period"],
            || Config::new(3),
            || live(3, of(&[&[1]], quiet(sending(&["s", "leave"])))),
        ),
    ),
    after(
        THREE_QUIET,
        Configuration::usual(
            "live-leave-heard",
            "one of a ring of three leaves; nothing is lost, and nobody else is gone",
            &["A Recovery in the Good Period"],
            || Config::new(3),
            || {
                let environment = live(3, quiet(sending(&["leave"])));
                let period = environment.period.map(|mut period| {
                    period.begins = vec![Stable::of(0..3)];
                    period
                });
                Environment {
                    period,
                    ..environment
                }
            },
        ),
    ),
];
