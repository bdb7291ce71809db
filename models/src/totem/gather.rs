//! Gather: processors find out who is there, and agree on the members of a new ring.

use super::marks::{Row, Rows};
use super::message::{CommitToken, Message};
use super::processor::{Processor, Timer};
use super::state::{Phase, RingId, State, Turn};
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// By so much the number of a new ring is larger than all before it. A start adds 1.
const STEP: u64 = 4;

impl Processor {
    /// Begins to look for others: with itself, and those who are considered already.
    pub(super) fn gather(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let before = match &state.phase {
            Phase::Gather { consensus } => consensus.clone(),
            _ => BTreeSet::new(),
        };
        let consensus = (self.rules.still_agree)(&before, id);
        let mut rows = Rows::from(Row::G0Gathers);
        let before = std::mem::replace(&mut state.phase, Phase::Gather { consensus });
        if matches!(before, Phase::Commit { .. } | Phase::Recovery(_)) {
            state.ring = (self.rules.last_known)(state.ring, state.installed.ring.id);
        }
        if let Phase::Recovery(recovery) = before {
            rows |= self.abandon(state, &recovery);
        }
        state.installed.ring.turn = Turn::default();
        state.procs.insert(id);
        for timer in [Timer::Loss, Timer::Resend, Timer::Merge, Timer::Hold] {
            out.cancel_timer(timer);
        }
        self.arm(Timer::Join, out);
        self.arm(Timer::Consensus, out);
        self.send_join(id, state, out);
        rows
    }

    /// Forms a ring, if all who are considered agree and this is the one who forms it.
    pub(super) fn try_form(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let Phase::Gather { consensus } = &state.phase else {
            return Rows::NONE;
        };
        let members = state.candidates();
        let representative = (self.rules.representative)(&state.procs, &state.fails);
        let is_agreed = members.is_subset(consensus) && (self.rules.is_enough)(members.len());
        if !is_agreed || representative != Some(id) {
            return Rows::NONE;
        }
        let ring = RingId {
            number: state.number_max + STEP,
            representative: id,
        };
        let token = CommitToken {
            ring,
            members: members.into_iter().collect(),
            entries: Vec::new(),
        };
        Row::G5Forms | self.commit(id, state, token, out)
    }

    pub(super) fn on_join(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (procs, fails, number): (BTreeSet<Id>, BTreeSet<Id>, u64),
        out: &mut Out<Self>,
    ) -> Rows {
        if state.number_max < number {
            state.to_mut().number_max = number;
        }
        if !procs.contains(&src) {
            return self.on_leave(id, state, src, number, out);
        }
        let is_member = state.members().contains(&src);
        let is_excluded = fails.contains(&id);
        let row = match &state.phase {
            Phase::Operational { .. } if is_excluded && !(self.rules.heeds_exclusion)() => {
                return Row::O6IsExcluded.into();
            }
            Phase::Operational { .. } if is_member && number < state.ring.number => {
                return Row::O7IsOld.into();
            }
            Phase::Operational { .. } => {
                let knows_less = procs.is_subset(&state.procs) && fails.is_subset(&state.fails);
                if knows_less && !(self.rules.heeds_less)() {
                    return Row::O7IsOld.into();
                }
                Row::O8Joins
            }
            Phase::Gather { .. } => return self.consider(id, state, src, (procs, fails), out),
            Phase::Commit { .. } | Phase::Recovery(_) => {
                if !is_member || (self.rules.is_before)(number, state.ring.number) {
                    return Row::C4IsOld.into();
                }
                Row::C3IsOver
            }
            Phase::Gone => return Row::O17IsGone.into(),
        };
        row | self.consider(id, state, src, (procs, fails), out)
    }

