//! Who is who, and the judgement of a datagram.

use super::batch;
use crate::counters::Reject;
use crate::journal::format;
use crate::layers::Doorbell;
use crate::layers::frame::{self, PacketKind};
use crate::layers::seal::node::{Admission, Seal};
use crate::layers::seal::{Label, Party};
use crate::request::Packet;
use quorate_models::quorum::is_quorum;
use quorate_models::system::channel::everyone;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use stateright::actor::Id;
use std::net::SocketAddrV4;

/// The bytes of one datagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Datagram(pub Vec<u8>);

/// The members of the cluster.
#[derive(Clone, Debug)]
pub struct Members {
    /// The cluster's number, in every frame.
    pub cluster: u64,
    /// The protocol. All nodes run the same, and have the same list: frames between them carry a digest of
    /// both.
    pub protocol: &'static str,
    /// The address of each node, by index.
    pub list: Vec<SocketAddrV4>,
    /// Where this node reaches each of them.
    pub addresses: Vec<SocketAddrV4>,
    /// Which of them this node is.
    pub me: usize,
    /// Where its doorbell is rung, if there is one.
    pub bell: Option<SocketAddrV4>,
}

/// The judgement of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival<M> {
    /// An empty datagram from where the doorbell is rung, or a number from this node itself.
    Doorbell(Doorbell),
    /// A packet, and the participant that sent it.
    Packet(Id, Packet<M>),
    /// Another node has another list of nodes: this one.
    Refusal(Id, Vec<SocketAddrV4>),
    /// Somebody has told its incarnation; the answer, if it is to have one.
    Greeting(Option<Datagram>),
    /// A frame of or for another incarnation; the answer.
    Stale(Datagram),
}

impl Members {
    /// The members by a list of their addresses, where they are reached, too.
    pub fn new(
        (cluster, protocol): (u64, &'static str),
        list: Vec<SocketAddrV4>,
        me: usize,
    ) -> Self {
        Members {
            cluster,
            protocol,
            addresses: list.clone(),
            list,
            me,
            bell: None,
        }
    }

    /// The same, where the doorbell is rung from this address.
    pub fn with_bell(self, address: SocketAddrV4) -> Self {
        let bell = Some(address);
        Members { bell, ..self }
    }

    /// The same, but reached elsewhere, if something lies between. Nothing lies between a node and itself.
    pub fn reached_at(mut self, addresses: Option<Vec<SocketAddrV4>>) -> Self {
        self.addresses = addresses.unwrap_or(self.addresses);
        self.addresses[self.me] = self.list[self.me];
        self
    }

    /// The address of this node.
    pub(super) fn address(&self) -> Id {
        Id::from(self.list[self.me])
    }

    /// The digest of the protocol and the list.
    pub fn digest(&self) -> u32 {
        format::digest(self.protocol, &self.list)
    }

    /// Whether these nodes and this one are a majority.
    pub(super) fn is_majority(&self, others: usize) -> bool {
        is_quorum(others + 1, self.list.len())
    }

    /// In what another list differs first from the one here.
    pub(super) fn difference(&self, other: &[SocketAddrV4]) -> String {
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
    pub(super) fn participant(&self, address: Id) -> Id {
        let is_at = |known: &SocketAddrV4| Id::from(*known) == address;
        self.addresses
            .iter()
            .position(is_at)
            .map_or(address, Id::from)
    }

    pub(super) fn is_node(&self, participant: Id) -> bool {
        usize::from(participant) < self.addresses.len()
    }

    /// Judges a datagram from an address.
    ///
    /// # Errors
    ///
    /// The reason why it is dropped.
    pub fn decode<M: DeserializeOwned>(
        &self,
        seal: Option<&mut Seal>,
        address: Id,
        datagram: &[u8],
    ) -> Result<Arrival<M>, Reject> {
        if datagram.is_empty() {
            let is_rung = self.bell.is_some_and(|bell| Id::from(bell) == address);
            let bell = is_rung.then_some(Arrival::Doorbell(Doorbell(0)));
            return bell.ok_or(Reject::Doorbell);
        }
        if let Ok(number) = datagram.try_into()
            && address == self.address()
        {
            return Ok(Arrival::Doorbell(Doorbell(u64::from_le_bytes(number))));
        }
        let source = self.participant(address);
        let Some(seal) = seal else {
            let (kind, payload) = frame::decode(self.cluster, datagram)?;
            let payload = self.listed(kind == PacketKind::Peer, payload)?;
            self.comes_from(source, kind)?;
            return self.packet(source, kind, payload);
        };
        let (label, payload) = seal.open(datagram)?;
        let payload = self.listed(is_by_list(&label), payload)?;
        self.comes_from(source, label.kind)?;
        if label.kind == PacketKind::Refusal {
            // Another list gives this node another number.
            let is_refused = seal.is_refused(&label);
            return match is_refused {
                true => self.packet(source, label.kind, payload),
                false => Err(Reject::Stale),
            };
        }
        let is_another = matches!(label.sender, Party::Node(node) if Id::from(node) != source);
        if is_another {
            return Err(Reject::NotAPeer);
        }
        match seal.admit(&label, address, self.digest())? {
            Admission::Admitted => self.packet(source, label.kind, payload),
            Admission::Greeted(answer) => Ok(Arrival::Greeting(answer.map(Datagram))),
            Admission::Stale(answer) => Ok(Arrival::Stale(Datagram(answer))),
        }
    }

    /// What follows the digest of the list of nodes, if the sender has the same one.
    fn listed<'a>(&self, is_by_list: bool, payload: &'a [u8]) -> Result<&'a [u8], Reject> {
        if !is_by_list {
            return Ok(payload);
        }
        let (digest, message) = payload.split_first_chunk().ok_or(Reject::Undecodable)?;
        match u32::from_le_bytes(*digest) == self.digest() {
            true => Ok(message),
            false => Err(Reject::OtherList),
        }
    }

