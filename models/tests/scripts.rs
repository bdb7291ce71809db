//! Runs every script under `scripts/` and compares its transcript.
//!
//! `QUORATE_REBLESS=1 cargo test -p quorate-models --test scripts` writes the transcripts into the
//! scripts instead. Keep only differences that you understand.
//!
//! A script that is new is added to the list at the end of this file; a script that is not in the
//! list fails a test.

use quorate_models::catalog::transcript;
use quorate_models::script::Script;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

fn check(name: &str) {
    let path = folder().join(name).with_extension("txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let script = Script::parse(&text).unwrap_or_else(|error| panic!("{name}, {error}"));
    let found = transcript(&script).unwrap_or_else(|error| panic!("{name}, {error}"));
    if found == script.expected {
        return;
    }
    if std::env::var("QUORATE_REBLESS").is_ok_and(|value| value == "1") {
        fs::write(&path, script.with_transcript(&found)).expect("the script can be written");
    } else {
        panic!(
            "{name} has another transcript:\n{}",
            compared(&script.expected, &found)
        );
    }
}

/// The lines in which two transcripts differ.
fn compared(expected: &str, found: &str) -> String {
    let (mut old, mut new) = (expected.lines(), found.lines());
    let mut text = String::new();
    loop {
        match (old.next(), new.next()) {
            (None, None) => return text,
            (old, new) if old == new => {}
            (old, new) => {
                let lines = [("expected", old), ("found   ", new)];
                for (what, line) in lines {
                    text.extend(line.map(|line| format!("{what} {line}\n")));
                }
            }
        }
    }
}

macro_rules! scripts {
    ($($protocol:ident { $($script:ident)* })*) => {
        $(mod $protocol {
            $(#[test]
            fn $script() {
                super::check(concat!(stringify!($protocol), "/", stringify!($script)));
            })*
        })*

        const SCRIPTS: &[&str] = &[
            $($(concat!(stringify!($protocol), "/", stringify!($script), ".txt")),*),*
        ];
    };
}

#[test]
fn every_script_is_run() {
    let mut files = Vec::new();
    for protocol in fs::read_dir(folder()).expect("there are scripts") {
        let protocol = protocol.expect("a folder").path();
        let scripts = fs::read_dir(&protocol).expect("only folders are beside each other");
        files.extend(scripts.map(|script| {
            let script = script.expect("a file").path();
            let relative = script.strip_prefix(folder()).expect("it is inside");
            relative
                .to_str()
                .expect("its name is text")
                .replace('\\', "/")
        }));
    }
    files.sort_unstable();
    let mut run = SCRIPTS.to_vec();
    run.sort_unstable();
    assert_eq!(files, run, "the files, and the scripts that are run");
}

scripts! {
    raft {
        conflict_hints
        figure_7
        figure_8
        figure_8_e
        figure_8_mutant
        leader_crash_after_minority
        leader_counts_itself_when_durable
        lost_probe
        lost_window
        old_append_does_not_truncate
        restart_between_vote_and_reply
        split_vote
    }
}
