//! Phase 0: election, by an oracle. A server that looks for a leader may begin to lead, or follow any
//! other, at any time: no safety leans on who does. It also begins here again whenever something fails.

use super::marks::{Row, Rows};
use super::message::Message;
use super::server::{Server, Timer};
use super::state::{FollowerPhase, LeaderPhase, Leadership, Role, State, Stop, Zxid};
use stateright::actor::{Id, Out, model_timeout};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

impl Server {
    /// Closes every session, forgets what belongs to the role, and looks for a leader.
    pub(super) fn look(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        self.leave_role(id, state, out);
        state.role = Role::Looking;
        state.committed = Zxid::default();
        self.arm_oracle(id, out);
        Row::T03Looks.into()
    }

    /// The timers that the oracle chooses from.
    pub(super) fn arm_oracle(&self, id: Id, out: &mut Out<Self>) {
        out.set_timer(Timer::Lead, model_timeout());
        for peer in self.config.peers(id) {
            out.set_timer(Timer::Follow(peer.into()), model_timeout());
        }
    }

    fn disarm_oracle(&self, id: Id, out: &mut Out<Self>) {
        out.cancel_timer(Timer::Lead);
        for peer in self.config.peers(id) {
            out.cancel_timer(Timer::Follow(peer.into()));
        }
    }

    fn leave_role(&self, id: Id, state: &State, out: &mut Out<Self>) {
        for peer in state.sessions() {
            out.send(peer, Message::Close);
            out.cancel_timer(Timer::Drop(peer.into()));
        }
        self.disarm_oracle(id, out);
        out.cancel_timer(Timer::GiveUp);
    }

    /// A message came that cannot come: the server does nothing any more.
    pub(super) fn stop(&self, id: Id, state: &mut State, why: Stop, out: &mut Out<Self>) -> Rows {
        self.leave_role(id, state, out);
        state.role = Role::Stopped(why);
        Row::Stops.into()
    }

    /// A server follows another one. Zab f.1.1.
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
        out.set_timer(Timer::GiveUp, model_timeout());
        let phase = FollowerPhase::Discovery;
        state.to_mut().role = Role::Following { leader, phase };
        let accepted = state.persistent.accepted_epoch;
        out.send(leader, Message::FollowerInfo { accepted });
        Row::T40Follows.into()
    }

    /// A server begins to lead.
    pub(super) fn on_lead(&self, id: Id, state: &mut Cow<'_, State>, out: &mut Out<Self>) -> Rows {
        if state.role != Role::Looking {
            return Row::TimerIsOld.into();
        }
        self.disarm_oracle(id, out);
        out.set_timer(Timer::GiveUp, model_timeout());
        let state = state.to_mut();
        state.role = Role::Leading(Leadership {
            phase: LeaderPhase::Connecting {
                connecting: BTreeSet::from([id]),
                highest: state.persistent.accepted_epoch,
            },
            followers: BTreeMap::new(),
        });
        Row::T20Leads | self.offer_epoch(id, state, out)
    }

    /// A server does not hear from its leader, or from a quorum of its followers.
    pub(super) fn on_give_up(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
    ) -> Rows {
        let row = match state.role {
            Role::Following { .. } => Row::T53FollowerGivesUp,
            Role::Leading(_) => Row::T29LeaderGivesUp,
            Role::Looking | Role::Stopped(_) => return Row::TimerIsOld.into(),
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
        if !state.sessions().contains(&follower) {
            return Row::TimerIsOld.into();
        }
        if let Role::Leading(leadership) = &mut state.to_mut().role {
            leadership.followers.remove(&follower);
            out.send(follower, Message::Close);
        }
        Row::T30DropsFollower.into()
    }

    /// The other side has closed a session.
    pub(super) fn on_close(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        out: &mut Out<Self>,
    ) -> Rows {
        if !state.sessions().contains(&src) {
            return Row::CloseIsOld.into();
        }
        let state = state.to_mut();
        if let Role::Leading(leadership) = &mut state.role {
            leadership.followers.remove(&src);
            out.cancel_timer(Timer::Drop(src.into()));
            return Row::T30FollowerLeaves.into();
        }
        // The session is closed already: nothing is said.
        state.role = Role::Looking;
        Row::T54LeaderLeaves | self.look(id, state, out)
    }
}
