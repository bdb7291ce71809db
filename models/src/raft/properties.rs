//! What Raft promises, and the witnesses that the promises are put to the test.

use super::history::History;
use super::log::{Index, Log};
use super::message::{Message, Outcome};
use super::server::Server;
use super::state::{Pace, Persistent, Progress, Role, State};
use crate::property::Condition::{Each, Flight, History as Past, Majority, Pair};
use crate::property::{self, Condition, Judge, Stated};
use crate::quorum::is_quorum;
use crate::system::{Action, LocalOf, Move, Step};
use stateright::actor::Id;
use std::borrow::Cow;

type Claim = Stated<Server, History>;
type Seat<'a> = property::Seat<'a, Server>;
type InFlight<'a> = property::Flight<'a, Server>;

const fn invariant(
    name: &'static str,
    source: &'static str,
    witness: &'static str,
    condition: Condition<Server, History>,
) -> Claim {
    Stated {
        name,
        source,
        witness: Some(witness),
        judge: Judge::Invariant(condition),
    }
}

const fn step(
    name: &'static str,
    source: &'static str,
    witness: &'static str,
    judge: Judge<Server, History>,
) -> Claim {
    Stated {
        name,
        source,
        witness: Some(witness),
        judge,
    }
}

const fn witness(name: &'static str, condition: Condition<Server, History>) -> Claim {
    Stated {
        name,
        source: "ours",
        witness: None,
        judge: Judge::Witness(condition),
    }
}

/// Every claim. A configuration makes those whose premise it reaches.
pub const CLAIMS: &[Claim] = &[
    invariant(
        "Election Safety",
        "Raft §5.2, Fig. 3",
        "A Leader Is Elected",
        Each(|seat, history| up(seat, |state| election_safety(seat.id, state, history))),
    ),
    step(
        "One Vote per Term",
        "Raft §5.2, Fig. 2",
        "A Server Votes for Another",
        Judge::Move(one_vote_per_term),
    ),
    step(
        "Leader Append-Only",
        "Raft §5.3, Fig. 3",
        "A Leader Holds a Command",
        Judge::Move(leader_append_only),
    ),
    invariant(
        "Log Matching",
        "Raft §5.3, Fig. 3",
        "Logs Diverge",
        Pair(|one, other| {
            both_up(one, other).is_none_or(|(one, other)| log_matching(one.log(), other.log()))
        }),
    ),
    invariant(
        "Leader Completeness",
        "Raft §5.4, Fig. 3",
        "A Leader Follows a Commit",
        Each(|seat, history| up(seat, |state| leader_completeness(state, history))),
    ),
    invariant(
        "State Machine Safety",
        "Raft §5.4.3, Fig. 3",
        "Two Servers Commit",
        Each(|seat, history| up(seat, |state| state_machine_safety(state, history))),
    ),
    invariant(
        "Quorum Holds Commits",
        "ours, after Raft §5.3 and §5.4",
        "An Entry Is Committed",
        Majority(|seat, history| holds_commits(&durable(seat.local), history)),
    ),
    step(
        "Nothing Goes Back",
        "Raft Fig. 2",
        "A Second Term Begins",
        Judge::Move(nothing_goes_back),
    ),
    invariant(
        "Durable before Visible",
        "Raft Fig. 2, thesis §3.8",
        "A Vote Is in Flight",
        Flight(|flight| {
            let disk = flight.sender.map(durable).unwrap_or_default();
            let receiver = flight.receiver.and_then(|local| local.up());
            durable_before_visible(flight.dst, flight.msg, &disk, receiver)
        }),
    ),
    step(
        "Commit Evidence",
        "Raft Fig. 2, §5.4.2",
        "An Entry Is Committed",
        Judge::Step {
            when: a_leader_commits,
            holds: commit_evidence,
        },
    ),
    invariant(
        "No Server Stops",
        "ours",
        "A Leader Is Elected",
        Each(|seat, _| up(seat, runs)),
    ),
    witness("A Leader Is Elected", Each(a_leader_is_elected)),
    witness(
        "A Server Votes for Another",
        Each(a_server_votes_for_another),
    ),
    witness("A Vote Is Split", Pair(a_vote_is_split)),
    witness("A Second Term Begins", Each(a_second_term_begins)),
    witness("Two Leaders Coexist", Pair(two_leaders_coexist)),
    witness("A Leader Holds a Command", Each(a_leader_holds_a_command)),
    witness(
        "Logs Diverge",
        Pair(|one, other| {
            both_up(one, other).is_some_and(|(one, other)| logs_diverge(one.log(), other.log()))
        }),
    ),
    witness(
        "A Leader Follows a Commit",
        Each(|seat, history| {
            seat.up()
                .is_some_and(|state| leads_after_a_commit(state, history))
        }),
    ),
    witness("An Entry Is Committed", Past(an_entry_is_committed)),
    witness("Two Servers Commit", Pair(two_servers_commit)),
    witness(
        "An Earlier Term's Entry Is Committed",
        Past(an_earlier_terms_entry_is_committed),
    ),
    witness("A Vote Is in Flight", Flight(a_vote_is_in_flight)),
    witness("A Write Is Pending", Each(a_write_is_pending)),
    witness("A Window Is Full", Each(a_window_is_full)),
    witness("A Refusal Is in Flight", Flight(a_refusal_is_in_flight)),
    witness("A Follower Rejects", Flight(a_follower_rejects)),
    witness("A Server Is Down", Each(a_server_is_down)),
    witness(
        "A Server with a Log Is Down",
        Each(a_server_with_a_log_is_down),
    ),
    witness("A Leader Sends Again", Each(a_leader_sends_again)),
    witness("A Batch Is in Flight", Flight(a_batch_is_in_flight)),
    witness(
        "An Acknowledgement Is in Flight",
        Flight(an_acknowledgement_is_in_flight),
    ),
];

