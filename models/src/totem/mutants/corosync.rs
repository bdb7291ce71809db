//! Mutants by the rules of corosync 3.1.7, in whose recovery four things differ: what a failed one has
//! exchanged is forgotten, what it has counted is not, nobody leaves a message out because another has sent
//! it again, and the first token of a ring says that its members have less than nothing.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::totem::message::Token;
use crate::totem::rules::Rules;
use crate::totem::state::Termination;
use stateright::actor::Id;

/// Every one of them.
pub(super) const COROSYNC: [Mutant; 2] = [
    Mutant {
        facts: MutantFacts::new(
            "recovers-as-corosync",
            "a recovery by the rules of corosync 3.1.7, in which it was seen with real processes: it goes on \
             counting where the one that failed has stopped",
            "corosync, H1",
            ("failed-recovery-agreed", "EVS 4 Failure Atomicity"),
            Shortest::path(24, 9),
        ),
        mutate: |rules| {
            recover_as_corosync(rules);
            rules.left = |before| Termination {
                end: 0,
                ..before.clone()
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "keeps-flag-as-corosync",
            "a recovery by the rules of corosync that counts anew: that the processor has set the flag in the \
             one that failed is kept",
            "corosync, H2",
            ("recovery-flags-cut", "EVS 4 Failure Atomicity"),
            Shortest::path(21, 0),
        ),
        mutate: |rules| {
            recover_as_corosync(rules);
            rules.left = |before| Termination {
                has_set: before.has_set,
                ..Termination::default()
            };
        },
    },
];

/// Everything in which corosync's recovery differs but what it counts.
fn recover_as_corosync(rules: &mut Rules) {
    rules.keeps_recovered = || false;
    rules.prunes = || false;
    rules.first_aru = || NOTHING;
    rules.sets_aru = |own, token: &Token, id: Id| {
        is_less(own, token.aru) || token.aru_by.is_none_or(|owner| owner == id)
    };
    rules.safe = |now, before| match is_less(now, before) {
        true => known(now),
        false => known(before),
    };
    rules.is_complete = |_, aru, end| !is_less(aru, end);
}

/// One less than 0, where numbers go round.
const NOTHING: u64 = u64::MAX;

/// Whether a number comes before another where numbers go round.
fn is_less(one: u64, other: u64) -> bool {
    one.wrapping_add(1) < other.wrapping_add(1)
}

/// Up to where messages are safe.
fn known(aru: u64) -> u64 {
    if aru == NOTHING { 0 } else { aru }
}
