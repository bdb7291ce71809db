//! What cannot be done as asked, and the sentence that says why.

use crate::{quorate, text};
use std::net::TcpListener;

/// Runs a command that cannot be done as asked, and gives the sentence that says why.
fn refused(arguments: &[&str]) -> String {
    let output = quorate(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    text(&output.stderr)
}

/// Command lines that are refused, and what the sentence says.
type Refusals = [(&'static [&'static str], &'static str)];

const UNKNOWN_NAMES: &Refusals = &[
    (
        &["check", "paxos"],
        "unknown protocol `paxos`; expected: raft",
    ),
    (
        &["check", "raft/elction"],
        "unknown configuration `raft/elction`; did you mean `raft/election`?",
    ),
    (&["check", "figure8"], "did you mean `raft/figure-8`?"),
    (&["check", "raft/zab"], "`quorate list` names all "),
    (&["check", "--mutant", "amnesa"], "did you mean `amnesia`?"),
    (&["explore", "raft"], "unknown configuration `raft`; "),
    (
        &["explore", "raft/election", "--mutant", "two-write"],
        "did you mean `two-writes`?",
    ),
    (
        &["explore", "raft/election", "--show", "Election Safty"],
        "unknown claim of raft/election `Election Safty`; did you mean `Election Safety`?",
    ),
    (
        &["script", "../models/scripts/raft/figure8.txt"],
        "did you mean ../models/scripts/raft/figure_8.txt",
    ),
    (
        &["script", "no-such-script"],
        "there is no script no-such-script",
    ),
    (&["mutants", "zab"], "expected: raft"),
    (&["list", "rafd"], "did you mean `raft`?"),
    (&["frobnicate"], "check, list"),
    (
        &["client", "--config", "x", "steal"],
        "put, get, delete, cas, status",
    ),
];

const IMPOSSIBLE_OPTIONS: &Refusals = &[
    (&["check", "--checker", "tlc"], "stateright"),
    (&["check", "--max-memory", "much"], "expected a number"),
    (
        &["check", "--max-memory", "99999999999999999999G"],
        "more than can be addressed",
    ),
    (&["check", "--threads", "257"], "1..=256"),
    (&["check", "--max-states", "few"], "--max-states"),
    (
        &["check", "--deep", "--mutant", "commit-earlier-term"],
        "name a configuration",
    ),
];

#[test]
fn what_is_not_known_is_refused_and_the_nearest_names_are_given() {
    for (arguments, expected) in UNKNOWN_NAMES.iter().chain(IMPOSSIBLE_OPTIONS) {
        let sentence = refused(arguments);
        assert!(sentence.contains(expected), "{arguments:?}: {sentence}");
        assert!(!sentence.contains("panicked"), "{arguments:?}: {sentence}");
    }
}

#[test]
fn a_busy_address_is_refused() {
    let busy = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = busy.local_addr().expect("an address").to_string();
    let sentence = refused(&["explore", "raft/election", "--address", &address]);
    assert!(
        sentence.contains(&address) && sentence.contains("in use"),
        "{sentence}"
    );
}
