//! The configurations with a good period in which flow control holds messages up, or a processor does not
//! receive them.

use super::super::message::Message;
use super::super::processor::Processor;
use super::environments::{newest_joins, of, quiet, sending, some_rings};
use super::live::{arriving_last, live};
use super::ordering::{leaving_deaf, windowed};
use super::seeds::{THREE_QUIET, TWO};
use super::{Configuration, after};
use crate::system::{Channels, Environment, Last};

/// Every one.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    after(
        TWO,
        Configuration::usual(
            "live-window",
            "three messages in a ring of two, which sends one in a rotation; a message is lost before the good \
             period",
            &["A Message Waits for the Window in the Good Period"],
            || windowed(2),
            || {
                let messages = of(&[&[0], &[1], &[0, 1]], sending(&["a", "b", "s"]));
                let environment = Environment {
                    losses: 1,
                    ..messages
                };
                live(2, environment)
            },
        ),
    ),
    after(
        THREE_QUIET,
        Configuration::usual(
            "live-window-three",
            "two messages in a ring of three, which sends one in a rotation",
            &["A Message Waits for the Window in the Good Period"],
            || windowed(3),
            || live(3, quiet(of(&[&[0], &[1]], sending(&["s", "b"])))),
        ),
    ),
    after(
        TWO,
        Configuration::usual(
            "live-deaf-two",
            "two messages in a ring of two; who does not receive one for too long is left out, and comes back",
            &["A Recovery in the Good Period"],
            || leaving_deaf(2),
            || arriving_last(TOKENS_AND_MESSAGES, live(2, sending(&["a", "s"]))),
        ),
    ),
    Configuration {
        channels: Channels::all(newest_joins, &["once", "newest"]),
        ..after(
            THREE_QUIET,
            Configuration::usual(
                "live-deaf",
                "a message in a ring of three; who does not receive it for too long is left out, and comes back; \
                 one more ring is formed before the good period",
                &["A Ring without Someone Good"],
                || leaving_deaf(3),
                || {
                    let environment = some_rings(3, quiet(of(&[&[0]], sending(&["a"]))));
                    arriving_last(TOKENS_AND_MESSAGES, live(3, environment))
                },
            ),
        )
    },
];

/// So a token may come before a message again and again: its receiver is deaf, for as long as that goes on.
const TOKENS_AND_MESSAGES: Last<Processor> = Last {
    name: "tokens and messages",
    is: |message| {
        matches!(
            message,
            Message::Token(_) | Message::Commit(_) | Message::Regular(_)
        )
    },
};
