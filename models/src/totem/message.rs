//! The messages, by their names in the paper, and what a processor tells its application.

use super::flow::Flow;
use super::state::RingId;
use crate::replica::Command;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// The application of a processor, on the same machine: the receiver of deliveries and configurations.
pub fn application() -> Id {
    Id::from(usize::MAX - 1)
}

/// Anything that a processor sends or receives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Message {
    /// A message with its place in the order of a ring. Multicast.
    Regular(Arc<Regular>),
    /// The regular token.
    Token(Token),
    /// Its sender looks for a new ring; if it does not consider itself for it, it leaves. Multicast.
    Join {
        /// Everyone whom the sender considers for it, also those who have failed.
        procs: BTreeSet<Id>,
        /// Those of them who have failed, as the sender knows.
        fails: BTreeSet<Id>,
        /// The sender's largest ring number.
        number: u64,
    },
    /// A new ring is agreed upon.
    Commit(CommitToken),
    /// A ring is there. Multicast by its representative. corosync: *merge detect*.
    Merge(RingId),
    /// Someone has something to send and waits for the token. corosync: *token hold cancel*.
    Wake(RingId),
    /// An application has something to send. Where a log is kept, a client has a command for it.
    Request(Service, Command),
    /// To a client: its command is not taken, because this processor is in no ring with a quorum.
    NotPrimary,
    /// To the application: a message of its own has its place in the order.
    Originated(Arc<Regular>),
    /// To the application: the next message.
    Delivered(Arc<Regular>),
    /// To the application: its next configuration.
    Changed(Configuration),
    /// To the service, where a log is kept: its next command.
    Decided(Decided),
    /// An application is about to stop: its processor leaves.
    Leave,
}

/// A command that is decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Decided {
    /// The number of the ring in which it became known.
    pub ring: u64,
    /// Its position, from 1.
    pub position: u64,
    /// The command.
    pub command: Command,
}

/// When a message is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Service {
    /// When everything before it is.
    Agreed,
    /// When, besides, everyone in the configuration has it.
    Safe,
}

/// A message with its place in the order of a ring.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Regular {
    /// The ring.
    pub ring: RingId,
    /// The place, from 1.
    pub seq: u64,
    /// The message there.
    pub body: Body,
}

/// The content of a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Body {
    /// Something of an application.
    Application(Content),
    /// A message of an earlier ring, which is recovered.
    Copy(Arc<Regular>),
}

/// Something of an application.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Content {
    /// The processor that has originated it.
    pub sender: Id,
    /// When it is delivered.
    pub service: Service,
    /// Its payload.
    pub payload: Payload,
}

/// The payload of an application.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Payload {
    /// Something of an application that keeps no log.
    Opaque(Command),
    /// Commands for the log.
    Commands(Vec<Command>),
    /// The summary of the sender's log, as a ring begins.
    Report(Report),
    /// The entries of the log that others lack, in its order.
    Entries(Vec<Command>),
}

/// A summary of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Report {
    /// The number of the primary component whose log it is; 0 if there was none.
    pub accepted: u64,
    /// The number of its commands.
    pub len: u64,
    /// How many of them are known to be decided.
    pub decided: u64,
}

/// The regular token. Its holder may send.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token {
    /// Its ring.
    pub ring: RingId,
    /// One more at each hop. Paper: *token_seq*.
    pub hop: u64,
    /// The last place that is taken.
    pub seq: u64,
    /// Up to where everyone may have everything: *all received up to*.
    pub aru: u64,
    /// The processor that has lowered it last, and alone may raise it. Paper: *aru_id*.
    pub aru_by: Option<Id>,
    /// In recovery: somebody has messages of the old ring that were not sent again. Paper: *retrans_flg*.
    pub retrans: bool,
    /// The places that somebody misses. Paper: *rtr*.
    pub missing: BTreeSet<u64>,
    /// How much its members have sent in the last rotation, and have waiting; nothing where the messages of a
    /// rotation are not bounded.
    pub flow: Flow,
}

/// The commit token. It goes round the new ring twice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommitToken {
    /// The new ring.
    pub ring: RingId,
    /// Its members, in the order of the ring.
    pub members: Vec<Id>,
    /// The entries of the first members: each adds its own in the first rotation.
    pub entries: Vec<Entry>,
}

/// The entry of a member that comes into a new ring.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// Its old ring.
    pub ring: RingId,
    /// Up to where it has everything of that.
    pub aru: u64,
    /// Up to where it has delivered that.
    pub delivered: u64,
    /// The processors whose messages it must deliver. Extended virtual synchrony: *obligation set*.
    pub obligation: BTreeSet<Id>,
}

