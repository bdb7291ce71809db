//! The promises, each a function of what it is made of.

use super::{Seat, durable, ran_on, up};
use crate::raft::ghost::Past;
use crate::raft::log::{Index, Log};
use crate::raft::message::{AppendResult, Message, TimeoutNow};
use crate::raft::server::Server;
use crate::raft::state::{Persistent, Role, State};
use crate::system::{Action, LocalOf, Move, Step};
use stateright::actor::Id;
use std::iter::once;

/// At most one leader can be elected in a given term: not only at the same time.
pub fn election_safety(id: Id, state: &State, past: &Past) -> bool {
    !state.is_leader() || past.leaders.get(&state.term()) == Some(&id)
}

/// A vote, once given, stays what it is until the term ends: in memory while the server is up, and
/// on disk for ever.
pub(super) fn one_vote_per_term(step: &Move<'_, Server>) -> bool {
    let stays = |before: &Persistent, after: &Persistent| {
        before.current_term != after.current_term
            || before.voted_for.is_none()
            || before.voted_for == after.voted_for
    };
    let in_memory =
        ran_on(step).is_none_or(|(before, after)| stays(&before.persistent, &after.persistent));
    in_memory && stays(&durable(step.before), &durable(step.after))
}

/// A leader never overwrites or deletes entries in its log; it only appends.
pub(super) fn leader_append_only(step: &Move<'_, Server>) -> bool {
    let Some((before, after)) = ran_on(step) else {
        return true;
    };
    let leads_on = before.is_leader() && after.is_leader() && before.term() == after.term();
    !leads_on || before.log().is_prefix_of(after.log())
}

/// If two logs contain an entry with the same index and term, then they are identical up to it.
pub fn log_matching(one: &Log, other: &Log) -> bool {
    let same_term = |index: &Index| one.term_at(*index) == other.term_at(*index);
    let shorter = one.last_index().min(other.last_index());
    let last = (1..=shorter.0).rev().map(Index).find(same_term);
    last.is_none_or(|last| last <= one.common_prefix(other))
}

/// A leader's log holds every entry that was committed in an earlier term.
pub fn leader_completeness(state: &State, past: &Past) -> bool {
    let committed = past.committed.iter().zip(past.committed_ids());
    let mut earlier = committed.filter(|(entry, _)| entry.by < state.term());
    !state.is_leader() || earlier.all(|(_, id)| state.log().contains(id))
}

/// No two servers ever commit different entries at the same index.
pub fn state_machine_safety(state: &State, past: &Past) -> bool {
    past.committed_ids()
        .take_while(|id| id.index <= state.commit_index)
        .all(|id| state.log().contains(id))
}

/// A leader counts only entries that are on a disk: a follower's `matchIndex` never exceeds the prefix
/// that the follower's disk shares with the leader's log, nor does the leader's own count exceed the prefix
/// that its own disk shares with its log.
///
/// A leader whose term is earlier than that on the follower's disk is out of date: a later leader may have
/// replaced the entries. Its match indices decide nothing any more, because the majority that elected the
/// later leader answers the earlier one no longer.
pub(super) fn match_is_true(leader: Seat<'_>, follower: Seat<'_>) -> bool {
    let Some((state, leadership)) = leader.up().and_then(|it| Some((it, it.leadership()?))) else {
        return true;
    };
    let shared = |seat: Seat<'_>| durable(seat.local).log.common_prefix(state.log());
    let known = &leadership.followers[&follower.id].match_index;
    let is_deposed = state.term() < durable(follower.local).current_term;
    leadership.durable <= shared(leader) && (is_deposed || *known <= shared(follower))
}

/// A server that is up and waits for no write has in memory what it has on disk.
pub(super) fn disk_is_memory(local: &LocalOf<Server>) -> bool {
    let is_settled = local.outbox.is_empty();
    !is_settled || local.up().is_none_or(|it| it.persistent == *durable(local))
}

/// In memory and on disk, terms never decrease along a log, and none is later than the current term.
pub(super) fn terms_ascend(seat: Seat<'_>) -> bool {
    let ascend = |record: &Persistent| {
        let terms = record.log.entries_after(Index(0)).map(|entry| entry.term);
        terms.chain(once(record.current_term)).is_sorted()
    };
    ascend(&durable(seat.local)) && up(seat, |state| ascend(&state.persistent))
}

/// Every command that is committed was requested by a client, and is committed at most as often as
/// it was requested.
pub(super) fn validity(state: &State, past: &Past) -> bool {
    let mut requested = past.requested.clone();
    state.committed().all(|command| {
        let position = requested.iter().position(|it| it == command);
        position.map(|it| requested.swap_remove(it)).is_some()
    })
}

/// Every committed entry is on the disk.
pub fn holds_commits(disk: &Persistent, past: &Past) -> bool {
    past.committed_ids().all(|id| disk.log.contains(id))
}

