//! A panic, wherever it is, ends the search with what it said and with the path that leads there.

use crate::toy::{Handlers, Toy};
use quorate_models::system::claim::{Check, Claim, Condition};
use quorate_models::system::{
    Channels, Envelope, Environment, Hook, LocalOf, Restart, System, Timeouts,
};
use quorate_refinement::engine::stateright::check;
use quorate_refinement::engine::{
    Counterexample, ModelError, Options, Progress, Report, StopReason, Verdict, explore,
};
use stateright::Model;
use stateright::actor::{Id, Out, model_timeout};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Where something panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Nowhere,
    Start,
    Restart,
    Message,
    Timeout,
    Random,
    /// It does not panic there: it tells itself the same thing for ever.
    Endless,
}

/// An actor that counts what happens to it, and panics at a certain point.
struct Fragile(At);

impl Fragile {
    fn reach(&self, at: At) {
        assert!(self.0 != at, "broken at {at:?}");
    }
}

impl Handlers for Fragile {
    fn on_start(&self, _: Id, storage: &Option<u8>, out: &mut Out<Toy>) -> u8 {
        self.reach(if storage.is_some() {
            At::Restart
        } else {
            At::Start
        });
        out.set_timer((), model_timeout());
        storage.unwrap_or(0)
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, u8>, _: Id, message: u8, out: &mut Out<Toy>) {
        self.reach(At::Message);
        if self.0 == At::Endless {
            return out.send(id, message);
        }
        *state.to_mut() += message;
        out.choose_random("next", vec![1, 2]);
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, u8>, out: &mut Out<Toy>) {
        *state.to_mut() += 1;
        if **state == 2 {
            self.reach(At::Timeout);
        }
        out.save(**state);
        out.set_timer((), model_timeout());
        out.send(Id::from(1 - usize::from(id)), **state);
    }

    fn on_random(&self, _: Id, state: &mut Cow<'_, u8>, random: u8, _: &mut Out<Toy>) {
        self.reach(At::Random);
        *state.to_mut() += random;
    }
}

/// Two of them, three timeouts and a crash. Its ghost counts what changes a state.
fn fragile(at: At) -> System<Toy, u8> {
    let budgets = Environment {
        timeouts: vec![Timeouts::shared((), [0, 1], 3)],
        crashes: 1,
        restart: Restart::Later,
        ..Environment::default()
    };
    let actors = vec![Toy::new(Fragile(at)); 2];
    let mut system = System::new(actors, Channels::once(), budgets, 0);
    system.ghost.hook = Hook::Observe {
        when: |moved| moved.before.state != moved.after.state,
        extend: |_, seen| (*seen < 3).then_some(seen + 1),
    };
    system
}

fn broken() -> bool {
    panic!("broken");
}

fn is_at(local: &LocalOf<Toy>, number: u8) -> bool {
    local.up() == Some(&number)
}

fn with(mut system: System<Toy, u8>, check: Check<Toy, u8>) -> System<Toy, u8> {
    system.claims = vec![Claim {
        name: "Whole",
        source: "ours",
        witness: None,
        check,
    }];
    system
}

fn bounded(within_boundary: Condition<Toy, u8>) -> System<Toy, u8> {
    let mut system = fragile(At::Nowhere);
    system.environment = Environment::stateright(true, 1);
    system.boundary = Some(within_boundary);
    system
}

/// Conditions that panic in some states but the first.
fn conditions() -> Vec<Condition<Toy, u8>> {
    vec![
        Condition::Ghost(|seen| *seen < 2 || broken()),
        Condition::Each(|seat, _| !is_at(seat.local, 2) || broken()),
        Condition::Pair(|one, other| !is_at(one.local, 1) || is_at(other.local, 0) || broken()),
        Condition::PairGhost(|_, _, seen| *seen < 2 || broken()),
        Condition::Flight(|flight| *flight.msg != 2 || broken()),
        Condition::FlightGhost(|_, seen| *seen < 2 || broken()),
        Condition::Quorum(|seat, seen| !is_at(seat.local, 1) || *seen < 2 || broken()),
        Condition::Cluster(|locals, _| locals.iter().any(|local| is_at(local, 0)) || broken()),
        Condition::State(Arc::new(|state| {
            state.network.iter().count() < 2 || broken()
        })),
    ]
}

