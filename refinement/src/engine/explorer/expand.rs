//! Expanding states: from a row to its successors, from the cache alone.

use super::super::panics::caught;
use super::super::runs::Mark;
use super::Failure;
use super::cache::{BrokenLinks, CellTransition, OfEveryone, UNKNOWN};
use super::ids::{BudgetId, ComponentId, GhostId, KindId, LocalId, TransitionId};
use super::judge::Judging;
use super::miss::Miss;
use super::refined::Refined;
use super::store::ComponentStore;
use super::successor::{Spent, begin, renamed, spent};
use super::successors::Successors;
use super::table::{Delta, ROOT, RowId, Rows};
use quorate_models::system::Assumption::TimersRun;
use quorate_models::system::claim::{Check, ClaimSet, Condition, Flight, InPeriod};
use quorate_models::system::{self, GhostState, Participant, Step};
use stateright::actor::Id;

/// The result of expanding some rows.
#[derive(Default)]
pub(super) struct Expanded {
    /// Cache misses, and where.
    pub(super) misses: Vec<(Miss, Goal)>,
    /// Rows that could not be expanded because of these misses.
    pub(super) incomplete: Vec<RowId>,
    /// Claims whose verdict was found, and the way there. Of each claim the first.
    pub(super) findings: Vec<(usize, Goal)>,
    /// Invariants about messages that fail when a message is sent, a step later than the row that is
    /// expanded.
    pub(super) later: Vec<(usize, Goal)>,
    /// Successors inside the boundary.
    pub(super) transitions: usize,
    /// Successors outside.
    pub(super) cut: usize,
    /// Rows that have such successors.
    pub(super) cut_rows: Vec<RowId>,
    /// A panic of a claim.
    pub(super) failure: Option<Failure>,
}

/// Where a path leads: to a row, and one step on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    pub(super) row: RowId,
    pub(super) step: Option<TransitionId>,
}

impl Goal {
    /// Before the first row.
    pub(super) const START: Goal = Goal::row(ROOT);

    pub(super) const fn row(row: RowId) -> Self {
        Goal { row, step: None }
    }
}

/// Adds claims that are not there yet.
fn add_first(findings: &mut Vec<(usize, Goal)>, claims: ClaimSet, goal: Goal) {
    for claim in claims.iter() {
        if !findings.iter().any(|(known, _)| *known == claim) {
            findings.push((claim, goal));
        }
    }
}

impl Expanded {
    fn find(&mut self, claims: ClaimSet, goal: Goal) {
        add_first(&mut self.findings, claims, goal);
    }
}

/// One thread's means of expanding rows.
pub(super) struct Worker<A: Participant, G: GhostState> {
    pub(super) claims: Judging<A, G>,
    /// Witnesses in the good period.
    pub(super) in_period: Judging<A, G>,
    /// Claims whose verdict is not found yet.
    pub(super) open: ClaimSet,
    refined: Refined<A, G>,
    boundary: Option<Judging<A, G>>,
    /// Whether the boundary can be judged before a successor is complete.
    judges_early: bool,
    /// Of each successor of the current row, the kind of step, its delta, and what judges of runs must
    /// know of it.
    steps: Vec<(KindId, Delta, Mark)>,
    /// Further successors, outside the boundary.
    cut: usize,
    /// Transitions of each kind.
    pub(super) coverage: Vec<u64>,
    /// The row or the step at work.
    current: Goal,
}

impl<A: Participant, G: GhostState> Worker<A, G> {
    pub(super) fn new(store: &ComponentStore<A, G>) -> Self {
        let system = &store.system;
        let [mut claims, mut in_period] = [Judging::new(system), Judging::new(system)];
        for (number, claim) in system.claims.iter().enumerate() {
            match &claim.check {
                Check::Invariant(condition) => claims.seek(number, false, condition),
                Check::Witness(condition) => claims.seek(number, true, condition),
                Check::InPeriod(InPeriod::Witness(condition)) => {
                    in_period.seek(number, true, condition);
                }
                Check::Move(_)
                | Check::Step { .. }
                | Check::Refines(_)
                | Check::StepWitness { .. }
                | Check::InPeriod(_) => {}
            }
        }
        let boundary = system.boundary.as_ref().map(|within| {
            let mut boundary = Judging::new(system);
            boundary.seek(0, false, within);
            boundary
        });
        Worker {
            claims,
            in_period,
            open: ClaimSet::ALL,
            refined: Refined::new(system),
            judges_early: boundary.as_ref().is_some_and(Judging::reads_one_at_a_time),
            boundary,
            steps: Vec::new(),
            cut: 0,
            coverage: Vec::new(),
            current: Goal::START,
        }
    }

