//! The outermost layer: bytes outside, packets inside, and who is who.
//!
//! A source address in the cluster's configuration is a node and gets its index as id; any other
//! is a client and keeps its address as id, far above all indices. Datagrams are judged here and
//! nowhere else: a client cannot speak for a node, and a datagram that is not understood is counted by
//! reason and dropped.

use super::frame::{self, PacketKind};
use super::{Doorbell, InputOf, Layer, Outputs};
use crate::buffer;
use crate::counters::{Counters, Reject};
use crate::journal::format;
use crate::request::Packet;
use quorate_models::input::Input;
use quorate_models::quorum::is_quorum;
use quorate_models::system::channel::everyone;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use stateright::actor::{Command as Output, Id};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The bytes of one datagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Datagram(pub Vec<u8>);

/// Senders with another list of nodes that are logged, at most.
const FOREIGN_MAX: usize = 64;

/// The members of the cluster.
#[derive(Clone, Debug)]
pub struct Members {
    /// The cluster's number, in every frame.
    pub cluster: u64,
    /// The address of each node, by index. All nodes have the same list: frames between them carry its
    /// digest.
    pub list: Vec<SocketAddrV4>,
    /// Where this node reaches each of them.
    pub addresses: Vec<SocketAddrV4>,
    /// Which of them this node is.
    pub me: usize,
}

/// The judgement of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival<M> {
    /// An empty datagram, from any sender, or a number from this node itself.
    Doorbell(Doorbell),
    /// A packet, and the participant that sent it.
    Packet(Id, Packet<M>),
    /// Another node has another list of nodes: this one.
    Refusal(Id, Vec<SocketAddrV4>),
}

impl Members {
    /// The members by a list of their addresses, where they are reached, too.
    pub fn new(cluster: u64, list: Vec<SocketAddrV4>, me: usize) -> Self {
        Members {
            cluster,
            addresses: list.clone(),
            list,
            me,
        }
    }

    /// The same, but reached elsewhere, if something lies between. Nothing lies between a node and itself.
    pub fn reached_at(mut self, addresses: Option<Vec<SocketAddrV4>>) -> Self {
        self.addresses = addresses.unwrap_or(self.addresses);
        self.addresses[self.me] = self.list[self.me];
        self
    }

    /// The address of this node.
    fn address(&self) -> Id {
        Id::from(self.list[self.me])
    }

    /// The digest of the list.
    pub fn digest(&self) -> u32 {
        format::digest(&self.list)
    }

    /// Whether these nodes and this one are a majority.
    fn is_majority(&self, others: usize) -> bool {
        is_quorum(others + 1, self.list.len())
    }

    /// In what another list differs first from the one here.
    fn difference(&self, other: &[SocketAddrV4]) -> String {
        if self.list.len() != other.len() {
            return format!("{} nodes there, {} here", other.len(), self.list.len());
        }
        let pairs = self.list.iter().zip(other).enumerate();
        let mut differing = pairs.filter(|(_, (here, there))| here != there);
        let told = differing.next().map(|(node, (here, there))| {
            format!("node {node} has address {there} there, {here} here")
        });
        told.unwrap_or_default()
    }

    /// The participant at an address.
    fn participant(&self, address: Id) -> Id {
        let is_at = |known: &SocketAddrV4| Id::from(*known) == address;
        self.addresses
            .iter()
            .position(is_at)
            .map_or(address, Id::from)
    }

    fn is_node(&self, participant: Id) -> bool {
        usize::from(participant) < self.addresses.len()
    }

    /// Judges a datagram from an address.
    ///
    /// # Errors
    ///
    /// The reason why it is dropped.
    pub fn decode<M: DeserializeOwned>(
        &self,
        address: Id,
        datagram: &[u8],
    ) -> Result<Arrival<M>, Reject> {
        if datagram.is_empty() {
            return Ok(Arrival::Doorbell(Doorbell(0)));
        }
        if let Ok(number) = datagram.try_into()
            && address == self.address()
        {
            return Ok(Arrival::Doorbell(Doorbell(u64::from_le_bytes(number))));
        }
        let (kind, mut payload) = frame::decode(self.cluster, datagram)?;
        let source = self.participant(address);
        if kind == PacketKind::Peer {
            let (digest, message) = payload.split_first_chunk().ok_or(Reject::Undecodable)?;
            if u32::from_le_bytes(*digest) != self.digest() {
                return Err(Reject::OtherList);
            }
            payload = message;
        }
        let packet = match kind {
            // A node's message to itself never touches the network.
            PacketKind::Peer | PacketKind::Refusal
                if !self.is_node(source) || source == Id::from(self.me) =>
            {
                return Err(Reject::NotAPeer);
            }
            PacketKind::Refusal => return Ok(Arrival::Refusal(source, whole(payload)?)),
            PacketKind::Peer => Packet::Peer(whole(payload)?),
            PacketKind::Request | PacketKind::Probe if self.is_node(source) => {
                return Err(Reject::WrongKind);
            }
            PacketKind::Request => Packet::Request(whole(payload)?),
            PacketKind::Probe => Packet::Probe(whole(payload)?),
            PacketKind::Reply | PacketKind::Report => return Err(Reject::WrongKind),
        };
        Ok(Arrival::Packet(source, packet))
    }

