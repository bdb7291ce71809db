//! The features of configurations, and the faults that a feature is not combined with.

use super::Zab;
use super::config::Election;
use super::configurations::{epochs, forgets, leaves, transactions};
use crate::protocol::{Feature, Uncombined};
use crate::system::Fault;

/// Every feature.
pub(super) const FEATURES: &[Feature<Zab>] = &[
    Feature {
        name: "two epochs",
        is_on: |_, environment| 1 < epochs(environment),
    },
    Feature {
        name: "two transactions",
        is_on: |_, environment| 1 < transactions(environment),
    },
    Feature {
        name: "history in parts",
        is_on: |config, _| config.txns_per_message < usize::MAX,
    },
    Feature {
        name: "snapshots",
        is_on: |_, environment| forgets(environment),
    },
    Feature {
        name: "snapshots in parts",
        is_on: |config, _| config.bytes_per_message < usize::MAX,
    },
    Feature {
        name: "requests passed on",
        is_on: |config, _| config.forwards,
    },
    Feature {
        name: "fast leader election",
        is_on: |config, _| config.election == Election::Fast,
    },
    Feature {
        name: "few numbers",
        is_on: |config, _| config.counter_max < u32::MAX,
    },
    Feature {
        name: "a server leaves",
        is_on: |_, environment| 0 < leaves(environment),
    },
    Feature {
        name: "four servers",
        is_on: |config, _| config.servers == 4,
    },
    Feature {
        name: "five servers",
        is_on: |config, _| config.servers == 5,
    },
];

/// Why some features are searched without some faults.
pub(super) const UNCOMBINED: &[Uncombined] = &[
    Uncombined {
        features: &[
            "two epochs",
            "two transactions",
            "history in parts",
            "snapshots in parts",
            "requests passed on",
            "snapshots",
            "few numbers",
            "four servers",
            "five servers",
        ],
        faults: &[Fault::Loss, Fault::Repeats, Fault::Partition],
        why: "a session loses nothing alone and repeats nothing: it breaks, which is what happens where \
              one side gives up",
    },
    Uncombined {
        features: &[
            "history in parts",
            "snapshots in parts",
            "requests passed on",
            "few numbers",
        ],
        faults: &[Fault::Crash, Fault::DownTime, Fault::LostWrite],
        why: "parts are put on the disk together; what is passed on is on no disk yet; the end of the numbers \
              is an end of a role, and writes nothing",
    },
    Uncombined {
        features: &["fast leader election"],
        faults: &[Fault::Loss, Fault::Repeats, Fault::Partition],
        why: "the newest notification is told again and again; safety leans on none",
    },
    Uncombined {
        features: &["fast leader election"],
        faults: &[Fault::LostWrite],
        why: "an election reads the disk as it is when the election begins, as the oracle does",
    },
    Uncombined {
        features: &["a server leaves"],
        faults: &[
            Fault::Loss,
            Fault::Repeats,
            Fault::Partition,
            Fault::DownTime,
            Fault::LostWrite,
        ],
        why: "a server that leaves says nothing but that its sessions end, which is what happens where it \
              gives up, and writes nothing; until it starts again it does no more than one that is down",
    },
    Uncombined {
        features: &["four servers", "five servers"],
        faults: &[Fault::Crash, Fault::DownTime, Fault::LostWrite],
        why: "a disk knows nothing of the number of servers; quorums do, and are volatile",
    },
];
