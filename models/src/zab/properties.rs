//! The promises of Zab, and the witnesses that they are put to the test.

mod period;
mod promises;
#[cfg(test)]
mod tests;
mod witnesses;

use super::ghost::{Past, accepted, won};
use super::message::Message;
use super::refinement::{ToPrimaryOrder, ToTotalOrder, ToVoting};
use super::server::Server;
use super::state::{Persistent, State};
use crate::spec::refines;
use crate::system::claim::Condition::{Each, Flight, Ghost, Pair, Quorum};
use crate::system::claim::{self, Check};
use crate::system::{LocalOf, Move};
use promises::*;
pub use promises::{
    delivers_what_was_skipped, epochs_are_ordered, initial_histories_agree, is_established,
};
use std::borrow::Cow;
use witnesses::*;

/// A claim about an ensemble.
pub type Claim = claim::Claim<Server, Past>;
type Seat<'a> = claim::Seat<'a, Server>;
type InFlight<'a> = claim::Flight<'a, Server>;

/// The claims whose premise is more than an epoch with a transaction: how many epochs and transactions it
/// takes.
pub(super) const PREMISES: &[(&str, u8, usize)] = &[
    ("Primary Integrity", 2, 2),
    ("Zxids Ascend", 1, 2),
    ("Leader Completeness", 2, 1),
    ("Commit Consistency", 2, 1),
    ("What Is Delivered Is Kept", 2, 1),
    (ON_SKIPPED, 2, 1),
    ("Initial History Integrity", 3, 1),
    ("A Proposal Is Committed", 1, 1),
    ("Histories Converge", 1, 1),
    ("Histories Can Converge", 1, 1),
];

/// The claims where a server is told to stop in the good period.
pub(super) const ON_LEAVES: &[&str] = &[
    "A Leave Is Heard without a Tick",
    "The Others Have a Leader within 2 Ticks",
];

/// The claim that compares whole histories, which a snapshot does not tell.
pub(super) const REFINES_VOTING: &str = "Refines Voting";

/// The claims whose premise is a snapshot.
pub(super) const ON_SNAPSHOTS: &[&str] = &["Snapshots Agree", TWO_SNAPSHOTS];
const TWO_SNAPSHOTS: &str = "Two Servers Have a Snapshot";

/// The claim whose premise is a transaction that is skipped.
pub(super) const ON_SKIPPED: &str = "What Is Skipped Is Not Delivered";

