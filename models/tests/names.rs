//! The entries that the tables of a protocol name exist, or the error says which entry names a missing one
//! and what there is.

use quorate_models::catalog::Entry;
use quorate_models::protocol::{Configuration, MutantFacts, Protocol, ProtocolFacts};
use quorate_models::raft::Raft;
use quorate_models::raft::server::Timer;
use quorate_models::system::{Environment, Timeouts};
use quorate_models::with_clients::WithClients;
use quorate_models::zab::Zab;
use quorate_models::zab::config::Election;
use quorate_models::zab_on_fifo::ZabOnFifo;

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
    let amnesia = Raft::mutant("amnesia").facts;
    let property = "Election Saftey";
    for (facts, wrong) in [
        (
            amnesia.also(&["Two Leaders Coexist"]),
            "Two Leaders Coexist",
        ),
        (
            MutantFacts {
                property,
                ..amnesia
            },
            property,
        ),
    ] {
        let complaint = complaint(facts);
        let expected =
            format!("mutant amnesia: crash-recovery does not claim `{wrong}`; it claims: ");
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

/// Whether the text of each configuration names the oracle, and whether one elects there.
fn oracles<P: Protocol>(election: fn(&P::Config) -> Election) -> Vec<(String, bool, bool)> {
    let configurations = P::configurations();
    let told = configurations.iter().map(|it| {
        let elects = election(&(it.config)()) == Election::Oracle;
        let path = format!("{}/{}", P::NAME, it.name);
        (path, it.about.ends_with("; an oracle elects"), elects)
    });
    told.collect()
}

/// Of every configuration in the catalog, others than those of Zab have no election that it could replace.
#[test]
fn a_text_names_the_oracle_where_one_elects() {
    let of_zab = [
        oracles::<Zab>(|config| config.election),
        oracles::<WithClients<Zab>>(|config| config.servers.election),
        oracles::<ZabOnFifo>(|config| config.election),
    ];
    let of_zab = of_zab.concat();
    for (path, named, elects) in &of_zab {
        assert_eq!(named, elects, "{path}");
    }
    let elect = of_zab.iter().filter(|(_, _, elects)| *elects).count();
    let named = Entry::all().filter(|entry| entry.facts.about.contains("oracle"));
    assert_eq!(named.count(), elect);
    assert!(0 < elect && elect < of_zab.len());
}
