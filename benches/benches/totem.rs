//! Totem's handlers, with a log, as nodes run them.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::{Cluster, SERVERS, handler, sends};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use quorate_models::totem::message::{Message, Service};
use quorate_models::totem::processor::Timer;
use quorate_models::totem::{Config, Processor};
use stateright::actor::{Actor, Out};

/// Commands in the log.
const LEN: usize = 1000;
const REPRESENTATIVE: usize = 0;
const MEMBER: usize = 1;
const CLIENT: usize = SERVERS;

fn request() -> Message {
    Message::Request(Service::Agreed, "x".repeat(64).as_str().into())
}

/// A ring of three, whose representative holds the token, and a log.
fn established() -> Cluster<Processor> {
    let mut ring = Cluster::start(Processor::new(Config::production(SERVERS)));
    // Each is alone first; then they meet.
    for timer in [Timer::Loss, Timer::Merge, Timer::Merge] {
        for id in 0..SERVERS {
            ring.fire(id, &timer);
        }
    }
    for _ in 0..LEN {
        ring.step(REPRESENTATIVE, |actor, state, out| {
            actor.on_msg(REPRESENTATIVE.into(), state, CLIENT.into(), request(), out);
        });
    }
    for state in &ring.states {
        assert_eq!(state.installed.ring.members.len(), SERVERS, "{state:?}");
        assert_eq!(state.persistent.log.len(), LEN as u64);
    }
    ring
}

/// A request at the representative, which has the token; what it sends, at another member.
fn visits(c: &mut Criterion) {
    let ring = established();
    let [first, second, _] = &ring.states[..] else {
        panic!("there are three");
    };
    let at = (REPRESENTATIVE, CLIENT, &request());
    handler(
        c,
        "totem/request where the token is",
        (&ring.actor, first),
        at,
    );
    let (mut state, mut out) = (first.clone(), Out::new());
    ring.actor.on_msg(
        REPRESENTATIVE.into(),
        &mut state,
        CLIENT.into(),
        request(),
        &mut out,
    );
    let mut sent: Vec<_> = sends(REPRESENTATIVE, out).collect();
    sent.retain(|(_, dst, _)| *dst == MEMBER);
    let [(_, _, regular), (_, _, token)] = &sent[..] else {
        panic!("a message and the token are sent: {sent:?}");
    };
    let at = (MEMBER, REPRESENTATIVE, regular);
    handler(c, "totem/message at a member", (&ring.actor, &**second), at);
    let mut state = second.clone();
    let mut out = Out::new();
    ring.actor.on_msg(
        MEMBER.into(),
        &mut state,
        REPRESENTATIVE.into(),
        regular.clone(),
        &mut out,
    );
    let at = (MEMBER, REPRESENTATIVE, token);
    handler(c, "totem/token at a member", (&ring.actor, &*state), at);
}

/// The token is lost: a new ring of the same three, all handlers of all of them, to the primary component.
fn recovery(c: &mut Criterion) {
    let ring = established();
    let before = ring.states[MEMBER].ring;
    c.bench_function("totem/a new ring of three", |b| {
        b.iter_batched_ref(
            || Cluster {
                actor: ring.actor.clone(),
                states: ring.states.clone(),
            },
            |ring| {
                ring.fire(MEMBER, &Timer::Loss);
                let state = &ring.states[MEMBER];
                assert!(state.ring != before && state.is_operational());
                assert!(state.component.as_ref().is_some_and(|it| it.is_primary()));
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, visits, recovery);
criterion_main!(benches);