/// Terms never decrease, across crashes too. Commit and match indices never decrease while a
/// server runs, and indices stay in order: `matchIndex < nextIndex`, and both logs and commits
/// cover what they claim.
pub(super) fn nothing_goes_back(step: &Move<'_, Server>) -> bool {
    let Move { before, after, .. } = step;
    let disk = durable(before).current_term;
    let term_kept =
        disk <= durable(after).current_term && after.up().is_none_or(|after| disk <= after.term());
    let in_order = after.up().is_none_or(|after| {
        let last = after.log().last_index();
        let followers = after
            .leadership()
            .into_iter()
            .flat_map(|l| l.followers.values());
        after.commit_index <= last
            && followers.into_iter().all(|progress| {
                progress.match_index < progress.next_index && progress.match_index <= last
            })
    });
    let grew = ran_on(step).is_none_or(|(before, after)| {
        before.term() <= after.term()
            && before.commit_index <= after.commit_index
            && matches_grew(before, after)
    });
    term_kept && in_order && grew
}

fn matches_grew(before: &State, after: &State) -> bool {
    match (before.leadership(), after.leadership()) {
        (Some(old), Some(new)) if before.term() == after.term() => {
            old.durable <= new.durable
                && old
                    .followers
                    .iter()
                    .all(|(id, progress)| progress.match_index <= new.followers[id].match_index)
        }
        _ => true,
    }
}

/// The sender's disk has all that a message reveals of the sender.
pub fn durable_before_visible(
    dst: Id,
    message: &Message,
    disk: &Persistent,
    receiver: Option<&State>,
) -> bool {
    let same_term = disk.current_term == message.term();
    if disk.current_term < message.reveals() {
        return false;
    }
    match message {
        Message::RequestVoteResponse(m) if m.granted && same_term => disk.voted_for == Some(dst),
        Message::AppendEntriesResponse(m) if same_term => match m.result {
            AppendResult::Accepted { matched } => {
                let leader = receiver.filter(|l| l.is_leader() && l.term() == m.term);
                matched <= disk.log.last_index()
                    && leader.is_none_or(|l| matched <= l.log().common_prefix(&disk.log))
            }
            AppendResult::Rejected { .. } => true,
        },
        _ => true,
    }
}

/// A leader leads on, where it is heard in time and only outsiders ask for votes.
pub(super) fn a_settled_leader_stays(moved: &Move<'_, Server>) -> bool {
    ran_on(moved).is_none_or(|(before, after)| !before.is_leader() || after.is_leader())
}

/// A leader that is asked to transfer takes no command.
pub(super) fn no_command_during_transfer(moved: &Move<'_, Server>) -> bool {
    ran_on(moved).is_none_or(|(before, after)| {
        let leads_on = after.is_leader() && before.term() == after.term();
        !before.transfers() || !leads_on || before.log() == after.log()
    })
}

/// A server that is told to campaign begins the term after that of the leader who told it, or none.
pub(super) fn target_begins_next_term(moved: &Move<'_, Server>) -> bool {
    let (Some((_, order)), Some((before, after))) = (order(moved), ran_on(moved)) else {
        return true;
    };
    before.term() == after.term() || after.term() == order.term.next()
}

/// The premise of [`target_has_log`].
pub(super) fn a_target_campaigns(moved: &Move<'_, Server>) -> bool {
    let began = ran_on(moved).is_some_and(|(before, after)| before.term() < after.term());
    order(moved).is_some() && began
}

/// A server that is told to campaign has the log of the leader who told it. A leader that takes commands
/// again may have a longer one by then.
pub(super) fn target_has_log(step: &Step<'_, Server, Past>) -> bool {
    let Some((leader, order)) = order(&step.moved) else {
        return true;
    };
    let leader = step.before[usize::from(leader)].up();
    let leader = leader.filter(|it| it.term() == order.term && it.transfers());
    let target = step.moved.after.up();
    let both = leader.zip(target);
    both.is_none_or(|(leader, target)| target.log().contains(leader.log().last()))
}

/// The order to campaign that arrives, and its leader.
fn order<'a>(moved: &Move<'a, Server>) -> Option<(Id, &'a TimeoutNow)> {
    match moved.action {
        Action::Deliver(envelope) | Action::Duplicate(envelope) => match &envelope.msg {
            Message::TimeoutNow(order) => Some((envelope.src, order)),
            _ => None,
        },
        _ => None,
    }
}

/// The premise of [`commit_evidence`].
pub(super) fn a_leader_commits(step: &Move<'_, Server>) -> bool {
    ran_on(step).is_some_and(|(before, after)| {
        after.is_leader() && before.commit_index < after.commit_index
    })
}

/// A leader advances its commit index only to an entry of its own term that is on the disks of a
/// quorum.
pub(super) fn commit_evidence(step: &Step<'_, Server, Past>) -> bool {
    let Some(leader) = step.moved.after.up() else {
        return true;
    };
    let Some(entry) = leader.log().get(leader.commit_index) else {
        return false;
    };
    let id = leader.log().id_at(leader.commit_index);
    let holds = |server: Id| durable(&step.after[usize::from(server)]).log.contains(id);
    entry.term == leader.term() && step.quorum.is_in(holds)
}

/// No server finds that safety is already lost.
pub fn runs(state: &State) -> bool {
    !matches!(state.role, Role::Stopped(_))
}
