//! Actions of everyone, broken links, and the conditions of a row that its budget does not tell.

use super::cache::{Allowed, BrokenLinks, Gates, OfEveryone};
use super::expand::Goal;
use super::ids::{AGED, BudgetId, CellId, ComponentId};
use super::miss::Miss;
use super::store::ComponentStore;
use quorate_models::system::channel::Waiting;
use quorate_models::system::{
    Action, ActionOf, Assumption, Cost, GhostState, LocalOf, Participant, Remaining,
};
use stateright::actor::Id;
use std::sync::Arc;

impl<A: Participant, G: GhostState> ComponentStore<A, G> {
    /// The actions that a budget allows, given the remains after each cost.
    pub(super) fn allowed(&mut self, budget: BudgetId, left: Vec<(u32, Remaining)>) -> Allowed {
        let system = self.system.clone();
        let environment = &system.environment;
        let timers_wait = environment.assumes(Assumption::TimersWait);
        let (mut local, mut everyone) = (Vec::new(), Vec::new());
        for (cost, left) in left {
            let left = self.intern_budget(left);
            if self.cache.everyone[cost as usize].is_some() {
                everyone.push((cost, left));
                continue;
            }
            let gates = match self.cache.costs[cost as usize] {
                Cost::Crash => Gates::CRASH,
                Cost::Due if timers_wait => Gates::QUIET,
                Cost::DueBeside(clock) if timers_wait => {
                    Gates::QUIET.and(Gates::beside(1 << clock))
                }
                _ => Gates::NONE,
            };
            local.push((cost, left, gates));
        }
        let good = self.budgets[budget].good.iter();
        Allowed {
            local,
            everyone,
            links: self.broken_links(budget).map(Box::new),
            good: good.fold(0, |bits, id| bits | 1 << usize::from(*id)),
        }
    }

    fn broken_links(&self, budget: BudgetId) -> Option<BrokenLinks> {
        let (remaining, environment) = (&self.budgets[budget], &self.system.environment);
        let participants = 0..self.layout.participants;
        let bits = |is_broken: &dyn Fn(Id, Id) -> bool| -> Vec<u64> {
            let receivers = participants.clone().map(|receiver| {
                let broken = participants
                    .clone()
                    .filter(|sender| is_broken((*sender).into(), receiver.into()));
                broken.fold(0, |bits, sender| bits | 1 << sender)
            });
            receivers.collect()
        };
        let any = !remaining.broken.is_empty() || remaining.is_good();
        any.then(|| BrokenLinks {
            severed: bits(&|src, dst| environment.is_severed(remaining, src, dst)),
            lossy: bits(&|src, dst| environment.is_lost(remaining, src, dst, false)),
            gone: bits(&|src, dst| environment.is_lost(remaining, src, dst, true)),
        })
    }

    /// The conditions that a row which pays from this budget does not fulfil.
    #[inline]
    pub(super) fn closed(&self, row: &[ComponentId], allowed: &Allowed) -> Gates {
        let may_crash = self.max_crashed.is_none_or(|most| {
            let is_down = |slot: &usize| self.slots[*slot].facts[row[*slot] as usize].crashed;
            0 < most && (0..self.layout.participants).filter(is_down).count() < most
        });
        let facts = |slot: usize| self.slots[slot].facts[row[slot] as usize];
        let is_quiet =
            allowed.good != 0 && participants(allowed.good).all(|slot| !facts(slot).busy);
        let mut waiting = 0;
        if self.has_delay {
            let good = participants(allowed.good);
            waiting = good.fold(0, |all, slot| all | facts(slot).waiting);
        }
        let crash = Gates::CRASH.when(!may_crash);
        crash
            .and(Gates::QUIET.when(!is_quiet))
            .and(Gates::beside(waiting))
    }

    /// Whether an action of everyone may happen in a row.
    pub(super) fn may_happen(
        &self,
        row: &[ComponentId],
        (allowed, closed): (&Allowed, Gates),
        action: &OfEveryone,
    ) -> bool {
        let facts = |slot: usize| self.slots[slot].facts[row[slot] as usize];
        let are_up = participants(action.up).all(|slot| !facts(slot).crashed);
        let waits = self.system.environment.assumes(Assumption::TicksWait);
        let is_due = !waits || Gates::QUIET.are_open(closed);
        let ticks = || is_due && participants(allowed.good).all(|slot| !facts(slot).overdue);
        are_up && (!action.ticks || ticks())
    }

    /// The row after an action of everyone, as far as it is known; otherwise the slots where the cache
    /// misses. Where time passes and nobody notices, the row is the same.
    pub(super) fn after_everyone(
        &self,
        row: &[ComponentId],
        cost: u32,
        left: BudgetId,
    ) -> Result<Vec<ComponentId>, Vec<usize>> {
        let (mut after, mut missing) = (row.to_vec(), Vec::new());
        for (slot, cells) in self.slots.iter().enumerate() {
            match cells.after_everyone.get(&(row[slot], cost)) {
                Some(cell) => after[slot] = *cell,
                None => missing.push(slot),
            }
        }
        if let Some(column) = self.layout.budget {
            after[column] = left;
        }
        if missing.is_empty() {
            Ok(after)
        } else {
            Err(missing)
        }
    }