    /// Expands rows; `judges` says whether their states are judged, too.
    pub(super) fn expand_all(
        &mut self,
        store: &ComponentStore<A, G>,
        rows: &Rows,
        ids: &[RowId],
        judges: bool,
        (successors, to): (&mut Successors, &mut Expanded),
    ) {
        self.coverage.resize(store.cache.kinds.len(), 0);
        let work = || {
            for id in ids {
                self.current = Goal::row(*id);
                let row = rows.row(*id);
                if judges {
                    let judging = if store.is_good(row) {
                        &mut self.in_period
                    } else {
                        &mut self.claims
                    };
                    let alarms = judging.row(store, row, rows.delta(*id)) & self.open;
                    if !alarms.is_empty() {
                        to.find(alarms, self.current);
                    }
                }
                if self.expand(store, *id, row, (successors, to)) {
                    self.commit(*id, successors, to);
                } else {
                    successors.forget();
                    to.incomplete.push(*id);
                }
            }
        };
        if let Err(message) = caught(work) {
            let goal = self.current;
            to.failure.get_or_insert(Failure::Panic { goal, message });
        }
    }

    /// Whether a state is inside the boundary.
    pub(super) fn is_inside(&mut self, store: &ComponentStore<A, G>, row: &[ComponentId]) -> bool {
        match &mut self.boundary {
            None => true,
            Some(boundary) => boundary.row(store, row, Delta::ALL).is_empty(),
        }
    }

    /// Begins the successors of a row. Where the cache misses, notes that and says no.
    pub(super) fn expand(
        &mut self,
        store: &ComponentStore<A, G>,
        id: RowId,
        row: &[ComponentId],
        (successors, to): (&mut Successors, &mut Expanded),
    ) -> bool {
        self.steps.clear();
        self.cut = 0;
        let budget = store.layout.budget_of(row);
        let Some(allowed) = &store.cache.budgets[budget as usize] else {
            to.misses.push((Miss::Remaining { budget }, Goal::row(id)));
            return false;
        };
        let closed = store.closed(row, allowed);
        let links = allowed.links.as_deref();
        let costs = store.cache.costs.len();
        let mut complete = true;
        for (slot, cells) in store.slots.iter().enumerate() {
            let cell = row[slot];
            let transitions = &cells.transitions[cell as usize * costs..][..costs];
            for (cost, left, gates) in &allowed.local {
                if !gates.are_open(closed) {
                    continue;
                }
                let (start, end) = transitions[*cost as usize];
                if (start, end) == UNKNOWN {
                    let (slot, cost) = (slot as u32, *cost);
                    to.misses
                        .push((Miss::Transitions { slot, cell, cost }, Goal::row(id)));
                    complete = false;
                    continue;
                }
                for next in &store.cache.cell_transitions[start as usize..end as usize] {
                    let next = (slot, *left, links, *next);
                    complete &= self.take(store, (id, row), next, (successors, to));
                }
            }
        }
        for (cost, left) in &allowed.everyone {
            let action = store.cache.everyone[*cost as usize].as_ref();
            let action = action.expect("an action of everyone");
            if store.may_happen(row, (allowed, closed), action) {
                let step = (*cost, *left, action);
                complete &= self.take_of_everyone(store, (id, row), step, (successors, to));
            }
        }
        complete
    }

