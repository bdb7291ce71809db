//! How a session begins: the opener asks, the acceptor names its boot, and the first message follows.

use super::Fifo;
use super::frame::{Frame, SessionId};
use super::marks::{Row, Rows};
use super::state::{Line, StateOf};
use crate::session::{End, Side};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

impl<A: Actor<Storage: Default>> Fifo<A> {
    /// The actor inside opens a session.
    pub(super) fn open(
        &self,
        state: &mut StateOf<A>,
        peer: Id,
        msg: A::Msg,
        out: &mut Out<Self>,
    ) -> Rows {
        state.opened = (self.rules.next_session)(state.opened);
        let session = SessionId {
            boot: state.boot,
            number: state.opened,
        };
        let mut line = Line::new(session, None);
        line.queue.push_back(msg);
        let side = Side::Opener;
        let end = End { peer, side };
        out.send(peer, Frame::Syn { session });
        self.arm(&line, end, out);
        state.lines.insert(end, line);
        Row::Opens.into()
    }

    /// The acceptor agrees.
    pub(super) fn on_agreed(
        &self,
        state: &mut Cow<'_, StateOf<A>>,
        peer: Id,
        session: SessionId,
        boot: u32,
        out: &mut Out<Self>,
    ) -> Rows {
        let side = Side::Opener;
        let end = End { peer, side };
        let line = state.lines.get(&end);
        let waits = line.filter(|line| line.boot.is_none() && line.session == session);
        if waits.is_none() {
            return Row::AgreedBefore.into();
        }
        let line = state.to_mut().lines.get_mut(&end).expect("it is there");
        line.boot = Some(boot);
        let rows = Row::IsAgreed | self.transmit(line, end, out);
        self.arm(line, end, out);
        rows
    }
}
