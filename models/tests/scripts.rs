//! Runs every script under `scripts/` and compares its transcript.
//!
//! `QUORATE_REBLESS=1 cargo test -p quorate-models --test scripts` writes the transcripts into the
//! scripts instead. Keep only differences that you understand.

use libtest_mimic::{Arguments, Trial};
use quorate_models::catalog::transcript;
use quorate_models::script::Script;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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

/// The names of all scripts, `protocol/script`.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for protocol in fs::read_dir(folder()).expect("there are scripts") {
        let protocol = protocol.expect("a folder").path();
        let scripts = fs::read_dir(&protocol).expect("only folders are beside each other");
        let scripts = scripts.map(|script| script.expect("a file").path());
        let scripts = scripts.filter(|path| path.extension().is_some_and(|it| it == "txt"));
        names.extend(scripts.map(|script| {
            let name = |path: &Path| {
                let stem = path.file_stem().expect("it has a name");
                stem.to_str().expect("its name is text").to_owned()
            };
            format!("{}/{}", name(&protocol), name(&script))
        }));
    }
    names.sort_unstable();
    names
}

fn main() -> ExitCode {
    let names = names();
    assert!(!names.is_empty(), "there are scripts");
    let trials = names.into_iter().map(|name| {
        Trial::test(name.clone(), move || {
            check(&name);
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
