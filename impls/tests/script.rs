//! `quorate script`: runs a script, compares its transcript, draws it; and counterexamples are
//! scripts that replay.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a command: its exit code, its output and its errors.
fn quorate(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(arguments)
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn script(file: &Path, further: &[&str]) -> (Option<i32>, String, String) {
    let file = file.to_str().expect("a name in UTF-8");
    quorate(&[&["script", file], further].concat())
}

fn split_vote() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/scripts/raft/split_vote.txt")
}

#[test]
fn a_script_is_shown_compared_and_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("split-vote.svg");
    let svg = ["--svg", picture.to_str().expect("a name in UTF-8")];
    let (code, shown, _) = script(&split_vote(), &svg);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.starts_with("two votes each, of four\n0 Candidate votes [0, 2]"),
        "{shown}"
    );
    assert!(shown.ends_with("split_vote.txt: as expected\n"), "{shown}");
    assert!(
        fs::read_to_string(picture)
            .expect("a picture")
            .starts_with("<svg")
    );
}

#[test]
fn another_transcript_than_the_expected_one_is_shown_and_can_be_blessed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("split_vote.txt");
    let text = fs::read_to_string(split_vote()).expect("a script");
    let changed = text.replacen("\nthe next term\n", "\nthe last term\n", 1);
    assert_ne!(changed, text);
    fs::write(&file, &changed).expect("a file");
    let (code, shown, _) = script(&file, &[]);
    assert_eq!(code, Some(1), "{shown}");
    let difference = "- expected the last term\n+ found    the next term\n";
    assert!(shown.ends_with(difference), "{shown}");
    let (code, shown, _) = script(&file, &["--bless"]);
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(fs::read_to_string(&file).expect("a script"), text);
}

#[test]
fn a_script_that_says_nothing_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("wrong.txt");
    for (text, code, expected) in [
        (
            "raft servers=3\n\nfire 0 Election\n",
            2,
            "line 3: `fire` is no verb",
        ),
        ("# nothing\n", 2, "a script begins with a header"),
        (
            "raft serfers=3\ntimeout 0 Election\n",
            2,
            "line 1: `serfers` is no key",
        ),
        (
            "raft/elction\n",
            2,
            "configuration `raft/elction`; did you mean `raft/election`?",
        ),
        (
            "raft servers=3\ndeliver 0->1 RequestVote\n",
            1,
            "line 2: `deliver 0->1 RequestVote` is not possible",
        ),
    ] {
        fs::write(&file, text).expect("a file");
        let (found, shown, error) = script(&file, &[]);
        assert_eq!((found, &*shown), (Some(code), ""), "{text}");
        let words: Vec<&str> = error.split_whitespace().collect();
        assert!(words.join(" ").contains(expected), "{error}");
        assert!(error.lines().all(|line| line.len() <= 80), "{error}");
    }
}

#[test]
fn a_counterexample_is_a_script_that_replays() {
    let folder = tempfile::tempdir().expect("a folder");
    let scripts = folder.path().join("found");
    let arguments = ["check", "--mutant", "votes-counted-twice", "--scripts"];
    let name = scripts.to_str().expect("a name in UTF-8");
    let (code, shown, _) = quorate(&[&arguments[..], &[name]].concat());
    assert_eq!(code, Some(1), "{shown}");
    let written: Vec<PathBuf> = fs::read_dir(&scripts)
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .collect();
    let [file] = &written[..] else {
        panic!("one script is written: {written:?}");
    };
    assert!(
        shown.contains(&format!("written: {}", file.display())),
        "{shown}"
    );
    let (code, replayed, _) = script(file, &[]);
    assert_eq!(code, Some(0), "{replayed}");
    let step = "deliver 1->0 RequestVoteResponse t1 granted\nviolated: Refines Voting\n";
    assert!(
        replayed.contains(step) && replayed.contains(": as expected"),
        "{replayed}"
    );

    // So do the lines that are printed.
    let lines = shown
        .lines()
        .skip_while(|line| !line.starts_with("  raft/vote-counting mutant="));
    let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 1 + 4, "{shown}");
    let saved = folder.path().join("saved.txt");
    fs::write(&saved, lines.join("\n")).expect("a file");
    let (code, replayed, _) = script(&saved, &[]);
    assert_eq!(code, Some(0), "{replayed}");
    assert!(
        replayed.contains(step) && replayed.contains("--bless"),
        "{replayed}"
    );
}