/// The claims with these names, each with its witness.
///
/// # Panics
///
/// If there is no such claim.
pub fn claims(names: Vec<&str>) -> Vec<Claim> {
    let named = |name: &str| {
        CLAIMS
            .iter()
            .position(|claim| claim.name == name)
            .unwrap_or_else(|| panic!("no {name}"))
    };
    let mut positions: Vec<usize> = names.iter().map(|name| named(name)).collect();
    positions.extend(
        names
            .iter()
            .filter_map(|name| CLAIMS[named(name)].witness)
            .map(named),
    );
    positions.sort_unstable();
    positions.dedup();
    positions
        .into_iter()
        .map(|position| CLAIMS[position].clone())
        .collect()
}

/// The server's state, if it leads its term.
fn leader<'a>(seat: Seat<'a>) -> Option<&'a State> {
    seat.up().filter(|state| state.is_leader())
}

/// Whether something holds of a server, if it is up.
fn up(seat: Seat<'_>, holds: impl Fn(&State) -> bool) -> bool {
    seat.up().is_none_or(holds)
}

/// Two servers that are up.
fn both_up<'a>(one: Seat<'a>, other: Seat<'a>) -> Option<(&'a State, &'a State)> {
    Some((one.up()?, other.up()?))
}

/// What a server has on disk.
fn durable(local: &LocalOf<Server>) -> Cow<'_, Persistent> {
    let stored = local.storage.as_ref();
    stored.map_or_else(Cow::default, Cow::Borrowed)
}

/// At most one leader can be elected in a given term: not only at the same time.
pub fn election_safety(id: Id, state: &State, history: &History) -> bool {
    !state.is_leader() || history.leaders.get(&state.term()) == Some(&id)
}

