//! The witnesses that the promises are put to the test.

use super::super::ghost::Past;
use super::super::message::{Body, Message};
use super::super::processor::{Processor, Timer};
use super::super::state::{Phase, State};
use super::period::{Locals, are_in_one_ring, good};
use super::{InFlight, Seat};
use crate::spec::virtual_synchrony::history::{End, History, Ring, Stay};
use crate::system::{Action, Move};

pub(super) const STARTS: &str = "A Ring Has Members";
pub(super) const DELIVERED: &str = "A Message Is Delivered";
pub(super) const SENT_AGAIN: &str = "A Token Is Sent Again";
pub(super) const SAFE: &str = "A Safe Message Is Delivered";
pub(super) const REGULARLY_SAFE: &str = "A Safe Message Is Delivered in a Regular Configuration";
pub(super) const INSTALLED: &str = "Two Have Installed a Ring";
pub(super) const CLOSED: &str = "A Ring with Messages Is Closed";
pub(super) const RECOVERS: &str = "Two Recover Together";
pub(super) const ASKED_FOR: &str = "A Message Is Asked For";
pub(super) const COPIED: &str = "A Message Is Recovered";

fn stays(history: &History) -> impl Iterator<Item = &Stay> {
    history.rings.values().flat_map(|ring| ring.stays.values())
}

pub(super) fn has_a_ring(past: &Past) -> bool {
    let history = &past.history;
    history.rings.values().any(|ring| 1 < ring.members.len())
}

pub(super) fn is_delivered(past: &Past) -> bool {
    let history = &past.history;
    stays(history).any(|stay| !stay.regular.is_empty())
}

/// A processor has waited for a sign that its token has arrived.
pub(super) fn sends_again(moved: &Move<'_, Processor>) -> bool {
    let sent = moved.before.up().and_then(last_sent);
    matches!(moved.action, Action::Timeout(_, Timer::Resend)) && sent.is_some_and(is_token)
}

/// What a processor sent last where its token is.
fn last_sent(state: &State) -> Option<&Message> {
    let ring = match &state.phase {
        Phase::Recovery(recovery) => &recovery.ring,
        Phase::Operational { .. } => &state.installed.ring,
        Phase::Gather { .. } | Phase::Commit { .. } | Phase::Gone => return None,
    };
    ring.turn.sent.as_deref()
}

fn is_token(message: &Message) -> bool {
    matches!(message, Message::Token(_))
}

pub(super) fn is_safe_delivered(past: &Past) -> bool {
    safe_is(past, Stay::has)
}

pub(super) fn is_safe_delivered_regularly(past: &Past) -> bool {
    safe_is(past, |stay, seq| stay.regular.contains(&seq))
}

/// Whether somebody has a safe message.
fn safe_is(past: &Past, has: fn(&Stay, u64) -> bool) -> bool {
    let history = &past.history;
    history.rings.values().any(|ring| {
        let safe = ring.messages.iter().filter(|(_, sent)| sent.safe);
        let mut safe = safe.map(|(seq, _)| *seq);
        safe.any(|seq| ring.stays.values().any(|stay| has(stay, seq)))
    })
}

pub(super) fn are_together(past: &Past) -> bool {
    let history = &past.history;
    history.rings.values().any(|ring| 1 < ring.stays.len())
}

pub(super) fn is_closed_with_messages(past: &Past) -> bool {
    let history = &past.history;
    let closed = |stay: &Stay| stay.end == Some(End::Closed);
    let mut rings = history.rings.values();
    rings.any(|ring| !ring.messages.is_empty() && ring.stays.values().any(closed))
}

pub(super) fn is_in_transition(past: &Past) -> bool {
    let history = &past.history;
    let mut transitions = stays(history).filter_map(|stay| stay.transition.as_ref());
    transitions.any(|transition| !transition.delivered.is_empty())
}

