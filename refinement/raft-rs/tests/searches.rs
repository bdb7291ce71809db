//! The small configurations, searched to the end or to what is known to be violated: the numbers are pinned.

use quorate_models::protocol::{Configuration, Protocol};
use quorate_models::system::claim;
use quorate_models::system::{StateOf, System, Timeouts};
use quorate_raft_rs::checked::{Past, RaftCrate, Server, found, is_large};
use quorate_raft_rs::node::Kind;
use quorate_raft_rs::search::{Outcome, Verdict, make_genuine, search};
use quorate_refinement::engine::Options;
use quorate_refinement::evidence::mutants::verdict;
use stateright::Model;
use std::collections::HashSet;
use std::sync::Arc;

/// Of each configuration: states, depth, inputs to snapshots, pairs of the audit.
const PINNED: &[(&str, [usize; 4])] = &[
    ("elections", [11_065, 23, 3_228, 33_375]),
    ("command", [1_721_527, 33, 18_294, 397_161]),
    ("crash", [56_744, 24, 6_603, 108_009]),
    ("synced", [91_987, 37, 2_289, 31_749]),
    ("quorum", [13_802, 19, 289, 1_833]),
    ("asked-once", [1_369_309, 27, 1_119, 20_575]),
    ("asked-again", [311_729, 14, 1_208, 20_399]),
    ("duplicated", [697_391, 13, 1_291, 24_517]),
    ("lease", [4_673_340, 15, 1_141, 17_045]),
];

fn options(threads: usize) -> Options {
    Options {
        threads,
        stops_at_violation: true,
        ..Options::default()
    }
}

fn searched(configuration: &Configuration<RaftCrate>, threads: usize) -> Outcome {
    search(&|| configuration.system(None), &options(threads))
}

fn numbers(outcome: &Outcome) -> [usize; 4] {
    let Outcome {
        report,
        checked,
        audit,
        ..
    } = outcome;
    [report.states, report.depth, checked.deeds, audit.pairs]
}

#[test]
fn the_small_configurations_are_as_recorded() {
    let small = RaftCrate::configurations();
    let small: Vec<_> = small.iter().filter(|it| !is_large(it)).collect();
    let outcomes: Vec<_> = small.iter().map(|it| (it.name, searched(it, 2))).collect();
    for (name, outcome) in &outcomes {
        let expected = match found(name) {
            None => Verdict::Holds,
            Some(found) => Verdict::Violated {
                claim: found.claim,
                steps: found.steps,
            },
        };
        assert_eq!(outcome.verdict(), expected, "{name}");
        assert_eq!(outcome.report.cut, 0, "{name}");
        assert!(0 < outcome.checked.probes, "{name}");
    }
    let found: Vec<_> = outcomes
        .iter()
        .map(|(name, it)| (*name, numbers(it)))
        .collect();
    assert_eq!(found, PINNED);
}

#[test]
fn the_page_has_the_same_numbers() {
    let page = include_str!("../README.md");
    for (name, [states, depth, ..]) in PINNED {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row
            .unwrap_or_else(|| panic!("there is no row of {name}"))
            .replace(',', "");
        let found = match found(name) {
            None => "all hold".to_owned(),
            Some(it) => format!("{} violated in {} steps", it.claim, it.steps),
        };
        let expected = format!("| `{name}` | {states} | {depth} | {found} |");
        assert_eq!(row, expected);
    }
}

#[test]
fn threads_have_no_influence() {
    for name in ["elections", "crash"] {
        let configuration = RaftCrate::configuration(name);
        let one = numbers(&searched(&configuration, 1));
        assert_eq!(one, numbers(&searched(&configuration, 2)), "{name}");
    }
}

#[test]
fn a_search_that_ends_early_is_inconclusive() {
    let configuration = RaftCrate::configuration("command");
    let mut options = options(1);
    options.limits.states = Some(1000);
    let outcome = search(&|| configuration.system(None), &options);
    assert!(matches!(outcome.verdict(), Verdict::Inconclusive(_)));
}

#[test]
fn mistakes_in_the_application_are_found() {
    for mutant in RaftCrate::MUTANTS {
        let facts = mutant.facts;
        let home = RaftCrate::configuration(facts.configuration);
        let mutated = Arc::new(home.system(Some(mutant)));
        let found = verdict(
            &home.system(None),
            &mutated,
            facts.property,
            options(2).limits,
        );
        assert_eq!(found.shortest(), Some(facts.shortest), "{}", facts.name);
        let outcome = search(&|| home.system(Some(mutant)), &options(2));
        assert!(
            matches!(outcome.verdict(), Verdict::Violated { .. }),
            "{}",
            facts.name
        );
    }
}

/// A claim that neither a mistake nor the crate violates checks nothing.
#[test]
fn every_claim_can_fail() {
    let violated = RaftCrate::MUTANTS
        .iter()
        .map(|mutant| mutant.facts.property);
    let configurations = RaftCrate::configurations().into_iter();
    let found = configurations.filter_map(|it| Some(found(it.name)?.claim));
    let violated: Vec<&str> = violated.chain(found).collect();
    for claim in RaftCrate::CLAIMS {
        let is_witness = claim.kind() == claim::Kind::Witness;
        assert!(
            is_witness || violated.contains(&claim.name),
            "{}",
            claim.name
        );
    }
}

/// One election, so small that genuine nodes, whose pasts are never merged, can be searched too.
fn one_election(is_genuine: bool) -> System<Server, Past> {
    let mut system = RaftCrate::configuration("elections").system(None);
    let [elections] = &mut system.environment.timeouts[..] else {
        panic!("one pool of elections");
    };
    *elections = Timeouts {
        times: Some(1),
        ..elections.clone()
    };
    system.is_dead = None;
    if is_genuine {
        make_genuine(&mut system);
    }
    system
}

/// Every state of a system without the pasts of its nodes, and the number of states with them.
fn reached(system: &System<Server, Past>) -> (HashSet<StateOf<Server, Past>>, usize) {
    let mut all: HashSet<StateOf<Server, Past>> = system.init_states().into_iter().collect();
    let mut frontier: Vec<_> = all.iter().cloned().collect();
    while let Some(state) = frontier.pop() {
        let mut actions = Vec::new();
        system.actions(&state, &mut actions);
        let next = actions
            .into_iter()
            .filter_map(|action| system.next_state(&state, action));
        for next in next {
            if all.insert(next.clone()) {
                frontier.push(next);
            }
        }
    }
    let without_past = |state: &StateOf<Server, Past>| {
        let mut state = state.clone();
        for local in &mut state.locals {
            let mut known = local.as_ref().clone();
            let up = known.state.as_mut().map(Arc::make_mut);
            up.into_iter().for_each(|it| it.way = None);
            *local = Arc::new(known);
        }
        state
    };
    (all.iter().map(without_past).collect(), all.len())
}

#[test]
fn genuine_nodes_reach_what_rebuilt_ones_do() {
    let (rebuilt, states) = reached(&one_election(false));
    let (genuine, pasts) = reached(&one_election(true));
    assert!(
        states < pasts,
        "{states} of {pasts} pasts: something is merged"
    );
    assert_eq!(rebuilt.len(), states);
    assert!(rebuilt == genuine);
    let system = one_election(true);
    assert!(
        system
            .actors
            .iter()
            .all(|it| matches!(it.kind, Kind::Genuine))
    );
}
