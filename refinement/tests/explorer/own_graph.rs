//! The explorer finds the graph that the system itself gives as a Stateright model, with what the
//! references lack: ghosts of every kind, dead messages, seeds.

use crate::graph::difference;
use crate::ignore_1;
use crate::parts::any_plan_with_parts;
use crate::plan::{self, KINDS};
use crate::same_graph::{Exact, found, same_graph};
use crate::stateright_reference;
use crate::table::Table;
use proptest::collection::vec;
use proptest::prelude::*;
use quorate_models::script;
use quorate_models::system::{
    Channels, Envelope, Environment, Ghost, Hook, LocalOf, System, Timeouts,
};
use stateright::Model;
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A limit for graphs that may be of any size.
const ENOUGH: usize = 500;

/// The parts of a random system beside its actors and its environment.
#[derive(Clone, Debug)]
struct Extras {
    ghost: usize,
    /// Whether 1 is dead, and nobody hears it.
    dead: bool,
    /// The choices of a walk from the initial state.
    seed: Vec<usize>,
}

fn any_extras() -> impl Strategy<Value = Extras> {
    (0_usize..4, any::<bool>(), vec(any::<usize>(), 0..3)).prop_map(|(ghost, dead, seed)| Extras {
        ghost,
        dead,
        seed,
    })
}

fn is_dead(_: &Table, _: &LocalOf<Table>, envelope: &Envelope<u8>) -> bool {
    envelope.msg == 1
}

/// A ghost of what leaves for clients; it depends on what was before.
fn to_client(seen: &u8, message: Envelope<&u8>) -> Option<u8> {
    let next = (2 * seen + message.msg + usize::from(message.src) as u8) % 5;
    (next != *seen).then_some(next)
}

impl Extras {
    /// All of these depend on what was before, so that their order shows.
    fn hook(&self) -> Hook<Table, u8> {
        match self.ghost {
            0 => Hook::Nothing,
            1 => Hook::Observe {
                when: |moved| moved.before.state != moved.after.state,
                extend: |moved, seen| {
                    let state = moved.after.up().copied().unwrap_or(2);
                    (state != *seen).then_some((2 * seen + state + usize::from(moved.id) as u8) % 5)
                },
            },
            2 => Hook::Output(to_client),
            _ => Hook::Messages {
                incoming: Box::new(|seen, message| Some((2 * seen + message.msg) % 3)),
                outgoing: Box::new(|seen, message| {
                    (*message.msg == 0).then(|| (seen + 1 + usize::from(message.dst) as u8) % 3)
                }),
            },
        }
    }

    fn added_to(&self, mut system: System<Table, u8>) -> System<Table, u8> {
        system.ghost = Ghost {
            initial: 0,
            hook: self.hook(),
        };
        if self.dead {
            system.is_dead = Some(is_dead);
            system.actors.iter_mut().for_each(ignore_1);
        }
        let mut verbs = String::new();
        for choice in &self.seed {
            // A seed drops no message as dead, and one that is there may keep others waiting.
            let state = system.start_state();
            let mut steps = Vec::new();
            system.actions(&state, &mut steps);
            steps.retain(|step| system.next_state(&state, step.clone()).is_some());
            if !steps.is_empty() {
                let step = steps.swap_remove(choice % steps.len());
                verbs += &script::render(&[step]);
                system.seed = Some(script::seed(&verbs));
            }
        }
        system
    }
}

/// A generated system, before it is one.
#[derive(Clone, Debug)]
enum Plan {
    Spent(plan::Plan),
    Stateright(stateright_reference::Plan),
}

fn any_plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        plan::any_plan().prop_map(Plan::Spent),
        any_plan_with_parts().prop_map(Plan::Spent),
        stateright_reference::any_plan().prop_map(Plan::Stateright),
    ]
}

impl Plan {
    fn system(&self) -> System<Table, u8> {
        match self {
            Plan::Spent(it) => plan::system(&it.actors, KINDS[it.kind], it.environment(), 0),
            Plan::Stateright(plan) => System::stateright(plan.model()),
        }
    }
}

#[test]
fn random_systems_with_histories_dead_messages_and_seeds() {
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let sizes = RefCell::new(Vec::new());
    proptest!(config, |(plan in any_plan(), extras in any_extras())| {
        let states = same_graph(extras.added_to(plan.system()), ENOUGH);
        sizes.borrow_mut().push(states.map_err(TestCaseError::fail)?);
    });
    let mut sizes = sizes.into_inner();
    sizes.sort_unstable();
    assert!(
        20 < sizes[sizes.len() / 2],
        "random systems do little: {sizes:?}"
    );
}

#[test]
fn what_leaves_for_clients_is_a_part_of_what_is_recorded() {
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let counts = RefCell::new(Vec::new());
    proptest!(config, |(plan in any_plan(), extras in any_extras())| {
        let actors = plan.system().actors.len();
        let hooks = [
            Hook::Output(to_client),
            Hook::Messages {
                incoming: Box::new(|_, _| None),
                outgoing: Box::new(move |seen, message| {
                    let leaves = actors <= usize::from(message.dst);
                    leaves.then(|| to_client(seen, message)).flatten()
                }),
            },
        ];
        let [ours, theirs] = hooks.map(|hook| {
            let mut system = extras.added_to(plan.system());
            system.ghost.hook = hook;
            found(system, ENOUGH, |state| Exact(state.clone()))
        });
        prop_assert_eq!(difference(&ours, &theirs), None);
        let ghosts: BTreeSet<u8> = ours.states.keys().map(|Exact(state)| state.ghost).collect();
        counts.borrow_mut().push(ghosts.len());
    });
    let counts = counts.into_inner();
    let grown = counts.iter().filter(|ghosts| 1 < **ghosts);
    assert!(50 < grown.count(), "{counts:?}");
}

/// An actor with many timers, whose state is the last that fired.
struct Many;

impl Many {
    const TIMERS: u16 = 260;
}

impl Actor for Many {
    type Msg = ();
    type Timer = u16;
    type State = u16;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> u16 {
        (0..Self::TIMERS).for_each(|timer| out.set_timer(timer, model_timeout()));
        Self::TIMERS
    }

    fn on_timeout(&self, _: Id, state: &mut Cow<'_, u16>, timer: &u16, out: &mut Out<Self>) {
        *state.to_mut() = *timer;
        out.set_timer(*timer, model_timeout());
    }
}

#[test]
fn more_kinds_of_timeouts_than_a_byte_counts() {
    let pools = (0..Many::TIMERS).map(|timer| Timeouts::unlimited(timer, [0]));
    let budgets = Environment {
        timeouts: pools.collect(),
        ..Environment::default()
    };
    let environment = budgets;
    let system = System::new(vec![Many], Channels::once(), environment, ());
    let states = same_graph(system, usize::MAX).unwrap_or_else(|difference| panic!("{difference}"));
    assert_eq!(states, usize::from(Many::TIMERS) + 1);
}
