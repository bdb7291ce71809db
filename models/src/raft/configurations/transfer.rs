//! The configurations in which a leader is asked to transfer its leadership.

use super::leases::settled;
use super::{
    CLOCKS_OF_LEASES, Configuration, commands, elections, heartbeats, leases, servers, with_both,
};
use crate::raft::config::{Config, Refusals};
use crate::raft::server::Server;
use crate::system::{Channels, Environment, Period, Restart, Stable};

/// Every one.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        channels: Channels::for_ever(),
        seed: Some(ELECTED),
        ..Configuration::usual(
            "transfer",
            "a leader with commands before and after is to stop; every message may arrive again; another \
                server may campaign by itself",
            &[
                "Leadership Is Transferred",
                "A Transfer Is Given Up",
                "Two Leaders Coexist",
            ],
            || servers(3),
            || Environment {
                timeouts: vec![
                    elections([0], 1),
                    elections([2], 1),
                    heartbeats([0], 1),
                    leases([0]),
                ],
                requests: commands(&["a", "transfer", "b"]),
                ..Environment::default()
            },
        )
    },
    Configuration {
        seed: Some(ELECTED_IN_LEASE),
        ..Configuration::usual(
            "transfer-leases",
            "with PreVote and CheckQuorum, and a server crashes; leases end at any time, and refusals are silent",
            &["Leadership Is Transferred", "A Transfer Is Given Up"],
            || Config {
                refusals: Refusals::Silent,
                ..with_both(3)
            },
            || Environment {
                timeouts: vec![elections([0], 1), elections([1], 1), leases(0..3)],
                requests: commands(&["transfer"]),
                crashes: 1,
                restart: Restart::Later,
                ..Environment::default()
            },
        )
    },
    Configuration {
        seed: Some(ELECTED_IN_LEASE),
        ..Configuration::usual(
            "live-transfer",
            "a leader is to stop, before the good period or in it, and the others may be down",
            &[],
            || with_both(3),
            || Environment {
                timeouts: vec![elections([0], 1), leases(0..3)],
                requests: commands(&["transfer"]),
                period: Some(Period {
                    requests: true,
                    ..of(&[&[0, 1], &[1, 2], &[0, 1, 2]])
                }),
                ..Environment::default()
            },
        )
    },
    Configuration {
        seed: Some(ELECTED_IN_LEASE),
        ..Configuration::usual(
            TRANSFER_ALONE,
            "a leader is to stop; nothing is lost, nobody is down, and no lease has ended",
            &[],
            || with_both(3),
            || Environment {
                timeouts: vec![elections([0], 1)],
                requests: commands(&["transfer"]),
                period: Some(Period {
                    requests: true,
                    ..Period::new(vec![Stable::of(0..3)], &CLOCKS_OF_LEASES)
                }),
                ..Environment::default()
            },
        )
    },
];

const TRANSFER_ALONE: &str = "live-transfer-alone";

/// Whether a configuration has nothing but a transfer.
pub(in crate::raft) fn is_transfer_alone(name: &str) -> bool {
    name == TRANSFER_ALONE
}

/// These become good, with what is in flight or without.
fn of(good: &[&[usize]]) -> Period<Server> {
    let good = good.iter().map(|good| Stable::of(good.iter().copied()));
    let losing = good.clone().map(Stable::losing_all);
    Period::new(good.chain(losing).collect(), &CLOCKS_OF_LEASES)
}

/// 0 leads, and everyone has its first entry.
const ELECTED: &str = "
timeout 0 Election
deliver 0->1 RequestVote
deliver 1->0 RequestVoteResponse
deliver 0->1 AppendEntries
deliver 1->0 AppendEntriesResponse
deliver 0->2 AppendEntries
deliver 2->0 AppendEntriesResponse
";

/// The same with PreVote.
const ELECTED_IN_LEASE: &str = settled!(
    "deliver 0->2 AppendEntries t1
deliver 2->0 AppendEntriesResponse t1
"
);
