//! The messages of Raft Fig. 2, and what clients say.

use super::log::{Entry, EntryId, Index};
use super::state::Term;
use crate::replica::Command;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::fmt;

/// Anything that a server sends or receives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Message {
    /// A candidate asks for a vote. Raft §5.2.
    RequestVote(RequestVote),
    /// The answer to [`RequestVote`].
    RequestVoteResponse(RequestVoteResponse),
    /// A leader replicates entries; without entries, its heartbeat. Raft §5.3.
    AppendEntries(AppendEntries),
    /// The answer to [`AppendEntries`].
    AppendEntriesResponse(AppendEntriesResponse),
    /// A server asks who would vote for it. Raft thesis §9.6.
    PreVote(PreVote),
    /// The answer to [`PreVote`].
    PreVoteResponse(PreVoteResponse),
    /// A leader tells a follower to campaign at once. Raft thesis §3.10.
    TimeoutNow(TimeoutNow),
    /// A client proposes a command. Raft §8.
    ClientRequest(Command),
    /// A server is told to transfer its leadership, if it leads: by its own node, which is about to stop.
    /// Raft thesis §3.10.
    Transfer,
    /// The server asked is not the leader. (A decided command is answered by the service above.)
    NotLeader {
        /// The leader of the server's term, if it knows it.
        leader: Option<Id>,
    },
}

/// RequestVote RPC, arguments. Raft Fig. 2. The candidate is the sender.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestVote {
    /// The candidate's term.
    pub term: Term,
    /// The candidate's last log entry: `lastLogTerm`, `lastLogIndex`.
    pub last: EntryId,
    /// The leader has told the candidate to campaign, so that it is not kept. Raft thesis §3.10, §4.2.3.
    pub transfer: bool,
}

/// RequestVote RPC, results. Raft Fig. 2.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestVoteResponse {
    /// The voter's term, for the candidate to update itself.
    pub term: Term,
    /// Whether the candidate received the vote.
    pub granted: bool,
}

/// AppendEntries RPC, arguments. Raft Fig. 2. The leader is the sender.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AppendEntries {
    /// The leader's term.
    pub term: Term,
    /// The entry just before the new ones: `prevLogTerm`, `prevLogIndex`.
    pub prev: EntryId,
    /// The entries to store, possibly none.
    pub entries: Vec<Entry>,
    /// `leaderCommit`.
    pub commit: Index,
}

/// AppendEntries RPC, results. Raft Fig. 2.
///
/// It names the entries it speaks of, because datagrams are lost, repeated and reordered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AppendEntriesResponse {
    /// The follower's term, for the leader to update itself.
    pub term: Term,
    /// Whether the logs agreed at `prev`.
    pub result: AppendResult,
}

/// A follower's answer to the entries that it was sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AppendResult {
    /// The follower durably holds the leader's log up to this index.
    Accepted {
        /// Last index verified by the message that is answered.
        matched: Index,
    },
    /// The follower has no entry `prev` with the leader's term.
    Rejected {
        /// `prev.index` of the message that is answered; 0 if that message was of an old term.
        prev: Index,
        /// An entry of the follower at or before `prev` where the logs may agree. Raft §5.3, end.
        hint: EntryId,
    },
}

/// The question of a server that would become a candidate. Raft thesis §9.6.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PreVote {
    /// The term that it would begin: the one after its own.
    pub term: Term,
    /// Its last log entry.
    pub last: EntryId,
}

/// The answer to [`PreVote`]. It binds nobody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PreVoteResponse {
    /// The term of the question, if it is granted; otherwise the term of the server that answers.
    pub term: Term,
    /// Whether the server would give its vote.
    pub granted: bool,
}

/// A leader's order to a follower that has its whole log. Raft thesis §3.10.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeoutNow {
    /// The leader's term. The follower acts on it in this very term alone.
    pub term: Term,
}

impl Message {
    /// The term the message carries; 0 for messages from and to clients.
    pub fn term(&self) -> Term {
        match self {
            Message::RequestVote(m) => m.term,
            Message::RequestVoteResponse(m) => m.term,
            Message::AppendEntries(m) => m.term,
            Message::AppendEntriesResponse(m) => m.term,
            Message::PreVote(m) => m.term,
            Message::PreVoteResponse(m) => m.term,
            Message::TimeoutNow(m) => m.term,
            Message::ClientRequest(_) | Message::Transfer | Message::NotLeader { .. } => Term(0),
        }
    }
}

impl Message {
    /// The term that the sender is in, or has left, as the message tells it: a pre-vote is of a term that
    /// nobody need be in.
    pub fn reveals(&self) -> Term {
        match self {
            Message::PreVote(m) => m.term.prev(),
            Message::PreVoteResponse(m) if m.granted => Term(0),
            _ => self.term(),
        }
    }
}

/// One line a message: kind and fields, so that diagrams and lists of steps can be read.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::RequestVote(m) => {
                write!(f, "RequestVote t{} last {:?}", m.term.0, m.last)?;
                f.write_str(if m.transfer { " transfer" } else { "" })
            }
            Message::RequestVoteResponse(m) => {
                let answer = answer(m.granted);
                write!(f, "RequestVoteResponse t{} {answer}", m.term.0)
            }
            Message::PreVote(m) => write!(f, "PreVote t{} last {:?}", m.term.0, m.last),
            Message::PreVoteResponse(m) => {
                write!(f, "PreVoteResponse t{} {}", m.term.0, answer(m.granted))
            }
            Message::AppendEntries(m) => write!(
                f,
                "AppendEntries t{} prev {:?} {:?} commit {}",
                m.term.0, m.prev, m.entries, m.commit.0
            ),
            Message::AppendEntriesResponse(m) => match &m.result {
                AppendResult::Accepted { matched } => {
                    write!(
                        f,
                        "AppendEntriesResponse t{} matched {}",
                        m.term.0, matched.0
                    )
                }
                AppendResult::Rejected { prev, hint } => {
                    let term = m.term.0;
                    write!(
                        f,
                        "AppendEntriesResponse t{term} rejected {} hint {hint:?}",
                        prev.0
                    )
                }
            },
            Message::TimeoutNow(m) => write!(f, "TimeoutNow t{}", m.term.0),
            Message::ClientRequest(command) => write!(f, "ClientRequest {command:?}"),
            Message::Transfer => write!(f, "Transfer"),
            Message::NotLeader {
                leader: Some(leader),
            } => {
                write!(f, "NotLeader ask {}", usize::from(*leader))
            }
            Message::NotLeader { leader: None } => write!(f, "NotLeader"),
        }
    }
}

fn answer(granted: bool) -> &'static str {
    if granted { "granted" } else { "refused" }
}
