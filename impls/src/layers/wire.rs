//! The outermost layer: bytes outside, packets inside, and who is who.
//!
//! A source address in the cluster's configuration is a node and gets its index as id; any other
//! is a client and keeps its address as id, far above all indices. Datagrams are judged here and
//! nowhere else: a client cannot speak for a node, and a datagram that is not understood is counted by
//! reason and dropped. With keys, a frame is [opened](super::seal) before anything of it is decoded.

mod members;

use super::frame::{self, PacketKind};
use super::seal::node::Seal;
use super::{Doorbell, InputOf, Layer, Outputs};
use crate::buffer;
use crate::counters::{Counters, Reject};
use crate::request::Packet;
use quorate_models::input::Input;
use quorate_models::system::channel::everyone;
use serde::{Serialize, de::DeserializeOwned};
use stateright::actor::{Command as Output, Id};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use members::{Arrival, Datagram, Members, whole};

/// Senders that do not belong here that are logged, at most.
const FOREIGN_MAX: usize = 64;

/// The datagram by which a node rings its own doorbell.
fn ringing(Doorbell(number): Doorbell) -> Datagram {
    Datagram(match number {
        0 => Vec::new(),
        number => number.to_le_bytes().to_vec(),
    })
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
