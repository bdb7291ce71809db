//! Mutants that violate a promise.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::raft::log::{EntryId, Index, Log};
use crate::raft::message::{AppendResult, Message};
use crate::raft::state::Persistent;

/// Every one of them.
pub(super) const SAFETY: [Mutant; 29] = [
    Mutant {
        facts: MutantFacts {
            name: "commit-earlier-term",
            about: "a leader commits an entry of an earlier term by counting replicas",
            source: "Raft §5.4.2, Fig. 8; LogCabin #44",
            configuration: "figure-8",
            property: "Leader Completeness",
            shortest: Shortest::path(20, 16),
        },
        mutate: |rules| rules.may_commit = |_, _| true,
    },
    Mutant {
        facts: MutantFacts {
            name: "amnesia",
            about: "term and vote are not restored after a crash",
            source: "Stateright's example raft.rs",
            configuration: "crash-recovery",
            property: "Election Safety",
            shortest: Shortest::path(8, 5),
        },
        mutate: |rules| {
            rules.restore = |stored| {
                let log = stored.clone().unwrap_or_default().log;
                Persistent {
                    log,
                    ..Persistent::default()
                }
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "two-writes",
            about: "vote and term are written one after the other",
            source: "hashicorp/raft #661",
            configuration: "durability",
            property: "One Vote per Term",
            shortest: Shortest::path(8, 1),
        },
        mutate: |rules| {
            rules.writes = |before, after| {
                let vote = Persistent {
                    current_term: before.current_term,
                    ..after.clone()
                };
                vec![vote, after.clone()]
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "acknowledge-before-durable",
            about: "a follower acknowledges entries that are not on its disk yet",
            source: "Raft Fig. 2",
            configuration: "durability",
            property: "Quorum Holds Commits",
            shortest: Shortest::path(7, 5),
        },
        mutate: |rules| {
            rules.leaves_before_save = |message, same_vote| {
                let early = matches!(
                    message,
                    Message::AppendEntries(_) | Message::AppendEntriesResponse(_)
                );
                same_vote && early
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "vote-before-durable",
            about: "a voter answers while its vote is on the way to the disk",
            source: "Raft Fig. 2; Raft thesis §3.8",
            configuration: "durability",
            property: "Durable before Visible",
            shortest: Shortest::path(3, 1),
        },
        mutate: |rules| {
            rules.leaves_before_save =
                |message, _| matches!(message, Message::RequestVoteResponse(_));
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "vote-for-anyone",
            about: "a voter does not ask whether the candidate is up to date",
            source: "Raft §5.4.1",
            configuration: "replication",
            property: "Leader Completeness",
            shortest: Shortest::path(8, 6),
        },
        mutate: |rules| rules.is_up_to_date = |_, _| true,
    },
    Mutant {
        facts: MutantFacts {
            name: "longest-log-wins",
            about: "logs are compared by length alone",
            source: "Raft §5.4.1",
            configuration: "replication",
            property: "Leader Completeness",
            shortest: Shortest::path(12, 10),
        },
        mutate: |rules| {
            rules.is_up_to_date = |candidate, voter| voter.index <= candidate.index;
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "votes-counted-twice",
            about: "a repeated answer counts as another vote",
            source: "Raft §5.2",
            configuration: "vote-counting",
            property: "Election Safety",
            shortest: Shortest::path(8, 7),
        },
        mutate: |rules| rules.count_vote = |votes, voter| votes.push(voter),
    },
    Mutant {
        facts: MutantFacts {
            name: "acknowledge-whole-log",
            about: "a follower acknowledges its last entry, not the last one of the message",
            source: "CCF #6001",
            configuration: "conflict",
            property: "Commit Evidence",
            shortest: Shortest::path(9, 8),
        },
        mutate: |rules| rules.acknowledge = |_, last| last,
    },
    Mutant {
        facts: MutantFacts {
            name: "truncate-always",
            about: "a follower drops whatever follows the entries of a message",
            source: "CCF #5927",
            configuration: "conflict",
            property: "Quorum Holds Commits",
            shortest: Shortest::path(7, 7),
        },
        mutate: |rules| {
            rules.merge = |log, prev, entries| {
                let mut cut = log.clone();
                cut.truncate_after(prev);
                entries.iter().for_each(|entry| cut.append(entry.clone()));
                cut
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "commit-unverified",
            about: "a follower commits up to its last entry, verified by the message or not",
            source: "Raft Fig. 2, AppendEntries 5",
            configuration: "conflict",
            property: "State Machine Safety",
            shortest: Shortest::path(10, 10),
        },
        mutate: |rules| {
            rules.follower_commit = |commit, leader, _, last| commit.max(leader.min(last))
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "commit-beyond-log",
            about: "a follower takes over the leader's commit index as it is",
            source: "TiKV #7353: to_commit out of range",
            configuration: "conflict",
            property: "No Server Stops",
            shortest: Shortest::path(7, 7),
        },
        mutate: |rules| rules.follower_commit = |commit, leader, _, _| commit.max(leader),
    },
    Mutant {
        facts: MutantFacts {
            name: "rejection-as-acknowledgement",
            about: "a leader takes a rejection for an acknowledgement",
            source: "CCF #5324",
            configuration: "pipelining",
            property: "Commit Evidence",
            shortest: Shortest::path(9, 9),
        },
        mutate: |rules| {
            rules.accepted = |result| match result {
                AppendResult::Accepted { matched } => Some(*matched),
                AppendResult::Rejected { prev, .. } => Some(*prev),
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "match-goes-back",
            about: "a late acknowledgement lowers the match index",
            source: "ongardie/raft.tla #18",
            configuration: "pipelining",
            property: "Nothing Goes Back",
            shortest: Shortest::path(11, 11),
        },
        mutate: |rules| rules.advance = |_, acknowledged| acknowledged,
    },
    Mutant {
        facts: MutantFacts {
            name: "previous-term-unchecked",
            about: "a follower checks that it has an entry before the new ones, not which",
            source: "Raft §5.3",
            configuration: "conflict",
            property: "Log Matching",
            shortest: Shortest::path(11, 11),
        },
        mutate: |rules| rules.matches = |log: &Log, prev: EntryId| prev.index <= log.last_index(),
    },
    Mutant {
        facts: MutantFacts {
            name: "stale-votes-count",
            about: "a vote given in an earlier term counts in the current one",
            source: "Raft §5.1",
            configuration: "election",
            property: "Election Safety",
            shortest: Shortest::path(7, 4),
        },
        mutate: |rules| rules.is_stale_vote = |_, _| false,
    },
    Mutant {
        facts: MutantFacts {
            name: "stale-acknowledgements-count",
            about: "an acknowledgement of an earlier term counts in the current one",
            source: "Raft §5.1; MongoDB SERVER-22136",
            configuration: "late-answers",
            property: "Commit Evidence",
            shortest: Shortest::path(11, 11),
        },
        mutate: |rules| rules.is_stale_acknowledgement = |_, _| false,
    },
    Mutant {
        facts: MutantFacts {
            name: "append-after-commit",
            about: "a leader puts a new entry after the last committed one, over its own entries",
            source: "ours",
            configuration: "replication",
            property: "Leader Append-Only",
            shortest: Shortest::path(4, 4),
        },
        mutate: |rules| rules.next_slot = |_, commit: Index| commit.next(),
    },
    Mutant {
        facts: MutantFacts {
            name: "commit-goes-back",
            about: "a late heartbeat lowers a follower's commit index",
            source: "ours, after Raft Fig. 2, AppendEntries 5",
            configuration: "conflict",
            property: "Nothing Goes Back",
            shortest: Shortest::path(9, 9),
        },
        mutate: |rules| {
            rules.follower_commit = |_, leader, last_new, _| leader.min(last_new);
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "vote-not-written",
            about: "the term is written, and the vote is not",
            source: "hashicorp/raft #661",
            configuration: "durability",
            property: "Durable before Visible",
            shortest: Shortest::path(4, 1),
        },
        mutate: |rules| {
            rules.writes = |_, after| {
                vec![Persistent {
                    voted_for: None,
                    ..after.clone()
                }]
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "half-elects",
            about: "half of the servers elect a leader",
            source: "Raft §5.2",
            configuration: "vote-counting",
            property: "Election Safety",
            shortest: Shortest::path(6, 5),
        },
        mutate: |rules| rules.elects = |votes, servers| servers <= 2 * votes,
    },
    Mutant {
        facts: MutantFacts {
            name: "half-commits",
            about: "an entry that half of the servers hold is committed",
            source: "Raft §5.3",
            configuration: "commit-four",
            property: "Commit Evidence",
            shortest: Shortest::path(7, 7),
        },
        mutate: |rules| {
            rules.held = |positions| {
                let mut positions = positions.to_vec();
                positions.sort_unstable();
                positions[positions.len() / 2]
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "match-from-commit",
            about: "a new leader takes what it knows to be committed for held by everyone",
            source: "ours, after Raft Fig. 2, matchIndex",
            configuration: "replication",
            property: "Match Is True",
            shortest: Shortest::path(10, 10),
        },
        mutate: |rules| rules.first_match = |commit| commit,
    },
    Mutant {
        facts: MutantFacts {
            name: "unanswered-as-acknowledged",
            about: "a leader that sends again takes all but the last message in flight for acknowledged",
            source: "ours",
            configuration: "lost-windows",
            property: "Match Is True",
            shortest: Shortest::path(1, 1),
        },
        mutate: |rules| {
            rules.rewound = |matched, in_flight| {
                let known = in_flight.iter().rev().nth(1);
                let matched = known.map_or(matched, |last| matched.max(*last));
                (matched, matched.next())
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "sends-again-from-match",
            about: "a leader that sends again begins with the last entry that was acknowledged",
            source: "ours",
            configuration: "lost-messages",
            property: "Nothing Goes Back",
            shortest: Shortest::path(8, 8),
        },
        mutate: |rules| rules.rewound = |matched, _| (matched, matched),
    },
    Mutant {
        facts: MutantFacts {
            name: "old-tail-on-disk",
            about: "entries that were dropped from the log stay on the disk, behind those that took their place",
            source: "ours",
            configuration: "conflict",
            property: "Disk Is Memory",
            shortest: Shortest::path(8, 8),
        },
        mutate: |rules| {
            rules.writes = |before, after| {
                let mut written = after.clone();
                let tail = before.log.entries_after(after.log.last_index());
                tail.for_each(|entry| written.log.append(entry.clone()));
                vec![written]
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "old-tail-in-memory",
            about: "a follower overwrites entries that conflict, and keeps those behind them",
            source: "Raft Fig. 2, AppendEntries 3",
            configuration: "conflict",
            property: "Terms Ascend",
            shortest: Shortest::path(8, 8),
        },
        mutate: |rules| {
            rules.merge = |log, prev, entries| {
                let mut merged = log.clone();
                merged.truncate_after(prev);
                let tail = log.entries_after(prev.plus(entries.len()));
                let all = entries.iter().chain(tail);
                all.for_each(|entry| merged.append(entry.clone()));
                merged
            };
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "command-twice",
            about: "a leader appends a client's command twice",
            source: "ours",
            configuration: "replication",
            property: "Validity",
            shortest: Shortest::path(8, 4),
        },
        mutate: |rules| rules.appended = |command| vec![command.clone(); 2],
    },
    Mutant {
        facts: MutantFacts {
            name: "command-exchanged",
            about: "a leader appends another command than the one that was requested",
            source: "ours",
            configuration: "replication",
            property: "Validity",
            shortest: Shortest::path(8, 4),
        },
        mutate: |rules| rules.appended = |_| vec!["other".into()],
    },
];
