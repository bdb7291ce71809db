//! Leadership transfer: a leader that is to stop makes a follower campaign at once. Raft thesis §3.10.
//!
//! The leader takes no more commands, and tells the first follower that has its whole log. That one asks
//! nobody first, and leases do not keep it from winning. A leader that still leads after the shortest
//! election timeout takes commands again.

use super::leader::{followers, leadership, leadership_mut};
use super::log::Index;
use super::marks::{Row, Rows};
use super::message::{Message, TimeoutNow};
use super::server::Server;
use super::state::{Role, State, Transfer};
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Server {
    /// The server is told to transfer its leadership. Every follower is sent something to answer, because the
    /// one that was known best may be down.
    pub(super) fn on_transfer(&self, state: &mut Cow<'_, State>, out: &mut Out<Self>) -> Rows {
        match &state.role {
            Role::Leader(it) if it.transfer == Transfer::Unasked && !it.followers.is_empty() => {}
            _ => return Row::NothingToTransfer.into(),
        }
        leadership_mut(state.to_mut()).transfer = Transfer::Asked;
        self.arm_lease_timer(out);
        let mut rows = Rows::from(Row::TransferIsAsked);
        for follower in followers(state) {
            rows |= self.beat(state, follower, out);
        }
        rows
    }

    /// A follower has answered that it has the log up to `matched`: it is told to campaign, if that is all
    /// and nobody was told before.
    pub(super) fn tell(
        &self,
        state: &mut Cow<'_, State>,
        follower: Id,
        matched: Index,
        out: &mut Out<Self>,
    ) -> Rows {
        let has_log = (self.rules.may_take_over)(matched, state.log().last_index());
        if leadership(state).transfer != Transfer::Asked || !has_log {
            return Rows::NONE;
        }
        leadership_mut(state.to_mut()).transfer = Transfer::Told(follower);
        let term = state.term();
        out.send(follower, Message::TimeoutNow(TimeoutNow { term }));
        Row::TargetIsTold.into()
    }

    /// The message to the target may be lost. Another target would contend with it.
    pub(super) fn tell_again(&self, state: &State, out: &mut Out<Self>) -> Rows {
        let Transfer::Told(target) = leadership(state).transfer else {
            return Rows::NONE;
        };
        let term = state.term();
        out.send(target, Message::TimeoutNow(TimeoutNow { term }));
        Row::TargetIsToldAgain.into()
    }

    /// The shortest election timeout is over, and the leader still leads.
    pub(super) fn give_up_transfer(&self, state: &mut Cow<'_, State>) -> Rows {
        if !state.transfers() {
            return Rows::NONE;
        }
        let leadership = leadership_mut(state.to_mut());
        leadership.transfer = (self.rules.outlasted)(leadership.transfer);
        Row::TransferIsGivenUp.into()
    }

    /// TimeoutNow, receiver. It may come late, or twice: a follower acts on it in the leader's term alone.
    pub(super) fn on_timeout_now(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        leader: Id,
        order: TimeoutNow,
        out: &mut Out<Self>,
    ) -> Rows {
        let follows = matches!(state.role, Role::Follower { .. });
        if !follows || !(self.rules.heeds_timeout_now)(order.term, state.term()) {
            return Row::TimeoutNowIsLate.into();
        }
        let asks_first = (self.rules.asks_first)(self.config.pre_vote, state.term(), true);
        let state = state.to_mut();
        Row::TargetCampaigns
            | match asks_first {
                true => self.pre_campaign(id, state, out),
                false => self.campaign(id, state, Some(leader), out),
            }
    }
}
