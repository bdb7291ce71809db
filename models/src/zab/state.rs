//! The state of a server: what is on its disk, and what belongs to its role.

use super::history::History;
use super::message::Sync;
use super::poll::{Activity, Poll};
use super::reads::Reads;
use crate::replica::Command;
use crate::session::{End, Side};
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The number of a leadership. 0 is before the first.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u32);

/// The name of a transaction: the epoch in which it was proposed, and its number there. The least is
/// before the first transaction.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Zxid {
    /// The epoch.
    pub epoch: Epoch,
    /// The number in the epoch, from 1.
    pub counter: u32,
}

/// The payload of a broadcast.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Txn {
    /// Its name.
    pub zxid: Zxid,
    /// The command of a client.
    pub command: Command,
}

/// The state that survives a crash, written as one record.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Persistent {
    /// The last epoch that was promised. Zab: *f.p*.
    pub accepted_epoch: Epoch,
    /// The last epoch whose NEWLEADER was accepted. Zab: *f.a*.
    pub current_epoch: Epoch,
    /// The history. Zab: *h*.
    pub history: History,
}

/// Everything a server knows.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The record that survives a crash.
    pub persistent: Persistent,
    /// The last transaction that it has delivered in its role.
    pub committed: Zxid,
    /// Its role, with the state that belongs to the role.
    pub role: Role,
    /// The election, or the last one; none where an oracle decides.
    pub poll: Option<Poll>,
}

/// The role of a server.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Role {
    /// It looks for a leader.
    Looking,
    /// It has a session with a leader.
    Following {
        /// The leader.
        leader: Id,
        /// How far they are.
        phase: FollowerPhase,
        /// The history that was handed over before NEWLEADER.
        staged: Staged,
    },
    /// It leads, or wants to.
    Leading(Leadership),
    /// It was told to stop, and has left.
    Gone,
    /// It has seen that safety is already lost, and does nothing any more.
    Stopped(Stop),
}

/// The part of a leader's history that was handed over before NEWLEADER.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Staged {
    /// The snapshot, as far as it was sent ahead.
    pub state: Vec<u8>,
    /// The part of its own history that the follower keeps.
    pub sync: Option<Sync>,
    /// The transactions after it.
    pub txns: Vec<Txn>,
}

/// How far a follower is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FollowerPhase {
    /// It waits for LEADERINFO.
    Discovery,
    /// It waits for NEWLEADER.
    Synchronization,
    /// It has accepted NEWLEADER, and waits for UPTODATE.
    Synchronized,
    /// It delivers what is committed.
    Broadcast,
}

/// The state of a leader.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Leadership {
    /// The leader.
    pub leader: Id,
    /// How far it is.
    pub phase: LeaderPhase,
    /// Those with whom it has a session, and how far they are.
    pub followers: BTreeMap<Id, Progress>,
}

/// How far a leader is. A follower that has been counted stays so when its session closes: what was counted
/// is on its disk.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum LeaderPhase {
    /// It waits for FOLLOWERINFO of a quorum.
    Connecting {
        /// The servers whose message has arrived.
        connecting: BTreeSet<Id>,
        /// The last epoch that any of them has promised.
        highest: Epoch,
    },
    /// It has chosen an epoch, and waits for ACKEPOCH of a quorum.
    Electing {
        /// The epoch.
        epoch: Epoch,
        /// The servers that have promised it.
        electing: BTreeSet<Id>,
    },
    /// It has won the epoch, and waits until a quorum has accepted its history.
    Synchronization {
        /// The epoch.
        epoch: Epoch,
        /// The servers that have accepted it.
        accepted: BTreeSet<Id>,
    },
    /// It broadcasts.
    Broadcast {
        /// The epoch.
        epoch: Epoch,
        /// How far each server has the history on disk, where that is beyond what is committed.
        acked: BTreeMap<Id, Zxid>,
        /// The reads that it was asked about.
        reads: Reads,
    },
}

/// How far a follower is, as its leader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// Its FOLLOWERINFO has arrived.
    Connected,
    /// It has answered LEADERINFO. Its history ends so.
    Promised(Zxid),
    /// It was sent NEWLEADER.
    Synchronizing,
    /// It has accepted NEWLEADER.
    Synchronized,
}