fn broken_handlers() -> Vec<System<Toy, u8>> {
    let places = [At::Restart, At::Message, At::Timeout, At::Random];
    places.map(fragile).into()
}

fn broken_claims() -> Vec<System<Toy, u8>> {
    let sound = || fragile(At::Nowhere);
    let invariants = conditions().into_iter().map(Check::Invariant);
    let steps = [
        Check::Move(|moved| !moved.after.crashed || broken()),
        Check::Step {
            when: |moved| moved.after.crashed && broken(),
            holds: |_| true,
        },
        Check::Step {
            when: |moved| moved.after.crashed,
            holds: |step| *step.ghost_before == 0 || broken(),
        },
    ];
    let checks = invariants.chain(steps);
    checks.map(|check| with(sound(), check)).collect()
}

fn broken_surroundings() -> Vec<System<Toy, u8>> {
    let mut dead_at_receiver = fragile(At::Nowhere);
    dead_at_receiver.is_dead = Some(|_, local, _| is_at(local, 2) && broken());
    let mut dead_when_sent = fragile(At::Nowhere);
    dead_when_sent.is_dead = Some(|_, _, envelope| envelope.msg == 2 && broken());
    let hooks = [
        Hook::Observe {
            when: |moved| moved.after.crashed && broken(),
            extend: |_, _| None,
        },
        Hook::Observe {
            when: |_| true,
            extend: |moved, seen| (!moved.after.crashed || broken()).then_some(seen | 1),
        },
        Hook::Messages {
            incoming: Box::new(|_, message| (*message.msg == 1 && broken()).then_some(1)),
            outgoing: Box::new(|_, _| None),
        },
        Hook::Messages {
            incoming: Box::new(|_, _| None),
            outgoing: Box::new(|_, message| (*message.msg == 2 && broken()).then_some(1)),
        },
    ];
    let hooked = hooks.map(|hook| {
        let mut system = fragile(At::Nowhere);
        system.ghost.hook = hook;
        system
    });
    let bounded = conditions().into_iter().map(bounded);
    let dead = [dead_at_receiver, dead_when_sent];
    dead.into_iter().chain(hooked).chain(bounded).collect()
}

/// Those that panic before there is any state.
fn broken_starts() -> Vec<System<Toy, u8>> {
    let mut dead = fragile(At::Nowhere);
    let (src, dst, msg) = (Id::from(0), Id::from(1), 0);
    dead.network
        .send(&dead.channels, Envelope { src, dst, msg });
    dead.is_dead = Some(|_, _, _| broken());
    let at_the_start = Condition::Each(|seat, _| !is_at(seat.local, 0) || broken());
    let judged = with(fragile(At::Nowhere), Check::Invariant(at_the_start.clone()));
    vec![fragile(At::Start), dead, bounded(at_the_start), judged]
}

fn searched(system: &Arc<System<Toy, u8>>, threads: usize) -> Report {
    let options = Options {
        threads,
        ..Options::default()
    };
    explore(system, &options, &Progress::default())
}

/// Takes a path as far as nothing panics: the steps that were taken, and whether something panicked
/// then.
fn taken(system: &System<Toy, u8>, path: &Counterexample) -> (usize, bool) {
    let mut taken = 0;
    let walk = catch_unwind(AssertUnwindSafe(|| {
        let mut state = system.init_states().remove(0);
        let look = |state: &_| {
            _ = system.within_boundary(state);
            let claims = system.claims.iter();
            claims.for_each(|claim| _ = claim.is_decided_in(state, &system.quorum));
        };
        look(&state);
        for index in path.address.split('/').skip(1) {
            let mut actions = Vec::new();
            system.actions(&state, &mut actions);
            let action = actions.swap_remove(index.parse().expect("an index"));
            taken += 1;
            let next = system.next_state(&state, action.clone());
            let next = next.expect("a step");
            _ = system.decided_by(&state, &action, &next);
            state = next;
            look(&state);
        }
    }));
    (taken, walk.is_err())
}

