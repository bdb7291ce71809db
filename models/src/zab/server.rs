//! The actor: routes each event to its handler, and saves before it sends.

use super::config::Config;
use super::marks::{Row, Rows};
use super::message::Message;
use super::rules::Rules;
use super::state::{Persistent, Role, State};
use crate::durable::{SavesFirst, save_before_sending};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

/// A Zab server.
#[derive(Clone, Debug)]
pub struct Server {
    /// The parameters that the ensemble agrees on.
    pub config: Config,
    /// The decisions that safety leans on.
    pub rules: Rules,
}

/// The timers of a server, and the calls of an oracle. Servers are named by their positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// The oracle: lead. Armed while the server looks for a leader.
    Lead,
    /// The oracle: follow this server. Armed while the server looks for a leader.
    Follow(usize),
    /// The vote is told again. Armed while the server looks for a leader.
    Notify,
    /// No better vote comes. Armed while a quorum votes alike.
    Finalize,
    /// The followers are asked whether they are there. Armed while the server leads, and broadcasts.
    Ping,
    /// The leader, or a quorum of followers, was not heard. Armed while the server follows or leads.
    GiveUp,
    /// This follower was not heard. Armed while there is a session with it.
    Drop(usize),
}

impl Server {
    /// A server of an ensemble.
    pub fn new(config: Config) -> Self {
        let rules = Rules::default();
        Server { config, rules }
    }

    fn on_message(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        message: Message,
        out: &mut Out<Self>,
    ) -> Rows {
        if let Some(part) = message.part() {
            self.hear(state, src, part.side(), out);
        }
        match message {
            Message::FollowerInfo { accepted } => {
                self.on_follower_info(id, state, src, accepted, out)
            }
            Message::LeaderInfo { epoch } => self.on_leader_info(id, state, src, epoch, out),
            Message::AckEpoch {
                epoch,
                current,
                last,
            } => self.on_ack_epoch(id, state, src, (epoch, current, last), out),
            Message::History { epoch, sync, txns } => {
                self.on_history(id, state, src, (epoch, sync, txns), out)
            }
            Message::SnapshotPart { epoch, bytes } => {
                self.on_snapshot_part(id, state, src, (epoch, bytes), out)
            }
            Message::NewLeader { epoch, sync, txns } => {
                self.on_new_leader(id, state, src, (epoch, sync, txns), out)
            }
            Message::AckNewLeader { epoch, last } => {
                self.on_ack_new_leader(id, state, src, (epoch, last), out)
            }
            Message::UpToDate { committed } => self.on_up_to_date(id, state, src, committed, out),
            Message::Proposal { prev, txn } => self.on_proposal(id, state, src, (prev, txn), out),
            Message::Ack { upto } => self.on_ack(id, state, src, upto, out),
            Message::Commit { upto } => self.on_commit(id, state, src, upto, out),
            Message::Ping { read } => self.on_ping(id, state, src, read, out),
            Message::Pong { read } => self.on_pong(id, state, src, read, out),
            Message::Forward(command) => self.on_forward(id, state, src, command, out),
            Message::Confirm {
                reader,
                consistency,
            } => self.on_confirm(id, state, src, (reader, consistency), out),
            Message::Confirmed { reader } => self.on_confirmed(id, state, src, reader, out),
            Message::Notification(word) => self.on_notification(id, state, src, word, out),
            Message::Close(side) => self.on_close(id, state, (src, side), out),
            Message::Request(command) => self.on_request(id, state, src, command, out),
            Message::Compact { len, state: bytes } => self.on_compact(id, state, src, (len, bytes)),
            Message::Read(consistency) => self.on_read(id, state, src, consistency, out),
            Message::Leave => self.on_leave(id, state, out),
            Message::Readable | Message::NotLeader { .. } => Row::ServerIsNoClient.into(),
        }
    }
}

impl SavesFirst for Server {
    type Row = Row;
    const SAVES_BEFORE_SENDING: Row = Row::SavesBeforeSending;
    const SENDS_WHILE_WRITING: Row = Row::SendsWhileWriting;

    fn record(state: &State) -> &Persistent {
        &state.persistent
    }

    fn writes(&self, before: &Persistent, after: &Persistent) -> Vec<Persistent> {
        (self.rules.writes)(before, after)
    }

    fn leaves_before_save(
        &self,
        before: &Persistent,
        after: &Persistent,
        message: &Message,
    ) -> bool {
        let epochs = |record: &Persistent| (record.accepted_epoch, record.current_epoch);
        (self.rules.leaves_before_save)(message, epochs(before) == epochs(after))
    }
}

impl Actor for Server {
    type Msg = Message;
    type Timer = Timer;
    type State = State;
    type Storage = Persistent;
    type Random = ();

    fn on_start(&self, id: Id, stored: &Option<Persistent>, out: &mut Out<Self>) -> State {
        let persistent = stored.clone().unwrap_or_default();
        let mut state = Cow::Owned(State {
            committed: persistent.history.snapshot().last,
            persistent,
            role: Role::Looking,
            poll: None,
        });
        save_before_sending(self, &mut state, out, |state, out| {
            Row::T02Starts | self.elect(id, state.to_mut(), out)
        })
        .record();
        state.into_owned()
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        message: Message,
        out: &mut Out<Self>,
    ) {
        if let Role::Stopped(_) = state.role {
            return Rows::from(Row::NobodyListens).record();
        }
        save_before_sending(self, state, out, |state, out| {
            self.on_message(id, state, src, message, out)
        })
        .record();
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        save_before_sending(self, state, out, |state, out| match timer {
            Timer::Lead => self.on_lead(id, state, out),
            Timer::Follow(leader) => self.on_follow(id, state, Id::from(*leader), out),
            Timer::Notify => self.on_notify(id, state, out),
            Timer::Finalize => self.on_finalize(id, state, out),
            Timer::Ping => self.on_ping_timeout(state, out),
            Timer::GiveUp => self.on_give_up(id, state, out),
            Timer::Drop(follower) => self.on_drop(state, Id::from(*follower), out),
        })
        .record();
    }

    fn name(&self) -> String {
        "Server".to_owned()
    }
}
