//! Phase 2: synchronization. A leader hands its history over; once a quorum has accepted it, it is
//! committed as a whole.

use super::history::{History, Snapshot};
use super::marks::{Row, Rows};
use super::message::{Message, Sync};
use super::reads::Reads;
use super::server::Server;
use super::state::{Epoch, FollowerPhase, LeaderPhase, Progress, Role, State, Stop, Txn, Zxid};
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::collections::BTreeMap;

impl Server {
    /// Wins the epoch once a quorum has promised it, and hands the history over. Zab l.1.2, l.2.1.
    pub(super) fn win_epoch(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let Role::Leading(leadership) = &mut state.role else {
            unreachable!("only a leader wins an epoch")
        };
        let epoch = match &leadership.phase {
            LeaderPhase::Electing { epoch, electing }
                if (self.rules.elects)(electing.len(), self.config.servers) =>
            {
                *epoch
            }
            _ => return Row::T22cCountsPromise.into(),
        };
        self.wait_for_other_side(out);
        let last = state.persistent.history.last();
        let accepted = (self.rules.have_accepted)(&leadership.followers, last);
        leadership.phase = LeaderPhase::Synchronization { epoch, accepted };
        let promised = leadership.followers.iter();
        let promised = promised.filter_map(|(follower, progress)| match progress {
            Progress::Promised(last) => Some((*follower, *last)),
            _ => None,
        });
        let promised: Vec<(Id, Zxid)> = promised.collect();
        state.persistent.current_epoch = epoch;
        let mut rows = Rows::from(Row::T22cWinsEpoch);
        for (follower, last) in promised {
            rows |= self.synchronize(state, follower, last, out);
        }
        out.send(id, Message::AckNewLeader { epoch, last });
        rows
    }

    /// Hands the history over to a follower whose own ends so.
    pub(super) fn synchronize(
        &self,
        state: &mut State,
        follower: Id,
        last: Zxid,
        out: &mut Out<Self>,
    ) -> Rows {
        let (sync, txns) = (self.rules.sync)(state.history(), last);
        let epoch = state.persistent.current_epoch;
        if let Role::Leading(leadership) = &mut state.role {
            leadership
                .followers
                .insert(follower, Progress::Synchronizing);
        }
        let (mut sync, mut txns) = (sync, txns);
        let mut rows = match sync {
            Sync::Diff(_) => Row::SendsDiff.into(),
            Sync::Trunc(_) => Row::SendsTrunc.into(),
            Sync::Snap { .. } => self.send_snapshot(state, follower, out),
        };
        while let Some(rest) = self.rest_after_one_message(&mut txns) {
            let last = txns.last().map(|txn| txn.zxid).unwrap_or_default();
            out.send(follower, Message::History { epoch, sync, txns });
            (sync, txns) = (Sync::Diff(last), rest);
            rows |= Rows::from(Row::SendsInParts);
        }
        out.send(follower, Message::NewLeader { epoch, sync, txns });
        rows
    }

    /// Leaves as many transactions as one message takes, and gives the others, if there are any.
    fn rest_after_one_message(&self, txns: &mut Vec<Txn>) -> Option<Vec<Txn>> {
        let mut bytes = 0;
        let fits = |txn: &&Txn| {
            bytes += txn.command.0.len();
            bytes <= self.config.bytes_per_message
        };
        let fitting = txns.iter().take(self.config.txns_per_message);
        let fitting = fitting.take_while(fits).count().max(1);
        (fitting < txns.len()).then(|| txns.split_off(fitting))
    }

    /// A leader hands over a part of its history. It is put on the disk with all the others. The answer
    /// renews the leader's patience, since a long history takes longer to send.
    pub(super) fn on_history(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (epoch, sync, txns): (Epoch, Sync, Vec<Txn>),
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        match state.stages(src, epoch) {
            Ok(staged) => match staged.add(sync, txns) {
                true => {
                    out.send(src, Message::Pong { read: 0 });
                    Row::T44Stages.into()
                }
                false => self.stop(id, state, Stop::BaseIsMissing, out),
            },
            Err(why) => self.stop(id, state, why, out),
        }
    }

