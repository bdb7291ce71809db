//! Mutants that violate no promise, and do not go on in the good period.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::zab::server::Timer;
use crate::zab::state::{LeaderPhase, Zxid};
use stateright::actor::Id;

/// Every one of them.
pub(super) const IN_PERIOD: [Mutant; 11] = [
    Mutant {
        facts: MutantFacts::new(
            "leader-stays-alone",
            "a leader does not ask whether a quorum is with it",
            "ZooKeeper, syncLimit",
            ("live-crash", "A Leader Settles"),
            Shortest::lasso(15, 5, 17),
        ),
        mutate: |rules| rules.stays = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "notifies-once",
            "a vote that was lost is not told again",
            "ZooKeeper, FastLeaderElection",
            ("live-loss", "A Leader Is Always Established"),
            Shortest::lasso(1, 0, 0),
        ),
        mutate: |rules| rules.arms = |timer| timer != Timer::Notify,
    },
    Mutant {
        facts: MutantFacts::new(
            "pings-once",
            "a leader asks its followers once whether they are there",
            "ZooKeeper, Leader.lead",
            ("live-steady", "At Most Three Epochs"),
            Shortest::lasso(24, 16, 11),
        ),
        mutate: |rules| rules.arms = |timer| timer != Timer::Ping,
    },
    Mutant {
        facts: MutantFacts::new(
            "never-gives-up",
            "nobody leaves a leader that is not heard, or leads for ever alone",
            "Zab, Phase 3",
            ("live-election", "A Leader Settles"),
            Shortest::lasso(7, 0, 2),
        ),
        mutate: |rules| rules.arms = |timer| timer != Timer::GiveUp,
    },
    Mutant {
        facts: MutantFacts::new(
            "first-vote-stays",
            "nobody changes its vote",
            "ZooKeeper, FastLeaderElection",
            ("live-election", "A Leader Is Always Established"),
            Shortest::lasso(5, 5, 2),
        ),
        mutate: |rules| rules.is_better = |_, _| false,
    },
    Mutant {
        facts: MutantFacts::new(
            "never-commits",
            "a leader counts no acknowledgement of a proposal",
            "Zab l.3.2",
            ("live-commit", "A Proposal Is Committed"),
            Shortest::lasso(15, 4, 15),
        ),
        mutate: |rules| rules.committed = |_| Zxid::default(),
    },
    Mutant {
        facts: MutantFacts::new(
            "latecomers-are-not-told",
            "a leader says UPTODATE to those alone who accept its history before it is established",
            "ZooKeeper, UPTODATE",
            ("live-loss", "Followers Synchronize"),
            Shortest::lasso(19, 6, 19),
        ),
        mutate: |rules| rules.is_told_at_joining = || false,
    },
    Mutant {
        facts: MutantFacts::new(
            "all-vote-for-one",
            "a server votes at first for the one with the largest id, and not for itself",
            "ZooKeeper, FastLeaderElection",
            ("live-crash", "A Leader Can Settle"),
            Shortest::path(1, 0),
        ),
        mutate: |rules| rules.first_vote = |_, servers| Id::from(servers - 1),
    },
    Mutant {
        facts: MutantFacts::new(
            "leads-once-more",
            "a leader that has lost its quorum begins to lead anew, and then looks for a leader",
            "ZooKeeper, Leader.shutdown",
            ("live-election", "A Leader within 12 Ticks"),
            Shortest::path(72, 52),
        ),
        mutate: |rules| rules.looks = |phase| !matches!(phase, LeaderPhase::Broadcast { .. }),
    },
    Mutant {
        facts: MutantFacts::new(
            "truncates-nothing",
            "a follower acknowledges TRUNC, and drops nothing",
            "ZOOKEEPER-1154",
            ("live-commit", "Histories Converge"),
            Shortest::lasso(49, 6, 47),
        ),
        mutate: |rules| rules.truncate = |_, _| (),
    },
    Mutant {
        facts: MutantFacts::new(
            "leaves-in-silence",
            "a server that leaves closes no session",
            "ours",
            ("live-leave", "A Leave Is Heard without a Tick"),
            Shortest::path(22, 6),
        )
        .also(&[
            "Histories Can Converge",
            "The Others Have a Leader within 2 Ticks",
        ]),
        mutate: |rules| rules.closes_when_leaving = || false,
    },
];
