//! The commands that search: verdicts, exit codes, JSON, and one clear sentence for what cannot be
//! done.

use serde_json::Value;
use std::net::TcpListener;
use std::process::{Command, Output};

fn quorate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn objects(output: &Output) -> Vec<Value> {
    text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// Runs a command that cannot be done as asked, and gives the sentence that says why.
fn refused(arguments: &[&str]) -> String {
    let output = quorate(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    text(&output.stderr)
}

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
    let table = text(&output.stdout);
    assert!(table.contains("is violated after 8 steps"), "{table}");
}

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

/// With this mutant, the seed of one configuration asks for a message that is never sent.
const IMPOSSIBLE: [&str; 5] = [
    "check",
    "raft/late-answers",
    "raft/vote-counting",
    "--mutant",
    "rejection-as-acknowledgement",
];

#[test]
fn an_impossible_seed_is_the_error_of_its_configuration_alone() {
    for checker in ["quorate", "stateright"] {
        let checked = |json: &[&str]| {
            let output = quorate(&[&IMPOSSIBLE[..], &["--checker", checker], json].concat());
            assert_eq!(output.status.code(), Some(4), "{output:?}");
            output
        };
        let told = text(&checked(&[]).stdout);
        assert!(
            told.contains("raft/late-answers: the seed is not possible: line 20: "),
            "{told}"
        );
        for object in objects(&checked(&["--json"])) {
            let fails = object["config"] == "late-answers";
            let verdict = if fails { "inconclusive" } else { "holds" };
            assert_eq!(object["verdict"], verdict, "{object}");
            assert_eq!(object["reason"].is_null(), !fails, "{object}");
            assert_eq!(object["error"].is_null(), !fails, "{object}");
            if fails {
                assert_eq!(object["error"]["kind"], "seed", "{object}");
                let message = object["error"]["message"].as_str().expect("a sentence");
                assert!(message.contains("is not possible here"), "{object}");
            }
        }
    }
}

#[test]
fn a_configuration_with_an_impossible_seed_is_not_explored() {
    let output = quorate(&[
        "explore",
        "raft/late-answers",
        "--mutant",
        "rejection-as-acknowledgement",
        "--address",
        "127.0.0.1:0",
    ]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let told = text(&output.stderr);
    assert!(
        told.contains("the seed is not possible: line 20: "),
        "{told}"
    );
}

#[test]
fn what_is_not_decided_says_why() {
    let output = quorate(&["check", "raft/election", "--max-states", "1000", "--json"]);
    for object in objects(&output) {
        let why = match object["verdict"].as_str() {
            Some("inconclusive") => Value::from("the budget of states is spent"),
            _ => Value::Null,
        };
        assert_eq!(object["reason"], why, "{object}");
    }
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
    assert_eq!(
        searched(&["raft/election", "--deep"]).first().unwrap(),
        election
    );
}

#[test]
fn json_has_an_object_for_each_claim_and_nothing_else() {
    let output = quorate(&["check", "raft/vote-counting", "--json", "--threads", "1"]);
    let objects = objects(&output);
    let fields = [
        "protocol",
        "config",
        "bounds",
        "property",
        "kind",
        "verdict",
        "states",
        "transitions",
        "depth",
        "cut",
        "unexpanded",
        "seconds",
        "bytes_per_state",
        "counterexample",
        "reason",
        "error",
    ];
    for object in &objects {
        let found: Vec<&String> = object.as_object().unwrap().keys().collect();
        assert_eq!(found.len(), fields.len(), "{object}");
        assert!(
            fields.iter().all(|field| object.get(field).is_some()),
            "{object}"
        );
        assert_eq!(
            (&object["cut"], &object["verdict"]),
            (&0.into(), &"holds".into())
        );
    }
    assert!(
        objects
            .iter()
            .any(|object| object["property"] == "Election Safety")
    );
}

#[test]
fn coverage_says_what_a_search_went_through_and_what_it_did_not() {
    let output = quorate(&["check", "raft/vote-counting", "--coverage"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let tables = text(&output.stdout);
    let line = |word: &str| {
        let mut lines = tables.lines();
        let line = lines.find(|line| line.trim_start().starts_with(word));
        line.unwrap_or_else(|| panic!("{word} is not in {tables}"))
    };
    assert!(line("VoteIsRepeated").contains("Raft Fig. 2, RequestVote 2"));
    assert!(line("VoteIsRepeated").trim_end().ends_with(" 1"));
    assert!(line("CommandIsAppended").trim_end().ends_with("NOT HIT"));
    assert!(line("NobodyListens").contains("none; stopped"));
    let pairs = line("four servers or more").split_whitespace().skip(4);
    assert_eq!(pairs.collect::<Vec<_>>(), ["1", "-", "-", "-", "-", "1"]);
    assert!(line("cut by a boundary").contains(": 0 steps"), "{tables}");
    assert!(tables.contains("deliver RequestVoteResponse"), "{tables}");
}

#[test]
fn what_an_early_end_leaves_is_counted() {
    let limited = ["check", "raft/election", "--max-states", "1000"];
    let output = quorate(&[&limited[..], &["--coverage", "--threads", "1"]].concat());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let tables = text(&output.stdout);
    assert!(tables.contains("states are not expanded"), "{tables}");
    assert!(tables.contains("cut by the end (the budget of states is spent): "));
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
    assert!(
        second.contains("is known to the explorer alone"),
        "{second}"
    );
}

#[test]
fn a_counterexample_is_a_list_of_steps() {
    let output = quorate(&["check", "--mutant", "votes-counted-twice", "--json"]);
    let objects = objects(&output);
    let violated = objects
        .iter()
        .find(|object| object["property"] == "Election Safety")
        .unwrap();
    assert_eq!(violated["verdict"], "violated");
    assert_eq!(violated["counterexample"].as_array().unwrap().len(), 8);
}

#[test]
fn what_is_not_known_is_refused_and_the_choices_are_named() {
    let cases: &[(&[&str], &str)] = &[
        (&["check", "paxos"], "there is raft"),
        (&["check", "raft/elections"], "raft/election, "),
        (&["check", "--mutant", "none"], "commit-earlier-term"),
        (&["explore", "raft"], "raft/election, "),
        (
            &["explore", "raft/election", "--mutant", "none"],
            "commit-earlier-term",
        ),
        (&["mutants", "zab"], "there is raft"),
        (&["list", "zab"], "there is raft"),
        (&["check", "--checker", "tlc"], "stateright"),
        (&["check", "--max-memory", "much"], "expected a number"),
        (
            &["check", "--max-memory", "99999999999999999999G"],
            "more than can be addressed",
        ),
        (&["check", "--threads", "257"], "1..=256"),
        (
            &["check", "--deep", "--mutant", "commit-earlier-term"],
            "name what to search",
        ),
        (&["check", "--max-states", "few"], "--max-states"),
        (&["frobnicate"], "check, list"),
        (
            &["client", "--config", "x", "steal"],
            "put, get, delete, cas, status",
        ),
    ];
    for (arguments, expected) in cases {
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

#[test]
fn list_names_configurations_claims_and_mutants() {
    let output = quorate(&["list", "raft"]);
    assert_eq!(output.status.code(), Some(0));
    let list = text(&output.stdout);
    for expected in [
        "raft/figure-8",
        "Leader Completeness",
        "Raft §5.4, Fig. 3",
        "amnesia",
    ] {
        assert!(list.contains(expected), "{list}");
    }
}
