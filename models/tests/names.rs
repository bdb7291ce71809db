//! The entries that the tables of a protocol name exist, or the error says which entry names a missing one
//! and what there is.

use quorate_models::protocol::{Configuration, MutantFacts, Protocol, ProtocolFacts};
use quorate_models::raft::Raft;
use quorate_models::raft::server::Timer;
use quorate_models::system::{Environment, Timeouts};

fn complaint(facts: MutantFacts) -> String {
    let configurations = ProtocolFacts::of::<Raft>().configurations;
    facts
        .validate(&configurations)
        .expect_err("a name is wrong")
}

#[test]
fn a_mutant_names_a_configuration_that_is_there() {
    let complaint = complaint(MutantFacts {
        configuration: "elction",
        ..Raft::mutant("amnesia").facts
    });
    let expected = "mutant amnesia: there is no configuration `elction`; there are: ";
    assert!(complaint.starts_with(expected), "{complaint}");
    assert!(complaint.contains(", crash-recovery, "), "{complaint}");
}

#[test]
fn a_mutant_names_a_claim_of_its_configuration() {
    // A witness is no claim that a mutant violates.
    for property in ["Election Saftey", "Two Leaders Coexist"] {
        let complaint = complaint(MutantFacts {
            property,
            ..Raft::mutant("amnesia").facts
        });
        let expected =
            format!("mutant amnesia: crash-recovery does not claim `{property}`; it claims: ");
        assert!(complaint.starts_with(&expected), "{complaint}");
        assert!(complaint.contains("Election Safety, "), "{complaint}");
    }
}

#[test]
#[should_panic(
    expected = "raft: election names the witness `A Leadr`, which is not there; there are: "
)]
fn a_configuration_names_witnesses_that_are_there() {
    let named = Configuration {
        witnesses: &["A Leadr"],
        ..Raft::configuration("election")
    };
    named.system(None);
}

#[test]
#[should_panic(
    expected = "raft/election: timeouts [Election] of participant 7, who is not there; participants \
                are 0 to 2"
)]
fn timers_are_of_participants_that_are_there() {
    let strange = Configuration {
        environment: || Environment {
            timeouts: vec![Timeouts::shared(Timer::Election, [0, 7], 1)],
            ..Environment::default()
        },
        ..Raft::configuration("election")
    };
    strange.system(None);
}
