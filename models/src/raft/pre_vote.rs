//! PreVote: a server asks who would vote for it before it begins a term. Raft thesis §9.6.
//!
//! Neither the question nor the answer changes a term, a vote or a timer of whoever is asked.

use super::config::Refusals;
use super::marks::{Row, Rows};
use super::message::{Message, PreVote, PreVoteResponse};
use super::rules::Arming;
use super::server::Server;
use super::state::{Role, State, Stop, Term};
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Server {
    /// No leader was heard in time: ask who would give a vote in the next term.
    pub(super) fn pre_campaign(&self, id: Id, state: &mut State, out: &mut Out<Self>) -> Rows {
        if state.term() == Term(u64::MAX) {
            return self.stop(state, Stop::TermsExhausted, out);
        }
        self.forget_leader(state, out);
        state.role = Role::PreCandidate { votes: vec![id] };
        if (self.rules.elects)(1, self.config.servers) {
            let campaigns = self.campaign(id, state, None, out);
            return Row::ServerAsks | Row::PreCandidateCampaigns | campaigns;
        }
        self.arm_election_timer(Arming::CandidateWaits, out);
        let question = PreVote {
            term: state.term().next(),
            last: state.log().last(),
        };
        for peer in self.config.peers(id) {
            out.send(peer, Message::PreVote(question.clone()));
        }
        Row::ServerAsks.into()
    }

    /// A pre-vote, receiver: whether the server would give its vote.
    pub(super) fn on_pre_vote(
        &self,
        state: &mut Cow<'_, State>,
        candidate: Id,
        question: PreVote,
        out: &mut Out<Self>,
    ) -> Rows {
        let is_late = question.term <= state.term();
        if (self.rules.keeps_leader)(!is_late && self.has_lease(state), false) {
            return Row::LeaderIsKept.into();
        }
        let is_up_to_date = (self.rules.is_up_to_date)(question.last, state.log().last());
        let granted = !is_late && is_up_to_date;
        let row = match granted {
            _ if is_late => Row::PreCandidateIsLate,
            true => Row::PreVoteIsGranted,
            false => Row::PreCandidateIsBehind,
        };
        let answers = match self.config.refusals {
            Refusals::Silent => false,
            Refusals::StaleTerm => is_late,
            Refusals::All => true,
        };
        if !granted && !answers {
            return row.into();
        }
        let response = PreVoteResponse {
            term: (self.rules.pre_vote_term)(granted, question.term, state.term()),
            granted,
        };
        out.send(candidate, Message::PreVoteResponse(response));
        if granted {
            row.into()
        } else {
            row | Row::PreVoteRefusalIsSent
        }
    }

    /// A pre-vote, sender: an answer arrives.
    pub(super) fn on_pre_vote_response(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        voter: Id,
        response: PreVoteResponse,
        out: &mut Out<Self>,
    ) -> Rows {
        if !response.granted {
            let rows = self.observe_term(state, response.term, None, out);
            return rows | Row::PreVoteIsRefused;
        }
        if response.term <= state.term() || response.term.prev() != state.term() {
            return Row::PreVoteIsStale.into();
        }
        let Role::PreCandidate { votes: before } = &state.role else {
            return Row::PreVoteIsNotNeeded.into();
        };
        let mut votes = before.clone();
        (self.rules.count_vote)(&mut votes, voter);
        if (self.rules.elects)(votes.len(), self.config.servers) {
            Row::PreCandidateCampaigns | self.campaign(id, state.to_mut(), None, out)
        } else if votes != *before {
            state.to_mut().role = Role::PreCandidate { votes };
            Row::PreVoteIsCounted.into()
        } else {
            Row::PreVoteIsKnown.into()
        }
    }
}
