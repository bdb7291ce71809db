//! Leave: a processor tells the others that it stops. They form a ring without it at once, and not when its
//! token is lost.

use super::marks::{Row, Rows};
use super::message::Message;
use super::processor::{Processor, TIMERS};
use super::state::{Phase, State};
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Processor {
    /// The processor leaves, in any phase. In the sets of its Join it has failed, and is not considered.
    pub(super) fn leave(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        state.procs.remove(&id);
        state.fails.insert(id);
        self.send_join(id, state, out);
        for timer in TIMERS {
            out.cancel_timer(timer);
        }
        state.procs = [id].into();
        state.fails.clear();
        state.queue.clear();
        state.phase = Phase::Gone;
        Row::O17Leaves.into()
    }

    /// Something comes to a processor that has left. A client is told so.
    pub(super) fn on_late(&self, src: Id, message: Message, out: &mut Out<Self>) -> Rows {
        if self.config.keeps_log && matches!(message, Message::Request(..)) {
            out.send(src, Message::NotPrimary);
        }
        Row::O17IsGone.into()
    }

    /// A processor leaves. It has failed for those who are in a ring with it, or have agreed to one as it
    /// has, and for those who consider it for one. Those who have agreed to a ring that the leaver had not
    /// heard of lose its token, later.
    pub(super) fn on_leave(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        leaver: Id,
        number: u64,
        out: &mut Out<Self>,
    ) -> Rows {
        let is_here = match state.phase {
            Phase::Gather { .. } => state.candidates().contains(&leaver),
            _ => {
                let is_old = (self.rules.is_before)(number, state.ring.number);
                state.members().contains(&leaver) && !is_old
            }
        };
        if !is_here {
            return Row::J6IsNotHere.into();
        }
        let state = state.to_mut();
        let agrees = (self.rules.leaver_agrees)();
        if !agrees {
            state.fails.insert(leaver);
        }
        let mut rows = Row::J6Leaves | self.gather(id, state, out);
        if agrees && let Phase::Gather { consensus } = &mut state.phase {
            consensus.insert(leaver);
        }
        rows |= self.try_form(id, state, out);
        rows
    }
}
