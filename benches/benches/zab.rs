//! Zab's handlers alone, and the same in sessions over datagrams: what a session adds.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::{Cluster, SERVERS, handler, sends};
use criterion::{Criterion, criterion_group, criterion_main};
use quorate_models::fifo::{self, frame::Frame};
use quorate_models::zab::config::Election;
use quorate_models::zab::message::Message;
use quorate_models::zab::server::Timer;
use quorate_models::zab::{Config, Server};
use quorate_models::zab_on_fifo;
use stateright::actor::{Actor, Out};
use std::borrow::Cow;
use std::time::Duration;

/// Transactions in the history.
const LEN: usize = 1000;
const LEADER: usize = 0;
const FOLLOWER: usize = 1;

/// A leader with two followers, and a history.
fn established<A: Actor<State: Clone + 'static>>(
    actor: A,
    timer: fn(Timer) -> A::Timer,
    message: fn(Message) -> A::Msg,
) -> Cluster<A> {
    let mut cluster = Cluster::start(actor);
    cluster.fire(LEADER, &timer(Timer::Lead));
    for follower in [FOLLOWER, 2] {
        cluster.fire(follower, &timer(Timer::Follow(LEADER)));
    }
    for _ in 0..LEN {
        cluster.step(LEADER, |actor, state, out| {
            actor.on_msg(LEADER.into(), state, CLIENT.into(), message(request()), out);
        });
    }
    cluster
}

const CLIENT: usize = SERVERS;

fn request() -> Message {
    Message::Request("x".repeat(64).as_str().into())
}

/// A request at the leader, what it sends at a follower, and what that answers at the leader.
fn way<A: Actor<State: Clone + 'static>>(
    c: &mut Criterion,
    kind: &str,
    cluster: &Cluster<A>,
    request: &A::Msg,
) {
    let actor = &cluster.actor;
    let states = &cluster.states;
    let step =
        |id: usize, state: &mut Cow<'static, A::State>, src: usize, message: A::Msg, to: usize| {
            let mut out = Out::new();
            actor.on_msg(id.into(), state, src.into(), message, &mut out);
            let mut sent = sends(id, out).filter(|(_, dst, _)| *dst == to);
            sent.next().expect("it says something").2
        };
    let mut leader = states[LEADER].clone();
    let proposal = step(LEADER, &mut leader, CLIENT, request.clone(), FOLLOWER);
    let mut follower = states[FOLLOWER].clone();
    let ack = step(FOLLOWER, &mut follower, LEADER, proposal.clone(), LEADER);
    let inputs = [
        (
            "request at a leader",
            &states[LEADER],
            (LEADER, CLIENT, request),
        ),
        (
            "proposal at a follower",
            &states[FOLLOWER],
            (FOLLOWER, LEADER, &proposal),
        ),
        (
            "acknowledgement at a leader",
            &leader,
            (LEADER, FOLLOWER, &ack),
        ),
    ];
    for (name, state, input) in inputs {
        handler(c, &format!("{kind}/{name}"), (actor, &**state), input);
    }
}

fn zab(c: &mut Criterion) {
    let config = Config::new(SERVERS, Election::Oracle);
    let plain = established(
        Server::new(config.clone()),
        |timer| timer,
        |message| message,
    );
    way(c, "zab", &plain, &request());
    let node = zab_on_fifo::node(config, Duration::from_millis(20));
    let cluster = established(node, fifo::Timer::Inner, Frame::Plain);
    way(c, "zab in sessions", &cluster, &Frame::Plain(request()));
}

criterion_group!(benches, zab);
criterion_main!(benches);
