//! Mutants that violate no promise, and do not go on in the good period.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::zab::server::Timer;
use crate::zab::state::Zxid;

/// Every one of them.
pub(super) const IN_PERIOD: [Mutant; 6] = [
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
];
