//! Renaming terms, epochs, rounds and rings changes no step and no goal: a state and its renamed state lead
//! to the same states, up to names.

use quorate_models::protocol::{Configuration, Protocol};
use quorate_models::raft::Raft;
use quorate_models::system::claim::Check;
use quorate_models::system::{Environment, LocalOf, StateOf, System, Writes};
use quorate_models::totem::Totem;
use quorate_models::zab::Zab;
use stateright::Model;
use stateright::actor::Actor;
use std::collections::{HashSet, VecDeque};

/// A protocol whose states are told apart by equality.
trait Exact: Protocol<Actor: Actor<State: Eq, Storage: Eq>, Ghost: Eq> {}

impl<P: Protocol<Actor: Actor<State: Eq, Storage: Eq>, Ghost: Eq>> Exact for P {}

type State<P> = StateOf<<P as Protocol>::Actor, <P as Protocol>::Ghost>;
type SystemOf<P> = System<<P as Protocol>::Actor, <P as Protocol>::Ghost>;

/// A state with canonical names.
fn named<P: Exact>(state: &State<P>) -> State<P> {
    let rename = P::RENAME.expect("it renames");
    let mut named = state.clone();
    rename(&mut named);
    named
}

/// The states that one step leads to, by their names.
fn next_names<P: Exact>(system: &SystemOf<P>, state: &State<P>) -> HashSet<State<P>> {
    let next = system.next_states(state);
    next.iter().map(named::<P>).collect()
}

/// Which goals of all claims are reached.
fn goals<P: Exact>(system: &SystemOf<P>, state: &State<P>) -> Vec<bool> {
    let locals: Vec<&LocalOf<P::Actor>> = state.locals.iter().map(|it| &**it).collect();
    let goals = system.claims.iter().flat_map(|claim| match &claim.check {
        Check::InPeriod(claim) => claim.goals(),
        _ => Vec::new(),
    });
    goals.map(|goal| goal(&locals, &state.ghost)).collect()
}

/// Enough states that have another name.
const RENAMED: usize = 4_000;

/// Holds it of states of the good period, those that have the same name among them: breadth first, each name
/// once.
fn changes_nothing<P: Exact>(configuration: &Configuration<P>) {
    let mut system = configuration.system(None);
    system.rename = None;
    let (mut names, mut renamed) = (HashSet::new(), HashSet::new());
    let mut queue: VecDeque<State<P>> = system.init_states().into();
    while let Some(state) = queue.pop_front().filter(|_| renamed.len() < RENAMED) {
        let is_good = state.remaining.is_good();
        let name = if is_good {
            named::<P>(&state)
        } else {
            state.clone()
        };
        if name != state && renamed.insert(state.clone()) {
            assert_eq!(named::<P>(&name), name, "{state:?}");
            assert_eq!(
                goals::<P>(&system, &name),
                goals::<P>(&system, &state),
                "{state:?}"
            );
            let [next, found] = [&name, &state].map(|it| next_names::<P>(&system, it));
            assert_eq!(next, found, "{state:?}");
        }
        if names.insert(name) {
            queue.extend(system.next_states(&state));
        }
    }
    assert!(RENAMED / 2 < renamed.len(), "{}", renamed.len());
}

#[test]
fn a_state_and_its_name_go_on_alike() {
    changes_nothing(&Raft::configuration("live-loss"));
}

#[test]
fn a_state_of_zab_and_its_name_go_on_alike() {
    changes_nothing(&Zab::configuration("live-steady"));
}

#[test]
fn a_state_of_totem_and_its_name_go_on_alike() {
    changes_nothing(&Totem::configuration("livelock"));
}

#[test]
fn what_waits_for_a_write_has_the_names_of_its_state() {
    changes_nothing(&Configuration {
        environment: || Environment {
            writes: Writes::Synced,
            ..(Raft::configuration("live-loss").environment)()
        },
        ..Raft::configuration("live-loss")
    });
}
