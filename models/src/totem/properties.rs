//! The promises of Totem, and the witnesses that they are put to the test.

mod invariants;
mod log;
mod period;
mod witnesses;

use super::ghost::Past;
use super::processor::Processor;
use super::refinement::ToVirtualSynchrony;
use super::state::State;
use crate::spec::refines;
use crate::spec::virtual_synchrony::history::Clause;
use crate::system::claim::Condition::{Cluster, Each, Flight, FlightGhost, Ghost, Pair};
use crate::system::claim::{self, Check};
use invariants::*;
use witnesses::*;

/// A claim about processors.
pub type Claim = claim::Claim<Processor, Past>;
type Seat<'a> = claim::Seat<'a, Processor>;
type InFlight<'a> = claim::Flight<'a, Processor>;

/// The features that a configuration must have for a claim to be made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Premise {
    /// Messages.
    Messages,
    /// Messages, and rings that come to an end.
    MessagesAcrossRings,
    /// Safe messages.
    SafeMessages,
    /// Safe messages, rings that come to an end, and nobody who holds up those messages until then.
    SafeInRegular,
    /// Rings that come to an end.
    Rings,
    /// Someone leaves, and nothing is lost and nobody gone in the good period.
    LeaveIsHeard,
    /// A bound of so many ticks.
    Within(u32),
    /// A good period: clocks run.
    Clocks,
    /// No Join comes after the ring to which it has led.
    JoinsComeFirst,
    /// Tokens that are sent again, and hops that are all counted.
    TokensAreSentAgain,
    /// A log.
    Log,
    /// A bound on the messages of a rotation.
    Window,
}

/// Messages that all of a ring send in one rotation of its token, where that is bounded.
pub(super) const WINDOW: usize = 1;

/// The claims that need something.
pub(super) const PREMISES: &[(&str, Premise)] = &[
    ("EVS 1.3 Origin", Premise::Messages),
    ("EVS 1.4 Once", Premise::Messages),
    ("EVS 2.1 Membership", Premise::Rings),
    ("EVS 2.3 Cuts", Premise::Rings),
    ("EVS 2.4 Agreement", Premise::Rings),
    ("EVS 3 Self-Delivery", Premise::MessagesAcrossRings),
    ("EVS 4 Failure Atomicity", Premise::MessagesAcrossRings),
    ("EVS 5 Causality", Premise::Messages),
    ("EVS 6.2 Order", Premise::Messages),
    ("EVS 6.3 Holes", Premise::Messages),
    ("EVS 7.1 Safe", Premise::SafeMessages),
    ("EVS 7.2 Installed", Premise::SafeInRegular),
    ("Ring Numbers Rise", Premise::Rings),
    ("A Token Is Taken Once", Premise::TokensAreSentAgain),
    (SENT_AGAIN, Premise::TokensAreSentAgain),
    ("A Safe Line Is Held", Premise::Messages),
    ("A New Ring's Messages Wait", Premise::MessagesAcrossRings),
    ("Recovery Agrees", Premise::Rings),
    (
        "What Is Recovered Is Everywhere",
        Premise::MessagesAcrossRings,
    ),
    ("Sets Are Sound", Premise::Rings),
    ("One Ring Settles", Premise::JoinsComeFirst),
    ("EVS 2.2 Members Stay Together", Premise::JoinsComeFirst),
    ("At Most Seven Rings", Premise::JoinsComeFirst),
    ("Recoveries End", Premise::Clocks),
    ("One Ring Can Settle", Premise::Clocks),
    ("No Ring in the Good Period", Premise::Clocks),
    ("A Recovery in the Good Period", Premise::Clocks),
    ("One Ring within 10 Ticks", Premise::Within(10)),
    ("One Ring within 20 Ticks", Premise::Within(20)),
    (
        "The Others Are in a Ring within 1 Tick",
        Premise::LeaveIsHeard,
    ),
    ("Everything Is Delivered", Premise::Messages),
    ("Everything Can Be Delivered", Premise::Messages),
    ("Something Is Queued in the Good Period", Premise::Messages),
    ("What Is Discarded Is Not Asked For", Premise::Messages),
    ("What Is Discarded Is Everywhere", Premise::Messages),
    ("The Window Is Kept", Premise::Window),
    ("What Is Sent Is Counted", Premise::Window),
    ("Decided Logs Agree", Premise::Log),
    ("Nothing Decided Is Lost", Premise::Log),
    ("Primary Components Share a Member", Premise::Log),
    ("What Is Decided Is Written", Premise::Log),
    ("A Component Settles", Premise::Log),
    ("Commands Are Decided", Premise::Log),
];

