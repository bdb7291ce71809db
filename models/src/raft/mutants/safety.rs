//! Mutants that violate a promise.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::raft::log::{EntryId, Index, Log};
use crate::raft::message::{AppendResult, Message};
use crate::raft::state::Persistent;

/// Every one of them.
pub(super) const SAFETY: [Mutant; 29] = [
    Mutant {
        facts: MutantFacts::new(
            "commit-earlier-term",
            "a leader commits an entry of an earlier term by counting replicas",
            "Raft §5.4.2, Fig. 8; LogCabin #44",
            ("figure-8", "Leader Completeness"),
            Shortest::path(20, 16),
        ),
        mutate: |rules| rules.may_commit = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "amnesia",
            "term and vote are not restored after a crash",
            "Stateright's example raft.rs",
            ("crash-recovery", "Election Safety"),
            Shortest::path(8, 5),
        ),
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
        facts: MutantFacts::new(
            "two-writes",
            "vote and term are written one after the other",
            "hashicorp/raft #661",
            ("durability", "One Vote per Term"),
            Shortest::path(8, 1),
        ),
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
        facts: MutantFacts::new(
            "acknowledge-before-durable",
            "a follower acknowledges entries that are not on its disk yet",
            "Raft Fig. 2",
            ("durability", "Quorum Holds Commits"),
            Shortest::path(7, 5),
        ),
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
        facts: MutantFacts::new(
            "vote-before-durable",
            "a voter answers while its vote is on the way to the disk",
            "Raft Fig. 2; Raft thesis §3.8",
            ("durability", "Durable before Visible"),
            Shortest::path(3, 1),
        ),
        mutate: |rules| {
            rules.leaves_before_save =
                |message, _| matches!(message, Message::RequestVoteResponse(_));
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "vote-for-anyone",
            "a voter does not ask whether the candidate is up to date",
            "Raft §5.4.1",
            ("replication", "Leader Completeness"),
            Shortest::path(8, 6),
        ),
        mutate: |rules| rules.is_up_to_date = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "longest-log-wins",
            "logs are compared by length alone",
            "Raft §5.4.1",
            ("replication", "Leader Completeness"),
            Shortest::path(12, 10),
        ),
        mutate: |rules| {
            rules.is_up_to_date = |candidate, voter| voter.index <= candidate.index;
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "votes-counted-twice",
            "a repeated answer counts as another vote",
            "Raft §5.2",
            ("vote-counting", "Election Safety"),
            Shortest::path(8, 7),
        ),
        mutate: |rules| rules.count_vote = |votes, voter| votes.push(voter),
    },
    Mutant {
        facts: MutantFacts::new(
            "acknowledge-whole-log",
            "a follower acknowledges its last entry, not the last one of the message",
            "CCF #6001",
            ("conflict", "Commit Evidence"),
            Shortest::path(9, 8),
        ),
        mutate: |rules| rules.acknowledge = |_, last| last,
    },
    Mutant {
        facts: MutantFacts::new(
            "truncate-always",
            "a follower drops whatever follows the entries of a message",
            "CCF #5927",
            ("conflict", "Quorum Holds Commits"),
            Shortest::path(7, 7),
        )
        .also(&["Refines Total Order"]),
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
        facts: MutantFacts::new(
            "commit-unverified",
            "a follower commits up to its last entry, verified by the message or not",
            "Raft Fig. 2, AppendEntries 5",
            ("conflict", "State Machine Safety"),
            Shortest::path(10, 10),
        ),
        mutate: |rules| {
            rules.follower_commit = |commit, leader, _, last| commit.max(leader.min(last))
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "commit-beyond-log",
            "a follower takes over the leader's commit index as it is",
            "TiKV #7353: to_commit out of range",
            ("conflict", "No Server Stops"),
            Shortest::path(7, 7),
        ),
        mutate: |rules| rules.follower_commit = |commit, leader, _, _| commit.max(leader),
    },
    Mutant {
        facts: MutantFacts::new(
            "rejection-as-acknowledgement",
            "a leader takes a rejection for an acknowledgement",
            "CCF #5324",
            ("pipelining", "Commit Evidence"),
            Shortest::path(9, 9),
        ),
        mutate: |rules| {
            rules.accepted = |result| match result {
                AppendResult::Accepted { matched } => Some(*matched),
                AppendResult::Rejected { prev, .. } => Some(*prev),
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "match-goes-back",
            "a late acknowledgement lowers the match index",
            "ongardie/raft.tla #18",
            ("pipelining", "Nothing Goes Back"),
            Shortest::path(11, 11),
        ),
        mutate: |rules| rules.advance = |_, acknowledged| acknowledged,
    },
    Mutant {
        facts: MutantFacts::new(
            "previous-term-unchecked",
            "a follower checks that it has an entry before the new ones, not which",
            "Raft §5.3",
            ("conflict", "Log Matching"),
            Shortest::path(11, 11),
        ),
        mutate: |rules| rules.matches = |log: &Log, prev: EntryId| prev.index <= log.last_index(),
    },
    Mutant {
        facts: MutantFacts::new(
            "stale-votes-count",
            "a vote given in an earlier term counts in the current one",
            "Raft §5.1",
            ("election", "Election Safety"),
            Shortest::path(7, 4),
        ),
        mutate: |rules| rules.is_stale_vote = |_, _| false,
    },
    Mutant {
        facts: MutantFacts::new(
            "stale-acknowledgements-count",
            "an acknowledgement of an earlier term counts in the current one",
            "Raft §5.1; MongoDB SERVER-22136",
            ("late-answers", "Commit Evidence"),
            Shortest::path(11, 11),
        ),
        mutate: |rules| rules.is_stale_acknowledgement = |_, _| false,
    },
    Mutant {
        facts: MutantFacts::new(
            "append-after-commit",
            "a leader puts a new entry after the last committed one, over its own entries",
            "ours",
            ("replication", "Leader Append-Only"),
            Shortest::path(4, 4),
        ),
        mutate: |rules| rules.next_slot = |_, commit: Index| commit.next(),
    },
    Mutant {
        facts: MutantFacts::new(
            "commit-goes-back",
            "a late heartbeat lowers a follower's commit index",
            "ours, after Raft Fig. 2, AppendEntries 5",
            ("conflict", "Nothing Goes Back"),
            Shortest::path(9, 9),
        ),
        mutate: |rules| {
            rules.follower_commit = |_, leader, last_new, _| leader.min(last_new);
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "vote-not-written",
            "the term is written, and the vote is not",
            "hashicorp/raft #661",
            ("durability", "Durable before Visible"),
            Shortest::path(4, 1),
        ),
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
        facts: MutantFacts::new(
            "half-elects",
            "half of the servers elect a leader",
            "Raft §5.2",
            ("vote-counting", "Election Safety"),
            Shortest::path(6, 5),
        ),
        mutate: |rules| rules.elects = |votes, servers| servers <= 2 * votes,
    },
    Mutant {
        facts: MutantFacts::new(
            "half-commits",
            "an entry that half of the servers hold is committed",
            "Raft §5.3",
            ("commit-four", "Commit Evidence"),
            Shortest::path(7, 7),
        ),
        mutate: |rules| {
            rules.held = |positions| {
                let mut positions = positions.to_vec();
                positions.sort_unstable();
                positions[positions.len() / 2]
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "match-from-commit",
            "a new leader takes what it knows to be committed for held by everyone",
            "ours, after Raft Fig. 2, matchIndex",
            ("replication", "Match Is True"),
            Shortest::path(10, 10),
        ),
        mutate: |rules| rules.first_match = |commit| commit,
    },
    Mutant {
        facts: MutantFacts::new(
            "unanswered-as-acknowledged",
            "a leader that sends again takes all but the last message in flight for acknowledged",
            "ours",
            ("lost-windows", "Match Is True"),
            Shortest::path(1, 1),
        ),
        mutate: |rules| {
            rules.rewound = |matched, in_flight| {
                let known = in_flight.iter().rev().nth(1);
                let matched = known.map_or(matched, |last| matched.max(*last));
                (matched, matched.next())
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "sends-again-from-match",
            "a leader that sends again begins with the last entry that was acknowledged",
            "ours",
            ("lost-messages", "Nothing Goes Back"),
            Shortest::path(8, 8),
        ),
        mutate: |rules| rules.rewound = |matched, _| (matched, matched),
    },
    Mutant {
        facts: MutantFacts::new(
            "old-tail-on-disk",
            "entries that were dropped from the log stay on the disk, behind those that took their place",
            "ours",
            ("conflict", "Disk Is Memory"),
            Shortest::path(8, 8),
        ),
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
        facts: MutantFacts::new(
            "old-tail-in-memory",
            "a follower overwrites entries that conflict, and keeps those behind them",
            "Raft Fig. 2, AppendEntries 3",
            ("conflict", "Terms Ascend"),
            Shortest::path(8, 8),
        ),
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
        facts: MutantFacts::new(
            "command-twice",
            "a leader appends a client's command twice",
            "ours",
            ("replication", "Validity"),
            Shortest::path(8, 4),
        ),
        mutate: |rules| rules.appended = |command| vec![command.clone(); 2],
    },
    Mutant {
        facts: MutantFacts::new(
            "command-exchanged",
            "a leader appends another command than the one that was requested",
            "ours",
            ("replication", "Validity"),
            Shortest::path(8, 4),
        ),
        mutate: |rules| rules.appended = |_| vec!["other".into()],
    },
];
