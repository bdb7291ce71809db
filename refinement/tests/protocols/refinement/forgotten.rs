//! Rings that the ghost of Totem forgets, because everyone is in later ones: no clause would ask for them.

use quorate_models::protocol::Protocol;
use quorate_models::spec::virtual_synchrony::history::Clause;
use quorate_models::system::{Ghost, Hook, StateOf};
use quorate_models::totem::ghost::{Past, event};
use quorate_models::totem::{Processor, Totem};
use quorate_refinement::engine::{Options, graph};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// All but the past, and the clauses that were violated in it.
type Situation = (StateOf<Processor, Past>, BTreeSet<Clause>);

/// A ghost that forgets no ring.
fn keeping() -> Ghost<Processor, Past> {
    Ghost {
        initial: Past::default(),
        hook: Hook::Output(|past, said| {
            let mut now = past.clone();
            now.history.judge(said.src.into(), event(said.msg)?);
            Some(now)
        }),
    }
}

/// One that forgets a ring in which somebody still is: only the last one is known.
fn forgetting_too_much() -> Ghost<Processor, Past> {
    Ghost {
        initial: Past::default(),
        hook: Hook::Output(|past, said| {
            let mut now = past.clone();
            now.history.judge(said.src.into(), event(said.msg)?);
            let last = now.history.at.values().max().copied();
            now.history.rings.retain(|name, _| last <= Some(*name));
            Some(now)
        }),
    }
}

/// The situations of a configuration with a ghost, and how many states they are.
fn situations(
    configuration: &str,
    mutant: Option<&str>,
    ghost: Ghost<Processor, Past>,
) -> (HashSet<Situation>, usize) {
    let mutant = mutant.map(Totem::mutant);
    let mut system = Totem::configuration(configuration).system(mutant);
    system.claims.clear();
    system.ghost = ghost;
    let found = graph(&Arc::new(system), &Options::default());
    assert_eq!(found.report.stopped, None);
    let count = found.states.len();
    let situation = |mut state: StateOf<Processor, Past>| {
        let past = std::mem::take(&mut state.ghost);
        (state, past.history.violated)
    };
    (found.states.into_iter().map(situation).collect(), count)
}

/// The states with the ghost that forgets, and with one that does not: they are of the same situations.
fn states(configuration: &str, mutant: Option<&str>) -> (usize, usize) {
    let (forgetting, fewer) = situations(configuration, mutant, Totem::ghost());
    let (keeping, more) = situations(configuration, mutant, keeping());
    assert!(forgetting == keeping, "{configuration} {mutant:?}");
    // A mutant violates something, and the protocol nothing.
    let is_violated = forgetting.iter().any(|(_, violated)| !violated.is_empty());
    assert_eq!(is_violated, mutant.is_some(), "{configuration} {mutant:?}");
    (fewer, more)
}

#[test]
fn rings_of_the_past_are_forgotten_without_a_difference() {
    // The last one has three processors.
    for configuration in ["failed-recovery-agreed", "rejoins"] {
        let (fewer, more) = states(configuration, None);
        assert!(fewer < more, "{configuration}: {fewer}, {more}");
    }
}

#[test]
fn violations_are_found_although_rings_are_forgotten() {
    states("failed-recovery-agreed", Some("counts-are-kept"));
    states("token-loss-two", Some("safe-without-a-gap"));
}

#[test]
fn a_ring_in_which_somebody_is_must_not_be_forgotten() {
    for configuration in ["failed-recovery-agreed", "rejoins"] {
        let found = |ghost| situations(configuration, None, ghost).0;
        assert!(found(forgetting_too_much()) != found(Totem::ghost()));
    }
}
