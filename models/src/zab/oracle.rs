//! The oracle in place of an election: it tells a server that looks for a leader to lead, or whom to
//! follow, at any time.

use super::marks::{Row, Rows};
use super::server::{Server, Timer};
use super::state::{Role, State};
use stateright::actor::{Id, Out, model_timeout};
use std::borrow::Cow;

impl Server {
    /// The timers that the oracle chooses from.
    pub(super) fn arm_oracle(&self, id: Id, out: &mut Out<Self>) {
        out.set_timer(Timer::Lead, model_timeout());
        for peer in self.config.peers(id) {
            out.set_timer(Timer::Follow(peer.into()), model_timeout());
        }
    }

    pub(super) fn disarm_oracle(&self, id: Id, out: &mut Out<Self>) {
        out.cancel_timer(Timer::Lead);
        for peer in self.config.peers(id) {
            out.cancel_timer(Timer::Follow(peer.into()));
        }
    }

    /// The oracle: follow this server.
    pub(super) fn on_follow(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        leader: Id,
        out: &mut Out<Self>,
    ) -> Rows {
        if state.role != Role::Looking {
            return Row::TimerIsOld.into();
        }
        self.disarm_oracle(id, out);
        self.follow(state.to_mut(), leader, out)
    }

    /// The oracle: lead.
    pub(super) fn on_lead(&self, id: Id, state: &mut Cow<'_, State>, out: &mut Out<Self>) -> Rows {
        if state.role != Role::Looking {
            return Row::TimerIsOld.into();
        }
        self.disarm_oracle(id, out);
        self.lead(id, state.to_mut(), out)
    }
}
