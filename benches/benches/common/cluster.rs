//! Three servers in memory, for the benches of handlers.

use criterion::{BatchSize, Criterion};
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::hint::black_box;

pub const SERVERS: usize = 3;

/// Servers whose messages arrive at once, and whose writes are durable at once.
pub struct Cluster<A: Actor<State: 'static>> {
    pub actor: A,
    pub states: Vec<Cow<'static, A::State>>,
}

impl<A: Actor<State: Clone + 'static>> Cluster<A> {
    pub fn start(actor: A) -> Self {
        let state = |id| {
            let mut out = Out::new();
            Cow::Owned(actor.on_start(Id::from(id), &None, &mut out))
        };
        let states = (0..SERVERS).map(state).collect();
        Cluster { actor, states }
    }

    /// A server has an input; everything follows that follows from it.
    pub fn step(
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

    pub fn fire(&mut self, id: usize, timer: &A::Timer) {
        self.step(id, |actor, state, out| {
            actor.on_timeout(id.into(), state, timer, out)
        });
    }
}

/// The messages to servers.
pub fn sends<A: Actor>(src: usize, out: Out<A>) -> impl Iterator<Item = (usize, usize, A::Msg)> {
    out.into_iter().filter_map(move |output| match output {
        Command::Send(dst, message) if usize::from(dst) < SERVERS => {
            Some((src, usize::from(dst), message))
        }
        _ => None,
    })
}

/// One call of a handler, which must send something.
pub fn handler<A: Actor<State: Clone>>(
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
