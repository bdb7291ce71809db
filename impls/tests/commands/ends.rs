//! Searches that end early, or are searched only if they are asked for.

use crate::{objects, quorate, text};
use serde_json::{Value, json};

#[test]
fn a_search_that_is_cut_short_is_inconclusive() {
    for limit in [["--max-states", "1000"], ["--max-memory", "1M"]] {
        let output = quorate(&[&["check", "raft/election", "--json"], &limit[..]].concat());
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        for object in objects(&output) {
            let verdict = if object["kind"] == "witness" {
                "holds"
            } else {
                "inconclusive"
            };
            let verdicts = [verdict, "inconclusive"];
            assert!(
                verdicts.contains(&object["verdict"].as_str().unwrap()),
                "{object}"
            );
        }
    }
}

#[test]
fn what_is_not_decided_says_why() {
    let output = quorate(&["check", "raft/election", "--max-states", "1000", "--json"]);
    for object in objects(&output) {
        let why = match object["verdict"].as_str() {
            Some("inconclusive") => Value::from("states"),
            _ => Value::Null,
        };
        assert_eq!(object["reason"], why, "{object}");
    }
}

#[test]
fn without_edges_all_is_decided_but_runs_that_go_round() {
    let search = ["check", "raft/live-silence", "--json", "--max-edges", "0"];
    let output = quorate(&search);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let mutant = ["--mutant", "sends-once", "--keep-going"];
    let output = quorate(&[&search[..], &mutant].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let verdict = |property: &str| {
        let objects = objects(&output);
        let mut such = objects.iter().filter(|it| it["property"] == property);
        let object = such.next().expect("it is claimed");
        [object["verdict"].clone(), object["reason"].clone()]
    };
    assert_eq!(verdict("A Leader Settles"), [json!("holds"), Value::Null]);
    assert_eq!(verdict("Logs Converge"), ["inconclusive", "edges"]);
    assert_eq!(
        verdict("Logs Can Converge"),
        [json!("violated"), Value::Null]
    );
}

#[test]
fn larger_configurations_are_searched_only_if_they_are_asked_for() {
    let searched = |arguments: &[&str]| {
        let limited = ["check", "--max-states", "1", "--json"];
        let output = quorate(&[&limited, arguments].concat());
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let objects = objects(&output);
        let names = objects.iter().map(|object| object["config"].to_string());
        names.collect::<std::collections::BTreeSet<String>>()
    };
    let (usual, deep) = (searched(&["raft"]), searched(&["raft", "--deep"]));
    let (election, election_deep) = (r#""election""#, r#""election-deep""#);
    assert!(usual.contains(election) && deep.contains(election_deep));
    assert!(usual.is_disjoint(&deep), "{usual:?} {deep:?}");
    assert_eq!(
        searched(&["raft/election-deep"]).first().unwrap(),
        election_deep
    );
    let (named, with_deep) = (["raft/election-deep"], ["raft/election-deep", "--deep"]);
    assert_eq!(searched(&named), searched(&with_deep));
}

#[test]
fn what_an_early_end_leaves_is_counted() {
    let limited = ["check", "raft/election", "--max-states", "1000"];
    let output = quorate(&[&limited[..], &["--coverage", "--threads", "1"]].concat());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let tables = text(&output.stdout);
    assert!(
        tables.contains("search stopped: state budget; "),
        "{tables}"
    );
    assert!(tables.contains("frontier when the search stopped (state budget): "));
    // Only complete searches count as a combination.
    let pairs = tables.lines().find(|line| line.starts_with(" no-op "));
    assert_eq!(pairs.map(str::trim), Some("no-op"), "{tables}");
    let json = quorate(&[&limited[..], &["--json"]].concat());
    let object = &objects(&json)[0];
    let unexpanded = object["unexpanded"].as_u64().expect("a number");
    assert!(0 < unexpanded && unexpanded < object["states"].as_u64().unwrap());
    let args = [
        "check",
        "raft/vote-counting",
        "--checker",
        "stateright",
        "--coverage",
    ];
    let second = text(&quorate(&args).stdout);
    assert!(second.contains("is known to the explorer"), "{second}");
}
