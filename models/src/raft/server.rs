//! The actor: routes each event to its handler, and saves before it sends.

use super::config::Config;
use super::log::Index;
use super::marks::{Row, Rows};
use super::message::{AppendEntriesResponse, AppendResult, Message};
use super::rules::Rules;
use super::state::{Persistent, Role, State};
use crate::durable::{SavesFirst, save_before_sending};
use crate::replica::{Command, Delivery, Replica, Status};
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

/// A Raft server.
#[derive(Clone, Debug)]
pub struct Server {
    /// The parameters that the cluster agrees on.
    pub config: Config,
    /// The decisions that safety leans on.
    pub rules: Rules,
}

/// The two timeouts of Raft §5.2, and that of leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Timer {
    /// No leader has been heard for an election timeout. Armed unless the server leads.
    Election,
    /// A leader is due to send heartbeats. Armed while the server leads.
    Heartbeat,
    /// The shortest election timeout is over: since a follower heard its leader, since a leader counted those
    /// it hears, or since it was asked to transfer its leadership. Raft thesis §4.2.3, §6.2, §3.10.
    Lease,
}

impl Server {
    /// A server that follows the protocol.
    pub fn new(config: Config) -> Self {
        Server {
            config,
            rules: Rules::default(),
        }
    }
}

/// Raft Fig. 2: "updated on stable storage before responding to RPCs".
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
        let same_vote =
            (before.current_term, before.voted_for) == (after.current_term, after.voted_for);
        (self.rules.leaves_before_save)(message, same_vote)
    }
}

impl Actor for Server {
    type Msg = Message;
    type Timer = Timer;
    type State = State;
    type Storage = Persistent;
    type Random = ();

    fn on_start(&self, _id: Id, stored: &Option<Persistent>, out: &mut Out<Self>) -> State {
        out.set_timer(Timer::Election, self.config.timing.election.clone());
        let row = match stored {
            None => Row::StartsEmpty,
            Some(_) => Row::StartsFromRecord,
        };
        Rows::from(row).record();
        State {
            persistent: (self.rules.restore)(stored),
            commit_index: Index(0),
            heard: false,
            role: Role::Follower { leader: None },
        }
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
        save_before_sending(self, state, out, |state, out| match message {
            Message::RequestVote(m) => self.on_request_vote(state, src, m, out),
            Message::RequestVoteResponse(m) => {
                self.on_request_vote_response(id, state, src, m, out)
            }
            Message::AppendEntries(m) => self.on_append_entries(state, src, m, out),
            Message::AppendEntriesResponse(m) => {
                self.on_append_entries_response(id, state, src, m, out)
            }
            Message::PreVote(m) => self.on_pre_vote(state, src, m, out),
            Message::PreVoteResponse(m) => self.on_pre_vote_response(id, state, src, m, out),
            Message::TimeoutNow(m) => self.on_timeout_now(id, state, src, m, out),
            Message::ClientRequest(command) => self.on_client_request(id, state, src, command, out),
            Message::Transfer => self.on_transfer(state, out),
            Message::NotLeader { .. } => Row::ServerIsNoClient.into(),
        })
        .record();
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        save_before_sending(self, state, out, |state, out| match timer {
            Timer::Election => self.on_election_timeout(id, state, out),
            Timer::Heartbeat => self.on_heartbeat_timeout(state, out),
            Timer::Lease => self.on_lease_timeout(state, out),
        })
        .record();
    }

    fn name(&self) -> String {
        "Server".to_owned()
    }
}

impl Replica for Server {
    /// The last position that was read.
    type Cursor = Index;

    const GENERATION: &'static str = "term";

    fn proposal(command: Command) -> Message {
        Message::ClientRequest(command)
    }

    fn refusal(answer: &Message) -> Option<Option<Id>> {
        match answer {
            Message::NotLeader { leader } => Some(*leader),
            _ => None,
        }
    }

    fn is_possible(state: &State, message: &Message, _: usize) -> bool {
        message.is_possible(state.term())
    }

    fn farewell() -> Option<Message> {
        Some(Message::Transfer)
    }

    fn has_said_farewell(state: &State) -> bool {
        !state.transfers()
    }

    fn acknowledged(state: &State, message: &Message) -> Option<u64> {
        match message {
            Message::AppendEntriesResponse(AppendEntriesResponse {
                term,
                result: AppendResult::Accepted { matched },
            }) => (*term == state.term()).then_some(matched.0),
            _ => None,
        }
    }

    fn next<'a>(state: &'a State, cursor: &mut Index) -> Option<Delivery<'a>> {
        if state.commit_index <= *cursor {
            return None;
        }
        *cursor = cursor.next();
        let entry = state.log().get(*cursor);
        let command = entry.and_then(|entry| entry.payload.command());
        Some(command.map_or(Delivery::Nothing, Delivery::Command))
    }

    fn status(state: &State) -> Status {
        let (role, leader) = match &state.role {
            Role::Follower { leader } => ("follower", *leader),
            Role::PreCandidate { .. } => ("pre-candidate", None),
            Role::Candidate { .. } => ("candidate", None),
            Role::Leader(_) => ("leader", state.persistent.voted_for),
            Role::Stopped(_) => ("stopped", None),
        };
        Status {
            role: role.to_owned(),
            generation: state.term().0,
            leader,
            decided: state.commit_index.0,
            last: state.log().last_index().0,
            details: Default::default(),
        }
    }

    fn stopped(state: &State) -> Option<String> {
        match state.role {
            Role::Stopped(why) => Some(why.to_string()),
            _ => None,
        }
    }
}