/// Why a server stopped: a message came that cannot come while Zab's properties hold and sessions are
/// first in, first out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// A message came that no message before it has asked for.
    OutOfPhase,
    /// The history does not hold what the leader's builds on.
    BaseIsMissing,
    /// A proposal is not the one after the last.
    ProposalDoesNotFollow,
    /// The history lacks transactions that are committed.
    CommitBeyondHistory,
    /// A follower has acknowledged what is not in the leader's history.
    AckBeyondHistory,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::OutOfPhase => "a message came that nothing before it has asked for",
            Stop::BaseIsMissing => "the leader builds on a transaction that is not in the history",
            Stop::ProposalDoesNotFollow => "a proposal does not follow the last transaction",
            Stop::CommitBeyondHistory => "what is committed is not in the history",
            Stop::AckBeyondHistory => "a follower acknowledged what is not in the leader's history",
        })
    }
}

impl Epoch {
    /// The epoch after this one, if there is one.
    pub fn next(self) -> Option<Epoch> {
        self.0.checked_add(1).map(Epoch)
    }
}

impl State {
    /// The history.
    pub fn history(&self) -> &History {
        &self.persistent.history
    }

    /// The leadership, if this server leads.
    pub fn leadership(&self) -> Option<&Leadership> {
        match &self.role {
            Role::Leading(leadership) => Some(leadership),
            _ => None,
        }
    }

    /// The epoch that this server has won, if it leads it.
    pub fn leads(&self) -> Option<Epoch> {
        match self.leadership()?.phase {
            LeaderPhase::Synchronization { epoch, .. } | LeaderPhase::Broadcast { epoch, .. } => {
                Some(epoch)
            }
            _ => None,
        }
    }

    /// The epoch in which this server delivers, if it does.
    pub fn broadcasts(&self) -> Option<Epoch> {
        match &self.role {
            Role::Leading(leadership) => match leadership.phase {
                LeaderPhase::Broadcast { epoch, .. } => Some(epoch),
                _ => None,
            },
            Role::Following {
                phase: FollowerPhase::Broadcast,
                ..
            } => Some(self.persistent.current_epoch),
            _ => None,
        }
    }

    /// The transactions that this server has delivered in its role.
    pub fn delivered(&self) -> impl Iterator<Item = &Txn> {
        self.history().up_to(self.committed)
    }

    /// Its role, in a word, and its epoch.
    pub fn badge(&self) -> String {
        let epoch = self.persistent.accepted_epoch;
        match &self.role {
            Role::Looking => format!("looking {epoch:?}"),
            Role::Following { .. } => format!("follower {epoch:?}"),
            Role::Leading(leadership) => match leadership.phase.epoch() {
                Some(epoch) => format!("leader {epoch:?}"),
                None => "leader".to_owned(),
            },
            Role::Gone => "gone".to_owned(),
            Role::Stopped(_) => "stopped".to_owned(),
        }
    }

    /// Whether it follows this leader and is so far.
    pub fn follows(&self, src: Id, phase: FollowerPhase) -> bool {
        match &self.role {
            Role::Following {
                leader, phase: own, ..
            } => (*leader, *own) == (src, phase),
            _ => false,
        }
    }

    /// Goes on to a phase, as a follower.
    pub fn enter(&mut self, next: FollowerPhase) {
        if let Role::Following { phase, .. } = &mut self.role {
            *phase = next;
        }
    }

    /// Whether it leads in this epoch, and a follower is so far.
    pub fn has_session(&self, follower: Id, epoch: Epoch, progress: Progress) -> bool {
        let leadership = self.leadership();
        let leadership = leadership.filter(|it| it.phase.epoch() == Some(epoch));
        leadership.and_then(|it| it.followers.get(&follower)) == Some(&progress)
    }

    /// The epoch in which it broadcasts to a follower, if that is synchronized.
    pub fn broadcasts_to(&self, follower: Id) -> Option<Epoch> {
        let epoch = self.broadcasts()?;
        let is_there = self.has_session(follower, epoch, Progress::Synchronized);
        is_there.then_some(epoch)
    }

    /// Its role, in the words of an election.
    pub fn activity(&self) -> Activity {
        match self.role {
            Role::Looking | Role::Gone | Role::Stopped(_) => Activity::Looking,
            Role::Following { .. } => Activity::Following,
            Role::Leading(_) => Activity::Leading,
        }
    }

