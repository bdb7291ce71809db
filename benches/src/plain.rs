//! The same actors in two checkers: in Stateright's, as its own plain `ActorModel`, and in the
//! explorer, as the [`System`] that is made of it. The same claims are made of both, by the same
//! functions.

pub mod paxos;
pub mod raft;

use clap::ValueEnum;
use quorate_models::system::claim::{Check, Claim, Condition};
use quorate_models::system::{GhostState, Participant, System};
use quorate_refinement::engine::{Options, Progress, Verdict, explore};
use stateright::actor::{ActorModel, ActorModelState};
use stateright::{Checker, Expectation, Model, Property};
use std::sync::Arc;

/// A model that both checkers search.
pub trait Rival {
    /// Its actors.
    type Actor: Participant;
    /// The history that it keeps.
    type Ghost: GhostState;

    /// Its name.
    const NAME: &'static str;
    /// Its unique states.
    const STATES: usize;
    /// Its transitions.
    const TRANSITIONS: usize;

    /// The model, without claims.
    fn model() -> ActorModel<Self::Actor, (), Self::Ghost>;

    /// The system that is made of it, with a boundary that says what it reads.
    fn system() -> System<Self::Actor, Self::Ghost>;

    /// The claims about both.
    fn claims() -> Vec<SharedClaim<Self::Actor, Self::Ghost>>;
}

/// The checker that searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Contender {
    /// The explorer, over the system.
    Quorate,
    /// Stateright's breadth-first checker, over the model.
    Bfs,
    /// Stateright's depth-first checker, over the model.
    Dfs,
}

impl Contender {
    /// Everyone.
    pub const ALL: [Contender; 3] = [Contender::Quorate, Contender::Bfs, Contender::Dfs];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Contender::Quorate => "quorate",
            Contender::Bfs => "bfs",
            Contender::Dfs => "dfs",
        }
    }
}

/// Searches to the end, judging all claims. Gives unique states and transitions.
///
/// # Panics
///
/// If the search is not complete, or a claim does not hold.
pub fn search<R: Rival>(contender: Contender, threads: usize) -> (usize, usize) {
    match contender {
        Contender::Quorate => {
            let options = Options {
                threads,
                // Stateright's checkers do not tell this.
                counts_without_history: false,
                ..Options::default()
            };
            let report = explore(&Arc::new(system::<R>()), &options, &Progress::default());
            let all = |verdict| report.findings.iter().all(|it| it.verdict == verdict);
            assert!(report.unexpanded == Some(0) && report.error.is_none());
            assert!(0 < report.cut || all(Verdict::Holds));
            (report.states, report.transitions)
        }
        Contender::Bfs => counts(&model::<R>().checker().threads(threads).spawn_bfs().join()),
        Contender::Dfs => counts(&model::<R>().checker().threads(threads).spawn_dfs().join()),
    }
}

fn counts<M>(checker: &impl Checker<M>) -> (usize, usize)
where
    M: Model<State: Clone + PartialEq, Action: Clone + PartialEq>,
{
    for property in checker.model().properties() {
        let found = checker.discovery(property.name).is_some();
        assert_eq!(found, property.expectation == Expectation::Sometimes);
    }
    (checker.unique_state_count(), checker.state_count() - 1)
}

/// The model as Stateright searches it.
pub fn model<R: Rival>() -> ActorModel<R::Actor, (), R::Ghost> {
    let mut model = R::model();
    model.properties = R::claims()
        .into_iter()
        .map(|claim| claim.property)
        .collect();
    model
}

/// The system as the explorer searches it.
pub fn system<R: Rival>() -> System<R::Actor, R::Ghost> {
    let mut system = R::system();
    system.claims = R::claims().into_iter().map(|claim| claim.claim).collect();
    system
}

/// A claim, as either checker judges it.
pub struct SharedClaim<A: Participant, G: GhostState> {
    property: Property<ActorModel<A, (), G>>,
    claim: Claim<A, G>,
}

impl<A: Participant, G: GhostState> SharedClaim<A, G> {
    fn always(name: &'static str, whole: Whole<A, G>, condition: Condition<A, G>) -> Self {
        let check = Check::Invariant(condition);
        Self::new(Expectation::Always, name, whole, check)
    }

