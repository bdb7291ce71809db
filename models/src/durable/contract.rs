//! The contract of durability as a table of scripts.
//!
//! A script drives one [`Puppet`], an actor whose handler emits exactly the effects that it is told.
//! Each implementation of the contract runs every script of [`SCRIPTS`], and compares the messages
//! that leave and the record that a restart finds with those of the script.

use super::{ChangeMismatch, Record};
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

/// One situation and what must be seen in it.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// The situation, as a sentence.
    pub name: &'static str,
    /// The events, in order.
    pub steps: &'static [ScriptStep],
}

/// One thing that happens to the actor under test, or that must hold at this point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptStep {
    /// The actor handles a message and emits these effects in this order.
    Handle(&'static [Effect]),
    /// The oldest pending write becomes durable.
    Sync,
    /// The actor crashes; the disk keeps this many of the pending writes, oldest first. Then it
    /// restarts.
    Crash {
        /// Pending writes that reached the disk.
        kept: usize,
    },
    /// Exactly these messages have left for the network since the last `Leaves`, in this order.
    Leaves(&'static [u8]),
    /// The actor has received exactly these messages from itself since its start, in this order.
    Heard(&'static [u8]),
    /// The durable record is this (0 if nothing was ever saved).
    Durable(u8),
}

/// The outputs of a handler that concern the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// A message to another actor.
    Send(u8),
    /// A message to itself.
    Tell(u8),
    /// A write of the whole record.
    Save(u8),
}

/// The only other participant, and the receiver of all that the puppet sends.
pub const PEER: usize = 1;

/// An actor that does as it is told: it emits the effects of each message it handles, and
/// remembers what it has told itself.
#[derive(Clone, Debug)]
pub struct Puppet;

/// The messages of puppets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Strings {
    /// Emit these effects.
    Pull(Vec<Effect>),
    /// A plain message.
    Word(u8),
}

/// The record of a puppet: the last number saved.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Number(pub u8);

impl Record for Number {
    type Change = u8;

    fn change_since(&self, earlier: &Self) -> Option<u8> {
        (self != earlier).then_some(self.0)
    }

    fn apply(&mut self, change: u8) -> Result<(), ChangeMismatch> {
        self.0 = change;
        Ok(())
    }
}

impl Actor for Puppet {
    type Msg = Strings;
    type Timer = ();
    type State = Vec<u8>;
    type Storage = Number;
    type Random = ();

    fn on_start(&self, _id: Id, _storage: &Option<Number>, _out: &mut Out<Self>) -> Vec<u8> {
        Vec::new()
    }

    fn on_msg(
        &self,
        id: Id,
        heard: &mut Cow<'_, Vec<u8>>,
        src: Id,
        message: Strings,
        out: &mut Out<Self>,
    ) {
        match message {
            Strings::Pull(effects) => {
                for effect in effects {
                    match effect {
                        Effect::Send(word) => out.send(Id::from(PEER), Strings::Word(word)),
                        Effect::Tell(word) => out.send(id, Strings::Word(word)),
                        Effect::Save(number) => out.save(Number(number)),
                    }
                }
            }
            Strings::Word(word) if src == id => heard.to_mut().push(word),
            Strings::Word(_) => {}
        }
    }
}

use Effect::{Save, Send, Tell};
use ScriptStep::{Crash, Durable, Handle, Heard, Leaves, Sync};

