//! Every usual configuration is searched to the end, and gives what `models/results` says.
//!
//! A change of behaviour shows as a changed number there. To write the files anew after a change
//! that is meant: `QUORATE_REBLESS=1 cargo test -p quorate-refinement --test exhaustive`.
//!
//! The larger configurations are in `deep.rs`; what they give is pinned beside this.

#[path = "common/pins.rs"]
mod pins;

use libtest_mimic::{Arguments, Trial};
use pins::is_reblessing;
use quorate_models::catalog::Entry;
use quorate_models::protocol::Profile;
use quorate_models::system::SecondOpinion;
use quorate_models::system::claim::Kind;
use quorate_refinement::engine::Options;
use quorate_refinement::evidence::pinned::{self, Pinned};
use quorate_refinement::evidence::searches::{self, SECOND_OPINION_STATES_MAX};
use std::process::ExitCode;
use std::sync::Arc;

fn gives_what_is_pinned(entry: Entry) {
    let path = entry.path();
    let explored = |reductions| pins::explored(entry, 1, reductions);
    let report = explored(true);
    let unreduced = match entry.facts.second_opinion {
        SecondOpinion::Unreduced => Some(explored(false)),
        SecondOpinion::Reduced => None,
    };
    let states = unreduced.as_ref().map(|unreduced| unreduced.states);
    assert!(
        states.is_none_or(|states| states < SECOND_OPINION_STATES_MAX),
        "{path}"
    );
    pins::hold(entry, &report, states);
    let compared = unreduced.as_ref().unwrap_or(&report);
    if !is_reblessing() && compared.states <= SECOND_OPINION_STATES_MAX {
        let found = judged_by_both(entry, Pinned::from(compared));
        // Stateright's checker knows no marks.
        let options = (&Options::default(), false);
        let second = searches::second_opinion(entry, None, options, &Arc::default());
        let second = Pinned {
            marks: found.marks.clone(),
            ..judged_by_both(entry, Pinned::from(&second))
        };
        assert_eq!(second, found, "{path}: the checkers differ");
        let claims = judged_by_both(entry, Pinned::from(&report)).claims;
        assert_eq!(second.claims, claims, "{path}: the verdicts differ");
    }
}

/// The claims that both checkers judge: none about the good period.
fn judged_by_both(entry: Entry, mut pinned: Pinned) -> Pinned {
    for claim in entry.facts.claims.iter().filter(|claim| claim.in_period) {
        pinned.claims.remove(claim.name);
        pinned.bounds.remove(claim.name);
    }
    pinned
}

fn every_configuration_is_pinned_and_no_other() {
    let mut catalog: Vec<String> = Entry::all().map(Entry::path).collect();
    catalog.sort_unstable();
    let results = pinned::all().expect("the results are readable");
    assert_eq!(catalog, results.into_keys().collect::<Vec<_>>());
}

fn states_without_the_reduction_are_pinned_where_the_second_opinion_searches_them() {
    let results = pinned::all().expect("the results are readable");
    for entry in Entry::all() {
        let pinned = pinned::of(&results, entry).unreduced_states;
        let unreduced = entry.facts.second_opinion == SecondOpinion::Unreduced;
        assert_eq!(pinned.is_some(), unreduced, "{}", entry.path());
    }
}

fn everything_pinned_holds_and_nothing_is_cut() {
    for (path, pinned) in pinned::all().expect("the results are readable") {
        for claim in pinned.claims.keys() {
            assert!(pinned.holds(claim), "{path}: {claim}");
        }
    }
}

/// Every bound is at least one tick or one step: a goal that takes neither is never waited for.
fn whatever_must_come_is_waited_for() {
    let results = pinned::all().expect("the results are readable");
    let bounds = results.iter().flat_map(|(path, pinned)| {
        let bounds = pinned.bounds.iter();
        bounds.map(|(claim, bound)| (&**path, &**claim, bound))
    });
    let vacuous = bounds.filter(|(.., bound)| bound.iter().all(|number| *number == 0));
    let vacuous: Vec<(&str, &str)> = vacuous.map(|(path, claim, _)| (path, claim)).collect();
    assert!(vacuous.is_empty(), "{vacuous:?}");
}

fn every_claim_is_made_where_its_premise_is_reached() {
    for entry in Entry::of(Profile::Usual) {
        let claims = &entry.facts.claims;
        for claim in claims.iter().filter(|claim| claim.kind != Kind::Witness) {
            let witness = claim
                .witness
                .expect("a claim about all states has a witness");
            let made = claims.iter().any(|claim| claim.name == witness);
            assert!(made, "{}: {} without {witness}", entry.path(), claim.name);
        }
    }
}

fn main() -> ExitCode {
    let searches = Entry::of(Profile::Usual).map(|entry| {
        Trial::test(entry.path(), move || {
            gives_what_is_pinned(entry);
            Ok(())
        })
    });
    let of_pins: [(&str, fn()); 5] = [
        (
            "every_configuration_is_pinned_and_no_other",
            every_configuration_is_pinned_and_no_other,
        ),
        (
            "states_without_the_reduction_are_pinned_where_the_second_opinion_searches_them",
            states_without_the_reduction_are_pinned_where_the_second_opinion_searches_them,
        ),
        (
            "everything_pinned_holds_and_nothing_is_cut",
            everything_pinned_holds_and_nothing_is_cut,
        ),
        (
            "every_claim_is_made_where_its_premise_is_reached",
            every_claim_is_made_where_its_premise_is_reached,
        ),
        (
            "whatever_must_come_is_waited_for",
            whatever_must_come_is_waited_for,
        ),
    ];
    // Pins that are being written cannot be compared.
    let of_pins = of_pins.into_iter().filter(|_| !is_reblessing());
    let of_pins = of_pins.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), searches.chain(of_pins).collect()).exit_code()
}
