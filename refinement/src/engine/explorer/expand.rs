//! Expanding states: from a row to its successors, by memory alone.

use super::Flaw;
use super::intern::Name;
use super::judge::Judging;
use super::memo::Need;
use super::parts::{Move, Parts, UNKNOWN};
use super::successors::Successors;
use super::table::{RowId, Rows, Touched};
use quorate_models::property::Judge;
use quorate_models::system::{self, Environment, History, Participant, Spend, Step};
use stateright::actor::Id;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the expansion of some rows gave.
#[derive(Default)]
pub(super) struct Expanded {
    /// What is missing, and the first row that needs it.
    pub(super) needs: Vec<(Need, RowId)>,
    /// Rows that could not be expanded without that.
    pub(super) incomplete: Vec<RowId>,
    /// Claims whose verdict was found, and the way there. Of each claim the first.
    pub(super) findings: Vec<(u32, Goal)>,
    /// Successors inside the boundary.
    pub(super) transitions: usize,
    /// Successors outside.
    pub(super) cut: usize,
    /// A panic of a claim.
    pub(super) flaw: Option<Flaw>,
}

/// Where a path leads: to a row, and one step on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    pub(super) row: RowId,
    pub(super) step: Option<StepRef>,
}

/// A step of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepRef {
    pub(super) seat: usize,
    pub(super) cell: Name,
    pub(super) spend: usize,
    pub(super) action: u16,
}

impl Expanded {
    fn find(&mut self, claims: u32, goal: Goal) {
        for claim in (0..u32::BITS).filter(|bit| claims & 1 << bit != 0) {
            if !self.findings.iter().any(|(known, _)| *known == claim) {
                self.findings.push((claim, goal));
            }
        }
    }
}

/// One thread's means of expanding rows.
pub(super) struct Worker<A: Participant, G: History> {
    pub(super) claims: Judging<A, G>,
    /// Claims, a bit each, whose verdict is not found yet.
    pub(super) open: u32,
    boundary: Option<Judging<A, G>>,
    /// Whether the boundary can be judged before a successor is complete.
    judges_early: bool,
    max_crashed: Option<usize>,
    /// Successors of the current row.
    rows: Vec<Name>,
    /// Of each of them, the kind of step and what it touched.
    steps: Vec<(u32, Touched)>,
    /// Further successors, outside the boundary.
    cut: usize,
    /// Transitions of each kind.
    pub(super) coverage: Vec<u64>,
    /// The row at work.
    current: RowId,
}

impl<A: Participant, G: History> Worker<A, G> {
    pub(super) fn new(parts: &Parts<A, G>) -> Self {
        let system = &parts.system;
        let mut claims = Judging::new();
        for (bit, stated) in system.stated.iter().enumerate() {
            match &stated.judge {
                Judge::Invariant(condition) => claims.seek(bit as u32, false, condition),
                Judge::Witness(condition) => claims.seek(bit as u32, true, condition),
                Judge::Move(_) | Judge::Step { .. } => {}
            }
        }
        let boundary = match &system.environment {
            Environment::Budgets(_) => None,
            Environment::Stateright {
                within_boundary, ..
            } => {
                let mut boundary = Judging::new();
                boundary.seek(0, false, within_boundary);
                Some(boundary)
            }
        };
        Worker {
            claims,
            open: u32::MAX,
            judges_early: boundary.as_ref().is_some_and(Judging::reads_one_at_a_time),
            boundary,
            max_crashed: system.environment.max_crashed(),
            rows: Vec::new(),
            steps: Vec::new(),
            cut: 0,
            coverage: Vec::new(),
            current: 0,
        }
    }

