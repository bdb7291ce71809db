//! CheckQuorum and leases: a leader keeps its followers as long as it hears a majority of them.
//!
//! A server that has just heard its leader gives no vote (Raft thesis §4.2.3). So a leader that can send and
//! cannot hear would suppress all elections, if it did not step down (Raft thesis §6.2).

use super::marks::{Row, Rows};
use super::server::{Server, Timer};
use super::state::{Role, State};
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Server {
    /// Whether the server leads, or has just heard its leader.
    pub(super) fn has_lease(&self, state: &State) -> bool {
        self.config.has_leases() && (state.heard || state.is_leader())
    }

    /// The leader is heard.
    pub(super) fn renew_lease(&self, state: &mut Cow<'_, State>, out: &mut Out<Self>) {
        if self.config.has_leases() {
            if !state.heard {
                state.to_mut().heard = true;
            }
            self.arm_lease_timer(out);
        }
    }

    /// The server has no leader any more, or does not lead any more.
    pub(super) fn forget_leader(&self, state: &mut State, out: &mut Out<Self>) {
        let counts = self.config.check_quorum && state.is_leader();
        if state.heard || counts || state.transfers() {
            out.cancel_timer(Timer::Lease);
        }
        state.heard = false;
    }

    pub(super) fn arm_lease_timer(&self, out: &mut Out<Self>) {
        let lease = self.config.timing.election.start;
        out.set_timer(Timer::Lease, lease..lease);
    }

    /// A follower has answered, whatever it says.
    pub(super) fn note_follower(&self, state: &mut Cow<'_, State>, follower: Id) {
        let Role::Leader(leadership) = &state.role else {
            return;
        };
        let position = leadership.heard.binary_search(&follower);
        if let (true, Err(position)) = (self.config.check_quorum, position)
            && let Role::Leader(leadership) = &mut state.to_mut().role
        {
            leadership.heard.insert(position, follower);
        }
    }

    /// The shortest election timeout is over.
    pub(super) fn on_lease_timeout(&self, state: &mut Cow<'_, State>, out: &mut Out<Self>) -> Rows {
        if state.is_leader() {
            let rows = self.give_up_transfer(state);
            return match self.config.check_quorum {
                true => rows | self.count_followers(state.to_mut(), out),
                false => rows,
            };
        }
        if !state.heard {
            return Row::NobodyHasLease.into();
        }
        state.to_mut().heard = false;
        Row::LeaseEnds.into()
    }

    /// A leader steps down, if it has not heard a majority since it counted last.
    fn count_followers(&self, state: &mut State, out: &mut Out<Self>) -> Rows {
        let heard = state.leadership().map_or(0, |it| 1 + it.heard.len());
        if !(self.rules.keeps_leading)(heard, self.config.servers) {
            let term = state.term();
            return Row::MajorityIsSilent | self.become_follower(state, term, None, out);
        }
        if let Role::Leader(leadership) = &mut state.role {
            leadership.heard.clear();
        }
        self.arm_lease_timer(out);
        Row::MajorityIsHeard.into()
    }
}
