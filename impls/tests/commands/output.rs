//! The output of commands: the last line, tables, colours, JSON, coverage, lists.

use crate::{objects, quorate, text, words};
use std::process::Command;

/// The output, and its last line.
fn last_line(arguments: &[&str]) -> (String, String) {
    let shown = text(&quorate(arguments).stdout);
    let last = shown.lines().last().expect("a line").to_owned();
    (shown, last)
}

#[test]
fn the_last_line_is_the_verdict() {
    let (shown, last) = last_line(&["check", "raft/vote-counting"]);
    let states = "5,660 states, complete within the bounds";
    assert_eq!(last, format!("raft/vote-counting: holds ({states})"));
    let pinned = "The complete search equals models/results.";
    assert!(shown.contains(pinned), "{shown}");
    let (shown, last) = last_line(&["check", "raft/vote-counting", "raft/late-answers"]);
    let states = "11,110 states, complete within the bounds";
    assert_eq!(last, format!("raft: holds in 2 configurations ({states})"));
    assert!(
        shown.contains("All 2 complete searches equal models/results."),
        "{shown}"
    );
    let (shown, last) = last_line(&["check", "--mutant", "votes-counted-twice"]);
    let command = "quorate explore raft/vote-counting --mutant votes-counted-twice";
    let violated = "Refines Voting in raft/vote-counting after 4 steps";
    assert_eq!(last, format!("VIOLATED: {violated}"));
    let open = format!("open it: {command} \\\n  --show \"Refines Voting\"\n{last}\n");
    assert!(shown.ends_with(&open), "{shown}");
    assert!(!shown.contains("models/results"), "{shown}");
    let limited = ["--max-states", "1000", "--threads", "1"];
    let (shown, last) = last_line(&[&["check", "raft/election"], &limited[..]].concat());
    let ended = "inconclusive: 1 of 1 searches ended early (raft/election: state budget)";
    assert_eq!(last, ended);
    assert!(!shown.contains("models/results"), "{shown}");
}

#[test]
fn what_is_printed_fits_80_columns_outside_a_terminal() {
    let commands: &[&[&str]] = &[
        &["list", "raft"],
        &["list", "raft/crash-recovery"],
        &["list", "--claim", "Validity"],
        &[
            "check",
            "raft/vote-counting",
            "raft/late-answers",
            "--coverage",
        ],
        &["check", "--mutant", "votes-counted-twice"],
        &["check", "raft/election", "--max-states", "1000"],
        &["mutants", "--max-states", "1000"],
    ];
    for command in commands {
        let shown = text(&quorate(command).stdout);
        let lines: Vec<&str> = shown.lines().collect();
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
        "bound",
        "counterexample",
        "loop_start",
        "script",
        "svg",
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
        words.contains("the ghost multiplies the states by 1.01"),
        "{tables}"
    );
    let pairs = line("four servers or more").split_whitespace().skip(4);
    assert_eq!(pairs.collect::<Vec<_>>(), ["1", "-", "-", "-", "-", "1"]);
    assert!(line("cut by a boundary").contains(": 0 steps"), "{tables}");
    assert!(tables.contains("deliver RequestVoteResponse"), "{tables}");
}

#[test]
fn a_swap_is_shown_by_example() {
    let help = words(&text(&quorate(&["client", "cas", "--help"]).stdout));
    for (example, meaning) in [
        ("cas city Porto --expect Lisbon", "Lisbon becomes Porto"),
        ("cas city Lisbon", "Lisbon, if there is no city yet"),
    ] {
        let shown = format!("quorate client --config cluster.toml {example} # {meaning}");
        assert!(help.contains(&shown), "{help}");
    }
}

#[test]
fn each_command_has_a_page_of_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let output = quorate(&["manual", pages.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let help = text(&quorate(&["help"]).stdout);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let named = commands.lines().filter_map(|line| {
        let rest = line.strip_prefix("  ")?;
        (!rest.starts_with(' ')).then(|| rest.split(' ').next().unwrap())
    });
    let named: Vec<&str> = named.filter(|name| *name != "help").collect();
    assert!(9 < named.len(), "{named:?}");
    for name in named {
        let page = pages.join(format!("quorate-{name}.1"));
        let page = std::fs::read_to_string(&page).expect(name);
        assert!(page.contains(&format!(".TH quorate-{name} 1")), "{page}");
    }
}

#[test]
fn shells_are_told_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&quorate(&["completions", shell]).stdout);
        for name in ["check", "explore", "metrics", "completions"] {
            assert!(script.contains(name), "{shell} is not told {name}");
        }
    }
}
