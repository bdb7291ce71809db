//! How the hops of Totem's token are counted, where it makes no difference, and where it does.

use quorate_models::protocol::Protocol;
use quorate_models::system::System;
use quorate_models::totem::ghost::Past;
use quorate_models::totem::state::{Phase, Ring, State};
use quorate_models::totem::{Processor, Totem};
use quorate_refinement::engine::{Options, Progress, Verdict, explore, graph};
use std::collections::HashSet;
use std::sync::Arc;

/// A configuration in which hops are counted in a circle of so many.
fn system(configuration: &str, hops: u64) -> System<Processor, Past> {
    let mut system = Totem::configuration(configuration).system(None);
    for processor in &mut system.actors {
        processor.config.hops = Some(hops);
    }
    system
}

/// The state of a processor, but for the number of a hop.
fn without_hops(state: &State) -> State {
    let forget = |ring: &mut Ring| ring.turn.hop = None;
    let mut state = state.clone();
    forget(&mut state.installed.ring);
    match &mut state.phase {
        Phase::Recovery(recovery) => forget(&mut recovery.ring),
        Phase::Operational { held: Some(token) } => token.hop = 0,
        _ => {}
    }
    state
}

/// The states of all processors, and the past.
type Situation = (Vec<Option<State>>, Past);

fn situations(system: System<Processor, Past>) -> HashSet<Situation> {
    let found = graph(&Arc::new(system), &Options::default());
    assert_eq!(found.report.stopped, None);
    let states = found.states.into_iter();
    let situation = states.map(|state| {
        let locals = state.locals.iter();
        let known = locals.map(|local| local.up().map(without_hops));
        (known.collect(), state.ghost)
    });
    situation.collect()
}

#[test]
fn where_no_token_is_sent_again_a_circle_that_divides_no_ring_makes_no_difference() {
    let same = |configuration: &str, circles: [u64; 3]| {
        let [one, other, third] = circles.map(|hops| situations(system(configuration, hops)));
        assert!(100 < one.len(), "{} say little", one.len());
        assert!(one == other && one == third, "{configuration}");
    };
    same("foreign-messages", [1, 3, 5]);
    same("ordering", [1, 4, 7]);
}

fn verdict(system: System<Processor, Past>, claim: &str) -> Verdict {
    let mut system = system;
    system.claims.retain(|made| made.name == claim);
    let report = explore(&Arc::new(system), &Options::default(), &Progress::default());
    report.findings[0].verdict
}

/// A live token has gone round: by as many hops as there are members.
#[test]
fn a_circle_as_large_as_a_ring_stops_the_ring() {
    let settles = |hops| {
        // A ring that stops is formed anew for ever: with canonical numbers that is a cycle.
        let mut system = system("live-resend", hops);
        (system.rename, system.is_dead) = (Totem::RENAME, None);
        let period = system.environment.period.as_mut();
        period.expect("it has one").renames = true;
        verdict(system, "One Ring Settles")
    };
    assert_eq!(settles(3), Verdict::Holds);
    assert_eq!(settles(2), Verdict::Violated);
}

#[test]
fn where_tokens_are_sent_again_hops_must_be_counted() {
    let orders = |hops| verdict(system("token-resend", hops), "EVS 6.2 Order");
    assert_eq!(orders(1), Verdict::Violated);
}

/// A copy that stays in flight is taken for a new token once three others have come. So a configuration in
/// which copies may stay counts hops without end, or claims what holds with such copies, too.
#[test]
fn a_circle_does_not_tell_a_copy_that_is_late() {
    let found = verdict(
        system("token-resend-loss", 4),
        "What Is Discarded Is Not Asked For",
    );
    assert_eq!(found, Verdict::Violated);
}
