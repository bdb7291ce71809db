//! The configurations of PreVote and CheckQuorum.

use super::{CLOCKS_OF_LEASES, Configuration, commands, elections, leases, servers, with_both};
use crate::raft::config::{Config, Refusals};
use crate::raft::server::{Server, Timer};
use crate::system::{Channels, Environment, Links, Partition, Period, Restart, Stable, Timeouts};

/// Every configuration of these features.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    Configuration::usual(
        "pre-vote",
        "whoever hears no leader asks first; leases end at any time",
        &["A Pre-Vote Is Granted", "Two Leaders Coexist"],
        || Config {
            pre_vote: true,
            ..servers(3)
        },
        || Environment {
            timeouts: vec![elections(0..3, 3), leases(0..3)],
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "check-quorum",
        "a leader that has not heard a majority steps down, at any time",
        &["A Leader Steps Down", "Two Leaders Coexist"],
        || Config {
            check_quorum: true,
            ..servers(3)
        },
        || Environment {
            timeouts: vec![elections(0..3, 2), leases(0..3)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "leases-crash",
        "both, as nodes run them, and a server crashes; leases end at any time",
        &["A Pre-Vote Is Granted", "A Leader Steps Down"],
        || with_both(3),
        || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1), leases(0..3)],
            crashes: 1,
            restart: Restart::Later,
            ..Environment::default()
        },
    ),
    Configuration {
        channels: Channels::for_ever(),
        seed: Some(SETTLED),
        ..Configuration::usual(
            "outsider",
            "a leader is settled; a third server hears what it hears, and stands for election, again \
                and again",
            &[],
            || with_both(3),
            || Environment {
                timeouts: vec![
                    elections([0], 1),
                    Timeouts::unlimited(Timer::Election, [2]),
                    Timeouts::unlimited(Timer::Heartbeat, [0]),
                ],
                requests: commands(&["a"]),
                ..Environment::default()
            },
        )
    },
    Configuration {
        channels: Channels::for_ever(),
        seed: Some(SETTLED_LATER),
        ..Configuration::usual(
            "outsider-before",
            "as outsider, but the third server has campaigned before, in a term that the leader had to outdo",
            &[],
            || with_both(3),
            || Environment {
                timeouts: vec![
                    elections([0], 2),
                    Timeouts::unlimited(Timer::Election, [2]),
                    Timeouts::unlimited(Timer::Heartbeat, [0]),
                ],
                requests: commands(&["a"]),
                ..Environment::default()
            },
        )
    },
    Configuration {
        channels: Channels::for_ever(),
        seed: Some(PARTED),
        ..Configuration::usual(
            "partial-links",
            "a leader is elected by three of five; the others have a link to one of its followers each, \
                and stand for election, again and again",
            &[],
            || with_both(5),
            || Environment {
                timeouts: vec![
                    elections([0], 1),
                    Timeouts::unlimited(Timer::Election, [3, 4]),
                    Timeouts::unlimited(Timer::Heartbeat, [0]),
                ],
                links: Links::new(
                    [
                        Partition::between([3], [0, 2, 4]),
                        Partition::between([4], [0, 1, 3]),
                    ],
                    2,
                    0,
                ),
                ..Environment::default()
            },
        )
    },
    Configuration::usual(
        "live-pre-vote",
        "whoever asks lags behind a term, after a crash: it is told, and there is a leader",
        &["An Old Term's Message in the Good Period"],
        || Config {
            pre_vote: true,
            refusals: Refusals::StaleTerm,
            ..servers(3)
        },
        || Environment {
            crashes: 1,
            restart: Restart::Later,
            ..live()
        },
    ),
    Configuration::usual(
        "live-check-quorum",
        "a leader whom nobody obeys steps down, and refusals are silent",
        &[],
        || Config {
            refusals: Refusals::Silent,
            no_op: false,
            ..with_both(3)
        },
        live,
    ),
    Configuration::usual(
        "live-as-nodes",
        "a command; both features, a no-op, and answers to requests of old terms, as nodes run them",
        &["An Old Term's Message in the Good Period"],
        || with_both(3),
        || Environment {
            requests: commands(&["a"]),
            ..live()
        },
    ),
];

/// Whether outsiders alone stand for election in a configuration, once the first one to do so is elected.
pub(in crate::raft) fn has_outsiders(name: &str) -> bool {
    ["outsider", "outsider-before", "partial-links"].contains(&name)
}

/// Two of three servers campaign once before the good period, which is theirs.
fn live() -> Environment<Server> {
    let both = Stable::of([0, 2]);
    Environment {
        timeouts: vec![elections([0], 1), elections([2], 1), leases(0..3)],
        period: Some(Period::new(
            vec![both.clone(), both.losing_all()],
            &CLOCKS_OF_LEASES,
        )),
        ..Environment::default()
    }
}

/// 0 leads, and 1 has heard it; the steps after that are given.
macro_rules! settled {
    ($after:literal) => {
        concat!(
            "
timeout 0 Election
deliver 0->1 PreVote t1
deliver 1->0 PreVoteResponse t1 granted
deliver 0->1 RequestVote t1
deliver 1->0 RequestVoteResponse t1 granted
deliver 0->1 AppendEntries t1
deliver 1->0 AppendEntriesResponse t1
",
            $after
        )
    };
}
pub(super) use settled;

/// No timer of theirs fires but heartbeats: the leader is heard in time.
const SETTLED: &str = settled!("");

/// 2 campaigns in term 2, and only 0 hears of it, which then is elected in term 3. The leader of an earlier
/// term would be deposed, once.
const SETTLED_LATER: &str = "
timeout 2 Election
deliver 2->1 PreVote t1
deliver 1->2 PreVoteResponse t1 granted
timeout 2 Election
deliver 2->1 PreVote t2
deliver 1->2 PreVoteResponse t2 granted
timeout 0 Election
deliver 0->2 PreVote t1
deliver 2->0 PreVoteResponse t2
timeout 0 Election
deliver 0->1 PreVote t3
deliver 1->0 PreVoteResponse t3 granted
deliver 0->1 RequestVote t3
deliver 1->0 RequestVoteResponse t3 granted
deliver 0->1 AppendEntries t3
deliver 1->0 AppendEntriesResponse t3
";

/// Links are cut, and 0 asks. It is elected, because the others have no majority to ask.
const PARTED: &str = "
cut 3 | 0,2,4
cut 4 | 0,1,3
timeout 0 Election
";
