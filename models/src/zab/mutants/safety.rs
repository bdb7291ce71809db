//! Mutants that violate a promise.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::zab::message::{Message, Sync};
use crate::zab::rules::{Promise, diff_or_trunc};
use crate::zab::state::{Epoch, LeaderPhase, Persistent, Progress, Zxid};

/// Every one of them.
pub(super) const SAFETY: [Mutant; 33] = [
    Mutant {
        facts: MutantFacts {
            name: "delivers-at-proposal",
            about: "a leader delivers what one server holds",
            source: "Zab l.3.2",
            configuration: "stale-leader",
            property: "What Is Skipped Is Not Delivered",
            shortest: Shortest::path(15, 15),
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
            configuration: "epochs-two-lead",
            property: "Nothing Goes Back",
            shortest: Shortest::path(12, 12),
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
            configuration: "epochs-two-lead",
            property: "Primary Uniqueness",
            shortest: Shortest::path(14, 13),
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
            shortest: Shortest::path(5, 3),
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
            shortest: Shortest::path(13, 4),
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
            shortest: Shortest::path(13, 6),
        },
        mutate: |rules| {
            rules.leaves_before_save = |message, _| matches!(message, Message::AckEpoch { .. });
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "accepts-before-durable",
            about: "a follower acknowledges NEWLEADER when the history is not on its disk yet",
            source: "ZOOKEEPER-3911, ZOOKEEPER-4785",
            configuration: "durability",
            property: "A Quorum Holds What Is Delivered",
            shortest: Shortest::path(19, 10),
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
            shortest: Shortest::path(16, 13),
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
            shortest: Shortest::path(21, 9),
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
            shortest: Shortest::path(12, 6),
        },
        mutate: |rules| {
            rules.establishes = |_, _| true;
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "holders-have-accepted",
            about: "a leader counts those who have its history already, whatever their epoch",
            source: "Zab l.2.2; Raft, figure 8",
            configuration: "five-held",
            property: "A Quorum Holds What Is Delivered",
            shortest: Shortest::path(22, 10),
        },
        mutate: |rules| {
            rules.have_accepted = |followers, last| {
                let have = |progress: &Progress| *progress == Progress::Promised(last);
                let holders = followers.iter().filter(|(_, progress)| have(progress));
                holders.map(|(follower, _)| *follower).collect()
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "delivers-what-is-handed-over",
            about: "a follower delivers the history that it is handed before a quorum has accepted it",
            source: "Zab f.2.2",
            configuration: "five-inherited",
            property: "A Quorum Holds What Is Delivered",
            shortest: Shortest::path(10, 10),
        },
        mutate: |rules| rules.handed_delivered = |_, last| last,
    },
    Mutant {
        facts: MutantFacts {
            name: "command-twice",
            about: "a leader proposes a client's command twice",
            source: "Zab, Integrity",
            configuration: "broadcast",
            property: "Integrity",
            shortest: Shortest::path(13, 9),
        },
        mutate: |rules| rules.proposed = |command| vec![command.clone(); 2],
    },
    Mutant {
        facts: MutantFacts {
            name: "command-exchanged",
            about: "a leader proposes another command than the one that was requested",
            source: "Zab, Integrity",
            configuration: "broadcast",
            property: "Integrity",
            shortest: Shortest::path(11, 9),
        },
        mutate: |rules| rules.proposed = |_| vec!["other".into()],
    },
    Mutant {
        facts: MutantFacts {
            name: "own-history-counts",
            about: "a leader's acknowledgement to itself counts for all that it has, durable or not",
            source: "Zab l.3.2",
            configuration: "writes-two-lead",
            property: "A Quorum Holds What Is Delivered",
            shortest: Shortest::path(21, 15),
        },
        mutate: |rules| rules.own_ack = |_, last| last,
    },
    Mutant {
        facts: MutantFacts {
            name: "commit-of-all",
            about: "a follower delivers all that it has when it is told of a commit",
            source: "Zab f.3.2",
            configuration: "writes-two-lead",
            property: "A Quorum Holds What Is Delivered",
            shortest: Shortest::path(21, 21),
        },
        mutate: |rules| rules.delivered_at_commit = |_, last| last,
    },
    Mutant {
        facts: MutantFacts {
            name: "anyone-leads",
            about: "a leader does not ask whether its followers know more",
            source: "Zab 1.0",
            configuration: "epochs-two-lead",
            property: "Initial History Integrity",
            shortest: Shortest::path(24, 24),
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
            configuration: "epochs-two-lead",
            property: "Nothing Delivered Is Truncated",
            shortest: Shortest::path(22, 21),
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
            configuration: "epochs-two-lead",
            property: "No Server Stops",
            shortest: Shortest::path(21, 19),
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
            shortest: Shortest::path(18, 15),
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
            shortest: Shortest::path(13, 13),
        },
        mutate: |rules| rules.may_compact = |_, _| true,
    },
    Mutant {
        facts: MutantFacts {
            name: "last-part-is-the-snapshot",
            about: "a part of a snapshot takes the place of those before it",
            source: "ours",
            configuration: "snapshot-parts",
            property: "Snapshots Agree",
            shortest: Shortest::path(19, 18),
        },
        mutate: |rules| rules.joins = |parts, part| *parts = part.to_vec(),
    },
    Mutant {
        facts: MutantFacts {
            name: "diff-for-snap",
            about: "a follower is sent what the leader holds, from wherever that begins",
            source: "ZOOKEEPER-2099, ZOOKEEPER-4925",
            configuration: "snapshot",
            property: "No Server Stops",
            shortest: Shortest::path(18, 17),
        },
        mutate: |rules| rules.sync = diff_or_trunc,
    },
    Mutant {
        facts: MutantFacts {
            name: "half-elects",
            about: "half of the servers are enough to win an epoch",
            source: "Zab l.1.1",
            configuration: "four",
            property: "Primary Uniqueness",
            shortest: Shortest::path(10, 4),
        },
        mutate: |rules| rules.elects = |promised, servers| servers <= 2 * promised,
    },
    Mutant {
        facts: MutantFacts {
            name: "history-alone-is-compared",
            about: "a leader compares histories with its followers, and not epochs",
            source: "ZOOKEEPER-335, ZOOKEEPER-1082",
            configuration: "abandoned-branch",
            property: "Nothing Delivered Is Truncated",
            shortest: Shortest::path(14, 6),
        },
        mutate: |rules| rules.is_ahead = |follower, leader| leader.1 < follower.1,
    },
    Mutant {
        facts: MutantFacts {
            name: "tree-for-history",
            about: "a server tells the end of what it has delivered for the end of its history",
            source: "ZOOKEEPER-2845",
            configuration: "epochs-two-lead",
            property: "No Server Stops",
            shortest: Shortest::path(16, 14),
        },
        mutate: |rules| rules.end = |state| state.committed,
    },
    Mutant {
        facts: MutantFacts {
            name: "epoch-with-the-next-write",
            about: "the epoch of NEWLEADER is not written with the history, but with what is written next",
            source: "ZOOKEEPER-1282",
            configuration: "crash-two-lead",
            property: "Nothing Delivered Is Truncated",
            shortest: Shortest::path(23, 5),
        },
        mutate: |rules| {
            rules.writes = |before, after| {
                let mut written = after.clone();
                if before.current_epoch != after.current_epoch {
                    written.current_epoch = before.current_epoch;
                }
                vec![written]
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "old-role-writes-on",
            about: "what is left of the role before writes after TRUNC what TRUNC has dropped",
            source: "ZOOKEEPER-4712",
            configuration: "abandoned-crash",
            property: "Zxids Ascend",
            shortest: Shortest::path(6, 6),
        },
        mutate: |rules| {
            rules.writes = |before, after| {
                let mut written = after.clone();
                let history = before.history.iter();
                let dropped = history.filter(|txn| !after.history.contains(txn.zxid));
                dropped.for_each(|txn| written.history.append(txn.clone()));
                vec![written]
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "numbers-go-on",
            about: "a leader goes on in the epoch and with the number of the last transaction",
            source: "ZOOKEEPER-582",
            configuration: "three-transactions",
            property: "Log Matching",
            shortest: Shortest::path(20, 20),
        },
        mutate: |rules| {
            rules.next = |last, epoch, _| match last.counter {
                0 => Some(Zxid { epoch, counter: 1 }),
                counter => Some(Zxid {
                    counter: counter + 1,
                    ..last
                }),
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "number-rolls-over",
            about: "the number after the largest begins another epoch",
            source: "ZOOKEEPER-1277",
            configuration: "roll-over",
            property: "Zxids Ascend",
            shortest: Shortest::path(10, 9),
        },
        mutate: |rules| {
            rules.next = |last, epoch, largest| {
                let counter = if last.epoch == epoch { last.counter } else { 0 };
                Some(match counter < largest {
                    true => Zxid {
                        epoch,
                        counter: counter + 1,
                    },
                    false => Zxid {
                        epoch: Epoch(epoch.0 + 1),
                        counter: 1,
                    },
                })
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "commits-told-to-all",
            about: "a leader tells those what is committed that have not accepted NEWLEADER yet",
            source: "ZOOKEEPER-4394",
            configuration: "broadcast",
            property: "No Server Stops",
            shortest: Shortest::path(17, 16),
        },
        mutate: |rules| {
            rules.is_told =
                |progress| matches!(progress, Progress::Synchronizing | Progress::Synchronized)
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "proposes-to-few",
            about: "a leader proposes only to those that have acknowledged NEWLEADER",
            source: "Zab l.3.1",
            configuration: "broadcast",
            property: "No Server Stops",
            shortest: Shortest::path(17, 13),
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
            shortest: Shortest::path(15, 9),
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
