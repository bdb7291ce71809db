//! Seeds that a mutant makes impossible.

use crate::{objects, quorate, text};

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
