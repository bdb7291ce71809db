//! The ghost: what processors have told their applications.

use super::message::{Body, Configuration, Message, Regular, Service};
use super::processor::Processor;
use super::state::RingId;
use crate::spec::virtual_synchrony::history::{Event, History, Name};
use crate::system::{Ghost, Hook};
use stateright::actor::Id;

/// The past that is kept.
pub fn ghost() -> Ghost<Processor, History> {
    Ghost {
        initial: History::default(),
        hook: Hook::Output(|history, said| {
            let event = event(said.msg)?;
            let mut now = history.clone();
            now.observe(said.src.into(), event);
            Some(now)
        }),
    }
}

/// The name of a ring.
pub fn name(ring: RingId) -> Name {
    (ring.number, ring.representative.into())
}

/// What a message to the application tells.
fn event(message: &Message) -> Option<Event> {
    match message {
        Message::Originated(regular) => sent(regular),
        Message::Delivered(regular) => delivered(regular),
        Message::Changed(Configuration::Regular { ring, members }) => Some(Event::Regular {
            ring: name(*ring),
            members: positions(members),
        }),
        Message::Changed(Configuration::Transitional { old, new, members }) => {
            Some(Event::Transitional {
                old: name(*old),
                new: name(*new),
                members: positions(members),
            })
        }
        _ => None,
    }
}

fn sent(regular: &Regular) -> Option<Event> {
    let Body::Application(content) = &regular.body else {
        return None;
    };
    Some(Event::Send {
        ring: name(regular.ring),
        seq: regular.seq,
        safe: content.service == Service::Safe,
        command: content.command.clone(),
    })
}

fn delivered(regular: &Regular) -> Option<Event> {
    let Body::Application(content) = &regular.body else {
        return None;
    };
    Some(Event::Deliver {
        ring: name(regular.ring),
        seq: regular.seq,
        sender: content.sender.into(),
        command: content.command.clone(),
    })
}

fn positions(ids: &[Id]) -> Vec<usize> {
    ids.iter().copied().map(usize::from).collect()
}
