//! How a session ends: each side closes it by itself, and says so.

use super::frame::{Frame, SessionId};
use super::marks::{Row, Rows};
use super::state::{StateOf, end};
use super::{Fifo, Timer};
use crate::session::{End, Side};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

impl<A: Actor<Storage: Default>> Fifo<A> {
    /// The actor inside closes a session. Where the other side has closed it, nothing is said.
    pub(super) fn close(
        &self,
        state: &mut Cow<'_, StateOf<A>>,
        peer: Id,
        side: Side,
        out: &mut Out<Self>,
    ) -> Rows {
        if !state.lines.contains_key(&End { peer, side }) {
            return Row::ClosesInVain.into();
        }
        let end = End { peer, side };
        let line = state.to_mut().lines.remove(&end);
        let session = line.expect("it is there").session;
        if (self.rules.tells_of_close)(side) {
            out.send(peer, Frame::Reset { session, by: side });
        }
        out.cancel_timer(Timer::resend(end));
        Row::Closes.into()
    }

    /// The other side has closed a session. If it has not begun here, it never will.
    pub(super) fn on_reset(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        src: Id,
        (session, by): (SessionId, Side),
        out: &mut Out<Self>,
    ) -> Rows {
        let end = end(src, by);
        let last = state.last.get(&src).copied().unwrap_or_default();
        if end.side == Side::Acceptor && !(self.rules.is_over)(last, session) {
            state.to_mut().last.insert(src, session);
        }
        let line = state.lines.get(&end);
        if !line.is_some_and(|line| (self.rules.belongs)(line.session, session)) {
            return Row::ResetIsOld.into();
        }
        state.to_mut().lines.remove(&end);
        out.cancel_timer(Timer::resend(end));
        Row::IsReset | self.tell_closed(id, state, (src, by), out)
    }
}
