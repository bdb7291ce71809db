//! The crate `raft` as a state machine without I/O. Not one line of it is changed.
//!
//! [`snapshot`] takes a `RawNode` apart, [`rebuild`] puts it together, [`wire`] are its messages. Here is
//! the application's part, which users of the crate write themselves: what to do with a `Ready`, in
//! which order. Timers are what ticks lead to; the randomised timeout, which only ticks read, is left out.

pub mod field;
pub mod rebuild;
pub mod snapshot;
pub mod wire;

use crate::sans_io::{Input, InputOf, Output, OutputOf, SansIo};
use field::Field;
use raft::eraftpb::{Message, MessageType};
use raft::storage::MemStorage;
use raft::{Config, RawNode, Ready, StateRole};
use slog::{Discard, Logger, o};
use snapshot::{Disk, Snapshot};
use std::collections::VecDeque;
use std::fmt;
use wire::Wire;

/// The crate with its configuration, and the application's part.
pub struct RaftRs {
    /// The parameters that the servers agree on.
    pub settings: Settings,
    /// The application's part: what it does with a `Ready`.
    pub rules: Rules,
    logger: Logger,
}

/// The parameters that the servers agree on.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// So many.
    pub servers: usize,
    /// `Config::check_quorum`.
    pub check_quorum: bool,
    /// `Config::pre_vote`.
    pub pre_vote: bool,
    /// Whether a snapshot leaves out what the crate resets before it reads it, or never reads.
    pub tidy: bool,
    /// A part of the snapshot that is left out by mistake.
    pub left_out: Option<Field>,
}

/// The decisions of the application that safety leans on.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// When the crate hears that a write is durable.
    pub advance: Advance,
    /// When what must follow a write leaves.
    pub release: Release,
    /// Leaves out what is not written of a disk: nothing.
    pub omits: fn(&mut Disk),
    /// Takes the write that the crate hears of when one is durable: the oldest.
    pub hears: fn(&mut VecDeque<Write>) -> Option<Write>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            advance: Advance::WhenDurable,
            release: Release::AfterWrite,
            omits: |_| (),
            hears: VecDeque::pop_front,
        }
    }
}

/// When the crate hears that a write is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// When it is: `advance_append_async`, and `on_persist_ready` later.
    WhenDurable,
    /// As soon as it is issued: `advance`.
    WhenIssued,
}

/// When `persisted_messages` leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// After the write.
    AfterWrite,
    /// Before it.
    BeforeWrite,
}

/// The requests of clients.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// `RawNode::propose`, with this data.
    Propose(String),
    /// `RawNode::read_index`, with this context.
    Read(String),
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Propose(data) => write!(f, "Propose {data}"),
            Request::Read(context) => write!(f, "Read {context}"),
        }
    }
}

/// The events that ticks lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// The election timeout passes: `MsgHup`.
    Campaign,
    /// A leader's heartbeat is due: `MsgBeat`.
    Beat,
    /// The lease of the leader that is known passes, and the server does not campaign yet.
    Lapse,
    /// A leader asks whether it still has a quorum: `MsgCheckQuorum`.
    CheckQuorum,
}

/// A message to a client: a `ReadState`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Answer {
    /// The context of the read.
    pub context: String,
    /// The read is served by a state that contains this index.
    pub index: u64,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.context, self.index)
    }
}

/// A node, and what the application knows of its writes.
pub struct Live {
    /// The crate's node.
    pub node: RawNode<MemStorage>,
    /// The writes that are not durable yet, oldest first.
    pub writes: VecDeque<Write>,
}

/// A write that is not durable yet.
pub struct Write {
    /// The number of the last `Ready` that is durable with it.
    pub number: u64,
    /// Index and term of the last entry that it writes, if it writes some.
    pub last: Option<(u64, u64)>,
}

impl RaftRs {
    /// The crate, with an application.
    pub fn new(settings: Settings, rules: Rules) -> Self {
        let logger = Logger::root(Discard, o!());
        RaftRs {
            settings,
            rules,
            logger,
        }
    }

    /// A node that starts with this disk, of which everything up to an index is applied.
    fn node(&self, server: usize, disk: &Disk, applied: u64) -> RawNode<MemStorage> {
        let config = Config {
            id: id_of(server),
            applied,
            check_quorum: self.settings.check_quorum,
            pre_vote: self.settings.pre_vote,
            ..Config::default()
        };
        let voters: Vec<u64> = (0..self.settings.servers).map(id_of).collect();
        let storage = MemStorage::new_with_conf_state((voters, vec![]));
        storage.wl().set_hardstate(disk.hard_state());
        let appended = storage.wl().append(&disk.entries());
        appended.expect("entries that follow each other");
        RawNode::new(&config, storage, &self.logger).expect("a configuration that is valid")
    }

