//! Heartbeats, in both directions: the leader's ping, and its answer. A server that is silent for long
//! enough is given up. ZooKeeper, PING.

use super::config::Timing;
use super::marks::{Row, Rows};
use super::message::Message;
use super::reads::Reads;
use super::server::{Server, Timer};
use super::state::{FollowerPhase, LeaderPhase, Leadership, Role, State, Stop};
use crate::session::Side;
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Server {
    /// A message in a session shows that its sender is up: the timer that gives it up starts anew.
    pub(super) fn hear(&self, state: &State, src: Id, by: Side, out: &mut Out<Self>) {
        let timing = &self.config.timing;
        match &state.role {
            Role::Following { leader, phase, .. } if *leader == src && by == Side::Acceptor => {
                let patience = match phase {
                    FollowerPhase::Broadcast => timing.sync,
                    _ => timing.init,
                };
                if (self.rules.arms)(Timer::GiveUp) {
                    out.set_timer(Timer::GiveUp, Timing::exactly(patience));
                }
            }
            Role::Leading(leadership) if by == Side::Opener => {
                let patience = match leadership.followers.get(&src) {
                    None => return,
                    Some(progress) if progress.is_synchronized() => timing.sync,
                    Some(_) => timing.init,
                };
                out.set_timer(Timer::Drop(src.into()), Timing::exactly(patience));
            }
            _ => {}
        }
    }

    /// Asks the followers whether they are there.
    pub(super) fn ping(&self, out: &mut Out<Self>) {
        if (self.rules.arms)(Timer::Ping) {
            out.set_timer(Timer::Ping, Timing::exactly(self.config.timing.ping));
        }
    }

    /// Asks each follower that was sent NEWLEADER whether it is there.
    pub(super) fn ask_followers(&self, leadership: &Leadership, out: &mut Out<Self>) {
        let read = leadership.reads().map_or(0, Reads::last_to_confirm);
        for (follower, progress) in &leadership.followers {
            if (self.rules.is_forwarded)(*progress) {
                out.send(*follower, Message::Ping { read });
            }
        }
    }

    /// It is time to ask again. While there is a quorum of sessions, the leader stays.
    pub(super) fn on_ping_timeout(&self, state: &State, out: &mut Out<Self>) -> Rows {
        let leadership = state.leadership().filter(|_| state.broadcasts().is_some());
        let Some(leadership) = leadership else {
            return Row::TimerIsOld.into();
        };
        self.ping(out);
        self.ask_followers(leadership, out);
        let there = 1 + leadership.synchronized().len();
        if !(self.rules.stays)(there, self.config.servers) {
            return Row::T28HasNoQuorum.into();
        }
        out.set_timer(Timer::GiveUp, Timing::exactly(self.config.timing.sync));
        Row::T28Pings.into()
    }

    /// The leader asks whether a follower is there.
    pub(super) fn on_ping(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        read: u32,
        out: &mut Out<Self>,
    ) -> Rows {
        let phases = [FollowerPhase::Synchronized, FollowerPhase::Broadcast];
        if !phases.iter().any(|phase| state.follows(src, *phase)) {
            return self.stop(id, state.to_mut(), Stop::OutOfPhase, out);
        }
        out.send(src, Message::Pong { read });
        Row::T52Answers.into()
    }

    /// A follower is there. While a history is handed over to a quorum, the leader goes on.
    pub(super) fn on_pong(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        read: u32,
        out: &mut Out<Self>,
    ) -> Rows {
        let leadership = state.leadership();
        let Some(leadership) = leadership.filter(|it| it.followers.contains_key(&src)) else {
            return self.stop(id, state.to_mut(), Stop::OutOfPhase, out);
        };
        let there = 1 + leadership.followers.len();
        let is_handing_over = matches!(leadership.phase, LeaderPhase::Synchronization { .. });
        if is_handing_over && (self.rules.stays)(there, self.config.servers) {
            self.wait_for_other_side(out);
        }
        match leadership.reads().is_some_and(Reads::waits_for_answers) {
            true => Row::T33Hears | self.count_answer(id, state.to_mut(), src, read, out),
            false => Row::T33Hears.into(),
        }
    }
}
