//! Mutants that violate a promise.

use super::Mutant;
use crate::protocol::MutantFacts;
use crate::zab::message::{Message, Sync};
use crate::zab::rules::{Promise, diff_or_trunc};
use crate::zab::state::{LeaderPhase, Persistent, Progress};

/// Every one of them.
pub(super) const SAFETY: [Mutant; 18] = [
    Mutant {
        facts: MutantFacts {
            name: "delivers-at-proposal",
            about: "a leader delivers what one server holds",
            source: "Zab l.3.2",
            configuration: "stale-leader",
            property: "What Is Skipped Is Not Delivered",
            length: 15,
        },
        mutate: |rules| {
            rules.committed = |held| held.iter().copied().max().unwrap_or_default();
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "earlier-epoch-promised",
            about: "a follower goes back to an epoch before the one that it has promised",
            source: "Zab f.1.2",
            configuration: "sync-trunc",
            property: "Nothing Goes Back",
            length: 12,
        },
        mutate: |rules| {
            rules.promises = |offered, promised| match offered == promised {
                true => Promise::Repeated,
                false => Promise::Given,
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "promised-twice",
            about: "an epoch that was promised before is promised again, to another leader",
            source: "ZooKeeper, epoch −1",
            configuration: "sync-trunc",
            property: "Primary Uniqueness",
            length: 14,
        },
        mutate: |rules| {
            rules.promises = |offered, promised| match offered < promised {
                true => Promise::Refused,
                false => Promise::Given,
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "leader-does-not-promise",
            about: "a leader does not write the epoch that it offers",
            source: "ZOOKEEPER-1291",
            configuration: "broadcast",
            property: "Epochs Are Ordered",
            length: 5,
        },
        mutate: |rules| {
            rules.leader_promises = |before, _| before;
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "offers-before-durable",
            about: "a leader offers an epoch that is not on its disk yet",
            source: "ZOOKEEPER-1291",
            configuration: "durability",
            property: "Primary Uniqueness",
            length: 13,
        },
        mutate: |rules| {
            rules.leaves_before_save = |message, _| matches!(message, Message::LeaderInfo { .. });
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "promises-before-durable",
            about: "a follower promises an epoch that is not on its disk yet",
            source: "Zab f.1.2",
            configuration: "durability",
            property: "Primary Uniqueness",
            length: 13,
        },
        mutate: |rules| {
            rules.leaves_before_save = |message, _| matches!(message, Message::AckEpoch { .. });
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "accepts-before-durable",
            about: "a follower acknowledges NEWLEADER when the history is not on its disk yet",
            source: "ZOOKEEPER-3911",
            configuration: "durability",
            property: "A Quorum Holds What Is Delivered",
            length: 19,
        },
        mutate: |rules| {
            rules.leaves_before_save = |message, _| matches!(message, Message::AckNewLeader { .. });
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "acknowledges-before-durable",
            about: "a server acknowledges a proposal that is not on its disk yet",
            source: "ZOOKEEPER-4646",
            configuration: "durability",
            property: "A Quorum Holds What Is Delivered",
            length: 16,
        },
        mutate: |rules| {
            rules.leaves_before_save = |message, _| matches!(message, Message::Ack { .. });
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "epoch-before-history",
            about: "a follower writes the epoch of NEWLEADER first, and then the history",
            source: "ZOOKEEPER-4643",
            configuration: "handover",
            property: "Nothing Delivered Is Truncated",
            length: 21,
        },
        mutate: |rules| {
            rules.writes = |before, after| {
                let epoch = Persistent {
                    history: before.history.clone(),
                    ..after.clone()
                };
                let both =
                    before.current_epoch != after.current_epoch && before.history != after.history;
                match both {
                    true => vec![epoch, after.clone()],
                    false => vec![after.clone()],
                }
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "delivers-own-history",
            about: "a leader delivers its history when nobody else has accepted it",
            source: "Zab l.2.2; ZOOKEEPER-790",
            configuration: "stale-leader",
            property: "A Quorum Holds What Is Delivered",
            length: 12,
        },
        mutate: |rules| {
            rules.establishes = |_, _| true;
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "anyone-leads",
            about: "a leader does not ask whether its followers know more",
            source: "Zab 1.0",
            configuration: "three-epochs",
            property: "Initial History Integrity",
            length: 24,
        },
        mutate: |rules| {
            rules.is_ahead = |_, _| false;
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "history-is-not-compared",
            about: "a leader compares epochs with its followers, and not histories",
            source: "Zab l.1.2",
            configuration: "sync-trunc",
            property: "Nothing Delivered Is Truncated",
            length: 22,
        },
        mutate: |rules| {
            rules.is_ahead = |follower, leader| leader.0 < follower.0;
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "diff-for-trunc",
            about: "a follower keeps what the leader does not have",
            source: "ZOOKEEPER-1154",
            configuration: "sync-trunc",
            property: "No Server Stops",
            length: 21,
        },
        mutate: |rules| {
            rules.sync = |history, last| {
                let keep = history.last_up_to(last);
                (Sync::Diff(last), history.after(keep))
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "sync-has-a-hole",
            about: "a follower is sent the last of the transactions that it lacks",
            source: "ZOOKEEPER-2418",
            configuration: "primary-order",
            property: "Commit Consistency",
            length: 18,
        },
        mutate: |rules| {
            rules.sync = |history, last| {
                let keep = history.last_up_to(last);
                let sync = match keep == last {
                    true => Sync::Diff(last),
                    false => Sync::Trunc(keep),
                };
                let lacking = history.after(keep).pop();
                (sync, lacking.into_iter().collect())
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "snapshot-of-what-is-proposed",
            about: "a snapshot stands for what is not delivered yet",
            source: "ZOOKEEPER-1549",
            configuration: "snapshot-crash",
            property: "Total Order and Agreement",
            length: 17,
        },
        mutate: |rules| rules.may_compact = |_, _| true,
    },
    Mutant {
        facts: MutantFacts {
            name: "diff-for-snap",
            about: "a follower is sent what the leader holds, from wherever that begins",
            source: "ZOOKEEPER-2099, ZOOKEEPER-4925",
            configuration: "snapshot",
            property: "No Server Stops",
            length: 17,
        },
        mutate: |rules| rules.sync = diff_or_trunc,
    },
    Mutant {
        facts: MutantFacts {
            name: "proposes-to-few",
            about: "a leader proposes only to those that have acknowledged NEWLEADER",
            source: "Zab l.3.1",
            configuration: "broadcast",
            property: "No Server Stops",
            length: 17,
        },
        mutate: |rules| {
            rules.is_forwarded = |progress| progress == Progress::Synchronized;
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "broadcasts-early",
            about: "a leader takes what clients ask for before its history is committed",
            source: "Zab l.3.1",
            configuration: "primary-order",
            property: "Primary Integrity",
            length: 15,
        },
        mutate: |rules| {
            rules.serves = |phase| {
                matches!(
                    phase,
                    LeaderPhase::Synchronization { .. } | LeaderPhase::Broadcast { .. }
                )
            };
        },
    },
];
