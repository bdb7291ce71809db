//! Commands that cannot be done as asked, and the sentence that says why.

use crate::{quorate, text, words};
use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

/// Runs a command that cannot be done as asked, and gives the sentence that says why.
fn refused(arguments: &[&str]) -> String {
    let output = quorate(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    let told = text(&output.stderr);
    assert!(
        told.lines().all(|line| line.chars().count() <= 80) && told.lines().count() <= 3,
        "{told}"
    );
    words(&told)
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
        "unknown claim or witness of raft `Election Safty`; did you mean `Election Safety`?",
    ),
    (
        &[
            "check",
            "raft/election",
            "--svg",
            "../target/tmp",
            "--witness",
            "A message is fll",
        ],
        "did you mean `A Message Is Full`?",
    ),
    (
        &["explore", "raft/vote-counting", "--show", "Validty"],
        "did you mean `Validity`?",
    ),
    (
        &["explore", "raft/election", "--show", "Liveness"],
        "`quorate list` names all ",
    ),
    (
        &[
            "explore",
            "raft/vote-counting",
            "--show",
            "a message is full",
        ],
        "raft/vote-counting has no witness `A Message Is Full`; raft/byte-limit has",
    ),
    (
        &["explore", "raft/vote-counting", "--show", "Validity"],
        "raft/vote-counting has no claim `Validity`; raft/commit-four, raft/replication, \
         raft/pipelining and 28 more have: quorate list --claim \"Validity\"",
    ),
    (
        &["script", "../models/scripts/raft/figure8.txt"],
        "did you mean ../models/scripts/raft/figure_8.txt",
    ),
    (
        &["script", "no-such-script"],
        "there is no script no-such-script",
    ),
    (&["mutants", "paxos"], "expected: raft, zab"),
    (&["list", "rafd"], "did you mean `raft`?"),
    (&["list", "raft/elction"], "did you mean `raft/election`?"),
    (
        &["list", "--claim", "Election Safty"],
        "unknown claim or witness `Election Safty`; did you mean `Election Safety`?",
    ),
    (
        &["list", "raft/vote-counting", "--claim", "Validity"],
        "raft/vote-counting has no claim `Validity`",
    ),
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
    (&["check", "--max-edges", "few"], "invalid value 'few'"),
    (&["check", "--max-edges", "4294967296"], "0..=4294967295"),
    (
        &["check", "--deep", "--mutant", "commit-earlier-term"],
        "name a configuration",
    ),
    (
        &["check", "raft/clients", "--mutant", "amnesia"],
        "amnesia is a mutant of raft/crash-recovery, not of raft/clients",
    ),
    (
        &["check", "zab/broadcast", "--mutant", "no-session-table"],
        "no-session-table is a mutant of zab/clients, not of zab/broadcast",
    ),
    (
        &["check", "--deep", "raft/election"],
        "raft/election is no larger configuration: leave out --deep, or name raft/election-deep",
    ),
    (
        &["check", "--deep", "raft", "raft/crash"],
        "raft/crash is no larger configuration: leave out --deep",
    ),
    (
        &["check", "--svg", "Cargo.toml/pictures"],
        "Cargo.toml/pictures cannot be made: ",
    ),
    (&["check", "--svg", "/proc/self"], "/proc/self cannot be "),
    (
        &["check", "--scripts", "/proc/self"],
        "/proc/self cannot be ",
    ),
    (
        &["check", "--svg", "../target/tmp", "--witness", "validity"],
        "Validity is no witness; --svg draws its violation by itself",
    ),
    (
        &["explore", "raft/election", "--address", "localhost:3000"],
        "expected an IP address and a port, such as 127.0.0.1:3000",
    ),
    (
        &["explore", "raft/election", "--address", "192.0.2.1:3000"],
        "192.0.2.1:3000 cannot be served: ",
    ),
    (
        &["cluster", "--protocol", "raft", "--data", "Cargo.toml/data"],
        "Cargo.toml/data: Not a directory (os error 20); give another path, then start again",
    ),
    (
        &["keys", "Cargo.toml/keys"],
        "Not a directory (os error 20); give another path",
    ),
    (
        &["client", "--config", "src", "status"],
        "src: cannot be read: Is a directory",
    ),
    (
        &["cluster", "--protocol", "raft", "--address", "127.0.0.1:1"],
        "unexpected argument '--address' found; see `quorate cluster --help`",
    ),
];

const MISSING_ARGUMENTS: &Refusals = &[
    (
        &["cluster"],
        "--protocol <PROTOCOL> is missing: the protocol that the nodes run: raft or totem or zab",
    ),
    (
        &["explore"],
        "<PROTOCOL/CONFIG> is missing: a configuration, such as `raft/election`",
    ),
    (
        &["check", "--witness", "A Leader Is Elected"],
        "--svg <DIR> is missing: draw each violation into this folder",
    ),
    (&["script"], "<FILE> is missing: a script, such as "),
    (
        &["client", "--config", "x", "put", "key"],
        "<VALUE> is missing: the value",
    ),
    (
        &["client", "status"],
        "--config <FILE> is missing: the cluster's configuration file; see `quorate client status --help`",
    ),
];

#[test]
fn what_is_not_known_is_refused_and_the_nearest_names_are_given() {
    let refusals = UNKNOWN_NAMES.iter().chain(IMPOSSIBLE_OPTIONS);
    for (arguments, expected) in refusals.chain(MISSING_ARGUMENTS) {
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
    assert!(sentence.contains("--address 127.0.0.1:0"), "{sentence}");
}

#[test]
fn a_mistake_beside_an_argument_that_is_no_text_is_a_mistake() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    let command = command.args(["client", "--confg"]);
    let output = command.arg(OsStr::from_bytes(b"\xff")).output();
    let output = output.expect("the binary runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("--confg"), "{output:?}");
}
