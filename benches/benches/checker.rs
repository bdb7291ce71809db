//! States a second of `raft/replication`, searched to the end by Stateright's checker: the
//! baseline of an engine of our own.

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use quorate_models::catalog::{Builder, Protocol, Visitor};
use quorate_models::system::{History, Participant};
use quorate_refinement::engine::stateright::survey;
use quorate_refinement::engine::{Limits, Progress, pinned};
use std::sync::Arc;
use std::time::Duration;

const CONFIGURATION: &str = "raft/replication";

struct Measure<'a>(&'a mut Criterion);

impl Visitor for Measure<'_> {
    type Output = ();

    fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) {
        let results = pinned::parse(pinned::RESULTS).expect("results.toml is readable");
        let expected = &results[CONFIGURATION];
        let system = Arc::new(build(None));
        let mut group = self.0.benchmark_group("checker");
        // One search takes longer than the times that criterion would give a sample.
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.warm_up_time(Duration::from_millis(1));
        group.throughput(Throughput::Elements(expected.states as u64));
        group.bench_function(CONFIGURATION, |b| {
            b.iter(|| {
                let report = survey(&system, Limits::default(), &Arc::new(Progress::default()));
                assert_eq!(report.halt, None, "the search is complete");
                assert_eq!(report.states, expected.states, "as pinned");
            });
        });
        group.finish();
    }
}

fn checker(c: &mut Criterion) {
    let mut configurations = Protocol::Raft.configurations().into_iter();
    let entry = configurations.find(|entry| entry.path() == CONFIGURATION);
    entry.expect("it is in the catalog").visit(Measure(c));
}

criterion_group!(benches, checker);
criterion_main!(benches);
