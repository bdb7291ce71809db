//! The view that a service has of a server.

use super::message::Message;
use super::server::Server;
use super::state::{FollowerPhase, LeaderPhase, Progress, Role, State};
use crate::replica::{Command, Consistency, Delivery, Replica, Status};
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Replica for Server {
    /// How many transactions were read. Delivered transactions are never truncated, so a server that begins
    /// a role again, and has delivered nothing in it, goes on where it was.
    type Cursor = usize;

    const GENERATION: &'static str = "epoch";

    fn proposal(command: Command) -> Message {
        Message::Request(command)
    }

    fn refusal(answer: &Message) -> Option<Option<Id>> {
        match answer {
            Message::NotLeader { leader } => Some(*leader),
            _ => None,
        }
    }

    fn is_possible(state: &State, message: &Message, servers: usize) -> bool {
        message.is_possible(state, servers)
    }

    fn read(consistency: Consistency) -> Option<Message> {
        Some(Message::Read(consistency))
    }

    fn snapshot(len: u64, state: Arc<Vec<u8>>) -> Option<Message> {
        Some(Message::Compact { len, state })
    }

    fn farewell() -> Option<Message> {
        Some(Message::Leave)
    }

    fn is_readable(answer: &Message) -> bool {
        *answer == Message::Readable
    }

    fn acknowledged(state: &State, message: &Message) -> Option<u64> {
        let (epoch, upto) = match message {
            Message::Ack { upto } => (upto.epoch, *upto),
            Message::AckNewLeader { epoch, last } => (*epoch, *last),
            _ => return None,
        };
        let is_current = state.leads() == Some(epoch);
        is_current.then(|| state.history().position_after(upto) as u64)
    }

    fn next<'a>(state: &'a State, cursor: &mut usize) -> Option<Delivery<'a>> {
        let history = state.history();
        if *cursor < history.first() {
            *cursor = history.first();
            let snapshot = history.snapshot();
            return Some(Delivery::Snapshot {
                stands_for: snapshot.len,
                state: &snapshot.state,
            });
        }
        let txn = history.get(*cursor)?;
        if state.committed < txn.zxid {
            return None;
        }
        *cursor += 1;
        Some(Delivery::Command(&txn.command))
    }

    fn status(state: &State) -> Status {
        let (role, leader) = match &state.role {
            Role::Looking => ("looking", None),
            Role::Following { leader, phase, .. } => match phase {
                FollowerPhase::Discovery => ("discovery", None),
                FollowerPhase::Synchronization | FollowerPhase::Synchronized => ("sync", None),
                FollowerPhase::Broadcast => ("follower", Some(*leader)),
            },
            Role::Leading(leadership) => match leadership.phase {
                LeaderPhase::Connecting { .. } | LeaderPhase::Electing { .. } => {
                    ("discovery", None)
                }
                LeaderPhase::Synchronization { .. } => ("sync", None),
                LeaderPhase::Broadcast { .. } => ("leader", Some(leadership.leader)),
            },
            Role::Gone => ("gone", None),
            Role::Stopped(_) => ("stopped", None),
        };
        Status {
            role: role.to_owned(),
            generation: state.persistent.accepted_epoch.0.into(),
            leader,
            decided: state.history().position_after(state.committed) as u64,
            last: state.history().len() as u64,
            details: details(state),
        }
    }

    fn stopped(state: &State) -> Option<String> {
        match state.role {
            Role::Stopped(why) => Some(why.to_string()),
            _ => None,
        }
    }
}

/// The last transaction; those with whom a leader has a session, and how far they are that are not
/// synchronized.
fn details(state: &State) -> BTreeMap<String, String> {
    let zxid = format!("{:?}", state.history().last());
    let mut details = BTreeMap::from([("zxid".to_owned(), zxid)]);
    if let Some(leadership) = state.leadership() {
        let followers = leadership.followers.iter();
        let sessions: Vec<String> = followers.map(|(id, it)| session(*id, *it)).collect();
        if !sessions.is_empty() {
            details.insert("sessions".to_owned(), sessions.join(", "));
        }
    }
    details
}

fn session(id: Id, progress: Progress) -> String {
    let id = usize::from(id);
    match progress {
        Progress::Connected | Progress::Promised(_) => format!("{id} in discovery"),
        Progress::Synchronizing => format!("{id} in sync"),
        Progress::Synchronized => id.to_string(),
    }
}
