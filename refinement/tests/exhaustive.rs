//! Every configuration is searched to the end, and gives what `models/results.toml` says.
//!
//! A change of behaviour shows as a changed number there. To write the file anew after a change
//! that is meant: `QUORATE_REBLESS=1 cargo test -p quorate-refinement --test exhaustive`.
//!
//! The larger configurations are in `deep.rs`; what they give is pinned beside this.

#[path = "common/pins.rs"]
mod pins;

use pins::{Explore, is_reblessing};
use quorate_models::catalog::{Builder, Entry, Protocol, Visitor};
use quorate_models::property::Kind;
use quorate_models::system::{self, History, Participant};
use quorate_refinement::engine::pinned::{self, Pinned};
use quorate_refinement::engine::{Options, Progress, Report, stateright};
use std::sync::Arc;

/// Searches with Stateright's checker.
struct SecondOpinion;

impl Visitor for SecondOpinion {
    type Output = Report;

    fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> Report {
        let progress = Arc::new(Progress::default());
        stateright::survey(&Arc::new(build(None)), &Options::default(), &progress)
    }
}

/// Larger configurations are searched by Stateright's checker by hand:
/// `quorate check --checker stateright`.
const SECOND_OPINION: usize = 1_000_000;

/// Where the second opinion searches without the reduction, there are fewer states than this.
const UNREDUCED: usize = 500_000;

fn find(path: &str) -> Entry {
    let mut entries = Protocol::ALL
        .iter()
        .flat_map(|protocol| protocol.configurations());
    entries
        .find(|entry| entry.path() == path)
        .expect("a configuration of the catalog")
}

fn deep() -> impl Iterator<Item = Entry> {
    let protocols = Protocol::ALL.iter();
    protocols.flat_map(|protocol| protocol.deep_configurations())
}

fn gives_what_is_pinned(path: &str) {
    let entry = find(path);
    let explored = |reductions| {
        entry.visit(Explore {
            threads: 1,
            reductions,
        })
    };
    let report = explored(true);
    let unreduced = match entry.second_opinion() {
        system::SecondOpinion::Unreduced => Some(explored(false)),
        system::SecondOpinion::Reduced => None,
    };
    let states = unreduced.as_ref().map(|unreduced| unreduced.states);
    assert!(states.is_none_or(|states| states < UNREDUCED), "{path}");
    pins::hold(path, &report, states);
    let compared = unreduced.as_ref().unwrap_or(&report);
    if !is_reblessing() && compared.states <= SECOND_OPINION {
        let found = Pinned::from(compared);
        // Stateright's checker knows no marks.
        let second = Pinned {
            marks: found.marks.clone(),
            ..Pinned::from(&entry.visit_second_opinion(SecondOpinion))
        };
        assert_eq!(second, found, "{path}: the checkers differ");
        let claims = Pinned::from(&report).claims;
        assert_eq!(second.claims, claims, "{path}: the verdicts differ");
    }
}

macro_rules! configurations {
    ($($protocol:ident: $($test:ident $name:literal)*;)*) => {
        $(mod $protocol {
            $(#[test]
            fn $test() {
                super::gives_what_is_pinned(concat!(stringify!($protocol), "/", $name));
            })*
        })*

        const TESTED: &[&str] = &[$($(concat!(stringify!($protocol), "/", $name)),*),*];
    };
}

configurations! {
    raft:
        election "election"
        election_replies "election-replies"
        election_five "election-five"
        vote_counting "vote-counting"
        commit_four "commit-four"
        replication "replication"
        pipelining "pipelining"
        byte_limit "byte-limit"
        conflict "conflict"
        crash_recovery "crash-recovery"
        durability "durability"
        figure_8 "figure-8"
        production "production"
        lost_messages "lost-messages"
        lost_windows "lost-windows"
        duplicates "duplicates"
        late_answers "late-answers"
        repeats "repeats"
        lost_writes "lost-writes"
        refusals "refusals"
        windows "windows"
        heartbeats "heartbeats"
        crash "crash";
}

#[test]
fn every_configuration_is_tested_and_pinned() {
    let entries = Protocol::ALL
        .iter()
        .flat_map(|protocol| protocol.configurations());
    let mut catalog: Vec<String> = entries.map(Entry::path).collect();
    let mut tested = TESTED.to_vec();
    catalog.sort_unstable();
    tested.sort_unstable();
    assert_eq!(catalog, tested);
    catalog.extend(deep().map(Entry::path));
    catalog.sort_unstable();
    if !is_reblessing() {
        let results = pinned::parse(pinned::RESULTS).expect("results.toml is readable");
        assert_eq!(catalog, results.into_keys().collect::<Vec<_>>());
    }
}

#[test]
fn states_without_the_reduction_are_pinned_where_the_second_opinion_searches_them() {
    if is_reblessing() {
        return;
    }
    let results = pinned::parse(pinned::RESULTS).expect("results.toml is readable");
    for entry in Entry::all() {
        let pinned = results[&entry.path()].unreduced_states;
        let unreduced = entry.second_opinion() == system::SecondOpinion::Unreduced;
        assert_eq!(pinned.is_some(), unreduced, "{}", entry.path());
    }
}

#[test]
fn everything_pinned_holds_and_nothing_is_cut() {
    if is_reblessing() {
        return;
    }
    for (path, pinned) in pinned::parse(pinned::RESULTS).expect("results.toml is readable") {
        for claim in pinned.claims.keys() {
            assert!(pinned.holds(claim), "{path}: {claim}");
        }
    }
}

#[test]
fn every_claim_is_made_where_its_premise_is_reached() {
    for protocol in Protocol::ALL {
        for entry in protocol.configurations() {
            let claims = entry.claims();
            for claim in claims.iter().filter(|claim| claim.kind != Kind::Witness) {
                let witness = claim
                    .witness
                    .expect("a claim about all states has a witness");
                let made = claims.iter().any(|claim| claim.name == witness);
                assert!(made, "{}: {} without {witness}", entry.path(), claim.name);
            }
        }
    }
}
