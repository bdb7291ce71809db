//! Messages that can never matter again.

use super::config::Refusals;
use super::message::{AppendResult, Message, RequestVote};
use super::server::Server;
use super::state::{Persistent, Role, State};
use crate::system::{Envelope, LocalOf};
use stateright::actor::Id;

/// Whether delivering a message to this server is a no-op now and for ever after.
///
/// The delivery must be a no-op for the server as it is, and for every record that a crash may bring back.
/// This holds for Raft's handlers. The explorer checks it of the handlers that it searches: if it does not
/// hold for an edit or a [mutant](super::mutants), these are searched without the reduction.
pub fn is_dead(server: &Server, local: &LocalOf<Server>, envelope: &Envelope<Message>) -> bool {
    let stored = local.storage.clone().unwrap_or_default();
    let pending = local.outbox.pending().map(|write| &write.storage);
    let mut records = std::iter::once(&stored).chain(pending);
    records.all(|record| is_dead_to_record(server, record, envelope))
        && local
            .up()
            .is_none_or(|state| is_dead_to_state(server, state, envelope))
}

/// To a follower with this record, and with any later one.
fn is_dead_to_record(server: &Server, record: &Persistent, envelope: &Envelope<Message>) -> bool {
    let silent = server.config.refusals == Refusals::Silent;
    let (term, current) = (envelope.msg.term(), record.current_term);
    match &envelope.msg {
        Message::RequestVote(m) => silent && vote_is_gone(record, envelope.src, m),
        Message::AppendEntries(_) => silent && term < current,
        // One must ask for a vote, or lead, in this very term to use the answer; a follower does
        // so in later terms only.
        Message::RequestVoteResponse(_) => term <= current,
        Message::PreVote(_) => silent && term <= current,
        // A pre-candidate uses a grant of the next term alone.
        Message::PreVoteResponse(_) => term <= current,
        // Nor does it count for a leader of a later term.
        Message::AppendEntriesResponse(_) => term <= current,
        Message::TimeoutNow(_) => term < current,
        Message::ClientRequest(_) | Message::Transfer => false,
        Message::NotLeader { .. } => true,
    }
}

fn is_dead_to_state(server: &Server, state: &State, envelope: &Envelope<Message>) -> bool {
    let current = state.term();
    match (&envelope.msg, &state.role) {
        (_, Role::Stopped(_)) => true,
        (Message::RequestVoteResponse(m), Role::Candidate { votes }) if m.term == current => {
            !m.granted || votes.contains(&envelope.src)
        }
        (Message::AppendEntriesResponse(m), Role::Candidate { .. }) => m.term < current,
        // Any answer shows a leader that counts its followers that this one is there.
        (Message::AppendEntriesResponse(m), Role::Leader(_))
            if server.config.check_quorum && m.term == current =>
        {
            false
        }
        (Message::AppendEntriesResponse(m), Role::Leader(leadership)) if m.term == current => {
            let known = leadership
                .followers
                .get(&envelope.src)
                .map(|p| p.match_index);
            match m.result {
                AppendResult::Accepted { matched } => Some(matched) < known,
                AppendResult::Rejected { prev, .. } => Some(prev) <= known,
            }
        }
        _ => is_dead_to_record(server, &state.persistent, envelope),
    }
}

/// The vote of that term went to another candidate, or the term is over.
fn vote_is_gone(record: &Persistent, candidate: Id, request: &RequestVote) -> bool {
    let other = record
        .voted_for
        .is_some_and(|voted_for| voted_for != candidate);
    request.term < record.current_term || request.term == record.current_term && other
}
