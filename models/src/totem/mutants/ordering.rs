//! Mutants of what happens in one ring.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};

/// Every one of them.
pub(super) const ORDERING: [Mutant; 11] = [
    Mutant {
        facts: MutantFacts::new(
            "safe-at-one-sighting",
            "what everyone seems to have once is safe",
            "Totem, Lemma of stability",
            ("ordering", "A Safe Line Is Held"),
            Shortest::path(3, 3),
        ),
        mutate: |rules| rules.safe = |now, _| now,
    },
    Mutant {
        facts: MutantFacts::new(
            "discards-at-one-sighting",
            "what everyone seems to have once is discarded",
            "Totem, Lemma of stability",
            ("crash-recovery", "EVS 4 Failure Atomicity"),
            Shortest::path(23, 6),
        ),
        mutate: |rules| rules.discards = |(now, _), delivered| now.min(delivered),
    },
    Mutant {
        facts: MutantFacts::new(
            "anyone-raises-aru",
            "a processor raises the aru that another has lowered",
            "Totem, aru_id",
            ("ordering", "A Safe Line Is Held"),
            Shortest::path(6, 4),
        )
        .also(&["What Is Discarded Is Everywhere"]),
        mutate: |rules| rules.sets_aru = |_, _, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "any-hop-is-new",
            "a token that was here is taken again",
            "Totem, token_seq",
            ("token-resend", "EVS 6.2 Order"),
            Shortest::path(4, 3),
        )
        .also(&["A Token Is Taken Once"]),
        mutate: |rules| rules.is_new = |_, _, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "rings-have-no-number",
            "a message of a ring with the same representative is of the ring",
            "Totem, ring_id",
            ("token-loss-two", "EVS 1.3 Origin"),
            Shortest::path(6, 6),
        ),
        mutate: |rules| rules.is_of = |one, other| one.representative == other.representative,
    },
    Mutant {
        facts: MutantFacts::new(
            "places-are-given-twice",
            "the second message of a ring gets the place of the first",
            "Totem, seq",
            ("ordering", "EVS 6.2 Order"),
            Shortest::path(3, 3),
        ),
        mutate: |rules| rules.next_place = |last| last.max(1),
    },
    Mutant {
        facts: MutantFacts::new(
            "requests-are-kept",
            "a request for a message is kept when everyone has the message",
            "corosync, orf_token_rtr",
            ("window", "What Is Discarded Is Not Asked For"),
            Shortest::path(13, 12),
        ),
        mutate: |rules| rules.is_asked_for = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "window-is-ignored",
            "a processor sends whatever was sent in the rotation before",
            "Totem, fcc",
            ("window", "The Window Is Kept"),
            Shortest::path(3, 3),
        ),
        mutate: |rules| rules.window_left = |window, _| window,
    },
    Mutant {
        facts: MutantFacts::new(
            "sent-is-not-counted",
            "what a processor sends is not added to the sum of the token",
            "Totem, fcc",
            ("window", "What Is Sent Is Counted"),
            Shortest::path(1, 1),
        ),
        mutate: |rules| rules.counted = |_| 0,
    },
    Mutant {
        facts: MutantFacts::new(
            "serves-while-gathering",
            "a late token of a ring that did not come about is served while a processor looks for others",
            "corosync, d99fba72",
            ("failed-recovery-agreed", "Refines Virtual Synchrony"),
            Shortest::path(15, 9),
        ),
        mutate: |rules| rules.serves_late = || true,
    },
    Mutant {
        facts: MutantFacts::new(
            "fails-itself-when-deaf",
            "who does not receive messages believes that it has failed",
            "corosync, 22471e11",
            ("deaf", "Sets Are Sound"),
            Shortest::path(7, 7),
        ),
        mutate: |rules| rules.deaf = |owner, _| owner,
    },
];
