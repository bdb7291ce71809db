//! The outermost layer: bytes outside, packets inside, and who is who.
//!
//! A source address in the cluster's configuration is a node and gets its index as id; any other
//! is a client and keeps its address as id, far above all indices. Datagrams are judged here and
//! nowhere else: a client cannot speak for a node, and a datagram that is not understood is counted by
//! reason and dropped. With keys, a frame is [opened](super::seal) before anything of it is decoded.

use super::frame::{self, PacketKind};
use super::seal::node::{Admission, Seal};
use super::seal::{Label, Party};
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

/// Senders that do not belong here that are logged, at most.
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
    /// Somebody has told its incarnation; the answer, if it is to have one.
    Greeting(Option<Datagram>),
    /// A frame that was not made for this incarnation; the answer.
    Stale(Datagram),
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
        seal: Option<&mut Seal>,
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
            let is_heard = seal.is_refused(&label);
            return match is_heard {
                true => self.packet(source, label.kind, payload),
                false => Err(Reject::Stale),
            };
        }
        let is_another = matches!(label.sender, Party::Node(node) if Id::from(node) != source);
        if is_another {
            return Err(Reject::NotAPeer);
        }
        match seal.admit(&label, address, self.digest())? {
            Admission::Heard => self.packet(source, label.kind, payload),
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
            PacketKind::Request => Packet::Request(whole(payload)?),
            PacketKind::Probe => Packet::Probe(whole(payload)?),
            PacketKind::Reply | PacketKind::Report | PacketKind::Greeting => {
                return Err(Reject::WrongKind);
            }
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
        seal: Option<&mut Seal>,
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
        let frame = match (seal, kind) {
            (None, _) => {
                frame::encode(self.cluster, kind, &payload).ok_or(Reject::TooLargeToSend)?
            }
            (Some(seal), PacketKind::Peer) => {
                seal.to_node(recipient.into(), self.digest(), &payload)?
            }
            (Some(seal), _) => seal.to_client(kind, address, &payload)?,
        };
        Ok((address, frame))
    }
}

/// Whether the payload begins with the digest of a list of nodes.
fn is_by_list(label: &Label) -> bool {
    let is_node = matches!(label.sender, Party::Node(_));
    is_node && matches!(label.kind, PacketKind::Peer | PacketKind::Greeting)
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
    seal: Option<Seal>,
    counters: Arc<Counters>,
    stopping: Arc<AtomicBool>,
    refused: fn(&str),
}

/// The state of the layer inside, and who has which list of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Heard<S> {
    inner: S,
    /// The keys and what is known of the lives of others, if there are keys.
    seal: Option<Seal>,
    /// Nodes with the same list as here.
    agreed: BTreeSet<Id>,
    /// Senders that do not belong here that are logged.
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
            seal: None,
            counters,
            stopping,
            refused,
        }
    }

    /// The same with keys: all frames are sealed, if there are any.
    pub fn sealed(self, seal: Option<Seal>) -> Self {
        Wire { seal, ..self }
    }

    /// The input in a datagram, if it is for the layer inside.
    ///
    /// # Errors
    ///
    /// The answer to a sender that does not know enough of this node, or has another list of nodes.
    fn hear<M: DeserializeOwned>(
        &self,
        heard: &mut Heard<L::State>,
        source: Id,
        bytes: &[u8],
    ) -> Result<Option<InputOf<L>>, Datagram>
    where
        L: Layer<Msg = Packet<M>, Random = Doorbell>,
    {
        match self.members.decode(heard.seal.as_mut(), source, bytes) {
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
            Ok(Arrival::Greeting(answer)) => answer.map_or(Ok(None), Err),
            Ok(Arrival::Stale(answer)) => {
                self.counters.reject(Reject::Stale);
                Err(answer)
            }
            Err(reason) => {
                self.counters.reject(reason);
                note(&mut heard.foreign, source, reason);
                let is_foreign = reason == Reject::OtherList;
                let refusal = is_foreign.then(|| self.refuse(heard, bytes)).flatten();
                refusal.map_or(Ok(None), Err)
            }
        }
    }

    /// The sender of a frame has another list of nodes. It is told so by a node that has its list in common
    /// with a majority: one that has not may itself be the one that is wrong.
    fn refuse<S>(&self, heard: &Heard<S>, bytes: &[u8]) -> Option<Datagram> {
        if !self.members.is_majority(heard.agreed.len()) {
            return None;
        }
        let list = postcard::to_stdvec(&self.members.list).expect("a list can be encoded");
        let refusal = match &heard.seal {
            None => frame::encode(self.members.cluster, PacketKind::Refusal, &list),
            Some(seal) => seal.refusal(&seal.open(bytes).ok()?.0, &list),
        };
        refusal.map(Datagram)
    }

    /// Tells every other node that this one has begun a life.
    fn greetings(&self, seal: Option<&Seal>) -> Outputs<Self>
    where
        Self: Layer<Msg = Datagram>,
    {
        let Some(seal) = seal else { return Vec::new() };
        let greet = |receiver: Id| {
            let frame = seal.greet_node(receiver.into(), self.members.digest());
            let address = self.members.addresses[usize::from(receiver)];
            Output::Send(Id::from(address), Datagram(frame))
        };
        self.members.receivers(everyone()).map(greet).collect()
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

/// Logs once of a sender that it does not belong here, where its operator can do something about it.
fn note(foreign: &mut BTreeSet<Id>, address: Id, reason: Reject) {
    let problem = match reason {
        Reject::OtherList => "a node of this cluster has another list of nodes in its file",
        Reject::OtherKey => "a sender has a key of another cluster: give all the keys of one",
        Reject::Unsealed => {
            "a sender has no key: name the folder of its key in its file, as `keys`"
        }
        Reject::Sealed => {
            "a sender has a key, and this node has none: name the folder in its file, as `keys`"
        }
        _ => return,
    };
    if foreign.len() < FOREIGN_MAX && foreign.insert(address) {
        let sender = SocketAddrV4::from(address);
        tracing::warn!(%sender, "{problem}");
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
            seal: self.seal.clone(),
            agreed: BTreeSet::new(),
            foreign: BTreeSet::new(),
        }
    }

    fn step(&self, _address: Id, heard: &mut Self::State, input: InputOf<Self>) -> Outputs<Self> {
        let mut encoded = Vec::new();
        let input = match input {
            Input::Start(none) => {
                encoded = self.greetings(heard.seal.as_ref());
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
                Err(answer) => return vec![Output::Send(source, answer)],
            },
            Input::Timeout(never) | Input::Choice(never) => match never {},
        };
        let seal = &mut heard.seal;
        let mut encode = |recipient, packet: &Packet<M>| {
            let encoded = self.members.encode(seal.as_mut(), recipient, packet);
            let (address, bytes) = encoded
                .map_err(|reason| self.counters.reject(reason))
                .ok()?;
            Some(Output::Send(address, Datagram(bytes)))
        };
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