    /// A leader hands its history over. Zab f.2.1: history and current epoch are one record.
    pub(super) fn on_new_leader(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (epoch, sync, txns): (Epoch, Sync, Vec<Txn>),
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        let staged = match state.stages(src, epoch) {
            Ok(staged) => staged.add(sync, txns).then(|| std::mem::take(staged)),
            Err(why) => return self.stop(id, state, why, out),
        };
        let Some(staged) = staged else {
            return self.stop(id, state, Stop::BaseIsMissing, out);
        };
        let history = &mut state.persistent.history;
        let (row, kept) = match staged.sync {
            Some(Sync::Diff(base)) if base == history.last() => (Row::T43aKeeps, base),
            Some(Sync::Trunc(keep)) if history.contains(keep) => {
                (self.rules.truncate)(history, keep);
                (Row::T43bTruncates, keep)
            }
            Some(Sync::Snap { last, len }) => {
                let state = staged.state.into();
                *history = History::of(Snapshot { last, len, state });
                (Row::T43cReplaces, last)
            }
            _ => return self.stop(id, state, Stop::BaseIsMissing, out),
        };
        let last = staged.txns.last().map_or(kept, |txn| txn.zxid);
        for txn in staged.txns {
            history.append(txn);
        }
        let delivered = (self.rules.handed_delivered)(history.snapshot().last, last);
        state.committed = delivered.max(state.committed);
        state.persistent.current_epoch = epoch;
        state.enter(FollowerPhase::Synchronized);
        out.send(src, Message::AckNewLeader { epoch, last });
        row | Row::T46Accepts
    }

    /// A follower has accepted the history, or the leader has it on disk itself. Zab l.2.2, l.3.4.
    pub(super) fn on_ack_new_leader(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (epoch, last): (Epoch, Zxid),
        out: &mut Out<Self>,
    ) -> Rows {
        if src == id {
            let is_current = state.leads() == Some(epoch) && state.broadcasts().is_none();
            return match is_current {
                true => self.count_acceptance(id, state.to_mut(), src, out),
                false => Row::OwnAckIsOld.into(),
            };
        }
        let state = state.to_mut();
        if !state.has_session(src, epoch, Progress::Synchronizing) {
            return self.stop(id, state, Stop::OutOfPhase, out);
        }
        if !state.history().contains(last) {
            return self.stop(id, state, Stop::AckBeyondHistory, out);
        }
        if let Role::Leading(leadership) = &mut state.role {
            leadership.followers.insert(src, Progress::Synchronized);
        }
        if state.broadcasts().is_none() {
            return self.count_acceptance(id, state, src, out);
        }
        let committed = (self.rules.told_at_joining)(state.committed, last);
        if (self.rules.is_told_at_joining)() {
            out.send(src, Message::UpToDate { committed });
        }
        Row::T24bFollowerJoins | self.count_ack(id, state, src, last, out)
    }

    /// Once a quorum has accepted the history, all of it is committed.
    fn count_acceptance(&self, id: Id, state: &mut State, src: Id, out: &mut Out<Self>) -> Rows {
        let last = state.history().last();
        let Role::Leading(leadership) = &mut state.role else {
            unreachable!("only a leader's history is accepted")
        };
        let LeaderPhase::Synchronization { epoch, accepted } = &mut leadership.phase else {
            return self.stop(id, state, Stop::OutOfPhase, out);
        };
        accepted.insert(src);
        if !(self.rules.establishes)(accepted.len(), self.config.servers) {
            return Row::T24aCountsAcceptance.into();
        }
        leadership.phase = LeaderPhase::Broadcast {
            epoch: *epoch,
            acked: BTreeMap::new(),
            reads: Reads::default(),
        };
        for follower in leadership.synchronized() {
            out.send(follower, Message::UpToDate { committed: last });
        }
        state.committed = last;
        self.ping(out);
        Row::T24aEstablishes.into()
    }

