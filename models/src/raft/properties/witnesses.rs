//! The witnesses: that a premise is reached, or what a configuration is named for.

use super::{InFlight, Seat, both_up, durable, leader, ran_on};
use crate::raft::ghost::Past;
use crate::raft::log::{Index, Log};
use crate::raft::message::{AppendResult, Message};
use crate::raft::server::Server;
use crate::raft::state::{FollowerProgress, Pace, Role, State, Transfer};
use crate::system::Move;

pub(super) fn a_leader_is_elected(seat: Seat<'_>, _: &Past) -> bool {
    leader(seat).is_some()
}

pub(super) fn a_server_votes_for_another(seat: Seat<'_>, _: &Past) -> bool {
    let voted_for = seat.up().and_then(|state| state.persistent.voted_for);
    voted_for.is_some_and(|candidate| candidate != seat.id)
}

pub(super) fn a_vote_is_split(one: Seat<'_>, other: Seat<'_>) -> bool {
    let is_candidate = |state: &State| matches!(state.role, Role::Candidate { .. });
    both_up(one, other).is_some_and(|(one, other)| {
        is_candidate(one) && is_candidate(other) && one.term() == other.term()
    })
}

pub(super) fn a_second_term_begins(seat: Seat<'_>, _: &Past) -> bool {
    seat.up().is_some_and(|state| 2 <= state.term().0)
}

pub(super) fn two_leaders_coexist(one: Seat<'_>, other: Seat<'_>) -> bool {
    leader(one).is_some() && leader(other).is_some()
}

pub(super) fn a_leader_holds_a_command(seat: Seat<'_>, _: &Past) -> bool {
    leader(seat).is_some_and(|leader| {
        let last = leader.log().get(leader.log().last_index());
        last.is_some_and(|entry| entry.term == leader.term() && 0 < entry.payload.bytes())
    })
}

/// Each of two logs has an entry where they part.
pub fn logs_diverge(one: &Log, other: &Log) -> bool {
    let next = one.common_prefix(other).next();
    one.get(next).is_some() && other.get(next).is_some()
}

/// A server leads in a later term than that in which something was committed.
pub fn leads_after_a_commit(state: &State, past: &Past) -> bool {
    let mut committed = past.committed.iter();
    state.is_leader() && committed.any(|entry| entry.by < state.term())
}

pub(super) fn an_entry_is_committed(past: &Past) -> bool {
    !past.committed.is_empty()
}

pub(super) fn two_servers_commit(one: Seat<'_>, other: Seat<'_>) -> bool {
    both_up(one, other)
        .is_some_and(|(one, other)| Index(0) < one.commit_index && Index(0) < other.commit_index)
}

pub(super) fn an_earlier_terms_entry_is_committed(past: &Past) -> bool {
    past.committed.iter().any(|entry| entry.term < entry.by)
}

pub(super) fn a_vote_is_in_flight(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::RequestVoteResponse(m) if m.granted)
}

pub(super) fn a_write_is_pending(seat: Seat<'_>, _: &Past) -> bool {
    !seat.local.outbox.is_empty()
}

pub(super) fn a_window_is_full(seat: Seat<'_>, _: &Past) -> bool {
    progresses(seat).any(
        |progress| matches!(&progress.pace, Pace::Replicate { in_flight } if 2 <= in_flight.len()),
    )
}

/// A leader's knowledge of the others.
fn progresses<'a>(seat: Seat<'a>) -> impl Iterator<Item = &'a FollowerProgress> {
    leader(seat)
        .and_then(State::leadership)
        .into_iter()
        .flat_map(|leadership| leadership.followers.values())
}

/// A request was refused, and its sender will learn the current term.
pub(super) fn a_refusal_is_in_flight(flight: &InFlight<'_>) -> bool {
    match flight.msg {
        Message::RequestVoteResponse(m) => !m.granted,
        Message::AppendEntriesResponse(m) => {
            matches!(m.result, AppendResult::Rejected { prev: Index(0), .. })
        }
        _ => false,
    }
}

pub(super) fn a_follower_rejects(flight: &InFlight<'_>) -> bool {
    match flight.msg {
        Message::AppendEntriesResponse(m) => {
            matches!(m.result, AppendResult::Rejected { prev, .. } if Index(0) < prev)
        }
        _ => false,
    }
}

