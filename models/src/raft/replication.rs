//! Log replication. Raft §5.3 and §5.4.2.

use super::config::Refusals;
use super::log::{Entry, EntryId, Index, Log, Payload};
use super::marks::Row;
use super::message::{AppendEntries, AppendEntriesResponse, AppendResult, Message};
use super::server::{Server, Timer};
use super::state::{FollowerProgress, Leadership, Pace, Role, State, Stop};
use crate::replica::Command;
use stateright::actor::{Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;

/// The leader's side.
impl Server {
    /// A client proposes a command. Raft §5.3, §8.
    pub(super) fn on_client_request(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        client: Id,
        command: Command,
        out: &mut Out<Self>,
    ) {
        match &state.role {
            Role::Leader(_) => {
                Row::CommandIsAppended.hit();
                for command in (self.rules.appended)(&command) {
                    self.append(id, state.to_mut(), Payload::Command(command), out);
                }
            }
            Role::Follower { leader } => {
                Row::ClientIsSentOn.hit();
                out.send(client, Message::NotLeader { leader: *leader });
            }
            _ => {
                Row::ClientIsSentAway.hit();
                out.send(client, Message::NotLeader { leader: None });
            }
        }
    }

    pub(super) fn append_no_op(&self, id: Id, state: &mut State, out: &mut Out<Self>) {
        self.append(id, state, Payload::NoOp, out);
    }

    fn append(&self, id: Id, state: &mut State, payload: Payload, out: &mut Out<Self>) {
        let entry = Entry {
            term: state.term(),
            payload,
        };
        let slot = (self.rules.next_slot)(state.log().last_index(), state.commit_index);
        state.persistent.log.truncate_after(slot.prev());
        state.persistent.log.append(entry);
        self.send_to_all(state, out);
        self.acknowledge_own_log(id, state, out);
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

    pub(super) fn send_to_all(&self, state: &mut State, out: &mut Out<Self>) {
        for follower in leadership(state)
            .followers
            .keys()
            .copied()
            .collect::<Vec<_>>()
        {
            self.send_entries(state, follower, out);
        }
    }

    /// Sends what the follower's pace allows.
    fn send_entries(&self, state: &mut State, follower: Id, out: &mut Out<Self>) {
        let State {
            persistent,
            commit_index,
            role,
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
        let mut send = |prev: Index| {
            let entries = self.batch(&persistent.log, prev);
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
        match pace {
            Pace::Probe { sent: true } => Row::ProbeIsAwaited.hit(),
            Pace::Probe { sent } => {
                Row::ProbeIsSent.hit();
                send(next_index.prev());
                *sent = true;
            }
            Pace::Replicate { in_flight } => {
                while *next_index <= persistent.log.last_index() {
                    if self.config.window <= in_flight.len() {
                        return Row::WindowIsFull.hit();
                    }
                    Row::EntriesAreSent.hit();
                    let last = send(next_index.prev());
                    in_flight.push_back(last);
                    *next_index = last.next();
                }
            }
        }
    }

    /// The entries of one message: as many as its limits allow, and one if there is one.
    fn batch(&self, log: &Log, prev: Index) -> Vec<Entry> {
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
        if is_cut && entries.len() == self.config.entries_per_message {
            Row::MessageIsFull.hit();
        } else if is_cut {
            Row::MessageIsLarge.hit();
        }
        entries
    }

    /// Heartbeats, so that followers start no election (Raft §5.2). What was outstanding at the
    /// last one and has not been answered since was lost: it is sent again.
    pub(super) fn on_heartbeat_timeout(&self, state: &mut Cow<'_, State>, out: &mut Out<Self>) {
        if !state.is_leader() {
            return Row::NobodyBeats.hit();
        }
        let heartbeat = self.config.timing.heartbeat;
        out.set_timer(Timer::Heartbeat, heartbeat..heartbeat);
        for follower in leadership(state)
            .followers
            .keys()
            .copied()
            .collect::<Vec<_>>()
        {
            let progress = &leadership(state).followers[&follower];
            if progress.is_outstanding() && progress.stalled {
                self.send_again(state.to_mut(), follower, out);
                continue;
            }
            Row::HeartbeatIsSent.hit();
            let message = AppendEntries {
                term: state.term(),
                prev: state.log().id_at(progress.match_index),
                entries: Vec::new(),
                commit: state.commit_index,
            };
            out.send(follower, Message::AppendEntries(message));
            if progress.is_outstanding() {
                Row::AnswerIsLate.hit();
                progress_mut(state.to_mut(), follower).stalled = true;
            }
        }
    }

    /// A probe is repeated; where the logs agreed, everything after that point is sent again.
    fn send_again(&self, state: &mut State, follower: Id, out: &mut Out<Self>) {
        let progress = progress_mut(state, follower);
        match &progress.pace {
            Pace::Probe { .. } => Row::ProbeIsRepeated.hit(),
            Pace::Replicate { in_flight } => {
                Row::EntriesAreSentAgain.hit();
                let (matched, next) = (self.rules.rewound)(progress.match_index, in_flight);
                progress.match_index = matched;
                progress.next_index = next;
            }
        }
        progress.pace = Pace::Probe { sent: false };
        self.send_entries(state, follower, out);
    }

    /// AppendEntries, sender: an answer arrives. Raft Fig. 2 "Leaders", §5.3.
    pub(super) fn on_append_entries_response(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        response: AppendEntriesResponse,
        out: &mut Out<Self>,
    ) {
        self.observe_term(state, response.term, None, out);
        if (self.rules.is_stale_acknowledgement)(response.term, state.term()) {
            return Row::AnswerIsStale.hit();
        }
        if !state.is_leader() {
            return Row::AnswerIsNotNeeded.hit();
        }
        match ((self.rules.accepted)(&response.result), response.result) {
            (Some(matched), _) if state.log().last_index() < matched => {
                self.stop(state.to_mut(), Stop::AcknowledgedBeyondLog, out);
            }
            (Some(matched), _) if src == id => self.on_own_log_durable(state, matched),
            (Some(matched), _) => self.on_accepted(state, src, matched, out),
            (None, AppendResult::Rejected { prev, hint }) => {
                self.on_rejected(state, src, prev, hint, out);
            }
            (None, AppendResult::Accepted { .. }) => {}
        }
    }

    /// The leader's own entries are durable: it counts itself.
    fn on_own_log_durable(&self, state: &mut Cow<'_, State>, matched: Index) {
        if leadership(state).durable < matched {
            Row::OwnLogIsDurable.hit();
            let state = state.to_mut();
            leadership_mut(state).durable = matched;
            self.advance_commit(state);
        }
    }

    /// The follower's log agrees with the leader's up to `matched`. Raft §5.3.
    fn on_accepted(
        &self,
        state: &mut Cow<'_, State>,
        follower: Id,
        matched: Index,
        out: &mut Out<Self>,
    ) {
        let before = &leadership(state).followers[&follower];
        let advanced = (self.rules.advance)(before.match_index, matched);
        if matched < before.match_index && advanced == before.match_index {
            return Row::AcknowledgementIsOld.hit();
        }
        let grew = before.match_index < advanced;
        if grew {
            Row::MatchGrows.hit();
        }
        let mut after = before.clone();
        after.match_index = advanced;
        after.stalled &= !grew;
        after.next_index = after.next_index.max(advanced.next());
        match &mut after.pace {
            // The answer to a heartbeat tells nothing of the probe.
            Pace::Probe { .. } if !grew && before.next_index != advanced.next() => {
                Row::HeartbeatIsAnswered.hit();
            }
            Pace::Probe { .. } => {
                Row::ProbeIsAccepted.hit();
                after.next_index = advanced.next();
                after.stalled = false;
                after.pace = Pace::Replicate {
                    in_flight: VecDeque::new(),
                };
            }
            Pace::Replicate { in_flight } => {
                Row::EntriesAreAccepted.hit();
                in_flight.retain(|last| matched < *last);
            }
        }
        if after != *before {
            let state = state.to_mut();
            *progress_mut(state, follower) = after;
            self.send_entries(state, follower, out);
            if grew {
                self.advance_commit(state);
            }
        }
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
    ) {
        let FollowerProgress {
            match_index,
            next_index,
            pace,
            ..
        } = &leadership(state).followers[&follower];
        let next = match pace {
            _ if prev <= *match_index => return Row::RejectionIsOld.hit(),
            Pace::Probe { .. } if prev != next_index.prev() => {
                return Row::RejectionIsOfAnother.hit();
            }
            Pace::Probe { .. } => {
                Row::ProbeIsRejected.hit();
                let agree = state.log().last_not_after(hint).index;
                prev.min(agree.next()).max(match_index.next())
            }
            Pace::Replicate { .. } => {
                Row::EntriesAreRejected.hit();
                match_index.next()
            }
        };
        let state = state.to_mut();
        let progress = progress_mut(state, follower);
        progress.next_index = next;
        progress.pace = Pace::Probe { sent: false };
        progress.stalled = false;
        self.send_entries(state, follower, out);
    }

    /// Commits what a majority holds. Raft Fig. 2 "Leaders", §5.3, §5.4.2.
    ///
    /// An entry of an earlier term is never committed by counting replicas: it commits with the
    /// first entry of the leader's own term that follows it (Raft Fig. 8).
    fn advance_commit(&self, state: &mut State) {
        let Leadership { durable, followers } = leadership(state);
        let matched = followers.values().map(|progress| progress.match_index);
        let held: Vec<Index> = matched.chain([*durable]).collect();
        let held = (self.rules.held)(&held);
        let entry_term = state.log().id_at(held).term;
        if held <= state.commit_index {
            return;
        }
        if (self.rules.may_commit)(entry_term, state.term()) {
            Row::CommitAdvances.hit();
            state.commit_index = held;
        } else {
            Row::CommitIsWithheld.hit();
        }
    }
}

fn leadership(state: &State) -> &Leadership {
    state.leadership().expect("only a leader replicates")
}

fn leadership_mut(state: &mut State) -> &mut Leadership {
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

/// The follower's side.
impl Server {
    /// AppendEntries, receiver. Raft Fig. 2, §5.3.
    pub(super) fn on_append_entries(
        &self,
        state: &mut Cow<'_, State>,
        leader: Id,
        request: AppendEntries,
        out: &mut Out<Self>,
    ) {
        if request.term < state.term() {
            return self.refuse_stale_leader(state, leader, out);
        }
        if request.term == state.term() && state.is_leader() {
            return self.stop(state.to_mut(), Stop::TwoLeadersInOneTerm, out);
        }
        let following = Role::Follower {
            leader: Some(leader),
        };
        if state.term() < request.term || state.role != following {
            self.become_follower(state.to_mut(), request.term, Some(leader), out);
        }
        out.set_timer(Timer::Election, self.config.timing.election.clone());
        let result = if (self.rules.matches)(state.log(), request.prev) {
            match self.store(state, &request) {
                Ok(matched) => AppendResult::Accepted { matched },
                Err(why) => return self.stop(state.to_mut(), why, out),
            }
        } else {
            let prev = request.prev.index;
            if state.log().last_index() < prev {
                Row::LogIsTooShort.hit();
            } else {
                Row::LogConflicts.hit();
            }
            AppendResult::Rejected {
                prev,
                hint: state.log().last_not_after(request.prev),
            }
        };
        let response = AppendEntriesResponse {
            term: state.term(),
            result,
        };
        out.send(leader, Message::AppendEntriesResponse(response));
    }

    /// Raft Fig. 2, AppendEntries 3 to 5. The index up to which the logs now agree.
    fn store(&self, state: &mut Cow<'_, State>, request: &AppendEntries) -> Result<Index, Stop> {
        let last_new = request.prev.index.plus(request.entries.len());
        let log = (self.rules.merge)(state.log(), request.prev.index, &request.entries);
        let last = state.log().last_index();
        if log != *state.log() {
            let agreed = log.common_prefix(state.log());
            if agreed < state.commit_index {
                return Err(Stop::ConflictBelowCommit);
            }
            if agreed < last {
                Row::ConflictIsDropped.hit();
            } else {
                Row::EntriesAreStored.hit();
            }
            state.to_mut().persistent.log = log;
        } else if last_new < last {
            Row::TailIsKept.hit();
        } else {
            Row::NothingIsNew.hit();
        }
        let last = state.log().last_index();
        let commit =
            (self.rules.follower_commit)(state.commit_index, request.commit, last_new, last);
        if last < commit {
            return Err(Stop::CommitBeyondLog);
        }
        if commit < request.commit {
            Row::CommitIsUnverified.hit();
        }
        if state.commit_index != commit {
            Row::FollowerCommits.hit();
            state.to_mut().commit_index = commit;
        }
        Ok((self.rules.acknowledge)(last_new, last))
    }

    /// A leader of an earlier term learns that it is deposed. Raft §5.1.
    fn refuse_stale_leader(&self, state: &State, leader: Id, out: &mut Out<Self>) {
        if self.config.refusals == Refusals::Silent {
            return Row::StaleLeaderIsIgnored.hit();
        }
        Row::StaleLeaderIsTold.hit();
        let result = AppendResult::Rejected {
            prev: Index(0),
            hint: EntryId::default(),
        };
        let response = AppendEntriesResponse {
            term: state.term(),
            result,
        };
        out.send(leader, Message::AppendEntriesResponse(response));
    }
}