/// An application's knowledge of who is with it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Configuration {
    /// A ring is installed.
    Regular {
        /// The ring.
        ring: RingId,
        /// Its members.
        members: Vec<Id>,
    },
    /// A ring is over. The messages that follow are of those who go on together.
    Transitional {
        /// The ring.
        old: RingId,
        /// The next one.
        new: RingId,
        /// Those who go from the one to the other.
        members: Vec<Id>,
    },
}

impl CommitToken {
    /// Whether every member has added its own.
    pub fn is_complete(&self) -> bool {
        self.entries.len() == self.members.len()
    }
}

/// Participants, without spaces.
pub(super) struct Ids<'a, T>(pub &'a T);

impl<'a, T> fmt::Display for Ids<'a, T>
where
    &'a T: IntoIterator<Item = &'a Id>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.0.into_iter().map(|id| usize::from(*id).to_string());
        write!(f, "{{{}}}", ids.collect::<Vec<_>>().join(","))
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = match self.service {
            Service::Agreed => "",
            Service::Safe => "safe ",
        };
        write!(
            f,
            "{safe}{:?} of {}",
            self.payload,
            usize::from(self.sender)
        )
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payload::Opaque(command) => write!(f, "{command:?}"),
            Payload::Commands(commands) => write!(f, "{commands:?}"),
            Payload::Report(report) => {
                let Report {
                    accepted,
                    len,
                    decided,
                } = report;
                write!(f, "log of {accepted}: {len}, decided {decided}")
            }
            Payload::Entries(commands) => write!(f, "entries {commands:?}"),
        }
    }
}

impl fmt::Debug for Regular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Application(content) => write!(f, "{:?} {}: {content:?}", self.ring, self.seq),
            Body::Copy(copy) => write!(f, "{:?} {}: [{copy:?}]", self.ring, self.seq),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Token {
            ring,
            hop,
            seq,
            aru,
            ..
        } = self;
        // A mutant begins with less than nothing, which is -1.
        let aru = aru.cast_signed();
        write!(f, "Token {ring:?} hop {hop} seq {seq} aru {aru}")?;
        if let Some(id) = self.aru_by {
            write!(f, " by {}", usize::from(id))?;
        }
        if self.retrans {
            f.write_str(" retrans")?;
        }
        if !self.missing.is_empty() {
            write!(f, " missing {:?}", self.missing)?;
        }
        if self.flow != Flow::default() {
            write!(f, " {:?}", self.flow)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ring, aru, delivered) = (self.ring, self.aru, self.delivered);
        write!(f, "{ring:?} aru {aru} delivered {delivered}")?;
        if !self.obligation.is_empty() {
            write!(f, " for {}", Ids(&self.obligation))?;
        }
        Ok(())
    }
}

impl fmt::Debug for CommitToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ring, members) = (&self.ring, Ids(&self.members));
        write!(f, "Commit {ring:?} {members} {:?}", self.entries)
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Configuration::Regular { ring, members } => write!(f, "{ring:?} {}", Ids(members)),
            Configuration::Transitional { old, new, members } => {
                write!(f, "{old:?} to {new:?} {}", Ids(members))
            }
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Regular(regular) => match regular.body {
                Body::Application(_) => write!(f, "Regular {regular:?}"),
                Body::Copy(_) => write!(f, "Recovered {regular:?}"),
            },
            Message::Token(token) => write!(f, "{token:?}"),
            Message::Join {
                procs,
                fails,
                number,
            } => {
                write!(
                    f,
                    "Join {} fails {} number {number}",
                    Ids(procs),
                    Ids(fails)
                )
            }
            Message::Commit(token) => write!(f, "{token:?}"),
            Message::Merge(ring) => write!(f, "Merge {ring:?}"),
            Message::Wake(ring) => write!(f, "Wake {ring:?}"),
            Message::Request(Service::Agreed, command) => write!(f, "Request {command:?}"),
            Message::Request(Service::Safe, command) => write!(f, "Request safe {command:?}"),
            Message::Originated(regular) => write!(f, "Originated {regular:?}"),
            Message::Delivered(regular) => write!(f, "Delivered {regular:?}"),
            Message::Changed(configuration) => write!(f, "Changed {configuration:?}"),
            Message::NotPrimary => f.write_str("NotPrimary"),
            Message::Leave => f.write_str("Leave"),
            Message::Decided(decided) => {
                let (position, command) = (decided.position, &decided.command);
                write!(f, "Decided {position}: {command:?}")
            }
        }
    }
}