    /// Merges the sets of another processor with this one's. After any change, all have to agree anew; this
    /// Join counts already.
    fn consider(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        (procs, fails): (BTreeSet<Id>, BTreeSet<Id>),
        out: &mut Out<Self>,
    ) -> Rows {
        let row = if (&procs, &fails) == (&state.procs, &state.fails) {
            Row::J1Agrees
        } else if procs.is_subset(&state.procs) && fails.is_subset(&state.fails) {
            Row::J2KnowsLess
        } else if state.fails.contains(&src) {
            Row::J3HasFailed
        } else if fails.contains(&id) && (self.rules.fails_in_turn)() {
            state.to_mut().procs.extend(&procs);
            state.to_mut().fails.insert(src);
            Row::J4FailsInTurn
        } else {
            state.to_mut().procs.extend(&procs);
            state.to_mut().fails.extend(&fails);
            Row::J5Considers
        };
        let mut rows = Rows::from(row);
        let changes = matches!(row, Row::J4FailsInTurn | Row::J5Considers);
        if changes || !matches!(state.phase, Phase::Gather { .. }) {
            rows |= self.gather(id, state.to_mut(), out);
        }
        let agrees = (&procs, &fails) == (&state.procs, &state.fails);
        let is_new =
            matches!(&state.phase, Phase::Gather { consensus } if !consensus.contains(&src));
        if agrees
            && is_new
            && let Phase::Gather { consensus } = &mut state.to_mut().phase
        {
            consensus.insert(src);
        }
        // Who is given up gives up in turn, and may be alone then: there is nobody to wait for.
        if agrees && is_new || row == Row::J4FailsInTurn {
            rows |= self.try_form(id, state.to_mut(), out);
        }
        rows
    }

    /// A ring is announced.
    pub(super) fn on_merge(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        ring: RingId,
        out: &mut Out<Self>,
    ) -> Rows {
        match state.phase {
            Phase::Operational { .. } if ring == state.ring => Row::O10IsOwn.into(),
            Phase::Operational { .. } if state.is_past(src, ring) => Row::O10IsPast.into(),
            Phase::Operational { .. } => Row::O11IsForeign | self.meet(id, state, src, out),
            Phase::Gather { .. } if state.procs.contains(&src) => Row::G4IsKnown.into(),
            Phase::Gather { .. } => Row::O11IsForeign | self.meet(id, state, src, out),
            Phase::Commit { .. } | Phase::Recovery(_) | Phase::Gone => Row::C6IsLate.into(),
        }
    }

    /// Considers someone for a new ring.
    pub(super) fn meet(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        stranger: Id,
        out: &mut Out<Self>,
    ) -> Rows {
        let state = state.to_mut();
        state.procs.insert(stranger);
        self.gather(id, state, out)
    }

    /// The token is lost, or the commit token does not come.
    pub(super) fn on_loss(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        match state.phase {
            Phase::Gather { .. } => self.fail_those_who_disagree(id, state, out),
            _ => Row::O13Loses | self.gather(id, state, out) | self.try_form(id, state, out),
        }
    }

    pub(super) fn on_join_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
    ) -> Rows {
        self.send_join(id, state, out);
        self.arm(Timer::Join, out);
        Row::G9JoinsAgain.into()
    }

    /// The consensus timer: those that do not agree have failed. If all agree, the commit token has to come.
    pub(super) fn on_consensus(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let candidates = state.candidates();
        match &mut state.phase {
            Phase::Gather { consensus } if candidates.is_subset(consensus) => {
                *consensus = BTreeSet::from([id]);
                self.arm(Timer::Loss, out);
                Row::G11Waits.into()
            }
            _ => self.fail_those_who_disagree(id, state, out),
        }
    }

    fn fail_those_who_disagree(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        if let Phase::Gather { consensus } = &state.phase {
            state.fails.extend(state.procs.difference(consensus));
        }
        Row::G10Fails | self.gather(id, state, out) | self.try_form(id, state, out)
    }

    pub(super) fn send_join(&self, id: Id, state: &State, out: &mut Out<Self>) {
        let join = Message::Join {
            procs: state.procs.clone(),
            fails: state.fails.clone(),
            number: state.ring.number,
        };
        self.multicast(id, join, out);
    }
}
