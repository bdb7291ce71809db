//! Operational: the token goes round the ring, and its holder sends. The order of the token is the order of
//! all messages.

use super::flow::Flow;
use super::log::pack;
use super::marks::{Row, Rows};
use super::message::{Body, Content, Message, Payload, Regular, Service, Token, application};
use super::processor::{Processor, Timer};
use super::state::{Phase, Ring, RingId, State, successor};
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::sync::Arc;

impl Processor {
    pub(super) fn on_token(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        token: Token,
        out: &mut Out<Self>,
    ) -> Rows {
        let (ring, own) = match &state.phase {
            Phase::Operational { .. } => (&state.installed.ring, state.installed.ring.id),
            Phase::Recovery(recovery) => (&recovery.ring, recovery.ring.id),
            Phase::Gather { .. } if (self.rules.serves_late)() => {
                (&state.installed.ring, state.ring)
            }
            Phase::Gather { .. } | Phase::Gone => return Row::G1IsLate.into(),
            Phase::Commit { .. } => return Row::C6IsLate.into(),
        };
        let is_new = (self.rules.is_new)(token.hop, ring.turn.hop, self.config.hops);
        let is_own = token.ring == own;
        if !is_own || !is_new {
            if is_own && (self.rules.repeating_postpones_loss)() {
                self.arm(Timer::Loss, out);
            }
            return match state.phase {
                Phase::Recovery(_) => Row::R2IsNotNew.into(),
                _ => Row::O2IsNotNew.into(),
            };
        }
        let is_idle = is_idle(id, state, &token);
        let state = state.to_mut();
        match &mut state.phase {
            Phase::Recovery(_) => self.visit_recovery(id, state, token, out),
            Phase::Operational { held } if is_idle => {
                state.installed.ring.turn.hop = Some(token.hop);
                *held = Some(token);
                out.cancel_timer(Timer::Loss);
                out.cancel_timer(Timer::Resend);
                self.arm(Timer::Hold, out);
                Row::O1Holds.into()
            }
            _ => self.visit(id, state, token, out),
        }
    }

    /// The visit of the token.
    fn visit(&self, id: Id, state: &mut State, mut token: Token, out: &mut Out<Self>) -> Rows {
        let mut rows = Rows::from(Row::O1Visit);
        let (ring, queue) = (&mut state.installed.ring, &mut state.queue);
        let seen = (token.aru, ring.turn.aru);
        let stable = (self.rules.discards)(seen, state.installed.delivered);
        if ring.store.discarded() < stable {
            ring.store.discard(stable);
            rows |= Row::Discards;
        }
        let waiting = queue.len();
        let own = || pack(queue, self.config.bytes_per_message).map(Body::Application);
        rows |= self.take_turn(id, ring, &mut token, (waiting, own), out);
        if let Some(deaf) = self.deaf(id, ring, &token) {
            return rows | self.leave_deaf(id, state, deaf, out);
        }
        self.pass_on(id, ring, token, out);
        rows | self.deliver(state, out)
    }

    /// A turn with the token of any ring: the processor sends missing messages again, asks for those that it
    /// misses, sends its own, of which so many wait, and tells what it has.
    pub(super) fn take_turn(
        &self,
        id: Id,
        ring: &mut Ring,
        token: &mut Token,
        (waiting, mut own): (usize, impl FnMut() -> Option<Body>),
        out: &mut Out<Self>,
    ) -> Rows {
        let mut rows = Rows::NONE;
        ring.turn.safe = (self.rules.safe)(token.aru, ring.turn.aru);
        let before = std::mem::replace(&mut ring.turn.aru, token.aru);
        let allowed = self.allowed(token.flow, ring.turn.flow, waiting);
        let mut sent = 0;
        rows |= self.end_requests(ring, token);
        for seq in token.missing.clone() {
            let held = ring.store.get(seq).filter(|_| sent < allowed);
            if let Some(regular) = held {
                self.multicast(id, Message::Regular(regular.clone()), out);
                token.missing.remove(&seq);
                sent += 1;
                rows |= Row::SendsAgain;
            }
        }
        rows |= self.ask(ring, token);
        for body in std::iter::from_fn(&mut own).take(allowed - sent) {
            sent += 1;
            token.seq = (self.rules.next_place)(token.seq);
            rows |= self.send(id, ring, (token.seq, body), out);
        }
        let aru = ring.store.aru();
        if (self.rules.sets_aru)(aru, token, id) {
            token.aru = aru;
            token.aru_by = (aru < token.seq).then_some(id);
        }
        self.account(ring, token, (before, sent, waiting));
        ring.turn.hop = Some(token.hop);
        token.hop += 1;
        if let Some(hops) = self.config.hops {
            token.hop %= hops;
        }
        rows
    }