    /// Those that an id stands for: a participant, or every other node.
    fn receivers(&self, recipient: Id) -> impl Iterator<Item = Id> {
        let (nodes, one) = if recipient == everyone() {
            (0..self.addresses.len(), None)
        } else {
            (0..0, Some(recipient))
        };
        let others = nodes.filter(|node| *node != self.me).map(Id::from);
        others.chain(one)
    }

    /// The address and the bytes of a packet.
    ///
    /// # Errors
    ///
    /// When the packet fits no frame.
    pub fn encode<M: Serialize>(
        &self,
        recipient: Id,
        packet: &Packet<M>,
    ) -> Result<(Id, Vec<u8>), Reject> {
        let address = match self.addresses.get(usize::from(recipient)) {
            Some(address) => Id::from(*address),
            None => recipient,
        };
        let (kind, payload) = match packet {
            Packet::Peer(message) => {
                let digest = self.digest().to_le_bytes().to_vec();
                (PacketKind::Peer, postcard::to_extend(message, digest))
            }
            Packet::Request(request) => (PacketKind::Request, postcard::to_stdvec(request)),
            Packet::Reply(reply) => (PacketKind::Reply, postcard::to_stdvec(reply)),
            Packet::Probe(probe) => (PacketKind::Probe, postcard::to_stdvec(probe)),
            Packet::Report(report) => (PacketKind::Report, postcard::to_stdvec(report)),
        };
        let payload = payload.expect("a message can be encoded");
        let frame = frame::encode(self.cluster, kind, &payload).ok_or(Reject::TooLargeToSend)?;
        Ok((address, frame))
    }
}

/// The datagram by which a node rings its own doorbell.
fn ringing(Doorbell(number): Doorbell) -> Datagram {
    Datagram(match number {
        0 => Vec::new(),
        number => number.to_le_bytes().to_vec(),
    })
}

/// Decodes a payload that is one value and nothing else.
///
/// # Errors
///
/// When it is not.
pub fn whole<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Reject> {
    match postcard::take_from_bytes(payload) {
        Ok((value, [])) => Ok(value),
        _ => Err(Reject::Undecodable),
    }
}

/// The layer behind a socket.
#[derive(Clone, Debug)]
pub struct Wire<L> {
    inner: L,
    members: Members,
    counters: Arc<Counters>,
    stopping: Arc<AtomicBool>,
    refused: fn(&str),
}

/// The state of the layer inside, and who has which list of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Heard<S> {
    inner: S,
    /// Nodes with the same list as here.
    agreed: BTreeSet<Id>,
    /// Senders with another one that are logged.
    foreign: BTreeSet<Id>,
}

impl<L> Wire<L> {
    /// Puts a layer behind a socket. Once `stopping` is set, it hears nothing more. `refused` is called
    /// with the reason when another node does not take this one for a node of its cluster.
    pub fn new(
        inner: L,
        members: Members,
        counters: Arc<Counters>,
        stopping: Arc<AtomicBool>,
        refused: fn(&str),
    ) -> Self {
        Wire {
            inner,
            members,
            counters,
            stopping,
            refused,
        }
    }