/// Every claim. A configuration makes those whose premise it reaches.
pub const CLAIMS: &[Claim] = &[
    Claim::new(
        "Total Order and Agreement",
        "Zab, Total order, Agreement",
        "A Transaction Is Delivered",
        Check::Invariant(Each(|seat, past| {
            up(seat, |state| total_order(state, past))
        })),
    ),
    Claim::new(
        "Integrity",
        "Zab, Integrity",
        "A Transaction Is Delivered",
        Check::Invariant(Each(|seat, past| up(seat, |state| integrity(state, past)))),
    ),
    Claim::new(
        "What Is Executed Is Delivered",
        "ours",
        "A Transaction Is Delivered",
        Check::Invariant(Each(|seat, past| {
            up(seat, |state| executes_what_is_delivered(state, past))
        })),
    ),
    Claim::new(
        "Primary Integrity",
        "Zab, Primary integrity",
        "A Later Primary Broadcasts",
        Check::Invariant(Each(|seat, past| {
            up(seat, |state| primary_integrity(state, past))
        })),
    ),
    Claim::new(
        "Primary Uniqueness",
        "Zab, Phase 1",
        "An Epoch Is Won",
        Check::Invariant(Each(|seat, past| {
            up(seat, |state| primary_uniqueness(seat.id, state, past))
        })),
    ),
    Claim::new(
        "Initial History Integrity",
        "Zab, proof of integrity",
        "An Epoch Follows a History",
        Check::Step {
            when: |moved| won(moved).is_some() || accepted(moved).is_some(),
            holds: |step| initial_histories_agree(step, is_established),
        },
    ),
    Claim::new(
        "Commit Consistency",
        "Zab f.2.2",
        "A Server Delivers a History",
        Check::Invariant(Each(|seat, past| {
            up(seat, |state| commit_consistency(state, past))
        })),
    ),
    Claim::new(
        "History Consistency",
        "Zab, proof of agreement",
        "Two Servers Have an Epoch",
        Check::Invariant(Pair(history_consistency)),
    ),
    Claim::new(
        "Epochs Are Ordered",
        "ours",
        "A Transaction Is on Disk",
        Check::Invariant(Each(|seat, _| {
            epochs_are_ordered(&durable(seat.local))
                && up(seat, |state| epochs_are_ordered(&state.persistent))
        })),
    ),
    Claim::new(
        "Zxids Ascend",
        "Zab, Local and global primary order",
        "Two Transactions Are on Disk",
        Check::Invariant(Each(|seat, _| zxids_ascend(&durable(seat.local)))),
    ),
    Claim::new(
        "Snapshots Agree",
        "ours",
        TWO_SNAPSHOTS,
        Check::Invariant(Pair(|one, other| {
            snapshots_agree(&durable(one.local), &durable(other.local))
        })),
    ),
    Claim::new(
        "Log Matching",
        "Zab, Local primary order",
        "Two Disks Hold a Transaction",
        Check::Invariant(Pair(|one, other| {
            log_matching(&durable(one.local), &durable(other.local))
        })),
    ),
    Claim::new(
        "A Quorum Holds What Is Delivered",
        "Zab l.3.2",
        "A Transaction Is Delivered",
        Check::Invariant(Quorum(|seat, past| {
            holds_delivered(&durable(seat.local), past)
        })),
    ),
    Claim::new(
        "Leader Completeness",
        "ours",
        "A Leader Follows a Delivery",
        Check::Invariant(Each(|seat, past| {
            up(seat, |state| leader_completeness(state, past))
        })),
    ),
    Claim::new(
        "Nothing Delivered Is Truncated",
        "ours",
        "A Transaction Is Delivered",
        Check::Step {
            when: |moved| moved.before.storage != moved.after.storage,
            holds: keeps_delivered,
        },
    ),
    Claim::new(
        "Nothing Goes Back",
        "Zab f.1.2, f.2.1",
        "An Epoch Is Won",
        Check::Move(nothing_goes_back),
    ),
    Claim::new(
        "What Is Delivered Is Kept",
        "Zab, first recovery principle (keep)",
        "A Leader Follows a Delivery",
        Check::Step {
            when: |moved| accepted(moved).is_some(),
            holds: keeps_what_is_delivered,
        },
    ),
    Claim::new(
        ON_SKIPPED,
        "Zab, second recovery principle (skip)",
        "A Leader Lacks a Transaction",
        Check::Step {
            when: delivers,
            holds: |step| !delivers_what_was_skipped(step),
        },
    ),
    Claim::new(
        "Refines Primary Order",
        "ours, after Zab, section 3",
        "An Epoch Is Won",
        refines::<ToPrimaryOrder>(),
    ),
    Claim::new(
        REFINES_VOTING,
        "ours, after Lamport",
        "An Epoch Is Won",
        refines::<ToVoting>(),
    ),
    Claim::new(
        "Refines Total Order",
        "ours, after Zab, Total order",
        "A Transaction Is Delivered",
        refines::<ToTotalOrder>(),
    ),
    Claim::new(
        "No Server Stops",
        "ours",
        "An Epoch Is Won",
        Check::Invariant(Each(|seat, _| up(seat, runs))),
    ),
    Claim::witness("An Epoch Is Won", Ghost(|past| !past.reigns.is_empty())),
    Claim::witness(
        "An Epoch Follows a History",
        Ghost(an_epoch_follows_a_history),
    ),
    Claim::witness(
        "A Transaction Is Delivered",
        Ghost(|past| !past.delivered.is_empty()),
    ),
    Claim::witness(
        "A Later Primary Broadcasts",
        Each(a_later_primary_broadcasts),
    ),
    Claim::witness(
        "A Server Delivers a History",
        Each(a_server_delivers_a_history),
    ),
    Claim::witness("Two Servers Have an Epoch", Pair(two_servers_have_an_epoch)),
    Claim::witness(
        "A Transaction Is on Disk",
        Each(|seat, _| !durable(seat.local).history.is_empty()),
    ),
    Claim::witness(
        "Two Transactions Are on Disk",
        Each(|seat, _| 2 <= durable(seat.local).history.len()),
    ),
    Claim::witness(
        "Two Disks Hold a Transaction",
        Pair(two_disks_hold_a_transaction),
    ),
    Claim::witness(
        "A Leader Follows a Delivery",
        Each(a_leader_follows_a_delivery),
    ),
    Claim::witness(
        "A Leader Lacks a Transaction",
        Pair(a_leader_lacks_a_transaction),
    ),
    Claim::witness("Two Leaders Broadcast", Pair(two_leaders_broadcast)),
    Claim::witness(
        "Two Leaders Offer an Epoch",
        Pair(two_leaders_offer_an_epoch),
    ),
    Claim::witness(
        "An Epoch Is Offered Again",
        Flight(an_epoch_is_offered_again),
    ),
    Claim::witness("A Follower Joins", Flight(a_follower_joins)),
    Claim::witness(
        "A Truncation Is in Flight",
        Flight(a_truncation_is_in_flight),
    ),
    Claim::witness(
        "A Later Transaction Is Delivered",
        Ghost(|past| past.delivered.iter().any(|txn| 2 <= txn.zxid.epoch.0)),
    ),
    Claim::witness(
        "An Inherited Transaction Is Delivered",
        Each(an_inherited_transaction_is_delivered),
    ),
    Claim::witness(
        "A Write Is Pending",
        Each(|seat, _| !seat.local.outbox.is_empty()),
    ),
    Claim::witness("Two Leaders of One Round", Pair(two_leaders_of_one_round)),
    Claim::witness(
        "A Part of a History Is in Flight",
        Flight(|flight| matches!(flight.msg, Message::History { .. })),
    ),
    Claim::witness("A Snapshot Is in Flight", Flight(a_snapshot_is_in_flight)),
    Claim::witness(
        TWO_SNAPSHOTS,
        Pair(|one, other| have_snapshot(&durable(one.local), &durable(other.local))),
    ),
    Claim::witness(
        "A Request Is Passed On",
        Flight(|flight| matches!(flight.msg, Message::Forward(_))),
    ),
    Claim::witness(
        "A Server Leads without Who Left",
        Pair(a_server_leads_without_who_left),
    ),
    Claim {
        name: "Who Left Is Back",
        source: "ours",
        witness: None,
        check: Check::StepWitness {
            when: who_left_is_back,
            shows: |_| true,
        },
    },
    Claim::witness("A Follower Comes Early", Each(a_follower_comes_early)),
    period::A_LEADER_IS_ALWAYS_ESTABLISHED,
    period::A_LEADER_SETTLES,
    period::FOLLOWERS_SYNCHRONIZE,
    period::A_PROPOSAL_IS_COMMITTED,
    period::HISTORIES_CONVERGE,
    period::A_LEADER_CAN_SETTLE,
    period::HISTORIES_CAN_CONVERGE,
    period::A_LEADER_WITHIN_12_TICKS,
    period::AT_MOST_THREE_EPOCHS,
    period::A_LEAVE_IS_HEARD,
    period::THE_OTHERS_LEAD,
    period::A_SERVER_FOLLOWS_WHO_LEFT,
    period::NO_LEADER,
    period::A_LEADER_WAITS,
    period::DIVERGED_HISTORIES,
    period::A_SETTLED_TRANSACTION,
];

/// Both, if both are up.
fn both_up<'a>(one: Seat<'a>, other: Seat<'a>) -> Option<(&'a State, &'a State)> {
    one.up().zip(other.up())
}

/// Whether something holds of a server, if it is up.
fn up(seat: Seat<'_>, holds: impl Fn(&State) -> bool) -> bool {
    seat.up().is_none_or(holds)
}

/// The record of a server on disk.
fn durable(local: &LocalOf<Server>) -> Cow<'_, Persistent> {
    let stored = local.storage.as_ref();
    stored.map_or_else(Cow::default, Cow::Borrowed)
}

/// Whether a server has delivered more.
fn delivers(moved: &Move<'_, Server>) -> bool {
    let committed = |local: &LocalOf<Server>| local.up().map(|state| state.committed);
    committed(moved.before) < committed(moved.after)
}