    /// Forgets requests for what everyone has: nobody might have it any more who could send it again.
    fn end_requests(&self, ring: &Ring, token: &mut Token) -> Rows {
        let everyone = ring.turn.safe.min(ring.store.aru());
        let before = token.missing.len();
        let is_asked_for = self.rules.is_asked_for;
        token.missing.retain(|seq| is_asked_for(*seq, everyone));
        match token.missing.len() < before {
            true => Row::ForgetsRequest.into(),
            false => Rows::NONE,
        }
    }

    /// Asks for what is missing here, as far as the token has room.
    fn ask(&self, ring: &Ring, token: &mut Token) -> Rows {
        let upto = (self.rules.asks_up_to)(ring.store.last(), token.seq);
        let room = self.config.missing_max.saturating_sub(token.missing.len());
        let is_new = |seq: &u64| !token.missing.contains(seq);
        let new: Vec<u64> = (ring.store.missing(upto).filter(is_new).take(room)).collect();
        if new.is_empty() {
            return Rows::NONE;
        }
        token.missing.extend(new);
        Row::AsksFor.into()
    }

    /// Counts what was sent at a visit and waited before it, where that is bounded; and whether the aru has
    /// risen since the visit before, where somebody may be deaf.
    fn account(
        &self,
        ring: &mut Ring,
        token: &mut Token,
        (aru, sent, waiting): (u64, usize, usize),
    ) {
        if self.config.window.is_some() {
            let sent = (self.rules.counted)(sent);
            let now = Flow { sent, waiting };
            let before = std::mem::replace(&mut ring.turn.flow, now);
            token.flow.replace(before, now);
        }
        if let Some(visits) = self.config.stalled_visits {
            let stalls = token.aru == aru && token.aru_by.is_some();
            let before = if stalls { ring.turn.stalled } else { 0 };
            let now = before.saturating_add(u16::from(stalls));
            ring.turn.stalled = now.min(visits.saturating_add(1));
        }
    }

    /// The member that holds the aru down, if it has not risen for too long: that one does not receive.
    pub(super) fn deaf(&self, id: Id, ring: &Ring, token: &Token) -> Option<Id> {
        let visits = self.config.stalled_visits?;
        let is_too_long = visits < ring.turn.stalled;
        is_too_long.then(|| (self.rules.deaf)(token.aru_by, id))?
    }

    /// A member that receives nothing has failed.
    pub(super) fn leave_deaf(
        &self,
        id: Id,
        state: &mut State,
        deaf: Id,
        out: &mut Out<Self>,
    ) -> Rows {
        state.fails.insert(deaf);
        Row::O1LeavesDeaf | self.gather(id, state, out) | self.try_form(id, state, out)
    }

    /// Gives a message its place.
    fn send(&self, id: Id, ring: &mut Ring, (seq, body): (u64, Body), out: &mut Out<Self>) -> Rows {
        let is_own = matches!(body, Body::Application(_));
        let regular = Regular {
            ring: ring.id,
            seq,
            body,
        };
        let regular = Arc::new(regular);
        ring.store.insert(regular.clone());
        self.multicast(id, Message::Regular(regular.clone()), out);
        if is_own {
            out.send(application(), Message::Originated(regular));
        }
        Row::Sends.into()
    }

    /// Sends the token on.
    pub(super) fn pass_on(&self, id: Id, ring: &mut Ring, token: Token, out: &mut Out<Self>) {
        let token = Message::Token(token);
        ring.turn.sent = self.config.resends.then(|| Box::new(token.clone()));
        out.send(ring.successor(id), token);
        self.arm_for_token(out);
    }

    /// Delivers what can be delivered. A message that is not safe yet holds up all that follow it.
    fn deliver(&self, state: &mut State, out: &mut Out<Self>) -> Rows {
        let mut rows = Rows::NONE;
        let installed = &mut state.installed;
        while let Some(regular) = installed.ring.store.get(installed.delivered + 1) {
            let Body::Application(content) = &regular.body else {
                installed.delivered += 1;
                continue;
            };
            if content.service == Service::Safe && installed.ring.turn.safe < regular.seq {
                break;
            }
            installed.delivered += 1;
            out.send(application(), Message::Delivered(regular.clone()));
            rows |= Row::Delivers;
        }
        rows
    }