    /// The input in a datagram, if it is for the layer inside.
    ///
    /// # Errors
    ///
    /// The answer to a sender that has another list of nodes.
    fn hear<M: DeserializeOwned>(
        &self,
        heard: &mut Heard<L::State>,
        source: Id,
        bytes: &[u8],
    ) -> Result<Option<InputOf<L>>, Datagram>
    where
        L: Layer<Msg = Packet<M>, Random = Doorbell>,
    {
        match self.members.decode(source, bytes) {
            Ok(Arrival::Packet(source, packet)) => {
                if self.members.is_node(source) {
                    heard.agreed.insert(source);
                }
                Ok(Some(Input::Message(source, packet)))
            }
            Ok(Arrival::Refusal(source, list)) => {
                self.on_refusal(source, &list);
                Ok(None)
            }
            Ok(Arrival::Doorbell(bell)) => {
                self.counters.doorbell();
                Ok(Some(Input::Choice(bell)))
            }
            Err(reason) => {
                self.counters.reject(reason);
                let is_foreign = reason == Reject::OtherList;
                let refusal = is_foreign.then(|| self.refuse(heard, source)).flatten();
                refusal.map_or(Ok(None), Err)
            }
        }
    }

    /// A sender has another list of nodes. It is told so by a node that has its list in common with a
    /// majority: one that has not may itself be the one that is wrong.
    fn refuse<S>(&self, heard: &mut Heard<S>, address: Id) -> Option<Datagram> {
        if heard.foreign.len() < FOREIGN_MAX && heard.foreign.insert(address) {
            let sender = SocketAddrV4::from(address);
            tracing::warn!(%sender, "a node of this cluster has another list of nodes in its file");
        }
        if !self.members.is_majority(heard.agreed.len()) {
            return None;
        }
        let list = postcard::to_stdvec(&self.members.list).expect("a list can be encoded");
        frame::encode(self.members.cluster, PacketKind::Refusal, &list).map(Datagram)
    }

    /// Another node does not take this one for a node of its cluster, because of another list.
    fn on_refusal(&self, source: Id, list: &[SocketAddrV4]) {
        if list == self.members.list {
            // It was for an earlier process with this address.
            return;
        }
        let (node, difference) = (usize::from(source), self.members.difference(list));
        (self.refused)(&format!(
            "node {node} has another list of nodes in its file: {difference}; give all nodes the same \
             list, in the same order"
        ));
    }
}

impl<L, M> Layer for Wire<L>
where
    L: Layer<Msg = Packet<M>, Timer = Infallible, Random = Doorbell, Storage = ()>,
    M: Serialize + DeserializeOwned,
{
    type Msg = Datagram;
    type Timer = Infallible;
    type Random = Infallible;
    type Storage = ();
    type State = Heard<L::State>;

    fn initial(&self) -> Self::State {
        Heard {
            inner: self.inner.initial(),
            agreed: BTreeSet::new(),
            foreign: BTreeSet::new(),
        }
    }

    fn step(&self, _address: Id, heard: &mut Self::State, input: InputOf<Self>) -> Outputs<Self> {
        let input = match input {
            Input::Start(none) => {
                // The socket is open by now, and nothing runs yet.
                if let Err(error) = buffer::enlarge(self.members.addresses[self.members.me]) {
                    tracing::warn!(%error, "the socket has a small buffer");
                }
                Input::Start(none)
            }
            Input::Message(..) if self.stopping.load(Ordering::Relaxed) => return Vec::new(),
            Input::Message(source, Datagram(bytes)) => match self.hear(heard, source, &bytes) {
                Ok(Some(input)) => input,
                Ok(None) => return Vec::new(),
                Err(refusal) => return vec![Output::Send(source, refusal)],
            },
            Input::Timeout(never) | Input::Choice(never) => match never {},
        };
        let encode = |recipient, packet: &Packet<M>| {
            let encoded = self.members.encode(recipient, packet);
            let (address, bytes) = encoded
                .map_err(|reason| self.counters.reject(reason))
                .ok()?;
            Some(Output::Send(address, Datagram(bytes)))
        };
        let mut encoded = Vec::new();
        for output in self
            .inner
            .step(Id::from(self.members.me), &mut heard.inner, input)
        {
            match output {
                Output::Send(recipient, packet) => {
                    let receivers = self.members.receivers(recipient);
                    encoded.extend(receivers.filter_map(|receiver| encode(receiver, &packet)));
                }
                Output::ChooseRandom(_, bells) => {
                    let ring = |bell| Output::Send(self.members.address(), ringing(bell));
                    encoded.extend(bells.into_iter().map(ring));
                }
                Output::SetTimer(never, _) | Output::CancelTimer(never) => match never {},
                Output::Save(()) => {}
            }
        }
        encoded
    }
}

#[cfg(test)]
mod tests;
