//! Raft thesis §4.2.3, §6.2 and §9.6: who is asked before a term begins, and how long a leader is kept.

use super::node::*;
use quorate_models::raft::config::Config;
use quorate_models::raft::message::{Message, PreVote, PreVoteResponse};
use quorate_models::raft::server::Timer::{Election, Heartbeat, Lease};
use quorate_models::raft::state::{Role, Term};
use stateright::actor::Id;

/// Raft Fig. 2 with both features.
fn with_both(servers: usize) -> Config {
    Config {
        pre_vote: true,
        check_quorum: true,
        ..cluster(servers)
    }
}

fn pre_vote(term: u64, last: (u64, u64)) -> Message {
    let (term, last) = (Term(term), at(last.0, last.1));
    Message::PreVote(PreVote { term, last })
}

fn answer(term: u64, granted: bool) -> Message {
    let term = Term(term);
    Message::PreVoteResponse(PreVoteResponse { term, granted })
}

fn heartbeat(term: u64) -> Message {
    append(term, at(0, 0), Vec::new(), 0)
}

/// Raft thesis §9.6: a candidate increments its term only when a majority would give it the vote.
#[test]
fn a_server_asks_before_it_begins_a_term() {
    let mut node = Node::start(0, with_both(3));
    let asks = node.times_out(Election);
    let question = |to: usize| send(to, pre_vote(1, (0, 0)));
    assert_eq!(asks, [arm(Election), question(1), question(2)]);
    assert_eq!(node.state.term(), Term(0));
    let votes = vec![Id::from(0)];
    assert_eq!(node.state.role, Role::PreCandidate { votes });
    node.hears(2, answer(1, true));
    assert_eq!(node.state.term(), Term(1));
    assert_eq!(node.state.role, Role::Candidate { votes: Vec::new() });
}

#[test]
fn one_server_of_one_asks_nobody() {
    let mut node = Node::start(0, with_both(1));
    node.campaigns();
    assert!(node.state.is_leader());
}

/// No term, no vote, no timer: whoever is asked is as before. hashicorp/raft #609.
#[test]
fn a_pre_vote_changes_nothing_where_it_is_granted() {
    let mut node = Node::start(1, with_both(3));
    let before = node.state.clone();
    let granted = node.hears(0, pre_vote(1, (0, 0)));
    assert_eq!(granted, [send(0, answer(1, true))]);
    assert!(node.state == before);
}

/// The answer to a grant carries the term of the question (etcd #8243); a refusal carries the own one, and
/// is heeded (etcd #8501).
#[test]
fn whoever_asks_about_a_term_that_has_begun_is_told() {
    let mut voter = Node::start(1, with_both(3));
    voter.hears(2, request_vote(5, at(0, 0)));
    let refused = voter.hears(0, pre_vote(1, (0, 0)));
    assert_eq!(refused, [send(0, answer(5, false))]);
    let mut asker = Node::start(0, with_both(3));
    asker.times_out(Election);
    asker.hears(1, answer(5, false));
    assert_eq!(asker.state.term(), Term(5));
    assert_eq!(asker.state.role, Role::Follower { leader: None });
}

#[test]
fn a_log_that_is_behind_gets_no_pre_vote() {
    let mut node = Node::start(1, with_both(3));
    receive(&mut node, 0, &[1]);
    node.times_out(Lease);
    let refused = node.hears(2, pre_vote(2, (0, 0)));
    assert_eq!(refused, [send(2, answer(1, false))]);
}

/// Raft thesis §4.2.3: a server that hears of a vote within the minimum election timeout of hearing from its
/// leader does not update its term or grant its vote.
#[test]
fn whoever_has_just_heard_its_leader_gives_no_vote() {
    let mut node = Node::start(1, with_both(3));
    node.hears(0, heartbeat(1));
    assert!(node.state.heard);
    assert_eq!(node.hears(2, pre_vote(2, (0, 0))), []);
    assert_eq!(node.hears(2, request_vote(2, at(0, 0))), []);
    assert_eq!(node.state.term(), Term(1));
    assert_eq!(node.times_out(Lease), []);
    node.hears(2, request_vote(2, at(0, 0)));
    assert_eq!(node.state.term(), Term(2));
}

#[test]
fn a_leader_gives_no_vote() {
    let mut node = Node::start(0, with_both(3));
    lead(&mut node);
    assert_eq!(node.hears(2, request_vote(7, at(0, 0))), []);
    assert!(node.state.is_leader());
}

/// Raft thesis §6.2: a leader steps down if an election timeout passes without answers of a majority.
#[test]
fn a_leader_that_hears_no_majority_steps_down() {
    let mut node = Node::start(0, with_both(3));
    lead(&mut node);
    node.hears(1, accepted(1, 0));
    assert_eq!(node.times_out(Lease), [arm(Lease)]);
    assert!(node.state.is_leader());
    let steps_down = [cancel(Lease), cancel(Heartbeat), arm(Election)];
    assert_eq!(node.times_out(Lease), steps_down);
    assert_eq!(node.state.term(), Term(1));
    assert_eq!(node.state.role, Role::Follower { leader: None });
}

/// It asks, campaigns and wins.
fn lead(node: &mut Node) {
    node.times_out(Election);
    let campaign = node.hears(1, answer(1, true));
    node.has_written(&campaign);
    let outputs = node.hears(1, granted(1));
    node.has_written(&outputs);
    assert!(node.state.is_leader());
}
