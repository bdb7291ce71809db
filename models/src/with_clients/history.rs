//! The requests of clients and their answers, as Stateright's tester of histories keeps them: each
//! operation, its outcome, and which of the others' were complete when it began. A resend of a request is
//! no part of the history.

use super::actor::Packet;
use super::list::{List, Operation};
use super::{ActorOf, Served};
use crate::client::Answer;
use crate::system::{Action, Ghost, Hook, Move};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};

/// The history of the clients, by their ids.
pub type History = LinearizabilityTester<usize, List>;

/// The event at a client in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It has begun an operation.
    Begins(Operation),
    /// The operation is answered with this list.
    Answered(Operation, List),
}

/// The event in a step, if its participant is a client that has begun something or is answered.
pub fn event<P: Served>(moved: &Move<'_, ActorOf<P>>) -> Option<Event> {
    let before = moved.before.up()?.client()?.open();
    let after = moved.after.up()?.client()?.open();
    match (before, after, moved.action) {
        (None, Some((.., operation)), _) => Some(Event::Begins(*operation)),
        (Some((.., operation)), None, Action::Deliver(envelope) | Action::Duplicate(envelope)) => {
            match &envelope.msg {
                Packet::Reply(reply) => match &reply.answer {
                    Answer::Done(list) | Answer::Read(list) => {
                        Some(Event::Answered(*operation, list.clone()))
                    }
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}

/// The ghost that keeps it.
pub(super) fn ghost<P: Served>() -> Ghost<ActorOf<P>, History> {
    Ghost {
        initial: History::new(List::default()),
        hook: Hook::Observe {
            when: |moved| event::<P>(moved).is_some(),
            extend: |moved, history| {
                let (client, mut history) = (usize::from(moved.id), history.clone());
                let extended = match event::<P>(moved)? {
                    Event::Begins(operation) => history.on_invoke(client, operation),
                    Event::Answered(_, list) => history.on_return(client, list),
                };
                extended.expect("a client waits for one answer at a time");
                Some(history)
            },
        },
    }
}
