//! Steps that a ghost is not told of.

use crate::found;
use crate::naive::{Kind, Naive, WorldOf};
use crate::plan::system;
use crate::table::{Emits, Reaction, Table, WIDTH};
use quorate_models::system::{Environment, Hook, Period, Stable};

/// A table that does one thing, as it starts.
fn starting(becomes: Option<u8>, emits: Vec<Emits>) -> Table {
    let nothing = Reaction {
        becomes: None,
        emits: Vec::new(),
    };
    let by_state = vec![vec![nothing; WIDTH]; WIDTH];
    Table {
        on_start: vec![Reaction { becomes, emits }; 1 + WIDTH],
        on_msg: by_state.clone(),
        on_timeout: by_state.clone(),
        on_random: by_state,
    }
}

/// Every state of a system, each with how often the ghost was told something.
fn told(
    tables: &[Table],
    kind: Kind,
    environment: Environment<Table>,
) -> Vec<(WorldOf<Table>, u8)> {
    let mut system = system(tables, kind, environment, 0_u8);
    system.ghost.hook = Hook::Messages {
        incoming: Box::new(|told, _| Some(told + 1)),
        outgoing: Box::new(|told, _| Some(told + 1)),
    };
    let view = |state: &_| (Naive::<Table>::world(state), state.ghost);
    found(system, usize::MAX, view).states.into_keys().collect()
}

#[test]
fn no_ghost_is_told_of_what_a_crash_closes() {
    let tables = [starting(Some(1), Vec::new()), starting(None, Vec::new())];
    let crashes = Environment {
        crashes: 1,
        ..Environment::default()
    };
    let mut states = told(&tables, Kind::Sessions, crashes);
    states.retain(|(world, _)| world.wire.len() == 2);
    let told: Vec<u8> = states.iter().map(|(_, told)| *told).collect();
    assert_eq!(told, [0], "both closes are in flight in one state");
}

#[test]
fn no_ghost_is_told_of_what_is_discarded() {
    let tables = [
        starting(None, vec![Emits::Send(1, 0)]),
        starting(None, Vec::new()),
    ];
    let good = Environment {
        period: Some(Period {
            begins: vec![Stable::of([0, 1])],
            any_age: false,
            delay: None,
            last: None,
            clocks: Vec::new(),
            requests: false,
            renames: false,
            without: &[],
        }),
        ..Environment::default()
    };
    let mut states = told(&tables, Kind::Once, good);
    let of_start = states.iter().find(|(world, _)| world.good.is_empty());
    let (_, at_start) = of_start.cloned().expect("a start");
    states.retain(|(world, _)| world.wire.is_empty());
    let told: Vec<u8> = states.iter().map(|(_, told)| *told).collect();
    assert_eq!(told, [at_start], "it is discarded in one state");
}