    /// The rows in which the good period may begin, given the one where the age of every timer is 0, as
    /// far as they are known; otherwise the cache misses.
    pub(super) fn of_any_age(
        &self,
        row: Vec<ComponentId>,
    ) -> Result<Vec<Vec<ComponentId>>, Vec<Miss>> {
        let participants = 0..self.layout.participants;
        let aged = |slot: usize| self.slots[slot].of_any_age.get(&row[slot]);
        let missing = participants.clone().filter(|slot| aged(*slot).is_none());
        let miss = |slot: usize| Miss::OfAnyAge {
            slot: slot as u32,
            cell: row[slot],
        };
        let misses: Vec<Miss> = missing.map(miss).collect();
        if !misses.is_empty() {
            return Err(misses);
        }
        let mut rows = vec![row.clone()];
        for slot in participants {
            let with = |row: Vec<ComponentId>| {
                let cells = aged(slot).expect("it is known").iter();
                cells.map(move |cell| {
                    let mut row = row.clone();
                    row[slot] = *cell;
                    row
                })
            };
            rows = rows.into_iter().flat_map(with).collect();
        }
        Ok(rows)
    }

    /// Computes what a cell may be when the good period begins with timers of any age.
    pub(super) fn compute_of_any_age(&mut self, slot: usize, cell: CellId, goal: Goal) {
        let before = self.slots[slot].cells[cell].to_vec();
        let aged = self.system.of_any_age(&self.locals[before[0]]);
        let cells = aged.into_iter().map(|local| {
            let mut after = before.clone();
            self.change(slot, &mut after, local, goal);
            self.intern_cell(slot, &after)
        });
        let cells = cells.collect();
        self.slots[slot].of_any_age.insert(cell, cells);
    }

    /// An action that leads to a row, in the form that leads there: timers may be of any age.
    pub(super) fn form(&self, action: ActionOf<A>, to: &[ComponentId]) -> ActionOf<A> {
        let Action::Stabilise(stable) = action else {
            return action;
        };
        let good = stable.good().to_vec();
        let aged = good.into_iter().fold(stable, |stable, id| {
            let slot = usize::from(id);
            stable.aged(id, &self.local(slot, to[slot]).timers)
        });
        Action::Stabilise(aged)
    }

    /// The row of a state with canonical names, as far as it is known: the same one, unless there are
    /// such names and the row belongs to the good period.
    pub(super) fn renamed<'r>(&'r self, row: &'r [ComponentId]) -> Option<&'r [ComponentId]> {
        if self.system.rename.is_none() || !self.is_good(row) {
            return Some(row);
        }
        self.cache.renamed.get(row).map(|renamed| &**renamed)
    }

    /// Computes the row of a state with canonical names.
    pub(super) fn rename(&mut self, row: &[ComponentId]) -> Box<[ComponentId]> {
        let mut state = self.state(row);
        if let Some(rename) = self.system.rename {
            rename(&mut state);
        }
        self.row(state).into()
    }

    /// Computes what a cell becomes by an action of everyone.
    pub(super) fn compute_after_everyone(
        &mut self,
        slot: usize,
        cell: CellId,
        cost: u32,
        goal: Goal,
    ) {
        let action = &self.cache.everyone[cost as usize].as_ref();
        let transition = action.expect("an action of everyone").transition;
        let action = self.cache.transitions[transition as usize].action;
        let action = self.actions[action].clone();
        let before = self.slots[slot].cells[cell].to_vec();
        let id = Id::from(slot);
        let local = (slot < self.layout.participants).then(|| self.locals[before[0]].clone());
        let changed = local
            .as_deref()
            .and_then(|it| self.system.local_after_everyone(&action, id, it));
        let has_mail = |end| Waiting::in_mailbox(&before[1..], end, |it| self.travel(*it)).any;
        let closes = self
            .system
            .broken_sessions(&action, id, local.as_deref(), has_mail);
        let mut after = vec![before[0]];
        let stays = |message: &&ComponentId| self.system.stays(&action, self.message(**message));
        after.extend(before[1..].iter().filter(stays));
        if self.has_delay && action == Action::Tick && slot < self.layout.participants {
            after.truncate(1);
            for message in &before[1..] {
                self.put(&mut after, *message | AGED);
            }
        }
        for close in closes {
            let close = self.intern_message(Arc::new(close));
            self.put(&mut after, close);
        }
        if let Some(changed) = changed {
            let step = Some(transition);
            self.change(slot, &mut after, changed, Goal { step, ..goal });
        }
        let after = self.intern_cell(slot, &after);
        self.slots[slot].after_everyone.insert((cell, cost), after);
    }

    /// Gives a cell another participant, on the way to this goal, and drops what is dead for it.
    fn change(
        &mut self,
        slot: usize,
        cell: &mut Vec<ComponentId>,
        changed: LocalOf<A>,
        goal: Goal,
    ) {
        let dropped = self.drop_dead(slot, &changed, cell);
        let before = cell[0];
        cell[0] = self.locals.insert(Arc::new(changed)).0;
        if self.is_dead.is_some() {
            self.reduction.step(slot, before, cell[0]);
        }
        for message in dropped {
            self.reduction.drop(slot, cell[0], message, goal);
        }
    }
}

/// The participants that bits stand for.
fn participants(bits: u64) -> impl Iterator<Item = usize> {
    (0..u64::BITS as usize).filter(move |slot| bits & 1 << slot != 0)
}