/// A clause, which no processor has violated.
const fn clause(
    name: &'static str,
    source: &'static str,
    witness: &'static str,
    holds: fn(&Past) -> bool,
) -> Claim {
    Claim::new(name, source, witness, Check::Invariant(Ghost(holds)))
}

/// Whether a clause is not violated.
fn keeps(past: &Past, clause: Clause) -> bool {
    !past.history.violated.contains(&clause)
}

/// Every claim. A configuration makes those whose premise it reaches.
pub(super) const CLAIMS: &[Claim] = &[
    clause("EVS 1.3 Origin", "EVS 1.3", DELIVERED, |it| {
        keeps(it, Clause::Origin)
    }),
    clause("EVS 1.4 Once", "EVS 1.4", DELIVERED, |it| {
        keeps(it, Clause::Once)
    }),
    clause("EVS 2.1 Membership", "EVS 2.1", INSTALLED, |it| {
        keeps(it, Clause::Membership)
    }),
    clause("EVS 2.3 Cuts", "EVS 2.3", INSTALLED, |it| {
        keeps(it, Clause::Cuts)
    }),
    clause("EVS 2.4 Agreement", "EVS 2.4", INSTALLED, |it| {
        keeps(it, Clause::Agreement)
    }),
    clause("EVS 3 Self-Delivery", "EVS 3", CLOSED, |it| {
        keeps(it, Clause::SelfDelivery)
    }),
    clause("EVS 4 Failure Atomicity", "EVS 4", CLOSED, |it| {
        keeps(it, Clause::FailureAtomicity)
    }),
    clause("EVS 5 Causality", "EVS 5", DELIVERED, |it| {
        keeps(it, Clause::Causality)
    }),
    clause("EVS 6.2 Order", "EVS 6.2", DELIVERED, |it| {
        keeps(it, Clause::Order)
    }),
    clause("EVS 6.3 Holes", "EVS 6.3", DELIVERED, |it| {
        keeps(it, Clause::Holes)
    }),
    clause("EVS 7.1 Safe", "EVS 7.1", SAFE, |it| {
        keeps(it, Clause::Safe)
    }),
    clause("EVS 7.2 Installed", "EVS 7.2", REGULARLY_SAFE, |it| {
        keeps(it, Clause::SafeIsInstalled)
    }),
    Claim::new(
        "Refines Virtual Synchrony",
        "ours, after EVS",
        STARTS,
        refines::<ToVirtualSynchrony>(),
    ),
    Claim::new(
        "Ring Numbers Rise",
        "Totem, Uniqueness",
        INSTALLED,
        Check::Move(numbers_rise),
    ),
    Claim::new(
        "A Token Is Taken Once",
        "Totem, token_seq",
        SENT_AGAIN,
        Check::Move(token_is_new),
    ),
    Claim::new(
        "A Safe Line Is Held",
        "Totem, Lemma of stability",
        DELIVERED,
        Check::Invariant(Pair(safe_line_is_held)),
    ),
    Claim::new(
        "A New Ring's Messages Wait",
        "Totem, 5",
        CLOSED,
        Check::Invariant(FlightGhost(is_of_installed_ring)),
    ),
    Claim::new(
        "Recovery Agrees",
        "Totem, 5",
        RECOVERS,
        Check::Invariant(Pair(recoveries_agree)),
    ),
    Claim::new(
        "What Is Recovered Is Everywhere",
        "Totem, 5",
        COPIED,
        Check::Invariant(Pair(recovered_is_everywhere)),
    ),
    Claim::new(
        "Sets Are Sound",
        "Totem, 5",
        INSTALLED,
        Check::Invariant(Each(|seat, _| {
            up(seat, |state| sets_are_sound(seat.id, state))
        })),
    ),
    Claim::new(
        "What Is Discarded Is Not Asked For",
        "Totem, 4",
        DELIVERED,
        Check::Invariant(Flight(asks_for_what_is_held)),
    ),
    Claim::new(
        "What Is Discarded Is Everywhere",
        "Totem, Lemma of stability",
        DELIVERED,
        Check::Invariant(Pair(discarded_is_everywhere)),
    ),
    Claim::new(
        "The Window Is Kept",
        "Totem, 4",
        ASKED_FOR,
        Check::Invariant(Cluster(window_is_kept)),
    ),
    Claim::new(
        "What Is Sent Is Counted",
        "Totem, 4",
        ASKED_FOR,
        Check::Move(sent_is_counted),
    ),
    period::ONE_RING_SETTLES,
    period::MEMBERS_STAY_TOGETHER,
    period::RECOVERIES_END,
    period::EVERYTHING_IS_DELIVERED,
    period::ONE_RING_CAN_SETTLE,
    period::EVERYTHING_CAN_BE_DELIVERED,
    period::ONE_RING_WITHIN_10_TICKS,
    period::ONE_RING_WITHIN_20_TICKS,
    period::OTHERS_WITHIN_A_TICK,
    period::AT_MOST_SEVEN_RINGS,
    period::NO_RING,
    period::A_RECOVERY,
    period::SOMETHING_IS_QUEUED,
    period::LIVELOCK,
    period::IS_EXCLUDED,
    period::WAITS_FOR_THE_WINDOW,
    Claim::witness(STARTS, Ghost(has_a_ring)),
    Claim::witness(DELIVERED, Ghost(is_delivered)),
    Claim {
        name: SENT_AGAIN,
        source: "ours",
        witness: None,
        check: Check::StepWitness {
            when: sends_again,
            shows: |_| true,
        },
    },
    Claim::witness(SAFE, Ghost(is_safe_delivered)),
    Claim::witness(REGULARLY_SAFE, Ghost(is_safe_delivered_regularly)),
    Claim::witness(INSTALLED, Ghost(are_together)),
    Claim::witness(CLOSED, Ghost(is_closed_with_messages)),
    Claim::witness(RECOVERS, Pair(both_recover)),
    Claim::witness(COPIED, Flight(is_copy)),
    Claim::witness(ASKED_FOR, Flight(is_asked_for)),
    Claim::witness("A Token Is Held", Each(|seat, _| some(seat, holds_token))),
    Claim::witness("All Are in One Ring", Ghost(all_are_in_one)),
    Claim::witness(
        "A Message Is Delivered in Transition",
        Ghost(is_in_transition),
    ),
    Claim::witness("A Message Is Dropped", Ghost(is_dropped)),
    Claim::witness("Two Rings Deliver", Ghost(two_rings_deliver)),
    Claim::witness(
        "An Agreed Message Is Delivered on One Side Alone",
        Ghost(is_agreed_on_one_side),
    ),
    Claim::witness(
        "A Recovery Has Failed",
        Each(|seat, _| some(seat, has_failed)),
    ),
    Claim::witness(
        "A Ring Is Formed Without Someone",
        Each(|seat, _| some(seat, commits_without)),
    ),
    Claim::witness(
        "A Write Is Pending",
        Each(|seat, _| !seat.local.outbox.is_empty()),
    ),
    Claim::witness("A Processor Has Started Again", Ghost(has_started_again)),
    Claim::witness(
        "The Others Are in a Ring without Who Left",
        Cluster(|locals, past| 2 <= members_without_leavers(locals, past)),
    ),
    Claim::witness(
        "The Other Is Alone without Who Left",
        Cluster(|locals, past| members_without_leavers(locals, past) == 1),
    ),
    log::DECIDED_LOGS_AGREE,
    log::NOTHING_DECIDED_IS_LOST,
    log::COMPONENTS_SHARE_A_MEMBER,
    log::DECIDED_IS_WRITTEN,
    log::IS_DECIDED,
    log::COMPONENT_SETTLES,
    log::COMMANDS_ARE_DECIDED,
    log::NO_COMPONENT,
    log::NOT_DECIDED,
    log::SUCCEEDS_ANOTHER,
    log::TWO_ARE_PRIMARY,
    log::IS_LACKED,
    log::MINORITY_STOPS,
];

fn up(seat: Seat<'_>, holds: impl Fn(&State) -> bool) -> bool {
    seat.up().is_none_or(holds)
}

fn some(seat: Seat<'_>, holds: impl Fn(&State) -> bool) -> bool {
    seat.up().is_some_and(holds)
}