    /// Whether a participant may say such a thing.
    fn comes_from(&self, source: Id, kind: PacketKind) -> Result<(), Reject> {
        match kind {
            // A node's message to itself never touches the network.
            PacketKind::Peer | PacketKind::Refusal
                if !self.is_node(source) || source == Id::from(self.me) =>
            {
                Err(Reject::NotAPeer)
            }
            PacketKind::Request | PacketKind::Probe if self.is_node(source) => {
                Err(Reject::WrongKind)
            }
            PacketKind::Reply | PacketKind::Report => Err(Reject::WrongKind),
            _ => Ok(()),
        }
    }

    fn packet<M: DeserializeOwned>(
        &self,
        source: Id,
        kind: PacketKind,
        payload: &[u8],
    ) -> Result<Arrival<M>, Reject> {
        let packet = match kind {
            PacketKind::Refusal => return Ok(Arrival::Refusal(source, whole(payload)?)),
            PacketKind::Peer => Packet::Peer(whole(payload)?),
            PacketKind::Request => Packet::Requests(batch::values(payload)?),
            PacketKind::Probe => Packet::Probe(whole(payload)?),
            PacketKind::Reply | PacketKind::Report | PacketKind::Greeting => {
                return Err(Reject::WrongKind);
            }
        };
        Ok(Arrival::Packet(source, packet))
    }

    /// Those that an id stands for: a participant, or every other node.
    pub(super) fn receivers(&self, recipient: Id) -> impl Iterator<Item = Id> {
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
        seal: Option<&mut Seal>,
        recipient: Id,
        packet: &Packet<M>,
    ) -> Result<(Id, Vec<u8>), Reject> {
        let (kind, payload) = match packet {
            Packet::Peer(message) => {
                let digest = self.digest().to_le_bytes().to_vec();
                (PacketKind::Peer, postcard::to_extend(message, digest))
            }
            Packet::Requests(requests) => (PacketKind::Request, Ok(batch::of(requests))),
            Packet::Replies(replies) => (PacketKind::Reply, Ok(batch::of(replies))),
            Packet::Probe(probe) => (PacketKind::Probe, postcard::to_stdvec(probe)),
            Packet::Report(report) => (PacketKind::Report, postcard::to_stdvec(report)),
        };
        let payload = payload.expect("a message can be encoded");
        self.frame(seal, recipient, kind, &payload)
    }

    /// The address and the frame of a payload.
    ///
    /// # Errors
    ///
    /// As of [`encode`](Members::encode).
    pub(super) fn frame(
        &self,
        seal: Option<&mut Seal>,
        recipient: Id,
        kind: PacketKind,
        payload: &[u8],
    ) -> Result<(Id, Vec<u8>), Reject> {
        let address = match self.addresses.get(usize::from(recipient)) {
            Some(address) => Id::from(*address),
            None => recipient,
        };
        let frame = match (seal, kind) {
            (None, _) => {
                frame::encode(self.cluster, kind, payload).ok_or(Reject::TooLargeToSend)?
            }
            (Some(seal), PacketKind::Peer) => {
                seal.to_node(recipient.into(), self.digest(), payload)?
            }
            (Some(seal), _) => seal.to_client(kind, address, payload)?,
        };
        Ok((address, frame))
    }
}

/// Whether the payload begins with the digest of a list of nodes.
fn is_by_list(label: &Label) -> bool {
    let is_node = matches!(label.sender, Party::Node(_));
    is_node && matches!(label.kind, PacketKind::Peer | PacketKind::Greeting)
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
