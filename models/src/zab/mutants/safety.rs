//! Mutants that violate a promise.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::zab::message::{Message, Sync};
use crate::zab::rules::{Promise, diff_or_trunc};
use crate::zab::state::{Epoch, LeaderPhase, Persistent, Progress, Zxid};

/// Every one of them.
pub(super) const SAFETY: [Mutant; 33] = [
    Mutant {
        facts: MutantFacts::new(
            "delivers-at-proposal",
            "a leader delivers what one server holds",
            "Zab l.3.2",
            ("stale-leader", "What Is Skipped Is Not Delivered"),
            Shortest::path(15, 15),
        ),
        mutate: |rules| {
            rules.committed = |held| held.iter().copied().max().unwrap_or_default();
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "earlier-epoch-promised",
            "a follower goes back to an epoch before the one that it has promised",
            "Zab f.1.2",
            ("epochs-two-lead", "Nothing Goes Back"),
            Shortest::path(12, 12),
        )
        .also(&[
            "Leader Completeness",
            "Refines Primary Order",
            "Refines Voting",
        ]),
        mutate: |rules| {
            rules.promises = |offered, promised| match offered == promised {
                true => Promise::Repeated,
                false => Promise::Given,
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "promised-twice",
            "an epoch that was promised before is promised again, to another leader",
            "ZooKeeper, epoch −1",
            ("epochs-two-lead", "Primary Uniqueness"),
            Shortest::path(14, 13),
        ),
        mutate: |rules| {
            rules.promises = |offered, promised| match offered < promised {
                true => Promise::Refused,
                false => Promise::Given,
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "leader-does-not-promise",
            "a leader does not write the epoch that it offers",
            "ZOOKEEPER-1291",
            ("broadcast", "Epochs Are Ordered"),
            Shortest::path(5, 3),
        ),
        mutate: |rules| {
            rules.leader_promises = |before, _| before;
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "offers-before-durable",
            "a leader offers an epoch that is not on its disk yet",
            "ZOOKEEPER-1291",
            ("durability", "Primary Uniqueness"),
            Shortest::path(13, 4),
        ),
        mutate: |rules| {
            rules.leaves_before_save = |message, _| matches!(message, Message::LeaderInfo { .. });
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "promises-before-durable",
            "a follower promises an epoch that is not on its disk yet",
            "Zab f.1.2",
            ("durability", "Primary Uniqueness"),
            Shortest::path(13, 6),
        ),
        mutate: |rules| {
            rules.leaves_before_save = |message, _| matches!(message, Message::AckEpoch { .. });
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "accepts-before-durable",
            "a follower acknowledges NEWLEADER when the history is not on its disk yet",
            "ZOOKEEPER-3911, ZOOKEEPER-4785",
            ("durability", "A Quorum Holds What Is Delivered"),
            Shortest::path(19, 10),
        ),
        mutate: |rules| {
            rules.leaves_before_save = |message, _| matches!(message, Message::AckNewLeader { .. });
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "acknowledges-before-durable",
            "a server acknowledges a proposal that is not on its disk yet",
            "ZOOKEEPER-4646",
            ("durability", "A Quorum Holds What Is Delivered"),
            Shortest::path(16, 13),
        ),
        mutate: |rules| {
            rules.leaves_before_save = |message, _| matches!(message, Message::Ack { .. });
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "epoch-before-history",
            "a follower writes the epoch of NEWLEADER first, and then the history",
            "ZOOKEEPER-4643",
            ("handover", "Nothing Delivered Is Truncated"),
            Shortest::path(21, 9),
        ),
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
        facts: MutantFacts::new(
            "delivers-own-history",
            "a leader delivers its history when nobody else has accepted it",
            "Zab l.2.2; ZOOKEEPER-790",
            ("stale-leader", "A Quorum Holds What Is Delivered"),
            Shortest::path(12, 6),
        ),
        mutate: |rules| {
            rules.establishes = |_, _| true;
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "holders-have-accepted",
            "a leader counts those who have its history already, whatever their epoch",
            "Zab l.2.2; Raft, figure 8",
            ("five-held", "A Quorum Holds What Is Delivered"),
            Shortest::path(22, 10),
        ),
        mutate: |rules| {
            rules.have_accepted = |followers, last| {
                let have = |progress: &Progress| *progress == Progress::Promised(last);
                let holders = followers.iter().filter(|(_, progress)| have(progress));
                holders.map(|(follower, _)| *follower).collect()
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "delivers-what-is-handed-over",
            "a follower delivers the history that it is handed before a quorum has accepted it",
            "Zab f.2.2",
            ("five-inherited", "A Quorum Holds What Is Delivered"),
            Shortest::path(10, 10),
        ),
        mutate: |rules| rules.handed_delivered = |_, last| last,
    },
    Mutant {
        facts: MutantFacts::new(
            "command-twice",
            "a leader proposes a client's command twice",
            "Zab, Integrity",
            ("broadcast", "Integrity"),
            Shortest::path(13, 9),
        ),
        mutate: |rules| rules.proposed = |command| vec![command.clone(); 2],
    },
    Mutant {
        facts: MutantFacts::new(
            "command-exchanged",
            "a leader proposes another command than the one that was requested",
            "Zab, Integrity",
            ("broadcast", "Integrity"),
            Shortest::path(11, 9),
        ),
        mutate: |rules| rules.proposed = |_| vec!["other".into()],
    },
    Mutant {
        facts: MutantFacts::new(
            "own-history-counts",
            "a leader's acknowledgement to itself counts for all that it has, durable or not",
            "Zab l.3.2",
            ("writes-two-lead", "A Quorum Holds What Is Delivered"),
            Shortest::path(21, 15),
        ),
        mutate: |rules| rules.own_ack = |_, last| last,
    },
    Mutant {
        facts: MutantFacts::new(
            "commit-of-all",
            "a follower delivers all that it has when it is told of a commit",
            "Zab f.3.2",
            ("writes-two-lead", "A Quorum Holds What Is Delivered"),
            Shortest::path(21, 21),
        ),
        mutate: |rules| rules.delivered_at_commit = |_, last| last,
    },
    Mutant {
        facts: MutantFacts::new(
            "anyone-leads",
            "a leader does not ask whether its followers know more",
            "Zab 1.0",
            ("epochs-two-lead", "Initial History Integrity"),
            Shortest::path(24, 24),
        ),
        mutate: |rules| {
            rules.is_ahead = |_, _| false;
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "history-is-not-compared",
            "a leader compares epochs with its followers, and not histories",
            "Zab l.1.2",
            ("epochs-two-lead", "Nothing Delivered Is Truncated"),
            Shortest::path(22, 21),
        ),
        mutate: |rules| {
            rules.is_ahead = |follower, leader| leader.0 < follower.0;
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "diff-for-trunc",
            "a follower keeps what the leader does not have",
            "ZOOKEEPER-1154",
            ("epochs-two-lead", "No Server Stops"),
            Shortest::path(21, 19),
        ),
        mutate: |rules| {
            rules.sync = |history, last| {
                let keep = history.last_up_to(last);
                (Sync::Diff(last), history.after(keep))
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "sync-has-a-hole",
            "a follower is sent the last of the transactions that it lacks",
            "ZOOKEEPER-2418",
            ("primary-order", "Commit Consistency"),
            Shortest::path(18, 15),
        ),
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
        facts: MutantFacts::new(
            "snapshot-of-what-is-proposed",
            "a snapshot stands for what is not delivered yet",
            "ZOOKEEPER-1549",
            ("snapshot-crash", "Total Order and Agreement"),
            Shortest::path(13, 13),
        ),
        mutate: |rules| rules.may_compact = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "last-part-is-the-snapshot",
            "a part of a snapshot takes the place of those before it",
            "ours",
            ("snapshot-parts", "Snapshots Agree"),
            Shortest::path(19, 18),
        ),
        mutate: |rules| rules.joins = |parts, part| *parts = part.to_vec(),
    },
    Mutant {
        facts: MutantFacts::new(
            "diff-for-snap",
            "a follower is sent what the leader holds, from wherever that begins",
            "ZOOKEEPER-2099, ZOOKEEPER-4925",
            ("snapshot", "No Server Stops"),
            Shortest::path(18, 17),
        ),
        mutate: |rules| rules.sync = diff_or_trunc,
    },
    Mutant {
        facts: MutantFacts::new(
            "half-elects",
            "half of the servers are enough to win an epoch",
            "Zab l.1.1",
            ("four", "Primary Uniqueness"),
            Shortest::path(10, 4),
        ),
        mutate: |rules| rules.elects = |promised, servers| servers <= 2 * promised,
    },
    Mutant {
        facts: MutantFacts::new(
            "history-alone-is-compared",
            "a leader compares histories with its followers, and not epochs",
            "ZOOKEEPER-335, ZOOKEEPER-1082",
            ("abandoned-branch", "Nothing Delivered Is Truncated"),
            Shortest::path(14, 6),
        ),
        mutate: |rules| rules.is_ahead = |follower, leader| leader.1 < follower.1,
    },
    Mutant {
        facts: MutantFacts::new(
            "tree-for-history",
            "a server tells the end of what it has delivered for the end of its history",
            "ZOOKEEPER-2845",
            ("epochs-two-lead", "No Server Stops"),
            Shortest::path(16, 14),
        ),
        mutate: |rules| rules.end = |state| state.committed,
    },
    Mutant {
        facts: MutantFacts::new(
            "epoch-with-the-next-write",
            "the epoch of NEWLEADER is not written with the history, but with what is written next",
            "ZOOKEEPER-1282",
            ("crash-two-lead", "Nothing Delivered Is Truncated"),
            Shortest::path(23, 5),
        ),
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
        facts: MutantFacts::new(
            "old-role-writes-on",
            "what is left of the role before writes after TRUNC what TRUNC has dropped",
            "ZOOKEEPER-4712",
            ("abandoned-crash", "Zxids Ascend"),
            Shortest::path(6, 6),
        ),
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
        facts: MutantFacts::new(
            "numbers-go-on",
            "a leader goes on in the epoch and with the number of the last transaction",
            "ZOOKEEPER-582",
            ("three-transactions", "Log Matching"),
            Shortest::path(20, 20),
        ),
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
        facts: MutantFacts::new(
            "number-rolls-over",
            "the number after the largest begins another epoch",
            "ZOOKEEPER-1277",
            ("roll-over", "Zxids Ascend"),
            Shortest::path(10, 9),
        ),
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
        facts: MutantFacts::new(
            "commits-told-to-all",
            "a leader tells those what is committed that have not accepted NEWLEADER yet",
            "ZOOKEEPER-4394",
            ("broadcast", "No Server Stops"),
            Shortest::path(17, 16),
        ),
        mutate: |rules| {
            rules.is_told =
                |progress| matches!(progress, Progress::Synchronizing | Progress::Synchronized)
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "proposes-to-few",
            "a leader proposes only to those that have acknowledged NEWLEADER",
            "Zab l.3.1",
            ("broadcast", "No Server Stops"),
            Shortest::path(17, 13),
        ),
        mutate: |rules| {
            rules.is_forwarded = |progress| progress == Progress::Synchronized;
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "broadcasts-early",
            "a leader takes what clients ask for before its history is committed",
            "Zab l.3.1",
            ("primary-order", "Primary Integrity"),
            Shortest::path(15, 9),
        ),
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