/// The path to the panic that ended each checker's search.
fn panicked(number: usize, system: System<Toy, u8>) -> Counterexample {
    let system = Arc::new(system);
    let [report, same] = [1, 2].map(|threads| searched(&system, threads));
    assert_eq!(report.error, same.error, "{number}");
    let second = check(&system, &Options::default(), &Arc::default());
    let [path, other] = [report, second].map(|report| path_to_panic(number, &system, report));
    assert_eq!(path.steps.len(), other.steps.len(), "{number}");
    path
}

fn path_to_panic(number: usize, system: &System<Toy, u8>, report: Report) -> Counterexample {
    assert_eq!(
        (report.stopped, report.verdict()),
        (Some(StopReason::ModelError), Verdict::Inconclusive)
    );
    let Some(ModelError::Panic { message, path }) = report.error else {
        panic!("{number}: {:?}", report.error);
    };
    assert!(message.starts_with("broken"), "{number}: {message}");
    assert!(message.contains("errors.rs:"), "{number}: {message}");
    assert_eq!(
        taken(system, &path),
        (path.steps.len(), true),
        "{number}: {path:?}"
    );
    path
}

#[test]
fn a_panic_of_a_handler() {
    let paths = broken_handlers().into_iter().enumerate();
    let lengths = paths.map(|(number, system)| panicked(number, system).steps.len());
    assert_eq!(lengths.collect::<Vec<_>>(), [3, 2, 2, 3]);
}

#[test]
fn a_step_that_goes_on_for_ever() {
    let system = Arc::new(fragile(At::Endless));
    let [report, same] = [1, 2].map(|threads| searched(&system, threads));
    assert_eq!(
        (report.stopped, &report.error),
        (Some(StopReason::ModelError), &same.error)
    );
    let second = check(&system, &Options::default(), &Arc::default());
    for report in [report, second] {
        let Some(ModelError::Panic { message, path }) = report.error else {
            panic!("{:?}", report.error);
        };
        assert!(message.contains("tells itself"), "{message}");
        assert_eq!(path.steps, ["0: () timeout", "0 → 1 → 1"]);
    }
}

/// Were it a step that changes nothing, it would be one out of the boundary: the message would be
/// gone.
#[test]
fn a_panic_of_a_handler_is_inside_any_boundary() {
    let mut system = bounded(Condition::State(Arc::new(|state| {
        let mut locals = state.locals.iter();
        state.network.iter().next().is_some() || locals.all(|local| is_at(local, 0))
    })));
    system.actors = vec![Toy::new(Fragile(At::Message)); 2];
    assert_eq!(panicked(0, system).steps.len(), 2);
}

#[test]
fn a_panic_of_a_claim() {
    for (number, system) in broken_claims().into_iter().enumerate() {
        assert!(!panicked(number, system).steps.is_empty());
    }
}

#[test]
fn a_panic_of_a_history_a_reduction_or_a_boundary() {
    for (number, system) in broken_surroundings().into_iter().enumerate() {
        assert!(!panicked(number, system).steps.is_empty());
    }
}

#[test]
fn a_panic_at_the_start() {
    for (number, system) in broken_starts().into_iter().enumerate() {
        assert!(panicked(number, system).steps.is_empty());
    }
}

#[test]
fn a_search_after_a_panic_is_like_any_other() {
    let sound = Arc::new(fragile(At::Nowhere));
    let before = searched(&sound, 2);
    searched(&Arc::new(fragile(At::Message)), 2);
    let after = searched(&sound, 2);
    assert_eq!((before.stopped, after.stopped), (None, None));
    assert_eq!((before.states, before.growth), (after.states, after.growth));
}
