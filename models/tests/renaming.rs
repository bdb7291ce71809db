//! Renaming terms changes no step and no goal: from a state and from the one that it is taken for, the same
//! states are reached, by their names.

use quorate_models::protocol::{Configuration, Protocol};
use quorate_models::raft::Raft;
use quorate_models::raft::ghost::Past;
use quorate_models::raft::server::Server;
use quorate_models::system::claim::Check;
use quorate_models::system::{Environment, LocalOf, StateOf, System, Writes};
use stateright::Model;
use std::collections::{HashSet, VecDeque};

type State = StateOf<Server, Past>;

/// A state with canonical names.
fn named(state: &State) -> State {
    let rename = Raft::RENAME.expect("Raft renames terms");
    let mut named = state.clone();
    rename(&mut named);
    named
}

/// The states that one step leads to, by their names.
fn next_names(system: &System<Server, Past>, state: &State) -> HashSet<State> {
    system.next_states(state).iter().map(named).collect()
}

/// What is so, of the goals of all claims.
fn goals(system: &System<Server, Past>, state: &State) -> Vec<bool> {
    let locals: Vec<&LocalOf<Server>> = state.locals.iter().map(|it| &**it).collect();
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
fn changes_nothing(configuration: &Configuration<Raft>) {
    let mut system = configuration.system(None);
    system.rename = None;
    let (mut names, mut renamed) = (HashSet::new(), HashSet::new());
    let mut queue: VecDeque<State> = system.init_states().into();
    while let Some(state) = queue.pop_front().filter(|_| renamed.len() < RENAMED) {
        let is_good = state.remaining.is_good();
        let name = if is_good {
            named(&state)
        } else {
            state.clone()
        };
        if name != state && renamed.insert(state.clone()) {
            assert_eq!(named(&name), name, "{state:?}");
            assert_eq!(goals(&system, &name), goals(&system, &state), "{state:?}");
            let [next, found] = [&name, &state].map(|it| next_names(&system, it));
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
fn what_waits_for_a_write_has_the_names_of_its_state() {
    changes_nothing(&Configuration {
        environment: || Environment {
            writes: Writes::Synced,
            ..(Raft::configuration("live-loss").environment)()
        },
        ..Raft::configuration("live-loss")
    });
}