    /// The application's part: does all that a `Ready` asks for.
    fn handle(&self, live: &mut Live, mut ready: Ready, outputs: &mut Vec<OutputOf<Self>>) {
        let send = |message: Message| Output::Send(server_of(message.to), Wire::of(&message));
        outputs.extend(ready.take_messages().into_iter().map(send));
        let answers = ready.take_read_states().into_iter();
        outputs.extend(answers.map(|it| Output::Tell(Answer::of(it))));
        let entries = ready.take_entries();
        let appended = live.node.mut_store().wl().append(&entries);
        appended.expect("entries that follow each other");
        let persisted = ready.take_persisted_messages().into_iter().map(send);
        let mut disk = Disk::of(&live.node);
        (self.rules.omits)(&mut disk);
        let is_new = ready.hs().is_some() || !entries.is_empty();
        let save = is_new.then_some(Output::Save(disk));
        match self.rules.release {
            Release::AfterWrite => outputs.extend(save.clone().into_iter().chain(persisted)),
            Release::BeforeWrite => outputs.extend(persisted.chain(save.clone())),
        }
        if self.rules.advance == Advance::WhenIssued {
            let mut light = live.node.advance(ready);
            outputs.extend(light.take_messages().into_iter().map(send));
            return;
        }
        let number = ready.number();
        live.node.advance_append_async(ready);
        live.node.advance_apply();
        let last = entries.last().map(|it| (it.index, it.term));
        match (save, live.writes.back_mut()) {
            (Some(_), _) => {
                live.writes.push_back(Write { number, last });
                outputs.push(Output::Report);
            }
            (None, Some(write)) => write.number = number,
            (None, None) => live.node.on_persist_ready(number),
        }
    }
}

impl SansIo for RaftRs {
    type Live = Live;
    type Snapshot = Snapshot;
    type Message = Wire;
    type Request = Request;
    type Timer = Timer;
    type Disk = Disk;
    type Answer = Answer;

    fn timers(&self) -> Vec<Timer> {
        vec![
            Timer::Campaign,
            Timer::Beat,
            Timer::Lapse,
            Timer::CheckQuorum,
        ]
    }

    fn start(&self, server: usize, disk: Option<&Disk>) -> Live {
        let disk = disk.cloned().unwrap_or_default();
        Live {
            node: self.node(server, &disk, 0),
            writes: VecDeque::new(),
        }
    }

    fn take_apart(&self, live: &Live) -> Snapshot {
        let mut snapshot = Snapshot::of(live, self.settings.tidy);
        if let Some(field) = self.settings.left_out {
            field.leave_out(&mut snapshot);
        }
        snapshot
    }

    fn put_together(&self, server: usize, snapshot: &Snapshot) -> Live {
        rebuild::rebuild(self, server, snapshot)
    }

    fn feed(&self, live: &mut Live, input: &InputOf<Self>) {
        let Live { node, writes } = live;
        // An input that the crate refuses is dropped, as the crate says itself.
        _ = match input {
            Input::Message(_, message) => node.step(message.decode()),
            Input::Request(Request::Propose(data)) => node.propose(vec![], data.clone().into()),
            Input::Request(Request::Read(context)) => {
                node.read_index(context.clone().into());
                Ok(())
            }
            Input::Timer(Timer::Campaign) => node.campaign(),
            Input::Timer(Timer::Beat) => {
                node.raft.ping();
                Ok(())
            }
            Input::Timer(Timer::Lapse) => {
                if node.raft.state != StateRole::Leader {
                    node.raft.election_elapsed = node.raft.election_timeout();
                }
                Ok(())
            }
            Input::Timer(Timer::CheckQuorum) => {
                let mut message = Message::default();
                message.set_msg_type(MessageType::MsgCheckQuorum);
                node.raft.step(message)
            }
            Input::Durable => {
                if let Some(write) = (self.rules.hears)(writes) {
                    node.on_persist_ready(write.number);
                }
                Ok(())
            }
        };
    }

    fn drain(&self, live: &mut Live) -> Vec<OutputOf<Self>> {
        let mut outputs = Vec::new();
        while live.node.has_ready() {
            let ready = live.node.ready();
            self.handle(live, ready, &mut outputs);
        }
        outputs
    }
}

impl Answer {
    fn of(read: raft::ReadState) -> Self {
        Answer {
            context: text(&read.request_ctx),
            index: read.index,
        }
    }
}

/// The crate's id of a server: it counts from 1.
pub fn id_of(server: usize) -> u64 {
    server as u64 + 1
}

/// The server with one of the crate's ids.
pub fn server_of(id: u64) -> usize {
    usize::try_from(id.saturating_sub(1)).expect("ids are small")
}

/// Bytes that were text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