    fn sometimes(name: &'static str, whole: Whole<A, G>, condition: Condition<A, G>) -> Self {
        let check = Check::Witness(condition);
        Self::new(Expectation::Sometimes, name, whole, check)
    }

    fn new(
        expectation: Expectation,
        name: &'static str,
        condition: Whole<A, G>,
        check: Check<A, G>,
    ) -> Self {
        let claim = Claim {
            name,
            source: "ours",
            witness: None,
            check,
        };
        let property = Property {
            expectation,
            name,
            condition,
        };
        SharedClaim { property, claim }
    }
}

type Whole<A, G> = fn(&ActorModel<A, (), G>, &ActorModelState<A, G>) -> bool;

/// Claims from what they read and a function of that. No actor is ever down.
macro_rules! claims {
    ($($kind:ident $name:literal: $reads:ident |$($read:tt),*| $holds:expr)*) => {
        vec![$(claims!(@ $kind $name $reads |$($read),*| $holds)),*]
    };
    (@ $kind:ident $name:literal history |$history:tt| $holds:expr) => {
        SharedClaim::$kind(
            $name,
            |_, whole| { let $history = &whole.history; $holds },
            Condition::Ghost(|$history| $holds),
        )
    };
    (@ $kind:ident $name:literal message |$message:tt| $holds:expr) => {
        SharedClaim::$kind(
            $name,
            |_, whole| claims!(# $kind whole.network.iter_deliverable(), |envelope| {
                let $message = envelope.msg;
                $holds
            }),
            Condition::Flight(|flight| { let $message = flight.msg; $holds }),
        )
    };
    (@ $kind:ident $name:literal each |$id:tt, $state:tt, $history:tt| $holds:expr) => {
        SharedClaim::$kind(
            $name,
            |_, whole| claims!(# $kind whole.actor_states.iter().enumerate(), |(index, state)| {
                let ($id, $state, $history) = (Id::from(index), &**state, &whole.history);
                $holds
            }),
            Condition::Each(|seat, $history| {
                let ($id, $state) = (seat.id, up(seat.local));
                $holds
            }),
        )
    };
    (@ $kind:ident $name:literal pair |$one:tt, $other:tt| $holds:expr) => {
        SharedClaim::$kind(
            $name,
            |_, whole| claims!(# $kind 0..whole.actor_states.len(), |second| {
                let $other = &*whole.actor_states[second];
                claims!(# $kind whole.actor_states[..second].iter(), |$one| $holds)
            }),
            Condition::Pair(|one, other| {
                let ($one, $other) = (up(one.local), up(other.local));
                $holds
            }),
        )
    };
    (@ $kind:ident $name:literal quorum |$disk:tt, $history:tt| $holds:expr) => {
        SharedClaim::$kind(
            $name,
            |_, whole| {
                let $history = &whole.history;
                let holding = whole.actor_storages.iter().filter(|stored| {
                    let $disk = &*stored_or_blank(stored.as_ref());
                    $holds
                });
                is_quorum(holding.count(), whole.actor_storages.len())
            },
            Condition::Quorum(|seat, $history| {
                let $disk = &*stored_or_blank(seat.local.storage.as_ref());
                $holds
            }),
        )
    };
    (@ $kind:ident $name:literal flight |$dst:tt, $message:tt, $disk:tt, $receiver:tt| $holds:expr) => {
        SharedClaim::$kind(
            $name,
            |_, whole| claims!(# $kind whole.network.iter_deliverable(), |envelope| {
                let sender = whole.actor_storages.get(usize::from(envelope.src));
                let receiver = whole.actor_states.get(usize::from(envelope.dst));
                let disk = stored_or_blank(sender.and_then(Option::as_ref));
                let ($dst, $message) = (envelope.dst, envelope.msg);
                let ($disk, $receiver) = (&*disk, receiver.map(|state| &**state));
                $holds
            }),
            Condition::Flight(|flight| {
                let disk = stored_or_blank(flight.sender.and_then(|sender| sender.storage.as_ref()));
                let ($dst, $message) = (flight.dst, flight.msg);
                let ($disk, $receiver) = (&*disk, flight.receiver.map(up));
                $holds
            }),
        )
    };
    (# always $all:expr, $holds:expr) => { $all.all($holds) };
    (# sometimes $all:expr, $holds:expr) => { $all.any($holds) };
}
pub(crate) use claims;
