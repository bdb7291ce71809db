//! Log replication, the leader's side. Raft §5.3 and §5.4.2.

use super::log::{Entry, EntryId, Index, Log, Payload};
use super::marks::{Row, Rows};
use super::message::{AppendEntries, AppendEntriesResponse, AppendResult, Message};
use super::rules::Arming;
use super::server::{Server, Timer};
use super::state::{FollowerProgress, Leadership, Pace, Role, State, Stop, Transfer};
use crate::replica::Command;
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;

impl Server {
    /// A client proposes a command. Raft §5.3, §8.
    pub(super) fn on_client_request(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        client: Id,
        command: Command,
        out: &mut Out<Self>,
    ) -> Rows {
        match &state.role {
            Role::Leader(leadership) if !(self.rules.takes_commands)(leadership.transfer) => {
                let leader = match leadership.transfer {
                    Transfer::Told(target) => Some(target),
                    Transfer::Unasked | Transfer::Asked => None,
                };
                out.send(client, Message::NotLeader { leader });
                Row::TransferTakesNoCommand.into()
            }
            Role::Leader(_) => {
                let mut rows = Rows::from(Row::CommandIsAppended);
                for command in (self.rules.appended)(&command) {
                    rows |= self.append(id, state.to_mut(), Payload::Command(command), out);
                }
                rows
            }
            Role::Follower { leader } => {
                out.send(client, Message::NotLeader { leader: *leader });
                Row::ClientIsSentOn.into()
            }
            _ => {
                out.send(client, Message::NotLeader { leader: None });
                Row::ClientIsSentAway.into()
            }
        }
    }

    pub(super) fn append_no_op(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        self.append(id, state, Payload::NoOp, out)
    }

    fn append(&self, id: Id, state: &mut State, payload: Payload, out: &mut Out<Self>) -> Rows {
        let entry = Entry {
            term: state.term(),
            payload,
        };
        let slot = (self.rules.next_slot)(state.log().last_index(), state.commit_index);
        state.persistent.log.truncate_after(slot.prev());
        state.persistent.log.append(entry);
        let rows = self.send_to_all(state, out);
        self.acknowledge_own_log(id, state, out);
        rows
    }

    /// The leader tells itself that its log is durable; it hears it once that is true.
    pub(super) fn acknowledge_own_log(&self, id: Id, state: &State, out: &mut Out<Self>) {
        let result = AppendResult::Accepted {
            matched: state.log().last_index(),
        };
        let response = AppendEntriesResponse {
            term: state.term(),
            result,
        };
        out.send(id, Message::AppendEntriesResponse(response));
    }

    pub(super) fn send_to_all(&self, state: &mut State, out: &mut Out<Self>) -> Rows {
        let mut rows = Rows::NONE;
        for follower in followers(state) {
            rows |= self.send_entries(state, follower, out);
        }
        rows
    }

    /// Sends what the follower's pace allows.
    fn send_entries(&self, state: &mut State, follower: Id, out: &mut Out<Self>) -> Rows {
        let State {
            persistent,
            commit_index,
            role,
            ..
        } = state;
        let Role::Leader(leadership) = role else {
            unreachable!("only a leader sends entries")
        };
        let FollowerProgress {
            next_index, pace, ..
        } = leadership
            .followers
            .get_mut(&follower)
            .expect("a follower is a member");
        let mut send = |prev: Index, rows: &mut Rows| {
            let (entries, cut) = self.batch(&persistent.log, prev);
            *rows |= cut;
            let last = prev.plus(entries.len());
            let prev = persistent.log.id_at(prev);
            let message = AppendEntries {
                term: persistent.current_term,
                prev,
                entries,
                commit: *commit_index,
            };
            out.send(follower, Message::AppendEntries(message));
            last
        };
        let mut rows = Rows::NONE;
        match pace {
            Pace::Probe { sent: true } => rows |= Row::ProbeIsAwaited,
            Pace::Probe { sent } => {
                rows |= Row::ProbeIsSent;
                send(next_index.prev(), &mut rows);
                *sent = true;
            }
            Pace::Replicate { in_flight } => {
                while *next_index <= persistent.log.last_index() {
                    if self.config.window <= in_flight.len() {
                        return rows | Row::WindowIsFull;
                    }
                    rows |= Row::EntriesAreSent;
                    let last = send(next_index.prev(), &mut rows);
                    in_flight.push_back(last);
                    *next_index = last.next();
                }
            }
        }
        rows
    }

