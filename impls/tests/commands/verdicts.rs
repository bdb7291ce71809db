//! Verdicts of either checker.

use crate::{objects, quorate, text};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

#[test]
fn a_configuration_that_holds_exits_with_0() {
    let output = quorate(&["check", "raft/vote-counting"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = text(&output.stdout);
    assert!(
        table.contains("Election Safety") && table.contains("Raft §5.2, Fig. 3"),
        "{table}"
    );
}

#[test]
fn a_violation_exits_with_1_and_lists_its_steps() {
    let output = quorate(&["check", "--mutant", "votes-counted-twice"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let shown = text(&output.stdout);
    assert!(
        shown.contains("VIOLATED: Refines Voting in raft/vote-counting after 4 steps"),
        "{shown}"
    );
    let command = "quorate explore raft/vote-counting --mutant votes-counted-twice";
    assert!(shown.contains(&format!("open it: {command} ")), "{shown}");
}

#[test]
fn a_mutant_that_is_not_found_says_where_it_is() {
    let check = |configuration, limit: &[&str]| {
        let mutant = ["check", configuration, "--mutant", "command-exchanged"];
        quorate(&[&mutant, limit].concat())
    };
    let told = "not found here: command-exchanged violates Validity in raft/replication\n  \
                quorate check --mutant command-exchanged\nraft/vote-counting with";
    let holds = check("raft/vote-counting", &[]);
    assert_eq!(holds.status.code(), Some(0), "{holds:?}");
    let shown = text(&holds.stdout);
    assert!(shown.contains(told), "{shown}");
    // At home, or where it is found, there is nothing to say.
    let limited = check("raft/replication", &["--max-states", "1"]);
    let elsewhere = ["check", "raft/vote-counting", "--mutant"];
    let found = quorate(&[&elsewhere[..], &["append-after-commit"]].concat());
    for output in [limited, found] {
        let shown = text(&output.stdout);
        assert!(!shown.contains("not found here"), "{shown}");
    }
}

/// The verdicts and reasons of claims that are no witnesses, by configuration.
fn verdicts(output: &Output, configuration: &str) -> Vec<(String, String, Value)> {
    let mut objects = objects(output);
    objects.retain(|it| it["config"] == configuration && it["kind"] != "witness");
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    let of = |it: &Value| {
        (
            word(&it["property"]),
            word(&it["verdict"]),
            it["reason"].clone(),
        )
    };
    objects.iter().map(of).collect()
}

#[test]
fn a_violation_stops_its_configuration_and_no_other() {
    let names = ["raft/vote-counting", "raft/late-answers"];
    let mutant = ["--mutant", "votes-counted-twice", "--json"];
    let check = |further: &[&str]| quorate(&[&["check"], &names[..], &mutant, further].concat());
    let stopped = check(&[]);
    assert_eq!(stopped.status.code(), Some(1), "{stopped:?}");
    for (property, verdict, reason) in verdicts(&stopped, "vote-counting") {
        let expected = match &*property {
            "Refines Voting" => ("violated", Value::Null),
            _ => ("inconclusive", "stopped".into()),
        };
        assert_eq!((&*verdict, reason), expected, "{property}");
    }
    let others = verdicts(&stopped, "late-answers");
    assert!(!others.is_empty());
    for (property, verdict, reason) in others {
        assert_eq!((&*verdict, reason), ("holds", Value::Null), "{property}");
    }
    let decided = verdicts(&check(&["--keep-going"]), "vote-counting");
    assert!(
        decided.iter().all(|(_, _, reason)| reason.is_null()),
        "{decided:?}"
    );
    let violated = decided
        .iter()
        .filter(|(_, verdict, _)| verdict == "violated");
    assert_eq!(violated.count(), 3, "{decided:?}");
}

#[test]
fn the_second_opinion_stops_at_a_violation_too() {
    let check = ["check", "raft/replication", "--checker", "stateright"];
    let mutant = ["--mutant", "vote-for-anyone", "--json"];
    let second = quorate(&[&check[..], &mutant].concat());
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    let found = verdicts(&second, "replication");
    let of = |word: &str| {
        found
            .iter()
            .filter(|(_, verdict, _)| verdict == word)
            .count()
    };
    assert!(0 < of("violated") && 0 < of("inconclusive"), "{found:?}");
}

#[test]
fn the_second_opinion_says_whether_it_shares_the_reduction() {
    let paths = ["raft/vote-counting", "raft/commit-four"];
    let check = ["check", paths[0], paths[1], "--checker", "stateright"];
    let told = text(&quorate(&check).stdout);
    let after = |path| {
        let mut lines = told.lines().skip_while(|line| !line.starts_with(path));
        let row = lines.next().expect("a row");
        (row, lines.next().expect("a line below it"))
    };
    let (row, below) = after(paths[0]);
    assert!(row.contains(" 17,918 "), "{told}");
    assert_eq!(below.trim(), "searched without the reduction");
    let (row, below) = after(paths[1]);
    assert!(row.contains(" 94,570 "), "{told}");
    assert_eq!(below.trim(), "shares the explorer's reduction");
    let equal = "All 2 complete searches equal models/results.";
    assert!(told.contains(equal), "{told}");

    for object in objects(&quorate(&[&check[..], &["--json"]].concat())) {
        let is_shared = object["config"] == "commit-four";
        assert_eq!(object["reduction"] == "shared", is_shared, "{object}");
        assert_eq!(object["reduction"].is_null(), !is_shared, "{object}");
    }
}

#[test]
fn a_violation_is_printed_while_the_search_goes_on() {
    // To search this to its end takes minutes; the test ends it when the violation is printed.
    let mut process = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(["check", "raft/election-deep", "--keep-going"])
        .args(["--mutant", "stale-votes-count", "--max-memory", "8G"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
    let mut before = Vec::new();
    let violation = lines.find_map(|line| {
        let line = line.expect("text");
        before.push(line.clone());
        line.strip_prefix("VIOLATED: ").map(str::to_owned)
    });
    let ended = process.try_wait().expect("a child");
    _ = process.kill();
    _ = process.wait();
    let violation = violation.expect("a violation");
    assert!(violation.starts_with("Refines Voting in raft/election-deep after 4 steps"));
    assert!(
        ended.is_none() && !before.iter().any(|line| line.starts_with("raft/")),
        "{before:?}"
    );
}

#[test]
fn a_counterexample_is_a_list_of_steps() {
    let output = quorate(&["check", "--mutant", "votes-counted-twice", "--json"]);
    let objects = objects(&output);
    let violated = objects
        .iter()
        .find(|object| object["property"] == "Refines Voting")
        .unwrap();
    assert_eq!(violated["verdict"], "violated");
    assert_eq!(violated["counterexample"].as_array().unwrap().len(), 4);
}
