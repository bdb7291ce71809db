//! A replicated log with a fixed primary, node 0.
//!
//! The primary puts each command into its log and sends it to the backups, to each one command
//! after the other. A backup writes it, and answers how much it holds. What a majority holds on disk
//! is *decided*. A node that crashes comes back with its log. A primary that stays down is not
//! replaced: Raft does that.

use quorate_models::coverage::Rows;
use quorate_models::durable::{ChangeMismatch, Record};
use quorate_models::quorum::reached_by_quorum;
use quorate_models::replica::{Command, Delivery, Replica, Status};
use quorate_models::rows;
use quorate_models::shared_vec::SharedVec;
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// The position of the primary.
const PRIMARY: usize = 0;
/// The time after which the primary repeats what may be lost.
const PATIENCE: Duration = Duration::from_millis(20);

/// What nodes and clients say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Message {
    /// From a client: decide this.
    Propose(Command),
    /// To a client: ask the primary.
    AskPrimary,
    /// To a backup: the command at this position, if there is one, and how many are decided.
    Append(usize, Option<Command>, usize),
    /// The sender holds so many commands on disk.
    Holds(usize),
}

/// The only timer, of the primary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Resend;

/// The commands on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Log(pub SharedVec<Command>);

/// The state of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The commands.
    pub log: Log,
    /// So many are known to be decided.
    pub decided: usize,
    /// So many each node is known to hold; only the primary knows.
    held: Vec<usize>,
}

/// The decisions that safety leans on.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many commands are decided, given how many each node holds.
    pub decided: fn(&[usize]) -> usize,
    /// Whether a backup with so many commands takes the one at this position.
    pub takes: fn(usize, usize) -> bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            decided: |held| reached_by_quorum(held.iter().copied()),
            takes: |held, position| held == position,
        }
    }
}

/// A node: the actor that is searched, and run.
#[derive(Clone, Debug)]
pub struct Node {
    /// How many there are.
    pub nodes: usize,
    /// What it does.
    pub rules: Rules,
}

rows! {
    /// The rows of the transition table.
    pub enum Row {
        /// A client proposes a command to the primary.
        PrimaryAppends: "ours";
        /// A client proposes a command to a backup.
        BackupRefuses: "ours";
        /// A backup takes the next command.
        BackupAppends: "ours";
        /// A backup holds the command already.
        BackupRepeats: "ours";
        /// A majority holds more than before.
        PrimaryDecides: "ours";
        /// Time has passed.
        PrimaryResends: "ours";
    }
}

impl Node {
    /// Sends a backup what it is not known to hold, and how much is decided.
    fn send(&self, state: &State, backup: usize, out: &mut Out<Self>) {
        let position = state.held[backup];
        let command = state.log.0.get(position).cloned();
        let message = Message::Append(position, command, state.decided);
        out.send(Id::from(backup), message);
    }

    fn send_all(&self, state: &State, out: &mut Out<Self>) {
        (1..self.nodes).for_each(|backup| self.send(state, backup, out));
    }

    /// Writes a command. What is sent afterwards leaves when it is on disk.
    fn append(state: &mut State, command: Command, out: &mut Out<Self>) {
        state.log.0.push(command);
        out.save(state.log.clone());
    }

    fn on_propose(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        client: Id,
        command: Command,
        out: &mut Out<Self>,
    ) -> Rows<Row> {
        if usize::from(id) != PRIMARY {
            out.send(client, Message::AskPrimary);
            return Row::BackupRefuses.into();
        }
        let state = state.to_mut();
        Node::append(state, command, out);
        self.send_all(state, out);
        out.send(id, Message::Holds(state.log.0.len()));
        Row::PrimaryAppends.into()
    }

