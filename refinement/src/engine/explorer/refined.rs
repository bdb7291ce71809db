//! Judging steps as those of abstract machines: each once for what a machine sees of it.

use super::ids::ComponentId;
use super::store::ComponentStore;
use quorate_models::quorum::Quorum;
use quorate_models::system::claim::{Check, ClaimSet, Judge, Moment, Parts};
use quorate_models::system::{GhostState, LocalOf, Participant, System};

/// The claims that a system refines a machine, as one thread judges them.
pub(super) struct Refined<A: Participant, G: GhostState>(Vec<(usize, Box<dyn Judge<A, G>>)>);

impl<A: Participant, G: GhostState> Refined<A, G> {
    /// Those of a system.
    pub(super) fn new(system: &System<A, G>) -> Self {
        let claims = system.claims.iter().enumerate();
        let judges = claims.filter_map(|(claim, it)| match it.check {
            Check::Refines(refinement) => Some((claim, refinement.judge())),
            _ => None,
        });
        Refined(judges.collect())
    }

    /// Whether there are any.
    pub(super) fn is_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The claims that a step of a participant violates, of those that are open.
    pub(super) fn step(
        &mut self,
        store: &ComponentStore<A, G>,
        (before, after): (&[ComponentId], &[ComponentId]),
        mover: usize,
        open: ClaimSet,
    ) -> ClaimSet {
        let ghost = store.layout.ghost;
        let is_same = before[mover] == after[mover] && before[ghost] == after[ghost];
        if is_same || mover >= store.layout.participants {
            return ClaimSet::EMPTY;
        }
        let local = |row: &[ComponentId], seat: usize| {
            let cell = row[seat] as usize;
            store.slots[seat].facts[cell].local
        };
        let old = Moment {
            participant: &|seat| local(before, seat),
            ghost: before[ghost],
        };
        let new = Moment {
            participant: &|seat| local(after, seat),
            ghost: after[ghost],
        };
        let violates = |(claim, judge): &mut (usize, Box<dyn Judge<A, G>>)| {
            let violates = open.contains(*claim) && !judge.allows(mover, (&old, &new), store);
            ClaimSet::of_if(*claim, violates)
        };
        self.0.iter_mut().map(violates).collect()
    }
}

impl<A: Participant, G: GhostState> Parts<A, G> for ComponentStore<A, G> {
    fn participant(&self, number: u32) -> &LocalOf<A> {
        &self.locals[number]
    }

    fn ghost(&self, number: u32) -> &G {
        &self.ghosts[number]
    }

    fn participants(&self) -> usize {
        self.layout.participants
    }

    fn quorum(&self) -> &Quorum {
        &self.system.quorum
    }
}
