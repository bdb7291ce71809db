//! Raft §5.3, §5.4.2, §5.5 and §8: entries, commitment, clients.

use super::node::*;
use quorate_models::raft::config::Config;
use quorate_models::raft::log::{Entry, Index, Payload};
use quorate_models::raft::message::Message;
use quorate_models::raft::server::Timer::{Election, Heartbeat};
use quorate_models::raft::state::Term;
use stateright::actor::Id;

/// A leader of term 1 whose followers have answered its first message.
fn leader(servers: usize) -> Node {
    let mut node = Node::start(0, cluster(servers));
    node.wins(1..=servers / 2);
    for peer in 1..servers {
        node.hears(peer, accepted(1, 0));
    }
    node
}

/// 1, a leader of three whose log has entries of these earlier terms.
fn leader_after(terms: &[u64]) -> Node {
    let mut node = follower(terms);
    node.wins([2]);
    node
}

fn commit_index(node: &Node) -> u64 {
    node.state.commit_index.0
}

fn next_index(node: &Node, follower: usize) -> u64 {
    let leadership = node.state.leadership().expect("it leads");
    leadership.followers[&Id::from(follower)].next_index.0
}

/// "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in
/// parallel to each of the other servers to replicate the entry." Raft §5.3.
#[test]
fn a_leader_appends_a_command_and_replicates_it_in_parallel() {
    let mut node = leader(3);
    let outputs = node.hears(9, Message::ClientRequest("a".into()));
    let message = append(1, at(0, 0), entries(&[1]), 0);
    let expected = [
        send(1, message.clone()),
        send(2, message),
        save(1, Some(0), log(&[1])),
        send(0, accepted(1, 1)),
    ];
    assert_eq!(outputs, expected);
}

/// "A log entry is committed once the leader that created the entry has replicated it on a
/// majority of the servers." Raft §5.3.
#[test]
fn an_entry_is_committed_once_a_majority_holds_it() {
    let mut node = leader(5);
    node.takes("a");
    node.hears(1, accepted(1, 1));
    node.hears(1, accepted(1, 1));
    assert_eq!(commit_index(&node), 0);
    node.hears(2, accepted(1, 1));
    assert_eq!(commit_index(&node), 1);
}

/// The leader is one of the servers: it counts itself when the entry is on its own disk (Raft
/// thesis §10.2.1).
#[test]
fn a_leader_counts_itself_once_the_entry_is_durable() {
    let mut node = leader(3);
    let outputs = node.hears(9, Message::ClientRequest("a".into()));
    node.hears(1, accepted(1, 1));
    assert_eq!(commit_index(&node), 0);
    node.has_written(&outputs);
    assert_eq!(commit_index(&node), 1);
}

/// "The leader keeps track of the highest index it knows to be committed, and it includes that
/// index in future AppendEntries RPCs (including heartbeats) so that the other servers eventually
/// find out." Raft §5.3.
#[test]
fn a_leader_includes_the_committed_index_in_later_messages() {
    let mut node = leader(3);
    node.takes("a");
    node.hears(1, accepted(1, 1));
    node.hears(2, accepted(1, 1));
    let heartbeat = append(1, at(1, 1), Vec::new(), 1);
    let expected = [
        arm(Heartbeat),
        send(1, heartbeat.clone()),
        send(2, heartbeat),
    ];
    assert_eq!(node.times_out(Heartbeat), expected);
    let outputs = node.hears(9, Message::ClientRequest("b".into()));
    let message = append(1, at(1, 1), vec![entry(1, "b")], 1);
    assert_eq!(outputs[..2], [send(1, message.clone()), send(2, message)]);
}

/// "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)."
/// Raft Fig. 2, AppendEntries 5.
#[test]
fn a_follower_commits_no_further_than_the_last_new_entry() {
    let mut node = follower(&[1, 1, 1]);
    node.hears(0, append(1, at(1, 1), vec![entry(1, "b")], 3));
    assert_eq!(commit_index(&node), 2);
    node.hears(0, append(1, at(1, 3), Vec::new(), 9));
    assert_eq!(commit_index(&node), 3);
    node.hears(0, append(1, at(1, 3), Vec::new(), 1));
    assert_eq!(commit_index(&node), 3);
}

