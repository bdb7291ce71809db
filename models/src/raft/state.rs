//! The state of a server, split as Raft Fig. 2 splits it.

use super::log::{Entry, Index, Log};
use crate::durable::{ChangeMismatch, Record};
use crate::replica::Command;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;

/// A term: Raft's logical clock. 0 is before the first election.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Term(pub u64);

impl Term {
    /// The term after this one.
    pub fn next(self) -> Term {
        Term(self.0 + 1)
    }

    /// The term before this one.
    pub fn prev(self) -> Term {
        Term(self.0.saturating_sub(1))
    }
}

/// Everything a server knows.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The record that survives a crash.
    pub persistent: Persistent,
    /// Highest index known to be committed. Raft Fig. 2: `commitIndex`.
    pub commit_index: Index,
    /// A follower has heard its leader within the shortest election timeout: the lease of the leader.
    /// Raft thesis §4.2.3. Never so without leases.
    pub heard: bool,
    /// Follower, candidate or leader, with the state that belongs to the role.
    pub role: Role,
}

/// Persistent state. Raft Fig. 2: "updated on stable storage before responding to RPCs".
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Persistent {
    /// Latest term the server has seen. Never decreases.
    pub current_term: Term,
    /// The candidate that received this server's vote in the current term.
    pub voted_for: Option<Id>,
    /// The log entries.
    pub log: Log,
}

/// Volatile state, by role.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Role {
    /// Raft §5.2: passive.
    Follower {
        /// The leader of the current term, once it has been heard.
        leader: Option<Id>,
    },
    /// Raft thesis §9.6: asks whether it could become leader.
    PreCandidate {
        /// The servers that would vote for it, itself included, ascending.
        votes: Vec<Id>,
    },
    /// Raft §5.2: wants to become leader.
    Candidate {
        /// The servers whose votes have arrived, ascending.
        votes: Vec<Id>,
    },
    /// Raft §5.3: handles all client requests.
    Leader(Leadership),
    /// The server has seen that safety is already lost, and does nothing any more.
    Stopped(Stop),
}

/// Volatile state on leaders. Raft Fig. 2: "reinitialized after election".
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Leadership {
    /// Highest index that is durable in the leader's own log, so that it may count itself.
    pub durable: Index,
    /// The followers that have answered since the leader last counted them, ascending. Empty without
    /// CheckQuorum.
    pub heard: Vec<Id>,
    /// The leader's knowledge of the others.
    pub followers: BTreeMap<Id, FollowerProgress>,
    /// Whether the leader is to stop, and whom it has told to take its place.
    pub transfer: Transfer,
}

/// How far the transfer of a leadership is. Raft thesis §3.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// It has not been asked for, or has been given up.
    Unasked,
    /// The leader waits for a follower that has its whole log.
    Asked,
    /// This follower has it, and is told to campaign.
    Told(Id),
}

/// A leader's knowledge of one follower.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FollowerProgress {
    /// Highest index known to be replicated there. Raft Fig. 2: `matchIndex`. Never decreases.
    pub match_index: Index,
    /// Next index to send. Raft Fig. 2: `nextIndex`. Always above `match_index`.
    pub next_index: Index,
    /// How eagerly entries are sent.
    pub pace: Pace,
    /// Something was outstanding at the last heartbeat, and none of it has been answered since.
    pub stalled: bool,
}

/// How a leader sends to a follower.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Pace {
    /// Looking for the point where the logs agree: one message, then wait for its answer.
    Probe {
        /// The message is on its way.
        sent: bool,
    },
    /// The logs agree up to `match_index`: send ahead, a window of messages at a time.
    Replicate {
        /// Last index of each message that is not answered yet.
        in_flight: VecDeque<Index>,
    },
}

/// Why a server stopped. None of these can happen while Raft's properties hold and
/// only servers speak for servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stop {
    /// A leader received AppendEntries of its own term.
    TwoLeadersInOneTerm,
    /// An entry from the leader contradicts one that is committed here.
    ConflictBelowCommit,
    /// A follower acknowledged entries that the leader does not have.
    AcknowledgedBeyondLog,
    /// The leader's commit index covers entries that are not in the log.
    CommitBeyondLog,
    /// There is no term after the current one: somebody sent a term that no election can reach.
    TermsExhausted,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::TwoLeadersInOneTerm => "another leader in the same term sent AppendEntries",
            Stop::ConflictBelowCommit => "the leader's log contradicts a committed entry",
            Stop::AcknowledgedBeyondLog => "a follower acknowledged entries the leader lacks",
            Stop::CommitBeyondLog => "the commit index covers entries that are not in the log",
            Stop::TermsExhausted => "there is no term after the current one",
        })
    }
}

impl State {
    /// The current term.
    pub fn term(&self) -> Term {
        self.persistent.current_term
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.persistent.log
    }

    /// The commands that are known to be committed, in order.
    pub fn committed(&self) -> impl Iterator<Item = &Command> {
        let entries = self.log().entries_after(Index(0));
        let committed = entries.take(self.commit_index.0 as usize);
        committed.filter_map(|entry| entry.payload.command())
    }

    /// The leadership, if this server leads its term.
    pub fn leadership(&self) -> Option<&Leadership> {
        match &self.role {
            Role::Leader(leadership) => Some(leadership),
            _ => None,
        }
    }

    /// Whether this server leads its term.
    pub fn is_leader(&self) -> bool {
        self.leadership().is_some()
    }

