//! Raft §5.1, §5.2 and §5.4.1: terms, elections, and who may win them.

use super::node::*;
use quorate_models::raft::server::Timer::{Election, Heartbeat};
use quorate_models::raft::state::{Role, Term};
use stateright::actor::Id;

/// "When servers start up, they begin as followers." Raft §5.2.
#[test]
fn servers_begin_as_followers() {
    let (node, outputs) = Node::restart(0, cluster(3), None);
    assert_eq!(node.state.role, Role::Follower { leader: None });
    assert_eq!(node.state.term(), Term(0));
    assert_eq!(outputs, [arm(Election)]);
}

/// Raft Fig. 2: `currentTerm`, `votedFor` and `log[]` are persistent.
#[test]
fn a_server_that_restarts_remembers_term_vote_and_log() {
    let mut before = follower(&[1, 1]);
    let outputs = before.hears(2, request_vote(2, at(1, 2)));
    let saved = outputs.into_iter().find_map(|output| match output {
        Output::Save(record) => Some(record),
        _ => None,
    });
    let (after, outputs) = Node::restart(1, cluster(3), saved);
    assert_eq!(after.state.persistent, before.state.persistent);
    assert_eq!(after.state.term(), Term(2));
    assert_eq!(after.state.persistent.voted_for, Some(Id::from(2)));
    assert_eq!(after.state.role, Role::Follower { leader: None });
    assert_eq!(outputs, [arm(Election)]);
}

/// "If one server's current term is smaller than the other's, then it updates its current term to
/// the larger value." Raft §5.1.
#[test]
fn a_server_updates_its_term_to_a_larger_one_in_any_message() {
    for message in [
        request_vote(7, at(0, 0)),
        refused(7),
        append(7, at(0, 0), Vec::new(), 0),
        rejected(7, 0, at(0, 0)),
    ] {
        let mut node = Node::start(1, cluster(3));
        node.hears(0, message);
        assert_eq!(node.state.term(), Term(7));
    }
}

/// "If a candidate or leader discovers that its term is out of date, it immediately reverts to
/// follower state." Raft §5.1.
#[test]
fn a_candidate_reverts_to_follower_when_its_term_is_out_of_date() {
    let mut node = Node::start(0, cluster(3));
    node.campaigns();
    assert_eq!(node.hears(1, refused(2)), [save(2, None, log(&[]))]);
    assert_eq!(node.state.role, Role::Follower { leader: None });
}

/// As above, of a leader.
#[test]
fn a_leader_reverts_to_follower_when_its_term_is_out_of_date() {
    let mut node = Node::start(0, cluster(3));
    node.wins([1]);
    let outputs = node.hears(2, rejected(2, 0, at(0, 0)));
    let expected = [save(2, None, log(&[])), cancel(Heartbeat), arm(Election)];
    assert_eq!(outputs, expected);
    assert_eq!(node.state.role, Role::Follower { leader: None });
}

/// "If a server receives a request with a stale term number, it rejects the request." Raft §5.1.
#[test]
fn a_request_with_a_stale_term_number_is_rejected() {
    let mut node = follower(&[1, 3]);
    let before = node.state.clone();
    let outputs = node.hears(2, request_vote(2, at(2, 9)));
    assert_eq!(outputs, [send(2, refused(3))]);
    let outputs = node.hears(2, append(2, at(1, 1), entries(&[2]), 2));
    assert_eq!(outputs, [send(2, rejected(3, 0, at(0, 0)))]);
    assert_eq!(node.state, before);
}

/// "To begin an election, a follower increments its current term and transitions to candidate
/// state. It then votes for itself and issues RequestVote RPCs in parallel to each of the other
/// servers in the cluster." Raft §5.2.
#[test]
fn a_follower_that_hears_nothing_begins_an_election() {
    let mut node = follower(&[1]);
    let outputs = node.times_out(Election);
    let request = request_vote(2, at(1, 1));
    let expected = [
        save(2, Some(1), log(&[1])),
        arm(Election),
        send(0, request.clone()),
        send(2, request),
        send(1, granted(2)),
    ];
    assert_eq!(outputs, expected);
    assert_eq!(node.state.role, Role::Candidate { votes: Vec::new() });
}

/// "A server remains in follower state as long as it receives valid RPCs from a leader or
/// candidate." Raft §5.2. A vote that is not granted is no reason to wait (Raft Fig. 2,
/// Followers).
#[test]
fn a_follower_waits_on_when_it_hears_a_leader_or_grants_a_vote() {
    let mut node = follower(&[1]);
    let heartbeat = append(1, at(1, 1), Vec::new(), 0);
    assert_eq!(node.hears(0, heartbeat)[0], arm(Election));
    let refusing = node.hears(2, request_vote(2, at(0, 0)));
    assert_eq!(refusing, [save(2, None, log(&[1])), send(2, refused(2))]);
    let granting = node.hears(0, request_vote(2, at(1, 1)));
    assert_eq!(granting[1], arm(Election));
}

