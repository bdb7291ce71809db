//! Every larger configuration is searched to the end, and gives what `models/results` says.
//!
//! Not part of `cargo test`, for its size: twenty minutes and 10 GB. It is run by its name,
//! `cargo test -p quorate-refinement --test deep`, with a part of a configuration's name for less,
//! and with `QUORATE_REBLESS=1` to pin what is found.

#[path = "common/pins.rs"]
mod pins;

use libtest_mimic::{Arguments, Trial};
use quorate_models::catalog::Entry;
use quorate_models::protocol::Profile;
use quorate_refinement::engine::Options;
use std::process::ExitCode;

fn gives_what_is_pinned(entry: Entry) {
    let report = pins::explored(entry, Options::default().threads, true);
    let (path, states, seconds) = (entry.path(), report.states, report.time.as_secs_f64());
    println!("{path}: {states} states in {seconds:.1} s");
    pins::hold(entry, &report, None);
}

fn main() -> ExitCode {
    let searches = Entry::of(Profile::Deep).map(|entry| {
        Trial::test(entry.path(), move || {
            gives_what_is_pinned(entry);
            Ok(())
        })
    });
    // One search at a time, on all cores.
    let arguments = Arguments {
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    libtest_mimic::run(&arguments, searches.collect()).exit_code()
}
