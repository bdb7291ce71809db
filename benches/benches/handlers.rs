//! The handlers alone: no layers, no journal, nothing sent.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use quorate_benches::{BATCH, Input, append, deliver, follow, lead, request, server, start};
use quorate_models::raft::log::Index;
use quorate_models::raft::state::State;
use std::borrow::Cow;
use std::hint::black_box;

/// Entries in the log. `durable` varies it.
const LEN: u64 = 1000;

fn handler(c: &mut Criterion, name: &str, state: &State, input: &Input, appended: u64) {
    let server = server();
    let expected = Index(state.log().last_index().0 + appended);
    let mut group = c.benchmark_group("handlers");
    group.throughput(Throughput::Elements(appended.max(1)));
    group.bench_function(name, |b| {
        b.iter_batched(
            || (Cow::Owned(state.clone()), input.clone()),
            |(mut state, input)| {
                let out = deliver(&server, &mut state, input);
                assert_eq!(state.log().last_index(), expected);
                assert!(!out.is_empty());
                (black_box(state), black_box(out))
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn handlers(c: &mut Criterion) {
    let server = server();
    let mut state = Cow::Owned(start(&server));
    follow(&server, &mut state, LEN);
    deliver(&server, &mut state, append(LEN, 0));
    let follower = state.clone();
    lead(&server, &mut state, LEN);
    assert!(state.is_leader());
    assert_eq!(state.commit_index, Index(LEN + 1));
    handler(c, "heartbeat at a follower", &follower, &append(LEN, 0), 0);
    handler(
        c,
        "append of 1 at a follower",
        &follower,
        &append(LEN, 1),
        1,
    );
    let batch = append(LEN, BATCH);
    handler(c, "append of 64 at a follower", &follower, &batch, BATCH);
    handler(c, "request at a leader", &state, &request(0), 1);
}

criterion_group!(benches, handlers);
criterion_main!(benches);
