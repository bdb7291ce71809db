//! How messages travel between their sending and their delivery. This is their one meaning: systems
//! and the explorer both ask here.
//!
//! A channel belongs to a message: a protocol says of each of its messages how it travels, so that
//! some may wait for each other and others overtake them.
//!
//! The messages in flight to one receiver are a list, its *mailbox*: first those that wait for
//! nobody, sorted; then lane by lane, each in the order of sending.

mod session;

pub use session::{Edit, InSessions, Reset, Waiting};

use crate::session::{End, Part};
use stateright::actor::Id;
use std::fmt;

pub use stateright::actor::Envelope;

/// Everyone but the sender: the address of a multicast. It is one send to several receivers; what
/// becomes of the message on the way to each is a matter of its own.
pub fn everyone() -> Id {
    Id::from(usize::MAX)
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A set: sending what is already in flight changes nothing, delivery removes it. Duplication
    /// is a separate, budgeted action.
    ///
    /// Leaves out: more than one copy of a message in flight at the same time.
    Once,
    /// A set that never forgets: every message may be delivered again at any later time. Loss and
    /// duplication are included.
    ///
    /// Leaves out: nothing that matters to safety. Losses and duplicates need no budget here. With
    /// writes that are synced apart, an actor that answers again and again while a write is pending
    /// makes the system infinite.
    ForEver,
    /// [`Once`](Channel::Once), and a message takes the place of an earlier one of the same number
    /// from the same sender that is still in flight.
    ///
    /// Leaves out: the arrival of what was replaced. Beside each configuration with it stands one
    /// without.
    Newest(u8),
    /// A multiset: each message sent is delivered at most once. Stateright's
    /// `UnorderedNonDuplicating`.
    Multiset,
    /// First in, first out among the messages of the same number between the same two. Stateright's
    /// `Ordered`.
    Ordered(u8),
    /// First in, first out in a session between the two, which one of them has opened and either of
    /// them may close ([sessions](crate::session)). It has no hole: nothing of it is lost alone, or repeated.
    Session(Part),
}

/// How the messages of a system travel.
pub struct Channels<Msg> {
    /// How a message travels.
    pub of: fn(&Msg) -> Channel,
    /// Every kind of channel that some message takes, by the word for it.
    pub kinds: &'static [&'static str],
    /// Whether some message stays in flight when it is delivered.
    pub repeats: bool,
    /// Whether the message delivered last is part of the state, as in Stateright's
    /// `UnorderedDuplicating`.
    pub remembers_last: bool,
}

/// The lanes of sessions, above all others: one for each side.
const SESSION_LANE: u16 = 1 << 8;

/// The facts that decide how a message in flight travels.
#[derive(Clone, Copy, Debug)]
pub struct Travel {
    /// The sender.
    pub src: Id,
    /// The receiver.
    pub dst: Id,
    /// How it travels.
    pub channel: Channel,
}

/// The change of a mailbox by the arrival of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The position of the message that it replaces.
    pub replaces: Option<usize>,
    /// Where it stands, once what it replaces is taken out; `None` if it is in flight already.
    pub at: Option<usize>,
}

impl Channel {
    /// Whether a message stays in flight when it is delivered.
    pub fn repeats(self) -> bool {
        self == Channel::ForEver
    }

    /// Whether sending what is already in flight changes nothing.
    pub fn is_set(self) -> bool {
        matches!(self, Channel::Once | Channel::ForEver | Channel::Newest(_))
    }

    /// Whether a delivery that changes nothing may be ignored. In a lane it may not: it makes way
    /// for the next message.
    pub fn ignores_no_ops(self) -> bool {
        !matches!(self, Channel::Ordered(_) | Channel::Session(_))
    }

    /// Its part in a session.
    pub fn part(self) -> Option<Part> {
        match self {
            Channel::Session(part) => Some(part),
            _ => None,
        }
    }
}

