//! The commands that search: verdicts, exit codes, JSON, and one clear sentence for what cannot be
//! done.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn quorate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A text without its line breaks and columns.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
    let shown = text(&output.stdout);
    assert!(
        shown.contains("VIOLATED: Election Safety in raft/vote-counting after 8 steps"),
        "{shown}"
    );
    let command = "quorate explore raft/vote-counting --mutant votes-counted-twice";
    assert!(shown.contains(&format!("open it: {command}\n")), "{shown}");
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
            "Election Safety" => ("violated", Value::Null),
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
    assert_eq!(violated.count(), 2, "{decided:?}");
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
    let equal = "All 2 complete searches equal models/results.toml.";
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
    assert!(violation.starts_with("Election Safety in raft/election-deep after 7 steps"));
    assert!(
        ended.is_none() && !before.iter().any(|line| line.starts_with("raft/")),
        "{before:?}"
    );
}

/// What is printed, and its last line.
fn last_line(arguments: &[&str]) -> (String, String) {
    let shown = text(&quorate(arguments).stdout);
    let last = shown.lines().last().expect("a line").to_owned();
    (shown, last)
}

#[test]
fn the_last_line_is_the_verdict() {
    let (shown, last) = last_line(&["check", "raft/vote-counting"]);
    let states = "5,660 states, complete within the bounds above";
    assert_eq!(last, format!("raft/vote-counting: holds ({states})"));
    let pinned = "The complete search equals models/results.toml.";
    assert!(shown.contains(pinned), "{shown}");
    let (shown, last) = last_line(&["check", "raft/vote-counting", "raft/late-answers"]);
    let states = "11,110 states, complete within the bounds above";
    assert_eq!(last, format!("raft: holds in 2 configurations ({states})"));
    assert!(
        shown.contains("All 2 complete searches equal models/results.toml."),
        "{shown}"
    );
    let (shown, last) = last_line(&["check", "--mutant", "votes-counted-twice"]);
    let command = "quorate explore raft/vote-counting --mutant votes-counted-twice";
    let violated = "Election Safety in raft/vote-counting after 8 steps";
    assert_eq!(last, format!("VIOLATED: {violated}; {command}"));
    assert!(!shown.contains("results.toml"), "{shown}");
    let limited = ["--max-states", "1000", "--threads", "1"];
    let (shown, last) = last_line(&[&["check", "raft/election"], &limited[..]].concat());
    let start =
        "inconclusive: 1 of 1 searches ended early; raft/election: search stopped: state budget";
    assert!(last.starts_with(start), "{last}");
    assert!(!shown.contains("results.toml"), "{shown}");
}

#[test]
fn what_is_printed_fits_80_columns_outside_a_terminal() {
    let commands: &[&[&str]] = &[
        &["list", "raft"],
        &[
            "check",
            "raft/vote-counting",
            "raft/late-answers",
            "--coverage",
        ],
        &["check", "--mutant", "votes-counted-twice"],
        &["mutants", "--max-states", "1000"],
    ];
    for command in commands {
        let shown = text(&quorate(command).stdout);
        let mut lines: Vec<&str> = shown.lines().collect();
        if command[0] == "check" {
            // The verdict is one line, whatever it says.
            lines.pop();
        }
        assert!(10 < lines.len(), "{shown}");
        for line in lines {
            assert!(line.trim_end().chars().count() <= 80, "{command:?}: {line}");
        }
    }
}

#[test]
fn verdicts_have_colours_only_where_they_are_seen() {
    let check = |variable: (&str, &str)| {
        let output = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(["check", "raft/late-answers"])
            .env(variable.0, variable.1)
            .output();
        text(&output.expect("the binary runs").stdout)
    };
    assert!(check(("CLICOLOR_FORCE", "1")).contains("\x1b[32mholds\x1b[0m"));
    assert!(!check(("TERM", "xterm-256color")).contains('\x1b'));
}

