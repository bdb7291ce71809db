//! The layers of a node: each keeps one promise that the models assume.
//!
//! ```text
//! spawn ── bytes ──▶ Wire ── packets ──▶ Deadline ──▶ Service ── messages ──▶ Durable ──▶ Raft, …
//!                    keys, who, codec    timers       clients, machine        journal
//! ```
//!
//! A [`Layer`] is one function of one [`Input`], and every actor is a layer. [`Stack`] makes an
//! actor of the outermost layer.
//!
//! Time that has passed and writes that have become durable reach the layers as a [`Doorbell`].
//! It tells them to look, and not what they will see: that is read from memory that only this
//! process writes.

pub mod deadline;
pub mod durable;
pub mod frame;
pub mod seal;
pub mod service;
#[cfg(test)]
mod tests;
pub mod wire;

use quorate_models::input::{self, Input};
use quorate_models::replica::Replica;
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Command as Output, Id, Out};
use std::borrow::Cow;
use std::fmt::Debug;
use std::hash::Hash;

/// Something outside may be ready: look.
///
/// Stateright knows three kinds of input after the start: messages, timeouts, and choices of the
/// environment. This is one of the third kind ([`Input::Choice`]).
///
/// A layer that puts out such a choice rings it itself: it arrives behind all that waits for the node by
/// then. A number, from 1 on, tells it from those of the clock and the disk, which are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Doorbell(pub u64);

/// An actor, or a layer around another one, as one function. The types are those of an [`Actor`].
#[allow(missing_docs, reason = "documented by `Actor`")]
pub trait Layer {
    type Msg: Clone + Debug + Eq + Hash;
    type Timer: Clone + Debug + Eq + Hash;
    type Random: Clone + Debug + Eq + Hash + Ord;
    type Storage: Clone + Debug + PartialEq + Hash;
    /// The state of this layer and of all that it surrounds.
    type State: Clone + Debug + PartialEq + Hash;

    /// The state before the start.
    fn initial(&self) -> Self::State;

    /// Handles an input, and gives the outgoing list. The first input is [`Input::Start`].
    fn step(&self, id: Id, state: &mut Self::State, input: InputOf<Self>) -> Outputs<Self>;
}

/// An input of a layer of this type.
pub type InputOf<L> =
    Input<<L as Layer>::Msg, <L as Layer>::Timer, <L as Layer>::Random, <L as Layer>::Storage>;

/// The outgoing list of a layer of this type.
pub type Outputs<L> = Vec<
    Output<<L as Layer>::Msg, <L as Layer>::Timer, <L as Layer>::Random, <L as Layer>::Storage>,
>;

/// The innermost layer: any actor. Its state is owned from the start on, and so never copied.
impl<A: Actor<State: 'static>> Layer for A {
    type Msg = A::Msg;
    type Timer = A::Timer;
    type Random = A::Random;
    type Storage = A::Storage;
    type State = Option<Cow<'static, A::State>>;

    fn initial(&self) -> Self::State {
        None
    }

    fn step(&self, id: Id, state: &mut Self::State, input: InputOf<Self>) -> Outputs<Self> {
        let mut out = Out::new();
        input::handle(self, id, state, input, &mut out);
        out.into_iter().collect()
    }
}

/// A layer that holds a replica, itself or in a layer inside.
pub trait HoldsReplica: Layer {
    /// The replica.
    type Replica: Replica<Msg = Self::Msg>;

    /// The state of the replica.
    ///
    /// # Panics
    ///
    /// If it has not started.
    fn replica(state: &Self::State) -> &<Self::Replica as Actor>::State;

    /// Whether something that the replica has sent waits for a write. By default nothing does.
    fn waits(_: &Self::State) -> bool {
        false
    }
}

impl<R: Replica<State: 'static>> HoldsReplica for R {
    type Replica = R;

    fn replica(state: &Self::State) -> &R::State {
        state.as_ref().expect("an actor starts first")
    }
}

/// Layers as an actor, given the outermost.
#[derive(Clone, Debug)]
pub struct Stack<L>(pub L);

impl<L: Layer> Stack<L> {
    fn step(&self, id: Id, state: &mut L::State, input: InputOf<L>, out: &mut Out<Self>) {
        let outputs = self.0.step(id, state, input);
        out.append::<Self>(&mut outputs.into_iter().collect());
    }
}

impl<L: Layer> Actor for Stack<L> {
    type Msg = L::Msg;
    type Timer = L::Timer;
    type Random = L::Random;
    type Storage = L::Storage;
    type State = L::State;

    fn on_start(&self, id: Id, storage: &Option<L::Storage>, out: &mut Out<Self>) -> L::State {
        let mut state = self.0.initial();
        self.step(id, &mut state, Input::Start(storage.clone()), out);
        state
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, L::State>,
        src: Id,
        message: L::Msg,
        out: &mut Out<Self>,
    ) {
        self.step(id, state.to_mut(), Input::Message(src, message), out);
    }

    fn on_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, L::State>,
        timer: &L::Timer,
        out: &mut Out<Self>,
    ) {
        self.step(id, state.to_mut(), Input::Timeout(timer.clone()), out);
    }

    fn on_random(
        &self,
        id: Id,
        state: &mut Cow<'_, L::State>,
        random: &L::Random,
        out: &mut Out<Self>,
    ) {
        self.step(id, state.to_mut(), Input::Choice(random.clone()), out);
    }
}
