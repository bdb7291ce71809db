//! The seal of a client's socket.

use super::{HEADER, Label, OtherEnd, Party, open, seal};
use crate::counters::Reject;
use crate::keys::ClientKey;
use crate::layers::frame::{FRAME_BYTES_MAX, PacketKind};
use std::collections::BTreeMap;

/// The name of a question that a client asks until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Who asks. It waits for the answer to its last question, and for no other.
    pub asker: u64,
    /// Tells its questions apart.
    pub number: u64,
}

/// The key of a client, and what a socket of it knows of the lives of nodes.
#[derive(Clone, Debug)]
pub struct ClientSeal {
    key: ClientKey,
    cluster: u64,
    incarnation: u64,
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    end: OtherEnd,
    /// What goes to it when its incarnation is known, by kind and asker.
    waiting: BTreeMap<(u8, u64), Waiting>,
}

#[derive(Clone, Debug)]
struct Waiting {
    number: u64,
    kind: PacketKind,
    payload: Vec<u8>,
}

/// What a frame is to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened<'a> {
    /// A packet of this kind.
    Packet(PacketKind, &'a [u8]),
    /// A node has told its incarnation: these frames go to it now.
    Greeted(Vec<Vec<u8>>),
}

impl ClientSeal {
    /// The seal of a new socket, which talks to so many nodes.
    pub fn new(key: ClientKey, cluster: u64, nodes: usize) -> Self {
        ClientSeal {
            key,
            cluster,
            // No life has the number of no life.
            incarnation: rand::random::<u64>().max(1),
            nodes: vec![Node::default(); nodes],
        }
    }

    /// Whether no node has answered to the key.
    pub fn is_unanswered(&self) -> bool {
        self.nodes.iter().all(|node| node.end.incarnation == 0)
    }

    /// Whether a node has told its incarnation.
    pub fn knows(&self, node: usize) -> bool {
        self.nodes[node].end.incarnation != 0
    }

    /// An asker has a question: no node needs to hear an earlier one.
    pub fn asks(&mut self, kind: PacketKind, question: Question) {
        let Question { asker, number } = question;
        self.forget(kind, asker, |earlier| earlier != number);
    }

    /// The frame that goes to a node now: this one, or a greeting if the node's incarnation is not known.
    /// Then this one goes when the node has told it, if the asker still waits for the answer. `None` if it
    /// would be too large.
    pub fn close(
        &mut self,
        node: usize,
        kind: PacketKind,
        question: Question,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        if FRAME_BYTES_MAX < HEADER + payload.len() {
            return None;
        }
        self.asks(kind, question);
        if self.knows(node) {
            return self.numbered(node, kind, payload);
        }
        let Question { asker, number } = question;
        let waiting = Waiting {
            number,
            kind,
            payload: payload.to_vec(),
        };
        let asker = (kind as u8, asker);
        self.nodes[node].waiting.insert(asker, waiting);
        self.sealed(node, PacketKind::Greeting, 0, &[])
    }

    /// A question of this kind is answered: no other node needs to hear it.
    pub fn answered(&mut self, kind: PacketKind, question: Question) {
        self.forget(kind, question.asker, |number| number == question.number);
    }

    /// Drops what waits of an asker, if its number is such a one.
    fn forget(&mut self, kind: PacketKind, asker: u64, is_over: impl Fn(u64) -> bool) {
        let asker = (kind as u8, asker);
        for node in &mut self.nodes {
            let waits = node.waiting.get(&asker);
            if waits.is_some_and(|waiting| is_over(waiting.number)) {
                node.waiting.remove(&asker);
            }
        }
    }

    /// Sealed with the next counter, for a node that has told its incarnation. `None` if it would be too
    /// large.
    pub fn numbered(&mut self, node: usize, kind: PacketKind, payload: &[u8]) -> Option<Vec<u8>> {
        let counter = self.nodes[node].end.next();
        self.sealed(node, kind, counter, payload)
    }

    fn sealed(
        &self,
        node: usize,
        kind: PacketKind,
        counter: u64,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        let label = Label {
            kind,
            sender: Party::Client(self.key.number),
            receiver: Party::Node(node),
            from: self.incarnation,
            to: self.nodes[node].end.incarnation,
            counter,
        };
        seal(self.cluster, &self.key.key, &label, payload)
    }

    /// Opens a frame from the address of a node.
    ///
    /// # Errors
    ///
    /// The reason why it is dropped.
    pub fn open<'a>(&mut self, node: usize, frame: &'a [u8]) -> Result<Opened<'a>, Reject> {
        let me = Party::Client(self.key.number);
        let key_of = |holder| (holder == me).then(|| self.key.key.clone());
        let (label, payload) = open(self.cluster, key_of, frame)?;
        if label.sender != Party::Node(node) {
            return Err(Reject::NotAPeer);
        }
        if label.to != self.incarnation {
            return Err(Reject::Stale);
        }
        let known = &mut self.nodes[node];
        known.end.lives(label.from)?;
        if label.kind == PacketKind::Greeting {
            let waiting = std::mem::take(&mut known.waiting).into_values();
            let frames = waiting.filter_map(|it| self.numbered(node, it.kind, &it.payload));
            return Ok(Opened::Greeted(frames.collect()));
        }
        match known.end.window.admit(label.counter) {
            true => Ok(Opened::Packet(label.kind, payload)),
            false => Err(Reject::Replayed),
        }
    }
}