    pub(super) fn on_regular(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        regular: Arc<Regular>,
        out: &mut Out<Self>,
    ) -> Rows {
        let is_of = |ring: &Ring| (self.rules.is_of)(regular.ring, ring.id);
        match &state.phase {
            Phase::Operational { .. } if is_of(&state.installed.ring) => {
                if state.installed.ring.store.has(regular.seq) {
                    return Row::O4IsThere.into();
                }
                let state = state.to_mut();
                state.installed.ring.store.insert(regular);
                Row::O3Receives | self.deliver(state, out)
            }
            Phase::Gather { .. } if is_of(&state.installed.ring) && !state.has_left() => {
                if state.installed.ring.store.has(regular.seq) {
                    return Row::O4IsThere.into();
                }
                state.to_mut().installed.ring.store.insert(regular);
                Row::G2Receives.into()
            }
            Phase::Operational { .. } | Phase::Gather { .. } => {
                self.on_foreign(id, state, src, regular.ring, out)
            }
            Phase::Recovery(recovery) if is_of(&recovery.ring) => self.on_recovered(state, regular),
            Phase::Commit { .. } => Row::C6IsLate.into(),
            Phase::Recovery(_) | Phase::Gone => Row::R4IsLate.into(),
        }
    }

    /// A message of a foreign ring. One of an earlier ring of a member says nothing.
    fn on_foreign(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        ring: RingId,
        out: &mut Out<Self>,
    ) -> Rows {
        let is_known = !state.is_operational() && state.procs.contains(&src);
        if !self.config.foreign_messages || state.is_past(src, ring) || is_known {
            return Row::O5IsIgnored.into();
        }
        Row::O5IsForeign | self.meet(id, state, src, out)
    }

    /// An application has something to send.
    pub(super) fn submit(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        (service, payload): (Service, Payload),
        out: &mut Out<Self>,
    ) -> Rows {
        let is_first = state.queue.is_empty();
        let state = state.to_mut();
        state.queue.push_back(Content {
            sender: id,
            service,
            payload,
        });
        let representative = state.ring.representative;
        match &mut state.phase {
            Phase::Operational { held } => match held.take() {
                Some(token) => {
                    out.cancel_timer(Timer::Hold);
                    Row::O16Sends | self.visit(id, state, token, out)
                }
                None if is_first && representative != id => {
                    out.send(representative, Message::Wake(state.ring));
                    Row::O16Wakes.into()
                }
                None => Row::O16Queues.into(),
            },
            _ => Row::O16Queues.into(),
        }
    }

    /// Someone waits for the token.
    pub(super) fn on_wake(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        ring: RingId,
        out: &mut Out<Self>,
    ) -> Rows {
        match &state.phase {
            Phase::Operational { held: Some(_) } if ring == state.ring => {
                Row::O12Wakes | self.on_hold(id, state, out)
            }
            _ => Row::O12IsNotHeld.into(),
        }
    }

    /// The token was held long enough.
    pub(super) fn on_hold(&self, id: Id, state: &mut Cow<'_, State>, out: &mut Out<Self>) -> Rows {
        let state = state.to_mut();
        let Phase::Operational { held } = &mut state.phase else {
            return Rows::NONE;
        };
        let Some(token) = held.take() else {
            return Rows::NONE;
        };
        out.cancel_timer(Timer::Hold);
        Row::O18Releases | self.visit(id, state, token, out)
    }

    /// The token that was sent last is sent again.
    pub(super) fn on_resend(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
    ) -> Rows {
        self.arm(Timer::Resend, out);
        let ring = match &state.phase {
            Phase::Operational { .. } => &state.installed.ring,
            Phase::Recovery(recovery) => &recovery.ring,
            Phase::Commit {
                sent: Some(token), ..
            } => {
                let next = successor(&token.members, id);
                out.send(next, Message::Commit(token.clone()));
                if (self.rules.resending_postpones_loss)() {
                    self.arm(Timer::Loss, out);
                }
                return Row::C8Resends.into();
            }
            Phase::Commit { .. } | Phase::Gather { .. } | Phase::Gone => return Rows::NONE,
        };
        if let Some(token) = &ring.turn.sent {
            out.send(ring.successor(id), (**token).clone());
        }
        Row::O14Resends.into()
    }

    /// The representative announces its ring.
    pub(super) fn on_merge_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
    ) -> Rows {
        self.arm(Timer::Merge, out);
        self.multicast(id, Message::Merge(state.ring), out);
        Row::O15Announces.into()
    }
}

/// Whether nobody in the ring of this representative has anything to send, and everyone knows that everyone
/// has everything.
fn is_idle(id: Id, state: &State, token: &Token) -> bool {
    let is_representative = state.ring.representative == id;
    let is_discarded = state.installed.ring.store.discarded() == token.seq;
    is_representative && is_discarded && state.queue.is_empty()
}
