//! Phase 0: election. A server looks for a leader, and then leads or follows, until something fails; then
//! it begins here again.

use super::config::{Election, Timing};
use super::marks::{Row, Rows};
use super::message::Message;
use super::server::{Server, Timer};
use super::state::{FollowerPhase, LeaderPhase, Leadership, Role, Staged, State, Stop};
use crate::session::{End, Side};
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

impl Server {
    /// Closes every session, forgets what belongs to the role, and looks for a leader.
    pub(super) fn look(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        self.leave_role(id, state, out);
        state.role = Role::Looking;
        state.committed = state.history().snapshot().last;
        Row::T03Looks | self.elect(id, state, out)
    }

    /// A server that looks for a leader finds one.
    pub(super) fn elect(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        match self.config.election {
            Election::Oracle => {
                self.arm_oracle(id, out);
                Rows::NONE
            }
            Election::Fast => self.begin_round(id, state, out),
        }
    }

    pub(super) fn leave_role(&self, id: Id, state: &State, out: &mut Out<Self>) {
        for End { peer, side } in state.sessions() {
            out.send(peer, Message::Close(side));
            out.cancel_timer(Timer::Drop(peer.into()));
        }
        if self.config.election == Election::Oracle {
            self.disarm_oracle(id, out);
        }
        for timer in [Timer::GiveUp, Timer::Ping, Timer::Notify, Timer::Finalize] {
            out.cancel_timer(timer);
        }
    }

    /// A message came that cannot come: the server does nothing any more.
    pub(super) fn stop(&self, id: Id, state: &mut State, why: Stop, out: &mut Out<Self>) -> Rows {
        self.leave_role(id, state, out);
        state.role = Role::Stopped(why);
        Row::Stops.into()
    }

    /// A server follows another one. Zab f.1.1.
    pub(super) fn follow(&self, state: &mut State, leader: Id, out: &mut Out<Self>) -> Rows {
        self.wait_for_other_side(out);
        let phase = FollowerPhase::Discovery;
        state.role = Role::Following {
            leader,
            phase,
            staged: Staged::default(),
        };
        let accepted = state.persistent.accepted_epoch;
        out.send(leader, Message::FollowerInfo { accepted });
        Row::T40Follows.into()
    }

    /// A server begins to lead.
    pub(super) fn lead(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        self.wait_for_other_side(out);
        state.role = Role::Leading(Leadership {
            leader: id,
            phase: LeaderPhase::Connecting {
                connecting: BTreeSet::from([id]),
                highest: state.persistent.accepted_epoch,
            },
            followers: BTreeMap::new(),
        });
        Row::T20Leads | self.offer_epoch(id, state, out)
    }

    /// The next phase begins, or the other side was heard before it has.
    pub(super) fn wait_for_other_side(&self, out: &mut Out<Self>) {
        if (self.rules.arms)(Timer::GiveUp) {
            out.set_timer(Timer::GiveUp, Timing::exactly(self.config.timing.init));
        }
    }

    /// A server does not hear from its leader, or from a quorum of its followers.
    pub(super) fn on_give_up(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
    ) -> Rows {
        let row = match &state.role {
            Role::Following { .. } => Row::T53FollowerGivesUp,
            Role::Leading(leadership) if !(self.rules.looks)(&leadership.phase) => {
                self.leave_role(id, state, out);
                return Row::T29LeaderGivesUp | self.lead(id, state.to_mut(), out);
            }
            Role::Leading(_) => Row::T29LeaderGivesUp,
            Role::Looking | Role::Gone | Role::Stopped(_) => return Row::TimerIsOld.into(),
        };
        row | self.look(id, state.to_mut(), out)
    }

    /// A leader does not hear from a follower.
    pub(super) fn on_drop(
        &self,
        state: &mut Cow<'_, State>,
        follower: Id,
        out: &mut Out<Self>,
    ) -> Rows {
        let Role::Leading(leadership) = &mut state.to_mut().role else {
            return Row::TimerIsOld.into();
        };
        leadership.part_with(follower, &self.rules);
        out.send(follower, Message::Close(Side::Acceptor));
        Row::T30DropsFollower.into()
    }

    /// The other side has closed a session.
    pub(super) fn on_close(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        (peer, closed_by): (Id, Side),
        out: &mut Out<Self>,
    ) -> Rows {
        let side = closed_by.other();
        if !state.sessions().contains(&End { peer, side }) {
            return Row::CloseIsOld.into();
        }
        let state = state.to_mut();
        match &mut state.role {
            Role::Leading(leadership) => {
                leadership.part_with(peer, &self.rules);
                out.cancel_timer(Timer::Drop(peer.into()));
                Row::T30FollowerLeaves.into()
            }
            Role::Following { .. } => {
                // The session is closed already: nothing is said.
                state.role = Role::Looking;
                Row::T54LeaderLeaves | self.look(id, state, out)
            }
            Role::Looking | Role::Gone | Role::Stopped(_) => {
                let poll = state.poll.as_mut();
                poll.map(|poll| poll.early.remove(&peer));
                Row::T30FollowerLeaves.into()
            }
        }
    }
}
