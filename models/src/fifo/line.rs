//! A session while it is there: messages are numbered, taken in order, and sent again.

use super::frame::{Data, Direction, Frame, SessionId};
use super::marks::{Row, Rows};
use super::state::{Line, StateOf, end};
use super::{Fifo, Timer};
use crate::session::{End, Side};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

impl<A: Actor<Storage: Default>> Fifo<A> {
    /// The actor inside says something in a session. Where there is none any more, it is lost.
    pub(super) fn say(
        &self,
        state: &mut Cow<'_, StateOf<A>>,
        peer: Id,
        side: Side,
        msg: A::Msg,
        out: &mut Out<Self>,
    ) -> Rows {
        let end = End { peer, side };
        if !state.lines.contains_key(&end) {
            return Row::SaysInVain.into();
        }
        let line = state.to_mut().lines.get_mut(&end).expect("it is there");
        let waited = line.waits();
        line.queue.push_back(msg);
        let rows = Row::Says | self.transmit(line, end, out);
        // What was sent before is not put off by what follows.
        if !waited {
            self.arm(line, end, out);
        }
        rows
    }

    /// Sends what was not sent, as far as the window allows.
    pub(super) fn transmit(&self, line: &mut Line<A::Msg>, end: End, out: &mut Out<Self>) -> Rows {
        let Some(of) = line.direction(end.side) else {
            return Row::WaitsForAgreement.into();
        };
        while line.sent < line.queue.len() {
            let frames = line.frames.len();
            if self.config.window.is_some_and(|window| window <= frames) {
                return Row::WaitsForWindow.into();
            }
            let messages = self.next_frame(line, line.sent);
            let first = line.acked + line.sent as u64 + 1;
            line.sent += messages.len();
            if self.config.window.is_some() {
                line.frames.push_back(line.acked + line.sent as u64);
            }
            let data = Data {
                of,
                first,
                messages,
            };
            out.send(end.peer, Frame::Data(data));
        }
        Row::Transmits.into()
    }

    /// The messages from a place in the queue on that one frame takes.
    fn next_frame(&self, line: &Line<A::Msg>, from: usize) -> Vec<A::Msg> {
        let mut bytes = 0;
        let fits = |msg: &&A::Msg| {
            bytes += (self.config.bytes)(msg);
            bytes <= self.config.bytes_per_frame
        };
        let queue = line.queue.iter().skip(from);
        let queue = queue.take(self.config.messages_per_frame);
        let fitting = queue.take_while(fits).count().max(1);
        line.queue
            .iter()
            .skip(from)
            .take(fitting)
            .cloned()
            .collect()
    }

    /// Nothing was heard for a while: all that was sent and not taken is sent again, as far as the window
    /// allows. The other side keeps nothing that comes after something that was lost.
    pub(super) fn on_resend(
        &self,
        state: &mut Cow<'_, StateOf<A>>,
        end: End,
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        let line = state
            .lines
            .get_mut(&end)
            .expect("a timer that is armed belongs to a session");
        let mut rows = Rows::from(Row::SendsAgain);
        if line.boot.is_none() {
            let session = line.session;
            out.send(end.peer, Frame::Syn { session });
        } else if (self.rules.sends_again)(line.sent) {
            line.sent = 0;
            line.frames.clear();
            rows |= self.transmit(line, end, out);
        }
        self.arm(line, end, out);
        rows
    }

