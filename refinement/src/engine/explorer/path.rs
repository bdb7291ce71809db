//! Steps between rows that are known: how a path is told.

use super::cache::{Allowed, CellTransition};
use super::ids::{BudgetId, ComponentId, TransitionId};
use super::store::ComponentStore;
use quorate_models::system::{GhostState, Participant};

impl<A: Participant, G: GhostState> ComponentStore<A, G> {
    /// The first transition that leads from one row to another.
    pub(super) fn step(&self, from: &[ComponentId], to: &[ComponentId]) -> Option<TransitionId> {
        let allowed = self.cache.budgets[self.layout.budget_of(from) as usize].as_ref()?;
        let closed = self.closed(from, allowed);
        for slot in 0..self.layout.slots {
            let cell = from[slot];
            for (cost, left, gates) in &allowed.local {
                if !gates.are_open(closed) {
                    continue;
                }
                for next in self.transitions_of(slot, cell, *cost as usize) {
                    let after = self.after(from, slot, (allowed, *left), next);
                    if after.as_deref().and_then(|row| self.renamed(row)) == Some(to) {
                        return Some(next.transition);
                    }
                }
            }
        }
        allowed.everyone.iter().find_map(|(cost, left)| {
            let action = self.cache.everyone[*cost as usize].as_ref()?;
            if !self.may_happen(from, (allowed, closed), action) {
                return None;
            }
            let after = self.after_everyone(from, *cost, *left).ok()?;
            let is_it = if action.any_age {
                let mut rows = self.of_any_age(after).ok()?.into_iter();
                rows.any(|row| self.renamed(&row) == Some(to))
            } else {
                self.renamed(&after) == Some(to)
            };
            is_it.then_some(action.transition)
        })
    }

    /// The row after a transition, as far as it is known; `None` if it is not possible there.
    fn after(
        &self,
        row: &[ComponentId],
        mover: usize,
        (allowed, left): (&Allowed, BudgetId),
        next: &CellTransition,
    ) -> Option<Vec<ComponentId>> {
        let transition = &self.cache.transitions[next.transition as usize];
        let links = allowed.links.as_deref();
        if links.is_some_and(|links| links.severs(transition.sender, mover)) {
            return None;
        }
        let mut after = row.to_vec();
        after[mover] = next.cell;
        if let Some(column) = self.layout.budget {
            after[column] = match self.cache.counts.get(&next.transition) {
                Some(counts) => (*self.cache.spent.get(&(left, *counts))?)?,
                None => left,
            };
        }
        for (slot, bundle) in self.cache.sends_of(transition) {
            if links.is_some_and(|links| self.loses(links, mover, *slot, *bundle)) {
                continue;
            }
            let cell = &mut after[*slot as usize];
            *cell = self.slots[*slot as usize].after(*cell, *bundle)?;
        }
        let ghost = &mut after[self.layout.ghost];
        *ghost = self.cache.grown(*ghost, transition.observation)?;
        Some(after)
    }
}
