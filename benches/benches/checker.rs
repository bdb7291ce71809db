//! States a second of the explorer and of Stateright's checkers, one thread each, on the same
//! actors with the same claims, each on its own model of them.

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use quorate_benches::plain::paxos::Paxos;
use quorate_benches::plain::raft::Raft;
use quorate_benches::plain::{Contender, Rival, search};
use std::time::Duration;

fn race<R: Rival>(c: &mut Criterion) {
    let mut group: BenchmarkGroup<'_, WallTime> = c.benchmark_group(R::NAME);
    // One search takes longer than the times that criterion would give a sample.
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(1));
    group.throughput(Throughput::Elements(R::STATES as u64));
    for contender in Contender::ALL {
        group.bench_function(contender.name(), |b| {
            b.iter(|| assert_eq!(search::<R>(contender, 1), (R::STATES, R::TRANSITIONS)));
        });
    }
    group.finish();
}

fn checker(c: &mut Criterion) {
    race::<Raft>(c);
    race::<Paxos>(c);
}

criterion_group!(benches, checker);
criterion_main!(benches);