/// "If the follower does not find an entry in its log with the same index and term, then it
/// refuses the new entries." Raft §5.3.
#[test]
fn a_follower_refuses_entries_without_the_entry_before_them() {
    for (prev, hint) in [
        (at(1, 4), at(1, 2)),
        (at(2, 2), at(1, 2)),
        (at(3, 4), at(3, 3)),
    ] {
        let mut node = follower(&[1, 1, 3]);
        let outputs = node.hears(0, append(3, prev, entries(&[3]), 0));
        let refusal = send(0, rejected(3, prev.index.0, hint));
        assert_eq!(outputs, [arm(Election), refusal]);
        assert_eq!(*node.state.log(), log(&[1, 1, 3]));
    }
}

/// "If an existing entry conflicts with a new one (same index but different terms), delete the
/// existing entry and all that follow it." Raft Fig. 2, AppendEntries 3.
#[test]
fn a_conflicting_entry_and_all_that_follow_it_are_deleted() {
    let mut node = follower(&[1, 1, 2, 2]);
    let outputs = node.hears(
        2,
        append(3, at(1, 1), vec![entry(1, "b"), entry(3, "z")], 0),
    );
    let after = log_of(vec![entry(1, "a"), entry(1, "b"), entry(3, "z")]);
    let expected = [save(3, None, after), arm(Election), send(2, accepted(3, 3))];
    assert_eq!(outputs, expected);
}

/// "If a follower receives an AppendEntries request that includes log entries already present in
/// its log, it ignores those entries in the new request." Raft §5.5. Entries after them stay.
#[test]
fn a_follower_ignores_entries_that_it_has() {
    let mut node = follower(&[1, 1, 1]);
    let outputs = node.hears(0, append(1, at(0, 0), entries(&[1, 1]), 0));
    assert_eq!(outputs, [arm(Election), send(0, accepted(1, 2))]);
    assert_eq!(*node.state.log(), log(&[1, 1, 1]));
}

/// "When a leader first comes to power, it initializes all nextIndex values to the index just
/// after the last one in its log." Raft §5.3.
#[test]
fn a_new_leader_starts_after_the_last_entry_of_its_log() {
    let mut node = follower(&[1, 1, 2]);
    let outputs = node.wins([2]);
    assert_eq!((next_index(&node, 0), next_index(&node, 2)), (4, 4));
    let probe = append(3, at(2, 3), Vec::new(), 0);
    assert!(outputs.contains(&send(0, probe.clone())));
    assert!(outputs.contains(&send(2, probe)));
}

/// After a rejection, the leader lowers nextIndex and tries again; with the hint of a conflicting
/// term, it needs one message for each such term and not one for each entry. Raft §5.3.
#[test]
fn a_leader_needs_one_message_for_each_conflicting_term() {
    let mut node = leader_after(&[1, 4, 4, 4, 6, 6]);
    let mut other = Node::start(0, cluster(3));
    receive(&mut other, 2, &[1, 3, 3, 3, 3, 5, 5]);
    let mut probes = Vec::new();
    let mut message = append(7, at(6, 6), Vec::new(), 0);
    while probes.len() < 9 {
        probes.push(message.clone());
        let answer = other.hears(1, message);
        let Some(Output::Send(_, answer)) = answer.last().cloned() else {
            panic!("{answer:?}");
        };
        match &node.hears(0, answer)[..] {
            [] => break,
            [Output::Send(_, next)] => message = next.clone(),
            more => panic!("{more:?}"),
        }
    }
    let all = entries(&[1, 4, 4, 4, 6, 6]);
    let expected = [
        append(7, at(6, 6), Vec::new(), 0),
        append(7, at(4, 4), all[4..].to_vec(), 0),
        append(7, at(1, 1), all[1..].to_vec(), 0),
    ];
    assert_eq!(probes, expected);
    assert_eq!(other.state.log(), node.state.log());
}

