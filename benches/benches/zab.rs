//! Zab's handlers alone, and the same in sessions over datagrams: what a session adds.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use quorate_models::fifo::{self, frame::Frame};
use quorate_models::zab::config::Election;
use quorate_models::zab::message::Message;
use quorate_models::zab::server::Timer;
use quorate_models::zab::{Config, Server};
use quorate_models::zab_on_fifo;
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

/// Transactions in the history.
const LEN: usize = 1000;
const SERVERS: usize = 3;
const LEADER: usize = 0;
const FOLLOWER: usize = 1;

/// Servers whose messages arrive at once, and whose writes are durable at once.
struct Cluster<A: Actor<State: 'static>> {
    actor: A,
    states: Vec<Cow<'static, A::State>>,
}

impl<A: Actor<State: Clone + 'static>> Cluster<A> {
    fn start(actor: A) -> Self {
        let state = |id| {
            let mut out = Out::new();
            Cow::Owned(actor.on_start(Id::from(id), &None, &mut out))
        };
        let states = (0..SERVERS).map(state).collect();
        Cluster { actor, states }
    }

    /// A server has an input; everything follows that follows from it.
    fn step(
        &mut self,
        id: usize,
        input: impl FnOnce(&A, &mut Cow<'static, A::State>, &mut Out<A>),
    ) {
        let mut out = Out::new();
        input(&self.actor, &mut self.states[id], &mut out);
        let mut sent: VecDeque<_> = sends(id, out).collect();
        while let Some((src, dst, message)) = sent.pop_front() {
            let mut out = Out::new();
            let state = &mut self.states[dst];
            (self.actor).on_msg(dst.into(), state, src.into(), message, &mut out);
            sent.extend(sends(dst, out));
        }
    }

    fn fire(&mut self, id: usize, timer: &A::Timer) {
        self.step(id, |actor, state, out| {
            actor.on_timeout(id.into(), state, timer, out)
        });
    }
}

/// What goes to servers.
fn sends<A: Actor>(src: usize, out: Out<A>) -> impl Iterator<Item = (usize, usize, A::Msg)> {
    out.into_iter().filter_map(move |output| match output {
        Command::Send(dst, message) if usize::from(dst) < SERVERS => {
            Some((src, usize::from(dst), message))
        }
        _ => None,
    })
}

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

fn handler<A: Actor<State: Clone>>(
    c: &mut Criterion,
    name: &str,
    (actor, state): (&A, &A::State),
    (id, src, message): (usize, usize, &A::Msg),
) {
    c.bench_function(name, |b| {
        b.iter_batched(
            || (Cow::Owned(state.clone()), message.clone()),
            |(mut state, message)| {
                let mut out = Out::new();
                actor.on_msg(id.into(), &mut state, src.into(), message, &mut out);
                assert!(!out.is_empty());
                (black_box(state), black_box(out))
            },
            BatchSize::SmallInput,
        );
    });
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