    /// Its ends of sessions, which followers open.
    pub fn sessions(&self) -> Vec<End> {
        let end = |side| move |peer: &Id| End { peer: *peer, side };
        match &self.role {
            Role::Following { leader, .. } => vec![end(Side::Opener)(leader)],
            Role::Leading(leadership) => {
                let followers = leadership.followers.keys();
                followers.map(end(Side::Acceptor)).collect()
            }
            Role::Looking => {
                let early = self.poll.iter().flat_map(|poll| poll.early.keys());
                early.map(end(Side::Acceptor)).collect()
            }
            Role::Gone | Role::Stopped(_) => Vec::new(),
        }
    }
}

impl Leadership {
    /// The followers that have accepted NEWLEADER.
    pub fn synchronized(&self) -> Vec<Id> {
        let all = self.followers.iter();
        let synchronized = all.filter(|(_, progress)| progress.is_synchronized());
        synchronized.map(|(id, _)| *id).collect()
    }
}

impl Progress {
    /// Whether the follower has accepted NEWLEADER.
    pub fn is_synchronized(self) -> bool {
        self == Progress::Synchronized
    }
}

impl LeaderPhase {
    /// The epoch, once it is chosen.
    pub fn epoch(&self) -> Option<Epoch> {
        match self {
            LeaderPhase::Connecting { .. } => None,
            LeaderPhase::Electing { epoch, .. }
            | LeaderPhase::Synchronization { epoch, .. }
            | LeaderPhase::Broadcast { epoch, .. } => Some(*epoch),
        }
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

impl fmt::Debug for Zxid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch.0, self.counter)
    }
}

impl fmt::Debug for Txn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:{:?}", self.zxid, self.command)
    }
}

impl fmt::Debug for Persistent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (accepted, current) = (self.accepted_epoch.0, self.current_epoch.0);
        write!(
            f,
            "accepted {accepted} current {current} {:?}",
            self.history
        )
    }
}

/// One line: what an engineer wants to see of a server.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (role, persistent) = (&self.role, &self.persistent);
        write!(f, "{role:?} {persistent:?} committed {:?}", self.committed)?;
        match &self.poll {
            Some(poll) => write!(f, " {poll:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Looking => write!(f, "Looking"),
            Role::Following {
                leader,
                phase,
                staged,
            } => {
                write!(f, "Following {} {phase:?}", usize::from(*leader))?;
                match (&staged.sync, staged.state.len()) {
                    (Some(sync), _) => write!(f, " staged {sync} {:?}", staged.txns),
                    (None, 0) => Ok(()),
                    (None, bytes) => write!(f, " staged {bytes} bytes"),
                }
            }
            Role::Leading(leadership) => write!(f, "Leading {leadership:?}"),
            Role::Gone => write!(f, "Gone"),
            Role::Stopped(why) => write!(f, "Stopped {why:?}"),
        }
    }
}

impl fmt::Debug for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.phase)?;
        for (id, progress) in &self.followers {
            write!(f, ", {} {progress:?}", usize::from(*id))?;
        }
        Ok(())
    }
}

impl fmt::Debug for LeaderPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = |ids: &BTreeSet<Id>| -> Vec<usize> {
            let ids = ids.iter();
            ids.map(|id| usize::from(*id)).collect()
        };
        match self {
            LeaderPhase::Connecting {
                connecting,
                highest,
            } => write!(
                f,
                "Connecting {:?} highest {highest:?}",
                numbers(connecting)
            ),
            LeaderPhase::Electing { epoch, electing } => {
                write!(f, "Electing {epoch:?} {:?}", numbers(electing))
            }
            LeaderPhase::Synchronization { epoch, accepted } => {
                write!(f, "Synchronization {epoch:?} {:?}", numbers(accepted))
            }
            LeaderPhase::Broadcast {
                epoch,
                acked,
                reads,
            } => {
                write!(f, "Broadcast {epoch:?}")?;
                for (id, zxid) in acked {
                    write!(f, " acked {} {zxid:?}", usize::from(*id))?;
                }
                match *reads == Reads::default() {
                    true => Ok(()),
                    false => write!(f, " reads {reads:?}"),
                }
            }
        }
    }
}
