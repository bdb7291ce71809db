//! What clients and nodes say to each other.

use crate::machine::{Operation, Outcome};
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::net::SocketAddrV4;

/// What a frame carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Packet<M> {
    /// From a node to a node: a message of the protocol.
    Peer(M),
    /// From a client to a node.
    Request(Request),
    /// From a node to a client.
    Reply(Reply),
}

/// A request of a client. The two numbers name it for ever: sent again, it is the same request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    /// The client, by a number it has drawn at random.
    pub client: u64,
    /// The client's requests, numbered from 1.
    pub number: u64,
    /// What it wants.
    pub body: Body,
}

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Body {
    /// An operation on the replicated store.
    Execute(Operation),
    /// How this one node is.
    Status,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reply {
    /// As in the request.
    pub client: u64,
    /// As in the request.
    pub number: u64,
    /// What the node says.
    pub answer: Answer,
}

/// What a node says to a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// The operation has been executed, once.
    Done(Outcome),
    /// The node cannot propose. Nothing was done here.
    Elsewhere {
        /// The node to ask instead, if it is known.
        node: Option<SocketAddrV4>,
    },
    /// The operation is too large to be replicated. Nothing was done.
    TooLarge {
        /// Bytes of the operation.
        found: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// The client has been silent for so long that its last request is forgotten. This request was
    /// not executed now; whether it was before is not known.
    Expired,
    /// How the node is.
    Status(NodeStatus),
}

/// The state of a node, for its operators.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeStatus {
    /// The index of the node.
    pub node: usize,
    /// Role or phase, in the protocol's own word.
    pub role: String,
    /// Raft's term, ZAB's epoch, Totem's ring sequence number.
    pub generation: u64,
    /// The node that leads, if known.
    pub leader: Option<usize>,
    /// Positions known to be decided.
    pub decided: u64,
    /// Positions held, decided or not.
    pub last: u64,
    /// Deliveries applied to the store since the node has started.
    pub applied: u64,
    /// Keys in the store.
    pub keys: usize,
    /// Rings of the doorbell so far.
    pub doorbells: u64,
    /// What was rejected so far, by reason.
    pub rejects: BTreeMap<String, u64>,
}

/// The id of a node as an index.
pub fn index(id: Id) -> usize {
    id.into()
}
