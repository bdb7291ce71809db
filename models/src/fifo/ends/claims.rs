//! What sessions promise.

use super::speaker::{Item, Speaker, Talk, Talks};
use crate::fifo::Fifo;
use crate::fifo::state::StateOf;
use crate::session::Side;
use crate::spec::session::{self, Session};
use crate::spec::{Mapping, refines};
use crate::system::claim::Condition::{Each, Ghost};
use crate::system::claim::{self, Check};
use crate::system::{LocalOf, Move};
use std::collections::BTreeMap;

type Claim = claim::Claim<Fifo<Speaker>, Past>;

/// What was said and accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Past {
    /// How many things the opener and the acceptor have said in the session of each label.
    pub said: BTreeMap<u8, [u8; 2]>,
    /// The labels of the sessions that were accepted, in their order.
    pub accepted: Vec<u8>,
}

/// What an end knows, if it is up.
fn talks(local: &LocalOf<Fifo<Speaker>>) -> Option<&Talks> {
    local.up().map(StateOf::<Speaker>::inner)
}

fn talk(local: &LocalOf<Fifo<Speaker>>) -> Option<&Talk> {
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
        "A Later Session Is There",
        Ghost(|past| 2 <= past.accepted.len()),
    ),
    Claim::witness(
        "An End Has Started Again",
        Each(|seat, past| seat.up().is_some_and(|state| 2 <= state.boot) && !past.said.is_empty()),
    ),
];

/// What was heard is what the other side has said under the same label, from the first thing on.
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
