//! The seal of a node: what it opens, and what it closes.

use super::{Label, OtherEnd, Party, open, seal};
use crate::counters::Reject;
use crate::keys::{ClusterKey, NodeKeys};
use crate::layers::frame::PacketKind;
use stateright::actor::Id;
use std::collections::BTreeMap;

/// Sockets of clients that are remembered, at most. When there are more, the half that was heard last stays.
pub const CALLERS_MAX: usize = 16_384;

/// The keys of a node, and what it knows of the lives of others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seal {
    keys: NodeKeys,
    cluster: u64,
    me: usize,
    incarnation: u64,
    peers: Vec<OtherEnd>,
    callers: Callers,
    /// A later life of this node that another has known.
    outlived: Option<u64>,
}

/// What becomes of a frame that was sealed by who it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is heard.
    Admitted,
    /// It told an incarnation and is done; this is the answer, if it is to have one.
    Greeted(Option<Vec<u8>>),
    /// It was for another life of this node, or from an earlier one of its sender; this tells it.
    Stale(Vec<u8>),
}

impl Seal {
    /// The seal of node `me` of so many, in this life.
    pub fn new(key: &ClusterKey, cluster: u64, me: usize, nodes: usize, incarnation: u64) -> Self {
        Seal {
            keys: key.of_nodes(),
            cluster,
            me,
            incarnation,
            peers: vec![OtherEnd::default(); nodes],
            callers: Callers::default(),
            outlived: None,
        }
    }

    /// The life of this node, and a later one, if another node has known one: nobody hears the present one.
    pub fn is_outlived(&self) -> Option<(u64, u64)> {
        Some((self.incarnation, self.outlived?))
    }

    /// The label and the payload of a frame of this cluster. Whether it is heard is not decided.
    ///
    /// # Errors
    ///
    /// The reason why it is none.
    pub fn open<'a>(&self, frame: &'a [u8]) -> Result<(Label, &'a [u8]), Reject> {
        let key_of = |holder| {
            Some(match holder {
                Party::Node(_) => self.keys.nodes.clone(),
                Party::Client(number) => self.keys.of_client(number),
            })
        };
        let (label, payload) = open(self.cluster, key_of, frame)?;
        // A client's key opens what nodes tell that client, and the client itself could have made it.
        match label.receiver {
            Party::Node(_) => Ok((label, payload)),
            Party::Client(_) => Err(Reject::Misdirected),
        }
    }

    /// Decides whether a frame that was opened, from this address, is heard. `digest` is that of the list of
    /// nodes.
    ///
    /// # Errors
    ///
    /// The reason why it is not.
    pub fn admit(&mut self, label: &Label, address: Id, digest: u32) -> Result<Admission, Reject> {
        if label.receiver != Party::Node(self.me) {
            return Err(Reject::Misdirected);
        }
        let is_for_this_life = label.to == self.incarnation;
        if let Party::Node(node) = label.sender
            && label.kind != PacketKind::Refusal
        {
            if self.incarnation < label.to {
                // Nobody else seals with this key, so there was such a life.
                self.outlived = Some(label.to);
            }
            let peer = self.peers.get_mut(node).ok_or(Reject::NotAPeer)?;
            let lives = peer.lives(label.from);
            if lives.is_err() && label.kind == PacketKind::Greeting {
                // It may not know that it is outlived.
                return Ok(Admission::Stale(self.greeting(label, digest)));
            }
            lives?;
        }
        if label.kind == PacketKind::Greeting {
            // Who knows a later life of this node would answer for ever.
            let is_for_this_life = self.incarnation <= label.to;
            let answer = (!is_for_this_life).then(|| self.greeting(label, digest));
            return Ok(Admission::Greeted(answer));
        }
        if !is_for_this_life {
            return Ok(Admission::Stale(self.greeting(label, digest)));
        }
        let is_new = match (label.kind, label.sender) {
            // It is made for this life. A second copy changes nothing.
            (PacketKind::Refusal, _) => true,
            (_, Party::Node(node)) => self.peers[node].window.admit(label.counter),
            (_, Party::Client(number)) => {
                self.callers
                    .hear((number, label.from), address, label.counter)
            }
        };
        is_new
            .then_some(Admission::Admitted)
            .ok_or(Reject::Replayed)
    }

    /// Tells the sender of a frame which incarnation this node has.
    fn greeting(&self, label: &Label, digest: u32) -> Vec<u8> {
        let to = match label.sender {
            Party::Node(node) => self.peers[node].incarnation,
            Party::Client(_) => label.from,
        };
        self.greet(label.sender, to, digest)
    }

    /// Tells a node which incarnation this one has.
    pub fn greet_node(&self, node: usize, digest: u32) -> Vec<u8> {
        self.greet(Party::Node(node), self.peers[node].incarnation, digest)
    }

    fn greet(&self, receiver: Party, to: u64, digest: u32) -> Vec<u8> {
        let frame = self.close(PacketKind::Greeting, receiver, to, 0, &digest.to_le_bytes());
        frame.expect("a greeting is small")
    }

    /// A frame between nodes. If nothing is known of the other one's life, it is a greeting instead, since
    /// nothing else would be heard.
    ///
    /// # Errors
    ///
    /// When the payload fits no frame.
    pub fn to_node(&mut self, node: usize, digest: u32, payload: &[u8]) -> Result<Vec<u8>, Reject> {
        let peer = &mut self.peers[node];
        if peer.incarnation == 0 {
            return Ok(self.greet_node(node, digest));
        }
        let (to, counter) = (peer.incarnation, peer.next());
        let frame = self.close(PacketKind::Peer, Party::Node(node), to, counter, payload);
        frame.ok_or(Reject::TooLargeToSend)
    }

    /// A frame to the client that was heard last from an address.
    ///
    /// # Errors
    ///
    /// When none was, or when the payload fits no frame.
    pub fn to_client(
        &mut self,
        kind: PacketKind,
        address: Id,
        payload: &[u8],
    ) -> Result<Vec<u8>, Reject> {
        let (number, session, counter) = self.callers.next(address).ok_or(Reject::UnknownClient)?;
        let frame = self.close(kind, Party::Client(number), session, counter, payload);
        frame.ok_or(Reject::TooLargeToSend)
    }

    /// Tells the sender of a frame that it has another list of nodes.
    pub fn refusal(&self, refused: &Label, payload: &[u8]) -> Option<Vec<u8>> {
        self.close(
            PacketKind::Refusal,
            refused.sender,
            refused.from,
            0,
            payload,
        )
    }

    /// Whether a refusal was made for this life of this node, whatever number others give it.
    pub fn is_refused(&self, label: &Label) -> bool {
        label.to == self.incarnation
    }

    fn close(
        &self,
        kind: PacketKind,
        receiver: Party,
        to: u64,
        counter: u64,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        let label = Label {
            kind,
            sender: Party::Node(self.me),
            receiver,
            from: self.incarnation,
            to,
            counter,
        };
        match receiver {
            Party::Node(_) => seal(self.cluster, &self.keys.nodes, &label, payload),
            Party::Client(number) => {
                seal(self.cluster, &self.keys.of_client(number), &label, payload)
            }
        }
    }
}