/// "Each server will vote for at most one candidate in a given term, on a
/// first-come-first-served basis." Raft §5.2. The vote is on stable storage before the answer
/// (Raft Fig. 2).
#[test]
fn a_server_votes_for_one_candidate_in_a_term_first_come_first_served() {
    let mut node = Node::start(2, cluster(3));
    let first = node.hears(0, request_vote(1, at(0, 0)));
    let expected = [
        save(1, Some(0), log(&[])),
        arm(Election),
        send(0, granted(1)),
    ];
    assert_eq!(first, expected);
    let second = node.hears(1, request_vote(1, at(0, 0)));
    assert_eq!(second, [send(1, refused(1))]);
    // The answer was lost, and the candidate asks again.
    let again = node.hears(0, request_vote(1, at(0, 0)));
    assert_eq!(again, [arm(Election), send(0, granted(1))]);
}

/// "A candidate wins an election if it receives votes from a majority of the servers in the full
/// cluster for the same term." Raft §5.2.
#[test]
fn a_candidate_wins_with_the_votes_of_a_majority_for_the_same_term() {
    let mut node = Node::start(0, cluster(5));
    node.campaigns();
    node.campaigns();
    for (voter, answer) in [
        (1, granted(2)),
        (1, granted(2)),
        (2, granted(1)),
        (3, refused(2)),
    ] {
        assert_eq!(node.hears(voter, answer), []);
        assert!(!node.state.is_leader());
    }
    node.hears(4, granted(2));
    assert!(node.state.is_leader());
}

/// "Once a candidate wins an election, it becomes leader. It then sends heartbeat messages to all
/// of the other servers to establish its authority and prevent new elections." Raft §5.2.
#[test]
fn a_new_leader_sends_heartbeats_to_all_others() {
    let mut node = Node::start(0, cluster(3));
    let outputs = node.wins([1]);
    let heartbeat = append(1, at(0, 0), Vec::new(), 0);
    let expected = [
        cancel(Election),
        arm(Heartbeat),
        send(0, accepted(1, 0)),
        send(1, heartbeat.clone()),
        send(2, heartbeat),
    ];
    assert_eq!(outputs, expected);
}

/// "Leaders send periodic heartbeats (AppendEntries RPCs that carry no log entries) to all
/// followers in order to maintain their authority." Raft §5.2.
#[test]
fn a_leader_sends_periodic_heartbeats() {
    let mut node = Node::start(0, cluster(3));
    node.wins([1]);
    let heartbeat = append(1, at(0, 0), Vec::new(), 0);
    let expected = [
        arm(Heartbeat),
        send(1, heartbeat.clone()),
        send(2, heartbeat),
    ];
    assert_eq!(node.times_out(Heartbeat), expected);
}

/// "If the leader's term (included in its RPC) is at least as large as the candidate's current
/// term, then the candidate recognizes the leader as legitimate and returns to follower state."
/// Raft §5.2.
#[test]
fn a_candidate_recognizes_a_leader_of_its_term() {
    let mut node = Node::start(0, cluster(3));
    node.campaigns();
    let outputs = node.hears(1, append(1, at(0, 0), Vec::new(), 0));
    assert_eq!(outputs, [arm(Election), send(1, accepted(1, 0))]);
    let leader = Some(Id::from(1));
    assert_eq!(node.state.role, Role::Follower { leader });
    assert_eq!(node.state.persistent.voted_for, Some(Id::from(0)));
}

/// "If the term in the RPC is smaller than the candidate's current term, then the candidate
/// rejects the RPC and continues in candidate state." Raft §5.2.
#[test]
fn a_candidate_rejects_a_leader_of_an_earlier_term() {
    let mut node = Node::start(0, cluster(3));
    node.campaigns();
    node.campaigns();
    let outputs = node.hears(1, append(1, at(0, 0), entries(&[1]), 0));
    assert_eq!(outputs, [send(1, rejected(2, 0, at(0, 0)))]);
    let votes = vec![Id::from(0)];
    assert_eq!(node.state.role, Role::Candidate { votes });
}

/// When the vote is split, each candidate times out and starts a new election in the next term.
/// Raft §5.2.
#[test]
fn a_candidate_without_a_majority_starts_a_new_election() {
    let mut node = Node::start(0, cluster(3));
    node.campaigns();
    let outputs = node.times_out(Election);
    let request = request_vote(2, at(0, 0));
    let expected = [
        save(2, Some(0), log(&[])),
        arm(Election),
        send(1, request.clone()),
        send(2, request),
        send(0, granted(2)),
    ];
    assert_eq!(outputs, expected);
    assert_eq!(node.state.role, Role::Candidate { votes: Vec::new() });
}

/// "If the logs have last entries with different terms, then the log with the later term is more
/// up-to-date. If the logs end with the same term, then whichever log is longer is more
/// up-to-date." Raft §5.4.1. The voter denies its vote if its own log is more up-to-date.
#[test]
fn a_voter_denies_its_vote_if_its_own_log_is_more_up_to_date() {
    let cases = [
        (at(2, 2), true),
        (at(2, 3), true),
        (at(3, 1), true),
        (at(2, 1), false),
        (at(1, 9), false),
        (at(0, 0), false),
    ];
    for (last, grants) in cases {
        let mut node = follower(&[1, 2]);
        let outputs = node.hears(2, request_vote(4, last));
        let expected = if grants {
            vec![
                save(4, Some(2), log(&[1, 2])),
                arm(Election),
                send(2, granted(4)),
            ]
        } else {
            vec![save(4, None, log(&[1, 2])), send(2, refused(4))]
        };
        assert_eq!(outputs, expected, "{last:?}");
    }
}
