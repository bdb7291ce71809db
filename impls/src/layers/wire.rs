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
use crate::request::Packet;
use quorate_models::input::Input;
use quorate_models::system::channel::everyone;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use stateright::actor::{Command as Output, Id};
use std::convert::Infallible;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The bytes of one datagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Datagram(pub Vec<u8>);

/// The members of the cluster.
#[derive(Clone, Debug)]
pub struct Members {
    /// The cluster's number, in every frame.
    pub cluster: u64,
    /// The address of each node, by index.
    pub addresses: Vec<SocketAddrV4>,
    /// Which of them this node is.
    pub me: usize,
}

/// The judgement of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival<M> {
    /// An empty datagram, from any sender.
    Doorbell,
    /// A packet, and the participant that sent it.
    Packet(Id, Packet<M>),
}

impl Members {
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
            return Ok(Arrival::Doorbell);
        }
        let (kind, payload) = frame::decode(self.cluster, datagram)?;
        let source = self.participant(address);
        let packet = match kind {
            // A node's message to itself never touches the network.
            PacketKind::Peer if !self.is_node(source) || source == Id::from(self.me) => {
                return Err(Reject::NotAPeer);
            }
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
            Packet::Peer(message) => (PacketKind::Peer, postcard::to_stdvec(message)),
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
}

impl<L> Wire<L> {
    /// Puts a layer behind a socket. Once `stopping` is set, it hears nothing more.
    pub fn new(
        inner: L,
        members: Members,
        counters: Arc<Counters>,
        stopping: Arc<AtomicBool>,
    ) -> Self {
        Wire {
            inner,
            members,
            counters,
            stopping,
        }
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
    type State = L::State;

    fn initial(&self) -> L::State {
        self.inner.initial()
    }

    fn step(&self, _address: Id, state: &mut L::State, input: InputOf<Self>) -> Outputs<Self> {
        let input = match input {
            Input::Start(none) => {
                // The socket is open by now, and nothing runs yet.
                if let Err(error) = buffer::enlarge(self.members.addresses[self.members.me]) {
                    tracing::warn!(%error, "the socket has a small buffer");
                }
                Input::Start(none)
            }
            Input::Message(..) if self.stopping.load(Ordering::Relaxed) => return Vec::new(),
            Input::Message(source, Datagram(bytes)) => match self.members.decode(source, &bytes) {
                Ok(Arrival::Packet(source, packet)) => Input::Message(source, packet),
                Ok(Arrival::Doorbell) => {
                    self.counters.doorbell();
                    Input::Choice(Doorbell)
                }
                Err(reason) => {
                    self.counters.reject(reason);
                    return Vec::new();
                }
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
        for output in self.inner.step(Id::from(self.members.me), state, input) {
            if let Output::Send(recipient, packet) = output {
                let receivers = self.members.receivers(recipient);
                encoded.extend(receivers.filter_map(|receiver| encode(receiver, &packet)));
            }
        }
        encoded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Operation;
    use crate::request::{Probe, Reply, Request};
    use proptest::prelude::*;
    use quorate_models::replica::Consistency;

    type Word = (u64, String);

    fn address(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new([127, 0, 0, 1].into(), port)
    }

    fn members() -> Members {
        Members {
            cluster: 7,
            addresses: vec![address(1), address(2), address(3)],
            me: 0,
        }
    }

    fn bytes(packet: &Packet<Word>) -> Vec<u8> {
        members().encode(Id::from(1), packet).unwrap().1
    }

    fn word() -> Packet<Word> {
        Packet::Peer((9, "word".to_owned()))
    }

    fn request() -> Packet<Word> {
        Packet::Request(Request {
            client: 1,
            number: 1,
            operation: Operation::Get {
                key: "k".to_owned(),
                consistency: Consistency::Linearizable,
            },
        })
    }

    fn judge(port: u16, bytes: &[u8]) -> Result<Arrival<Word>, Reject> {
        members().decode(Id::from(address(port)), bytes)
    }

    fn probe() -> Packet<Word> {
        Packet::Probe(Probe { number: 1 })
    }

    #[test]
    fn a_multicast_goes_to_every_other_node() {
        let receivers = |recipient| members().receivers(recipient).collect::<Vec<_>>();
        assert_eq!(receivers(everyone()), [Id::from(1), Id::from(2)]);
        for one in [Id::from(2), Id::from(address(4))] {
            assert_eq!(receivers(one), [one]);
        }
    }

    #[test]
    fn nodes_are_indices_and_clients_keep_their_address() {
        let arrival = judge(3, &bytes(&word()));
        assert_eq!(arrival, Ok(Arrival::Packet(Id::from(2), word())));
        let client = Id::from(address(4));
        for packet in [request(), probe()] {
            let arrival = Ok(Arrival::Packet(client, packet.clone()));
            assert_eq!(judge(4, &bytes(&packet)), arrival);
        }
        let to = |recipient| members().encode(recipient, &word()).unwrap().0;
        assert_eq!(to(Id::from(2)), Id::from(address(3)));
        assert_eq!(to(client), client);
    }

    #[test]
    fn only_nodes_speak_for_nodes_and_only_clients_for_clients() {
        assert_eq!(judge(4, &bytes(&word())), Err(Reject::NotAPeer));
        assert_eq!(judge(1, &bytes(&word())), Err(Reject::NotAPeer));
        assert_eq!(judge(3, &bytes(&request())), Err(Reject::WrongKind));
        assert_eq!(judge(3, &bytes(&probe())), Err(Reject::WrongKind));
        let reply = Reply {
            client: 1,
            number: 1,
            answer: crate::request::Answer::Expired,
        };
        assert_eq!(
            judge(4, &bytes(&Packet::Reply(reply))),
            Err(Reject::WrongKind)
        );
    }

    #[test]
    fn an_empty_datagram_is_a_doorbell_whoever_sent_it() {
        assert_eq!(judge(1, &[]), Ok(Arrival::Doorbell));
        assert_eq!(judge(4, &[]), Ok(Arrival::Doorbell));
    }

    #[test]
    fn a_payload_with_something_behind_it_is_rejected() {
        let payload = postcard::to_stdvec(&(9u64, "word")).unwrap();
        let frame = frame::encode(7, PacketKind::Peer, &[payload, vec![0]].concat()).unwrap();
        assert_eq!(judge(3, &frame), Err(Reject::Undecodable));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_payload_makes_it_panic(
            payload in prop::collection::vec(any::<u8>(), 0..64), kind in 0..5usize, port in 1..5u16,
        ) {
            let kinds = [PacketKind::Peer, PacketKind::Request, PacketKind::Reply, PacketKind::Probe, PacketKind::Report];
            let _ = judge(port, &frame::encode(7, kinds[kind], &payload).unwrap());
        }
    }
}
