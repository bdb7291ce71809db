//! The promises of sessions.

use super::period;
use super::speaker::{Item, Speaker, Talk, Talks};
use crate::fifo::Fifo;
use crate::fifo::state::{Line, StateOf};
use crate::session::{End, Side};
use crate::spec::session::{self, Session};
use crate::spec::{Mapping, refines};
use crate::system::claim::Condition::{Each, Ghost, Pair};
use crate::system::claim::{self, Check};
use crate::system::{LocalOf, Move};
use stateright::actor::Id;
use std::collections::BTreeMap;

pub(super) type Claim = claim::Claim<Fifo<Speaker>, Past>;
type Seat<'a> = claim::Seat<'a, Fifo<Speaker>>;

/// The things that were said, and the sessions that were accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Past {
    /// How many things the opener and the acceptor have said in the session of each label.
    pub said: BTreeMap<u8, [u8; 2]>,
    /// The labels of the sessions that were accepted, in their order.
    pub accepted: Vec<u8>,
}

/// The state of an end, if it is up.
fn talks(local: &LocalOf<Fifo<Speaker>>) -> Option<&Talks> {
    local.up().map(StateOf::<Speaker>::inner)
}

pub(super) fn talk(local: &LocalOf<Fifo<Speaker>>) -> Option<&Talk> {
    talks(local)?.talk.as_ref()
}

impl Past {
    /// Whether an end has said something, or has accepted a session.
    pub(super) fn grows(moved: &Move<'_, Fifo<Speaker>>) -> bool {
        let said = |local| talk(local).map(|talk: &Talk| (talk.label, talk.said));
        said(moved.before) != said(moved.after)
    }

    /// Adds what an end did.
    pub(super) fn observe(moved: &Move<'_, Fifo<Speaker>>, past: &Past) -> Option<Past> {
        let talk = talk(moved.after)?;
        let mut now = past.clone();
        let said = now.said.entry(talk.label).or_default();
        said[talk.side as usize] = talk.said;
        let is_new = self::talk(moved.before).is_none_or(|before| before.label != talk.label);
        if is_new && talk.side == Side::Acceptor {
            now.accepted.push(talk.label);
        }
        (now != *past).then_some(now)
    }
}

/// Every claim.
pub(super) const CLAIMS: &[Claim] = &[
    Claim::new(
        "Messages Come in Order",
        "ours",
        "Two Messages Are Heard",
        Check::Invariant(Each(|seat, _| talk(seat.local).is_none_or(in_order))),
    ),
    Claim::new(
        "A Session Begins Once",
        "ours",
        "A Session Is Accepted",
        Check::Invariant(Ghost(|past| {
            past.accepted.is_sorted_by(|one, next| one < next)
        })),
    ),
    Claim::new(
        "What Is Acknowledged Was Taken",
        "TCP, ACK",
        "A Message Is Acknowledged",
        Check::Invariant(Pair(|one, other| {
            acknowledged(one, other).all(|(acked, taken)| acked <= taken)
        })),
    ),
    Claim::new(
        "Refines Session",
        "Session",
        "Two Messages Are Heard",
        refines::<ToSession>(),
    ),
    Claim::witness(
        "Two Messages Are Heard",
        Each(|seat, _| talk(seat.local).is_some_and(|talk| 2 <= talk.heard.len())),
    ),
    Claim::witness(
        "A Session Is Accepted",
        Ghost(|past| !past.accepted.is_empty()),
    ),
    Claim::witness(
        "A Message Is Acknowledged",
        Pair(|one, other| acknowledged(one, other).any(|(acked, _)| 0 < acked)),
    ),
    Claim::witness(
        "A Later Session Is There",
        Ghost(|past| 2 <= past.accepted.len()),
    ),
    Claim::witness(
        "An End Has Started Again",
        Each(|seat, past| seat.up().is_some_and(|state| 2 <= state.boot) && !past.said.is_empty()),
    ),
    period::WHAT_IS_SAID_IS_HEARD,
    period::A_CLOSE_IS_HEARD,
    period::SOMETHING_IS_NOT_HEARD,
    period::AN_END_IS_ALONE,
];

/// An end has heard, without a gap, what the other side has said first under the same label.
fn in_order(talk: &Talk) -> bool {
    let mut heard = talk.heard.iter().zip(1..);
    heard.all(|(item, number)| match *item {
        Item::Open(label) => label == talk.label && number == 1,
        Item::Said {
            label,
            number: its,
            by,
        } => (label, its, by) == (talk.label, number, talk.side.other()),
        Item::Close(_) => false,
    })
}

/// Of each session of an end: how many messages it counts as taken, and how many the other end has taken.
fn acknowledged<'a>(one: Seat<'a>, other: Seat<'a>) -> impl Iterator<Item = (u64, u64)> {
    let both = one.up().zip(other.up());
    both.into_iter().flat_map(move |(state, peer)| {
        let lines = state.lines.iter();
        lines.filter_map(move |(end, line)| {
            Some((line.acked, taken(peer, (one.id, end.side), line)?))
        })
    })
}

/// How many messages of a session an end has taken: none where the session has not begun; unknown where it
/// is over.
fn taken(at: &StateOf<Speaker>, (peer, by): (Id, Side), line: &Line<Item>) -> Option<u64> {
    let side = by.other();
    let there = at.lines.get(&End { peer, side });
    let there = there.filter(|there| there.session == line.session);
    let last = at.last.get(&peer).copied().unwrap_or_default();
    let is_for_boot = line.boot == Some(at.boot);
    let has_not_begun = by == Side::Opener && is_for_boot && last < line.session;
    there
        .map(|there| there.taken)
        .or(has_not_begun.then_some(0))
}

/// The ends as sessions.
pub struct ToSession;

impl Mapping for ToSession {
    type Actor = Fifo<Speaker>;
    type Ghost = Past;
    type Machine = Session;

    fn own(end: &LocalOf<Fifo<Speaker>>) -> Option<session::Talk> {
        talk(end).map(|talk| session::Talk {
            label: talk.label,
            side: talk.side,
            heard: talk.heard.len() as u8,
        })
    }

    fn shared(past: &Past) -> session::Sessions {
        session::Sessions {
            said: past.said.clone(),
            accepted: past.accepted.clone(),
        }
    }
}
