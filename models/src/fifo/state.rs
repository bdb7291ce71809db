//! The state of an actor in sessions.

use super::frame::SessionId;
use crate::session::{End, Side};
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Debug};

/// The part that survives a crash.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stored<S> {
    /// How often the actor has started.
    pub boot: u32,
    /// The record of the actor inside.
    pub inner: S,
}

/// The actor inside, and its sessions.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State<S, M> {
    /// The state of the actor inside. It is taken out while that handles an input.
    pub(super) inner: Option<S>,
    /// The boot.
    pub boot: u32,
    /// Sessions that were opened in this boot.
    pub opened: u32,
    /// The sessions that are there.
    pub lines: BTreeMap<End, Line<M>>,
    /// The last session of each peer that was accepted, or reset before it was.
    pub last: BTreeMap<Id, SessionId>,
}

/// The state around an actor of this type.
pub type StateOf<A> = State<<A as Actor>::State, <A as Actor>::Msg>;

/// A session at one end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Line<M> {
    /// Its name.
    pub session: SessionId,
    /// The boot of the acceptor, once it is known.
    pub boot: Option<u32>,
    /// How many messages the other side has taken.
    pub acked: u64,
    /// Messages that it has not taken, or not as far as is known.
    pub queue: VecDeque<M>,
    /// How many of them were sent.
    pub sent: usize,
    /// Where the frames end that were sent and not taken, where their number is limited.
    pub frames: VecDeque<u64>,
    /// How many messages of the other side were taken.
    pub taken: u64,
}

impl<S, M> State<S, M> {
    /// A boot without sessions.
    pub(super) fn new(boot: u32, inner: S) -> Self {
        State {
            inner: Some(inner),
            boot,
            opened: 0,
            lines: BTreeMap::new(),
            last: BTreeMap::new(),
        }
    }

    /// The state of the actor inside.
    ///
    /// # Panics
    ///
    /// While it handles an input.
    pub fn inner(&self) -> &S {
        self.inner.as_ref().expect("it is there between two inputs")
    }
}

impl<M> Line<M> {
    /// A session in which nothing was said.
    pub(super) fn new(session: SessionId, boot: Option<u32>) -> Self {
        Line {
            session,
            boot,
            acked: 0,
            queue: VecDeque::new(),
            sent: 0,
            frames: VecDeque::new(),
            taken: 0,
        }
    }

    /// Whether something was sent and not taken, as far as is known.
    pub(super) fn waits(&self) -> bool {
        0 < self.sent || self.boot.is_none()
    }
}

/// The other end of a session that a frame is of, as its receiver sees it.
pub(super) fn end(src: Id, by: Side) -> End {
    End {
        peer: src,
        side: by.other(),
    }
}

impl<S: Debug, M: Debug> Debug for State<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}; boot {}", self.inner(), self.boot)?;
        for (End { peer, side }, line) in &self.lines {
            let word = match side {
                Side::Opener => "to",
                Side::Acceptor => "from",
            };
            write!(f, ", {word} {} {line:?}", usize::from(*peer))?;
        }
        Ok(())
    }
}

impl<M: Debug> Debug for Line<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} taken {}", self.session, self.taken)?;
        if !self.queue.is_empty() {
            write!(f, " after {} {:?}", self.acked, self.queue)?;
        }
        Ok(())
    }
}

impl<S: Debug> Debug for Stored<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "boot {} {:?}", self.boot, self.inner)
    }
}