pub(super) fn a_server_is_down(seat: Seat<'_>, _: &Past) -> bool {
    seat.local.crashed
}

/// It comes back with what it has on disk.
pub(super) fn a_server_with_a_log_is_down(seat: Seat<'_>, _: &Past) -> bool {
    seat.local.crashed && Index(0) < durable(seat.local).log.last_index()
}

/// A follower that was sent to eagerly is probed, and was found stalled: where no log conflicts
/// with another, only a message that is sent again does that.
pub(super) fn a_leader_sends_again(seat: Seat<'_>, _: &Past) -> bool {
    progresses(seat).any(|progress| {
        Index(0) < progress.match_index
            && progress.stalled
            && progress.pace == Pace::Probe { sent: true }
    })
}

pub(super) fn a_batch_is_in_flight(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::AppendEntries(m) if 2 <= m.entries.len())
}

pub(super) fn an_acknowledgement_is_in_flight(flight: &InFlight<'_>) -> bool {
    match flight.msg {
        Message::AppendEntriesResponse(m) => {
            matches!(m.result, AppendResult::Accepted { matched } if Index(0) < matched)
        }
        _ => false,
    }
}

/// A leader knows of an entry that a follower has.
pub(super) fn a_match_is_known(seat: Seat<'_>, _: &Past) -> bool {
    progresses(seat).any(|progress| Index(0) < progress.match_index)
}

/// A server is up, waits for no write, and has saved entries.
pub(super) fn a_log_is_on_disk(seat: Seat<'_>, _: &Past) -> bool {
    let is_settled = seat.up().is_some() && seat.local.outbox.is_empty();
    is_settled && Index(0) < durable(seat.local).log.last_index()
}

pub(super) fn a_log_has_two_terms(seat: Seat<'_>, _: &Past) -> bool {
    let first = |log: &Log| {
        log.term_at(Index(1))
            .is_some_and(|term| term < log.last().term)
    };
    seat.up().is_some_and(|state| first(state.log()))
}

pub(super) fn a_command_is_committed(seat: Seat<'_>, _: &Past) -> bool {
    seat.up()
        .is_some_and(|state| state.committed().next().is_some())
}

/// A message ends before an entry that its sender had from the start of its term: a limit ended it.
pub(super) fn a_message_is_full(flight: &InFlight<'_>) -> bool {
    let sender = flight.sender.and_then(|local| local.up());
    match (flight.msg, sender) {
        (Message::AppendEntries(m), Some(sender)) if !m.entries.is_empty() => {
            let next = m.prev.index.plus(m.entries.len()).next();
            let term = sender.log().term_at(next);
            sender.is_leader() && sender.term() == m.term && term.is_some_and(|it| it < m.term)
        }
        _ => false,
    }
}

pub(super) fn an_outsider_asks(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::PreVote(_))
}

pub(super) fn a_pre_vote_is_granted(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::PreVoteResponse(m) if m.granted)
}

/// A server has voted for itself in a term, won, and follows nobody in it.
pub(super) fn a_leader_steps_down(seat: Seat<'_>, past: &Past) -> bool {
    seat.up().is_some_and(|state| {
        let has_led = past.leaders.get(&state.term()) == Some(&seat.id);
        has_led && matches!(state.role, Role::Follower { leader: None })
    })
}

pub(super) fn a_leader_transfers(seat: Seat<'_>, _: &Past) -> bool {
    seat.up().is_some_and(State::transfers)
}

pub(super) fn a_follower_is_told_to_campaign(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::TimeoutNow(_))
}

/// The target leads the next term, and the leader who told it does not know that yet.
pub(super) fn leadership_is_transferred(one: Seat<'_>, other: Seat<'_>) -> bool {
    let next = leader(other).map(|target| target.term().prev());
    leader(one).is_some_and(|former| {
        let told = former.leadership().map(|it| it.transfer);
        told == Some(Transfer::Told(other.id)) && next == Some(former.term())
    })
}

/// A leader that was asked to transfer leads on, and takes commands again.
pub(super) fn a_transfer_is_given_up(moved: &Move<'_, Server>) -> bool {
    ran_on(moved).is_some_and(|(before, after)| {
        before.transfers() && after.is_leader() && !after.transfers()
    })
}
