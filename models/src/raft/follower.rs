//! Log replication, the follower's side. Raft §5.3.

use super::config::Refusals;
use super::log::{EntryId, Index};
use super::marks::{Row, Rows};
use super::message::{AppendEntries, AppendEntriesResponse, AppendResult, Message};
use super::rules::Arming;
use super::server::Server;
use super::state::{Role, State, Stop};
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Server {
    /// AppendEntries, receiver. Raft Fig. 2, §5.3.
    pub(super) fn on_append_entries(
        &self,
        state: &mut Cow<'_, State>,
        leader: Id,
        request: AppendEntries,
        out: &mut Out<Self>,
    ) -> Rows {
        if request.term < state.term() {
            return self.refuse_stale_leader(state, leader, out);
        }
        if request.term == state.term() && state.is_leader() {
            return self.stop(state.to_mut(), Stop::TwoLeadersInOneTerm, out);
        }
        if request.term == state.term() && !(self.rules.hears_leader)(&state.role) {
            return Rows::NONE;
        }
        let following = Role::Follower {
            leader: Some(leader),
        };
        let mut rows = Rows::NONE;
        if state.term() < request.term || state.role != following {
            rows |= self.become_follower(state.to_mut(), request.term, Some(leader), out);
        }
        self.arm_election_timer(Arming::LeaderIsHeard, out);
        self.renew_lease(state, out);
        let result = if (self.rules.matches)(state.log(), request.prev) {
            let (stored, matched) = self.store(state, &request);
            rows |= stored;
            match matched {
                Ok(matched) => AppendResult::Accepted { matched },
                Err(why) => return rows | self.stop(state.to_mut(), why, out),
            }
        } else {
            let prev = request.prev.index;
            rows |= if state.log().last_index() < prev {
                Row::LogIsTooShort
            } else {
                Row::LogConflicts
            };
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
        rows
    }

    /// Raft Fig. 2, AppendEntries 3 to 5. The index up to which the logs now agree.
    fn store(
        &self,
        state: &mut Cow<'_, State>,
        request: &AppendEntries,
    ) -> (Rows, Result<Index, Stop>) {
        let last_new = request.prev.index.plus(request.entries.len());
        let log = (self.rules.merge)(state.log(), request.prev.index, &request.entries);
        let last = state.log().last_index();
        let mut rows = Rows::from(if log != *state.log() {
            let agreed = log.common_prefix(state.log());
            if agreed < state.commit_index {
                return (Rows::NONE, Err(Stop::ConflictBelowCommit));
            }
            state.to_mut().persistent.log = log;
            if agreed < last {
                Row::ConflictIsDropped
            } else {
                Row::EntriesAreStored
            }
        } else if last_new < last {
            Row::TailIsKept
        } else {
            Row::NothingIsNew
        });
        let last = state.log().last_index();
        let commit = if (self.rules.heeds_commit)(request.entries.len()) {
            (self.rules.follower_commit)(state.commit_index, request.commit, last_new, last)
        } else {
            state.commit_index
        };
        if last < commit {
            return (rows, Err(Stop::CommitBeyondLog));
        }
        if commit < request.commit {
            rows |= Row::CommitIsUnverified;
        }
        if state.commit_index != commit {
            rows |= Row::FollowerCommits;
            state.to_mut().commit_index = commit;
        }
        (rows, Ok((self.rules.acknowledge)(last_new, last)))
    }

    /// A leader of an earlier term learns that it is deposed. Raft §5.1.
    fn refuse_stale_leader(&self, state: &State, leader: Id, out: &mut Out<Self>) -> Rows {
        if self.config.refusals == Refusals::Silent {
            return Row::StaleLeaderIsIgnored.into();
        }
        let result = AppendResult::Rejected {
            prev: Index(0),
            hint: EntryId::default(),
        };
        let response = AppendEntriesResponse {
            term: state.term(),
            result,
        };
        out.send(leader, Message::AppendEntriesResponse(response));
        Row::StaleLeaderIsTold.into()
    }
}