    /// Messages of a session arrive: the next ones are taken, and it is told how many were.
    pub(super) fn on_data(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        src: Id,
        data: Data<A::Msg>,
        out: &mut Out<Self>,
    ) -> Rows {
        let end = end(src, data.of.by);
        let mut rows = Rows::NONE;
        if !self.is_there(state, end, data.of) {
            match self.accept(id, state, end, &data, out) {
                Ok(accepted) => rows |= accepted,
                Err(refused) => return refused,
            }
        }
        for (offset, msg) in data.messages.into_iter().enumerate() {
            let Some(number) = data.first.checked_add(offset as u64) else {
                return rows | Rows::from(Row::IsNotNext);
            };
            // The actor inside may have closed the session.
            let line = state.lines.get(&end);
            let line = line.filter(|line| (self.rules.belongs)(line.session, data.of.session));
            let Some(taken) = line.map(|line| line.taken) else {
                return rows | Rows::from(Row::IsClosedMeanwhile);
            };
            if (self.rules.is_next)(taken, number) {
                let line = state.to_mut().lines.get_mut(&end).expect("it is there");
                line.taken = number;
                rows |= Rows::from(Row::Takes);
                rows |= self.pass(id, state, out, |actor, state, out| {
                    actor.on_msg(id, state, src, msg, out);
                });
            } else {
                rows |= Rows::from(Row::IsNotNext);
            }
        }
        if let Some(line) = state.lines.get(&end)
            && let Some(of) = line.direction(end.side)
            && (self.rules.belongs)(line.session, data.of.session)
        {
            let taken = (self.rules.acknowledges)(line.taken);
            out.send(src, Frame::Ack { of, taken });
        }
        rows
    }

    /// Whether a frame belongs to a session that is there.
    fn is_there(&self, state: &StateOf<A>, end: End, of: Direction) -> bool {
        let line = state.lines.get(&end);
        let boot = match end.side {
            Side::Opener => line.and_then(|line| line.boot),
            Side::Acceptor => Some(state.boot),
        };
        let belongs = line.is_some_and(|line| (self.rules.belongs)(line.session, of.session));
        belongs && boot.is_some_and(|boot| (self.rules.is_for_boot)(boot, of.boot))
    }

    /// Messages of a session that is not there: it begins, or is over.
    fn accept(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<A>>,
        end: End,
        data: &Data<A::Msg>,
        out: &mut Out<Self>,
    ) -> Result<Rows, Rows> {
        let session = data.of.session;
        let by = end.side;
        let last = state.last.get(&end.peer).copied().unwrap_or_default();
        let is_for_boot = (self.rules.is_for_boot)(state.boot, data.of.boot);
        if by == Side::Opener || !is_for_boot || (self.rules.is_over)(last, session) {
            out.send(end.peer, Frame::Reset { session, by });
            return Err(Row::IsOver.into());
        }
        if !(self.rules.is_next)(0, data.first) {
            return Err(Row::BeginIsMissing.into());
        }
        let mut rows = Rows::from(Row::Accepts);
        if state.to_mut().lines.remove(&end).is_some() {
            out.cancel_timer(Timer::resend(end));
            let closed = (end.peer, Side::Opener);
            rows = Row::AcceptsAnother | self.tell_closed(id, state, closed, out);
        }
        let state = state.to_mut();
        let line = Line::new(session, Some(state.boot));
        state.lines.insert(end, line);
        state.last.insert(end.peer, session);
        Ok(rows)
    }

    /// The other side tells how many messages it has taken.
    pub(super) fn on_ack(
        &self,
        state: &mut Cow<'_, StateOf<A>>,
        src: Id,
        of: Direction,
        taken: u64,
        out: &mut Out<Self>,
    ) -> Rows {
        let end = end(src, of.by);
        let line = state.lines.get(&end);
        let is_news = |line: &Line<A::Msg>| {
            let sent = line.acked + line.sent as u64;
            line.acked < taken && taken <= sent
        };
        if !self.is_there(state, end, of) || !line.is_some_and(is_news) {
            return Row::AckIsOld.into();
        }
        let state = state.to_mut();
        let line = state.lines.get_mut(&end).expect("it is there");
        let more = (taken - line.acked) as usize;
        line.queue.drain(..more);
        line.sent -= more;
        line.acked = taken;
        line.frames
            .retain(|last| (self.rules.is_on_its_way)(taken, *last));
        let rows = Row::IsTaken | self.transmit(line, end, out);
        self.arm(line, end, out);
        rows
    }
}

impl<M> Line<M> {
    /// The direction in which this side sends, once the session is agreed.
    fn direction(&self, by: Side) -> Option<Direction> {
        let session: SessionId = self.session;
        self.boot.map(|boot| Direction { session, boot, by })
    }
}
