//! Handler and journal, for each entry, as the log grows.
//!
//! Each bench measures the way of an entry through a node, from the message to the bytes on the
//! disk and the release of what waited for them: handler, `Save`, difference, encoding, checksum,
//! write. `memory` writes to a disk in memory, so that nothing hides that work; `synced` writes to
//! a file and waits for it.

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use criterion::{criterion_group, criterion_main};
use quorate::disk::Disk;
use quorate_benches::journaled::{Bench, Part, entries_in, first, inputs, journal};
use std::fs::OpenOptions;
use std::time::Duration;

const LENGTHS: [u64; 3] = [100, 10_000, 1_000_000];
const PARTS: [(Part, &str); 2] = [(Part::Follower, "follower"), (Part::Leader, "leader")];

/// Measures `count` entries after `len`, again and again. The log is brought back each time; the
/// journal, which is only appended to, is not. False if the bench was not asked for.
fn entries<D: Disk>(
    group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
    disk: D,
    (part, name): (Part, &str),
    len: u64,
    count: u64,
) -> bool {
    let bench = Bench::open(disk, part, len);
    let inputs = inputs(part, len, count);
    let mut measured = false;
    group.throughput(Throughput::Elements(count));
    group.bench_function(BenchmarkId::new(name, len), |b| {
        measured = true;
        b.iter_batched(
            || (bench.start(), inputs.clone()),
            |(state, inputs)| bench.run(part, state, inputs),
            BatchSize::SmallInput,
        );
    });
    measured
}

fn memory(c: &mut Criterion) {
    const COUNT: u64 = 64;
    let mut group = c.benchmark_group("memory");
    group.warm_up_time(Duration::from_secs(1));
    group.measurement_time(Duration::from_secs(3));
    for len in LENGTHS {
        for part in PARTS {
            let disk = journal(len);
            if entries(&mut group, disk.clone(), part, len, COUNT) {
                assert_eq!(entries_in(disk), first(part.0, len) + COUNT);
            }
        }
    }
    group.finish();
}

fn synced(c: &mut Criterion) {
    const COUNT: u64 = 8;
    let mut group = c.benchmark_group("synced");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_secs(1));
    for len in [LENGTHS[0], LENGTHS[2]] {
        let directory = tempfile::tempdir().expect("there is a place for files");
        let path = directory.path().join("journal");
        std::fs::write(&path, journal(len).bytes().as_slice()).expect("it can be written");
        let open = || OpenOptions::new().read(true).write(true).open(&path);
        if entries(&mut group, open().expect("it exists"), PARTS[0], len, COUNT) {
            let found = entries_in(open().expect("it exists"));
            assert_eq!(found, len + COUNT);
        }
    }
    group.finish();
}

criterion_group!(benches, memory, synced);
criterion_main!(benches);
