//! Recovery: those who come from the same old ring make what they have of it equal, before the new ring is
//! installed.

use super::flow::Flow;
use super::marks::{Row, Rows};
use super::message::{Body, CommitToken, Message, Regular, Token};
use super::processor::Processor;
use super::state::{Phase, Recovery, Ring, State};
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Visits in a row without the flag are counted up to here.
const CLEAR_MAX: u8 = 3;

impl Processor {
    /// Begins the recovery, with what all members bring along.
    pub(super) fn recover(
        &self,
        id: Id,
        state: &mut State,
        token: &CommitToken,
        out: &mut Out<Self>,
    ) -> Rows {
        self.pass_commit(id, token, out);
        let old = &state.installed;
        let origin = (old.ring.id, &old.ring.members[..]);
        let entries = token.members.iter().zip(&token.entries);
        let together = entries
            .filter(|(member, entry)| (self.rules.is_together)((**member, id), entry, origin))
            .map(|(member, entry)| (*member, entry));
        let together: Vec<_> = together.collect();
        let members: BTreeSet<Id> = together.iter().map(|(member, _)| *member).collect();
        let before = together.iter().flat_map(|(_, entry)| &entry.obligation);
        let before: BTreeSet<Id> = before.copied().collect();
        let arus: Vec<u64> = together.iter().map(|(_, entry)| entry.aru).collect();
        let delivered = together.iter().map(|(_, entry)| entry.delivered).max();
        let from = (self.rules.exchanged_from)(&arus);
        let mut ring = Ring::new(token.ring, token.members.clone());
        if self.config.resends {
            ring.turn.sent = Some(Box::new(Message::Commit(token.clone())));
        }
        state.phase = Phase::Recovery(Box::new(Recovery {
            ring,
            obligation: (self.rules.obligation)(&members, &before),
            together: members,
            delivered: delivered.unwrap_or_default(),
            queue: old.ring.store.after(from).cloned().collect(),
            begun: false,
            termination: std::mem::take(&mut state.left),
        }));
        Rows::NONE
    }

    /// Sends the first regular token of the ring.
    pub(super) fn begin(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        if let Phase::Recovery(recovery) = &mut state.phase {
            recovery.begun = true;
            let retrans = !recovery.queue.is_empty();
            recovery.termination.has_set |= retrans;
            let token = Token {
                ring: recovery.ring.id,
                hop: 0,
                seq: 0,
                aru: (self.rules.first_aru)(),
                aru_by: Some(id),
                retrans,
                missing: BTreeSet::new(),
                flow: Flow::default(),
            };
            self.pass_on(id, &mut recovery.ring, token, out);
        }
        Row::R9Begins.into()
    }

    /// A message of the old ring comes again. Others that would have sent it need not.
    pub(super) fn on_recovered(&self, state: &mut Cow<'_, State>, regular: Arc<Regular>) -> Rows {
        let Phase::Recovery(recovery) = &state.phase else {
            return Rows::NONE;
        };
        if recovery.ring.store.has(regular.seq) {
            return Row::O4IsThere.into();
        }
        if let Phase::Recovery(recovery) = &mut state.to_mut().phase {
            if let Body::Copy(copy) = &regular.body
                && (self.rules.prunes)()
            {
                recovery.queue.retain(|own| own != copy);
            }
            recovery.ring.store.insert(regular);
        }
        Row::R3Receives.into()
    }

    /// The visit of the token. The ring is installed after it, so that nothing of its own is sent in it
    /// before everyone has installed it.
    pub(super) fn visit_recovery(
        &self,
        id: Id,
        state: &mut State,
        mut token: Token,
        out: &mut Out<Self>,
    ) -> Rows {
        let Phase::Recovery(recovery) = &mut state.phase else {
            return Rows::NONE;
        };
        let Recovery { ring, queue, .. } = &mut **recovery;
        let waiting = queue.len();
        let application = &mut state.queue;
        let again = || match queue.pop_front() {
            Some(copy) => Some(Body::Copy(copy)),
            None if (self.rules.sends_in_recovery)() => {
                application.pop_front().map(Body::Application)
            }
            None => None,
        };
        let mut rows = Row::R1Visit | self.take_turn(id, ring, &mut token, (waiting, again), out);
        if let Some(deaf) = self.deaf(id, ring, &token) {
            return rows | self.leave_deaf(id, state, deaf, out);
        }
        self.terminate(recovery, &mut token);
        let termination = &recovery.termination;
        let has_all = termination.end <= recovery.ring.store.aru();
        let is_assured = self.rules.clear_visits <= termination.clear && has_all;
        if (self.rules.is_obliging)(is_assured) {
            let obligation = (self.rules.taken_on)(&recovery.together, &recovery.obligation);
            state.installed.obligation = obligation;
        }
        if !(self.rules.is_over)(termination) {
            self.pass_on(id, &mut recovery.ring, token, out);
            return rows;
        }
        rows |= self.install(id, state, out);
        let (ring, queue) = (&mut state.installed.ring, &mut state.queue);
        if (self.rules.sends_at_install)() {
            let waiting = queue.len();
            let own = || queue.pop_front().map(Body::Application);
            rows |= self.take_turn(id, ring, &mut token, (waiting, own), out);
        }
        self.pass_on(id, ring, token, out);
        rows
    }

    /// Counts towards the end of the recovery. Only the processor that has set the flag clears it. So after
    /// two visits without the flag, nobody had anything to send again in between, and no message follows.
    fn terminate(&self, recovery: &mut Recovery, token: &mut Token) {
        let Recovery {
            ring,
            queue,
            termination,
            ..
        } = recovery;
        if !queue.is_empty() {
            termination.has_set |= !token.retrans;
            token.retrans = true;
        } else if token.retrans && (self.rules.clears)(termination.has_set) {
            token.retrans = false;
            termination.has_set = (self.rules.has_set_still)();
        }
        let needed = self.rules.clear_visits;
        termination.clear = match token.retrans {
            true => (self.rules.still_clear)(termination.clear),
            false => (termination.clear + 1).min(CLEAR_MAX),
        };
        if termination.clear == needed && !token.retrans {
            termination.end = token.seq;
        }
        let is_complete = (self.rules.is_complete)(ring.store.aru(), token.aru, termination.end);
        termination.complete = match needed < termination.clear && is_complete {
            true => termination.complete + 1,
            false => 0,
        };
    }

    /// The recovery fails.
    pub(super) fn abandon(&self, state: &mut State, recovery: &Recovery) -> Rows {
        state.left = (self.rules.left)(&recovery.termination);
        if (self.rules.keeps_recovered)() {
            self.take_recovered(state, recovery);
        }
        Row::R11Fails.into()
    }

    /// Takes the messages that were exchanged into the old ring.
    pub(super) fn take_recovered(&self, state: &mut State, recovery: &Recovery) {
        let old = &mut state.installed.ring;
        for regular in recovery.ring.store.iter() {
            if let Body::Copy(copy) = &regular.body
                && (self.rules.takes)(copy.ring, old.id)
                && !old.store.has(copy.seq)
            {
                old.store.insert(copy.clone());
            }
        }
    }
}
