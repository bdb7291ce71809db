//! The inputs of an actor: one value in the place of Stateright's four callbacks.

use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

/// One input of an actor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input<Msg, Timer, Random, Storage> {
    /// The actor starts, with the record that is on its disk, if there is one.
    Start(Option<Storage>),
    /// A message arrives from this sender.
    Message(Id, Msg),
    /// A timer fires.
    Timeout(Timer),
    /// The environment has chosen.
    Choice(Random),
}

/// An input of an actor of this type.
pub type InputOf<A> =
    Input<<A as Actor>::Msg, <A as Actor>::Timer, <A as Actor>::Random, <A as Actor>::Storage>;

/// Runs the callback of an actor that is meant for an input. `state` is `None` before the start.
///
/// # Panics
///
/// If the actor has not started, unless the input is its start.
pub fn handle<A: Actor>(
    actor: &A,
    id: Id,
    state: &mut Option<Cow<'_, A::State>>,
    input: InputOf<A>,
    out: &mut Out<A>,
) {
    if let Input::Start(storage) = &input {
        *state = Some(Cow::Owned(actor.on_start(id, storage, out)));
        return;
    }
    let state = state.as_mut().expect("an actor starts first");
    match input {
        Input::Start(_) => {}
        Input::Message(src, message) => actor.on_msg(id, state, src, message, out),
        Input::Timeout(timer) => actor.on_timeout(id, state, &timer, out),
        Input::Choice(random) => actor.on_random(id, state, &random, out),
    }
}
