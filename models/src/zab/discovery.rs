//! Phase 1: discovery. A leader chooses an epoch after every one that a quorum has promised; the quorum
//! promises it, and none of it knows more than the leader.

use super::config::Timing;
use super::marks::{Row, Rows};
use super::message::Message;
use super::rules::Promise;
use super::server::{Server, Timer};
use super::state::{Epoch, FollowerPhase, LeaderPhase, Progress, Role, State, Stop, Zxid};
use crate::session::{End, Side};
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::collections::BTreeSet;

impl Server {
    /// A follower opens a session. Zab l.1.1, l.3.3.
    pub(super) fn on_follower_info(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        accepted: Epoch,
        out: &mut Out<Self>,
    ) -> Rows {
        let (peer, side) = (src, Side::Acceptor);
        if state.sessions().contains(&End { peer, side }) {
            return self.stop(id, state.to_mut(), Stop::OutOfPhase, out);
        }
        let state = state.to_mut();
        if state.leadership().is_some() {
            return self.connect(id, state, src, accepted, out);
        }
        if state.waits_for_election(src, accepted) {
            return Row::T41ComesEarly.into();
        }
        out.send(src, Message::Close(side));
        Row::T41Refuses.into()
    }

    /// A follower's session with this leader begins.
    pub(super) fn connect(
        &self,
        id: Id,
        state: &mut State,
        src: Id,
        accepted: Epoch,
        out: &mut Out<Self>,
    ) -> Rows {
        let Role::Leading(leadership) = &mut state.role else {
            unreachable!("it leads")
        };
        leadership.followers.insert(src, Progress::Connected);
        let patience = Timing::exactly(self.config.timing.init);
        out.set_timer(Timer::Drop(src.into()), patience);
        match &mut leadership.phase {
            LeaderPhase::Connecting {
                connecting,
                highest,
            } => {
                connecting.insert(src);
                *highest = (self.rules.highest)(*highest, accepted);
                self.offer_epoch(id, state, out)
            }
            LeaderPhase::Electing { epoch, .. }
            | LeaderPhase::Synchronization { epoch, .. }
            | LeaderPhase::Broadcast { epoch, .. } => {
                out.send(src, Message::LeaderInfo { epoch: *epoch });
                Row::T21cOffersEpochAgain.into()
            }
        }
    }

    /// Chooses an epoch and offers it, once a quorum has said what it has promised. Zab l.1.1.
    pub(super) fn offer_epoch(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let Role::Leading(leadership) = &mut state.role else {
            unreachable!("only a leader offers an epoch")
        };
        let epoch = match &leadership.phase {
            LeaderPhase::Connecting {
                connecting,
                highest,
            } if (self.rules.elects)(connecting.len(), self.config.servers) => highest.next(),
            _ => return Row::T21aConnects.into(),
        };
        let Some(epoch) = epoch else {
            return Row::T21dNoEpochIsLeft | self.look(id, state, out);
        };
        self.wait_for_other_side(out);
        let electing = BTreeSet::from([id]);
        leadership.phase = LeaderPhase::Electing { epoch, electing };
        let promised = &mut state.persistent.accepted_epoch;
        *promised = (self.rules.leader_promises)(*promised, epoch);
        for follower in leadership.followers.keys() {
            out.send(*follower, Message::LeaderInfo { epoch });
        }
        Row::T21bOffersEpoch | self.win_epoch(id, state, out)
    }

    /// A leader offers an epoch. Zab f.1.2.
    pub(super) fn on_leader_info(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        epoch: Epoch,
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        if !state.follows(src, FollowerPhase::Discovery) {
            return self.stop(id, state, Stop::OutOfPhase, out);
        }
        let persistent = &mut state.persistent;
        let (row, current) = match (self.rules.promises)(epoch, persistent.accepted_epoch) {
            Promise::Refused => return Row::T42aEpochIsOld | self.look(id, state, out),
            Promise::Repeated => (Row::T42cHasPromised, None),
            Promise::Given => (Row::T42bPromises, Some(persistent.current_epoch)),
        };
        persistent.accepted_epoch = epoch;
        let last = (self.rules.end)(state);
        state.enter(FollowerPhase::Synchronization);
        let message = Message::AckEpoch {
            epoch,
            current,
            last,
        };
        out.send(src, message);
        row.into()
    }

    /// A follower answers the offer. Zab l.1.2, l.3.3.
    pub(super) fn on_ack_epoch(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (epoch, current, last): (Epoch, Option<Epoch>, Zxid),
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        if !state.has_session(src, epoch, Progress::Connected) {
            return self.stop(id, state, Stop::OutOfPhase, out);
        }
        let own = (state.persistent.current_epoch, (self.rules.end)(state));
        let Role::Leading(leadership) = &mut state.role else {
            unreachable!("it leads")
        };
        leadership.followers.insert(src, Progress::Promised(last));
        let LeaderPhase::Electing { electing, .. } = &mut leadership.phase else {
            return Row::T23Promises | self.synchronize(state, src, last, out);
        };
        match current {
            None => Row::T22aIsNotCounted.into(),
            Some(current) if (self.rules.is_ahead)((current, last), own) => {
                Row::T22bAbandons | self.look(id, state, out)
            }
            Some(_) => {
                electing.insert(src);
                self.win_epoch(id, state, out)
            }
        }
    }
}
