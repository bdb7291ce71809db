//! The ghost: what processors have told their applications.

use super::message::{Body, Configuration, Content, Decided, Message, Payload, Regular, Service};
use super::processor::Processor;
use super::state::RingId;
use crate::replica::Command;
use crate::spec::virtual_synchrony::history::{Event, History, Name};
use crate::system::{Ghost, Hook};
use stateright::actor::Id;

/// The past that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Past {
    /// The messages to applications.
    pub history: History,
    /// The decided commands, where a log is kept.
    pub decisions: Decisions,
}

/// The messages of processors to their services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decisions {
    /// The commands in their order, each with the number of the ring in which it became known first.
    pub commands: Vec<(Command, u64)>,
    /// Whether two were told different commands in one position, or one was told none.
    pub differ: bool,
}

/// The ghost.
pub fn ghost() -> Ghost<Processor, Past> {
    Ghost {
        initial: Past::default(),
        hook: Hook::Output(|past, said| {
            let mut now = past.clone();
            match said.msg {
                Message::Decided(decided) => now.decisions.observe(decided),
                message => now.history.observe(said.src.into(), event(message)?),
            }
            (now != *past).then_some(now)
        }),
    }
}

impl Decisions {
    fn observe(&mut self, decided: &Decided) {
        let position = decided.position - 1;
        match self.commands.get(position as usize) {
            Some((command, _)) => self.differ |= *command != decided.command,
            None => {
                self.differ |= position != self.commands.len() as u64;
                let command = decided.command.clone();
                self.commands.push((command, decided.ring));
            }
        }
    }
}

/// The name of a ring.
pub fn name(ring: RingId) -> Name {
    (ring.number, ring.representative.into())
}

/// The event that a message to the application tells of.
pub fn event(message: &Message) -> Option<Event> {
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
        command: opaque(content)?,
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
        command: opaque(content)?,
    })
}

/// The command of a message, where no log is kept.
fn opaque(content: &Content) -> Option<Command> {
    match &content.payload {
        Payload::Opaque(command) => Some(command.clone()),
        _ => None,
    }
}

fn positions(ids: &[Id]) -> Vec<usize> {
    ids.iter().copied().map(usize::from).collect()
}