/// "A leader never overwrites or deletes entries in its own log." Raft §5.3.
#[test]
fn a_leader_never_overwrites_its_own_log() {
    let mut node = leader_after(&[1, 1, 2]);
    node.takes("x");
    let kept = node.state.log().clone();
    for message in [
        rejected(3, 3, at(1, 2)),
        rejected(3, 2, at(0, 0)),
        append(2, at(1, 1), entries(&[2]), 0),
    ] {
        node.hears(0, message);
        assert!(kept.is_prefix_of(node.state.log()));
    }
    node.takes("y");
    assert!(kept.is_prefix_of(node.state.log()));
    assert_eq!(node.state.log().last_index(), Index(5));
}

/// "Raft never commits log entries from previous terms by counting replicas." Raft §5.4.2. Once an
/// entry of the current term is committed, all entries before it are committed with it.
#[test]
fn an_entry_of_an_earlier_term_is_committed_by_a_later_one_only() {
    let mut node = leader_after(&[1, 1]);
    node.hears(0, accepted(2, 2));
    node.hears(2, accepted(2, 2));
    assert_eq!(commit_index(&node), 0);
    node.takes("c");
    node.hears(2, accepted(2, 3));
    assert_eq!(commit_index(&node), 3);
}

/// A leader commits a blank no-op entry at the start of its term. Raft §8.
#[test]
fn a_new_leader_appends_a_blank_entry() {
    let no_op = true;
    let config = Config {
        no_op,
        ..cluster(3)
    };
    let mut node = Node::start(0, config);
    let outputs = node.wins([1]);
    let blank = Entry {
        term: Term(1),
        payload: Payload::NoOp,
    };
    let message = append(1, at(0, 0), vec![blank.clone()], 0);
    let expected = [
        send(1, message.clone()),
        send(2, message),
        save(1, Some(0), log_of(vec![blank])),
        cancel(Election),
        arm(Heartbeat),
        send(0, accepted(1, 1)),
    ];
    assert_eq!(outputs, expected);
    node.hears(2, accepted(1, 1));
    assert_eq!(commit_index(&node), 1);
}

/// If the server that a client asks is not the leader, it rejects the request and names the most
/// recent leader it has heard from. Raft §8.
#[test]
fn a_follower_sends_a_client_to_the_leader() {
    let ask = || Message::ClientRequest("a".into());
    let answer = |leader: Option<usize>| {
        let leader = leader.map(Id::from);
        send(9, Message::NotLeader { leader })
    };
    let mut node = follower(&[1]);
    assert_eq!(node.hears(9, ask()), [answer(Some(0))]);
    node.campaigns();
    assert_eq!(node.hears(9, ask()), [answer(None)]);
}

/// A datagram is of limited size: a message carries what fits, and a single entry always.
/// Ours; the paper leaves the size of an AppendEntries open.
#[test]
fn a_message_carries_the_entries_that_fit_and_at_least_one() {
    let config = Config {
        bytes_per_message: 4,
        window: 1,
        ..cluster(3)
    };
    let mut node = Node::start(0, config);
    node.wins([1]);
    for command in ["aa", "bb", "cc", "longer than four"] {
        node.takes(command);
    }
    let sent = |outputs: Vec<Output>| match &outputs[..] {
        [Output::Send(_, Message::AppendEntries(m))] => m.entries.clone(),
        other => panic!("one message, not {other:?}"),
    };
    assert_eq!(
        sent(node.hears(1, accepted(1, 0))),
        [entry(1, "aa"), entry(1, "bb")]
    );
    assert_eq!(sent(node.hears(1, accepted(1, 2))), [entry(1, "cc")]);
    assert_eq!(
        sent(node.hears(1, accepted(1, 3))),
        [entry(1, "longer than four")]
    );
}
