//! Invariants of the protocol.

use super::super::ghost::{Past, name};
use super::super::message::{Body, Message};
use super::super::processor::Processor;
use super::super::state::{Phase, Recovery, Ring, RingId, State};
use super::{InFlight, Seat, WINDOW};
use crate::system::{Action, LocalOf, Move};
use stateright::actor::Id;

/// A ring, as a processor that has it sees it.
fn in_ring(state: &State, id: RingId) -> Option<&Ring> {
    match &state.phase {
        Phase::Recovery(recovery) if recovery.ring.id == id => Some(&recovery.ring),
        _ => (state.installed.ring.id == id).then_some(&state.installed.ring),
    }
}

fn recovery(state: &State) -> Option<&Recovery> {
    match &state.phase {
        Phase::Recovery(recovery) => Some(recovery),
        _ => None,
    }
}

/// A processor that goes to another ring, or starts again at once, goes to one with a larger number; the
/// number on the disk does not go back.
pub(super) fn numbers_rise(moved: &Move<'_, Processor>) -> bool {
    let ring = |local: &LocalOf<Processor>| local.up().map(|state| state.ring);
    let rises = match (ring(moved.before), ring(moved.after)) {
        (Some(before), Some(after)) => before == after || before.number < after.number,
        _ => true,
    };
    let stored = |local: &LocalOf<Processor>| local.storage.as_ref().map(|it| it.number);
    rises && stored(moved.before) <= stored(moved.after)
}

/// A token that was here, or an earlier one of its ring, changes nothing. Such tokens are dead, so that it is
/// judged where a search goes without the reduction; elsewhere the check of the reduction does as much.
pub(super) fn token_is_new(moved: &Move<'_, Processor>) -> bool {
    let (Some(before), Some(after)) = (moved.before.up(), moved.after.up()) else {
        return true;
    };
    let Action::Deliver(envelope) = moved.action else {
        return true;
    };
    let Message::Token(token) = &envelope.msg else {
        return true;
    };
    let was_here = in_ring(before, token.ring).is_some_and(|ring| Some(token.hop) <= ring.turn.hop);
    !was_here || before == after
}

/// Messages that a processor takes for safe are safe: every member of the ring has them.
pub(super) fn safe_line_is_held(one: Seat<'_>, other: Seat<'_>) -> bool {
    let (Some(one), Some(other)) = (one.up(), other.up()) else {
        return true;
    };
    let ring = match &one.phase {
        Phase::Operational { .. } => &one.installed.ring,
        Phase::Recovery(recovery) => &recovery.ring,
        Phase::Gather { .. } | Phase::Commit { .. } | Phase::Gone => return true,
    };
    in_ring(other, ring.id).is_none_or(|it| ring.turn.safe.min(ring.store.aru()) <= it.store.aru())
}

/// A message of a ring of its own, and not a recovered one, is there only when all members have installed the
/// ring.
pub(super) fn is_of_installed_ring(flight: &InFlight<'_>, past: &Past) -> bool {
    let Message::Regular(regular) = flight.msg else {
        return true;
    };
    let Body::Application(_) = regular.body else {
        return true;
    };
    let ring = past.history.rings.get(&name(regular.ring));
    ring.is_none_or(|ring| ring.members.iter().all(|it| ring.stays.contains_key(it)))
}

/// Those who have agreed to the same ring have agreed to the same members; those who recover the same old
/// ring in it know the same of it.
pub(super) fn recoveries_agree(one: Seat<'_>, other: Seat<'_>) -> bool {
    let (Some(one), Some(other)) = (one.up(), other.up()) else {
        return true;
    };
    let (members, others) = (one.members(), other.members());
    // Who looks for others has no members.
    let have_agreed = one.ring == other.ring && !members.is_empty() && !others.is_empty();
    if have_agreed && members != others {
        return false;
    }
    let (Some(first), Some(second)) = (recovery(one), recovery(other)) else {
        return true;
    };
    let same_rings = first.ring.id == second.ring.id;
    let known = |it: &Recovery| (it.together.clone(), it.obligation.clone(), it.delivered);
    let agree = one.installed.ring.id != other.installed.ring.id || known(first) == known(second);
    let is_known = |it: &Recovery| 2 <= it.termination.clear;
    let ends = first.termination.end == second.termination.end;
    !same_rings || agree && (ends || !is_known(first) || !is_known(second))
}

