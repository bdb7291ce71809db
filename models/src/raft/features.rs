//! The features of configurations, and the faults that a feature is not combined with.

use super::Raft;
use super::config::Refusals;
use super::message::Message;
use super::server::Timer;
use crate::protocol::{Feature, Uncombined};
use crate::system::Fault;

/// Every feature.
pub(super) const FEATURES: &[Feature<Raft>] = &[
    Feature {
        name: "no-op",
        is_on: |config, _| config.no_op,
    },
    Feature {
        name: "no no-op",
        is_on: |config, _| !config.no_op,
    },
    Feature {
        name: "commands",
        is_on: |_, environment| {
            let mut requests = environment.requests.iter();
            requests.any(|it| matches!(it, Message::ClientRequest(_)))
        },
    },
    Feature {
        name: "one entry a message",
        is_on: |config, _| config.entries_per_message == 1,
    },
    Feature {
        name: "byte limit",
        is_on: |config, _| config.bytes_per_message < usize::MAX,
    },
    Feature {
        name: "pipelining",
        is_on: |config, _| 1 < config.window,
    },
    Feature {
        name: "heartbeats",
        is_on: |_, environment| {
            let mut pools = environment.timeouts.iter();
            pools.any(|pool| pool.timers.contains(&Timer::Heartbeat) && pool.times != Some(0))
        },
    },
    Feature {
        name: "refusals",
        is_on: |config, _| config.refusals != Refusals::Silent,
    },
    Feature {
        name: "pre-vote",
        is_on: |config, _| config.pre_vote,
    },
    Feature {
        name: "check-quorum",
        is_on: |config, _| config.check_quorum,
    },
    Feature {
        name: "transfer",
        is_on: |_, environment| environment.requests.contains(&Message::Transfer),
    },
    Feature {
        name: "four servers or more",
        is_on: |config, _| 3 < config.servers,
    },
];

/// Why some features are searched without some faults.
pub(super) const UNCOMBINED: &[Uncombined] = &[
    Uncombined {
        features: &[
            "refusals",
            "pre-vote",
            "check-quorum",
            "transfer",
            "four servers or more",
        ],
        faults: &[Fault::Loss],
        why: "a message that is never delivered is as good as lost: what servers do after a loss, \
              they do without it, too, whatever is sent again",
    },
    Uncombined {
        features: &["byte limit"],
        faults: &[
            Fault::Crash,
            Fault::DownTime,
            Fault::LostWrite,
            Fault::Loss,
            Fault::Repeats,
        ],
        why: "what a message holds is one entry, all of them, or some, as with a limit of entries, \
              which is searched with each of these",
    },
    Uncombined {
        features: &[
            "no no-op",
            "one entry a message",
            "byte limit",
            "pipelining",
            "transfer",
        ],
        faults: &[Fault::Partition],
        why: "what crosses a partition is lost or late, and each message is so by itself, in any \
              combination, with losses or without",
    },
    Uncombined {
        features: &["heartbeats"],
        faults: &[Fault::Crash, Fault::DownTime, Fault::LostWrite],
        why: "a heartbeat writes nothing and tells nothing that an empty probe does not",
    },
    Uncombined {
        features: &["refusals"],
        faults: &[Fault::LostWrite],
        why: "a refusal reveals the term alone, which is saved before it as before any answer",
    },
    Uncombined {
        features: &["pre-vote"],
        faults: &[Fault::LostWrite],
        why: "a pre-vote writes nothing, and reveals nothing that is on the way to the disk: the term \
              of a refusal waits for it as that of any answer",
    },
    Uncombined {
        features: &["check-quorum"],
        faults: &[Fault::LostWrite],
        why: "a leader that steps down does what a leader does that hears of a later term, but for the \
              term; leases are volatile, and no promise on the disk depends on one",
    },
    Uncombined {
        features: &["transfer"],
        faults: &[Fault::LostWrite],
        why: "a transfer writes nothing, and the order to campaign reveals the leader's term alone; an \
              election that it begins writes what any election does",
    },
    Uncombined {
        features: &["four servers or more"],
        faults: &[Fault::Crash, Fault::DownTime, Fault::LostWrite],
        why: "a disk knows nothing of the number of servers; quorums do, and are volatile",
    },
];
