//! The outermost layer: bytes outside, packets inside, and who is who.
//!
//! A source address in the cluster's configuration is a node and gets its index as id; any other
//! is a client and keeps its address as id, far above all indices. What arrives is judged here and
//! nowhere else: a client cannot speak for a node, and what is not understood is counted by reason
//! and dropped.

use super::Doorbell;
use super::frame::{self, Kind};
use crate::buffer;
use crate::counters::{Counters, Reject};
use crate::request::Packet;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use stateright::actor::{Actor, Command as Output, Id, Out};
use std::borrow::Cow;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The bytes of one datagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Datagram(pub Vec<u8>);

/// Who belongs to the cluster.
#[derive(Clone, Debug)]
pub struct Members {
    /// The cluster's number, in every frame.
    pub cluster: u64,
    /// The address of each node, by index.
    pub addresses: Vec<SocketAddrV4>,
    /// Which of them this node is.
    pub me: usize,
}

/// What a datagram turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival<M> {
    /// An empty datagram, whoever sent it.
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
            // What a node tells itself never touches the network.
            Kind::Peer if !self.is_node(source) || source == Id::from(self.me) => {
                return Err(Reject::NotAPeer);
            }
            Kind::Peer => Packet::Peer(whole(payload)?),
            Kind::Request if self.is_node(source) => return Err(Reject::WrongKind),
            Kind::Request => Packet::Request(whole(payload)?),
            Kind::Reply => return Err(Reject::WrongKind),
        };
        Ok(Arrival::Packet(source, packet))
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
            Packet::Peer(message) => (Kind::Peer, postcard::to_stdvec(message)),
            Packet::Request(request) => (Kind::Request, postcard::to_stdvec(request)),
            Packet::Reply(reply) => (Kind::Reply, postcard::to_stdvec(reply)),
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

/// An actor behind a socket.
#[derive(Clone, Debug)]
pub struct Wire<A> {
    actor: A,
    members: Members,
    counters: Arc<Counters>,
    stopping: Arc<AtomicBool>,
}

impl<A> Wire<A> {
    /// Puts an actor behind a socket. Once `stopping` is set, it hears nothing more.
    pub fn new(
        actor: A,
        members: Members,
        counters: Arc<Counters>,
        stopping: Arc<AtomicBool>,
    ) -> Self {
        Wire {
            actor,
            members,
            counters,
            stopping,
        }
    }
}

impl<A, M> Wire<A>
where
    A: Actor<Msg = Packet<M>, Timer = (), Storage = (), Random = Doorbell>,
    M: Serialize + DeserializeOwned,
{
    fn me(&self) -> Id {
        Id::from(self.members.me)
    }

    fn perform(&self, handled: Out<A>, out: &mut Out<Self>) {
        for output in handled {
            if let Output::Send(recipient, packet) = output {
                match self.members.encode(recipient, &packet) {
                    Ok((address, bytes)) => out.send(address, Datagram(bytes)),
                    Err(reason) => self.counters.reject(reason),
                }
            }
        }
    }
}

impl<A, M> Actor for Wire<A>
where
    A: Actor<Msg = Packet<M>, Timer = (), Storage = (), Random = Doorbell>,
    M: Serialize + DeserializeOwned,
{
    type Msg = Datagram;
    type Timer = ();
    type State = A::State;
    type Storage = ();
    type Random = Doorbell;

    fn on_start(&self, _address: Id, storage: &Option<()>, out: &mut Out<Self>) -> A::State {
        // The socket is open by now, and the actor is not running yet.
        if let Err(error) = buffer::enlarge(self.members.addresses[self.members.me]) {
            tracing::warn!(%error, "the socket has a small buffer");
        }
        let mut started = Out::new();
        let state = self.actor.on_start(self.me(), storage, &mut started);
        self.perform(started, out);
        state
    }

    fn on_msg(
        &self,
        _address: Id,
        state: &mut Cow<'_, A::State>,
        source: Id,
        Datagram(bytes): Datagram,
        out: &mut Out<Self>,
    ) {
        if self.stopping.load(Ordering::Relaxed) {
            return;
        }
        let mut handled = Out::new();
        match self.members.decode(source, &bytes) {
            Ok(Arrival::Packet(source, packet)) => {
                self.actor
                    .on_msg(self.me(), state, source, packet, &mut handled);
            }
            Ok(Arrival::Doorbell) => {
                self.counters.doorbell();
                self.actor
                    .on_random(self.me(), state, &Doorbell, &mut handled);
            }
            Err(reason) => self.counters.reject(reason),
        }
        self.perform(handled, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Body, Reply, Request};
    use proptest::prelude::*;

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
            body: Body::Status,
        })
    }

    fn judge(port: u16, bytes: &[u8]) -> Result<Arrival<Word>, Reject> {
        members().decode(Id::from(address(port)), bytes)
    }

    #[test]
    fn nodes_are_indices_and_clients_keep_their_address() {
        let arrival = judge(3, &bytes(&word()));
        assert_eq!(arrival, Ok(Arrival::Packet(Id::from(2), word())));
        let client = Id::from(address(4));
        assert_eq!(
            judge(4, &bytes(&request())),
            Ok(Arrival::Packet(client, request()))
        );
        let to = |recipient| members().encode(recipient, &word()).unwrap().0;
        assert_eq!(to(Id::from(2)), Id::from(address(3)));
        assert_eq!(to(client), client);
    }

    #[test]
    fn only_nodes_speak_for_nodes_and_only_clients_for_clients() {
        assert_eq!(judge(4, &bytes(&word())), Err(Reject::NotAPeer));
        assert_eq!(judge(1, &bytes(&word())), Err(Reject::NotAPeer));
        assert_eq!(judge(3, &bytes(&request())), Err(Reject::WrongKind));
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
        let frame = frame::encode(7, Kind::Peer, &[payload, vec![0]].concat()).unwrap();
        assert_eq!(judge(3, &frame), Err(Reject::Undecodable));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_payload_makes_it_panic(
            payload in prop::collection::vec(any::<u8>(), 0..64), kind in 1..4u8, port in 1..5u16,
        ) {
            let kind = [Kind::Peer, Kind::Request, Kind::Reply][usize::from(kind) - 1];
            let _ = judge(port, &frame::encode(7, kind, &payload).unwrap());
        }
    }
}