    /// Adds the successors by an action of everyone that are inside the boundary. Where the cache
    /// misses, notes that and says no.
    fn take_of_everyone(
        &mut self,
        store: &ComponentStore<A, G>,
        (id, row): (RowId, &[ComponentId]),
        (cost, left, action): (u32, BudgetId, &OfEveryone),
        (successors, to): (&mut Successors, &mut Expanded),
    ) -> bool {
        let goal = Goal {
            row: id,
            step: Some(action.transition),
        };
        let after = match store.after_everyone(row, cost, left) {
            Ok(after) => after,
            Err(missing) => {
                let miss = |slot: usize| {
                    let (slot, cell) = (slot as u32, row[slot]);
                    (Miss::AfterEveryone { slot, cell, cost }, goal)
                };
                to.misses.extend(missing.into_iter().map(miss));
                return false;
            }
        };
        if action.ticks && after == row && store.system.environment.assumes(TimersRun) {
            return true;
        }
        if !action.any_age {
            return self.add_of_everyone(store, &after, goal, (successors, to));
        }
        match store.of_any_age(after) {
            Ok(rows) => {
                let mut complete = true;
                for row in &rows {
                    complete &= self.add_of_everyone(store, row, goal, (successors, to));
                }
                complete
            }
            Err(misses) => {
                to.misses
                    .extend(misses.into_iter().map(|miss| (miss, goal)));
                false
            }
        }
    }

    /// Adds the successor by an action of everyone, which is this row.
    fn add_of_everyone(
        &mut self,
        store: &ComponentStore<A, G>,
        after: &[ComponentId],
        goal: Goal,
        (successors, to): (&mut Successors, &mut Expanded),
    ) -> bool {
        let Some(after) = renamed(store, after, goal, to) else {
            return false;
        };
        self.current = goal;
        if self.is_outside(store, after, Delta::ALL) {
            self.cut += 1;
            return true;
        }
        successors.begin(goal.row, after);
        let transition = goal.step.expect("a step");
        let kind = store.cache.transitions[transition as usize].kind;
        self.steps.push((kind, Delta::ALL, mark(store, transition)));
        true
    }

    /// Adds the successor by a transition, if it is inside the boundary. Where the cache misses, notes
    /// that and says no.
    fn take(
        &mut self,
        store: &ComponentStore<A, G>,
        (id, row): (RowId, &[ComponentId]),
        (slot, left, links, next): (usize, BudgetId, Option<&BrokenLinks>, CellTransition),
        (successors, to): (&mut Successors, &mut Expanded),
    ) -> bool {
        let goal = Goal {
            row: id,
            step: Some(next.transition),
        };
        let transition = &store.cache.transitions[next.transition as usize];
        if links.is_some_and(|links| links.severs(transition.sender, slot))
            || transition.special && has_panicked(store, goal, to)
        {
            return true;
        }
        let left = match spent(store, left, goal, to) {
            Spent::Left(left) => left,
            Spent::Unknown => return false,
            Spent::TooMuch => return true,
        };
        let ghost = row[store.layout.ghost];
        let grown = store.cache.grown(ghost, transition.observation);
        if grown.is_none() {
            let observation = transition.observation;
            to.misses.push((Miss::Ghost { observation, ghost }, goal));
        }
        let delta = Delta::new(slot, grown != Some(ghost));
        self.current = goal;
        if self.is_early_outside(store, slot, transition.local, (ghost, delta)) {
            self.cut += 1;
            return true;
        }
        let step = (slot, left, links, next);
        let Some(delta) = begin(store, (id, row), step, (grown, delta), (successors, to)) else {
            return false;
        };
        if self.is_outside(store, successors.last(), delta) {
            successors.forget_last();
            self.cut += 1;
            return true;
        }
        let mark = mark(store, next.transition);
        self.steps.push((transition.kind, delta, mark));
        let judged = self.refined.is_any() || transition.special;
        if judged && !store.is_good(row) {
            let rows = (row, &*successors.last());
            to.find(self.refined.step(store, rows, slot, self.open), goal);
            if transition.special {
                self.look_twice(store, rows, slot, goal, to);
            }
        }
        true
    }

