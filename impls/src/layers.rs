//! The layers: each an actor around an actor, each making one promise that the models assume.
//!
//! ```text
//! spawn ── bytes ──▶ Wire ── packets ──▶ Deadline ──▶ Service ── messages ──▶ Durable ──▶ Raft, …
//!                    identity, codec     timers       clients, machine        journal
//! ```
//!
//! A layer hands its part of the state to the actor inside as it is. Under `spawn` every such
//! state is owned all the way down ([`Cow::Owned`](std::borrow::Cow)), so nothing is copied.
//!
//! Time that has passed and writes that have become durable reach the layers as a [`Doorbell`].
//! It tells them to look, and not what they will see: that is read from memory that only this
//! process writes.

pub mod deadline;
pub mod durable;
pub mod frame;
pub mod service;
#[cfg(test)]
mod tests;
pub mod waiting;
pub mod wire;

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Something outside may be ready: look.
///
/// Stateright knows three kinds of input: messages, timeouts, and choices of the environment. This
/// is one of the third kind ([`on_random`](stateright::actor::Actor::on_random)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Doorbell;

/// The state of an actor inside another's: always `Cow::Owned`, and so never copied.
pub type Inner<S> = Cow<'static, S>;