    /// The entries of one message: as many as its limits allow, and one if there is one.
    fn batch(&self, log: &Log, prev: Index) -> (Vec<Entry>, Rows) {
        let mut bytes = 0;
        let fits = |entry: &&Entry| {
            bytes += entry.payload.bytes();
            bytes <= self.config.bytes_per_message || bytes == entry.payload.bytes()
        };
        let entries: Vec<Entry> = log
            .entries_after(prev)
            .take(self.config.entries_per_message)
            .take_while(fits)
            .cloned()
            .collect();
        let is_cut = prev.plus(entries.len()) < log.last_index();
        let cut = match is_cut {
            true if entries.len() == self.config.entries_per_message => Row::MessageIsFull.into(),
            true => Row::MessageIsLarge.into(),
            false => Rows::NONE,
        };
        (entries, cut)
    }

    /// Heartbeats, so that followers start no election (Raft §5.2). A message that was
    /// outstanding at the last heartbeat and is still unanswered counts as lost, and is sent again.
    pub(super) fn on_heartbeat_timeout(
        &self,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
    ) -> Rows {
        if !state.is_leader() {
            return Row::NobodyBeats.into();
        }
        let mut rows = Rows::NONE;
        let heartbeat = self.config.timing.heartbeat;
        if (self.rules.arms)(Arming::LeaderBeats) {
            out.set_timer(Timer::Heartbeat, heartbeat..heartbeat);
        }
        for follower in followers(state) {
            let progress = &leadership(state).followers[&follower];
            if progress.is_outstanding() && (self.rules.sends_again)(progress.stalled) {
                rows |= self.send_again(state.to_mut(), follower, out);
                continue;
            }
            rows |= self.beat(state, follower, out);
            if progress.is_outstanding() {
                rows |= Row::AnswerIsLate;
                progress_mut(state.to_mut(), follower).stalled = true;
            }
        }
        rows | self.tell_again(state, out)
    }

    /// A message without entries, which is answered by whoever is there.
    pub(super) fn beat(&self, state: &State, follower: Id, out: &mut Out<Self>) -> Rows {
        let progress = &leadership(state).followers[&follower];
        let message = AppendEntries {
            term: state.term(),
            prev: state.log().id_at(progress.match_index),
            entries: Vec::new(),
            commit: state.commit_index,
        };
        out.send(follower, Message::AppendEntries(message));
        Row::HeartbeatIsSent.into()
    }

    /// A probe is repeated; where the logs agreed, everything after that point is sent again.
    fn send_again(&self, state: &mut State, follower: Id, out: &mut Out<Self>) -> Rows {
        let progress = progress_mut(state, follower);
        let row = match &progress.pace {
            Pace::Probe { .. } => Row::ProbeIsRepeated,
            Pace::Replicate { in_flight } => {
                let (matched, next) = (self.rules.rewound)(progress.match_index, in_flight);
                progress.match_index = matched;
                progress.next_index = next;
                Row::EntriesAreSentAgain
            }
        };
        progress.pace = Pace::Probe { sent: false };
        row | self.send_entries(state, follower, out)
    }

    /// AppendEntries, sender: an answer arrives. Raft Fig. 2 "Leaders", §5.3.
    pub(super) fn on_append_entries_response(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        response: AppendEntriesResponse,
        out: &mut Out<Self>,
    ) -> Rows {
        let rows = self.observe_term(state, response.term, None, out);
        if (self.rules.is_stale_acknowledgement)(response.term, state.term()) {
            return rows | Row::AnswerIsStale;
        }
        if !state.is_leader() {
            return rows | Row::AnswerIsNotNeeded;
        }
        if src != id {
            self.note_follower(state, src);
        }
        rows | match ((self.rules.accepted)(&response.result), response.result) {
            (Some(matched), _) if state.log().last_index() < matched => {
                self.stop(state.to_mut(), Stop::AcknowledgedBeyondLog, out)
            }
            (Some(matched), _) if src == id => self.on_own_log_durable(state, matched),
            (Some(matched), _) => {
                self.on_accepted(state, src, matched, out) | self.tell(state, src, matched, out)
            }
            (None, AppendResult::Rejected { prev, hint }) => {
                self.on_rejected(state, src, prev, hint, out)
            }
            (None, AppendResult::Accepted { .. }) => Rows::NONE,
        }
    }

    /// The leader's own entries are durable: it counts itself.
    fn on_own_log_durable(&self, state: &mut Cow<'_, State>, matched: Index) -> Rows {
        if matched <= leadership(state).durable {
            return Rows::NONE;
        }
        let state = state.to_mut();
        leadership_mut(state).durable = matched;
        Row::OwnLogIsDurable | self.advance_commit(state)
    }

