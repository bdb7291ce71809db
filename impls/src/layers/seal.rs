//! Sealed frames: those of a cluster that has [keys](crate::keys).
//!
//! ```text
//! magic (4)  version (1)  kind (1)  cluster (8)  name of the key (4)  sender (8)  receiver (8)
//! incarnation of the sender (8)  of the receiver (8)  counter (8)  tag of all the rest (32)  payload
//! ```
//!
//! The tag is keyed BLAKE3. A frame is heard once: by the receiver that it was made for, in the life that
//! it was made for, and if no frame with its counter was heard before, as far as its sender is remembered.
//! An *incarnation* is a life: a number that grows with each start of a node, and one drawn at random by
//! each socket of a client. Nobody knows the incarnation of a node that has just started, so everyone
//! *greets* before it sends anything else; an answer to a greeting tells it. So a frame that somebody has
//! kept is worth nothing after a restart, of its sender or of its receiver.
//!
//! Nothing is encrypted.

pub mod client;
pub mod node;
#[cfg(test)]
mod tests;
pub mod window;

use super::frame::{FRAME_BYTES_MAX, PacketKind};
use crate::counters::Reject;
use crate::keys::{CLIENTS_MAX, Key};
use window::Window;

/// What a sealed frame begins with.
pub const MAGIC: &[u8; 4] = b"QRTS";
const VERSION: u8 = 3;
/// Bytes before the tag, which are under it.
const HEAD: usize = 58;
/// Bytes before the payload.
pub const HEADER: usize = HEAD + blake3::OUT_LEN;

/// Who sends or receives a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A node, by its index.
    Node(usize),
    /// A client, by the number of its key.
    Client(u64),
}

impl Party {
    fn number(self) -> u64 {
        match self {
            Party::Node(index) => index as u64,
            Party::Client(number) => number | CLIENTS_MAX,
        }
    }

    fn new(number: u64) -> Self {
        match number & CLIENTS_MAX {
            0 => Party::Node(usize::try_from(number).unwrap_or(usize::MAX)),
            _ => Party::Client(number & !CLIENTS_MAX),
        }
    }
}

/// Where a frame comes from and goes to, and in which lives of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// What it is.
    pub kind: PacketKind,
    /// Who has made it.
    pub sender: Party,
    /// Whom it is for.
    pub receiver: Party,
    /// The incarnation of the sender.
    pub from: u64,
    /// The incarnation of the receiver, as far as the sender knows; 0 if it knows none.
    pub to: u64,
    /// How many frames of this sender came before it, for this receiver; 0 where order does not matter.
    pub counter: u64,
}

impl Label {
    /// The party whose key seals the frame: a client, if one of the two is one. `None` between clients.
    fn holder(&self) -> Option<Party> {
        match (self.sender, self.receiver) {
            (Party::Client(_), Party::Client(_)) => None,
            (client @ Party::Client(_), _) | (_, client) => Some(client),
        }
    }

    /// Whether such a frame goes this way.
    fn is_kind_of_its_way(&self) -> bool {
        use PacketKind::{Greeting, Peer, Probe, Refusal, Reply, Report, Request};
        match (self.sender, self.receiver) {
            (Party::Node(_), Party::Node(_)) => matches!(self.kind, Peer | Refusal | Greeting),
            (Party::Client(_), Party::Node(_)) => matches!(self.kind, Request | Probe | Greeting),
            (Party::Node(_), Party::Client(_)) => matches!(self.kind, Reply | Report | Greeting),
            (Party::Client(_), Party::Client(_)) => false,
        }
    }
}

/// A frame with this payload, or `None` if it would be too large.
pub fn seal(cluster: u64, key: &Key, label: &Label, payload: &[u8]) -> Option<Vec<u8>> {
    if FRAME_BYTES_MAX < HEADER + payload.len() {
        return None;
    }
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend(MAGIC);
    frame.extend([VERSION, label.kind as u8]);
    frame.extend(cluster.to_le_bytes());
    frame.extend(key.name());
    let numbers = [label.sender.number(), label.receiver.number()];
    let lives = [label.from, label.to, label.counter];
    for number in numbers.into_iter().chain(lives) {
        frame.extend(number.to_le_bytes());
    }
    let tag = key.tag(&frame, payload);
    frame.extend(tag.as_bytes());
    frame.extend(payload);
    Some(frame)
}

/// The label and the payload of a frame that somebody has made who has the key of its holder.
///
/// # Errors
///
/// The reason why it is none.
pub fn open(
    cluster: u64,
    key_of: impl FnOnce(Party) -> Option<Key>,
    frame: &[u8],
) -> Result<(Label, &[u8]), Reject> {
    // One that is not sealed may be shorter than what is.
    if !frame.starts_with(MAGIC) && super::frame::MAGIC.len() <= frame.len() {
        let is_plain = frame.starts_with(super::frame::MAGIC);
        return Err(match is_plain {
            true => Reject::Unsealed,
            false if FRAME_BYTES_MAX < frame.len() => Reject::Oversized,
            false => Reject::Magic,
        });
    }
    if FRAME_BYTES_MAX < frame.len() {
        return Err(Reject::Oversized);
    }
    let Some((head, rest)) = frame.split_at_checked(HEAD) else {
        return Err(Reject::Truncated);
    };
    let Some((tag, payload)) = rest.split_first_chunk() else {
        return Err(Reject::Truncated);
    };
    if head[4] != VERSION {
        return Err(Reject::Version);
    }
    if number(head, 6) != cluster {
        return Err(Reject::Cluster);
    }
    let label = Label {
        kind: PacketKind::new(head[5]).ok_or(Reject::PacketKind)?,
        sender: Party::new(number(head, 18)),
        receiver: Party::new(number(head, 26)),
        from: number(head, 34),
        to: number(head, 42),
        counter: number(head, 50),
    };
    let holder = label.holder().ok_or(Reject::WrongKind)?;
    let key = key_of(holder).ok_or(Reject::Misdirected)?;
    if head[14..18] != key.name() {
        return Err(Reject::OtherKey);
    }
    // Hashes are compared in constant time.
    if key.tag(head, payload) != blake3::Hash::from_bytes(*tag) {
        return Err(Reject::Tag);
    }
    match label.is_kind_of_its_way() {
        true => Ok((label, payload)),
        false => Err(Reject::WrongKind),
    }
}

/// The number at a place of a head.
fn number(head: &[u8], at: usize) -> u64 {
    let bytes = head[at..].first_chunk().expect("a head has all numbers");
    u64::from_le_bytes(*bytes)
}

/// What one end knows of the other: its life, which of its frames were heard, and how many were sent to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OtherEnd {
    /// The highest incarnation that is known; 0 if none is.
    incarnation: u64,
    window: Window,
    sent: u64,
}

impl OtherEnd {
    /// It says that this is its incarnation.
    ///
    /// # Errors
    ///
    /// When a later one is known.
    fn lives(&mut self, incarnation: u64) -> Result<(), Reject> {
        if incarnation < self.incarnation {
            return Err(Reject::Stale);
        }
        if self.incarnation < incarnation {
            self.incarnation = incarnation;
            self.window = Window::default();
        }
        Ok(())
    }

    /// The counter of the next frame to it.
    fn next(&mut self) -> u64 {
        self.sent += 1;
        self.sent
    }
}
