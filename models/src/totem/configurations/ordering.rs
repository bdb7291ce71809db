//! The configurations of one ring, and of a token that is sent again.

use super::super::config::Config;
use super::super::processor::Timer;
use super::super::properties::WINDOW;
use super::environments::{losing_token, of, sending, some_rings, some_visits, timeouts};
use super::seeds::{FOUR, THREE, TWO};
use super::{Configuration, after};
use crate::system::{Environment, SecondOpinion};

/// Every configuration of one ring.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    after(
        THREE,
        Configuration::usual(
            "ordering",
            "two messages, one of them safe, in a ring of three",
            &["A Message Is Asked For"],
            || Config::new(3),
            || sending(&["a", "s"]),
        ),
    ),
    after(
        THREE,
        Configuration::usual(
            "ordering-safe",
            "two safe messages in a ring of three",
            &["A Message Is Asked For"],
            || Config::new(3),
            || sending(&["s1", "s2"]),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "ordering-long",
            "four safe messages in a ring of two",
            &["A Message Is Asked For"],
            || Config::new(2),
            || sending(&["s1", "s2", "s3", "s4"]),
        ),
    ),
    after(
        FOUR,
        Configuration::usual(
            "ordering-four",
            "two safe messages in a ring of four",
            &["A Message Is Asked For"],
            || Config::new(4),
            || of(&[&[0], &[1]], sending(&["s1", "s2"])),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "window",
            "three messages in a ring of two, which sends one in a rotation",
            &["A Message Is Asked For"],
            || windowed(2),
            || of(&[&[0], &[1], &[0, 1]], sending(&["a", "b", "s"])),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "window-loss",
            "as window, where the token is lost, and one gives the other up too early",
            &["A Message Is Delivered in Transition"],
            || windowed(2),
            losing_token,
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "two-a-visit",
            "three messages in a ring of two, which sends two at a visit and asks for one at a time",
            &["A Message Is Asked For"],
            two_a_visit,
            || sending(&["a", "b", "s"]),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "two-a-visit-loss",
            "as two-a-visit, where the token is lost",
            &["A Message Is Delivered in Transition"],
            two_a_visit,
            || timeouts(Timer::Loss, &[0, 1], 1, sending(&["a", "b", "s"])),
        ),
    ),
    after(
        THREE,
        Configuration::usual(
            "deaf",
            "a message in a ring of three; who holds up the others is left out, and one more ring is formed",
            &["A Ring Is Formed Without Someone"],
            || leaving_deaf(3),
            || some_rings(3, of(&[&[0]], sending(&["s"]))),
        ),
    ),
    after(
        THREE,
        Configuration::usual(
            "deaf-loss",
            "as deaf, where the token is lost",
            &["A Ring Is Formed Without Someone"],
            || leaving_deaf(3),
            || {
                let environment = timeouts(Timer::Loss, &[0, 1], 1, of(&[&[0]], sending(&["s"])));
                some_rings(3, environment)
            },
        ),
    ),
    after(
        TWO,
        Configuration {
            second_opinion: SecondOpinion::Unreduced,
            ..Configuration::usual(
                "token-resend",
                "two messages in a ring of two, whose token is sent again once",
                &["A Message Is Delivered"],
                || resending(2),
                || {
                    some_visits(
                        40,
                        timeouts(Timer::Resend, &[0, 1], 1, sending(&["a", "s"])),
                    )
                },
            )
        },
    ),
    after(
        TWO,
        Configuration::usual(
            "commit-resend",
            "a safe message in a ring of two that loses its token; a token is sent again once",
            &["A Message Is Delivered in Transition"],
            || resending(2),
            || {
                let environment = timeouts(Timer::Loss, &[0, 1], 1, sending(&["s"]));
                some_visits(60, timeouts(Timer::Resend, &[0, 1], 1, environment))
            },
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "resend-crash",
            "a safe message in a ring of two, of which one crashes; a token is sent again once",
            &["A Processor Has Started Again"],
            || resending(2),
            || {
                let environment = timeouts(Timer::Loss, &[0, 1], 1, sending(&["s"]));
                let environment = timeouts(Timer::Resend, &[0, 1], 1, environment);
                some_visits(
                    25,
                    Environment {
                        crashes: 1,
                        ..environment
                    },
                )
            },
        ),
    ),
    after(
        THREE,
        Configuration::usual(
            "token-resend-three",
            "two safe messages in a ring of three, whose token is sent again once",
            &["A Message Is Delivered"],
            || resending(3),
            || {
                let environment = of(&[&[0], &[1]], sending(&["s1", "s2"]));
                some_visits(75, timeouts(Timer::Resend, &[0, 1, 2], 1, environment))
            },
        ),
    ),
];

/// All send one message in a rotation.
pub(super) fn windowed(processors: usize) -> Config {
    Config {
        window: Some(WINDOW),
        ..Config::new(processors)
    }
}

/// Who holds up the others at one visit is left out.
pub(super) fn leaving_deaf(processors: usize) -> Config {
    Config {
        stalled_visits: Some(1),
        ..Config::new(processors)
    }
}

/// A token is sent again, and told from the one before it.
pub(super) fn resending(processors: usize) -> Config {
    Config {
        resends: true,
        hops: None,
        ..Config::new(processors)
    }
}

fn two_a_visit() -> Config {
    Config {
        messages_per_visit: 2,
        missing_max: 1,
        ..Config::new(2)
    }
}
