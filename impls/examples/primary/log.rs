//! A replicated log with a fixed primary, node 0.
//!
//! The primary puts each command into its log and sends it to the backups, to each one command
//! after the other. A backup writes it, and answers how much it holds. What a majority holds on disk
//! is *decided*. A node that crashes comes back with its log. A primary that stays down is not
//! replaced: Raft does that.

use quorate_models::coverage::Rows;
use quorate_models::quorum::reached_by_quorum;
use quorate_models::replica::{Command, Delivery, Replica, Status};
use quorate_models::rows;
use quorate_models::shared_vec::SharedVec;
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::ops::Range;
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

/// Commands in order: what is on a node's disk.
pub type Log = SharedVec<Command>;

/// The state of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The commands.
    pub log: Log,
    /// So many are known to be decided.
    pub decided: usize,
    /// So many each node is known to hold; only the primary knows.
    pub held: Vec<usize>,
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
        /// A majority holds more than before.
        PrimaryDecides: "ours";
        /// Time has passed.
        PrimaryResends: "ours";
    }
}

impl Node {
    /// Sends backups the first command that they are not known to hold, and how many are decided.
    fn send(&self, state: &State, backups: Range<usize>, out: &mut Out<Self>) {
        for backup in backups {
            let position = state.held[backup];
            let command = state.log.get(position).cloned();
            let message = Message::Append(position, command, state.decided);
            out.send(backup.into(), message);
        }
    }

    /// Writes a command. What is sent afterwards leaves when it is on disk.
    fn append(state: &mut State, command: Command, out: &mut Out<Self>) {
        state.log.push(command);
        out.save(state.log.clone());
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
            held[PRIMARY] = log.len();
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
        let mut rows = Rows::NONE;
        match message {
            Message::Propose(command) if usize::from(id) == PRIMARY => {
                let state = state.to_mut();
                Node::append(state, command, out);
                self.send(state, 1..self.nodes, out);
                out.send(id, Message::Holds(state.log.len()));
                rows |= Row::PrimaryAppends;
            }
            Message::Propose(_) => {
                out.send(src, Message::AskPrimary);
                rows |= Row::BackupRefuses;
            }
            Message::Append(position, command, decided) => {
                if let Some(command) = command {
                    if (self.rules.takes)(state.log.len(), position) {
                        Node::append(state.to_mut(), command, out);
                        rows |= Row::BackupAppends;
                    }
                    out.send(src, Message::Holds(state.log.len()));
                }
                if state.decided < decided.min(state.log.len()) {
                    state.to_mut().decided = decided.min(state.log.len());
                }
            }
            Message::Holds(count)
                if state
                    .held
                    .get(usize::from(src))
                    .is_some_and(|held| *held < count) =>
            {
                let (state, node) = (state.to_mut(), usize::from(src));
                state.held[node] = count;
                let decided = (self.rules.decided)(&state.held);
                if state.decided < decided {
                    state.decided = decided;
                    rows |= Row::PrimaryDecides;
                }
                if node != PRIMARY {
                    self.send(state, node..node + 1, out);
                }
            }
            Message::Holds(_) | Message::AskPrimary => {}
        }
        rows.record();
    }

    fn on_timeout(&self, _: Id, state: &mut Cow<'_, State>, _: &Resend, out: &mut Out<Self>) {
        self.send(state, 1..self.nodes, out);
        out.set_timer(Resend, PATIENCE..2 * PATIENCE);
        Rows::from(Row::PrimaryResends).record();
    }
}

/// What the replicated service sees of a node.
impl Replica for Node {
    type Cursor = usize;

    const GENERATION: &'static str = "term";

    fn proposal(command: Command) -> Message {
        Message::Propose(command)
    }

    fn refusal(answer: &Message) -> Option<Option<Id>> {
        (*answer == Message::AskPrimary).then_some(Some(PRIMARY.into()))
    }

    fn next<'a>(state: &'a State, cursor: &mut usize) -> Option<Delivery<'a>> {
        let next = (*cursor < state.decided).then(|| &state.log[*cursor]);
        *cursor += usize::from(next.is_some());
        next.map(Delivery::Command)
    }

    fn status(state: &State) -> Status {
        Status {
            role: "node".to_owned(),
            leader: Some(PRIMARY.into()),
            decided: state.decided as u64,
            last: state.log.len() as u64,
            ..Status::default()
        }
    }
}
