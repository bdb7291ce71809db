//! Mutants that violate no promise, and in the good period do not go on, or take longer.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::totem::processor::Timer;

/// Every one of them.
pub(super) const IN_PERIOD: [Mutant; 15] = [
    Mutant {
        facts: MutantFacts::new(
            "asks-up-to-own",
            "a processor asks for what is missing before the last message that it has",
            "corosync, 084d19cd",
            ("live-two", "Everything Is Delivered"),
            Shortest::lasso(7, 2, 5),
        ),
        mutate: |rules| rules.asks_up_to = |own, _| own,
    },
    Mutant {
        facts: MutantFacts::new(
            "heeds-exclusion",
            "a processor in a ring heeds a Join in which it has failed",
            "corosync, cfbb021e",
            ("live-suspicion", "One Ring Settles"),
            Shortest::lasso(5, 2, 4),
        ),
        mutate: |rules| rules.heeds_exclusion = || true,
    },
    Mutant {
        facts: MutantFacts::new(
            "who-has-failed-forms-it",
            "whoever has the lowest id is to form a ring, even if it has failed",
            "corosync, 9.1 M25",
            ("live-two", "One Ring Settles"),
            Shortest::lasso(12, 15, 12),
        ),
        mutate: |rules| rules.representative = |procs, _| procs.first().copied(),
    },
    Mutant {
        facts: MutantFacts::new(
            "forms-no-ring-alone",
            "a processor that is alone forms no ring",
            "Totem, 9.1 M35",
            ("live-two", "One Ring Settles"),
            Shortest::lasso(12, 15, 0),
        ),
        mutate: |rules| rules.is_enough = |members| 1 < members,
    },
    Mutant {
        facts: MutantFacts::new(
            "holds-for-ever",
            "an idle token is never let go",
            "corosync, hold",
            ("live-two", "One Ring Settles"),
            Shortest::lasso(1, 3, 0),
        )
        .also(&[
            "At Most Seven Rings",
            "EVS 2.2 Members Stay Together",
            "Everything Can Be Delivered",
            "One Ring Can Settle",
        ]),
        mutate: |rules| rules.arms = |timer| timer != Timer::Hold,
    },
    Mutant {
        facts: MutantFacts::new(
            "announces-nothing",
            "a ring is not announced",
            "corosync, merge detect",
            ("live-merge", "One Ring Settles"),
            Shortest::lasso(1, 5, 0),
        )
        .also(&["One Ring within 20 Ticks"]),
        mutate: |rules| rules.arms = |timer| timer != Timer::Merge,
    },
    Mutant {
        facts: MutantFacts::new(
            "joins-once",
            "a Join is not sent again",
            "Totem, 5",
            ("live-two", "One Ring within 10 Ticks"),
            Shortest::lasso(26, 0, 1),
        ),
        mutate: |rules| rules.arms = |timer| timer != Timer::Join,
    },
    Mutant {
        facts: MutantFacts::new(
            "loss-is-not-noticed",
            "nobody notices that a token is lost",
            "Totem, 5",
            ("live-two", "One Ring Settles"),
            Shortest::lasso(1, 0, 0),
        ),
        mutate: |rules| rules.arms = |timer| timer != Timer::Loss,
    },
    Mutant {
        facts: MutantFacts::new(
            "waits-for-all",
            "those who do not agree are waited for",
            "Totem, 5",
            ("live-two", "One Ring Settles"),
            Shortest::lasso(2, 2, 1),
        ),
        mutate: |rules| rules.arms = |timer| timer != Timer::Consensus,
    },
    Mutant {
        facts: MutantFacts::new(
            "resending-postpones-loss",
            "whenever a commit token is sent again, its loss is expected later",
            "ours",
            ("live-boot-resend", "One Ring Settles"),
            Shortest::lasso(3, 2, 5),
        ),
        mutate: |rules| rules.resending_postpones_loss = || true,
    },
    Mutant {
        facts: MutantFacts::new(
            "everyone-is-a-quorum",
            "the primary component is the ring of all",
            "EVS, primary component",
            ("live-log-three", "A Component Settles"),
            Shortest::lasso(43, 10, 41),
        ),
        mutate: |rules| rules.is_primary = |members, all| members == all,
    },
    Mutant {
        facts: MutantFacts::new(
            "last-message-is-never-safe",
            "the last message of a ring is not taken for safe before there is another one",
            "ours",
            ("live-log", "Commands Are Decided"),
            Shortest::lasso(8, 10, 0),
        ),
        mutate: |rules| rules.decided = |safe, _| safe.saturating_sub(1),
    },
    Mutant {
        facts: MutantFacts::new(
            "nobody-is-deaf",
            "who does not receive messages is never left",
            "Totem, fail_to_rcv_const",
            ("live-deaf", "Everything Is Delivered"),
            Shortest::lasso(12, 3, 7),
        )
        .also(&["Recoveries End"]),
        mutate: |rules| rules.deaf = |_, _| None,
    },
    Mutant {
        facts: MutantFacts::new(
            "small-share-is-none",
            "who has a share of less than one message in the window sends nothing",
            "Totem, window_size",
            ("live-window", "Everything Is Delivered"),
            Shortest::lasso(5, 2, 2),
        ),
        mutate: |rules| rules.least_share = |share| share,
    },
    Mutant {
        facts: MutantFacts::new(
            "leaver-agrees",
            "who leaves agrees to a ring, and has not failed",
            "corosync, e45bbcc9",
            ("live-leave-heard", "The Others Are in a Ring within 1 Tick"),
            Shortest::lasso(61, 0, 3),
        ),
        mutate: |rules| rules.leaver_agrees = || true,
    },
];
