//! The outermost layer: bytes outside, packets inside, and who is who.
//!
//! A source address in the cluster's configuration is a node and gets its index as id; any other
//! is a client and keeps its address as id, far above all indices. Datagrams are judged here and
//! nowhere else: a client cannot speak for a node, and a datagram that is not understood is counted by
//! reason and dropped. With keys, a frame is [opened](super::seal) before anything of it is decoded.

pub mod batch;
pub mod foreign;
mod members;
mod sender;

use super::frame::{self, PacketKind};
use super::seal::node::Seal;
use super::{Doorbell, InputOf, Layer, Outputs};
use crate::buffer;
use crate::counters::{Counters, Reject};
use crate::request::Packet;
use foreign::Foreign;
use quorate_models::input::Input;
use quorate_models::system::channel::everyone;
use sender::Sender;
use serde::{Serialize, de::DeserializeOwned};
use stateright::actor::{Command as Output, Id};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use members::{Arrival, Datagram, Members, whole};

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
    foreign: Foreign,
    counters: Arc<Counters>,
    stopping: Arc<AtomicBool>,
    refused: fn(&str),
}

/// The state of the layer inside, and who has which list of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wired<S> {
    inner: S,
    /// The keys and what is known of the lives of others, if there are keys.
    seal: Option<Seal>,
    /// Nodes with the same list as here.
    agreed: BTreeSet<Id>,
    foreign: Foreign,
}

impl<L> Wire<L> {
    /// Puts a layer behind a socket. Once `stopping` is set, it hears nothing more. `refused` is called
    /// with the reason when this node is none that the others hear: their list of nodes is another one, or
    /// they have known it in a later life. It does not return in a running node.
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
            foreign: Foreign::default(),
            counters,
            stopping,
            refused,
        }
    }

    /// The same with keys: all frames are sealed, if there are any.
    pub fn sealed(self, seal: Option<Seal>) -> Self {
        Wire { seal, ..self }
    }

    /// The same, with what a node that loads has come to know: of the lives of others, if there are keys, and
    /// which senders were logged.
    pub fn after_loading(self, (seal, foreign): (Option<Seal>, Foreign)) -> Self {
        Wire {
            seal,
            foreign,
            ..self
        }
    }

    /// The input in a datagram, if it is for the layer inside.
    ///
    /// # Errors
    ///
    /// The answer to a sender that does not know enough of this node, or has another list of nodes.
    fn hear<M: DeserializeOwned>(
        &self,
        wired: &mut Wired<L::State>,
        source: Id,
        bytes: &[u8],
    ) -> Result<Option<InputOf<L>>, Datagram>
    where
        L: Layer<Msg = Packet<M>, Random = Doorbell>,
    {
        let judged = self.members.decode(wired.seal.as_mut(), source, bytes);
        if let Some((own, later)) = wired.seal.as_ref().and_then(Seal::is_outlived) {
            (self.refused)(&outlived(own, later));
        }
        match judged {
            Ok(Arrival::Packet(source, packet)) => {
                if self.members.is_node(source) {
                    wired.agreed.insert(source);
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
                let uptime = self.counters.uptime();
                wired.foreign.note(&self.members, uptime, source, reason);
                let is_foreign = reason == Reject::OtherList;
                let refusal = is_foreign.then(|| self.refuse(wired, bytes)).flatten();
                refusal.map_or(Ok(None), Err)
            }
        }
    }

    /// The sender of a frame has another list of nodes. It is told so by a node that has its list in common
    /// with a majority: one that has not may itself be the one that is wrong.
    fn refuse<S>(&self, wired: &Wired<S>, bytes: &[u8]) -> Option<Datagram> {
        if !self.members.is_majority(wired.agreed.len()) {
            return None;
        }
        let list = postcard::to_stdvec(&self.members.list).expect("a list can be encoded");
        let refusal = match &wired.seal {
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

/// Why a node must end that others have known in a later life, and what to do.
fn outlived(own: u64, later: u64) -> String {
    format!(
        "nobody hears this node: others have known it in a later life, {later}, and this one is {own}. If it \
         runs elsewhere, too, leave it down here. If its data is an older copy, leave it down, for it has \
         lost what it promised since. Otherwise write {later} into the file `incarnation` in its data folder, \
         and start it again"
    )
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
    type State = Wired<L::State>;

    fn initial(&self) -> Self::State {
        Wired {
            inner: self.inner.initial(),
            seal: self.seal.clone(),
            agreed: BTreeSet::new(),
            foreign: self.foreign.clone(),
        }
    }

    fn step(&self, _address: Id, wired: &mut Self::State, input: InputOf<Self>) -> Outputs<Self> {
        let mut sent = Vec::new();
        let input = match input {
            Input::Start(none) => {
                sent = self.greetings(wired.seal.as_ref());
                // The socket is open by now, and nothing runs yet.
                if let Err(error) = buffer::enlarge(self.members.addresses[self.members.me]) {
                    tracing::warn!(%error, "the socket has a small buffer");
                }
                Input::Start(none)
            }
            Input::Message(..) if self.stopping.load(Ordering::Relaxed) => return Vec::new(),
            Input::Message(source, Datagram(bytes)) => {
                self.counters.hear();
                match self.hear(wired, source, &bytes) {
                    Ok(Some(input)) => input,
                    Ok(None) => return Vec::new(),
                    Err(answer) => {
                        self.counters.send(1);
                        return vec![Output::Send(source, answer)];
                    }
                }
            }
            Input::Timeout(never) | Input::Choice(never) => match never {},
        };
        let mut sender = Sender::new(&self.members, wired.seal.as_mut(), &self.counters);
        let mut rung = Vec::new();
        let me = Id::from(self.members.me);
        for output in self.inner.step(me, &mut wired.inner, input) {
            match output {
                Output::Send(recipient, packet) => sender.send(recipient, &packet),
                Output::ChooseRandom(_, bells) => rung.extend(bells),
                Output::SetTimer(never, _) | Output::CancelTimer(never) => match never {},
                Output::Save(()) => {}
            }
        }
        sent.extend(sender.end());
        let ring = |bell| Output::Send(self.members.address(), ringing(bell));
        sent.extend(rung.into_iter().map(ring));
        self.counters.send(sent.len());
        sent
    }
}

#[cfg(test)]
mod tests;
