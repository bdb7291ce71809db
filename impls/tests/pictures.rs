//! The pictures: those beside the scripts, and those of `quorate check`. Some are pinned; with
//! `QUORATE_REBLESS=1` they are drawn anew.

use serde_json::Value;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn quorate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn name(file: &Path) -> &str {
    file.to_str().expect("a name in UTF-8")
}

/// The pictures in a folder, sorted.
fn pictures(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("a folder");
    let files = files.map(|entry| entry.expect("a file").path());
    let is_picture = |file: &PathBuf| file.extension().is_some_and(|it| it == "svg");
    let mut pictures: Vec<PathBuf> = files.filter(is_picture).collect();
    pictures.sort();
    pictures
}

/// Compares a picture with the pinned one, or pins it.
fn assert_pinned(drawn: &Path, pinned: &Path) {
    if env::var_os("QUORATE_REBLESS").is_some() {
        fs::copy(drawn, pinned).expect("a file");
    }
    let [found, expected] = [drawn, pinned].map(|file| fs::read(file).expect("a picture"));
    assert!(found == expected, "{} is out of date", pinned.display());
}

#[test]
fn a_picture_beside_a_script_is_what_the_script_draws() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/scripts/raft");
    let pictures = pictures(&folder);
    assert!(!pictures.is_empty(), "there are pictures");
    for picture in pictures {
        let drawn = tempfile::NamedTempFile::new().expect("a file");
        let script = picture.with_extension("txt");
        let arguments = ["script", name(&script), "--svg", name(drawn.path())];
        let output = quorate(&arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_pinned(drawn.path(), &picture);
    }
}

/// Of each kind of end one: a step that violates, a loop, and where a witness is seen.
const PINNED: [(&str, &[&str]); 3] = [
    (
        "raft-vote-counting-votes-counted-twice-election-safety.svg",
        &["--mutant", "votes-counted-twice", "--keep-going"],
    ),
    (
        "raft-live-silence-sends-once-logs-converge.svg",
        &["--mutant", "sends-once", "--keep-going"],
    ),
    (
        "raft-vote-counting-a-leader-is-elected.svg",
        &["raft/vote-counting", "--witness", "a leader is elected"],
    ),
];

#[test]
fn what_is_found_is_drawn() {
    for (file, arguments) in PINNED {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("made/for/this");
        let output = quorate(&[&["check", "--svg", name(&below)], arguments].concat());
        let told = String::from_utf8(output.stdout).expect("UTF-8");
        let drawn = below.join(file);
        let line = format!("  drawn: {}\n", drawn.display());
        assert!(told.contains(&line), "{told}");
        let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
        assert_pinned(&drawn, &pinned.join(file));
    }
}

#[test]
fn json_names_the_picture_of_each_violation() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = ["check", "--mutant", "votes-counted-twice", "--keep-going"];
    let further = ["--json", "--svg", name(folder.path())];
    let output = quorate(&[&check[..], &further].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    let objects = told.lines().map(serde_json::from_str);
    let objects: Vec<Value> = objects.map(|object| object.expect("JSON")).collect();
    let mut named = Vec::new();
    for object in objects {
        let is_violated = object["verdict"] == "violated";
        assert_eq!(object["svg"].is_string(), is_violated, "{object}");
        named.extend(object["svg"].as_str().map(PathBuf::from));
    }
    named.sort();
    assert_eq!(named.len(), 3);
    assert_eq!(named, pictures(folder.path()));
}
