//! The messages that a processor can have sent to another. A model sends no others; a node drops all others.

use super::message::{Body, CommitToken, Entry, Message, Payload, Regular, Token};
use super::state::{RingId, State};
use stateright::actor::Id;
use std::collections::BTreeSet;

/// Numbers of rings, places and hops are smaller. At a million a second they last for 140,000 years, and
/// adding to them does not overflow.
const END: u64 = 1 << 62;
/// Numbers of rings are counted in blocks of 2^40. A block does not go by while a processor is away: at a
/// thousand rings a second that takes 34 years. So one message cannot use the numbers up.
const BLOCK: u32 = 40;

impl Message {
    /// Whether one of so many processors can have sent this to another in this state.
    pub fn is_possible(&self, receiver: &State, processors: usize) -> bool {
        let number = match self {
            Message::Regular(regular) => regular.ring.number,
            Message::Token(token) => token.ring.number,
            Message::Join { number, .. } => *number,
            Message::Commit(token) => token.ring.number,
            Message::Merge(ring) | Message::Wake(ring) => ring.number,
            _ => 0,
        };
        let is_near = number >> BLOCK <= (receiver.number_max >> BLOCK) + 1;
        is_near && self.is_well_formed(processors)
    }

    fn is_well_formed(&self, processors: usize) -> bool {
        let are = |ids: &BTreeSet<Id>| are_processors(ids, processors);
        match self {
            Message::Regular(regular) => is_regular(regular, processors, true),
            Message::Token(token) => is_token(token, processors),
            Message::Join {
                procs,
                fails,
                number,
            } => {
                let names_someone = !(procs.is_empty() && fails.is_empty());
                are(procs) && are(fails) && names_someone && *number < END
            }
            Message::Commit(token) => is_commit(token, processors),
            Message::Merge(ring) | Message::Wake(ring) => is_ring(*ring, processors),
            Message::Request(..)
            | Message::NotPrimary
            | Message::Originated(_)
            | Message::Delivered(_)
            | Message::Changed(_)
            | Message::Decided(_)
            | Message::Leave => false,
        }
    }
}

fn are_processors<'a>(ids: impl IntoIterator<Item = &'a Id>, processors: usize) -> bool {
    ids.into_iter().all(|id| usize::from(*id) < processors)
}

fn is_ring(ring: RingId, processors: usize) -> bool {
    ring.number < END && are_processors([&ring.representative], processors)
}

/// A message of an old ring may be sent again in a new one, and is no copy itself.
fn is_regular(regular: &Regular, processors: usize, may_be_copy: bool) -> bool {
    let is_placed = is_ring(regular.ring, processors) && (1..END).contains(&regular.seq);
    is_placed
        && match &regular.body {
            Body::Application(content) => {
                are_processors([&content.sender], processors)
                    && match &content.payload {
                        Payload::Report(report) => report.decided <= report.len && report.len < END,
                        Payload::Opaque(_) | Payload::Commands(_) | Payload::Entries(_) => true,
                    }
            }
            Body::Copy(copy) => may_be_copy && is_regular(copy, processors, false),
        }
}

fn is_token(token: &Token, processors: usize) -> bool {
    let missing = token.missing.iter();
    is_ring(token.ring, processors)
        && token.hop < END
        && token.seq < END
        && token.aru <= token.seq
        && are_processors(&token.aru_by, processors)
        && missing.clone().all(|seq| (1..=token.seq).contains(seq))
        && token.flow.sent < u32::MAX as usize
        && token.flow.waiting < u32::MAX as usize
}

/// The members of a ring are in order, and the first of them represents it.
fn is_commit(token: &CommitToken, processors: usize) -> bool {
    let CommitToken {
        ring,
        members,
        entries,
    } = token;
    let is_entry = |entry: &Entry| {
        is_ring(entry.ring, processors)
            && entry.aru < END
            && entry.delivered < END
            && are_processors(&entry.obligation, processors)
    };
    is_ring(*ring, processors)
        && members.first() == Some(&ring.representative)
        && members.is_sorted_by(|one, other| one < other)
        && are_processors(members, processors)
        && entries.len() <= members.len()
        && entries.iter().all(is_entry)
}
