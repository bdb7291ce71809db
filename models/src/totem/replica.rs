//! The view that a service has of a processor that keeps a log.

use super::log::Stage;
use super::message::{Ids, Message, Service};
use super::processor::Processor;
use super::state::{Phase, State};
use crate::replica::{Command, Delivery, Replica, Status};
use stateright::actor::Id;
use std::collections::BTreeMap;

/// The role, in words, of a processor whose ring is the primary component.
const PRIMARY: &str = "primary";

impl Replica for Processor {
    /// How many commands were read.
    type Cursor = usize;

    const GENERATION: &'static str = "ring";

    fn proposal(command: Command) -> Message {
        Message::Request(Service::Agreed, command)
    }

    fn refusal(answer: &Message) -> Option<Option<Id>> {
        (*answer == Message::NotPrimary).then_some(None)
    }

    fn is_possible(state: &State, message: &Message, participants: usize) -> bool {
        message.is_possible(state, participants)
    }

    fn farewell() -> Option<Message> {
        Some(Message::Leave)
    }

    /// A processor keeps what it wants to send from one ring to the next.
    fn holds(_: Id, status: &Status) -> bool {
        status.role == PRIMARY
    }

    fn next<'a>(state: &'a State, cursor: &mut usize) -> Option<Delivery<'a>> {
        let decided = state.component.as_ref()?.decided;
        let next = (*cursor as u64) < decided;
        let command = state
            .persistent
            .log
            .commands
            .get(*cursor)
            .filter(|_| next)?;
        *cursor += 1;
        Some(Delivery::Command(command))
    }

    fn serves(status: &Status) -> bool {
        status.role == PRIMARY
    }

    fn status(state: &State) -> Status {
        let (log, component) = (&state.persistent.log, state.component.as_ref());
        let role = match (&state.phase, component.map(|it| &it.stage)) {
            (Phase::Gather { .. }, _) => "gather",
            (Phase::Commit { .. }, _) => "commit",
            (Phase::Recovery(_), _) => "recovery",
            (Phase::Gone, _) => "gone",
            (_, Some(Stage::Primary { .. })) => PRIMARY,
            (_, Some(Stage::Exchange(_))) => "exchange",
            (_, Some(Stage::Stopped { .. })) => "stopped",
            (_, Some(Stage::Minority) | None) => "minority",
        };
        Status {
            role: role.to_owned(),
            generation: state.ring.number,
            leader: None,
            decided: component.map_or(0, |it| it.decided),
            last: log.len() + state.queue.len() as u64,
            details: details(state),
        }
    }

    fn stopped(state: &State) -> Option<String> {
        match state.component.as_ref()?.stage {
            Stage::Stopped { decided, len } => Some(format!(
                "{decided} commands are decided here, and the log of the ring has {len}: some that were \
                 decided are lost"
            )),
            _ => None,
        }
    }
}

/// The ring that is installed, its members, and up to where this one, and everyone, has its messages.
fn details(state: &State) -> BTreeMap<String, String> {
    let ring = &state.installed.ring;
    let entry = |name: &str, value: String| (name.to_owned(), value);
    BTreeMap::from([
        entry("ring", format!("{:?} {}", ring.id, Ids(&ring.members))),
        entry("aru", ring.store.aru().to_string()),
        entry("safe", ring.turn.safe.to_string()),
    ])
}
