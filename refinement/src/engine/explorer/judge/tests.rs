//! Judging component by component, and only the delta of a step, agrees with judging whole
//! states: in every configuration, without mutants and with each.

use super::super::expand::{Expanded, Goal};
use super::super::search::{Limits, Progress};
use super::super::successors::Successors;
use super::super::table::{Delta, ROOT, RowId};
use super::super::{Explorer, Options};
use super::Judging;
use quorate_models::catalog::{Builder, Entry, MutantEntry, Visitor};
use quorate_models::protocol::Profile;
use quorate_models::system::claim::{Check, Claim, ClaimSet, Kind};
use quorate_models::system::{GhostState, Participant, SecondOpinion, StateOf, System};
use stateright::Model;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::thread;

/// As many states of each system are looked at.
const STATES: usize = 150_000;
/// Of so many states one is expanded a second time, step by step; so is each from which a step decided a
/// claim first.
const STRIDE: usize = 16;

/// Compares the judgements of a system, with a mutant if there is one, with the reduction or without. Gives
/// the claims that were found to be otherwise than they hold, and the witnesses that were seen.
struct Compare {
    mutant: Option<MutantEntry>,
    reductions: bool,
}

impl Visitor for Compare {
    type Output = BTreeSet<&'static str>;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Self::Output {
        let options = Options {
            limits: Limits {
                states: Some(STATES),
                ..Limits::default()
            },
            threads: 1,
            reductions: self.reductions,
            ..Options::default()
        };
        let mut explorer = Explorer::new(&Arc::new(build(self.mutant)), &options);
        _ = explorer.run(&Progress::default());
        let alarms = states(&mut explorer) | steps(&mut explorer);
        let claims = explorer.store.system.claims.iter().enumerate();
        let raised = claims.filter(|(number, _)| alarms.contains(*number));
        raised.map(|(_, claim)| claim.name).collect()
    }
}

/// The claims for which a whole state raises an alarm.
fn whole<A: Participant, G: GhostState>(system: &System<A, G>, state: &StateOf<A, G>) -> ClaimSet {
    let alarm = |(number, claim): (usize, &Claim<A, G>)| {
        ClaimSet::of_if(number, claim.is_decided_in(state, &system.quorum))
    };
    let claims = system.claims.iter().enumerate();
    claims.map(alarm).collect()
}

/// Compares the judgements of states. A violation that was there before a step and is unchanged by it
/// need not be found again; every other must be.
fn states<A: Participant, G: GhostState>(explorer: &mut Explorer<'_, A, G>) -> ClaimSet {
    let store = &explorer.store;
    let mut judging = Judging::new(&store.system);
    for (number, claim) in store.system.claims.iter().enumerate() {
        if let Check::Invariant(condition) | Check::Witness(condition) = &claim.check {
            judging.seek(number, claim.kind() == Kind::Witness, condition);
        }
    }
    let mut wholes: Vec<ClaimSet> = Vec::new();
    for id in 0..explorer.rows.len() as RowId {
        let (row, parent) = (explorer.rows.row(id), explorer.rows.parent(id));
        let whole = whole(&store.system, &store.state(row));
        let before = match parent {
            ROOT => ClaimSet::EMPTY,
            parent => wholes[parent as usize],
        };
        let delta = judging.row(store, row, explorer.rows.delta(id));
        let path = || explorer.counterexample(Goal::row(id));
        assert_eq!(
            delta - whole,
            ClaimSet::EMPTY,
            "an alarm for nothing after {:?}",
            path()
        );
        assert_eq!(
            whole - before - delta,
            ClaimSet::EMPTY,
            "no alarm after {:?}",
            path()
        );
        let everything = judging.row(store, row, Delta::ALL);
        assert_eq!(everything, whole, "another judgement after {:?}", path());
        wholes.push(whole);
    }
    wholes.into_iter().collect()
}

/// Compares the judgements of steps.
fn steps<A: Participant, G: GhostState>(explorer: &mut Explorer<'_, A, G>) -> ClaimSet {
    let (store, worker) = (&explorer.store, &mut explorer.workers[0]);
    worker.open = ClaimSet::ALL;
    let mut broken = ClaimSet::EMPTY;
    let decided = explorer.found.iter().flatten().map(|goal| goal.row);
    let some = (0..explorer.expanded as RowId).step_by(STRIDE);
    for id in some.chain(decided.filter(|row| *row != ROOT)) {
        let row = explorer.rows.row(id);
        let (mut successors, mut expanded) = (Successors::default(), Expanded::default());
        successors.clear(store.layout.width());
        assert!(worker.expand(store, id, row, (&mut successors, &mut expanded)));
        let found = expanded.findings.iter().chain(&expanded.later);
        let found: ClaimSet = found.map(|(claim, _)| ClaimSet::of(*claim)).collect();
        let (state, mut actions) = (store.state(row), Vec::new());
        store.system.actions(&state, &mut actions);
        let decided = actions.into_iter().filter_map(|action| {
            let next = store.system.next_state(&state, action.clone())?;
            Some(store.system.decided_by(&state, &action, &next))
        });
        let whole: ClaimSet = decided.collect();
        assert_eq!(found, whole, "another judgement of steps of {state:?}");
        broken |= whole;
    }
    broken
}

/// The configurations without a good period.
fn entries() -> impl Iterator<Item = Entry> {
    Entry::of(Profile::Usual).filter(|entry| entry.facts.claims.iter().all(|it| !it.in_period))
}

#[test]
fn without_mutants_no_claim_is_found_to_fail() {
    for entry in entries() {
        let raised = entry.visit(Compare {
            mutant: None,
            reductions: true,
        });
        for claim in &entry.facts.claims {
            let seen = raised.contains(claim.name);
            assert!(
                claim.kind == Kind::Witness || !seen,
                "{}: {}",
                entry.path(),
                claim.name
            );
        }
        assert!(!raised.is_empty(), "{}", entry.path());
    }
}

/// The claims that are found to fail with a mutant in a configuration.
fn raised(entry: Entry, mutant: MutantEntry) -> BTreeSet<&'static str> {
    let compared = |reductions| {
        entry.visit(Compare {
            mutant: Some(mutant),
            reductions,
        })
    };
    let mut raised = compared(true);
    // What is claimed of dead messages is judged where none is dropped.
    let is_unreduced = entry.facts.second_opinion == SecondOpinion::Unreduced;
    if is_unreduced && mutant.home().path() == entry.path() {
        raised.append(&mut compared(false));
    }
    raised
}

#[test]
fn with_mutants_every_claim_is_found_to_fail() {
    let searches = entries().flat_map(|entry| entry.mutants().map(move |mutant| (entry, mutant)));
    let (left, found) = (Mutex::new(searches), Mutex::new(BTreeSet::new()));
    // Each search has one thread.
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = left.lock().expect("no panic").next();
                    let Some((entry, mutant)) = next else {
                        break;
                    };
                    let mut raised = raised(entry, mutant);
                    found.lock().expect("no panic").append(&mut raised);
                }
            });
        }
    });
    let found = found.into_inner().expect("no panic");
    let claims = entries().flat_map(|entry| &entry.facts.claims);
    let claims = claims.filter(|claim| claim.kind != Kind::Witness);
    let unraised: BTreeSet<&str> = claims
        .map(|claim| claim.name)
        .filter(|name| !found.contains(name))
        .collect();
    assert_eq!(unraised, BTreeSet::new());
}
