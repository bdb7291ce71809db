//! How messages travel.

use quorate_models::session::{Part, Side};
use std::fmt::Debug;

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Like messages are one, until it is delivered.
    Once,
    /// Like messages are one, and it stays.
    ForEver,
    /// First in, first out for each pair.
    Ordered,
    /// Each message is delivered once.
    Multiset,
    /// Like messages are one, and it stays; which was delivered last is remembered.
    Duplicating,
    /// Like messages are one, until it is delivered or another of the same parity is sent.
    Newest,
    /// First in, first out for each pair and parity.
    Lanes,
    /// The even ones first in, first out for each pair; of the odd ones like ones are one.
    EvenOrdered,
    /// The even ones stay; of the odd ones the newest is there.
    EvenForEver,
    /// All belong to sessions: 0 opens one, 2 and 3 close one.
    Sessions,
    /// Those below 4 belong to sessions; of the others like ones are one.
    SessionsAndOnce,
    /// Those below 4 belong to sessions; of the others the newest is there.
    SessionsAndNewest,
}

/// Whether the text of a message ends with an odd byte.
pub fn parity(msg: &impl Debug) -> u8 {
    format!("{msg:?}").bytes().last().map_or(0, |byte| byte % 2)
}

/// The effect of a message on a session: the last digit of its text decides.
pub fn part(msg: &impl Debug) -> Part {
    match last_digit(msg) {
        b'0' => Part::Open,
        b'1' => Part::Data(Side::Acceptor),
        b'2' => Part::Close(Side::Acceptor),
        b'3' => Part::Close(Side::Opener),
        _ => Part::Data(Side::Opener),
    }
}

/// Whether a message belongs to a session where not all do.
pub fn is_below_4(msg: &impl Debug) -> bool {
    last_digit(msg) < b'4'
}

fn last_digit(msg: &impl Debug) -> u8 {
    let text = format!("{msg:?}");
    let digit = text.bytes().rfind(u8::is_ascii_digit);
    digit.unwrap_or(b'0')
}

impl Kind {
    /// The effect of a message on its session, if it belongs to one.
    pub fn part(self, msg: &impl Debug) -> Option<Part> {
        let in_session = match self {
            Kind::Sessions => true,
            Kind::SessionsAndOnce | Kind::SessionsAndNewest => is_below_4(msg),
            _ => false,
        };
        in_session.then(|| part(msg))
    }

    /// Whether some messages belong to sessions.
    pub fn has_sessions(self) -> bool {
        self.part(&0).is_some()
    }

    /// The number of the lane in which a message waits for others.
    pub fn lane(self, msg: &impl Debug) -> Option<u8> {
        match (self, parity(msg)) {
            _ if self.part(msg).is_some() => self.part(msg).map(|part| part.side() as u8),
            (Kind::Ordered, _) | (Kind::EvenOrdered, 0) => Some(0),
            (Kind::Lanes, parity) => Some(parity),
            _ => None,
        }
    }

    /// Whether a message stays in flight when it is delivered.
    pub fn stays(self, msg: &impl Debug) -> bool {
        match self {
            Kind::ForEver | Kind::Duplicating => true,
            Kind::EvenForEver => parity(msg) == 0,
            _ => false,
        }
    }

    /// Whether a message takes the place of an earlier one between the same two.
    pub fn replaces<M: Debug>(self, msg: &M, earlier: &M) -> bool {
        match self {
            Kind::Newest => parity(msg) == parity(earlier),
            Kind::EvenForEver => parity(msg) == 1 && parity(earlier) == 1,
            Kind::SessionsAndNewest => !is_below_4(msg) && !is_below_4(earlier),
            _ => false,
        }
    }
}
