//! One server in the hands of a test, and short names for what it hears and does.

use quorate_models::raft::config::{Config, Refusals};
use quorate_models::raft::log::{Entry, EntryId, Index, Log, Payload};
use quorate_models::raft::message::{
    AppendEntries, AppendEntriesResponse, AppendResult, Message, RequestVote, RequestVoteResponse,
};
use quorate_models::raft::server::{Server, Timer};
use quorate_models::raft::state::{Persistent, State, Term};
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

/// An output of a server: a command of Stateright's, which can be compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    Send(Id, Message),
    Save(Persistent),
    Arm(Timer, Range<Duration>),
    Cancel(Timer),
}

fn outputs(out: Out<Server>) -> Vec<Output> {
    let output = |command| match command {
        Command::Send(to, message) => Output::Send(to, message),
        Command::Save(record) => Output::Save(record),
        Command::SetTimer(timer, time) => Output::Arm(timer, time),
        Command::CancelTimer(timer) => Output::Cancel(timer),
        Command::ChooseRandom(..) => unreachable!("a server chooses nothing"),
    };
    out.into_iter().map(output).collect()
}

/// A server that has started.
pub struct Node {
    pub id: usize,
    pub server: Server,
    pub state: State,
}

/// Raft Fig. 2 to the letter: every request is answered. Without the no-op of Raft §8.
pub fn cluster(servers: usize) -> Config {
    Config {
        no_op: false,
        refusals: Refusals::All,
        pre_vote: false,
        check_quorum: false,
        ..Config::production(servers)
    }
}

impl Node {
    pub fn start(id: usize, config: Config) -> Node {
        Node::restart(id, config, None).0
    }

    pub fn restart(id: usize, config: Config, disk: Option<Persistent>) -> (Node, Vec<Output>) {
        let server = Server::new(config);
        let mut out = Out::new();
        let state = server.on_start(Id::from(id), &disk, &mut out);
        (Node { id, server, state }, outputs(out))
    }

    /// The outputs of the server when it hears a message.
    pub fn hears(&mut self, from: usize, message: Message) -> Vec<Output> {
        self.handle(|server, id, state, out| {
            server.on_msg(id, state, Id::from(from), message, out);
        })
    }

    /// The outputs of the server when a timer fires.
    pub fn times_out(&mut self, timer: Timer) -> Vec<Output> {
        self.handle(|server, id, state, out| server.on_timeout(id, state, &timer, out))
    }

    /// The outputs of the server when it hears its message to itself: its write is durable.
    pub fn has_written(&mut self, outputs: &[Output]) -> Vec<Output> {
        let to_itself = |output: &Output| match output {
            Output::Send(to, message) if usize::from(*to) == self.id => Some(message.clone()),
            _ => None,
        };
        let messages: Vec<Message> = outputs.iter().filter_map(to_itself).collect();
        let heard = messages
            .into_iter()
            .map(|message| self.hears(self.id, message));
        heard.collect::<Vec<_>>().concat()
    }

    /// An election timeout, with its write.
    pub fn campaigns(&mut self) {
        let outputs = self.times_out(Timer::Election);
        self.has_written(&outputs);
    }

    /// An election that is won with these votes, and what the server does then.
    pub fn wins(&mut self, votes: impl IntoIterator<Item = usize>) -> Vec<Output> {
        self.campaigns();
        let term = self.state.term().0;
        let outputs: Vec<Output> = votes
            .into_iter()
            .flat_map(|voter| self.hears(voter, granted(term)))
            .collect();
        assert!(self.state.is_leader());
        self.has_written(&outputs);
        outputs
    }

    /// A command is proposed, and written.
    pub fn takes(&mut self, command: &str) {
        let outputs = self.hears(9, Message::ClientRequest(command.into()));
        self.has_written(&outputs);
    }

    fn handle(
        &mut self,
        handler: impl FnOnce(&Server, Id, &mut Cow<'_, State>, &mut Out<Server>),
    ) -> Vec<Output> {
        let mut out = Out::new();
        let mut state = Cow::Borrowed(&self.state);
        handler(&self.server, Id::from(self.id), &mut state, &mut out);
        if let Cow::Owned(state) = state {
            self.state = state;
        }
        outputs(out)
    }
}

/// A follower, 1 of three, that has received entries of these terms from leaders of its cluster.
pub fn follower(terms: &[u64]) -> Node {
    let mut node = Node::start(1, cluster(3));
    receive(&mut node, 0, terms);
    node
}

/// A server hears a leader whose log has entries of these terms, and whose term is the last.
pub fn receive(node: &mut Node, leader: usize, terms: &[u64]) {
    let last = terms.last().copied().unwrap_or(0);
    node.hears(leader, append(last, at(0, 0), entries(terms), 0));
    assert_eq!(*node.state.log(), log(terms));
}

/// The name of an entry.
pub fn at(term: u64, index: u64) -> EntryId {
    EntryId {
        term: Term(term),
        index: Index(index),
    }
}

/// Entries of these terms. Their commands are `a`, `b` and so on.
pub fn entries(terms: &[u64]) -> Vec<Entry> {
    let named = terms.iter().zip('a'..);
    named
        .map(|(term, name)| entry(*term, &name.to_string()))
        .collect()
}

pub fn entry(term: u64, command: &str) -> Entry {
    Entry {
        term: Term(term),
        payload: Payload::Command(command.into()),
    }
}

pub fn log(terms: &[u64]) -> Log {
    log_of(entries(terms))
}

pub fn log_of(entries: Vec<Entry>) -> Log {
    let mut log = Log::default();
    entries.into_iter().for_each(|entry| log.append(entry));
    log
}

pub fn request_vote(term: u64, last: EntryId) -> Message {
    let term = Term(term);
    Message::RequestVote(RequestVote {
        term,
        last,
        transfer: false,
    })
}

pub fn granted(term: u64) -> Message {
    vote(term, true)
}

pub fn refused(term: u64) -> Message {
    vote(term, false)
}

fn vote(term: u64, granted: bool) -> Message {
    let term = Term(term);
    Message::RequestVoteResponse(RequestVoteResponse { term, granted })
}

pub fn append(term: u64, prev: EntryId, entries: Vec<Entry>, commit: u64) -> Message {
    Message::AppendEntries(AppendEntries {
        term: Term(term),
        prev,
        entries,
        commit: Index(commit),
    })
}

pub fn accepted(term: u64, matched: u64) -> Message {
    let matched = Index(matched);
    response(term, AppendResult::Accepted { matched })
}

pub fn rejected(term: u64, prev: u64, hint: EntryId) -> Message {
    let prev = Index(prev);
    response(term, AppendResult::Rejected { prev, hint })
}

fn response(term: u64, result: AppendResult) -> Message {
    let term = Term(term);
    Message::AppendEntriesResponse(AppendEntriesResponse { term, result })
}

pub fn send(to: usize, message: Message) -> Output {
    Output::Send(Id::from(to), message)
}

pub fn save(term: u64, voted_for: Option<usize>, log: Log) -> Output {
    Output::Save(Persistent {
        current_term: Term(term),
        voted_for: voted_for.map(Id::from),
        log,
    })
}

pub fn arm(timer: Timer) -> Output {
    let timing = cluster(1).timing;
    let time = match timer {
        Timer::Election => timing.election,
        Timer::Heartbeat => timing.heartbeat..timing.heartbeat,
        Timer::Lease => timing.election.start..timing.election.start,
    };
    Output::Arm(timer, time)
}

pub fn cancel(timer: Timer) -> Output {
    Output::Cancel(timer)
}
