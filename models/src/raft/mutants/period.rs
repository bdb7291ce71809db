//! Mutants that violate no promise, and do not go on in the good period.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::raft::rules::Arming;
use crate::raft::state::Role;

/// Every one of them.
pub(super) const IN_PERIOD: [Mutant; 12] = [
    Mutant {
        facts: MutantFacts::new(
            "no-no-op",
            "a new leader appends no entry of its own term",
            "Raft §8; Raft thesis §6.4",
            ("live-commit", "Logs Converge"),
            Shortest::lasso(12, 4, 5),
        )
        .also(&[
            "A Settled Leader Commits",
            "Committed within 4 Ticks",
            "Converged within 8 Ticks",
            "Logs Can Converge",
        ]),
        mutate: |rules| rules.begins_with_no_op = |_| false,
    },
    Mutant {
        facts: MutantFacts::new(
            "sends-once",
            "what was lost is never sent again",
            "Raft §5.5",
            ("live-silence", "Logs Converge"),
            Shortest::lasso(11, 4, 15),
        ),
        mutate: |rules| rules.sends_again = |_| false,
    },
    Mutant {
        facts: MutantFacts::new(
            "candidate-waits-for-ever",
            "a candidate arms no timer for the next election",
            "Raft §5.2",
            ("live-silence", "A Leader Is Always Elected"),
            Shortest::lasso(3, 0, 1),
        ),
        mutate: |rules| rules.arms = |arming| arming != Arming::CandidateWaits,
    },
    Mutant {
        facts: MutantFacts::new(
            "voter-does-not-wait",
            "a voter does not put off the election that it would begin itself",
            "Raft Fig. 2, Rules for Servers, Followers",
            ("live-delay", "At Most Four Elections"),
            Shortest::path(27, 6),
        ),
        mutate: |rules| rules.arms = |arming| arming != Arming::VoteIsGiven,
    },
    Mutant {
        facts: MutantFacts::new(
            "deposed-leader-waits-for-ever",
            "a leader that is deposed arms no election timer",
            "Raft §5.2",
            ("live-renamed", "A Leader Is Always Elected"),
            Shortest::lasso(6, 4, 5),
        ),
        mutate: |rules| rules.arms = |arming| arming != Arming::LeaderIsDeposed,
    },
    Mutant {
        facts: MutantFacts::new(
            "commits-with-entries-alone",
            "a follower heeds the commit index only beside entries",
            "Raft Fig. 2, AppendEntries 5",
            ("live-silence", "Logs Converge"),
            Shortest::lasso(8, 4, 11),
        ),
        mutate: |rules| rules.heeds_commit = |entries| 0 < entries,
    },
    Mutant {
        facts: MutantFacts::new(
            "probe-stays",
            "a rejected probe is sent again as it was",
            "Raft §5.3",
            ("live-silence", "A Leader Settles"),
            Shortest::lasso(9, 2, 10),
        ),
        mutate: |rules| rules.next_probe = |present, _| present,
    },
    Mutant {
        facts: MutantFacts::new(
            "vote-is-kept",
            "a vote is not forgotten with its term",
            "Raft Fig. 2, votedFor",
            ("live-renamed", "A Leader Is Always Elected"),
            Shortest::lasso(5, 6, 4),
        )
        .also(&["A Leader within 6 Ticks"]),
        mutate: |rules| rules.vote_in_new_term = |vote| vote,
    },
    Mutant {
        facts: MutantFacts::new(
            "only-better-logs-win",
            "a log that is as good as the voter's gets no vote",
            "Raft §5.4.1",
            ("live-renamed", "A Leader Is Always Elected"),
            Shortest::lasso(3, 6, 3),
        ),
        mutate: |rules| rules.is_up_to_date = |candidate, voter| voter < candidate,
    },
    Mutant {
        facts: MutantFacts::new(
            "candidate-ignores-leader",
            "a candidate does not hear the leader of its term",
            "Raft §5.2",
            ("live-silence", "At Most Four Elections"),
            Shortest::path(25, 13),
        ),
        mutate: |rules| rules.hears_leader = |role| !matches!(role, Role::Candidate { .. }),
    },
    Mutant {
        facts: MutantFacts::new(
            "beats-once",
            "a leader sends heartbeats once",
            "Raft §5.2",
            ("live-steady", "A Leader Settles"),
            Shortest::lasso(3, 22, 8),
        ),
        mutate: |rules| rules.arms = |arming| arming != Arming::LeaderBeats,
    },
    Mutant {
        facts: MutantFacts::new(
            "leader-is-not-heard",
            "a follower that hears its leader does not put off the next election",
            "Raft §5.2",
            ("live-steady", "A Leader Settles"),
            Shortest::lasso(3, 20, 9),
        ),
        mutate: |rules| rules.arms = |arming| arming != Arming::LeaderIsHeard,
    },
];
