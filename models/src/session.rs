//! Sessions, as a protocol speaks of them: who is on which side, what a message does to its session, and
//! what closes one. In a search, [channels](crate::system::channel) decide what becomes of messages in
//! sessions; on a node, [`fifo`](crate::fifo) does.

use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id};

/// The side of a session that a participant is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// It has opened the session.
    Opener,
    /// The other has.
    Acceptor,
}

/// The effect of a message on its session, and the side of the session on which its sender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// It opens a session.
    Open,
    /// It belongs to one.
    Data(Side),
    /// It closes one.
    Close(Side),
}

/// One end of a session, as the participant there sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    /// The participant at the other end.
    pub peer: Id,
    /// On which side the participant itself is.
    pub side: Side,
}

/// The facts that a system must know about a protocol's sessions.
pub struct Sessions<A: Actor> {
    /// The message by which a participant on this side closes a session.
    pub close: fn(Side) -> A::Msg,
    /// The sessions that there are, as a participant in this state sees it.
    pub open: fn(&A::State) -> Vec<End>,
}

impl<A: Actor> Clone for Sessions<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Actor> Copy for Sessions<A> {}

impl Side {
    /// Both sides.
    pub const ALL: [Side; 2] = [Side::Opener, Side::Acceptor];

    /// The side of the other participant.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Opener => Side::Acceptor,
            Side::Acceptor => Side::Opener,
        }
    }
}

impl Part {
    /// On which side the sender is.
    pub fn side(self) -> Side {
        match self {
            Part::Open => Side::Opener,
            Part::Data(side) | Part::Close(side) => side,
        }
    }

    /// Whether it closes the session.
    pub fn closes(self) -> bool {
        matches!(self, Part::Close(_))
    }
}

impl End {
    /// Both ends that a participant may have with each of so many.
    pub fn all(participants: usize) -> impl Iterator<Item = End> {
        let peers = (0..participants).map(Id::from);
        peers.flat_map(|peer| Side::ALL.map(|side| End { peer, side }))
    }

    /// Its position in [`End::all`].
    pub fn index(self) -> usize {
        usize::from(self.peer) * Side::ALL.len() + self.side as usize
    }
}
