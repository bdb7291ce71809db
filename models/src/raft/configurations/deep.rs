//! Larger finite clusters, searched by hand. Each goes further than a usual one, which covers the
//! same.

use super::{Configuration, Profile, commands, elections, heartbeats};
use crate::system::{Environment, Restart, SecondOpinion, Writes};

/// Every configuration that is searched by hand.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        name: "election-deep",
        about: "three servers, any of which may campaign, seven times",
        environment: || Environment {
            timeouts: vec![elections(0..3, 7)],
            ..Environment::default()
        },
        ..deep("election")
    },
    Configuration {
        name: "replication-deep",
        about: "two commands through four elections",
        environment: || Environment {
            timeouts: vec![elections(0..3, 4)],
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
        ..deep("replication")
    },
    Configuration {
        name: "pipelining-deep",
        about: "three commands in messages of one entry, two ahead of their answers",
        environment: || Environment {
            timeouts: vec![elections(0..2, 2)],
            requests: commands(&["a", "b", "c"]),
            ..Environment::default()
        },
        ..deep("pipelining")
    },
    Configuration {
        name: "conflict-deep",
        about: "logs that diverge through four elections, hints, heartbeats below the conflict",
        environment: || Environment {
            timeouts: vec![elections(0..2, 4), heartbeats(0..3, 1)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
        ..deep("conflict")
    },
    Configuration {
        name: "crash-recovery-deep",
        about: "crashes with down time through three elections",
        environment: || Environment {
            timeouts: vec![elections(0..3, 3)],
            crashes: 2,
            restart: Restart::Later,
            requests: commands(&["a"]),
            ..Environment::default()
        },
        ..deep("crash-recovery")
    },
    Configuration {
        name: "durability-deep",
        about: "writes become durable in a step of their own, a crash in between, three elections",
        environment: || Environment {
            timeouts: vec![elections(0..2, 3)],
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            requests: commands(&["a"]),
            ..Environment::default()
        },
        ..deep("durability")
    },
    Configuration {
        name: "late-answers-deep",
        about: "four commands through five elections, two of them of another server",
        seed: None,
        second_opinion: SecondOpinion::Reduced,
        ..deep("late-answers")
    },
    Configuration {
        name: "lost-messages-deep",
        about: "two commands; a message is lost and sent again, and another server is elected",
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1), heartbeats([0], 2)],
            losses: 1,
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
        ..deep("lost-messages")
    },
    Configuration {
        name: "lost-windows-deep",
        about: "a window of single entries is sent again, from the start, while a second term begins",
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1), heartbeats([0], 3)],
            losses: 1,
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
        seed: None,
        ..deep("lost-windows")
    },
];

/// The usual configuration that covers the same, searched by hand.
const fn deep(usual: &str) -> Configuration {
    let mut position = 0;
    while !is_same(super::usual::CONFIGURATIONS[position].name, usual) {
        position += 1;
    }
    Configuration {
        profile: Profile::Deep,
        ..super::usual::CONFIGURATIONS[position]
    }
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut position = 0;
    while position < one.len() && position < other.len() && one[position] == other[position] {
        position += 1;
    }
    position == one.len() && position == other.len()
}
