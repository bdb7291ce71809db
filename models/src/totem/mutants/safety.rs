//! Mutants of the membership, of the recovery and of the log that violate a promise.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::totem::message::Service;
use crate::totem::state::Termination;

/// Every one of them.
pub(super) const SAFETY: [Mutant; 32] = [
    Mutant {
        facts: MutantFacts::new(
            "delivers-past-gaps",
            "after a gap, messages of anybody are delivered",
            "Totem, 5",
            ("crash-recovery", "EVS 5 Causality"),
            Shortest::path(11, 11),
        ),
        mutate: |rules| rules.is_obliged = |_, _, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "delivers-nothing-past-gaps",
            "after a gap, not even own messages are delivered",
            "Totem, 5",
            ("crash-recovery", "EVS 3 Self-Delivery"),
            Shortest::path(9, 9),
        ),
        mutate: |rules| rules.is_obliged = |_, _, _| false,
    },
    Mutant {
        facts: MutantFacts::new(
            "recovered-is-forgotten",
            "what a recovery has exchanged is forgotten if it fails",
            "corosync, 9.3 H5",
            ("failed-recovery", "EVS 7.1 Safe"),
            Shortest::path(29, 16),
        ),
        mutate: |rules| rules.keeps_recovered = || false,
    },
    Mutant {
        facts: MutantFacts::new(
            "obliged-to-those-together",
            "earlier obligations are forgotten",
            "Totem, deliver_memb",
            ("obligations", "EVS 7.1 Safe"),
            Shortest::path(17, 17),
        ),
        mutate: |rules| rules.obligation = |together, _| together.clone(),
    },
    Mutant {
        facts: MutantFacts::new(
            "obligation-is-replaced",
            "who has all that the others recover is obliged to them alone: earlier obligations are delivered \
             in this recovery, and forgotten if it fails",
            "Totem, deliver_memb",
            ("obligations", "EVS 7.1 Safe"),
            Shortest::path(26, 24),
        ),
        mutate: |rules| rules.taken_on = |together, _| together.clone(),
    },
    Mutant {
        facts: MutantFacts::new(
            "installs-at-first-clear",
            "a ring is installed at the first visit at which nobody had anything to send again",
            "Totem, retrans_flg",
            ("token-loss-two", "What Is Recovered Is Everywhere"),
            Shortest::path(9, 9),
        )
        .also(&["EVS 6.3 Holes"]),
        mutate: |rules| rules.is_over = |termination| 1 <= termination.clear,
    },
    Mutant {
        facts: MutantFacts::new(
            "anyone-clears-the-flag",
            "who has nothing to send again clears the flag of another",
            "Totem, Recovery",
            ("token-loss-two", "Recovery Agrees"),
            Shortest::path(17, 11),
        ),
        mutate: |rules| rules.clears = |_| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "clears-the-flag-twice",
            "who has cleared the flag clears it again, when another has set it",
            "corosync, b4367e60",
            ("token-loss-two", "Recovery Agrees"),
            Shortest::path(20, 14),
        ),
        mutate: |rules| rules.has_set_still = || true,
    },
    Mutant {
        facts: MutantFacts::new(
            "counts-are-kept",
            "a recovery goes on counting where the one that failed has stopped",
            "corosync, H1",
            ("failed-recovery", "EVS 4 Failure Atomicity"),
            Shortest::path(23, 14),
        ),
        mutate: |rules| rules.left = counts,
    },
    Mutant {
        facts: MutantFacts::new(
            "forgets-a-failed-ring",
            "a processor whose new ring fails takes the number of its old one for the last again",
            "corosync, 6aa47fde",
            ("failed-recovery-agreed", "Ring Numbers Rise"),
            Shortest::path(3, 3),
        ),
        mutate: |rules| rules.last_known = |_, installed| installed,
    },
    Mutant {
        facts: MutantFacts::new(
            "sends-at-install",
            "who installs a ring sends in it at once",
            "Totem, 5",
            ("token-loss-two", "A New Ring's Messages Wait"),
            Shortest::path(14, 14),
        ),
        mutate: |rules| rules.sends_at_install = || true,
    },
    Mutant {
        facts: MutantFacts::new(
            "takes-any-ring",
            "recovered messages of any ring are taken into the old one",
            "Totem, 5",
            ("partition", "EVS 1.3 Origin"),
            Shortest::path(27, 27),
        ),
        mutate: |rules| rules.takes = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "delivers-again",
            "what was delivered before a ring ended is delivered again",
            "Totem, high_delivered",
            ("token-loss-two", "EVS 1.4 Once"),
            Shortest::path(3, 3),
        ),
        mutate: |rules| rules.first_left = |_| 1,
    },
    Mutant {
        facts: MutantFacts::new(
            "delivered-elsewhere-is-ignored",
            "what another has delivered in the old ring is delivered in transition",
            "Totem, high_ring_delivered",
            ("token-loss-two", "EVS 4 Failure Atomicity"),
            Shortest::path(21, 21),
        ),
        mutate: |rules| rules.is_regular = |_, _, service| service == Service::Agreed,
    },
    Mutant {
        facts: MutantFacts::new(
            "safe-without-a-gap",
            "safe messages are delivered in the old ring as agreed ones are",
            "Totem, 5",
            ("token-loss-two", "EVS 7.1 Safe"),
            Shortest::path(6, 5),
        ),
        mutate: |rules| rules.is_regular = |_, _, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "safe-before-all-install",
            "a ring is installed at the first visit, who installs it sends at once, and what is ordered is safe",
            "EVS, 7.2",
            ("token-loss", "EVS 7.2 Installed"),
            Shortest::path(14, 0),
        ),
        mutate: |rules| {
            rules.is_over = |_| true;
            rules.sends_at_install = || true;
            rules.safe = |_, _| u64::MAX;
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "own-aru-is-enough",
            "a ring is installed when this processor has everything",
            "Totem, 5",
            ("token-loss-two", "What Is Recovered Is Everywhere"),
            Shortest::path(15, 13),
        ),
        mutate: |rules| rules.is_complete = |own, _, end| end <= own,
    },
    Mutant {
        facts: MutantFacts::new(
            "exchanged-from-the-most",
            "what the best of those together has need not be exchanged",
            "Totem, low_ring_aru",
            ("token-loss-two", "EVS 4 Failure Atomicity"),
            Shortest::path(15, 5),
        ),
        mutate: |rules| {
            rules.exchanged_from = |arus| arus.iter().copied().max().unwrap_or_default();
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "starts-with-the-number-on-disk",
            "a processor starts with the number that it had",
            "corosync, 3675dace",
            ("restart-two", "EVS 2.3 Cuts"),
            Shortest::path(1, 1),
        ),
        mutate: |rules| rules.next_boot = |number| number.max(1),
    },
    Mutant {
        facts: MutantFacts::new(
            "number-is-not-saved",
            "the number of a ring is not written",
            "Totem, 5",
            ("restart-two", "EVS 2.3 Cuts"),
            Shortest::path(1, 0),
        ),
        mutate: |rules| rules.stored = |before, _| before,
    },
    Mutant {
        facts: MutantFacts::new(
            "fails-itself",
            "a processor believes that it has failed",
            "Totem, 5",
            ("boot-two", "Sets Are Sound"),
            Shortest::path(4, 4),
        ),
        mutate: |rules| rules.fails_in_turn = || false,
    },
    Mutant {
        facts: MutantFacts::new(
            "ends-at-first-clear",
            "the messages of a recovery end where nobody had anything to send again at one visit",
            "Totem, retrans_flg",
            ("token-loss-two", "Recovery Agrees"),
            Shortest::path(18, 15),
        ),
        mutate: |rules| rules.clear_visits = 1,
    },
    Mutant {
        facts: MutantFacts::new(
            "together-with-others-alone",
            "a processor that was not alone does not count itself among those who go on together",
            "Totem, 5",
            ("token-loss-two", "EVS 2.1 Membership"),
            Shortest::path(2, 2),
        )
        .also(&["EVS 2.4 Agreement"]),
        mutate: |rules| {
            rules.is_together = |(one, other), entry, (ring, members)| {
                entry.ring == ring && (one != other || members.len() == 1)
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "together-by-members",
            "who was in the old ring comes from it, wherever it was since",
            "corosync, 8671945c",
            ("rejoins", "EVS 7.1 Safe"),
            Shortest::path(30, 13),
        ),
        mutate: |rules| rules.is_together = |(one, _), _, (_, members)| members.contains(&one),
    },
    Mutant {
        facts: MutantFacts::new(
            "any-ring-is-primary",
            "a ring without a quorum takes commands, too: split brain",
            "EVS, primary component",
            ("log-split", "Decided Logs Agree"),
            Shortest::path(7, 0),
        )
        .also(&[
            "Primary Components Share a Member",
            "What Is Decided Is Written",
        ]),
        mutate: |rules| rules.is_primary = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "decides-at-delivery",
            "what is delivered is decided, before everyone has written it",
            "EVS, agreed delivery",
            ("log-split", "Nothing Decided Is Lost"),
            Shortest::path(28, 1),
        ),
        mutate: |rules| rules.decided = |_, delivered| delivered,
    },
    Mutant {
        facts: MutantFacts::new(
            "longest-log-wins",
            "of logs the longest is taken over, whatever component it is of",
            "EVS, primary component",
            ("log-fork", "Nothing Decided Is Lost"),
            Shortest::path(34, 29),
        ),
        mutate: |rules| rules.rank = |report| (0, report.len),
    },
    Mutant {
        facts: MutantFacts::new(
            "flag-is-kept",
            "a processor that has set the flag in a recovery that failed clears it in the next, where another \
             has set it; what another has sent again it sends again, too",
            "corosync, H2",
            ("recovery-flags", "EVS 4 Failure Atomicity"),
            Shortest::path(24, 0),
        ),
        mutate: |rules| {
            rules.prunes = || false;
            rules.left = |before| Termination {
                has_set: before.has_set,
                ..Termination::default()
            };
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "component-is-not-noted",
            "a processor that has taken over a log does not note whose it is",
            "Paxos, 2b",
            ("log-fork", "Nothing Decided Is Lost"),
            Shortest::path(28, 0),
        ),
        mutate: |rules| rules.accepted = |before, _| before,
    },
    Mutant {
        facts: MutantFacts::new(
            "agrees-to-any",
            "a processor agrees to a ring of others than those with whom it would form one",
            "Totem, 5",
            ("false-suspicion", "Sets Are Sound"),
            Shortest::path(6, 6),
        ),
        mutate: |rules| rules.is_agreed = |_, _| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "obliged-at-once",
            "a processor takes on its obligation before it has what the others recover",
            "EVS, obligation set",
            ("obligations-late", "EVS 5 Causality"),
            Shortest::path(9, 7),
        ),
        mutate: |rules| rules.is_obliging = |_| true,
    },
    Mutant {
        facts: MutantFacts::new(
            "sends-in-recovery",
            "messages of the application are sent while a ring is recovered",
            "Totem, 5",
            ("token-loss-two", "A New Ring's Messages Wait"),
            Shortest::path(14, 14),
        ),
        mutate: |rules| rules.sends_in_recovery = || true,
    },
];

/// The part of a failed recovery that corosync keeps.
fn counts(left: &Termination) -> Termination {
    Termination {
        end: 0,
        has_set: false,
        ..left.clone()
    }
}