    /// Whether the mover alone shows that a successor is outside the boundary.
    fn is_early_outside(
        &mut self,
        store: &ComponentStore<A, G>,
        slot: usize,
        local: LocalId,
        (ghost, delta): (GhostId, Delta),
    ) -> bool {
        let is_known = self.judges_early && !delta.ghost() && slot < store.layout.participants;
        let boundary = self.boundary.as_mut().filter(|_| is_known);
        boundary.is_some_and(|boundary| !boundary.one(store, slot, local, ghost).is_empty())
    }

    /// Whether a successor is outside the boundary.
    fn is_outside(
        &mut self,
        store: &ComponentStore<A, G>,
        after: &[ComponentId],
        delta: Delta,
    ) -> bool {
        let is_known = self.judges_early && !delta.ghost();
        let boundary = self.boundary.as_mut().filter(|_| !is_known);
        boundary.is_some_and(|boundary| !boundary.row(store, after, delta).is_empty())
    }

    /// Judges a step that decides or may decide a claim.
    fn look_twice(
        &mut self,
        store: &ComponentStore<A, G>,
        (row, after): (&[ComponentId], &[ComponentId]),
        slot: usize,
        goal: Goal,
        to: &mut Expanded,
    ) {
        let number = goal.step.expect("a step");
        let claims = store.cache.judged[&number];
        let mut decided = claims.broken & self.open;
        let conditional = claims.conditional & self.open;
        if !conditional.is_empty() {
            let transition = &store.cache.transitions[number as usize];
            let ghost = |row: &[ComponentId]| &store.ghosts[row[store.layout.ghost]];
            let (ghost_before, ghost_after) = (ghost(row), ghost(after));
            let (before, after) = (store.locals_of(row), store.locals_of(after));
            let seen = Step {
                moved: system::Move {
                    id: Id::from(slot),
                    action: &store.actions[transition.action],
                    before: &before[slot],
                    after: &after[slot],
                },
                before: &before,
                after: &after,
                quorum: &store.system.quorum,
                ghost_before,
                ghost_after,
            };
            let is_decided = |claim: usize| match &store.system.claims[claim].check {
                Check::Step { holds, .. } => !holds(&seen),
                Check::StepWitness { shows, .. } => shows(&seen),
                Check::Invariant(Condition::FlightGhost(holds)) => store
                    .sent_by(transition)
                    .any(|sent| !holds(&Flight::as_sent(&after[slot], sent), ghost_after)),
                Check::Move(_)
                | Check::Refines(_)
                | Check::Invariant(_)
                | Check::Witness(_)
                | Check::InPeriod(_) => false,
            };
            let conditional = conditional.iter();
            decided |= conditional
                .map(|claim| ClaimSet::of_if(claim, is_decided(claim)))
                .collect();
        }
        if !decided.is_empty() {
            to.find(decided - store.about_messages, goal);
            // Messages that are sent are in flight a step later than the row that is expanded.
            add_first(&mut to.later, decided & store.about_messages, goal);
        }
    }

    /// Hands the successors of the current row over.
    fn commit(&mut self, id: RowId, successors: &mut Successors, to: &mut Expanded) {
        for (kind, ..) in &self.steps {
            self.coverage[*kind as usize] += 1;
        }
        let steps = self.steps.iter();
        successors.commit(steps.map(|(_, delta, mark)| (*delta, *mark)));
        to.transitions += self.steps.len();
        to.cut += self.cut;
        if 0 < self.cut {
            to.cut_rows.push(id);
        }
    }
}

/// The facts about a transition for judges of runs.
#[inline]
fn mark<A: Participant, G: GhostState>(
    store: &ComponentStore<A, G>,
    transition: TransitionId,
) -> Mark {
    if !store.keeps_edges {
        return Mark::FAIR;
    }
    let mark = store.cache.marks.get(&transition);
    mark.copied().unwrap_or_default()
}

/// Whether a handler panicked in a step: it leads nowhere, so that no boundary can be asked.
fn has_panicked<A: Participant, G: GhostState>(
    store: &ComponentStore<A, G>,
    goal: Goal,
    to: &mut Expanded,
) -> bool {
    let panic = goal
        .step
        .and_then(|transition| store.cache.panics.get(&transition));
    if let Some(message) = panic.cloned() {
        to.failure.get_or_insert(Failure::Panic { goal, message });
    }
    panic.is_some()
}
