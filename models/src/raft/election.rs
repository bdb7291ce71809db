//! Leader election. Raft §5.1, §5.2 and §5.4.1.

use super::config::Refusals;
use super::log::Index;
use super::marks::{Row, Rows};
use super::message::{Message, RequestVote, RequestVoteResponse};
use super::rules::Arming;
use super::server::{Server, Timer};
use super::state::{FollowerProgress, Leadership, Role, State, Stop, Term, Transfer};
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Server {
    /// No leader was heard in time: start an election. Raft §5.2.
    pub(super) fn on_election_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        out: &mut Out<Self>,
    ) -> Rows {
        let row = match state.role {
            Role::Leader(_) | Role::Stopped(_) => return Row::NobodyCampaigns.into(),
            _ if (self.rules.asks_first)(self.config.pre_vote, state.term(), false) => {
                return self.pre_campaign(id, state.to_mut(), out);
            }
            Role::Candidate { .. } => Row::CandidateCampaignsAgain,
            _ => Row::FollowerCampaigns,
        };
        row | self.campaign(id, state.to_mut(), None, out)
    }

    /// Begins a term, and asks for votes in it. Raft §5.2. If a leader has told the server to do so, this is
    /// the leader.
    pub(super) fn campaign(
        &self,
        id: Id,
        state: &mut State,
        told_by: Option<Id>,
        out: &mut Out<Self>,
    ) -> Rows {
        if state.term() == Term(u64::MAX) {
            return self.stop(state, Stop::TermsExhausted, out);
        }
        self.forget_leader(state, out);
        state.persistent.current_term = state.term().next();
        state.persistent.voted_for = Some(id);
        let votes = (self.rules.first_votes)(told_by);
        state.role = Role::Candidate { votes };
        self.arm_election_timer(Arming::CandidateWaits, out);
        let request = RequestVote {
            term: state.term(),
            last: state.log().last(),
            transfer: told_by.is_some(),
        };
        for peer in self.config.peers(id) {
            out.send(peer, Message::RequestVote(request.clone()));
        }
        // The candidate's own vote counts once it is durable.
        let own_vote = RequestVoteResponse {
            term: state.term(),
            granted: true,
        };
        out.send(id, Message::RequestVoteResponse(own_vote));
        Rows::NONE
    }

    /// RequestVote, receiver. Raft Fig. 2, §5.2, §5.4.1.
    pub(super) fn on_request_vote(
        &self,
        state: &mut Cow<'_, State>,
        candidate: Id,
        request: RequestVote,
        out: &mut Out<Self>,
    ) -> Rows {
        let is_stale = request.term < state.term();
        let has_lease = state.term() < request.term && self.has_lease(state);
        if (self.rules.keeps_leader)(has_lease, request.transfer) {
            return Row::LeaderIsKept.into();
        }
        let mut rows = self.observe_term(state, request.term, None, out);
        if has_lease {
            rows |= Row::LeaseGivesWay;
        }
        let is_up_to_date = (self.rules.is_up_to_date)(request.last, state.log().last());
        let (row, granted) = match state.persistent.voted_for {
            _ if is_stale => (Row::CandidateIsStale, false),
            None if is_up_to_date => (Row::VoteIsGiven, true),
            None => (Row::CandidateIsBehind, false),
            Some(voted_for) if voted_for == candidate => (Row::VoteIsRepeated, true),
            Some(_) => (Row::VoteIsGone, false),
        };
        rows |= row;
        if granted && state.persistent.voted_for.is_none() {
            state.to_mut().persistent.voted_for = Some(candidate);
        }
        if granted {
            self.arm_election_timer(Arming::VoteIsGiven, out);
        }
        let answers = match self.config.refusals {
            Refusals::Silent => false,
            Refusals::StaleTerm => is_stale,
            Refusals::All => true,
        };
        if answers && !granted {
            rows |= Row::RefusalIsSent;
        }
        if granted || answers {
            let response = RequestVoteResponse {
                term: state.term(),
                granted,
            };
            out.send(candidate, Message::RequestVoteResponse(response));
        }
        rows
    }

    /// RequestVote, sender: a vote arrives. Raft §5.2.
    pub(super) fn on_request_vote_response(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        voter: Id,
        response: RequestVoteResponse,
        out: &mut Out<Self>,
    ) -> Rows {
        let rows = self.observe_term(state, response.term, None, out);
        if (self.rules.is_stale_vote)(response.term, state.term()) {
            return rows | Row::VoteIsStale;
        }
        if !response.granted {
            return rows | Row::VoteIsRefused;
        }
        let Role::Candidate { votes: before } = &state.role else {
            return rows | Row::VoteIsNotNeeded;
        };
        let mut votes = before.clone();
        (self.rules.count_vote)(&mut votes, voter);
        if (self.rules.elects)(votes.len(), self.config.servers) {
            rows | self.become_leader(id, state.to_mut(), out)
        } else if votes != *before {
            state.to_mut().role = Role::Candidate { votes };
            rows | Row::VoteIsCounted
        } else {
            rows | Row::VoteIsKnown
        }
    }

    /// A higher term makes anyone a follower of that term. Raft §5.1.
    ///
    /// `leader` is the sender, if only a leader can have sent the message.
    pub(super) fn observe_term(
        &self,
        state: &mut Cow<'_, State>,
        term: Term,
        leader: Option<Id>,
        out: &mut Out<Self>,
    ) -> Rows {
        if state.term() < term {
            self.become_follower(state.to_mut(), term, leader, out)
        } else {
            Rows::NONE
        }
    }

    pub(super) fn become_follower(
        &self,
        state: &mut State,
        term: Term,
        leader: Option<Id>,
        out: &mut Out<Self>,
    ) -> Rows {
        let row = match &state.role {
            Role::Leader(_) => Row::LeaderIsDeposed,
            Role::Candidate { .. } if state.term() < term => Row::CandidateGivesUp,
            Role::Candidate { .. } => Row::CandidateFollows,
            Role::PreCandidate { .. } => Row::PreCandidateFollows,
            _ if state.term() < term => Row::FollowerEntersTerm,
            _ => Row::LeaderIsHeard,
        };
        if state.term() < term {
            state.persistent.current_term = term;
            let vote = state.persistent.voted_for;
            state.persistent.voted_for = (self.rules.vote_in_new_term)(vote);
        }
        self.forget_leader(state, out);
        if state.is_leader() {
            out.cancel_timer(Timer::Heartbeat);
            self.arm_election_timer(Arming::LeaderIsDeposed, out);
        }
        state.role = Role::Follower { leader };
        row.into()
    }

    /// A majority of the cluster voted for this server. Raft §5.2, Fig. 2 "Leaders", §8.
    fn become_leader(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        let next = state.log().last_index().next();
        let known = FollowerProgress {
            match_index: (self.rules.first_match)(state.commit_index),
            ..FollowerProgress::unknown(next)
        };
        let followers = self
            .config
            .peers(id)
            .map(|peer| (peer, known.clone()))
            .collect();
        state.role = Role::Leader(Leadership {
            durable: Index(0),
            heard: Vec::new(),
            followers,
            transfer: Transfer::Unasked,
        });
        out.cancel_timer(Timer::Election);
        if self.config.check_quorum {
            self.arm_lease_timer(out);
        }
        let heartbeat = self.config.timing.heartbeat;
        out.set_timer(Timer::Heartbeat, heartbeat..heartbeat);
        if (self.rules.begins_with_no_op)(self.config.no_op) {
            Row::LeadsWithNoOp | self.append_no_op(id, state, out)
        } else {
            self.acknowledge_own_log(id, state, out);
            Row::LeadsWithoutNoOp | self.send_to_all(state, out)
        }
    }

    /// A leader is due to be heard of.
    pub(super) fn arm_election_timer(&self, arming: Arming, out: &mut Out<Self>) {
        if (self.rules.arms)(arming) {
            out.set_timer(Timer::Election, self.config.timing.election.clone());
        }
    }

    /// Safety is lost already; going on would hide it.
    pub(super) fn stop(&self, state: &mut State, why: Stop, out: &mut Out<Self>) -> Rows {
        let row = match why {
            Stop::TwoLeadersInOneTerm => Row::TwoLeadersInOneTerm,
            Stop::ConflictBelowCommit => Row::ConflictBelowCommit,
            Stop::AcknowledgedBeyondLog => Row::AcknowledgedBeyondLog,
            Stop::CommitBeyondLog => Row::CommitBeyondLog,
            Stop::TermsExhausted => Row::TermsAreExhausted,
        };
        self.forget_leader(state, out);
        state.role = Role::Stopped(why);
        out.cancel_timer(Timer::Election);
        out.cancel_timer(Timer::Heartbeat);
        row.into()
    }
}
