//! The view that a service has of an actor in sessions: the actor inside.

use super::Fifo;
use super::frame::Frame;
use super::state::StateOf;
use crate::replica::{Command, Consistency, Delivery, Replica, Status};
use stateright::actor::Id;
use std::sync::Arc;

impl<A: Replica> Replica for Fifo<A> {
    type Cursor = A::Cursor;

    fn proposal(command: Command) -> Frame<A::Msg> {
        Frame::Plain(A::proposal(command))
    }

    fn refusal(answer: &Frame<A::Msg>) -> Option<Option<Id>> {
        match answer {
            Frame::Plain(answer) => A::refusal(answer),
            _ => None,
        }
    }

    fn is_possible(message: &Frame<A::Msg>, participants: usize) -> bool {
        match message {
            Frame::Plain(message) => A::is_possible(message, participants),
            Frame::Data(data) => {
                let mut messages = data.messages.iter();
                messages.all(|message| A::is_possible(message, participants))
            }
            _ => true,
        }
    }

    fn read(consistency: Consistency) -> Option<Frame<A::Msg>> {
        A::read(consistency).map(Frame::Plain)
    }

    fn snapshot(len: u64, state: Arc<Vec<u8>>) -> Option<Frame<A::Msg>> {
        A::snapshot(len, state).map(Frame::Plain)
    }

    fn is_readable(answer: &Frame<A::Msg>) -> bool {
        match answer {
            Frame::Plain(answer) => A::is_readable(answer),
            _ => false,
        }
    }

    fn next<'a>(state: &'a StateOf<A>, cursor: &mut A::Cursor) -> Option<Delivery<'a>> {
        A::next(state.inner(), cursor)
    }

    fn status(state: &StateOf<A>) -> Status {
        A::status(state.inner())
    }

    fn stopped(state: &StateOf<A>) -> Option<String> {
        A::stopped(state.inner())
    }
}