    /// Expands rows; `judges` says whether their states are judged, too.
    pub(super) fn expand_all(
        &mut self,
        parts: &Parts<A, G>,
        rows: &Rows,
        ids: &[RowId],
        judges: bool,
        (successors, to): (&mut Successors, &mut Expanded),
    ) {
        self.coverage.resize(parts.memo.kinds.len(), 0);
        let work = || {
            for id in ids {
                self.current = *id;
                let row = rows.row(*id);
                if judges {
                    let alarms = self.claims.row(parts, row, rows.touched(*id)) & self.open;
                    if alarms != 0 {
                        let goal = Goal {
                            row: *id,
                            step: None,
                        };
                        to.find(alarms, goal);
                    }
                }
                if self.expand(parts, *id, row, to) {
                    self.commit(parts, *id, successors, to);
                } else {
                    to.incomplete.push(*id);
                }
            }
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            to.flaw.get_or_insert(Flaw::Panic {
                goal: Goal {
                    row: self.current,
                    step: None,
                },
                message: super::panic_message(&*panic),
            });
        }
    }

    /// Whether a state is inside the boundary.
    pub(super) fn is_inside(&mut self, parts: &Parts<A, G>, row: &[Name]) -> bool {
        match &mut self.boundary {
            None => true,
            Some(boundary) => boundary.row(parts, row, Touched::ALL) == 0,
        }
    }

    /// Collects the successors of a row. If anything is missing, notes that and says no.
    fn expand(&mut self, parts: &Parts<A, G>, id: RowId, row: &[Name], to: &mut Expanded) -> bool {
        self.rows.clear();
        self.steps.clear();
        self.cut = 0;
        let budget = parts.layout.budget_of(row);
        let Some(allowed) = &parts.memo.budgets[budget as usize] else {
            to.needs.push((Need::Budget { budget }, id));
            return false;
        };
        let may_crash = self.max_crashed.is_none_or(|most| {
            let is_down = |seat: &usize| parts.seats[*seat].facts[row[*seat] as usize].crashed;
            (0..parts.layout.participants).filter(is_down).count() < most
        });
        let spends = parts.memo.spends.len();
        let mut complete = true;
        for (seat, known) in parts.seats.iter().enumerate() {
            let cell = row[seat];
            for (spend, left) in allowed {
                let spend = usize::from(*spend);
                if !may_crash && parts.memo.spends[spend] == Spend::Crash {
                    continue;
                }
                let (start, end) = known.moves[cell as usize * spends + spend];
                if (start, end) == UNKNOWN {
                    let (seat, spend) = (seat as u32, spend as u32);
                    to.needs.push((Need::Moves { seat, cell, spend }, id));
                    complete = false;
                    continue;
                }
                for number in start..end {
                    let next = &parts.memo.moves[number as usize];
                    match self.take(parts, id, row, (seat, *left, next), to) {
                        Taken::Inside if next.special => {
                            let action = next.action;
                            let step = StepRef {
                                seat,
                                cell,
                                spend,
                                action,
                            };
                            self.look_twice(parts, id, row, number, step, to);
                        }
                        Taken::Inside | Taken::Outside => {}
                        Taken::Incomplete => complete = false,
                    }
                }
            }
        }
        complete
    }

    /// Adds the successor by a move, if it is inside the boundary.
    fn take(
        &mut self,
        parts: &Parts<A, G>,
        id: RowId,
        row: &[Name],
        (seat, left, next): (usize, Name, &Move),
        to: &mut Expanded,
    ) -> Taken {
        let history = row[parts.layout.history];
        let grown = parts.grown(history, next.event);
        if grown.is_none() {
            let event = next.event;
            to.needs.push((Need::History { event, history }, id));
        }
        let touched = Touched::new(seat, grown != Some(history));
        if self.is_early_outside(parts, seat, next.local, (history, touched)) {
            self.cut += 1;
            return Taken::Outside;
        }
        let start = self.rows.len();
        self.rows.extend_from_slice(row);
        let after = &mut self.rows[start..];
        after[seat] = next.cell;
        if let Some(column) = parts.layout.budget {
            after[column] = left;
        }
        let sent = send(parts, id, after, next, to);
        let (Some(grown), true) = (grown, sent) else {
            return Taken::Incomplete;
        };
        after[parts.layout.history] = grown;
        if let Some(boundary) = self
            .boundary
            .as_mut()
            .filter(|_| !self.judges_early || touched.history())
            && boundary.row(parts, &self.rows[start..], touched) != 0
        {
            self.rows.truncate(start);
            self.cut += 1;
            return Taken::Outside;
        }
        self.steps.push((next.kind, touched));
        Taken::Inside
    }

