//! The output of `quorate list`.

use crate::{quorate, text, words};

/// The text of a list.
fn list(arguments: &[&str]) -> String {
    let output = quorate(&[&["list"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    words(&text(&output.stdout))
}

#[test]
fn list_names_configurations_claims_and_mutants() {
    let list = list(&["raft"]);
    for expected in [
        "raft/figure-8",
        "Leader Completeness",
        "Raft §5.4.3,",
        "amnesia",
        // Names are not broken.
        "rejection-as-acknowledgement",
        "lost-windows, 1 step ",
        "`quorate list --claim NAME` names them",
    ] {
        assert!(list.contains(expected), "{list}");
    }
}

#[test]
fn a_configuration_is_listed_with_its_claims_and_mutants() {
    let list = list(&["raft/vote-counting"]);
    for expected in [
        "4 actors; network for ever",
        "Election Safety",
        "A Vote Is Split",
        "votes-counted-twice",
    ] {
        assert!(list.contains(expected), "{list}");
    }
    for elsewhere in ["Validity", "A Message Is Full", "amnesia", "raft/election "] {
        assert!(!list.contains(elsewhere), "{list}");
    }
}

#[test]
fn a_claim_is_listed_with_its_configurations_and_mutants() {
    let validity = list(&["--claim", "validity"]);
    for expected in [
        "raft: Validity kind invariant source ours, after consensus' validity \
         witness A Command Is Committed configurations raft/commit-four, raft/replication, ",
        "raft/replication-deep",
        "mutants command-twice, command-exchanged",
    ] {
        assert!(validity.contains(expected), "{validity}");
    }
    for elsewhere in ["raft/vote-counting", "raft/election", "votes-counted-twice"] {
        assert!(!validity.contains(elsewhere), "{validity}");
    }
    let seen = list(&["raft", "--claim", "A Message Is Full"]);
    let witness = "kind witness source ours configurations raft/byte-limit";
    assert!(seen.ends_with(witness), "{seen}");
}
