//! Durability: what an actor saves is in the journal before anyone sees what depends on it.
//!
//! This is the contract of [`quorate_models::durable`] on a real disk. Nothing here waits for the
//! disk: a write is handed over, what depends on it is held, and released once the disk has said
//! that the write is durable.

use super::{Doorbell, Inner};
use quorate_models::durable::{Outbox, Record};
use quorate_models::replica::{Command, Replica, Status};
use stateright::actor::{Actor, Command as Output, Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;

/// A log of changes that become durable in the order in which they were appended.
pub trait Log {
    /// Hands over a change, without waiting.
    fn append(&self, change: Vec<u8>);

    /// How many of the changes handed over are durable. Never decreases.
    fn durable(&self) -> u64;
}

/// An actor whose record is kept in a log.
#[derive(Clone, Debug)]
pub struct Durable<A: Actor, L> {
    actor: A,
    recovered: Option<A::Storage>,
    log: L,
}

/// The state of the actor inside, and what is not durable yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Held<S: Clone + 'static, R, M> {
    actor: Inner<S>,
    saved: R,
    outbox: Outbox<(), M>,
    released: u64,
    told: VecDeque<M>,
}

type HeldOf<A> = Held<<A as Actor>::State, <A as Actor>::Storage, <A as Actor>::Msg>;

impl<A: Actor<Storage: Record, State: 'static>, L: Log> Durable<A, L> {
    /// An actor that starts from what was found in its journal: the changes, oldest first.
    ///
    /// # Errors
    ///
    /// When the changes are not changes of this actor's record, one after the other.
    pub fn recover(actor: A, changes: &[Vec<u8>], log: L) -> Result<Self, RecoverError> {
        let mut record = A::Storage::default();
        for (before, bytes) in changes.iter().enumerate() {
            let number = before + 1;
            let change = postcard::from_bytes(bytes)
                .map_err(|source| RecoverError::Undecodable { number, source })?;
            record
                .apply(change)
                .map_err(|source| RecoverError::Misfit { number, source })?;
        }
        let recovered = (!changes.is_empty()).then_some(record);
        Ok(Durable {
            actor,
            recovered,
            log,
        })
    }

    /// Releases what has become durable, runs a handler, and runs what the actor tells itself.
    fn run(
        &self,
        id: Id,
        held: &mut HeldOf<A>,
        out: &mut Out<Self>,
        handler: impl FnOnce(&A, &mut Cow<'_, A::State>, &mut Out<A>),
    ) {
        while held.released < self.log.durable() {
            let write = held
                .outbox
                .synced()
                .expect("only what was written becomes durable");
            held.released += 1;
            for (recipient, message) in write.held {
                held.deliver(id, recipient, message, out);
            }
        }
        self.hear(id, held, out);
        self.handle(id, held, out, handler);
        self.hear(id, held, out);
    }

    /// Messages to oneself never touch the network.
    fn hear(&self, id: Id, held: &mut HeldOf<A>, out: &mut Out<Self>) {
        while let Some(message) = held.told.pop_front() {
            self.handle(id, held, out, |actor, state, out| {
                actor.on_msg(id, state, id, message, out);
            });
        }
    }

    fn handle(
        &self,
        id: Id,
        held: &mut HeldOf<A>,
        out: &mut Out<Self>,
        handler: impl FnOnce(&A, &mut Cow<'_, A::State>, &mut Out<A>),
    ) {
        let mut handled = Out::new();
        handler(&self.actor, &mut held.actor, &mut handled);
        self.perform(id, held, handled, out);
    }

    fn perform(&self, id: Id, held: &mut HeldOf<A>, handled: Out<A>, out: &mut Out<Self>) {
        for output in handled {
            match output {
                Output::SetTimer(timer, range) => out.set_timer(timer, range),
                Output::CancelTimer(timer) => out.cancel_timer(timer),
                Output::Send(recipient, message) => {
                    if let Some((recipient, message)) = held.outbox.send(recipient, message) {
                        held.deliver(id, recipient, message, out);
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

impl<S: Clone, R, M> Held<S, R, M> {
    fn deliver<A: Actor<Msg = M>>(&mut self, id: Id, recipient: Id, message: M, out: &mut Out<A>) {
        if recipient == id {
            self.told.push_back(message);
        } else {
            out.send(recipient, message);
        }
    }
}

/// Why the changes in a journal are not a record.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The journal is whole, but of another protocol or version.
    #[error("change {number} of the journal is not one of this protocol's")]
    Undecodable {
        /// Which change, from 1.
        number: usize,
        /// What the decoder said.
        source: postcard::Error,
    },
    /// The changes do not follow from each other.
    #[error("change {number} of the journal does not follow from those before it")]
    Misfit {
        /// Which change, from 1.
        number: usize,
        /// What the record said.
        source: quorate_models::durable::Misfit,
    },
}

impl<A: Actor<Storage: Record, State: 'static>, L: Log> Actor for Durable<A, L> {
    type Msg = A::Msg;
    type Timer = A::Timer;
    type State = HeldOf<A>;
    type Storage = ();
    type Random = Doorbell;

    fn on_start(&self, id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> Self::State {
        let mut started = Out::new();
        let mut held = Held {
            actor: Cow::Owned(self.actor.on_start(id, &self.recovered, &mut started)),
            saved: self.recovered.clone().unwrap_or_default(),
            outbox: Outbox::new(),
            released: 0,
            told: VecDeque::new(),
        };
        self.perform(id, &mut held, started, out);
        self.hear(id, &mut held, out);
        held
    }

    fn on_msg(
        &self,
        id: Id,
        held: &mut Cow<'_, Self::State>,
        src: Id,
        message: A::Msg,
        out: &mut Out<Self>,
    ) {
        self.run(id, held.to_mut(), out, |actor, state, out| {
            actor.on_msg(id, state, src, message, out);
        });
    }

    fn on_timeout(
        &self,
        id: Id,
        held: &mut Cow<'_, Self::State>,
        timer: &A::Timer,
        out: &mut Out<Self>,
    ) {
        self.run(id, held.to_mut(), out, |actor, state, out| {
            actor.on_timeout(id, state, timer, out);
        });
    }

    fn on_random(
        &self,
        id: Id,
        held: &mut Cow<'_, Self::State>,
        _: &Doorbell,
        out: &mut Out<Self>,
    ) {
        self.run(id, held.to_mut(), out, |_, _, _| {});
    }
}

/// Seen from outside, a replica is the same whether its record is durable yet or not.
impl<A: Replica<State: 'static>, L: Log> Replica for Durable<A, L> {
    fn proposal(command: Command) -> A::Msg {
        A::proposal(command)
    }

    fn refusal(answer: &A::Msg) -> Option<Option<Id>> {
        A::refusal(answer)
    }

    fn decided(held: &Self::State) -> u64 {
        A::decided(&held.actor)
    }

    fn command(held: &Self::State, position: u64) -> Option<&Command> {
        A::command(&held.actor, position)
    }

    fn status(held: &Self::State) -> Status {
        A::status(&held.actor)
    }

    fn fault(held: &Self::State) -> Option<String> {
        A::fault(&held.actor)
    }
}

#[cfg(test)]
mod tests;