/// A processor has gone on without a message that another has delivered or holds.
pub(super) fn is_dropped(past: &Past) -> bool {
    let history = &past.history;
    history.rings.values().any(|ring| {
        let closed = ring
            .stays
            .values()
            .filter(|stay| stay.end == Some(End::Closed));
        let mut closed = closed.filter(|stay| stay.regular.len() + 1 < ring.messages.len());
        closed.any(|stay| ring.messages.keys().any(|seq| !stay.has(*seq)))
    })
}

/// An agreed message was delivered by a processor that has gone on from its ring, and not by another that
/// has gone on otherwise.
pub(super) fn is_agreed_on_one_side(past: &Past) -> bool {
    let differ = |ring: &Ring, seq: u64| {
        let stays = ring.stays.values();
        let closed = stays.filter(|stay| stay.end == Some(End::Closed));
        let next = |stay: &Stay| stay.transition.as_ref().map(|it| it.next);
        let mut having = closed.clone().filter(|stay| stay.has(seq));
        having.any(|one| {
            let mut lacking = closed.clone().filter(|stay| !stay.has(seq));
            lacking.any(|other| next(one) != next(other))
        })
    };
    let history = &past.history;
    history.rings.values().any(|ring| {
        let mut agreed = ring.messages.iter().filter(|(_, sent)| !sent.safe);
        agreed.any(|(seq, _)| differ(ring, *seq))
    })
}

/// A ring of two or more and one without any of its members, each with a message of its own delivered.
pub(super) fn two_rings_deliver(past: &Past) -> bool {
    let history = &past.history;
    let delivers = |ring: &&Ring| ring.stays.values().any(|stay| !stay.regular.is_empty());
    let delivering: Vec<&Ring> = history.rings.values().filter(delivers).collect();
    let are_apart = |one: &Ring, other: &Ring| {
        let mut members = one.members.iter();
        1 < one.members.len() && members.all(|member| !other.members.contains(member))
    };
    let mut rings = delivering.iter();
    rings.any(|one| delivering.iter().any(|other| are_apart(one, other)))
}

pub(super) fn all_are_in_one(past: &Past) -> bool {
    let history = &past.history;
    let mut rings = history.at.values();
    let first = rings.next();
    1 < history.at.len() && rings.all(|ring| Some(ring) == first)
}

pub(super) fn has_started_again(past: &Past) -> bool {
    let history = &past.history;
    stays(history).any(|stay| stay.end == Some(End::Failed))
}

pub(super) fn both_recover(one: Seat<'_>, other: Seat<'_>) -> bool {
    let ring = |seat: Seat<'_>| {
        let state = seat.up()?;
        matches!(state.phase, Phase::Recovery(_)).then_some(state.ring)
    };
    ring(one).is_some() && ring(one) == ring(other)
}

pub(super) fn is_copy(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::Regular(regular) if matches!(regular.body, Body::Copy(_)))
}

pub(super) fn is_asked_for(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::Token(token) if !token.missing.is_empty())
}

pub(super) fn holds_token(state: &State) -> bool {
    matches!(state.phase, Phase::Operational { held: Some(_) })
}

/// It looks for others although it has agreed to a ring since the last was installed.
pub(super) fn has_failed(state: &State) -> bool {
    matches!(state.phase, Phase::Gather { .. }) && state.has_left()
}

/// It has agreed to a ring without a member of the last one.
pub(super) fn commits_without(state: &State) -> bool {
    let mut old = state.installed.ring.members.iter();
    let commits = matches!(state.phase, Phase::Commit { .. });
    commits && old.any(|member| !state.members().contains(member))
}

/// How many are in a ring of all that have not left; none, if nobody has left.
pub(super) fn members_without_leavers(locals: Locals<'_>, past: &Past) -> usize {
    let others = good(locals).count();
    match others < locals.len() && are_in_one_ring(locals, past) {
        true => others,
        false => 0,
    }
}
