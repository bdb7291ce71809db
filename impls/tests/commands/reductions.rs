//! The output about dead messages that are dropped.

use crate::{objects, quorate, text, words};
use serde_json::Value;

/// The output about the reduction of `raft/vote-counting`, and the exit code.
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
    let shown = quorate(&["check", "--mutant", "votes-counted-twice"]);
    let shown = words(&text(&shown.stdout));
    let counted = format!(
        "before it broke, {} messages were dropped as dead there, and {} deliveries did nothing",
        reduced["dropped"], reduced["checked"]
    );
    assert!(shown.contains(&counted), "{shown}");
    // Nothing is violated where the search ends first.
    let limited = ["--mutant", "votes-counted-twice", "--max-states", "10"];
    let (_, _, code) = reduction(&limited);
    assert_eq!(code, Some(3));
}