impl Travel {
    /// The lane in which a message waits for those before it.
    fn lane(self) -> Option<(Id, Id, u16)> {
        let lane = |number| Some((self.src, self.dst, number));
        match self.channel {
            Channel::Ordered(number) => lane(number.into()),
            Channel::Session(part) => lane(SESSION_LANE + part.side() as u16),
            _ => None,
        }
    }

    /// Its part in the session that ends here at its receiver.
    fn part_at(self, end: End) -> Option<Part> {
        let part = self.channel.part()?;
        (self.src == end.peer && part.side() == end.side.other()).then_some(part)
    }

    /// Whether a message of this kind takes the place of an earlier one.
    fn replaces(self, earlier: Travel) -> bool {
        let is_newest = matches!(self.channel, Channel::Newest(_));
        let same = |it: Travel| (it.src, it.dst, it.channel);
        is_newest && same(self) == same(earlier)
    }
}

/// The change of its receiver's mailbox by a message that is sent.
pub fn arrival<T: Ord>(mailbox: &[T], message: &T, travel: impl Fn(&T) -> Travel) -> Arrival {
    let (own, lane) = (travel(message), travel(message).lane());
    let comes_before = |other: &T| match travel(other).lane() {
        other if other != lane => other < lane,
        None => other < message,
        Some(_) => true,
    };
    let at = mailbox.partition_point(comes_before);
    let is_there = mailbox.get(at) == Some(message);
    if is_there && own.channel.is_set() {
        let (replaces, at) = (None, None);
        return Arrival { replaces, at };
    }
    let replaces = mailbox.iter().position(|it| own.replaces(travel(it)));
    let taken_out = usize::from(replaces.is_some_and(|earlier| earlier < at));
    Arrival {
        replaces,
        at: Some(at - taken_out),
    }
}

/// The positions of the messages that can be delivered or lost next: each distinct one, and of a
/// lane the first.
pub fn deliverable<T: PartialEq>(
    mailbox: &[T],
    travel: impl Fn(&T) -> Travel,
) -> impl Iterator<Item = usize> {
    let comes_first = move |position: &usize| {
        let Some(before) = position.checked_sub(1).map(|before| &mailbox[before]) else {
            return true;
        };
        let message = &mailbox[*position];
        let lane = travel(message).lane();
        travel(before).lane() != lane || lane.is_none() && before != message
    };
    (0..mailbox.len()).filter(comes_first)
}

impl<Msg> Channels<Msg> {
    /// Every message travels *once*.
    pub const fn once() -> Self {
        Channels::all(|_| Channel::Once, &["once"])
    }

    /// Every message travels *for ever*.
    pub const fn for_ever() -> Self {
        Channels {
            repeats: true,
            ..Channels::all(|_| Channel::ForEver, &["for ever"])
        }
    }

    /// Every message takes the one ordered channel between its sender and its receiver.
    pub const fn ordered() -> Self {
        Channels::all(|_| Channel::Ordered(0), &["ordered"])
    }

    /// Every message sent is delivered at most once.
    pub const fn multiset() -> Self {
        Channels::all(|_| Channel::Multiset, &["multiset"])
    }

    /// Every message travels *for ever*, and the one delivered last is part of the state.
    pub const fn duplicating() -> Self {
        Channels {
            repeats: true,
            remembers_last: true,
            ..Channels::all(|_| Channel::ForEver, &["duplicating"])
        }
    }

    /// Channels that forget what is delivered.
    pub const fn all(of: fn(&Msg) -> Channel, kinds: &'static [&'static str]) -> Self {
        Channels {
            of,
            kinds,
            repeats: false,
            remembers_last: false,
        }
    }

    /// How a message in flight travels.
    pub fn travel(&self, envelope: &Envelope<Msg>) -> Travel {
        Travel {
            src: envelope.src,
            dst: envelope.dst,
            channel: (self.of)(&envelope.msg),
        }
    }
}

impl<Msg> Clone for Channels<Msg> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Msg> Copy for Channels<Msg> {}

/// The kinds, for tables.
impl<Msg> fmt::Display for Channels<Msg> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kinds.join(" and "))
    }
}
