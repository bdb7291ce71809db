//! The configurations that are searched with every test.

use super::{Configuration, Profile, commands, elections, heartbeats, servers};
use crate::raft::config::{Config, Refusals};
use crate::system::{Channels, Environment, Links, Partition, Restart, SecondOpinion, Writes};

/// Every configuration that is searched with every test.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        name: "election",
        about: "three servers, any of which may campaign",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split", "Two Leaders Coexist"],
        config: || servers(3),
        environment: || Environment {
            timeouts: vec![elections(0..3, 5)],
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "election-replies",
        about: "every refused request is answered, so that stale messages act once more",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split", "A Refusal Is in Flight"],
        config: || Config {
            refusals: Refusals::All,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections(0..3, 3)],
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "election-five",
        about: "five servers, two of which campaign",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split"],
        config: || servers(5),
        environment: || Environment {
            timeouts: vec![elections(0..2, 3)],
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "vote-counting",
        about: "four servers, and every message may arrive again at any time",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split"],
        config: || servers(4),
        environment: || Environment {
            timeouts: vec![elections(0..2, 2)],
            ..Environment::default()
        },
        channels: Channels::for_ever(),
        seed: None,
        second_opinion: SecondOpinion::Unreduced,
    },
    Configuration {
        name: "commit-four",
        about: "a command among four servers, of which half are no majority",
        profile: Profile::Usual,
        witnesses: &["Two Leaders Coexist"],
        config: || servers(4),
        environment: || Environment {
            timeouts: vec![elections(0..2, 2)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::for_ever(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "replication",
        about: "a command through four elections",
        profile: Profile::Usual,
        witnesses: &[
            "Two Leaders Coexist",
            "An Earlier Term's Entry Is Committed",
        ],
        config: || servers(3),
        environment: || Environment {
            timeouts: vec![elections(0..3, 4)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "pipelining",
        about: "messages of one entry, two ahead of their answers",
        profile: Profile::Usual,
        witnesses: &["A Window Is Full"],
        config: || Config {
            entries_per_message: 1,
            window: 2,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections(0..2, 3)],
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "byte-limit",
        about: "a message ends where its bytes do; a command beyond the limit travels alone",
        profile: Profile::Usual,
        witnesses: &["A Message Is Full", "A Window Is Full"],
        config: || Config {
            bytes_per_message: 2,
            window: 2,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1)],
            requests: commands(&["a", "ccc", "bb"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "conflict",
        about: "diverged logs, hints, heartbeats below the conflict",
        profile: Profile::Usual,
        witnesses: &["A Follower Rejects", "An Earlier Term's Entry Is Committed"],
        config: || Config {
            entries_per_message: 1,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections(0..2, 3), heartbeats(0..3, 1)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "crash-recovery",
        about: "crashes with down time, and what comes back from disk",
        profile: Profile::Usual,
        witnesses: &["A Server Is Down", "A Server with a Log Is Down"],
        config: || servers(3),
        environment: || Environment {
            timeouts: vec![elections(0..3, 2)],
            crashes: 2,
            restart: Restart::Later,
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "durability",
        about: "writes become durable in a step of their own, with crashes in between",
        profile: Profile::Usual,
        witnesses: &[
            "A Server Is Down",
            "A Write Is Pending",
            "An Acknowledgement Is in Flight",
        ],
        config: || servers(3),
        environment: || Environment {
            timeouts: vec![elections(0..3, 2)],
            crashes: 2,
            restart: Restart::Later,
            writes: Writes::Synced,
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "figure-8",
        about: "entries of earlier terms on a majority, without the no-op that masks them",
        profile: Profile::Usual,
        witnesses: &["A Follower Rejects", "Two Leaders Coexist"],
        config: || Config {
            no_op: false,
            entries_per_message: 1,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections(0..2, 5)],
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "late-answers",
        about: "an acknowledgement of the third term is on its way when the fourth begins",
        profile: Profile::Usual,
        witnesses: &["Two Leaders Coexist"],
        config: || Config {
            no_op: false,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections([0], 3), elections([1], 2)],
            requests: commands(&["a", "b", "x", "y"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: Some(LATE_ANSWERS),
        second_opinion: SecondOpinion::Unreduced,
    },
    Configuration {
        name: "production",
        about: "the features of a running node: pipelined batches, stale terms answered, heartbeats",
        profile: Profile::Usual,
        witnesses: &[
            "A Refusal Is in Flight",
            "A Window Is Full",
            "A Batch Is in Flight",
        ],
        config: || Config {
            window: 2,
            entries_per_message: 2,
            refusals: Refusals::StaleTerm,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections(0..2, 2), heartbeats([0], 1)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "partition",
        about: "a server is cut off and comes back: what crosses the cut is lost",
        profile: Profile::Usual,
        witnesses: &["Two Leaders Coexist"],
        config: || servers(3),
        environment: || Environment {
            timeouts: vec![elections(0..3, 3)],
            links: Links::new([Partition::between([0], [1, 2])], 1, 1),
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "lost-messages",
        about: "a message is lost, a later heartbeat sends it again, and another server is elected",
        profile: Profile::Usual,
        witnesses: &["A Leader Sends Again"],
        config: || servers(3),
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1), heartbeats([0], 2)],
            losses: 1,
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "lost-windows",
        about: "a window of single entries is sent again, by a leader of the second term, while a \
                third begins",
        profile: Profile::Usual,
        witnesses: &["A Leader Sends Again", "A Window Is Full"],
        config: || Config {
            no_op: false,
            entries_per_message: 1,
            window: 2,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 2), heartbeats([0], 3)],
            losses: 1,
            requests: commands(&["x", "y", "a", "b"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: Some(LOST_WINDOWS),
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "duplicates",
        about: "three elections and two commands, and every message may arrive again at any time",
        profile: Profile::Usual,
        witnesses: &["Two Leaders Coexist"],
        config: || servers(3),
        environment: || Environment {
            timeouts: vec![elections(0..2, 3)],
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
        channels: Channels::for_ever(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "repeats",
        about: "windows of single entries, heartbeats and refusals, and every message may arrive again",
        profile: Profile::Usual,
        witnesses: &["A Refusal Is in Flight", "A Window Is Full"],
        config: || Config {
            no_op: false,
            entries_per_message: 1,
            window: 2,
            refusals: Refusals::StaleTerm,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1), heartbeats([0], 1)],
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
        channels: Channels::for_ever(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "lost-writes",
        about: "windows of single entries, each written in a step of its own, and a crash in between",
        profile: Profile::Usual,
        witnesses: &["A Server Is Down", "A Write Is Pending", "A Window Is Full"],
        config: || Config {
            no_op: false,
            entries_per_message: 1,
            window: 2,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1)],
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            requests: commands(&["a", "b"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Reduced,
    },
    Configuration {
        name: "refusals",
        about: "every refused request is answered, through two elections and a command",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split", "A Refusal Is in Flight"],
        config: || Config {
            refusals: Refusals::All,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Unreduced,
    },
    Configuration {
        name: "windows",
        about: "windows of two messages, each of a single entry, through two elections",
        profile: Profile::Usual,
        witnesses: &["A Window Is Full"],
        config: || Config {
            entries_per_message: 1,
            window: 2,
            ..servers(3)
        },
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1)],
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Unreduced,
    },
    Configuration {
        name: "heartbeats",
        about: "either of two leaders sends a heartbeat",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split"],
        config: || servers(3),
        environment: || Environment {
            timeouts: vec![elections(0..2, 2), heartbeats(0..2, 1)],
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Unreduced,
    },
    Configuration {
        name: "crash",
        about: "a server crashes and restarts later, through two elections and a command",
        profile: Profile::Usual,
        witnesses: &["A Server Is Down", "A Server with a Log Is Down"],
        config: || servers(3),
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1)],
            crashes: 1,
            restart: Restart::Later,
            requests: commands(&["a"]),
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Unreduced,
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
