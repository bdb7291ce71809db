//! A system as Stateright's checkers and its Explorer see it.

use super::{ActionOf, Caption, GhostState, Local, Participant, StateOf, System};
use crate::system::claim::{Claim, ClaimSet, Kind};
use stateright::{Expectation, Model, Path, Property};
use std::fmt::{Debug, Write};

/// The most claims that one system can make.
pub const CLAIMS_MAX: usize = ClaimSet::CAPACITY;

/// A model whose claims are numbered. Stateright's properties are plain functions, which know no
/// number; [`numbered_properties`] makes one function for each.
pub trait Numbered: Model {
    /// Kind and name of each claim, in order.
    fn claims(&self) -> Vec<(Kind, &'static str)>;

    /// Whether a claim holds in a state.
    fn claim_holds(&self, number: usize, state: &Self::State) -> bool;
}

/// The claims of a model as Stateright's properties: those of a system, and one more that a search
/// may add.
///
/// # Panics
///
/// If there are more.
pub fn numbered_properties<M: Numbered>(model: &M) -> Vec<Property<M>> {
    let claims = model.claims();
    assert!(
        claims.len() <= NUMBERED_MAX,
        "at most {NUMBERED_MAX} claims can be numbered, not {}",
        claims.len()
    );
    let property = |((kind, name), condition): ((Kind, &'static str), _)| {
        let expectation = match kind {
            Kind::Invariant | Kind::Step | Kind::Fair | Kind::Reach | Kind::Refines => {
                Expectation::Always
            }
            Kind::Witness => Expectation::Sometimes,
        };
        Property {
            expectation,
            name,
            condition,
        }
    };
    claims.into_iter().zip(conditions()).map(property).collect()
}

/// The most claims that can be numbered.
const NUMBERED_MAX: usize = CLAIMS_MAX + 1;

type Condition<M> = fn(&M, &<M as Model>::State) -> bool;

fn conditions<M: Numbered>() -> [Condition<M>; NUMBERED_MAX] {
    fn claim<M: Numbered, const NUMBER: usize>(model: &M, state: &M::State) -> bool {
        model.claim_holds(NUMBER, state)
    }
    macro_rules! each {
        ($($number:literal)*) => { [$(claim::<M, $number>),*] };
    }
    each!(
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
        31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58
        59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86
        87 88 89 90 91 92 93 94 95 96 97 98 99 100 101 102 103 104 105 106 107 108 109 110
        111 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 127 128
    )
}

/// Those claims of a system that Stateright's checkers can judge.
fn claims_about_states<A: Participant, G: GhostState>(
    system: &System<A, G>,
) -> impl Iterator<Item = &Claim<A, G>> {
    let claims = system.claims.iter();
    claims.filter(|claim| claim.is_about_states())
}

/// Invariants and witnesses of states. Claims about steps are not among them, because Stateright's
/// properties see states only: [`System::decided_by`] judges steps.
impl<A: Participant, G: GhostState> Numbered for System<A, G> {
    fn claims(&self) -> Vec<(Kind, &'static str)> {
        let claims = claims_about_states(self);
        claims.map(|claim| (claim.kind(), claim.name)).collect()
    }

    fn claim_holds(&self, number: usize, state: &Self::State) -> bool {
        let claim = claims_about_states(self).nth(number).expect("a claim");
        claim.is_decided_in(state, &self.quorum) == (claim.kind() == Kind::Witness)
    }
}

/// Its properties are the invariants and the witnesses of states. Claims about steps belong to the
/// edges, which no property of Stateright sees: [`System::decided_by`] judges them.
impl<A: Participant, G: GhostState> Model for System<A, G> {
    type State = StateOf<A, G>;
    type Action = ActionOf<A>;

    /// The state after the seed, without the messages that are dead there.
    ///
    /// # Panics
    ///
    /// As [`start_state`](System::start_state).
    fn init_states(&self) -> Vec<Self::State> {
        let state = self.start_state();
        vec![self.reduced(state)]
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        self.possible(state, actions);
    }

    fn next_state(&self, state: &Self::State, action: Self::Action) -> Option<Self::State> {
        let next = self.after(state, &action)?;
        Some(self.reduced(next))
    }

    fn format_action(&self, action: &Self::Action) -> String {
        action.to_string()
    }

    fn format_step(&self, state: &Self::State, action: Self::Action) -> Option<String> {
        let next = self.next_state(state, action.clone())?;
        let mut text = String::new();
        for (index, (before, after)) in state.locals.iter().zip(&next.locals).enumerate() {
            describe_change(&mut text, index, before, after);
        }
        let sent = next
            .network
            .iter()
            .filter(|e| !state.network.iter().any(|old| old == *e));
        for e in sent {
            let (src, dst) = (usize::from(e.src), usize::from(e.dst));
            _ = writeln!(text, "in flight: {src} → {:?} → {dst}", e.msg);
        }
        if state.ghost != next.ghost {
            _ = writeln!(text, "ghost: {:?}", next.ghost);
        }
        for claim in self.decided_by(state, &action, &next).iter() {
            let claim = &self.claims[claim];
            let decides = match claim.kind() {
                Kind::Witness => "shows",
                _ => "violates",
            };
            _ = writeln!(text, "this step {decides} {}", claim.name);
        }
        Some(text)
    }

    fn as_svg(&self, path: Path<Self::State, Self::Action>) -> Option<String> {
        Some(self.picture(path, &Caption::default()))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        numbered_properties(self)
    }

    fn within_boundary(&self, state: &Self::State) -> bool {
        let boundary = self.boundary.as_ref();
        boundary.is_none_or(|within| within.everywhere(state, &self.quorum))
    }
}

/// The changes of a step to a participant, a line for each part.
fn describe_change<S, M, T, R, D>(
    text: &mut String,
    index: usize,
    before: &Local<S, M, T, R, D>,
    after: &Local<S, M, T, R, D>,
) where
    S: Debug + PartialEq,
    M: Debug + PartialEq,
    T: Debug + PartialEq,
    R: Debug + PartialEq,
    D: Debug + PartialEq,
{
    let mut part = |name: &str, before: &dyn Debug, after: &dyn Debug| {
        _ = writeln!(
            text,
            "{index} {name} was {before:?}\n{index} {name} is  {after:?}"
        );
    };
    if before.up() != after.up() {
        part("state", &before.up(), &after.up());
    }
    if before.timers != after.timers {
        part("timers", &before.timers, &after.timers);
    }
    if before.choices != after.choices {
        part("choices", &before.choices, &after.choices);
    }
    if before.storage != after.storage {
        part("disk", &before.storage, &after.storage);
    }
    if before.outbox != after.outbox {
        part("pending", &before.outbox, &after.outbox);
    }
}