    fn on_append(
        &self,
        state: &mut Cow<'_, State>,
        position: usize,
        command: Option<Command>,
        decided: usize,
        out: &mut Out<Self>,
    ) -> Rows<Row> {
        let mut rows = Rows::NONE;
        if let Some(command) = command {
            if (self.rules.takes)(state.log.0.len(), position) {
                Node::append(state.to_mut(), command, out);
                rows |= Row::BackupAppends;
            } else {
                rows |= Row::BackupRepeats;
            }
            out.send(Id::from(PRIMARY), Message::Holds(state.log.0.len()));
        }
        let decided = decided.min(state.log.0.len());
        if state.decided < decided {
            state.to_mut().decided = decided;
        }
        rows
    }

    fn on_holds(
        &self,
        state: &mut Cow<'_, State>,
        node: usize,
        count: usize,
        out: &mut Out<Self>,
    ) -> Rows<Row> {
        let mut rows = Rows::NONE;
        if state.held.get(node).is_none_or(|held| count <= *held) {
            return rows;
        }
        let state = state.to_mut();
        state.held[node] = count;
        let decided = (self.rules.decided)(&state.held);
        if state.decided < decided {
            state.decided = decided;
            rows |= Row::PrimaryDecides;
        }
        if node != PRIMARY {
            self.send(state, node, out);
        }
        rows
    }
}

impl Actor for Node {
    type Msg = Message;
    type Timer = Resend;
    type State = State;
    type Storage = Log;
    type Random = ();

    fn on_start(&self, id: Id, stored: &Option<Log>, out: &mut Out<Self>) -> State {
        let log = stored.clone().unwrap_or_default();
        let mut held = vec![0; self.nodes];
        if usize::from(id) == PRIMARY {
            held[PRIMARY] = log.0.len();
            out.set_timer(Resend, PATIENCE..2 * PATIENCE);
        }
        let decided = 0;
        State { log, decided, held }
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        message: Message,
        out: &mut Out<Self>,
    ) {
        let rows = match message {
            Message::Propose(command) => self.on_propose(id, state, src, command, out),
            Message::Append(position, command, decided) => {
                self.on_append(state, position, command, decided, out)
            }
            Message::Holds(count) => self.on_holds(state, src.into(), count, out),
            Message::AskPrimary => Rows::NONE,
        };
        rows.record();
    }

    fn on_timeout(&self, _: Id, state: &mut Cow<'_, State>, _: &Resend, out: &mut Out<Self>) {
        self.send_all(state, out);
        out.set_timer(Resend, PATIENCE..2 * PATIENCE);
        Rows::from(Row::PrimaryResends).record();
    }
}

/// The journal of a node holds what was appended.
impl Record for Log {
    type Change = Vec<Command>;

    fn change_since(&self, earlier: &Self) -> Option<Vec<Command>> {
        let new: Vec<Command> = (earlier.0.len()..self.0.len())
            .map(|position| self.0[position].clone())
            .collect();
        (!new.is_empty()).then_some(new)
    }

    fn apply(&mut self, change: Vec<Command>) -> Result<(), ChangeMismatch> {
        change.into_iter().for_each(|command| self.0.push(command));
        Ok(())
    }
}

/// What the replicated service sees of a node.
impl Replica for Node {
    type Cursor = usize;

    fn proposal(command: Command) -> Message {
        Message::Propose(command)
    }

    fn refusal(answer: &Message) -> Option<Option<Id>> {
        (*answer == Message::AskPrimary).then_some(Some(Id::from(PRIMARY)))
    }

    fn next<'a>(state: &'a State, cursor: &mut usize) -> Option<Delivery<'a>> {
        let next = (*cursor < state.decided).then(|| state.log.0.get(*cursor));
        *cursor += usize::from(next.is_some());
        next.flatten().map(Delivery::Command)
    }

    fn status(state: &State) -> Status {
        let (decided, last) = (state.decided as u64, state.log.0.len() as u64);
        Status {
            role: "node".to_owned(),
            generation: 0,
            leader: Some(Id::from(PRIMARY)),
            decided,
            last,
            details: BTreeMap::new(),
        }
    }

    fn stopped(_: &State) -> Option<String> {
        None
    }
}