    /// The history that was handed over is committed. Zab f.2.2.
    pub(super) fn on_up_to_date(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        committed: Zxid,
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        if !state.follows(src, FollowerPhase::Synchronized) {
            return self.stop(id, state, Stop::OutOfPhase, out);
        }
        if !state.history().contains(committed) {
            return self.stop(id, state, Stop::CommitBeyondHistory, out);
        }
        state.enter(FollowerPhase::Broadcast);
        state.committed = committed;
        Row::T48Delivers.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zab::config::{Config, Election};
    use crate::zab::server::Timer;
    use crate::zab::state::Persistent;
    use stateright::actor::{Actor, Command};
    use std::collections::VecDeque;

    const LEADER: usize = 0;
    const FOLLOWER: usize = 1;

    /// Two of three servers. What one sends to the other arrives at once, in order.
    struct Two {
        server: Server,
        states: [Cow<'static, State>; 2],
        on_their_way: VecDeque<(usize, usize, Message)>,
    }

    impl Two {
        fn time_out(&mut self, id: usize, timer: Timer) {
            let mut out = Out::new();
            let state = &mut self.states[id];
            self.server
                .on_timeout(Id::from(id), state, &timer, &mut out);
            self.send(id, &out);
        }

        /// Delivers the next message. Tells what is set by it.
        fn deliver(&mut self) -> Option<(Message, Vec<Timer>)> {
            let (src, id, message) = self.on_their_way.pop_front()?;
            let mut out = Out::new();
            let state = &mut self.states[id];
            let msg = message.clone();
            self.server
                .on_msg(Id::from(id), state, Id::from(src), msg, &mut out);
            self.send(id, &out);
            let set = out.iter().filter_map(|output| match output {
                Command::SetTimer(timer, _) => Some(*timer),
                _ => None,
            });
            Some((message, set.collect()))
        }

        fn send(&mut self, src: usize, out: &Out<Server>) {
            for output in out.iter() {
                if let Command::Send(dst, message) = output
                    && usize::from(*dst) < self.states.len()
                {
                    let message = (src, usize::from(*dst), message.clone());
                    self.on_their_way.push_back(message);
                }
            }
        }
    }

    /// However long it takes to send a history, the leader gives neither the follower up nor itself.
    #[test]
    fn each_part_of_a_history_is_answered_and_renews_the_leaders_patience() {
        let config = Config {
            txns_per_message: 1,
            ..Config::new(3, Election::Oracle)
        };
        let server = Server::new(config);
        let mut record = Persistent::default();
        for counter in 1..=4 {
            let epoch = Epoch(1);
            let zxid = Zxid { epoch, counter };
            let command = "a".into();
            record.history.append(Txn { zxid, command });
        }
        (record.accepted_epoch, record.current_epoch) = (Epoch(1), Epoch(1));
        let start = |id: usize, record| server.on_start(Id::from(id), &record, &mut Out::new());
        let states = [start(LEADER, Some(record)), start(FOLLOWER, None)];
        let mut two = Two {
            states: states.map(Cow::Owned),
            server: server.clone(),
            on_their_way: VecDeque::new(),
        };
        two.time_out(LEADER, Timer::Lead);
        two.time_out(FOLLOWER, Timer::Follow(LEADER));
        let (mut parts, mut renewed) = (0, 0);
        while let Some((message, set)) = two.deliver() {
            parts += u32::from(matches!(message, Message::History { .. }));
            let is_answer = matches!(message, Message::Pong { .. });
            renewed += u32::from(is_answer && set == [Timer::Drop(FOLLOWER), Timer::GiveUp]);
        }
        assert_eq!((parts, renewed), (3, 3));
        assert!(two.states[LEADER].broadcasts().is_some());
    }
}
