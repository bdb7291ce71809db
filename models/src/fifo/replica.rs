//! The view that a service has of an actor in sessions: the actor inside.

use super::Fifo;
use super::frame::Frame;
use super::state::StateOf;
use crate::replica::{Command, Consistency, Delivery, Replica, Status};
use stateright::actor::Id;
use std::sync::Arc;

impl<A: Replica> Replica for Fifo<A> {
    type Cursor = A::Cursor;

    const GENERATION: &'static str = A::GENERATION;

    fn proposal(command: Command) -> Frame<A::Msg> {
        Frame::Plain(A::proposal(command))
    }

    fn refusal(answer: &Frame<A::Msg>) -> Option<Option<Id>> {
        match answer {
            Frame::Plain(answer) => A::refusal(answer),
            _ => None,
        }
    }

    fn is_possible(state: &StateOf<A>, frame: &Frame<A::Msg>, participants: usize) -> bool {
        let is_possible = |message| A::is_possible(state.inner(), message, participants);
        match frame {
            Frame::Plain(message) => is_possible(message),
            Frame::Data(data) => data.messages.iter().all(is_possible),
            _ => true,
        }
    }

    fn read(consistency: Consistency) -> Option<Frame<A::Msg>> {
        A::read(consistency).map(Frame::Plain)
    }

    fn snapshot(len: u64, state: Arc<Vec<u8>>) -> Option<Frame<A::Msg>> {
        A::snapshot(len, state).map(Frame::Plain)
    }

    fn farewell() -> Option<Frame<A::Msg>> {
        A::farewell().map(Frame::Plain)
    }

    fn has_said_farewell(state: &StateOf<A>) -> bool {
        A::has_said_farewell(state.inner())
    }

    fn is_readable(answer: &Frame<A::Msg>) -> bool {
        match answer {
            Frame::Plain(answer) => A::is_readable(answer),
            _ => false,
        }
    }

    /// A frame that is late or repeated tells it, too: the actor inside has said so.
    fn acknowledged(state: &StateOf<A>, frame: &Frame<A::Msg>) -> Option<u64> {
        let told = |message| A::acknowledged(state.inner(), message);
        match frame {
            Frame::Data(data) => data.messages.iter().filter_map(told).max(),
            _ => None,
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