    /// Whether it is clear from who moves alone that a successor is outside the boundary.
    fn is_early_outside(
        &mut self,
        parts: &Parts<A, G>,
        seat: usize,
        local: Name,
        (history, touched): (Name, Touched),
    ) -> bool {
        let is_known = self.judges_early && !touched.history() && seat < parts.layout.participants;
        let boundary = self.boundary.as_mut().filter(|_| is_known);
        boundary.is_some_and(|boundary| boundary.one(parts, seat, local, history) != 0)
    }

    /// Judges a step that breaks or may break a claim, or in which a handler panicked.
    fn look_twice(
        &mut self,
        parts: &Parts<A, G>,
        id: RowId,
        row: &[Name],
        number: u32,
        step: StepRef,
        to: &mut Expanded,
    ) {
        let goal = Goal {
            row: id,
            step: Some(step),
        };
        if let Some(message) = parts.memo.panics.get(&number) {
            let message = message.clone();
            to.flaw.get_or_insert(Flaw::Panic { goal, message });
            return;
        }
        let claims = parts.memo.judged[&number];
        let mut broken = claims.broken & self.open;
        if claims.conditional & self.open != 0 {
            let start = self.rows.len() - row.len();
            let (before, after) = (parts.locals_of(row), parts.locals_of(&self.rows[start..]));
            let actions = parts.actions(step.seat, step.cell, parts.memo.spends[step.spend]);
            let seen = Step {
                moved: system::Move {
                    id: Id::from(step.seat),
                    action: &actions[usize::from(step.action)],
                    before: &before[step.seat],
                    after: &after[step.seat],
                },
                before: &before,
                after: &after,
                ghost: &parts.histories[row[parts.layout.history]],
            };
            for (bit, stated) in parts.system.stated.iter().enumerate() {
                let bit = 1 << bit;
                if let Judge::Step { holds, .. } = stated.judge
                    && claims.conditional & self.open & bit != 0
                    && !holds(&seen)
                {
                    broken |= bit;
                }
            }
        }
        if broken != 0 {
            to.find(broken, goal);
        }
    }

    /// Hands the successors of the current row over.
    fn commit(
        &mut self,
        parts: &Parts<A, G>,
        id: RowId,
        successors: &mut Successors,
        to: &mut Expanded,
    ) {
        let width = parts.layout.width();
        for (row, (kind, touched)) in self.rows.chunks_exact(width).zip(&self.steps) {
            self.coverage[*kind as usize] += 1;
            successors.push(id, row, *touched);
        }
        to.transitions += self.steps.len();
        to.cut += self.cut;
    }
}

/// What became of a move.
enum Taken {
    /// Its successor is added.
    Inside,
    /// Its successor is outside the boundary.
    Outside,
    /// Something is missing.
    Incomplete,
}

/// Puts what a move sends into a row, or says what is missing.
fn send<A: Participant, G: History>(
    parts: &Parts<A, G>,
    id: RowId,
    row: &mut [Name],
    next: &Move,
    to: &mut Expanded,
) -> bool {
    let mut complete = true;
    let sends = next.sends as usize..next.sends as usize + usize::from(next.sent);
    for (seat, bundle) in &parts.memo.sends[sends] {
        let cell = &mut row[*seat as usize];
        match parts.seats[*seat as usize].after(*cell, *bundle) {
            Some(sent) => *cell = sent,
            None => {
                let need = Need::Sent {
                    seat: *seat,
                    cell: *cell,
                    bundle: *bundle,
                };
                to.needs.push((need, id));
                complete = false;
            }
        }
    }
    complete
}
