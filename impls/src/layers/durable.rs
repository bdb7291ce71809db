//! Durability: a record that an actor saves is in the journal before anyone sees messages that depend on it.
//!
//! This is the contract of [`quorate_models::durable`] on a real disk. Nothing here waits for the
//! disk: a write is handed over; messages that depend on it are held, and released once the disk has
//! said that the write is durable.

use super::{Doorbell, HoldsReplica, InputOf, Layer, Outputs};
use crate::journal::ChangeLog;
use quorate_models::durable::{Outbox, Record};
use quorate_models::input::Input;
use stateright::actor::{Actor, Command as Output, Id};
use std::collections::VecDeque;

/// So many messages wait for the disk, at most, beside those to oneself. More of them are lost: a disk that
/// hangs fills no memory.
pub const WAITING_MAX: usize = 1 << 14;

/// A layer that keeps the record of the layer inside in a log.
#[derive(Clone, Debug)]
pub struct Durable<L: Layer, J> {
    inner: L,
    recovered: Option<L::Storage>,
    log: J,
}

/// The state of the layer inside, and what is not durable yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Held<S, R, M> {
    inner: S,
    saved: R,
    outbox: Outbox<(), M>,
    /// How many messages the outbox has.
    waiting: usize,
    released: u64,
    told: VecDeque<M>,
}

type HeldOf<L> = Held<<L as Layer>::State, <L as Layer>::Storage, <L as Layer>::Msg>;

impl<L: Layer<Storage: Record>, J: ChangeLog> Durable<L, J> {
    /// A layer that starts from what was found in its journal: the changes, oldest first.
    ///
    /// # Errors
    ///
    /// When the changes are not changes of this record, one after the other.
    pub fn recover(inner: L, changes: &[Vec<u8>], log: J) -> Result<Self, RecoverError> {
        let mut record = L::Storage::default();
        for (before, bytes) in changes.iter().enumerate() {
            let number = before + 1;
            let undecodable = |source| RecoverError::Undecodable { number, source };
            let (change, rest) = postcard::take_from_bytes(bytes).map_err(undecodable)?;
            if !rest.is_empty() {
                return Err(undecodable(postcard::Error::SerdeDeCustom));
            }
            record
                .apply(change)
                .map_err(|source| RecoverError::ChangeMismatch { number, source })?;
        }
        let recovered = (!changes.is_empty()).then_some(record);
        Ok(Durable {
            inner,
            recovered,
            log,
        })
    }

    /// Releases the sends whose writes have become durable.
    fn release(&self, id: Id, held: &mut HeldOf<L>, out: &mut Outputs<Self>) {
        while held.released < self.log.durable() {
            let write = held
                .outbox
                .synced()
                .expect("only what was written becomes durable");
            held.released += 1;
            held.waiting -= write.held.len();
            for (recipient, message) in write.held {
                send(id, held, recipient, message, out);
            }
        }
    }

    /// Messages to oneself never touch the network.
    fn hear(&self, id: Id, held: &mut HeldOf<L>, out: &mut Outputs<Self>) {
        while let Some(message) = held.told.pop_front() {
            self.pass(id, held, Input::Message(id, message), out);
        }
    }

    /// Hands an input to the layer inside.
    fn pass(&self, id: Id, held: &mut HeldOf<L>, input: InputOf<L>, out: &mut Outputs<Self>) {
        for output in self.inner.step(id, &mut held.inner, input) {
            match output {
                Output::SetTimer(timer, range) => out.push(Output::SetTimer(timer, range)),
                Output::CancelTimer(timer) => out.push(Output::CancelTimer(timer)),
                Output::Send(recipient, message) => {
                    if recipient != id && WAITING_MAX <= held.waiting {
                        continue;
                    }
                    match held.outbox.send(recipient, message) {
                        Some((recipient, message)) => send(id, held, recipient, message, out),
                        None => held.waiting += 1,
                    }
                }
                Output::Save(record) => {
                    if let Some(change) = record.change_since(&held.saved) {
                        let bytes = postcard::to_stdvec(&change).expect("a change can be encoded");
                        self.log.append(bytes);
                        held.outbox.save(());
                        held.saved = record;
                    }
                }
                Output::ChooseRandom(..) => {
                    unreachable!("an actor leaves choices to the checker, which a node has not")
                }
            }
        }
    }
}

/// A message leaves, or is told to oneself.
fn send<S, R, M, T>(
    id: Id,
    held: &mut Held<S, R, M>,
    recipient: Id,
    message: M,
    out: &mut Vec<Output<M, T, Doorbell, ()>>,
) {
    if recipient == id {
        held.told.push_back(message);
    } else {
        out.push(Output::Send(recipient, message));
    }
}

/// Why the changes in a journal are not a record.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The journal is whole, but of another protocol or version.
    #[error(
        "change {number} of the journal is not one of this protocol's; run the quorate that wrote it"
    )]
    Undecodable {
        /// Which change, from 1.
        number: usize,
        /// The error of the decoder.
        source: postcard::Error,
    },
    /// The changes do not follow from each other.
    #[error(
        "change {number} of the journal does not follow from those before it; run the quorate that \
         wrote it"
    )]
    ChangeMismatch {
        /// Which change, from 1.
        number: usize,
        /// The error of the record.
        source: quorate_models::durable::ChangeMismatch,
    },
}

impl<L: Layer<Storage: Record>, J: ChangeLog> Layer for Durable<L, J> {
    type Msg = L::Msg;
    type Timer = L::Timer;
    type Random = Doorbell;
    type Storage = ();
    type State = HeldOf<L>;

    fn initial(&self) -> Self::State {
        Held {
            inner: self.inner.initial(),
            saved: self.recovered.clone().unwrap_or_default(),
            outbox: Outbox::new(),
            waiting: 0,
            released: 0,
            told: VecDeque::new(),
        }
    }

    fn step(&self, id: Id, held: &mut Self::State, input: InputOf<Self>) -> Outputs<Self> {
        let mut out = Vec::new();
        self.release(id, held, &mut out);
        self.hear(id, held, &mut out);
        let input = match input {
            Input::Start(_) => Input::Start(self.recovered.clone()),
            Input::Message(src, message) => Input::Message(src, message),
            Input::Timeout(timer) => Input::Timeout(timer),
            Input::Choice(_) => return out,
        };
        self.pass(id, held, input, &mut out);
        self.hear(id, held, &mut out);
        out
    }
}

impl<L: HoldsReplica<Storage: Record>, J: ChangeLog> HoldsReplica for Durable<L, J> {
    type Replica = L::Replica;

    fn replica(held: &Self::State) -> &<L::Replica as Actor>::State {
        L::replica(&held.inner)
    }

    fn waits(held: &Self::State) -> bool {
        !held.outbox.is_empty()
    }
}

#[cfg(test)]
mod tests;
