//! Stateright 0.31 hashes a set without its length: its checkers take the timer sets `[{}, {A, B}]`
//! and `[{A}, {B}]` of two actors for one. The states of a system hash soundly.

#[path = "common/graph.rs"]
mod graph;

use graph::{difference, graph};
use quorate_models::system::claim::{Check, Claim, Condition};
use quorate_models::system::{System, converted_state};
use stateright::actor::{Actor, ActorModel, Id, Out, model_timeout};
use stateright::{Checker, Expectation, Model};

/// Two timers, armed at the start. Each fires once; nothing else happens.
#[derive(Clone)]
struct Alarmed;

impl Actor for Alarmed {
    type Msg = ();
    type State = ();
    type Timer = char;
    type Random = ();
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) {
        out.set_timer('A', model_timeout());
        out.set_timer('B', model_timeout());
    }
}

/// Two actors, four timers: each is armed or not, so there are 16 states.
const STATES: usize = 16;

fn model() -> ActorModel<Alarmed> {
    ActorModel::new((), ())
        .actors([Alarmed, Alarmed])
        // Without a property, Stateright's checkers have nothing to look for.
        .property(Expectation::Always, "true", |_, _| true)
}

#[test]
fn by_equality_there_is_a_state_for_each_set_of_armed_timers() {
    let theirs = graph(&model(), usize::MAX, converted_state::<Alarmed, ()>);
    assert_eq!(theirs.states.len(), STATES);
    // In half of the states, each of the four timers is armed and leads to another state.
    assert_eq!(theirs.steps, STATES / 2 * 4);
    let ours = graph(&System::stateright(model()), usize::MAX, Clone::clone);
    assert_eq!(difference(&ours, &theirs), None);
}

#[test]
fn stateright_s_checker_loses_states_of_its_own_model() {
    let checker = model().checker().spawn_bfs().join();
    assert!(checker.unique_state_count() < STATES);
}

#[test]
fn stateright_s_checker_finds_every_state_of_the_same_model_as_a_system() {
    let mut system = System::stateright(model());
    system.claims.push(Claim {
        name: "true",
        source: "ours",
        witness: None,
        check: Check::Invariant(Condition::Ghost(|()| true)),
    });
    let checker = system.checker().spawn_bfs().join();
    assert_eq!(checker.unique_state_count(), STATES);
}
