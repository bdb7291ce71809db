//! The witnesses: that a premise is reached, or what a configuration is named for.

use super::{InFlight, Seat, durable};
use crate::system::{Action, Move};
use crate::zab::ghost::Past;
use crate::zab::message::{Message, Sync};
use crate::zab::server::Server;
use crate::zab::state::{Epoch, LeaderPhase, Role, State};

/// A leader has proposed something after a transaction of an earlier epoch was delivered.
pub(super) fn a_later_primary_broadcasts(seat: Seat<'_>, past: &Past) -> bool {
    let state = seat.up().filter(|state| state.leads().is_some());
    let last = state.map(|state| state.history().last().epoch);
    let mut delivered = past.delivered.iter();
    let epoch = seat.up().and_then(State::leads);
    last == epoch && delivered.any(|txn| Some(txn.zxid.epoch) < epoch)
}

/// A server delivers in an epoch with an initial history.
pub(super) fn a_server_delivers_a_history(seat: Seat<'_>, past: &Past) -> bool {
    let epoch = seat.up().and_then(State::broadcasts);
    let reign = epoch.and_then(|epoch| past.reigns.get(&epoch));
    reign.is_some_and(|reign| !reign.initial.is_empty())
}

/// An epoch is won after one that began with a history.
pub(super) fn an_epoch_follows_a_history(past: &Past) -> bool {
    let mut earlier = past.reigns.values().rev().skip(1);
    earlier.any(|reign| !reign.initial.is_empty())
}

pub(super) fn two_servers_have_an_epoch(one: Seat<'_>, other: Seat<'_>) -> bool {
    let [one, other] = [one, other].map(|seat| durable(seat.local).into_owned());
    one.current_epoch == other.current_epoch && Epoch::default() < one.current_epoch
}

pub(super) fn two_disks_hold_a_transaction(one: Seat<'_>, other: Seat<'_>) -> bool {
    let has_some = |seat: Seat<'_>| !durable(seat.local).history.is_empty();
    has_some(one) && has_some(other)
}

/// A leader broadcasts after a transaction of an earlier epoch was delivered.
pub(super) fn a_leader_follows_a_delivery(seat: Seat<'_>, past: &Past) -> bool {
    let state = seat.up().filter(|state| state.leadership().is_some());
    let epoch = state.and_then(State::broadcasts);
    let mut delivered = past.delivered.iter();
    delivered.any(|txn| Some(txn.zxid.epoch) < epoch)
}

/// A server has on disk what the leader of a later epoch has not.
pub(super) fn a_leader_lacks_a_transaction(leader: Seat<'_>, other: Seat<'_>) -> bool {
    let state = leader.up();
    let Some((state, epoch)) = state.and_then(|state| Some((state, state.leads()?))) else {
        return false;
    };
    let disk = durable(other.local);
    let mut earlier = disk.history.iter().filter(|txn| txn.zxid.epoch < epoch);
    earlier.any(|txn| !state.history().contains(txn.zxid))
}

pub(super) fn two_leaders_broadcast(one: Seat<'_>, other: Seat<'_>) -> bool {
    let broadcasts = |seat: Seat<'_>| {
        let state = seat.up().filter(|state| state.leadership().is_some());
        state.and_then(State::broadcasts).is_some()
    };
    broadcasts(one) && broadcasts(other)
}

/// Two leaders have chosen the same epoch. At most one of them wins it.
pub(super) fn two_leaders_offer_an_epoch(one: Seat<'_>, other: Seat<'_>) -> bool {
    let electing = |seat: Seat<'_>| match seat.up()?.leadership()?.phase {
        LeaderPhase::Electing { epoch, .. } => Some(epoch),
        _ => None,
    };
    electing(one).is_some() && electing(one) == electing(other)
}

pub(super) fn an_epoch_is_offered_again(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::AckEpoch { current: None, .. })
}

/// A follower is synchronized by a leader that has committed something.
pub(super) fn a_follower_joins(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::UpToDate { committed } if 0 < committed.counter)
}

pub(super) fn a_truncation_is_in_flight(flight: &InFlight<'_>) -> bool {
    matches!(
        flight.msg,
        Message::NewLeader {
            sync: Sync::Trunc(_),
            ..
        }
    )
}

pub(super) fn a_snapshot_is_in_flight(flight: &InFlight<'_>) -> bool {
    let (Message::NewLeader { sync, .. } | Message::History { sync, .. }) = flight.msg else {
        return false;
    };
    matches!(sync, Sync::Snap { .. })
}

/// Two servers have voted for themselves in the same round, and lead: one of them has not waited long
/// enough for a better vote.
pub(super) fn two_leaders_of_one_round(one: Seat<'_>, other: Seat<'_>) -> bool {
    let round = |seat: Seat<'_>| {
        let state = seat.up().filter(|state| state.leadership().is_some())?;
        state.poll.as_ref().map(|poll| poll.round)
    };
    round(one).is_some() && round(one) == round(other)
}

/// A server broadcasts as a leader, and another one has left.
pub(super) fn a_server_leads_without_who_left(leader: Seat<'_>, other: Seat<'_>) -> bool {
    let leads = leader.up().and_then(State::leadership);
    let broadcasts = leads.and(leader.up()).and_then(State::broadcasts);
    broadcasts.is_some() && other.up().is_some_and(|state| state.role == Role::Gone)
}

/// A server that has left starts again.
pub(super) fn who_left_is_back(moved: &Move<'_, Server>) -> bool {
    let has_left = moved.before.up().is_some_and(|it| it.role == Role::Gone);
    has_left && matches!(moved.action, Action::Restart { .. })
}

/// A server is followed before it knows that it leads.
pub(super) fn a_follower_comes_early(seat: Seat<'_>, _: &Past) -> bool {
    let poll = seat.up().and_then(|state| state.poll.as_ref());
    poll.is_some_and(|poll| !poll.early.is_empty())
}

/// A leader has delivered a transaction of an earlier epoch.
pub(super) fn an_inherited_transaction_is_delivered(seat: Seat<'_>, _: &Past) -> bool {
    let state = seat.up().filter(|state| state.leadership().is_some());
    let Some((state, epoch)) = state.and_then(|state| Some((state, state.broadcasts()?))) else {
        return false;
    };
    state.delivered().any(|txn| txn.zxid.epoch < epoch)
}