/// What the search of `raft/vote-counting` says of its reduction, and its exit code.
fn reduction(arguments: &[&str]) -> (Value, Value, Option<i32>) {
    let output = quorate(&[&["check", "raft/vote-counting", "--json"], arguments].concat());
    let object = objects(&output).swap_remove(0);
    let (states, reduction) = (object["states"].clone(), object["reduction"].clone());
    (states, reduction, output.status.code())
}

#[test]
fn what_is_dropped_as_dead_is_counted_checked_and_can_be_kept() {
    let (states, reduced, code) = reduction(&[]);
    assert_eq!((states, code), (5660.into(), Some(0)));
    let count = |name: &str| reduced[name].as_u64().expect("a number");
    assert!(
        0 < count("dropped") && count("dropped") < count("checked"),
        "{reduced}"
    );
    assert_eq!(reduced["broken"], Value::Null);
    let (states, reduced, code) = reduction(&["--no-reductions"]);
    assert_eq!(
        (states, reduced, code),
        (17_918.into(), Value::Null, Some(0))
    );
    let shown = words(&text(&quorate(&["check", "raft/vote-counting"]).stdout));
    assert!(shown.contains("none of which did anything"), "{shown}");
    let second = [
        "check",
        "raft/vote-counting",
        "--no-reductions",
        "--checker",
        "stateright",
    ];
    let shown = words(&text(&quorate(&second).stdout));
    assert!(shown.contains("17,918"), "{shown}");
    assert!(shown.contains("No message was dropped as dead."), "{shown}");
}

/// Each of these has local transitions of another kind, by which dropped messages are passed on.
#[test]
fn what_is_dropped_and_checked_is_known_exactly() {
    for (configuration, dropped, checked) in [
        ("vote-counting", 34, 748),
        ("late-answers", 60, 2585),
        ("crash", 54, 1672),
        ("windows", 40, 1394),
        ("lost-writes", 80, 17_170),
    ] {
        let output = quorate(&["check", &format!("raft/{configuration}"), "--json"]);
        let reduction = objects(&output).swap_remove(0)["reduction"].clone();
        let found = (reduction["dropped"].as_u64(), reduction["checked"].as_u64());
        assert_eq!(found, (Some(dropped), Some(checked)), "{configuration}");
    }
}

#[test]
fn a_broken_reduction_is_reported_and_the_search_without_it_decides() {
    let (_, reduced, code) = reduction(&["--mutant", "votes-counted-twice"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        reduced["broken"]["effect"], "the receiver changes",
        "{reduced}"
    );
    // Nothing is violated where the search ends first.
    let limited = ["--mutant", "votes-counted-twice", "--max-states", "100"];
    let (_, _, code) = reduction(&limited);
    assert_eq!(code, Some(3));
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
    "command-exchanged",
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
            Some("inconclusive") => Value::from("states"),
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
        "reason",
        "states",
        "transitions",
        "depth",
        "cut",
        "unexpanded",
        "seconds",
        "bytes_per_state",
        "error",
        "reduction",
        "counterexample",
        "script",
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
    let words = words(&tables);
    assert!(words.contains("Raft Fig. 2, RequestVote 2"), "{tables}");
    assert!(line("VoteIsRepeated").trim_end().ends_with(" 1"));
    assert!(line("CommandIsAppended").trim_end().ends_with("NOT HIT"));
    assert!(line("NobodyListens").trim_end().ends_with(" none"));
    assert!(words.contains("none: stopped: a violation"), "{tables}");
    assert!(
        tables.contains("history multiplies the states by 1.01"),
        "{tables}"
    );
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

#[test]
fn list_names_configurations_claims_and_mutants() {
    let output = quorate(&["list", "raft"]);
    assert_eq!(output.status.code(), Some(0));
    let list = words(&text(&output.stdout));
    for expected in [
        "raft/figure-8",
        "Leader Completeness",
        "Raft §5.4, Fig. 3",
        "amnesia",
        // Names are not broken.
        "rejection-as-acknowledgement",
    ] {
        assert!(list.contains(expected), "{list}");
    }
}
