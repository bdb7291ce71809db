//! Mutants of PreVote and CheckQuorum.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::raft::state::Term;

/// Every one of them.
pub(super) const OF_LEASES: [Mutant; 5] = [
    Mutant {
        facts: MutantFacts::new(
            "campaigns-at-once",
            "a server that has been in a term campaigns without asking first",
            "Raft thesis §9.6",
            ("outsider", "A Settled Leader Stays"),
            Shortest::path(4, 2),
        ),
        mutate: |rules| rules.asks_first = |configured, term, _| configured && term == Term(0),
    },
    Mutant {
        facts: MutantFacts::new(
            "follower-forgets-leader",
            "a follower that has just heard its leader gives its vote to another",
            "Raft thesis §4.2.3",
            ("outsider", "A Settled Leader Stays"),
            Shortest::path(5, 3),
        ),
        mutate: |rules| rules.keeps_leader = |_, _| false,
    },
    Mutant {
        facts: MutantFacts::new(
            "leads-unheard",
            "a leader goes on that hears no majority",
            "Raft thesis §6.2",
            ("live-check-quorum", "A Leader Settles"),
            Shortest::lasso(14, 9, 18),
        ),
        mutate: |rules| rules.keeps_leading = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "refusal-hides-term",
            "a pre-candidate that lags behind is not told the term",
            "etcd #8501; openraft #1796",
            ("live-pre-vote", "A Leader Is Always Elected"),
            Shortest::lasso(16, 7, 17),
        )
        .also(&[
            "A Leader Can Settle",
            "A Leader within 7 Ticks",
            "At Most Five Elections",
        ]),
        mutate: |rules| {
            rules.pre_vote_term = |granted, asked, _| if granted { asked } else { asked.prev() };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "grant-of-own-term",
            "a granted pre-vote carries the term of the server that grants it",
            "etcd #8243",
            ("live-pre-vote", "A Leader Is Always Elected"),
            Shortest::lasso(3, 7, 7),
        ),
        mutate: |rules| rules.pre_vote_term = |_, _, own| own,
    },
];
