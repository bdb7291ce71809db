//! What can happen: the one table of actions, which text, scripts, pictures and coverage read.

use super::channel::Envelope;
use stateright::actor::{Actor, Id};
use std::fmt::{self, Debug};

/// What can happen next. Stateright's actions, and those of the environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action<Msg, Timer, Random> {
    /// A message arrives.
    Deliver(Envelope<Msg>),
    /// A message arrives, and a copy of it stays in flight.
    Duplicate(Envelope<Msg>),
    /// A message is lost.
    Lose(Envelope<Msg>),
    /// The next message from outside arrives at a participant.
    Request(Id, Msg),
    /// A timer fires.
    Timeout(Id, Timer),
    /// The oldest pending write of a participant becomes durable.
    Sync(Id),
    /// A participant crashes. The disk keeps the oldest `kept` of its pending writes.
    Crash {
        /// Which participant.
        id: Id,
        /// Pending writes that reached the disk.
        kept: usize,
    },
    /// A participant that is down starts again.
    Recover(Id),
    /// A participant crashes and starts again at once.
    Restart {
        /// Which participant.
        id: Id,
        /// Pending writes that reached the disk.
        kept: usize,
    },
    /// A choice that a participant asked for is made.
    SelectRandom {
        /// Which participant.
        id: Id,
        /// The name of the choice.
        key: String,
        /// What is chosen.
        random: Random,
    },
}

/// An action of a system of actors `A`.
pub type ActionOf<A> = Action<<A as Actor>::Msg, <A as Actor>::Timer, <A as Actor>::Random>;

/// The kinds of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "documented by `Action`")]
pub enum Class {
    Deliver,
    Duplicate,
    Lose,
    Request,
    Timeout,
    Sync,
    Crash,
    Recover,
    Restart,
    Choose,
}

/// Where an action takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a participant.
    At(usize),
    /// On the way from a sender to a receiver.
    Between(usize, usize),
}

impl Class {
    /// Every kind.
    pub const ALL: [Class; 10] = [
        Class::Deliver,
        Class::Duplicate,
        Class::Lose,
        Class::Request,
        Class::Timeout,
        Class::Sync,
        Class::Crash,
        Class::Recover,
        Class::Restart,
        Class::Choose,
    ];

    /// The verb of scripts, and the symbol of pictures.
    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Class::Deliver => ("deliver", "message"),
            Class::Duplicate => ("duplicate", "copied"),
            Class::Lose => ("lose", "lost"),
            Class::Request => ("request", "request"),
            Class::Timeout => ("timeout", "clock"),
            Class::Sync => ("sync", "disk"),
            Class::Crash => ("crash", "cross"),
            Class::Recover => ("recover", "start"),
            Class::Restart => ("restart", "cross"),
            Class::Choose => ("choose", "choice"),
        }
    }

    /// The verb by which a script asks for it.
    pub fn verb(self) -> &'static str {
        self.row().0
    }

    /// The symbol by which a picture shows it.
    pub fn symbol(self) -> &'static str {
        self.row().1
    }

    /// Whether it happens to a message in flight.
    pub fn is_of_message(self) -> bool {
        matches!(self, Class::Deliver | Class::Duplicate | Class::Lose)
    }
}

impl<Msg, Timer, Random> Action<Msg, Timer, Random> {
    /// Its kind.
    pub fn class(&self) -> Class {
        match self {
            Action::Deliver(_) => Class::Deliver,
            Action::Duplicate(_) => Class::Duplicate,
            Action::Lose(_) => Class::Lose,
            Action::Request(..) => Class::Request,
            Action::Timeout(..) => Class::Timeout,
            Action::Sync(_) => Class::Sync,
            Action::Crash { .. } => Class::Crash,
            Action::Recover(_) => Class::Recover,
            Action::Restart { .. } => Class::Restart,
            Action::SelectRandom { .. } => Class::Choose,
        }
    }

    /// Where it takes place.
    pub fn place(&self) -> Place {
        match self {
            Action::Deliver(envelope) | Action::Duplicate(envelope) | Action::Lose(envelope) => {
                Place::Between(envelope.src.into(), envelope.dst.into())
            }
            Action::Request(id, _)
            | Action::Timeout(id, _)
            | Action::Sync(id)
            | Action::Crash { id, .. }
            | Action::Recover(id)
            | Action::Restart { id, .. }
            | Action::SelectRandom { id, .. } => Place::At((*id).into()),
        }
    }

    /// The participant that moves; `None` if none does.
    pub fn actor(&self) -> Option<Id> {
        match (self.class(), self.place()) {
            (Class::Lose, _) => None,
            (_, Place::Between(_, id) | Place::At(id)) => Some(id.into()),
        }
    }

    /// Pending writes that a crash leaves on the disk; 0 if it is no crash.
    pub fn kept(&self) -> usize {
        match self {
            Action::Crash { kept, .. } | Action::Restart { kept, .. } => *kept,
            _ => 0,
        }
    }
}

impl<Msg: Debug, Timer: Debug, Random: Debug> Action<Msg, Timer, Random> {
    /// The message, the timer or the choice that it is about, if there is one.
    pub fn about(&self) -> Option<&dyn Debug> {
        match self {
            Action::Deliver(envelope) | Action::Duplicate(envelope) | Action::Lose(envelope) => {
                Some(&envelope.msg)
            }
            Action::Request(_, message) => Some(message),
            Action::Timeout(_, timer) => Some(timer),
            Action::SelectRandom { random, .. } => Some(random),
            Action::Sync(_)
            | Action::Crash { .. }
            | Action::Recover(_)
            | Action::Restart { .. } => None,
        }
    }

    /// What happens, in words, without the place.
    pub fn remark(&self) -> String {
        let about = self.about().map_or(String::new(), |it| format!("{it:?}"));
        match self.class() {
            Class::Deliver | Class::Request => about,
            Class::Duplicate => format!("copied: {about}"),
            Class::Lose => format!("lost: {about}"),
            Class::Timeout => format!("{about} timeout"),
            Class::Sync => "durable".to_owned(),
            Class::Crash => format!("crash{}", surviving(self.kept())),
            Class::Recover => "start".to_owned(),
            Class::Restart => format!("crash and start{}", surviving(self.kept())),
            Class::Choose => format!("chooses {about}"),
        }
    }
}

fn surviving(kept: usize) -> String {
    match kept {
        0 => String::new(),
        1 => ", one write survives".to_owned(),
        kept => format!(", {kept} writes survive"),
    }
}

/// What happens and where, in one line.
impl<Msg: Debug, Timer: Debug, Random: Debug> fmt::Display for Action<Msg, Timer, Random> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.class(), self.place(), self.about()) {
            (Class::Deliver, Place::Between(src, dst), Some(msg)) => {
                write!(f, "{src} → {msg:?} → {dst}")
            }
            (Class::Duplicate, Place::Between(src, dst), Some(msg)) => {
                write!(f, "{src} → {msg:?} → {dst}, and a copy stays")
            }
            (Class::Lose, Place::Between(src, dst), Some(msg)) => {
                write!(f, "lost: {src} → {msg:?} → {dst}")
            }
            (Class::Request, Place::At(id), Some(msg)) => write!(f, "client → {msg:?} → {id}"),
            (_, Place::At(id) | Place::Between(_, id), _) => write!(f, "{id}: {}", self.remark()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::At(id) => write!(f, "{id}"),
            Place::Between(src, dst) => write!(f, "{src}->{dst}"),
        }
    }
}
