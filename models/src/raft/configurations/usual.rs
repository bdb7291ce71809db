//! The configurations that are searched with every test.

use super::{Configuration, commands, elections, heartbeats, servers};
use crate::raft::config::{Config, Refusals};
use crate::system::{Channels, Environment, Links, Partition, Restart, SecondOpinion, Writes};

/// Every configuration that is searched with every test.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    Configuration::usual(
        "election",
        "three servers, any of which may campaign",
        &["A Vote Is Split", "Two Leaders Coexist"],
        || servers(3),
        || Environment {
            timeouts: vec![elections(0..3, 5)],
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "election-replies",
        "every refused request is answered, so that stale messages act once more",
        &["A Vote Is Split", "A Refusal Is in Flight"],
        || Config {
            refusals: Refusals::All,
            ..servers(3)
        },
        || Environment {
            timeouts: vec![elections(0..3, 3)],
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "election-five",
        "five servers, two of which campaign",
        &["A Vote Is Split"],
        || servers(5),
        || Environment {
            timeouts: vec![elections(0..2, 3)],
            ..Environment::default()
        },
    ),
    Configuration {
        channels: Channels::for_ever(),
        second_opinion: SecondOpinion::Unreduced,
        ..Configuration::usual(
            "vote-counting",
            "four servers, and every message may arrive again at any time",
            &["A Vote Is Split"],
            || servers(4),
            || Environment {
                timeouts: vec![elections(0..2, 2)],
                ..Environment::default()
            },
        )
    },
    Configuration {
        channels: Channels::for_ever(),
        ..Configuration::usual(
            "commit-four",
            "a command among four servers, of which half are no majority",
            &["Two Leaders Coexist"],
            || servers(4),
            || Environment {
                timeouts: vec![elections(0..2, 2)],
                requests: commands(&["a"]),
                ..Environment::default()
            },
        )
    },
    Configuration::usual(
        "replication",
        "a command through four elections",
        &[
            "Two Leaders Coexist",
            "An Earlier Term's Entry Is Committed",
        ],
        || servers(3),
        || Environment {
            timeouts: vec![elections(0..3, 4)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "pipelining",
        "messages of one entry, two ahead of their answers",
        &["A Window Is Full"],
        || Config {
            entries_per_message: 1,
            window: 2,
            ..servers(3)
        },
        || Environment {
            timeouts: vec![elections(0..2, 3)],
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "byte-limit",
        "a message ends where its bytes do; a command beyond the limit travels alone",
        &["A Message Is Full", "A Window Is Full"],
        || Config {
            bytes_per_message: 2,
            window: 2,
            ..servers(3)
        },
        || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1)],
            requests: commands(&["a", "ccc", "bb"]),
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "conflict",
        "diverged logs, hints, heartbeats below the conflict",
        &["A Follower Rejects", "An Earlier Term's Entry Is Committed"],
        || Config {
            entries_per_message: 1,
            ..servers(3)
        },
        || Environment {
            timeouts: vec![elections(0..2, 3), heartbeats(0..3, 1)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "crash-recovery",
        "crashes with down time, and what comes back from disk",
        &["A Server Is Down", "A Server with a Log Is Down"],
        || servers(3),
        || Environment {
            timeouts: vec![elections(0..3, 2)],
            crashes: 2,
            restart: Restart::Later,
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "durability",
        "writes become durable in a step of their own, with crashes in between",
        &[
            "A Server Is Down",
            "A Write Is Pending",
            "An Acknowledgement Is in Flight",
        ],
        || servers(3),
        || Environment {
            timeouts: vec![elections(0..3, 2)],
            crashes: 2,
            restart: Restart::Later,
            writes: Writes::Synced,
            requests: commands(&["a"]),
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "figure-8",
        "entries of earlier terms on a majority, without the no-op that masks them",
        &["A Follower Rejects", "Two Leaders Coexist"],
        || Config {
            no_op: false,
            entries_per_message: 1,
            ..servers(3)
        },
        || Environment {
            timeouts: vec![elections(0..2, 5)],
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
    ),
    Configuration {
        seed: Some(LATE_ANSWERS),
        second_opinion: SecondOpinion::Unreduced,
        ..Configuration::usual(
            "late-answers",
            "an acknowledgement of the third term is on its way when the fourth begins",
            &["Two Leaders Coexist"],
            || Config {
                no_op: false,
                ..servers(3)
            },
            || Environment {
                timeouts: vec![elections([0], 3), elections([1], 2)],
                requests: commands(&["a", "b", "x", "y"]),
                ..Environment::default()
            },
        )
    },
    Configuration::usual(
        "production",
        "the replication of a running node: pipelined batches, stale terms answered, heartbeats",
        &[
            "A Refusal Is in Flight",
            "A Window Is Full",
            "A Batch Is in Flight",
        ],
        || Config {
            window: 2,
            entries_per_message: 2,
            refusals: Refusals::StaleTerm,
            ..servers(3)
        },
        || Environment {
            timeouts: vec![elections(0..2, 2), heartbeats([0], 1)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "partition",
        "a server is cut off and comes back: what crosses the cut is lost",
        &["Two Leaders Coexist"],
        || servers(3),
        || Environment {
            timeouts: vec![elections(0..3, 3)],
            links: Links::new([Partition::between([0], [1, 2])], 1, 1),
            requests: commands(&["a"]),
            ..Environment::default()
        },
    ),
    Configuration::usual(
        "lost-messages",
        "a message is lost, a later heartbeat sends it again, and another server is elected",
        &["A Leader Sends Again"],
        || servers(3),
        || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1), heartbeats([0], 2)],
            losses: 1,
            requests: commands(&["a"]),
            ..Environment::default()
        },
    ),
    Configuration {
        seed: Some(LOST_WINDOWS),
        ..Configuration::usual(
            "lost-windows",
            "a window of single entries is sent again, by a leader of the second term, while a \
                third begins",
            &["A Leader Sends Again", "A Window Is Full"],
            || Config {
                no_op: false,
                entries_per_message: 1,
                window: 2,
                ..servers(3)
            },
            || Environment {
                timeouts: vec![elections([0], 1), elections([1], 2), heartbeats([0], 3)],
                losses: 1,
                requests: commands(&["x", "y", "a", "b"]),
                ..Environment::default()
            },
        )
    },
    Configuration {
        channels: Channels::for_ever(),
        ..Configuration::usual(
            "duplicates",
            "three elections and two commands, and every message may arrive again at any time",
            &["Two Leaders Coexist"],
            || servers(3),
            || Environment {
                timeouts: vec![elections(0..2, 3)],
                requests: commands(&["a", "b"]),
                ..Environment::default()
            },
        )
    },
    Configuration {
        channels: Channels::for_ever(),
        ..Configuration::usual(
            "repeats",
            "windows of single entries, heartbeats and refusals, and every message may arrive again",
            &["A Refusal Is in Flight", "A Window Is Full"],
            || Config {
                no_op: false,
                entries_per_message: 1,
                window: 2,
                refusals: Refusals::StaleTerm,
                ..servers(3)
            },
            || Environment {
                timeouts: vec![elections([0], 1), elections([1], 1), heartbeats([0], 1)],
                requests: commands(&["a", "b"]),
                ..Environment::default()
            },
        )
    },
    Configuration::usual(
        "lost-writes",
        "windows of single entries, each written in a step of its own, and a crash in between",
        &["A Server Is Down", "A Write Is Pending", "A Window Is Full"],
        || Config {
            no_op: false,
            entries_per_message: 1,
            window: 2,
            ..servers(3)
        },
        || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1)],
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
    ),
    Configuration {
        second_opinion: SecondOpinion::Unreduced,
        ..Configuration::usual(
            "refusals",
            "every refused request is answered, through two elections and a command",
            &["A Vote Is Split", "A Refusal Is in Flight"],
            || Config {
                refusals: Refusals::All,
                ..servers(3)
            },
            || Environment {
                timeouts: vec![elections([0], 1), elections([1], 1)],
                requests: commands(&["a"]),
                ..Environment::default()
            },
        )
    },
    Configuration {
        second_opinion: SecondOpinion::Unreduced,
        ..Configuration::usual(
            "windows",
            "windows of two messages, each of a single entry, through two elections",
            &["A Window Is Full"],
            || Config {
                entries_per_message: 1,
                window: 2,
                ..servers(3)
            },
            || Environment {
                timeouts: vec![elections([0], 1), elections([1], 1)],
                requests: commands(&["a"]),
                ..Environment::default()
            },
        )
    },
    Configuration {
        second_opinion: SecondOpinion::Unreduced,
        ..Configuration::usual(
            "heartbeats",
            "either of two leaders sends a heartbeat",
            &["A Vote Is Split"],
            || servers(3),
            || Environment {
                timeouts: vec![elections(0..2, 2), heartbeats(0..2, 1)],
                ..Environment::default()
            },
        )
    },
    Configuration {
        second_opinion: SecondOpinion::Unreduced,
        ..Configuration::usual(
            "crash",
            "a server crashes and restarts later, through two elections and a command",
            &["A Server Is Down", "A Server with a Log Is Down"],
            || servers(3),
            || Environment {
                timeouts: vec![elections([0], 1), elections([1], 1)],
                crashes: 1,
                restart: Restart::Later,
                requests: commands(&["a"]),
                ..Environment::default()
            },
        )
    },
];

/// Both logs end with an entry that the other lacks, and 2 has acknowledged the longer.
const LATE_ANSWERS: &str = "
# 0 leads term 1 and takes a and b.
timeout 0 Election
deliver 0->1 RequestVote t1
deliver 1->0 RequestVoteResponse t1
request 0
request 0
# 1 leads term 2 with the vote of 2 and takes x.
timeout 1 Election
deliver 1->2 RequestVote t2
deliver 2->1 RequestVoteResponse t2
request 1
# 0 leads term 3 with the vote of 2 and replicates a and b there.
deliver 1->0 RequestVote t2
timeout 0 Election
deliver 0->2 RequestVote t3
deliver 2->0 RequestVoteResponse t3
deliver 0->2 AppendEntries t3 []
deliver 2->0 AppendEntriesResponse t3 rejected
deliver 0->2 AppendEntries t3 [1:a, 1:b]
# 1 hears of term 3.
deliver 0->1 RequestVote t3
";

/// The window of 2 is full, 1 has another entry where it begins, and a first heartbeat has found
/// both unanswered.
const LOST_WINDOWS: &str = "
# 1 leads term 1 with the vote of 0 and takes x and y. Only x reaches 0, and is committed.
timeout 1 Election
deliver 1->0 RequestVote t1
deliver 0->1 RequestVoteResponse t1
deliver 1->0 AppendEntries t1 []
deliver 0->1 AppendEntriesResponse t1
request 1
request 1
deliver 1->0 AppendEntries t1 1:x
deliver 0->1 AppendEntriesResponse t1 matched 1
# 0 leads term 2 with the vote of 2 and takes a and b.
timeout 0 Election
deliver 0->2 RequestVote t2
deliver 2->0 RequestVoteResponse t2
request 0
request 0
# 2 gets x, and is sent a and b ahead.
deliver 0->2 AppendEntries t2
deliver 2->0 AppendEntriesResponse t2 rejected
deliver 0->2 AppendEntries t2 1:x
deliver 2->0 AppendEntriesResponse t2 matched 1
timeout 0 Heartbeat
";
