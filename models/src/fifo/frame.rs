//! The frames that are sent.

use crate::session::Side;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Debug};

/// The name of a session between two, which one of them has opened.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId {
    /// The boot of the opener.
    pub boot: u32,
    /// Its number in that boot, from 1.
    pub number: u32,
}

/// A direction of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Direction {
    /// The session.
    pub session: SessionId,
    /// The boot of the acceptor.
    pub boot: u32,
    /// On which side the sender of the frame is.
    pub by: Side,
}

/// Messages of a session.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Data<M> {
    /// In which direction.
    pub of: Direction,
    /// The number of the first one, from 1.
    pub first: u64,
    /// The messages, numbered one by one.
    pub messages: Vec<M>,
}

/// Anything that an actor in sessions sends.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Frame<M> {
    /// A message of no session.
    Plain(M),
    /// Asks for a session.
    Syn {
        /// The session.
        session: SessionId,
    },
    /// Agrees to a session.
    SynAck {
        /// The session.
        session: SessionId,
        /// The boot of the acceptor.
        boot: u32,
    },
    /// Messages of a session.
    Data(Data<M>),
    /// Tells how many messages of the other direction were taken.
    Ack {
        /// The direction of this frame.
        of: Direction,
        /// How many.
        taken: u64,
    },
    /// The session is closed.
    Reset {
        /// The session.
        session: SessionId,
        /// On which side the sender is.
        by: Side,
    },
}

impl Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}.{}", self.boot, self.number)
    }
}

impl Debug for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} boot {} {}", self.session, self.boot, word(self.by))
    }
}

impl<M: Debug> Debug for Frame<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Frame::Plain(msg) => write!(f, "{msg:?}"),
            Frame::Syn { session } => write!(f, "Syn {session:?}"),
            Frame::SynAck { session, boot } => write!(f, "SynAck {session:?} boot {boot}"),
            Frame::Data(Data {
                of,
                first,
                messages,
            }) => write!(f, "Data {of:?} from {first} {messages:?}"),
            Frame::Ack { of, taken } => write!(f, "Ack {of:?} taken {taken}"),
            Frame::Reset { session, by } => write!(f, "Reset {session:?} {}", word(*by)),
        }
    }
}

fn word(by: Side) -> &'static str {
    match by {
        Side::Opener => "by opener",
        Side::Acceptor => "by acceptor",
    }
}
