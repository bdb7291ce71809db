//! Actions: the one table of them, which text, scripts, pictures and coverage read.

use super::channel::Envelope;
use super::environment::{Partition, Stable};
use stateright::actor::{Actor, Id};
use std::fmt::{self, Debug};

/// A possible step: one of Stateright's actions, or of those of the environment.
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
        /// The choice.
        random: Random,
    },
    /// A message arrives, changes nothing, and is gone: in the good period, where nothing that does
    /// nothing stays in flight.
    Discard(Envelope<Msg>),
    /// A partition begins.
    Cut(Partition),
    /// A partition ends.
    Heal(Partition),
    /// The good period begins.
    Stabilise(Stable<Timer>),
    /// Time passes, in the good period: the armed timers of everyone grow older.
    Tick,
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
    Discard,
    Cut,
    Heal,
    Stabilise,
    Tick,
}

/// Where an action takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At a participant.
    At(usize),
    /// On the way from a sender to a receiver.
    Between(usize, usize),
    /// Everywhere.
    Everywhere,
}

impl Class {
    /// Every kind.
    pub const ALL: [Class; 15] = [
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
        Class::Discard,
        Class::Cut,
        Class::Heal,
        Class::Stabilise,
        Class::Tick,
    ];

    /// The verb of scripts, and the symbol of pictures, or the style of its line.
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
            Class::Discard => ("discard", "message"),
            Class::Cut => ("cut", "cut"),
            Class::Heal => ("heal", "heal"),
            Class::Stabilise => ("stabilise", "good"),
            Class::Tick => ("tick", "tick"),
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
        matches!(
            self,
            Class::Deliver | Class::Duplicate | Class::Lose | Class::Discard
        )
    }

    /// Whether it concerns everyone.
    pub fn is_of_everyone(self) -> bool {
        matches!(
            self,
            Class::Cut | Class::Heal | Class::Stabilise | Class::Tick
        )
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
            Action::Discard(_) => Class::Discard,
            Action::Cut(_) => Class::Cut,
            Action::Heal(_) => Class::Heal,
            Action::Stabilise(_) => Class::Stabilise,
            Action::Tick => Class::Tick,
        }
    }

    /// Where it takes place.
    pub fn place(&self) -> Place {
        match self {
            Action::Deliver(envelope)
            | Action::Duplicate(envelope)
            | Action::Lose(envelope)
            | Action::Discard(envelope) => Place::Between(envelope.src.into(), envelope.dst.into()),
            Action::Request(id, _)
            | Action::Timeout(id, _)
            | Action::Sync(id)
            | Action::Crash { id, .. }
            | Action::Recover(id)
            | Action::Restart { id, .. }
            | Action::SelectRandom { id, .. } => Place::At((*id).into()),
            Action::Cut(_) | Action::Heal(_) | Action::Stabilise(_) | Action::Tick => {
                Place::Everywhere
            }
        }
    }

    /// The participant that moves; `None` if none does.
    pub fn actor(&self) -> Option<Id> {
        match (self.class(), self.place()) {
            (Class::Lose | Class::Discard, _) | (_, Place::Everywhere) => None,
            (_, Place::Between(_, id) | Place::At(id)) => Some(id.into()),
        }
    }

    /// Whether it costs something in the good period, too: a request, or time.
    pub(super) fn is_of_budget(&self) -> bool {
        let class = self.class();
        class == Class::Request || class.is_of_everyone()
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
    /// The message, the timer, the choice, the partition or the good period that it is about, if there
    /// is one.
    pub fn about(&self) -> Option<&dyn Debug> {
        match self {
            Action::Deliver(envelope)
            | Action::Duplicate(envelope)
            | Action::Lose(envelope)
            | Action::Discard(envelope) => Some(&envelope.msg),
            Action::Request(_, message) => Some(message),
            Action::Timeout(_, timer) => Some(timer),
            Action::SelectRandom { random, .. } => Some(random),
            Action::Cut(partition) | Action::Heal(partition) => Some(partition),
            Action::Stabilise(stable) => Some(stable),
            Action::Sync(_)
            | Action::Crash { .. }
            | Action::Recover(_)
            | Action::Restart { .. }
            | Action::Tick => None,
        }
    }

    /// The action, in words, without the place.
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
            Class::Discard => format!("to no effect: {about}"),
            Class::Cut => format!("cut: {about}"),
            Class::Heal => format!("healed: {about}"),
            Class::Stabilise => format!("good from now on: {about}"),
            Class::Tick => "tick".to_owned(),
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

/// The action and its place, in one line.
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
            (Class::Discard, Place::Between(src, dst), Some(msg)) => {
                write!(f, "{src} → {msg:?} → {dst}, to no effect")
            }
            (Class::Request, Place::At(id), Some(msg)) => write!(f, "client → {msg:?} → {id}"),
            (_, Place::At(id) | Place::Between(_, id), _) => write!(f, "{id}: {}", self.remark()),
            (_, Place::Everywhere, _) => f.write_str(&self.remark()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::At(id) => write!(f, "{id}"),
            Place::Between(src, dst) => write!(f, "{src}->{dst}"),
            Place::Everywhere => Ok(()),
        }
    }
}
