//! Every larger configuration is searched to the end, and gives what `models/results.toml` says.
//!
//! Not part of `cargo test`, for its size: ten minutes and 10 GB. It is run by its name,
//! `cargo test -p quorate-refinement --test deep -- --nocapture`, with a part of a configuration's
//! name for less, and with `QUORATE_REBLESS=1` to pin what is found.

#[path = "common/pins.rs"]
mod pins;

use pins::Explore;
use quorate_models::catalog::{Entry, Protocol};
use quorate_refinement::engine::Options;
use std::sync::{Mutex, PoisonError};

fn entries() -> impl Iterator<Item = Entry> {
    let protocols = Protocol::ALL.iter();
    protocols.flat_map(|protocol| protocol.deep_configurations())
}

/// One search at a time, on all cores.
fn gives_what_is_pinned(path: &str) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = entries().find(|entry| entry.path() == path);
    let threads = Options::default().threads;
    let report = entry.expect("in the catalog").visit(Explore {
        threads,
        reductions: true,
    });
    let (states, seconds) = (report.states, report.time.as_secs_f64());
    println!("{path}: {states} states in {seconds:.1} s");
    pins::hold(path, &report, None);
}

macro_rules! configurations {
    ($($test:ident $path:literal)*) => {
        $(#[test]
        fn $test() {
            gives_what_is_pinned($path);
        })*

        const TESTED: &[&str] = &[$($path),*];
    };
}

configurations! {
    raft_election "raft/election-deep"
    raft_replication "raft/replication-deep"
    raft_pipelining "raft/pipelining-deep"
    raft_conflict "raft/conflict-deep"
    raft_crash_recovery "raft/crash-recovery-deep"
    raft_durability "raft/durability-deep"
    raft_late_answers "raft/late-answers-deep"
    raft_lost_messages "raft/lost-messages-deep"
    raft_lost_windows "raft/lost-windows-deep"
}

#[test]
fn every_larger_configuration_is_tested() {
    let catalog: Vec<String> = entries().map(Entry::path).collect();
    assert_eq!(catalog, TESTED);
}
