//! The formation of a ring: the commit token goes round it twice. In the first rotation each member writes
//! the ring's number, and adds what it brings along; in the second each learns what all the others do.

use super::marks::{Row, Rows};
use super::message::{CommitToken, Entry, Message};
use super::processor::{Processor, Timer};
use super::state::{Phase, State, successor};
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Processor {
    /// Agrees to a ring.
    pub(super) fn commit(
        &self,
        id: Id,
        state: &mut State,
        mut token: CommitToken,
        out: &mut Out<Self>,
    ) -> Rows {
        let installed = &state.installed;
        token.entries.push(Entry {
            ring: installed.ring.id,
            aru: installed.ring.store.aru(),
            delivered: installed.delivered,
            obligation: installed.obligation.clone(),
        });
        state.ring = token.ring;
        state.number_max = state.number_max.max(token.ring.number);
        let number = state.persistent.number;
        state.persistent.number = (self.rules.stored)(number, token.ring.number);
        out.cancel_timer(Timer::Join);
        out.cancel_timer(Timer::Consensus);
        self.pass_commit(id, &token, out);
        state.phase = Phase::Commit {
            members: token.members.clone(),
            sent: self.config.resends.then_some(token),
        };
        Row::G6Commits.into()
    }

    /// Sends a commit token on.
    pub(super) fn pass_commit(&self, id: Id, token: &CommitToken, out: &mut Out<Self>) {
        let next = successor(&token.members, id);
        out.send(next, Message::Commit(token.clone()));
        self.arm_for_token(out);
    }

    /// The token has to come back, or is sent again.
    pub(super) fn arm_for_token(&self, out: &mut Out<Self>) {
        self.arm(Timer::Loss, out);
        if self.config.resends {
            self.arm(Timer::Resend, out);
        }
    }

    pub(super) fn on_commit(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        token: CommitToken,
        out: &mut Out<Self>,
    ) -> Rows {
        match &state.phase {
            Phase::Operational { .. } | Phase::Gone => Row::O9IsNotExpected.into(),
            Phase::Gather { .. } => {
                let is_next = token.members.get(token.entries.len()) == Some(&id);
                let is_agreed = (self.rules.is_agreed)(&state.candidates(), &token.members);
                if !is_next || !is_agreed || token.ring.number <= state.ring.number {
                    return Row::G7IsAnother.into();
                }
                self.commit(id, state.to_mut(), token, out)
            }
            Phase::Commit { .. } if token.ring == state.ring && token.is_complete() => {
                Row::C1Recovers | self.recover(id, state.to_mut(), &token, out)
            }
            Phase::Commit { .. } => Row::C2IsAnother.into(),
            Phase::Recovery(recovery) => {
                let represents = state.ring.representative == id;
                let begins = (self.rules.begins)(recovery.begun);
                if !represents || token.ring != state.ring || !begins {
                    return Row::R8IsLate.into();
                }
                self.begin(id, state.to_mut(), out)
            }
        }
    }
}
