//! An event that cannot happen while Raft's properties hold stops a server before it does harm.

use super::node::*;
use quorate_models::raft::server::Timer::{Election, Heartbeat};
use quorate_models::raft::state::{Role, Stop};

const LAST_TERM: u64 = u64::MAX;

/// The outputs of a server as it stops.
fn stops(mut node: Node, why: Stop, outputs: &[Output], before: &[Output]) {
    let expected = [before, &[cancel(Election), cancel(Heartbeat)]].concat();
    assert_eq!(outputs, expected);
    assert_eq!(node.state.role, Role::Stopped(why));
    // From now on it is silent.
    assert_eq!(node.hears(2, request_vote(LAST_TERM, at(9, 9))), []);
    assert_eq!(node.times_out(Election), []);
    assert_eq!(node.times_out(Heartbeat), []);
}

#[test]
fn a_follower_in_the_last_term_begins_no_election() {
    let mut node = follower(&[1]);
    node.hears(0, append(LAST_TERM, at(1, 1), Vec::new(), 0));
    let outputs = node.times_out(Election);
    assert_eq!(node.state.term().0, LAST_TERM);
    stops(node, Stop::TermsExhausted, &outputs, &[]);
}

#[test]
fn a_leader_believes_no_acknowledgement_of_what_it_does_not_have() {
    let mut node = Node::start(0, cluster(3));
    node.wins([1]);
    node.takes("a");
    let outputs = node.hears(1, accepted(1, 2));
    assert_eq!(node.state.commit_index.0, 0);
    stops(node, Stop::AcknowledgedBeyondLog, &outputs, &[]);
}

#[test]
fn a_follower_drops_nothing_that_is_committed() {
    let mut node = follower(&[1, 1]);
    node.hears(0, append(1, at(1, 2), Vec::new(), 2));
    let outputs = node.hears(2, append(2, at(1, 1), entries(&[2]), 0));
    assert_eq!(*node.state.log(), log(&[1, 1]));
    let before = [save(2, None, log(&[1, 1])), arm(Election)];
    stops(node, Stop::ConflictBelowCommit, &outputs, &before);
}

#[test]
fn a_leader_hears_no_other_leader_of_its_term() {
    let mut node = Node::start(0, cluster(3));
    node.wins([1]);
    let outputs = node.hears(2, append(1, at(0, 0), entries(&[1]), 0));
    assert_eq!(*node.state.log(), log(&[]));
    stops(node, Stop::TwoLeadersInOneTerm, &outputs, &[]);
}
