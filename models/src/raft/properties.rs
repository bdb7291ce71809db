//! What Raft promises, and the witnesses that the promises are put to the test.

use super::history::History;
use super::log::{Index, Log};
use super::message::{Message, Outcome};
use super::server::Server;
use super::state::{Pace, Persistent, Progress, Role, State};
use crate::property::{Judge, Stated};
use crate::quorum::is_quorum;
use crate::system::{Envelope, LocalOf, StateOf, Step};
use stateright::actor::Id;

type Cluster = StateOf<Server, History>;
type Claim = Stated<Server, History>;

const fn invariant(
    name: &'static str,
    source: &'static str,
    witness: &'static str,
    holds: fn(&Cluster) -> bool,
) -> Claim {
    Stated {
        name,
        source,
        witness: Some(witness),
        judge: Judge::Invariant(holds),
    }
}

const fn step(
    name: &'static str,
    source: &'static str,
    witness: &'static str,
    holds: fn(&Step<'_, Server, History>) -> bool,
) -> Claim {
    Stated {
        name,
        source,
        witness: Some(witness),
        judge: Judge::Step(holds),
    }
}

const fn witness(name: &'static str, holds: fn(&Cluster) -> bool) -> Claim {
    Stated {
        name,
        source: "ours",
        witness: None,
        judge: Judge::Witness(holds),
    }
}

/// Every claim. A configuration makes those whose premise it reaches.
pub const CLAIMS: &[Claim] = &[
    invariant(
        "Election Safety",
        "Raft §5.2, Fig. 3",
        "A Leader Is Elected",
        election_safety,
    ),
    step(
        "One Vote per Term",
        "Raft §5.2, Fig. 2",
        "A Server Votes for Another",
        one_vote_per_term,
    ),
    step(
        "Leader Append-Only",
        "Raft §5.3, Fig. 3",
        "A Leader Holds a Command",
        leader_append_only,
    ),
    invariant(
        "Log Matching",
        "Raft §5.3, Fig. 3",
        "Logs Diverge",
        log_matching,
    ),
    invariant(
        "Leader Completeness",
        "Raft §5.4, Fig. 3",
        "A Leader Follows a Commit",
        leader_completeness,
    ),
    invariant(
        "State Machine Safety",
        "Raft §5.4.3, Fig. 3",
        "Two Servers Commit",
        state_machine_safety,
    ),
    invariant(
        "Quorum Holds Commits",
        "ours, after Raft §5.3 and §5.4",
        "An Entry Is Committed",
        quorum_holds_commits,
    ),
    step(
        "Nothing Goes Back",
        "Raft Fig. 2",
        "A Second Term Begins",
        nothing_goes_back,
    ),
    invariant(
        "Durable before Visible",
        "Raft Fig. 2, thesis §3.8",
        "A Vote Is in Flight",
        durable_before_visible,
    ),
    step(
        "Commit Evidence",
        "Raft Fig. 2, §5.4.2",
        "An Entry Is Committed",
        commit_evidence,
    ),
    invariant(
        "No Server Stops",
        "ours",
        "A Leader Is Elected",
        no_server_stops,
    ),
    witness("A Leader Is Elected", a_leader_is_elected),
    witness("A Server Votes for Another", a_server_votes_for_another),
    witness("A Vote Is Split", a_vote_is_split),
    witness("A Second Term Begins", a_second_term_begins),
    witness("Two Leaders Coexist", two_leaders_coexist),
    witness("A Leader Holds a Command", a_leader_holds_a_command),
    witness("Logs Diverge", logs_diverge),
    witness("A Leader Follows a Commit", a_leader_follows_a_commit),
    witness("An Entry Is Committed", an_entry_is_committed),
    witness("Two Servers Commit", two_servers_commit),
    witness(
        "An Earlier Term's Entry Is Committed",
        an_earlier_terms_entry_is_committed,
    ),
    witness("A Vote Is in Flight", a_vote_is_in_flight),
    witness("A Write Is Pending", a_write_is_pending),
    witness("A Window Is Full", a_window_is_full),
    witness("A Refusal Is in Flight", a_refusal_is_in_flight),
    witness("A Follower Rejects", a_follower_rejects),
    witness("A Server Is Down", a_server_is_down),
    witness("A Server with a Log Is Down", a_server_with_a_log_is_down),
    witness("A Leader Sends Again", a_leader_sends_again),
    witness("A Batch Is in Flight", a_batch_is_in_flight),
    witness(
        "An Acknowledgement Is in Flight",
        an_acknowledgement_is_in_flight,
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
        .map(|position| CLAIMS[position])
        .collect()
}

/// The servers that are up.
fn up(cluster: &Cluster) -> impl Iterator<Item = (Id, &State)> {
    cluster
        .locals
        .iter()
        .enumerate()
        .filter_map(|(index, local)| Some((Id::from(index), local.up()?)))
}

fn leaders(cluster: &Cluster) -> impl Iterator<Item = (Id, &State)> {
    up(cluster).filter(|(_, state)| state.is_leader())
}

/// What a server has on disk.
fn durable(local: &LocalOf<Server>) -> Persistent {
    local.storage.clone().unwrap_or_default()
}

/// At most one leader can be elected in a given term: not only at the same time.
fn election_safety(cluster: &Cluster) -> bool {
    leaders(cluster).all(|(id, state)| cluster.ghost.leaders.get(&state.term()) == Some(&id))
}

/// A vote, once given, stays what it is until the term ends: in memory while the server is up, and
/// on disk for ever.
fn one_vote_per_term(step: &Step<'_, Server, History>) -> bool {
    let Some(id) = step.action.actor() else {
        return true;
    };
    let (before, after) = (&step.before[usize::from(id)], &step.after[usize::from(id)]);
    let stays = |before: &Persistent, after: &Persistent| {
        before.current_term != after.current_term
            || before.voted_for.is_none()
            || before.voted_for == after.voted_for
    };
    let in_memory = match (before.up(), after.up()) {
        (Some(before), Some(after)) if !restarts(step) => {
            stays(&before.persistent, &after.persistent)
        }
        _ => true,
    };
    in_memory && stays(&durable(before), &durable(after))
}

/// A leader never overwrites or deletes entries in its log; it only appends.
fn leader_append_only(step: &Step<'_, Server, History>) -> bool {
    let Some((before, after)) = moved(step) else {
        return true;
    };
    let leads_on = before.is_leader() && after.is_leader() && before.term() == after.term();
    !leads_on || before.log().is_prefix_of(after.log())
}

/// If two logs contain an entry with the same index and term, then they are identical up to it.
fn log_matching(cluster: &Cluster) -> bool {
    let agree = |left: &Log, right: &Log| {
        let same_term = |index: &Index| left.term_at(*index) == right.term_at(*index);
        let shorter = left.last_index().min(right.last_index());
        let last = (1..=shorter.0).rev().map(Index).find(same_term);
        last.is_none_or(|last| last <= left.common_prefix(right))
    };
    up(cluster)
        .all(|(i, left)| up(cluster).all(|(j, right)| j <= i || agree(left.log(), right.log())))
}

/// A leader's log holds every entry that was committed in an earlier term.
fn leader_completeness(cluster: &Cluster) -> bool {
    leaders(cluster).all(|(_, leader)| {
        let committed = cluster
            .ghost
            .committed
            .iter()
            .zip(cluster.ghost.committed_ids());
        committed
            .filter(|(entry, _)| entry.by < leader.term())
            .all(|(_, id)| leader.log().contains(id))
    })
}

/// No two servers ever commit different entries at the same index.
fn state_machine_safety(cluster: &Cluster) -> bool {
    up(cluster).all(|(_, state)| {
        cluster
            .ghost
            .committed_ids()
            .take_while(|id| id.index <= state.commit_index)
            .all(|id| state.log().contains(id))
    })
}

/// Whatever was committed is on the disks of a majority.
fn quorum_holds_commits(cluster: &Cluster) -> bool {
    let holds_all = |local: &LocalOf<Server>| {
        let Persistent { log, .. } = durable(local);
        cluster.ghost.committed_ids().all(|id| log.contains(id))
    };
    let holding = cluster
        .locals
        .iter()
        .filter(|local| holds_all(local))
        .count();
    is_quorum(holding, cluster.locals.len())
}

/// Terms never decrease, across crashes too. Commit and match indices never decrease while a
/// server runs, and indices stay in order: `matchIndex < nextIndex`, and both logs and commits
/// cover what they claim.
fn nothing_goes_back(step: &Step<'_, Server, History>) -> bool {
    let Some(id) = step.action.actor() else {
        return true;
    };
    let (before, after) = (&step.before[usize::from(id)], &step.after[usize::from(id)]);
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
    let grew = moved(step).is_none_or(|(before, after)| {
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
fn durable_before_visible(cluster: &Cluster) -> bool {
    cluster.network.iter().all(|Envelope { src, dst, msg }| {
        let disk = durable(&cluster.locals[usize::from(src)]);
        let same_term = disk.current_term == msg.term();
        if disk.current_term < msg.term() {
            return false;
        }
        match msg {
            Message::RequestVoteResponse(m) if m.granted && same_term => {
                disk.voted_for == Some(dst)
            }
            Message::AppendEntriesResponse(m) if same_term => match m.outcome {
                Outcome::Accepted { matched } => {
                    let leader = cluster.locals[usize::from(dst)].up();
                    let leader = leader.filter(|l| l.is_leader() && l.term() == m.term);
                    matched <= disk.log.last_index()
                        && leader.is_none_or(|l| matched <= l.log().common_prefix(&disk.log))
                }
                Outcome::Rejected { .. } => true,
            },
            _ => true,
        }
    })
}

/// A leader advances its commit index only to an entry of its own term that is on the disks of a
/// majority.
fn commit_evidence(step: &Step<'_, Server, History>) -> bool {
    let Some((before, after)) = moved(step) else {
        return true;
    };
    if !after.is_leader() || after.commit_index <= before.commit_index {
        return true;
    }
    let Some(entry) = after.log().get(after.commit_index) else {
        return false;
    };
    let id = after.log().id_at(after.commit_index);
    let holding = step
        .after
        .iter()
        .filter(|local| durable(local).log.contains(id))
        .count();
    entry.term == after.term() && is_quorum(holding, step.after.len())
}

/// No server finds that safety is already lost.
fn no_server_stops(cluster: &Cluster) -> bool {
    up(cluster).all(|(_, state)| !matches!(state.role, Role::Stopped(_)))
}

/// The server that took the step, before and after, if it was up all the time.
fn moved<'a>(step: &Step<'a, Server, History>) -> Option<(&'a State, &'a State)> {
    let index = usize::from(step.action.actor()?);
    if restarts(step) {
        None
    } else {
        Some((step.before[index].up()?, step.after[index].up()?))
    }
}

fn restarts(step: &Step<'_, Server, History>) -> bool {
    matches!(step.action, crate::system::Action::Restart { .. })
}

fn a_leader_is_elected(cluster: &Cluster) -> bool {
    leaders(cluster).next().is_some()
}

fn a_server_votes_for_another(cluster: &Cluster) -> bool {
    up(cluster).any(|(id, s)| {
        s.persistent
            .voted_for
            .is_some_and(|candidate| candidate != id)
    })
}

fn a_vote_is_split(cluster: &Cluster) -> bool {
    let candidates = up(cluster).filter(|(_, s)| matches!(s.role, Role::Candidate { .. }));
    let mut terms: Vec<_> = candidates.map(|(_, state)| state.term()).collect();
    terms.sort_unstable();
    terms.windows(2).any(|pair| pair[0] == pair[1])
}

fn a_second_term_begins(cluster: &Cluster) -> bool {
    up(cluster).any(|(_, state)| 2 <= state.term().0)
}

fn two_leaders_coexist(cluster: &Cluster) -> bool {
    2 <= leaders(cluster).count()
}

fn a_leader_holds_a_command(cluster: &Cluster) -> bool {
    leaders(cluster).any(|(_, leader)| {
        let last = leader.log().get(leader.log().last_index());
        last.is_some_and(|entry| entry.term == leader.term() && 0 < entry.payload.bytes())
    })
}

fn logs_diverge(cluster: &Cluster) -> bool {
    up(cluster).any(|(_, left)| {
        up(cluster).any(|(_, right)| {
            let next = left.log().common_prefix(right.log()).next();
            left.log().get(next).is_some() && right.log().get(next).is_some()
        })
    })
}

fn a_leader_follows_a_commit(cluster: &Cluster) -> bool {
    let committed = &cluster.ghost.committed;
    leaders(cluster).any(|(_, leader)| committed.iter().any(|entry| entry.by < leader.term()))
}

fn an_entry_is_committed(cluster: &Cluster) -> bool {
    !cluster.ghost.committed.is_empty()
}

fn two_servers_commit(cluster: &Cluster) -> bool {
    2 <= up(cluster)
        .filter(|(_, state)| Index(0) < state.commit_index)
        .count()
}

fn an_earlier_terms_entry_is_committed(cluster: &Cluster) -> bool {
    cluster
        .ghost
        .committed
        .iter()
        .any(|entry| entry.term < entry.by)
}

fn a_vote_is_in_flight(cluster: &Cluster) -> bool {
    cluster.network.iter().any(|envelope| match envelope.msg {
        Message::RequestVoteResponse(m) => m.granted,
        _ => false,
    })
}

fn a_write_is_pending(cluster: &Cluster) -> bool {
    cluster.locals.iter().any(|local| !local.outbox.is_empty())
}

fn a_window_is_full(cluster: &Cluster) -> bool {
    progresses(cluster).any(
        |progress| matches!(&progress.pace, Pace::Replicate { in_flight } if 2 <= in_flight.len()),
    )
}

fn progresses(cluster: &Cluster) -> impl Iterator<Item = &Progress> {
    leaders(cluster)
        .filter_map(|(_, leader)| leader.leadership())
        .flat_map(|leadership| leadership.followers.values())
}

/// A request was refused, and its sender will learn the current term.
fn a_refusal_is_in_flight(cluster: &Cluster) -> bool {
    cluster.network.iter().any(|envelope| match envelope.msg {
        Message::RequestVoteResponse(m) => !m.granted,
        Message::AppendEntriesResponse(m) => match m.outcome {
            Outcome::Rejected { prev, .. } => prev == Index(0),
            Outcome::Accepted { .. } => false,
        },
        _ => false,
    })
}

fn a_follower_rejects(cluster: &Cluster) -> bool {
    cluster.network.iter().any(|envelope| match envelope.msg {
        Message::AppendEntriesResponse(m) => match m.outcome {
            Outcome::Rejected { prev, .. } => Index(0) < prev,
            Outcome::Accepted { .. } => false,
        },
        _ => false,
    })
}

fn a_server_is_down(cluster: &Cluster) -> bool {
    cluster.locals.iter().any(|local| local.crashed)
}

/// It comes back with what it has on disk.
fn a_server_with_a_log_is_down(cluster: &Cluster) -> bool {
    let has_log = |local: &LocalOf<Server>| Index(0) < durable(local).log.last_index();
    cluster
        .locals
        .iter()
        .any(|local| local.crashed && has_log(local))
}

/// A follower that was sent to eagerly is probed, and was found stalled: where no log conflicts
/// with another, only a message that is sent again does that.
fn a_leader_sends_again(cluster: &Cluster) -> bool {
    progresses(cluster).any(|progress| {
        Index(0) < progress.match_index
            && progress.stalled
            && progress.pace == Pace::Probe { sent: true }
    })
}

fn a_batch_is_in_flight(cluster: &Cluster) -> bool {
    cluster.network.iter().any(|envelope| match envelope.msg {
        Message::AppendEntries(m) => 2 <= m.entries.len(),
        _ => false,
    })
}

fn an_acknowledgement_is_in_flight(cluster: &Cluster) -> bool {
    cluster.network.iter().any(|envelope| match envelope.msg {
        Message::AppendEntriesResponse(m) => match m.outcome {
            Outcome::Accepted { matched } => Index(0) < matched,
            Outcome::Rejected { .. } => false,
        },
        _ => false,
    })
}
