//! The common part of the benches: a Raft server that handlers have brought to a certain state.
//!
//! States are reached by real handler calls alone, so that a bench measures what a node runs, and
//! the shapes of the data structures are those of a node.

pub mod journaled;
pub mod plain;

use quorate_models::raft::log::{Entry, EntryId, Index, Payload};
use quorate_models::raft::message::{
    AppendEntries, AppendEntriesResponse, AppendResult, Message, PreVoteResponse,
    RequestVoteResponse,
};
use quorate_models::raft::server::Timer;
use quorate_models::raft::state::Term;
use quorate_models::raft::{Config, Server};
use quorate_models::replica::Command;
use stateright::actor::{Actor, Command as Output, Id, Out};
use std::borrow::Cow;

/// Size of a command: a key and a small value.
pub const COMMAND_BYTES: usize = 64;
/// Entries of the longest message, as a node sends it.
pub const BATCH: u64 = 64;
/// The server that is measured.
pub const ME: usize = 0;
/// The other servers. The first leads when the measured one follows.
pub const PEERS: [usize; 2] = [1, 2];
const CLIENT: usize = 1000;

/// A Raft server, bare or in the layers of a node.
pub trait Raft: Actor<Msg = Message, Timer = Timer> {}

impl<A: Actor<Msg = Message, Timer = Timer>> Raft for A {}

/// A server of three, configured as a node is.
pub fn server() -> Server {
    Server::new(Config::production(1 + PEERS.len()))
}

/// A message and who sent it.
pub type Input = (Id, Message);

/// A client's request.
pub fn request(number: u64) -> Input {
    let message = Message::ClientRequest(command(number));
    (Id::from(CLIENT), message)
}

/// Entries from the leader of term 1, after `prev` entries of that term; none make a heartbeat.
/// Entries before them are committed.
pub fn append(prev: u64, count: u64) -> Input {
    let entry = |number| Entry {
        term: Term(1),
        payload: Payload::Command(command(number)),
    };
    let message = AppendEntries {
        term: Term(1),
        prev: EntryId {
            term: Term(prev.min(1)),
            index: Index(prev),
        },
        entries: (prev..prev + count).map(entry).collect(),
        commit: Index(prev),
    };
    (Id::from(PEERS[0]), Message::AppendEntries(message))
}

/// A follower acknowledges entries to the leader of term 2.
pub fn acknowledgement(follower: usize, matched: u64) -> Input {
    let message = AppendEntriesResponse {
        term: Term(2),
        result: AppendResult::Accepted {
            matched: Index(matched),
        },
    };
    (Id::from(follower), Message::AppendEntriesResponse(message))
}

fn command(number: u64) -> Command {
    let mut bytes = [0; COMMAND_BYTES];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Command(bytes.as_slice().into())
}

/// Starts a server.
pub fn start<A: Raft>(actor: &A) -> A::State {
    actor.on_start(Id::from(ME), &None, &mut Out::new())
}

/// Runs a handler, and gives back what it did.
pub fn deliver<A: Raft>(actor: &A, state: &mut Cow<'_, A::State>, (src, message): Input) -> Out<A> {
    let mut out = Out::new();
    actor.on_msg(Id::from(ME), state, src, message, &mut out);
    out
}

/// Makes a new server a follower that holds `len` entries of term 1, all but the last batch
/// committed.
pub fn follow<A: Raft>(actor: &A, state: &mut Cow<'_, A::State>, len: u64) {
    let mut held = 0;
    while held < len {
        let count = BATCH.min(len - held);
        deliver(actor, state, append(held, count));
        held += count;
    }
}

/// Makes a follower that holds `len` entries the leader of term 2. It appends one entry; everyone
/// acknowledges everything, so that it is committed and the followers are sent entries at once.
pub fn lead<A: Raft>(actor: &A, state: &mut Cow<'_, A::State>, len: u64) {
    let mut out = Out::new();
    actor.on_timeout(Id::from(ME), state, &Timer::Election, &mut out);
    tell_oneself(actor, state, out);
    let grant = PreVoteResponse {
        term: Term(2),
        granted: true,
    };
    let grant = (Id::from(PEERS[0]), Message::PreVoteResponse(grant));
    let out = deliver(actor, state, grant);
    tell_oneself(actor, state, out);
    let vote = RequestVoteResponse {
        term: Term(2),
        granted: true,
    };
    let vote = (Id::from(PEERS[0]), Message::RequestVoteResponse(vote));
    let out = deliver(actor, state, vote);
    tell_oneself(actor, state, out);
    for peer in PEERS {
        deliver(actor, state, acknowledgement(peer, len + 1));
    }
}

/// Delivers what a server sent to itself. Inside the layers that has been done.
fn tell_oneself<A: Raft>(actor: &A, state: &mut Cow<'_, A::State>, out: Out<A>) {
    for output in out {
        match output {
            Output::Send(recipient, message) if recipient == Id::from(ME) => {
                deliver(actor, state, (recipient, message));
            }
            _ => {}
        }
    }
}