/// A vote, once given, stays what it is until the term ends: in memory while the server is up, and
/// on disk for ever.
fn one_vote_per_term(step: &Move<'_, Server>) -> bool {
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
fn leader_append_only(step: &Move<'_, Server>) -> bool {
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
pub fn leader_completeness(state: &State, history: &History) -> bool {
    let committed = history.committed.iter().zip(history.committed_ids());
    let mut earlier = committed.filter(|(entry, _)| entry.by < state.term());
    !state.is_leader() || earlier.all(|(_, id)| state.log().contains(id))
}

/// No two servers ever commit different entries at the same index.
pub fn state_machine_safety(state: &State, history: &History) -> bool {
    history
        .committed_ids()
        .take_while(|id| id.index <= state.commit_index)
        .all(|id| state.log().contains(id))
}

/// Whatever was committed is on the disk.
pub fn holds_commits(disk: &Persistent, history: &History) -> bool {
    history.committed_ids().all(|id| disk.log.contains(id))
}

/// Terms never decrease, across crashes too. Commit and match indices never decrease while a
/// server runs, and indices stay in order: `matchIndex < nextIndex`, and both logs and commits
/// cover what they claim.
fn nothing_goes_back(step: &Move<'_, Server>) -> bool {
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

/// What a message reveals of its sender is on the sender's disk.
pub fn durable_before_visible(
    dst: Id,
    message: &Message,
    disk: &Persistent,
    receiver: Option<&State>,
) -> bool {
    let same_term = disk.current_term == message.term();
    if disk.current_term < message.term() {
        return false;
    }
    match message {
        Message::RequestVoteResponse(m) if m.granted && same_term => disk.voted_for == Some(dst),
        Message::AppendEntriesResponse(m) if same_term => match m.outcome {
            Outcome::Accepted { matched } => {
                let leader = receiver.filter(|l| l.is_leader() && l.term() == m.term);
                matched <= disk.log.last_index()
                    && leader.is_none_or(|l| matched <= l.log().common_prefix(&disk.log))
            }
            Outcome::Rejected { .. } => true,
        },
        _ => true,
    }
}

/// The premise of [`commit_evidence`].
fn a_leader_commits(step: &Move<'_, Server>) -> bool {
    ran_on(step).is_some_and(|(before, after)| {
        after.is_leader() && before.commit_index < after.commit_index
    })
}

/// A leader advances its commit index only to an entry of its own term that is on the disks of a
/// majority.
fn commit_evidence(step: &Step<'_, Server, History>) -> bool {
    let Some(leader) = step.moved.after.up() else {
        return true;
    };
    let Some(entry) = leader.log().get(leader.commit_index) else {
        return false;
    };
    let id = leader.log().id_at(leader.commit_index);
    let holding = step
        .after
        .iter()
        .filter(|local| durable(local).log.contains(id))
        .count();
    entry.term == leader.term() && is_quorum(holding, step.after.len())
}

/// No server finds that safety is already lost.
pub fn runs(state: &State) -> bool {
    !matches!(state.role, Role::Stopped(_))
}

/// The server that took the step, before and after, if it was up all the time.
fn ran_on<'a>(step: &Move<'a, Server>) -> Option<(&'a State, &'a State)> {
    if matches!(step.action, Action::Restart { .. }) {
        None
    } else {
        Some((step.before.up()?, step.after.up()?))
    }
}

fn a_leader_is_elected(seat: Seat<'_>, _: &History) -> bool {
    leader(seat).is_some()
}

fn a_server_votes_for_another(seat: Seat<'_>, _: &History) -> bool {
    let voted_for = seat.up().and_then(|state| state.persistent.voted_for);
    voted_for.is_some_and(|candidate| candidate != seat.id)
}

fn a_vote_is_split(one: Seat<'_>, other: Seat<'_>) -> bool {
    let is_candidate = |state: &State| matches!(state.role, Role::Candidate { .. });
    both_up(one, other).is_some_and(|(one, other)| {
        is_candidate(one) && is_candidate(other) && one.term() == other.term()
    })
}

fn a_second_term_begins(seat: Seat<'_>, _: &History) -> bool {
    seat.up().is_some_and(|state| 2 <= state.term().0)
}

fn two_leaders_coexist(one: Seat<'_>, other: Seat<'_>) -> bool {
    leader(one).is_some() && leader(other).is_some()
}

fn a_leader_holds_a_command(seat: Seat<'_>, _: &History) -> bool {
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
pub fn leads_after_a_commit(state: &State, history: &History) -> bool {
    let mut committed = history.committed.iter();
    state.is_leader() && committed.any(|entry| entry.by < state.term())
}

fn an_entry_is_committed(history: &History) -> bool {
    !history.committed.is_empty()
}

fn two_servers_commit(one: Seat<'_>, other: Seat<'_>) -> bool {
    both_up(one, other)
        .is_some_and(|(one, other)| Index(0) < one.commit_index && Index(0) < other.commit_index)
}

fn an_earlier_terms_entry_is_committed(history: &History) -> bool {
    history.committed.iter().any(|entry| entry.term < entry.by)
}

fn a_vote_is_in_flight(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::RequestVoteResponse(m) if m.granted)
}

fn a_write_is_pending(seat: Seat<'_>, _: &History) -> bool {
    !seat.local.outbox.is_empty()
}

fn a_window_is_full(seat: Seat<'_>, _: &History) -> bool {
    progresses(seat).any(
        |progress| matches!(&progress.pace, Pace::Replicate { in_flight } if 2 <= in_flight.len()),
    )
}

/// What a server that leads knows of the others.
fn progresses<'a>(seat: Seat<'a>) -> impl Iterator<Item = &'a Progress> {
    leader(seat)
        .and_then(State::leadership)
        .into_iter()
        .flat_map(|leadership| leadership.followers.values())
}

/// A request was refused, and its sender will learn the current term.
fn a_refusal_is_in_flight(flight: &InFlight<'_>) -> bool {
    match flight.msg {
        Message::RequestVoteResponse(m) => !m.granted,
        Message::AppendEntriesResponse(m) => {
            matches!(m.outcome, Outcome::Rejected { prev: Index(0), .. })
        }
        _ => false,
    }
}

fn a_follower_rejects(flight: &InFlight<'_>) -> bool {
    match flight.msg {
        Message::AppendEntriesResponse(m) => {
            matches!(m.outcome, Outcome::Rejected { prev, .. } if Index(0) < prev)
        }
        _ => false,
    }
}

fn a_server_is_down(seat: Seat<'_>, _: &History) -> bool {
    seat.local.crashed
}

/// It comes back with what it has on disk.
fn a_server_with_a_log_is_down(seat: Seat<'_>, _: &History) -> bool {
    seat.local.crashed && Index(0) < durable(seat.local).log.last_index()
}

/// A follower that was sent to eagerly is probed, and was found stalled: where no log conflicts
/// with another, only a message that is sent again does that.
fn a_leader_sends_again(seat: Seat<'_>, _: &History) -> bool {
    progresses(seat).any(|progress| {
        Index(0) < progress.match_index
            && progress.stalled
            && progress.pace == Pace::Probe { sent: true }
    })
}

fn a_batch_is_in_flight(flight: &InFlight<'_>) -> bool {
    matches!(flight.msg, Message::AppendEntries(m) if 2 <= m.entries.len())
}

fn an_acknowledgement_is_in_flight(flight: &InFlight<'_>) -> bool {
    match flight.msg {
        Message::AppendEntriesResponse(m) => {
            matches!(m.outcome, Outcome::Accepted { matched } if Index(0) < matched)
        }
        _ => false,
    }
}