    /// Whether this server leads its term, and is about to transfer that.
    pub fn transfers(&self) -> bool {
        let transfer = self.leadership().map(|leadership| leadership.transfer);
        transfer.is_some_and(|transfer| transfer != Transfer::Unasked)
    }
}

impl FollowerProgress {
    /// The assumptions about a follower before it has been heard.
    pub fn unknown(next_index: Index) -> Self {
        let pace = Pace::Probe { sent: false };
        FollowerProgress {
            match_index: Index(0),
            next_index,
            pace,
            stalled: false,
        }
    }

    /// Whether an answer is awaited.
    pub fn is_outstanding(&self) -> bool {
        match &self.pace {
            Pace::Probe { sent } => *sent,
            Pace::Replicate { in_flight } => !in_flight.is_empty(),
        }
    }
}

/// The difference between two persistent states of one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    current_term: Term,
    voted_for: Option<Id>,
    /// Entries of the earlier log that are kept.
    keep: u64,
    /// Entries that follow them.
    append: Vec<Entry>,
}

impl Record for Persistent {
    type Change = Change;

    fn change_since(&self, earlier: &Self) -> Option<Change> {
        if self == earlier {
            return None;
        }
        let keep = self.log.common_prefix(&earlier.log);
        Some(Change {
            current_term: self.current_term,
            voted_for: self.voted_for,
            keep: keep.0,
            append: self.log.entries_after(keep).cloned().collect(),
        })
    }

    fn apply(&mut self, change: Change) -> Result<(), ChangeMismatch> {
        if self.log.last_index().0 < change.keep {
            let held = self.log.last_index().0;
            return Err(ChangeMismatch(format!(
                "keeps {} entries of a log of {held}",
                change.keep
            )));
        }
        if change.current_term < self.current_term {
            let Term(term) = self.current_term;
            return Err(ChangeMismatch(format!(
                "goes back from term {term} to {}",
                change.current_term.0
            )));
        }
        self.current_term = change.current_term;
        self.voted_for = change.voted_for;
        self.log.truncate_after(Index(change.keep));
        for entry in change.append {
            self.log.append(entry);
        }
        Ok(())
    }
}

impl fmt::Debug for Persistent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let voted_for = self.voted_for.map(usize::from);
        write!(
            f,
            "t{} voted {voted_for:?} log {:?}",
            self.current_term.0, self.log
        )
    }
}

/// One line: what an engineer wants to see of a server.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {:?} commit {}",
            self.role, self.persistent, self.commit_index.0
        )?;
        f.write_str(if self.heard { " in lease" } else { "" })
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Follower { leader: None } => write!(f, "Follower"),
            Role::Follower {
                leader: Some(leader),
            } => {
                write!(f, "Follower of {}", usize::from(*leader))
            }
            Role::PreCandidate { votes } => write!(f, "PreCandidate votes {:?}", numbers(votes)),
            Role::Candidate { votes } => write!(f, "Candidate votes {:?}", numbers(votes)),
            Role::Leader(leadership) => write!(f, "Leader {leadership:?}"),
            Role::Stopped(why) => write!(f, "Stopped ({why})"),
        }
    }
}

fn numbers(ids: &[Id]) -> Vec<usize> {
    ids.iter().map(|id| usize::from(*id)).collect()
}

impl fmt::Debug for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "durable {}", self.durable.0)?;
        for (id, progress) in &self.followers {
            write!(f, ", {} {progress:?}", usize::from(*id))?;
        }
        if !self.heard.is_empty() {
            write!(f, ", heard {:?}", numbers(&self.heard))?;
        }
        match self.transfer {
            Transfer::Unasked => Ok(()),
            Transfer::Asked => write!(f, ", transfers"),
            Transfer::Told(target) => write!(f, ", transfers to {}", usize::from(target)),
        }
    }
}

impl fmt::Debug for FollowerProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "match {} next {}", self.match_index.0, self.next_index.0)?;
        match &self.pace {
            Pace::Probe { sent: false } => write!(f, " probe")?,
            Pace::Probe { sent: true } => write!(f, " probe sent")?,
            Pace::Replicate { in_flight } => {
                let in_flight: Vec<u64> = in_flight.iter().map(|index| index.0).collect();
                write!(f, " in flight {in_flight:?}")?;
            }
        }
        if self.stalled {
            write!(f, " stalled")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::log::Payload;

    fn record(term: u64, entries: &[u64]) -> Persistent {
        let mut log = Log::default();
        for term in entries {
            log.append(Entry {
                term: Term(*term),
                payload: Payload::NoOp,
            });
        }
        Persistent {
            current_term: Term(term),
            voted_for: Some(Id::from(1)),
            log,
        }
    }

    #[test]
    fn a_change_leads_from_the_earlier_record_to_the_later() {
        let records = [
            Persistent::default(),
            record(1, &[1, 1]),
            record(2, &[1, 2, 2]),
            record(3, &[1]),
        ];
        for pair in records.windows(2) {
            let change = pair[1].change_since(&pair[0]).expect("they differ");
            let mut changed = pair[0].clone();
            changed.apply(change).expect("it fits");
            assert_eq!(changed, pair[1]);
            assert_eq!(changed.change_since(&pair[1]), None);
        }
    }

    #[test]
    fn a_change_of_another_record_is_refused() {
        let change = record(2, &[1, 1, 2])
            .change_since(&record(2, &[1, 1]))
            .expect("they differ");
        let mut shorter = record(2, &[1]);
        assert!(shorter.apply(change.clone()).is_err());
        let mut later = record(3, &[1, 1]);
        assert!(later.apply(change).is_err());
    }
}