    /// The follower's log agrees with the leader's up to `matched`. Raft §5.3.
    fn on_accepted(
        &self,
        state: &mut Cow<'_, State>,
        follower: Id,
        matched: Index,
        out: &mut Out<Self>,
    ) -> Rows {
        let before = &leadership(state).followers[&follower];
        let advanced = (self.rules.advance)(before.match_index, matched);
        if matched < before.match_index && advanced == before.match_index {
            return Row::AcknowledgementIsOld.into();
        }
        let grew = before.match_index < advanced;
        let mut rows = if grew {
            Row::MatchGrows.into()
        } else {
            Rows::NONE
        };
        let mut after = before.clone();
        after.match_index = advanced;
        after.stalled &= !grew;
        after.next_index = after.next_index.max(advanced.next());
        rows |= match &mut after.pace {
            // The answer to a heartbeat tells nothing of the probe.
            Pace::Probe { .. } if !grew && before.next_index != advanced.next() => {
                Row::HeartbeatIsAnswered
            }
            Pace::Probe { .. } => {
                after.next_index = advanced.next();
                after.stalled = false;
                after.pace = Pace::Replicate {
                    in_flight: VecDeque::new(),
                };
                Row::ProbeIsAccepted
            }
            Pace::Replicate { in_flight } => {
                in_flight.retain(|last| matched < *last);
                Row::EntriesAreAccepted
            }
        };
        if after != *before {
            let state = state.to_mut();
            *progress_mut(state, follower) = after;
            rows |= self.send_entries(state, follower, out);
            if grew {
                rows |= self.advance_commit(state);
            }
        }
        rows
    }

    /// The follower has no entry `prev` of the leader's term: look further back, at most once for
    /// each term in either log. Raft §5.3, last paragraphs.
    fn on_rejected(
        &self,
        state: &mut Cow<'_, State>,
        follower: Id,
        prev: Index,
        hint: EntryId,
        out: &mut Out<Self>,
    ) -> Rows {
        let FollowerProgress {
            match_index,
            next_index,
            pace,
            ..
        } = &leadership(state).followers[&follower];
        let (row, next) = match pace {
            _ if prev <= *match_index => return Row::RejectionIsOld.into(),
            Pace::Probe { .. } if prev != next_index.prev() => {
                return Row::RejectionIsOfAnother.into();
            }
            Pace::Probe { .. } => {
                let agree = state.log().last_not_after(hint).index;
                let next = prev.min(agree.next()).max(match_index.next());
                (Row::ProbeIsRejected, next)
            }
            Pace::Replicate { .. } => (Row::EntriesAreRejected, match_index.next()),
        };
        let state = state.to_mut();
        let progress = progress_mut(state, follower);
        progress.next_index = (self.rules.next_probe)(progress.next_index, next);
        progress.pace = Pace::Probe { sent: false };
        progress.stalled = false;
        row | self.send_entries(state, follower, out)
    }

    /// Commits what a majority holds. Raft Fig. 2 "Leaders", §5.3, §5.4.2.
    ///
    /// An entry of an earlier term is never committed by counting replicas: it commits with the
    /// first entry of the leader's own term that follows it (Raft Fig. 8).
    fn advance_commit(&self, state: &mut State) -> Rows {
        let Leadership {
            durable, followers, ..
        } = leadership(state);
        let matched = followers.values().map(|progress| progress.match_index);
        let held: Vec<Index> = matched.chain([*durable]).collect();
        let held = (self.rules.held)(&held);
        let entry_term = state.log().id_at(held).term;
        if held <= state.commit_index {
            Rows::NONE
        } else if (self.rules.may_commit)(entry_term, state.term()) {
            state.commit_index = held;
            Row::CommitAdvances.into()
        } else {
            Row::CommitIsWithheld.into()
        }
    }
}

pub(super) fn leadership(state: &State) -> &Leadership {
    state.leadership().expect("only a leader replicates")
}

pub(super) fn followers(state: &State) -> Vec<Id> {
    leadership(state).followers.keys().copied().collect()
}

pub(super) fn leadership_mut(state: &mut State) -> &mut Leadership {
    match &mut state.role {
        Role::Leader(leadership) => leadership,
        _ => unreachable!("only a leader replicates"),
    }
}

fn progress_mut(state: &mut State, follower: Id) -> &mut FollowerProgress {
    leadership_mut(state)
        .followers
        .get_mut(&follower)
        .expect("a follower is a member")
}
