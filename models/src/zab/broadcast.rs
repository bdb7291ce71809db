//! Phase 3: broadcast. An established leader proposes; transactions that a quorum has on disk are committed.

use super::marks::{Row, Rows};
use super::message::Message;
use super::server::Server;
use super::state::{Epoch, FollowerPhase, LeaderPhase, Role, State, Stop, Txn, Zxid};
use crate::replica::Command;
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Server {
    /// A client asks for a transaction. Zab l.3.1.
    pub(super) fn on_request(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        client: Id,
        command: Command,
        out: &mut Out<Self>,
    ) -> Rows {
        let leadership = state.leadership();
        let serves = leadership.filter(|it| (self.rules.serves)(&it.phase));
        if let Some(epoch) = serves.and_then(|it| it.phase.epoch()) {
            return Row::T25Proposes | self.propose_all(id, state.to_mut(), (epoch, &command), out);
        }
        match state.role {
            Role::Following {
                leader,
                phase: FollowerPhase::Broadcast,
                ..
            } if self.config.forwards => {
                out.send(leader, Message::Forward(command));
                Row::T55Forwards.into()
            }
            _ => self.send_on(state, client, out),
        }
    }

    /// A client is told to ask elsewhere.
    pub(super) fn send_on(&self, state: &State, client: Id, out: &mut Out<Self>) -> Rows {
        let leader = match state.role {
            Role::Following { leader, .. } => Some(leader),
            _ => None,
        };
        out.send(client, Message::NotLeader { leader });
        Row::ClientIsSentOn.into()
    }

    /// A follower passes on what a client has asked of it.
    pub(super) fn on_forward(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        command: Command,
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        let Some(epoch) = state.broadcasts_to(src) else {
            return self.stop(id, state, Stop::OutOfPhase, out);
        };
        Row::T25ProposesForwarded | self.propose_all(id, state, (epoch, &command), out)
    }

    fn propose_all(
        &self,
        id: Id,
        state: &mut State,
        (epoch, command): (Epoch, &Command),
        out: &mut Out<Self>,
    ) -> Rows {
        let mut rows = Rows::NONE;
        for command in (self.rules.proposed)(command) {
            rows |= self.propose(id, state, (epoch, command), out);
        }
        rows
    }

    /// A leader broadcasts.
    fn propose(
        &self,
        id: Id,
        state: &mut State,
        (epoch, command): (Epoch, Command),
        out: &mut Out<Self>,
    ) -> Rows {
        let prev = state.history().last();
        let Some(zxid) = (self.rules.next)(prev, epoch, self.config.counter_max) else {
            return Row::T29CounterIsExhausted | self.look(id, state, out);
        };
        let txn = Txn { zxid, command };
        state.persistent.history.append(txn.clone());
        let followers = state.leadership().into_iter().flat_map(|it| &it.followers);
        for (follower, progress) in followers {
            if (self.rules.is_forwarded)(*progress) {
                let txn = txn.clone();
                out.send(*follower, Message::Proposal { prev, txn });
            }
        }
        out.send(id, Message::Ack { upto: zxid });
        Rows::NONE
    }

    /// A leader proposes a transaction. Zab f.3.1.
    pub(super) fn on_proposal(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (prev, txn): (Zxid, Txn),
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        let row = if state.follows(src, FollowerPhase::Synchronized) {
            Row::T47Appends
        } else if state.follows(src, FollowerPhase::Broadcast) {
            Row::T50Appends
        } else {
            return self.stop(id, state, Stop::OutOfPhase, out);
        };
        if prev != state.history().last() {
            return self.stop(id, state, Stop::ProposalDoesNotFollow, out);
        }
        let upto = txn.zxid;
        state.persistent.history.append(txn);
        out.send(src, Message::Ack { upto });
        row.into()
    }

    /// A server has the history on disk. Zab l.3.2.
    pub(super) fn on_ack(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        upto: Zxid,
        out: &mut Out<Self>,
    ) -> Rows {
        if src == id {
            let upto = (self.rules.own_ack)(upto, state.history().last());
            let is_current = state.leads() == Some(upto.epoch) && state.committed < upto;
            return match is_current {
                true => Row::T26CountsItself | self.count_ack(id, state.to_mut(), src, upto, out),
                false => Row::OwnAckIsOld.into(),
            };
        }
        let state = state.to_mut();
        if state.broadcasts_to(src).is_none() {
            return self.stop(id, state, Stop::OutOfPhase, out);
        }
        if !state.history().contains(upto) {
            return self.stop(id, state, Stop::AckBeyondHistory, out);
        }
        Row::T26CountsAck | self.count_ack(id, state, src, upto, out)
    }

    /// Commits what a quorum has on disk. All that is not committed is of the leader's own epoch, because
    /// the history before it was committed as a whole. Zab l.3.2.
    pub(super) fn count_ack(
        &self,
        id: Id,
        state: &mut State,
        src: Id,
        upto: Zxid,
        out: &mut Out<Self>,
    ) -> Rows {
        let committed = state.committed;
        let Role::Leading(leadership) = &mut state.role else {
            unreachable!("only a leader counts")
        };
        let followers = leadership.followers.iter();
        let told = followers.filter(|(_, progress)| (self.rules.is_told)(**progress));
        let told: Vec<Id> = told.map(|(follower, _)| *follower).collect();
        let LeaderPhase::Broadcast { acked, .. } = &mut leadership.phase else {
            return Rows::NONE;
        };
        if upto <= committed {
            return Rows::NONE;
        }
        acked.insert(src, upto);
        let servers = (0..self.config.servers).map(Id::from);
        let held = servers.map(|server| acked.get(&server).copied().unwrap_or(committed));
        let upto = (self.rules.committed)(&held.collect::<Vec<_>>());
        if upto <= committed {
            return Rows::NONE;
        }
        acked.retain(|_, held| upto < *held);
        state.committed = upto;
        for follower in told {
            out.send(follower, Message::Commit { upto });
        }
        Row::T27Commits | self.end_reads(id, state, out)
    }

    /// The history is committed. Zab f.3.2.
    pub(super) fn on_commit(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        upto: Zxid,
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        if !state.follows(src, FollowerPhase::Broadcast) {
            return self.stop(id, state, Stop::OutOfPhase, out);
        }
        if !state.history().contains(upto) {
            return self.stop(id, state, Stop::CommitBeyondHistory, out);
        }
        let last = state.history().last();
        state.committed = (self.rules.delivered_at_commit)(upto, last);
        Row::T51Delivers.into()
    }
}
