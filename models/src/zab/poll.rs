//! A server's knowledge of an election.

use super::state::{Epoch, Zxid};
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::fmt;

/// Whom a server votes for, and what it knows of it. The largest vote is the best: that for the latest
/// epoch, then for the longest history, then for the largest id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Vote {
    /// The current epoch of whom it votes for.
    pub epoch: Epoch,
    /// The end of its history.
    pub last: Zxid,
    /// Whom it votes for.
    pub leader: Id,
}

/// The role of a server, as it tells others in an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Activity {
    /// It looks for a leader.
    Looking,
    /// It follows whom it has voted for.
    Following,
    /// It leads.
    Leading,
}

/// The message of a server to others in an election. ZooKeeper: a notification.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Word {
    /// Its role.
    pub activity: Activity,
    /// The round in which it votes, or has voted. ZooKeeper: *electionEpoch*.
    pub round: u32,
    /// Its vote.
    pub vote: Vote,
}

/// An election as a server sees it, or the last one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Poll {
    /// The round. ZooKeeper: *logicalClock*.
    pub round: u32,
    /// Whom it votes for.
    pub vote: Vote,
    /// While it looks for a leader, what the others said last.
    pub heard: BTreeMap<Id, Word>,
    /// Whether a quorum votes alike, and it waits for a better vote.
    pub waits: bool,
    /// While it looks for a leader, those who follow it already, and what each has promised.
    pub early: BTreeMap<Id, Epoch>,
}

impl Poll {
    /// A round in which nothing was heard.
    pub(super) fn new(round: u32, vote: Vote) -> Self {
        Poll {
            round,
            vote,
            heard: BTreeMap::new(),
            waits: false,
            early: BTreeMap::new(),
        }
    }

    /// How many others vote alike in the same round.
    pub(super) fn alike(&self) -> usize {
        let own = (self.round, self.vote);
        let heard = self.heard.values();
        heard.filter(|word| (word.round, word.vote) == own).count()
    }

    /// How many servers follow this leader, or lead as this one.
    pub(super) fn supporters(&self, leader: Id) -> usize {
        let heard = self.heard.values();
        let supports =
            |word: &&Word| word.activity != Activity::Looking && word.vote.leader == leader;
        heard.filter(supports).count()
    }

    /// Whether this server has said that it leads.
    pub(super) fn leads(&self, leader: Id) -> bool {
        let word = self.heard.get(&leader);
        word.is_some_and(|word| word.activity == Activity::Leading)
    }

    /// Forgets what was heard. Those who follow already remain.
    pub(super) fn end(&mut self) -> BTreeMap<Id, Epoch> {
        self.heard.clear();
        self.waits = false;
        std::mem::take(&mut self.early)
    }
}

impl fmt::Debug for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (leader, epoch, last) = (usize::from(self.leader), self.epoch, self.last);
        write!(f, "for {leader} {epoch:?} {last:?}")
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (activity, round, vote) = (self.activity, self.round, self.vote);
        write!(f, "{activity:?} round {round} {vote:?}")
    }
}

/// The round and the vote; while a server looks for a leader, what it has heard.
impl fmt::Debug for Poll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "round {} {:?}", self.round, self.vote)?;
        for (id, word) in &self.heard {
            write!(f, ", {} {word:?}", usize::from(*id))?;
        }
        if self.waits {
            write!(f, ", waits")?;
        }
        for (id, accepted) in &self.early {
            write!(f, ", early {} {accepted:?}", usize::from(*id))?;
        }
        Ok(())
    }
}