/// A client's number and the incarnation of one of its sockets.
type Caller = (u64, u64);

/// The sockets of clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Callers {
    known: BTreeMap<Caller, Known>,
    /// Which was heard last from an address.
    addresses: BTreeMap<Id, Caller>,
    /// How often any was heard.
    time: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Known {
    end: OtherEnd,
    address: Id,
    last: u64,
}

impl Callers {
    /// Whether a frame of one, from this address, is heard for the first time. If so, it is answered there.
    fn hear(&mut self, caller: Caller, address: Id, counter: u64) -> bool {
        // No window admits it: nobody is remembered for that.
        if counter == 0 {
            return false;
        }
        if !self.known.contains_key(&caller) && CALLERS_MAX <= self.known.len() {
            self.forget_half();
        }
        let last = self.time + 1;
        let known = self.known.entry(caller).or_insert_with(|| Known {
            end: OtherEnd::default(),
            address,
            last,
        });
        if !known.end.window.admit(counter) {
            return false;
        }
        if known.address != address && self.addresses.get(&known.address) == Some(&caller) {
            self.addresses.remove(&known.address);
        }
        (known.address, known.last, self.time) = (address, last, last);
        self.addresses.insert(address, caller);
        true
    }

    fn forget_half(&mut self) {
        let mut times: Vec<u64> = self.known.values().map(|known| known.last).collect();
        let middle = times.len() / 2;
        let (_, middle, _) = times.select_nth_unstable(middle);
        let middle = *middle;
        self.known.retain(|_, known| middle <= known.last);
        let known = &self.known;
        self.addresses
            .retain(|_, caller| known.contains_key(caller));
    }

    /// The client that was heard last from an address, its incarnation, and the counter of the next frame.
    fn next(&mut self, address: Id) -> Option<(u64, u64, u64)> {
        let caller = *self.addresses.get(&address)?;
        let counter = self.known.get_mut(&caller)?.end.next();
        Some((caller.0, caller.1, counter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_clients_those_heard_last_are_known() {
        let mut callers = Callers::default();
        let call = |callers: &mut Callers, socket: usize| {
            callers.hear((1, socket as u64 + 1), Id::from(socket), 1)
        };
        for socket in 0..CALLERS_MAX {
            assert!(call(&mut callers, socket));
        }
        assert!(!call(&mut callers, 0), "heard already");
        assert!(callers.hear((1, 1), Id::from(0), 2));
        assert!(call(&mut callers, CALLERS_MAX));
        assert!(callers.known.len() <= CALLERS_MAX / 2 + 1);
        assert_eq!(callers.known.len(), callers.addresses.len());
        assert!(!call(&mut callers, 0), "the first was heard last");
        assert_eq!(callers.next(Id::from(1)), None);
        assert_eq!(callers.next(Id::from(0)), Some((1, 1, 1)));
    }

    #[test]
    fn nobody_is_remembered_for_a_frame_that_is_not_heard() {
        let mut callers = Callers::default();
        for socket in 0..2 * CALLERS_MAX {
            assert!(!callers.hear((1, socket as u64 + 1), Id::from(socket), 0));
        }
        assert_eq!(callers.known.len(), 0);
        for socket in 0..3 * CALLERS_MAX {
            assert!(callers.hear((1, socket as u64 + 1), Id::from(socket), 1));
            assert!(callers.known.len() <= CALLERS_MAX);
        }
    }

    #[test]
    fn a_socket_that_has_another_address_is_answered_there() {
        let mut callers = Callers::default();
        assert!(callers.hear((1, 7), Id::from(100), 1));
        assert!(callers.hear((1, 7), Id::from(200), 2));
        assert!(!callers.hear((1, 7), Id::from(300), 1), "a replay");
        assert_eq!(callers.next(Id::from(100)), None);
        assert_eq!(callers.next(Id::from(200)), Some((1, 7, 1)));
    }
}
