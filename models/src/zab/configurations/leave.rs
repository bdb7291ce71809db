//! The configurations in which a server is told to stop.

use super::elected::{CLOCKS, elected};
use super::{Configuration, environment, usual};
use crate::system::{Action, Environment, Move, Period, Restart, Stable, Timeouts, Total};
use crate::zab::message::Message;
use crate::zab::server::{Server, Timer};
use crate::zab::state::Role;

/// Every one.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    usual(
        "leave",
        "a server leaves, and a session breaks, on one side first; an oracle elects",
        &["A Server Leads without Who Left"],
        || leaving(environment(3, 0..3, 2, 1, &["a"])),
    ),
    usual(
        "leave-and-return",
        "a leader leaves, and starts again; another one leads, or the same; an oracle elects",
        &["A Server Leads without Who Left", "Who Left Is Back"],
        || Environment {
            crashes: 1,
            restart: Restart::AtOnce,
            totals: vec![Total {
                name: "crashes of others than who left",
                times: 0,
                count: others_crash,
            }],
            ..leaving(environment(3, 0..2, 2, 0, &["a"]))
        },
    ),
    Configuration {
        seed: Some(SETTLED),
        ..elected(
            "live-leave",
            "a transaction, and a server leaves, in a good period that begins where all follow a leader",
            &["A Server Follows Who Left"],
            || Environment {
                timeouts: vec![Timeouts::unlimited(Timer::Finalize, 0..3)],
                requests: vec![Message::Request("a".into()), Message::Leave],
                period: Some(Period {
                    requests: true,
                    ..Period::new(vec![Stable::of(0..3)], &CLOCKS)
                }),
                ..Environment::default()
            },
        )
    },
];

/// The same, and a server is told to stop.
fn leaving(mut environment: Environment<Server>) -> Environment<Server> {
    environment.requests.push(Message::Leave);
    environment
}

fn others_crash(moved: &Move<'_, Server>) -> u8 {
    let has_left = moved.before.up().is_some_and(|it| it.role == Role::Gone);
    u8::from(matches!(moved.action, Action::Restart { .. }) && !has_left)
}

/// All have voted for 2, and follow it.
const SETTLED: &str = "
deliver all within 0,1,2
timeout 2 Finalize
timeout 0 Finalize
timeout 1 Finalize
deliver all within 0,1,2
";