/// The contract, situation by situation.
pub const SCRIPTS: &[Script] = &[
    Script {
        name: "without a write, messages leave at once",
        steps: &[
            Handle(&[Send(1), Send(2), Tell(3)]),
            Leaves(&[1, 2]),
            Heard(&[3]),
            Durable(0),
        ],
    },
    Script {
        name: "sends before the save leave at once, sends after it wait",
        steps: &[
            Handle(&[Send(1), Save(7), Send(2)]),
            Leaves(&[1]),
            Durable(0),
            Sync,
            Leaves(&[2]),
            Durable(7),
        ],
    },
    Script {
        name: "a later send waits for a pending write, in order",
        steps: &[
            Handle(&[Save(7), Send(1)]),
            Handle(&[Send(2)]),
            Leaves(&[]),
            Sync,
            Leaves(&[1, 2]),
            Handle(&[Send(3)]),
            Leaves(&[3]),
        ],
    },
    Script {
        name: "a send between two writes waits for the first only",
        steps: &[
            Handle(&[Save(7), Send(1), Save(8), Send(2)]),
            Leaves(&[]),
            Sync,
            Leaves(&[1]),
            Durable(7),
            Sync,
            Leaves(&[2]),
            Durable(8),
        ],
    },
    Script {
        name: "a second write does not hold what waits for the first",
        steps: &[
            Handle(&[Save(7), Send(1)]),
            Handle(&[Send(2), Save(8), Send(3)]),
            Sync,
            Leaves(&[1, 2]),
            Sync,
            Leaves(&[3]),
        ],
    },
    Script {
        name: "a message to oneself after the save tells that it is durable",
        steps: &[
            Handle(&[Tell(1), Save(7), Tell(2)]),
            Heard(&[1]),
            Sync,
            Heard(&[1, 2]),
            Leaves(&[]),
        ],
    },
    Script {
        name: "a crash before the sync loses the write and what waited for it",
        steps: &[
            Handle(&[Save(7), Send(1), Tell(2)]),
            Crash { kept: 0 },
            Leaves(&[]),
            Heard(&[]),
            Durable(0),
        ],
    },
    Script {
        name: "a crash may keep a write and still lose what waited for it",
        steps: &[
            Handle(&[Save(7), Send(1)]),
            Crash { kept: 1 },
            Leaves(&[]),
            Durable(7),
        ],
    },
    Script {
        name: "a crash keeps a prefix of the pending writes",
        steps: &[
            Handle(&[Save(7), Save(8), Save(9)]),
            Crash { kept: 2 },
            Durable(8),
            Handle(&[Send(1)]),
            Leaves(&[1]),
        ],
    },
    Script {
        name: "a crash between two syncs keeps what was synced",
        steps: &[
            Handle(&[Save(7), Send(1)]),
            Handle(&[Save(8), Send(2)]),
            Sync,
            Crash { kept: 0 },
            Leaves(&[1]),
            Durable(7),
        ],
    },
    Script {
        name: "a message to oneself waits for an earlier handler's write, too",
        steps: &[
            Handle(&[Save(7)]),
            Handle(&[Tell(1)]),
            Heard(&[]),
            Sync,
            Heard(&[1]),
        ],
    },
    Script {
        name: "a message to oneself waits for the write before it, not for the one after",
        steps: &[
            Handle(&[Save(7), Tell(1), Save(8), Tell(2)]),
            Sync,
            Heard(&[1]),
            Sync,
            Heard(&[1, 2]),
        ],
    },
    Script {
        name: "a crash between two syncs keeps a prefix of what is still pending",
        steps: &[
            Handle(&[Save(7), Send(1), Save(8), Send(2), Save(9), Send(3)]),
            Sync,
            Crash { kept: 1 },
            Leaves(&[1]),
            Durable(8),
        ],
    },
    Script {
        name: "a second crash finds what the first one kept",
        steps: &[
            Handle(&[Save(7)]),
            Crash { kept: 1 },
            Handle(&[Save(8), Send(1)]),
            Crash { kept: 0 },
            Leaves(&[]),
            Durable(7),
        ],
    },
    Script {
        name: "after a restart nothing is held",
        steps: &[
            Handle(&[Save(7), Send(1)]),
            Crash { kept: 0 },
            Handle(&[Send(2), Save(8), Send(3)]),
            Leaves(&[2]),
            Sync,
            Leaves(&[3]),
            Durable(8),
        ],
    },
];