/// When someone has installed a ring, every member has all that was recovered in it. A member that has given
/// the ring up still has those messages that are of its old ring. A member that has left is not asked.
pub(super) fn recovered_is_everywhere(one: Seat<'_>, other: Seat<'_>) -> bool {
    let (id, Some(one), Some(other)) = (other.id, one.up(), other.up()) else {
        return true;
    };
    let ring = &one.installed.ring;
    let mut copies = ring.store.iter().filter_map(|it| match &it.body {
        Body::Copy(copy) => Some((it.seq, copy)),
        Body::Application(_) => None,
    });
    if let Some(same) = in_ring(other, ring.id) {
        return copies.all(|(seq, _)| seq <= same.store.aru());
    }
    let old = &other.installed.ring;
    let is_asked = ring.members.contains(&id) && other.phase != Phase::Gone;
    !is_asked || copies.all(|(_, copy)| copy.ring != old.id || old.store.has(copy.seq))
}

/// A processor considers itself, and has not failed; where it is in a ring, or has agreed to one, it
/// considers the members.
pub(super) fn sets_are_sound(id: Id, state: &State) -> bool {
    let considers_itself = state.procs.contains(&id) && !state.fails.contains(&id);
    let gathers = matches!(state.phase, Phase::Gather { .. } | Phase::Gone);
    let is_agreed = state.candidates().iter().eq(state.members());
    let has_delivered = state.installed.delivered <= state.installed.ring.store.aru();
    considers_itself
        && state.fails.is_subset(&state.procs)
        && (is_agreed || gathers)
        && (state.fails.is_empty() || !state.is_operational())
        && (has_delivered || !state.is_operational())
}

/// Nobody's visit has exceeded the window, together with the last visits of all others in the ring.
pub(super) fn window_is_kept(locals: &[&LocalOf<Processor>], _: &Past) -> bool {
    let states = || locals.iter().filter_map(|local| local.up());
    let sent = |id: RingId| {
        let rings = states().filter_map(|state| in_ring(state, id));
        rings.map(|ring| ring.turn.flow.sent).sum::<usize>()
    };
    states().all(|state| sent(state.ring) <= WINDOW)
}

/// A visit at which a message gets its place is counted.
pub(super) fn sent_is_counted(moved: &Move<'_, Processor>) -> bool {
    let (Some(before), Some(after)) = (moved.before.up(), moved.after.up()) else {
        return true;
    };
    let (Some(old), Some(new)) = (in_ring(before, after.ring), in_ring(after, after.ring)) else {
        return true;
    };
    let own = new.store.iter().filter(|it| !old.store.has(it.seq));
    let own = own
        .filter(|it| matches!(&it.body, Body::Application(content) if content.sender == moved.id));
    own.count() <= new.turn.flow.sent
}

/// Every member of the ring has, or had, the messages that one of them has discarded.
pub(super) fn discarded_is_everywhere(one: Seat<'_>, other: Seat<'_>) -> bool {
    let (Some(one), Some(other)) = (one.up(), other.up()) else {
        return true;
    };
    let ring = &one.installed.ring;
    in_ring(other, ring.id).is_none_or(|it| ring.store.discarded() <= it.store.aru())
}

/// No token names a message that its receiver has discarded, unless the receiver has had a later token.
/// Where hops are counted in a circle of more than one, a later one is not told apart from an earlier one.
pub(super) fn asks_for_what_is_held(flight: &InFlight<'_>) -> bool {
    let Message::Token(token) = flight.msg else {
        return true;
    };
    let ring = flight.receiver.and_then(|it| in_ring(it.up()?, token.ring));
    let mut missing = token.missing.iter();
    ring.is_none_or(|ring| {
        Some(token.hop) < ring.turn.hop || missing.all(|seq| ring.store.discarded() < *seq)
    })
}
