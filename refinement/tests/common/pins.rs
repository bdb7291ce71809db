//! Searches, and what is pinned of them in `models/results`.

use quorate_models::catalog::Entry;
use quorate_refinement::engine::{Options, Report};
use quorate_refinement::evidence::pinned::{self, Pinned};
use quorate_refinement::evidence::searches;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Searches a configuration with the explorer.
pub fn explored(entry: Entry, threads: usize, reductions: bool) -> Report {
    let options = Options {
        threads,
        reductions,
        ..Options::default()
    };
    searches::explore(entry, None, &options, &Arc::default())
}

/// Whether what is pinned is to be written anew.
pub fn is_reblessing() -> bool {
    std::env::var_os("QUORATE_REBLESS").is_some()
}

/// Holds what was found in a configuration to what is pinned, or pins it; with the states of the
/// search without the reduction, if there was one.
pub fn hold(entry: Entry, report: &Report, unreduced_states: Option<usize>) {
    for finding in &report.findings {
        if let Some(counterexample) = &finding.counterexample {
            eprintln!("{}: {:#?}", finding.claim.name, counterexample.steps);
        }
    }
    assert_eq!(report.stopped, None);
    let found = Pinned {
        unreduced_states,
        ..Pinned::from(report)
    };
    if is_reblessing() {
        return rebless(entry, found);
    }
    let results = pinned::all().expect("the results are readable");
    let path = entry.path();
    assert_eq!(results.get(&path), Some(&found), "{path}");
}

fn rebless(entry: Entry, found: Pinned) {
    static FILE: Mutex<()> = Mutex::new(());
    let _guard = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/results");
    let file = results.join(entry.protocol.name()).with_extension("toml");
    let mut results = pinned::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
    results.insert(entry.facts.name.to_owned(), found);
    std::fs::write(file, pinned::render(&results)).unwrap();
}
