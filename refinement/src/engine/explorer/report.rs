//! The report of a search: paths, findings and counts.

use super::super::coverage::Coverage;
use super::expand::Goal;
use super::ids::{ComponentId, KindId, LocalId, TransitionId};
use super::intern::Disagreement;
use super::reduction::Broken;
use super::table::{ROOT, RowId};
use super::{End, Explorer, Failure};
use crate::engine::search::{
    self, BrokenReduction, Counterexample, Finding, ReductionReport, Report, StopReason, Verdict,
};
use crate::engine::trace::Trace;
use quorate_models::system::claim::ClaimFacts;
use quorate_models::system::{Action, ActionOf, Envelope, GhostState, Participant};
use stateright::Model;

impl<A: Participant, G: GhostState> Explorer<'_, A, G> {
    /// The rows on the way to a row, from the start.
    fn path(&self, row: RowId) -> Vec<&[ComponentId]> {
        let mut rows = Vec::new();
        let mut next = row;
        while next != ROOT {
            rows.push(self.rows.row(next));
            next = self.rows.parent(next);
        }
        rows.reverse();
        rows
    }

    /// The way to a goal, as actions of the system without a reduction.
    pub(super) fn trace(&self, goal: Goal) -> Trace<A> {
        self.unreduced(self.reduced_trace(goal))
    }

    /// In the good period a dead message must be delivered to be gone.
    fn unreduced(&self, way: Trace<A>) -> Trace<A> {
        match self.store.system.environment.period {
            Some(_) => way.unreduced(&self.store.system),
            None => way,
        }
    }

    /// The way to a step that drops a message at a receiver, which is then in this local state.
    fn way_to_drop(&self, slot: usize, (goal, local): (Goal, LocalId)) -> Counterexample {
        let mut way = self.reduced_trace(goal);
        if let Some(Action::Stabilise(stable)) = way.actions.last_mut() {
            let timers = &self.store.locals[local].timers;
            *stable = stable.clone().aged(slot.into(), timers);
        }
        self.unreduced(way).counterexample(&self.store.system)
    }

    /// The way to a goal, as actions of the system in which dead messages are dropped.
    pub(super) fn reduced_trace(&self, goal: Goal) -> Trace<A> {
        let path = self.path(goal.row);
        let steps = path.windows(2).map(|pair| self.step(pair[0], pair[1]));
        let last = goal.step.map(|transition| self.action(transition));
        Trace {
            actions: steps.chain(last).collect(),
            loop_start: None,
        }
    }

    /// An action that leads from one row to another.
    pub(super) fn step(&self, from: &[ComponentId], to: &[ComponentId]) -> ActionOf<A> {
        let step = self.store.step(from, to);
        let action = self.action(step.expect("a row is reached by a step of its parent"));
        self.store.form(action, to)
    }

    fn action(&self, transition: TransitionId) -> ActionOf<A> {
        let action = self.store.cache.transitions[transition as usize].action;
        self.store.actions[action].clone()
    }

    pub(super) fn counterexample(&self, goal: Goal) -> Counterexample {
        self.trace(goal).counterexample(&self.store.system)
    }

    pub(super) fn report(&self, end: Option<End>) -> Report {
        let time = self.started.elapsed();
        let reason = end.as_ref().map(End::reason);
        let (error, broken) = match end {
            Some(End::Failure(failure)) => (Some(self.error(failure)), None),
            Some(End::Broken(broken)) => (None, Some(self.broken(broken))),
            _ => (None, None),
        };
        let reduction = self.store.is_dead.map(|_| ReductionReport {
            dropped: self.store.reduction.dropped(),
            checked: self.store.reduction.checked,
            broken,
        });
        let reason = reason.or((0 < self.cut).then_some(StopReason::Boundary));
        let is_complete = reason.is_none();
        let mut coverage = Coverage::default();
        for worker in &self.workers {
            for (kind, times) in worker.coverage.iter().enumerate() {
                coverage.add(&self.store.cache.kinds[kind as KindId], *times);
            }
        }
        coverage.add_idle(&self.store.cache.idle, &self.store.cache.in_thought);
        let report = Report {
            states: self.rows.len(),
            transitions: self.transitions,
            depth: self.growth.len().saturating_sub(1),
            cut: self.cut,
            unexpanded: Some(self.rows.len() - self.expanded),
            states_without_history: is_complete.then(|| self.states_without_history()).flatten(),
            time,
            memory: search::resident_bytes().unwrap_or_default(),
            stopped: reason.or(self.runs.ended),
            error,
            reduction,
            compares_all: self.allowance.is_enough(),
            reduction_time: self.store.reduction.time,
            growth: self.growth.clone(),
            coverage,
            findings: self.findings(is_complete),
        };
        self.begin.judged(&self.store.system, report)
    }

    fn findings(&self, is_complete: bool) -> Vec<Finding> {
        let claims = self.store.system.claims.iter();
        let finding = |(number, (claim, goal)): (usize, (_, &Option<Goal>))| {
            let claim = ClaimFacts::from(claim);
            if let Some(run) = self.runs.finding(number) {
                let shown = run.verdict == Verdict::Violated || self.options.until == Some(number);
                let way = shown.then(|| self.way_of_run(number)).flatten();
                return Finding {
                    claim,
                    verdict: run.verdict,
                    counterexample: way.map(|way| way.counterexample(&self.store.system)),
                    bound: run.bound.clone(),
                };
            }
            let verdict = Verdict::of(claim.kind, goal.is_some(), is_complete);
            let is_wanted = self.options.until == Some(number);
            let shown = goal.filter(|_| is_wanted || verdict == Verdict::Violated);
            Finding {
                claim,
                verdict,
                counterexample: shown.map(|goal| self.counterexample(goal)),
                bound: Vec::new(),
            }
        };
        claims.zip(&self.found).enumerate().map(finding).collect()
    }

    fn broken(&self, broken: Broken) -> BrokenReduction {
        let Broken { slot, local, .. } = broken;
        let mut rows = 0..self.rows.len() as RowId;
        let is_there = |id: &RowId| {
            let cell = self.rows.row(*id)[slot];
            self.store.slots[slot].facts[cell as usize].local == local
        };
        let arrival = rows.find(is_there).map_or(Goal::START, Goal::row);
        let at = &self.store.locals[local];
        let message = Envelope::clone(&self.store.messages[broken.message]);
        BrokenReduction {
            receiver: slot,
            state: format!("{:?}", at.up()),
            message: self.store.system.format_action(&Action::Deliver(message)),
            effect: broken.effect,
            dropped: self.way_to_drop(slot, broken.dropped),
            arrival: self.counterexample(arrival),
        }
    }

    fn error(&self, failure: Failure) -> search::ModelError {
        match failure {
            Failure::Start(error) => error,
            Failure::Hash(Disagreement { one, other }) => search::ModelError::Hash { one, other },
            Failure::Panic { goal, message } => search::ModelError::Panic {
                message,
                path: self.counterexample(goal),
            },
        }
    }

    fn states_without_history(&self) -> Option<usize> {
        if self.store.ghosts.len() <= 1 {
            return Some(self.rows.len());
        }
        let distinct = || {
            let threads = self.options.threads;
            self.index.distinct_without_ghost(&self.rows, threads)
        };
        self.options.counts_without_history.then(distinct)
    }
}
