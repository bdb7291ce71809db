//! Reads: when what a server has delivered will do. A follower asks its leader; the answer follows all that
//! the leader had committed, because a session is first in, first out. ZooKeeper, *sync()*; and a
//! linearizable read, which ZooKeeper does not have.

use super::marks::{Row, Rows};
use super::message::Message;
use super::rules::Rules;
use super::server::Server;
use super::state::{FollowerPhase, LeaderPhase, Leadership, Role, State, Stop, Zxid};
use crate::replica::Consistency;
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The reads that a leader has been asked about.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Reads {
    /// How many of them wait, or have waited, for answers of a quorum.
    begun: u32,
    /// While some wait for answers, the last one that each follower has answered.
    answered: BTreeMap<Id, u32>,
    /// Those that wait, in order.
    waiting: Vec<Waiting>,
}

/// A read that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// The server that was asked for it: the leader itself, or a follower.
    at: Id,
    /// The reader, by the name that this server has for it.
    reader: Id,
    /// The event that it waits for.
    until: Until,
}

/// The event that a read waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    /// The transaction that was proposed last is committed.
    Committed(Zxid),
    /// A quorum answers this read: it follows no later leader yet.
    Answered(u32),
}

impl Reads {
    /// The last read that waits for answers; 0 if none does.
    pub(super) fn last_to_confirm(&self) -> u32 {
        match self.waits_for_answers() {
            true => self.begun,
            false => 0,
        }
    }

    /// Whether a read waits for answers of a quorum.
    pub(super) fn waits_for_answers(&self) -> bool {
        let mut waiting = self.waiting.iter();
        waiting.any(|it| matches!(it.until, Until::Answered(_)))
    }

    /// A follower leaves: nobody waits at it any more.
    pub(super) fn part_with(&mut self, follower: Id) {
        self.answered.remove(&follower);
        self.waiting.retain(|it| it.at != follower);
    }

    /// The reads, whose transactions have other names.
    pub(super) fn renamed(mut self, mut name: impl FnMut(Zxid) -> Zxid) -> Self {
        for it in &mut self.waiting {
            if let Until::Committed(zxid) = &mut it.until {
                *zxid = name(*zxid);
            }
        }
        self
    }
}

impl Leadership {
    /// The reads, if it is established.
    pub(super) fn reads(&self) -> Option<&Reads> {
        match &self.phase {
            LeaderPhase::Broadcast { reads, .. } => Some(reads),
            _ => None,
        }
    }

    /// A follower leaves; a rule says what becomes of its reads.
    pub(super) fn part_with(&mut self, follower: Id, rules: &Rules) {
        self.followers.remove(&follower);
        if let LeaderPhase::Broadcast { reads, .. } = &mut self.phase {
            (rules.part_with)(reads, follower);
        }
    }
}

impl State {
    fn reads_mut(&mut self) -> Option<&mut Reads> {
        match &mut self.role {
            Role::Leading(Leadership {
                phase: LeaderPhase::Broadcast { reads, .. },
                ..
            }) => Some(reads),
            _ => None,
        }
    }
}

impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting: Vec<Until> = self.waiting.iter().map(|it| it.until).collect();
        write!(f, "{waiting:?}")
    }
}

impl Server {
    /// A reader asks whether what this server has delivered will do.
    pub(super) fn on_read(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        reader: Id,
        consistency: Consistency,
        out: &mut Out<Self>,
    ) -> Rows {
        if state.leadership().and(state.broadcasts()).is_some() {
            let read = (id, reader, consistency);
            return self.begin_read(id, state.to_mut(), read, out);
        }
        match state.role {
            Role::Following {
                leader,
                phase: FollowerPhase::Broadcast,
                ..
            } => {
                let question = Message::Confirm {
                    reader,
                    consistency,
                };
                out.send(leader, question);
                Row::T55AsksLeader.into()
            }
            _ => self.send_on(state, reader, out),
        }
    }

    /// A follower asks about a read.
    pub(super) fn on_confirm(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (reader, consistency): (Id, Consistency),
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        if state.broadcasts_to(src).is_none() {
            return self.stop(id, state, Stop::OutOfPhase, out);
        }
        self.begin_read(id, state, (src, reader, consistency), out)
    }

    /// An established leader is asked about a read.
    fn begin_read(
        &self,
        id: Id,
        state: &mut State,
        (at, reader, consistency): (Id, Id, Consistency),
        out: &mut Out<Self>,
    ) -> Rows {
        let last = state.history().last();
        let Some(reads) = state.reads_mut() else {
            unreachable!("an established leader is asked")
        };
        let (until, row) = match (self.rules.confirms)(consistency) {
            true => {
                reads.begun += 1;
                (Until::Answered(reads.begun), Row::T32AsksQuorum)
            }
            false => (Until::Committed(last), Row::T32Syncs),
        };
        let waiting = Waiting { at, reader, until };
        reads.waiting.push(waiting);
        if let (Until::Answered(_), Role::Leading(leadership)) = (until, &state.role) {
            self.ask_followers(leadership, out);
        }
        row | self.end_reads(id, state, out)
    }

    /// A follower has answered this read, and those before it.
    pub(super) fn count_answer(
        &self,
        id: Id,
        state: &mut State,
        src: Id,
        read: u32,
        out: &mut Out<Self>,
    ) -> Rows {
        if let Some(reads) = state.reads_mut() {
            let answered = reads.answered.entry(src).or_default();
            let read = (self.rules.answers)(read, reads.begun);
            *answered = read.max(*answered);
        }
        self.end_reads(id, state, out)
    }

    /// Answers the reads that need not wait any longer.
    pub(super) fn end_reads(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let committed = state.committed;
        let Some(reads) = state.reads_mut().filter(|it| !it.waiting.is_empty()) else {
            return Rows::NONE;
        };
        let answers = (0..self.config.servers).map(Id::from);
        let answers = answers.map(|server| match server == id {
            true => reads.begun,
            false => reads.answered.get(&server).copied().unwrap_or(0),
        });
        let answered = (self.rules.answered)(&answers.collect::<Vec<_>>());
        let mut rows = Rows::NONE;
        reads.waiting.retain(|it| {
            let waits = match it.until {
                Until::Committed(upto) => committed < upto,
                Until::Answered(read) => answered < read,
            };
            if !waits {
                rows |= Rows::from(Row::T32Answers);
                match it.at == id {
                    true => out.send(it.reader, Message::Readable),
                    false => out.send(it.at, Message::Confirmed { reader: it.reader }),
                }
            }
            waits
        });
        if !reads.waits_for_answers() {
            reads.answered.clear();
        }
        rows
    }

    /// The leader answers.
    pub(super) fn on_confirmed(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        reader: Id,
        out: &mut Out<Self>,
    ) -> Rows {
        if !state.follows(src, FollowerPhase::Broadcast) {
            return self.stop(id, state.to_mut(), Stop::OutOfPhase, out);
        }
        out.send(reader, Message::Readable);
        Row::T56Reads.into()
    }
}
