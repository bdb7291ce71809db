//! Messages that can never matter again.

use super::message::{Message, Regular};
use super::processor::Processor;
use super::state::{Phase, RingId, State};
use crate::system::{Envelope, LocalOf};

/// Whether delivering a message to this processor is a no-op now and for ever after: the numbers of its rings
/// only rise, also when it starts again.
///
/// Joins are never dead: one that is ignored now may count when the processor looks for others.
pub fn is_dead(
    processor: &Processor,
    local: &LocalOf<Processor>,
    envelope: &Envelope<Message>,
) -> bool {
    let Some(state) = local.up() else {
        return false;
    };
    match &envelope.msg {
        Message::Token(token) => {
            let is_past = is_past(state, token.ring);
            let was_here = turn_of(state, token.ring).is_some_and(|hop| {
                processor.config.hops.is_none() && hop.is_some_and(|hop| token.hop <= hop)
            });
            is_past || was_here
        }
        Message::Commit(token) => {
            token.ring.number < state.ring.number
                || token.ring == state.ring
                    && matches!(state.phase, Phase::Operational { .. } | Phase::Gone)
        }
        Message::Wake(ring) => is_past(state, *ring),
        Message::Regular(regular) if state.is_gone() => regular.ring.number <= state.ring.number,
        // Where a message of a foreign ring means nothing.
        Message::Regular(regular) if !processor.config.foreign_messages => {
            let is_abandoned = regular.ring == state.installed.ring.id && state.has_left();
            is_abandoned || has(state, regular)
        }
        _ => false,
    }
}

/// Whether a processor holds a message, or will never take it.
fn has(state: &State, regular: &Regular) -> bool {
    let recovery = match &state.phase {
        Phase::Recovery(recovery) => Some(&recovery.ring),
        _ => None,
    };
    let mut rings = [Some(&state.installed.ring), recovery]
        .into_iter()
        .flatten();
    match rings.find(|ring| ring.id == regular.ring) {
        Some(ring) => ring.store.has(regular.seq),
        None => regular.ring.number < state.ring.number,
    }
}

/// Whether a processor is never in this ring again.
fn is_past(state: &State, ring: RingId) -> bool {
    let is_left = matches!(state.phase, Phase::Gather { .. } | Phase::Gone);
    ring.number < state.ring.number || ring == state.ring && is_left
}

/// Where a token was last in the ring that a processor is in.
fn turn_of(state: &State, ring: RingId) -> Option<Option<u64>> {
    let own = match &state.phase {
        Phase::Recovery(recovery) => &recovery.ring,
        _ => &state.installed.ring,
    };
    (own.id == ring).then_some(own.turn.hop)
}
