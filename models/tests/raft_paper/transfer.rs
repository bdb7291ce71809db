//! Raft thesis §3.10: a leader that is to stop makes a follower with its whole log campaign at once.

use super::node::*;
use quorate_models::raft::Server;
use quorate_models::raft::config::Config;
use quorate_models::raft::message::{Message, RequestVote, TimeoutNow};
use quorate_models::raft::server::Timer::{Election, Heartbeat, Lease};
use quorate_models::raft::state::{Role, Stop, Term};
use quorate_models::replica::Replica;
use stateright::actor::Id;

/// Raft Fig. 2 with PreVote and CheckQuorum.
fn with_leases() -> Config {
    Config {
        pre_vote: true,
        check_quorum: true,
        ..cluster(3)
    }
}

fn timeout_now(term: u64) -> Message {
    let term = Term(term);
    Message::TimeoutNow(TimeoutNow { term })
}

/// A request for a vote by a candidate that was told to campaign.
fn request_of_target(term: u64, last: (u64, u64)) -> Message {
    Message::RequestVote(RequestVote {
        term: Term(term),
        last: at(last.0, last.1),
        transfer: true,
    })
}

fn refusal(leader: Option<usize>) -> Output {
    let leader = leader.map(Id::from);
    send(9, Message::NotLeader { leader })
}

fn proposal() -> Message {
    Message::ClientRequest("b".into())
}

/// 0 leads three and has taken `a`, which 1 has acknowledged.
fn leader() -> Node {
    let mut node = Node::start(0, cluster(3));
    node.wins([1]);
    node.hears(1, accepted(1, 0));
    node.takes("a");
    node.hears(1, accepted(1, 1));
    node
}

#[test]
fn the_first_follower_that_is_there_and_has_the_log_is_told() {
    let mut node = leader();
    let beat = |to: usize, last| send(to, append(1, last, Vec::new(), 1));
    let asked = node.hears(0, Message::Transfer);
    assert_eq!(asked, [arm(Lease), beat(1, at(1, 1)), beat(2, at(0, 0))]);
    assert_eq!(node.hears(0, Message::Transfer), []);
    // 2 answers, and lacks `a`.
    let sent = node.hears(2, accepted(1, 0));
    assert!(!sent.contains(&send(2, timeout_now(1))), "{sent:?}");
    assert_eq!(node.hears(1, accepted(1, 1)), [send(1, timeout_now(1))]);
    // Nobody else is told; the first one is, again.
    assert_eq!(node.hears(2, accepted(1, 1)), []);
    let beats = node.times_out(Heartbeat);
    let last = (arm(Heartbeat), send(1, timeout_now(1)));
    assert_eq!((beats[0].clone(), beats[beats.len() - 1].clone()), last);
}

#[test]
fn it_takes_commands_when_nobody_has_taken_its_place_in_time() {
    let mut node = leader();
    node.hears(0, Message::Transfer);
    assert!(!Server::has_said_farewell(&node.state));
    assert_eq!(node.hears(9, proposal()), [refusal(None)]);
    node.hears(1, accepted(1, 1));
    assert_eq!(node.hears(9, proposal()), [refusal(Some(1))]);
    assert_eq!(node.times_out(Lease), []);
    assert!(Server::has_said_farewell(&node.state));
    node.takes("b");
    assert_eq!(*node.state.log(), log(&[1, 1]));
}

/// Nothing but a later term ends its leadership before that.
#[test]
fn it_is_deposed_by_its_target() {
    let mut node = leader();
    node.hears(0, Message::Transfer);
    node.hears(1, accepted(1, 1));
    node.hears(1, request_of_target(2, (1, 1)));
    assert_eq!(node.state.role, Role::Follower { leader: None });
    assert!(Server::has_said_farewell(&node.state));
}

#[test]
fn whoever_leads_nobody_has_nothing_to_transfer() {
    assert_eq!(follower(&[1]).hears(1, Message::Transfer), []);
    let mut alone = Node::start(0, cluster(1));
    alone.campaigns();
    assert!(alone.state.is_leader());
    assert_eq!(alone.hears(0, Message::Transfer), []);
    assert!(!alone.state.transfers());
}

/// canonical/raft #203: with PreVote, the leader would be heard meanwhile.
#[test]
fn a_target_campaigns_without_a_question() {
    let mut node = Node::start(1, with_leases());
    receive(&mut node, 0, &[1]);
    let asks = node.hears(0, timeout_now(1));
    let ask = |to: usize| send(to, request_of_target(2, (1, 1)));
    let begins = [
        cancel(Lease),
        arm(Election),
        save(2, Some(1), log(&[1])),
        ask(0),
        ask(2),
        send(1, granted(2)),
    ];
    let sorted = |outputs: &[Output]| {
        let mut all: Vec<String> = outputs.iter().map(|it| format!("{it:?}")).collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&asks), sorted(&begins));
    assert_eq!(node.state.role, Role::Candidate { votes: Vec::new() });
    // The order comes a second time, and late.
    assert_eq!(node.hears(0, timeout_now(1)), []);
}

#[test]
fn an_order_of_another_term_does_nothing() {
    let mut node = Node::start(1, with_leases());
    receive(&mut node, 0, &[1, 2]);
    for term in [1, 3] {
        assert_eq!(node.hears(0, timeout_now(term)), []);
    }
    assert_eq!(node.state.term(), Term(2));
}

/// Raft thesis §4.2.3: the request of a target says that the leader wants it.
#[test]
fn leases_give_way_to_a_target() {
    let mut voter = Node::start(2, with_leases());
    voter.hears(0, append(1, at(0, 0), Vec::new(), 0));
    assert!(voter.state.heard);
    assert_eq!(voter.hears(1, request_vote(2, at(0, 0))), []);
    voter.hears(1, request_of_target(2, (0, 0)));
    assert_eq!(voter.state.persistent.voted_for, Some(Id::from(1)));
}

#[test]
fn a_target_in_the_last_term_stops() {
    let mut node = follower(&[1]);
    node.hears(0, append(u64::MAX, at(1, 1), Vec::new(), 0));
    let outputs = node.hears(0, timeout_now(u64::MAX));
    assert_eq!(node.state.role, Role::Stopped(Stop::TermsExhausted));
    assert_eq!(outputs, [cancel(Election), cancel(Heartbeat)]);
}
