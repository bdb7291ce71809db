//! The program: tables, exit codes, scripts and pictures. With `QUORATE_REBLESS=1`, transcripts and pictures
//! are written anew.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quorate-raft-rs"))
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A file of this package.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn name(file: &Path) -> &str {
    file.to_str().expect("a name in UTF-8")
}

/// A file below the folder of this test, with this text.
fn written(name: &str, text: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, text).expect("a file can be written");
    file
}

#[test]
fn a_table_and_a_counterexample() {
    let output = program(&["check", "elections", "asked-again"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    for line in [
        "  every claim holds, and every witness is reached",
        "  VIOLATED in 14 steps: Linearizable Reads",
        "VIOLATED: Linearizable Reads in raft-rs/asked-again after 14 steps",
        "  deliver 2->0 HeartbeatResponse t1 context A",
        "2 configurations, as recorded",
    ] {
        assert!(
            shown.lines().any(|it| it == line),
            "{line:?} is not in:\n{shown}"
        );
    }
    let wide = shown.lines().find(|line| 80 < line.chars().count());
    assert_eq!(wide, None);
}

#[test]
fn a_counterexample_is_a_script() {
    let output = program(&["check", "asked-again"]);
    let shown = text(&output.stdout);
    let (_, way) = shown.split_once("taken apart:\n").expect("a way");
    let (way, _) = way.split_once("\n\n").expect("an end");
    let script = written("way.txt", way);
    let output = program(&["script", name(&script)]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(
        shown.contains("\nviolated: Linearizable Reads\n"),
        "{shown}"
    );
}

#[test]
fn what_ends_early_is_inconclusive() {
    let output = program(&["check", "command", "--max-memory", "0"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{shown}");
    assert!(
        shown.contains("\n  inconclusive: memory budget\n"),
        "{shown}"
    );
    assert!(shown.ends_with("\ninconclusive: see above\n"), "{shown}");
}

#[test]
fn mutants_are_shown_with_their_ways() {
    let output = program(&["mutants"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let line = "violates Leader Completeness in 14 steps, diverging at step 1:";
    assert!(shown.lines().any(|it| it == line), "{shown}");
}

#[test]
fn mistakes_are_explained() {
    let odd = written("odd.txt", "raft-rs servers=0\ntimeout 0 Campaign\n");
    let stranger = written("stranger.txt", "raft\ntimeout 0 Campaign\n");
    let mutant = written(
        "mutant.txt",
        "raft-rs/synced mutant=none\ntimeout 0 Campaign\n",
    );
    let impossible = written("impossible.txt", "raft-rs\ndeliver 0->1 Append\n");
    let cases: [(&[&str], &str); 6] = [
        (
            &["check", "election"],
            "there is no configuration `election`; there are: elections, command",
        ),
        (&["script", "nowhere.txt"], "nowhere.txt: "),
        (
            &["script", name(&odd)],
            "line 1: `servers` cannot be `0`; expected a number from 1 to 7",
        ),
        (
            &["script", name(&stranger)],
            "line 1: `raft` is no protocol that has scripts",
        ),
        (
            &["script", name(&mutant)],
            "expected advances-too-early or hears-of-the-newest or sends-too-early",
        ),
        (&["script", name(&impossible)], "line 2: "),
    ];
    for (arguments, complaint) in cases {
        let output = program(arguments);
        let shown = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{shown}");
        assert!(
            shown.starts_with("error: ") && shown.contains(complaint),
            "{shown}"
        );
    }
}

#[test]
fn a_transcript_that_differs_is_told() {
    let script = written(
        "differs.txt",
        "raft-rs\ntimeout 0 Campaign\n----\nnothing\n",
    );
    let output = program(&["script", name(&script)]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(
        shown.contains("0 Candidate t1 [] commit 0 voted for 0\n"),
        "{shown}"
    );
    assert!(
        shown.contains("differs from what is expected:\nnothing\n"),
        "{shown}"
    );
}

#[test]
fn the_scripts_replay_and_their_pictures_are_drawn() {
    let is_blessed = env::var_os("QUORATE_REBLESS").is_some();
    for title in ["stale_read", "stale_read_duplicated"] {
        let script = file(&format!("scripts/{title}.txt"));
        let pinned = file(&format!("scripts/{title}.svg"));
        let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{title}.svg"));
        let arguments = ["script", name(&script), "--svg", name(&drawn)];
        let bless = [&arguments[..], &["--bless"]].concat();
        let output = program(if is_blessed { &bless } else { &arguments });
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{shown}");
        assert!(
            shown.contains("\nviolated: Linearizable Reads\n"),
            "{shown}"
        );
        if is_blessed {
            fs::copy(&drawn, &pinned).expect("a file");
        } else {
            assert!(shown.ends_with(": as expected\n"), "{shown}");
        }
        let [drawn, expected] = [&drawn, &pinned].map(|it| fs::read(it).expect("a picture"));
        assert!(drawn == expected, "{} is out of date", pinned.display());
    }
}
