//! Mutants that violate no promise, and do not go on in the good period.

use super::Mutant;
use crate::protocol::MutantFacts;
use crate::zab::server::Timer;
use crate::zab::state::Zxid;

/// Every one of them.
pub(super) const IN_PERIOD: [Mutant; 5] = [
    Mutant {
        facts: live(
            "leader-stays-alone",
            "a leader does not ask whether a quorum is with it",
            "ZooKeeper, syncLimit",
            ("live-crash", "A Leader Settles", 20),
        ),
        mutate: |rules| rules.stays = |_, _| true,
    },
    Mutant {
        facts: live(
            "notifies-once",
            "a vote that was lost is not told again",
            "ZooKeeper, FastLeaderElection",
            ("live-loss", "A Leader Is Always Established", 1),
        ),
        mutate: |rules| rules.arms = |timer| timer != Timer::Notify,
    },
    Mutant {
        facts: live(
            "never-gives-up",
            "nobody leaves a leader that is not heard, or leads for ever alone",
            "Zab, Phase 3",
            ("live-election", "A Leader Settles", 7),
        ),
        mutate: |rules| rules.arms = |timer| timer != Timer::GiveUp,
    },
    Mutant {
        facts: live(
            "first-vote-stays",
            "nobody changes its vote",
            "ZooKeeper, FastLeaderElection",
            ("live-election", "A Leader Is Always Established", 10),
        ),
        mutate: |rules| rules.is_better = |_, _| false,
    },
    Mutant {
        facts: live(
            "never-commits",
            "a leader counts no acknowledgement of a proposal",
            "Zab l.3.2",
            ("live-commit", "A Proposal Is Committed", 19),
        ),
        mutate: |rules| rules.committed = |_| Zxid::default(),
    },
];

/// What is known of a mutant that shows in the good period: name, what it does wrong, origin, and where
/// it is found.
const fn live(
    name: &'static str,
    about: &'static str,
    source: &'static str,
    (configuration, property, length): (&'static str, &'static str, usize),
) -> MutantFacts {
    MutantFacts {
        name,
        about,
        source,
        configuration,
        property,
        length,
    }
}
