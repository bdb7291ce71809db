//! Larger finite clusters, searched by hand: `quorate check --deep`.
//!
//! Each goes further than one of [`model`](super::model), which covers the same and is searched
//! with every test.

use super::config::Config;
use super::model::{
    Configuration, ELECTION_CLAIMS, LOG_CLAIMS, ONE_TERM_CLAIMS, commands, elections, heartbeats,
    servers,
};
use crate::system::{Budgets, Network, Restart, Writes};

/// Every configuration that is searched by hand.
pub const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        name: "election-deep",
        about: "three servers, any of which may campaign, seven times",
        claims: ELECTION_CLAIMS,
        witnesses: &["A Vote Is Split", "Two Leaders Coexist"],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections(0..3, 7)],
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "replication-deep",
        about: "two commands through four elections",
        claims: LOG_CLAIMS,
        witnesses: &[
            "Two Leaders Coexist",
            "An Earlier Term's Entry Is Committed",
        ],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections(0..3, 4)],
            requests: commands(&["a", "b"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "pipelining-deep",
        about: "three commands in messages of one entry, two ahead of their answers",
        claims: LOG_CLAIMS,
        witnesses: &["A Window Is Full"],
        config: || Config {
            entries_per_message: 1,
            window: 2,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 2)],
            requests: commands(&["a", "b", "c"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "conflict-deep",
        about: "logs that diverge through four elections, hints, heartbeats below the conflict",
        claims: LOG_CLAIMS,
        witnesses: &["A Follower Rejects", "An Earlier Term's Entry Is Committed"],
        config: || Config {
            entries_per_message: 1,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 4), heartbeats(0..3, 1)],
            requests: commands(&["a"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "crash-recovery-deep",
        about: "crashes with down time through three elections",
        claims: LOG_CLAIMS,
        witnesses: &["A Server Is Down", "A Server with a Log Is Down"],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections(0..3, 3)],
            crashes: 2,
            restart: Restart::Later,
            requests: commands(&["a"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "durability-deep",
        about: "writes become durable in a step of their own, with a crash in between, through three elections",
        claims: LOG_CLAIMS,
        witnesses: &[
            "A Server Is Down",
            "A Write Is Pending",
            "An Acknowledgement Is in Flight",
        ],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 3)],
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            requests: commands(&["a"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "late-answers-deep",
        about: "four commands through five elections, two of them of another server",
        claims: LOG_CLAIMS,
        witnesses: &["Two Leaders Coexist"],
        config: || Config {
            no_op: false,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections([0], 3), elections([1], 2)],
            requests: commands(&["a", "b", "x", "y"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "lost-messages-deep",
        about: "two messages are lost, and later heartbeats send them again",
        claims: ONE_TERM_CLAIMS,
        witnesses: &["A Leader Sends Again"],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections([0], 1), heartbeats([0], 2)],
            losses: 2,
            requests: commands(&["a", "b"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
];
