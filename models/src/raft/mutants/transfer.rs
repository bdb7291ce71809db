//! Mutants of leadership transfer.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};

/// Every one of them.
pub(super) const OF_TRANSFER: [Mutant; 7] = [
    Mutant {
        facts: MutantFacts::new(
            "takes-commands-meanwhile",
            "a leader that transfers takes commands",
            "Raft thesis §3.10",
            ("transfer", "No Command during a Transfer"),
            Shortest::path(3, 3),
        ),
        mutate: |rules| rules.takes_commands = |_| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "target-is-behind",
            "whoever answers first is told to campaign, with the whole log or without",
            "Raft thesis §3.10",
            ("transfer", "The Target Has the Log"),
            Shortest::path(4, 3),
        ),
        mutate: |rules| rules.may_take_over = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "late-order-counts",
            "a server that is told to campaign does so in a later term, too",
            "ours",
            ("transfer", "The Target Begins the Next Term"),
            Shortest::path(7, 7),
        ),
        mutate: |rules| rules.heeds_timeout_now = |told, own| told <= own,
    },
    Mutant {
        facts: MutantFacts::new(
            "order-counts-as-vote",
            "the order to campaign counts as the leader's vote",
            "ours",
            ("transfer", "Refines Voting"),
            Shortest::path(5, 5),
        ),
        mutate: |rules| rules.first_votes = |told_by| told_by.into_iter().collect(),
    },
    Mutant {
        facts: MutantFacts::new(
            "refuses-for-ever",
            "a leader whose transfer has failed takes no command any more",
            "Raft thesis §3.10",
            ("live-transfer", "A Transfer Ends"),
            Shortest::lasso(6, 9, 4),
        ),
        mutate: |rules| rules.outlasted = |transfer| transfer,
    },
    Mutant {
        facts: MutantFacts::new(
            "leases-keep-leader-that-transfers",
            "a target gets no vote where the leader has just been heard",
            "Raft thesis §4.2.3",
            ("live-transfer-alone", "A Leader without a Tick"),
            Shortest::path(21, 6),
        ),
        mutate: |rules| rules.keeps_leader = |has_lease, _| has_lease,
    },
    Mutant {
        facts: MutantFacts::new(
            "target-asks-first",
            "a target asks who would vote for it, and hears the leader meanwhile",
            "canonical/raft #203",
            ("live-transfer-alone", "A Leader without a Tick"),
            Shortest::path(13, 5),
        ),
        mutate: |rules| rules.asks_first = |configured, _, _| configured,
    },
];
