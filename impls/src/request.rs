//! The messages between clients and nodes.

use crate::machine::{Operation, Outcome};
use quorate_models::client;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::BTreeMap;

/// The content of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Packet<M> {
    /// From a node to a node: a message of the protocol.
    Peer(M),
    /// From a client to a node: requests of its sessions.
    Requests(Vec<Request>),
    /// From a node to a client: to requests of its sessions.
    Replies(Vec<Reply>),
    /// From a client to a node: how it is.
    Probe(Probe),
    /// From a node to a client: how it is.
    Report(Report),
}

/// A request for an operation on the replicated store.
pub type Request = client::Request<Operation>;

/// The reply to a request.
pub type Reply = client::Reply<Outcome>;

/// The answer of a node to a request.
pub type Answer = client::Answer<Outcome>;

/// Asks one node how it is. It is no request of a client's sequence, and replicates nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Probe {
    /// A number drawn at random, which names the probe.
    pub number: u64,
}

/// How a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Report {
    /// As in the probe.
    pub number: u64,
    /// The state of the node.
    pub status: Box<NodeStatus>,
}

/// The state of a node, for its operators.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeStatus {
    /// The index of the node.
    pub node: usize,
    /// The id of its process.
    pub pid: u32,
    /// Role or phase, in the protocol's own word.
    pub role: String,
    /// Raft's term, ZAB's epoch, Totem's ring sequence number. JSON and metrics have it under that word.
    pub generation: u64,
    /// The node that leads, if known.
    pub leader: Option<usize>,
    /// Whether it belongs to those that serve clients now, as far as it knows.
    pub serves: bool,
    /// Positions known to be committed.
    pub commit: u64,
    /// Positions held, committed or not.
    pub last: u64,
    /// Deliveries applied to the store, those that a snapshot stands for among them.
    pub applied: u64,
    /// Of a leader: how far each other node is; none if it has told nothing in this generation.
    pub followers: BTreeMap<usize, Option<FollowerStatus>>,
    /// Other facts of the protocol, by its own words.
    pub details: BTreeMap<String, String>,
    /// Keys in the store.
    pub keys: usize,
    /// Its journal; none while it is read.
    pub journal: Option<JournalStatus>,
    /// Seconds since its start.
    pub uptime_s: u64,
    /// Rings of the doorbell so far.
    pub doorbells: u64,
    /// Datagrams so far.
    pub datagrams: DatagramStatus,
    /// Datagrams rejected so far, by reason.
    pub rejected: BTreeMap<String, u64>,
}

/// How far a follower is, as its leader has heard.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FollowerStatus {
    /// Positions that are on its disk.
    pub acknowledged: u64,
    /// Positions of the leader, committed or not, that it has not acknowledged.
    pub missing: u64,
}

/// The journal of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JournalStatus {
    /// Bytes of its file.
    pub bytes: u64,
    /// Syncs since the start.
    pub syncs: u64,
    /// The last sync; none if nothing was written since the start.
    pub last_sync: Option<SyncStatus>,
}

/// The datagrams of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DatagramStatus {
    /// Those that have come, rings of its doorbell among them.
    pub heard: u64,
    /// Those that were sent: to nodes, to clients, and to itself, but for rings by its clock and its disk.
    pub sent: u64,
}

/// A sync of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SyncStatus {
    /// Milliseconds since its end.
    pub ago_ms: u64,
    /// Microseconds that it took, with the write before it.
    pub took_us: u64,
}

/// The id of a node as an index.
pub fn index(id: Id) -> usize {
    id.into()
}
