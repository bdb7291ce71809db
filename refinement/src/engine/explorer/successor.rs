//! The successor of a row by a transition: what becomes of its ids, from the cache alone.

use super::cache::{BrokenLinks, CellTransition, Transition};
use super::expand::{Expanded, Goal};
use super::ids::{BudgetId, ComponentId, GhostId};
use super::miss::Miss;
use super::store::ComponentStore;
use super::successors::Successors;
use super::table::{Delta, RowId};
use quorate_models::system::{GhostState, Participant};

/// The row of a state with canonical names. Where the cache misses, notes that.
pub(super) fn renamed<'r, A: Participant, G: GhostState>(
    store: &'r ComponentStore<A, G>,
    row: &'r [ComponentId],
    goal: Goal,
    to: &mut Expanded,
) -> Option<&'r [ComponentId]> {
    let renamed = store.renamed(row);
    if renamed.is_none() {
        to.misses.push((Miss::Renamed { row: row.into() }, goal));
    }
    renamed
}

/// Begins the successor by a transition, and gives the delta. Where the cache misses, notes that.
#[inline]
pub(super) fn begin<A: Participant, G: GhostState>(
    store: &ComponentStore<A, G>,
    (id, row): (RowId, &[ComponentId]),
    (slot, left, links, next): (usize, BudgetId, Option<&BrokenLinks>, CellTransition),
    (grown, delta): (Option<GhostId>, Delta),
    (successors, to): (&mut Successors, &mut Expanded),
) -> Option<Delta> {
    let goal = Goal {
        row: id,
        step: Some(next.transition),
    };
    let transition = &store.cache.transitions[next.transition as usize];
    successors.begin(id, row);
    let after = successors.last();
    after[slot] = next.cell;
    if let Some(column) = store.layout.budget {
        after[column] = left;
    }
    let sent = send(store, after, (slot, transition, links), goal, to);
    after[store.layout.ghost] = grown.filter(|_| sent)?;
    rename(store, after, delta, goal, to)
}

/// Gives the state of a row canonical names, where there are such: then anything may have changed.
/// Where the cache misses, notes that.
#[inline]
pub(super) fn rename<A: Participant, G: GhostState>(
    store: &ComponentStore<A, G>,
    row: &mut [ComponentId],
    delta: Delta,
    goal: Goal,
    to: &mut Expanded,
) -> Option<Delta> {
    if store.system.rename.is_none() {
        return Some(delta);
    }
    let canonical = renamed(store, row, goal, to)?.to_vec();
    row.copy_from_slice(&canonical);
    Some(Delta::ALL)
}

/// The remains of a budget after a step.
pub(super) enum Spent {
    Left(BudgetId),
    /// The cache misses; it is noted.
    Unknown,
    /// Too little was left: the step is not possible.
    TooMuch,
}

/// The remains of a budget after the events with a total that happen in a step.
#[inline]
pub(super) fn spent<A: Participant, G: GhostState>(
    store: &ComponentStore<A, G>,
    left: BudgetId,
    goal: Goal,
    to: &mut Expanded,
) -> Spent {
    let cache = &store.cache;
    if cache.counts.is_empty() {
        return Spent::Left(left);
    }
    let counts = goal
        .step
        .and_then(|transition| cache.counts.get(&transition));
    let Some(counts) = counts.copied() else {
        return Spent::Left(left);
    };
    match cache.spent.get(&(left, counts)) {
        Some(Some(left)) => Spent::Left(*left),
        Some(None) => Spent::TooMuch,
        None => {
            let budget = left;
            to.misses.push((Miss::Spent { budget, counts }, goal));
            Spent::Unknown
        }
    }
}

/// Puts what is sent into a row, or notes the misses.
#[inline]
pub(super) fn send<A: Participant, G: GhostState>(
    store: &ComponentStore<A, G>,
    row: &mut [ComponentId],
    (mover, transition, links): (usize, &Transition, Option<&BrokenLinks>),
    goal: Goal,
    to: &mut Expanded,
) -> bool {
    let mut complete = true;
    for (slot, bundle) in store.cache.sends_of(transition) {
        if links.is_some_and(|links| store.loses(links, mover, *slot, *bundle)) {
            continue;
        }
        let cell = &mut row[*slot as usize];
        match store.slots[*slot as usize].after(*cell, *bundle) {
            Some(sent) => *cell = sent,
            None => {
                let miss = Miss::Sent {
                    slot: *slot,
                    cell: *cell,
                    bundle: *bundle,
                };
                to.misses.push((miss, goal));
                complete = false;
            }
        }
    }
    complete
}
