//! Expanding states: from a row to its successors, by memory alone.

use super::Flaw;
use super::deed::Deed;
use super::intern::Name;
use super::judge::Judging;
use super::memo::Need;
use super::panics::caught;
use super::parts::{Move, Parts, UNKNOWN};
use super::successors::Successors;
use super::table::{ROOT, RowId, Rows, Touched};
use quorate_models::property::{ClaimSet, Condition, Flight, Judge};
use quorate_models::system::{self, History, Participant, Spend, Step};
use stateright::actor::Id;

/// What the expansion of some rows gave.
#[derive(Default)]
pub(super) struct Expanded {
    /// What is missing, and where.
    pub(super) needs: Vec<(Need, Goal)>,
    /// Rows that could not be expanded without that.
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
    /// A panic of a claim.
    pub(super) flaw: Option<Flaw>,
}

/// Where a path leads: to a row, and one step on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    pub(super) row: RowId,
    /// The deed.
    pub(super) step: Option<Name>,
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
pub(super) struct Worker<A: Participant, G: History> {
    pub(super) claims: Judging<A, G>,
    /// Claims whose verdict is not found yet.
    pub(super) open: ClaimSet,
    boundary: Option<Judging<A, G>>,
    /// Whether the boundary can be judged before a successor is complete.
    judges_early: bool,
    max_crashed: Option<usize>,
    /// Of each successor of the current row, the kind of step and what it touched.
    steps: Vec<(Name, Touched)>,
    /// Further successors, outside the boundary.
    cut: usize,
    /// Transitions of each kind.
    pub(super) coverage: Vec<u64>,
    /// The row or the step at work.
    current: Goal,
}

impl<A: Participant, G: History> Worker<A, G> {
    pub(super) fn new(parts: &Parts<A, G>) -> Self {
        let system = &parts.system;
        let mut claims = Judging::new(system);
        for (claim, stated) in system.stated.iter().enumerate() {
            match &stated.judge {
                Judge::Invariant(condition) => claims.seek(claim, false, condition),
                Judge::Witness(condition) => claims.seek(claim, true, condition),
                Judge::Move(_) | Judge::Step { .. } | Judge::StepWitness { .. } => {}
            }
        }
        let boundary = system.boundary.as_ref().map(|within| {
            let mut boundary = Judging::new(system);
            boundary.seek(0, false, within);
            boundary
        });
        Worker {
            claims,
            open: ClaimSet::ALL,
            judges_early: boundary.as_ref().is_some_and(Judging::reads_one_at_a_time),
            boundary,
            max_crashed: system.environment.max_crashed(),
            steps: Vec::new(),
            cut: 0,
            coverage: Vec::new(),
            current: Goal::START,
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
                self.current = Goal::row(*id);
                let row = rows.row(*id);
                if judges {
                    let alarms = self.claims.row(parts, row, rows.touched(*id)) & self.open;
                    if !alarms.is_empty() {
                        to.find(alarms, self.current);
                    }
                }
                if self.expand(parts, *id, row, (successors, to)) {
                    self.commit(successors, to);
                } else {
                    successors.forget();
                    to.incomplete.push(*id);
                }
            }
        };
        if let Err(message) = caught(work) {
            let goal = self.current;
            to.flaw.get_or_insert(Flaw::Panic { goal, message });
        }
    }

    /// Whether a state is inside the boundary.
    pub(super) fn is_inside(&mut self, parts: &Parts<A, G>, row: &[Name]) -> bool {
        match &mut self.boundary {
            None => true,
            Some(boundary) => boundary.row(parts, row, Touched::ALL).is_empty(),
        }
    }

    /// Begins the successors of a row. If anything is missing, notes that and says no.
    pub(super) fn expand(
        &mut self,
        parts: &Parts<A, G>,
        id: RowId,
        row: &[Name],
        (successors, to): (&mut Successors, &mut Expanded),
    ) -> bool {
        self.steps.clear();
        self.cut = 0;
        let budget = parts.layout.budget_of(row);
        let Some(allowed) = &parts.memo.budgets[budget as usize] else {
            to.needs.push((Need::Remaining { budget }, Goal::row(id)));
            return false;
        };
        let may_crash = self.max_crashed.is_none_or(|most| {
            let is_down = |seat: &usize| parts.seats[*seat].facts[row[*seat] as usize].crashed;
            0 < most && (0..parts.layout.participants).filter(is_down).count() < most
        });
        let spends = parts.memo.spends.len();
        let mut complete = true;
        for (seat, known) in parts.seats.iter().enumerate() {
            let cell = row[seat];
            for (spend, left) in allowed {
                let spend = *spend as usize;
                if !may_crash && parts.memo.spends[spend] == Spend::Crash {
                    continue;
                }
                let (start, end) = known.moves[cell as usize * spends + spend];
                if (start, end) == UNKNOWN {
                    let (seat, spend) = (seat as u32, spend as u32);
                    to.needs
                        .push((Need::Moves { seat, cell, spend }, Goal::row(id)));
                    complete = false;
                    continue;
                }
                for next in &parts.memo.moves[start as usize..end as usize] {
                    let next = (seat, *left, *next);
                    complete &= self.take(parts, (id, row), next, (successors, to));
                }
            }
        }
        complete
    }

    /// Adds the successor by a move, if it is inside the boundary. If anything is missing, notes
    /// that and says no.
    fn take(
        &mut self,
        parts: &Parts<A, G>,
        (id, row): (RowId, &[Name]),
        (seat, left, next): (usize, Name, Move),
        (successors, to): (&mut Successors, &mut Expanded),
    ) -> bool {
        let goal = Goal {
            row: id,
            step: Some(next.deed),
        };
        let deed = &parts.memo.deeds[next.deed as usize];
        if deed.special && has_panicked(parts, goal, to) {
            return true;
        }
        let history = row[parts.layout.history];
        let grown = parts.grown(history, deed.event);
        if grown.is_none() {
            let event = deed.event;
            to.needs.push((Need::History { event, history }, goal));
        }
        let touched = Touched::new(seat, grown != Some(history));
        self.current = goal;
        if self.is_early_outside(parts, seat, deed.local, (history, touched)) {
            self.cut += 1;
            return true;
        }
        successors.begin(id, row);
        let after = successors.last();
        after[seat] = next.cell;
        if let Some(column) = parts.layout.budget {
            after[column] = left;
        }
        let sent = send(parts, after, deed, goal, to);
        let (Some(grown), true) = (grown, sent) else {
            return false;
        };
        after[parts.layout.history] = grown;
        if self.is_outside(parts, after, touched) {
            successors.forget_last();
            self.cut += 1;
            return true;
        }
        self.steps.push((deed.kind, touched));
        if deed.special {
            self.look_twice(parts, (row, successors.last()), seat, goal, to);
        }
        true
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
        boundary.is_some_and(|boundary| !boundary.one(parts, seat, local, history).is_empty())
    }

    /// Whether a successor is outside the boundary.
    fn is_outside(&mut self, parts: &Parts<A, G>, after: &[Name], touched: Touched) -> bool {
        let is_known = self.judges_early && !touched.history();
        let boundary = self.boundary.as_mut().filter(|_| !is_known);
        boundary.is_some_and(|boundary| !boundary.row(parts, after, touched).is_empty())
    }

    /// Judges a step that decides or may decide a claim.
    fn look_twice(
        &mut self,
        parts: &Parts<A, G>,
        (row, after): (&[Name], &[Name]),
        seat: usize,
        goal: Goal,
        to: &mut Expanded,
    ) {
        let number = goal.step.expect("a step");
        let claims = parts.memo.judged[&number];
        let mut decided = claims.broken & self.open;
        let conditional = claims.conditional & self.open;
        if !conditional.is_empty() {
            let deed = &parts.memo.deeds[number as usize];
            let history = |row: &[Name]| &parts.histories[row[parts.layout.history]];
            let (ghost_before, ghost_after) = (history(row), history(after));
            let (before, after) = (parts.locals_of(row), parts.locals_of(after));
            let seen = Step {
                moved: system::Move {
                    id: Id::from(seat),
                    action: &parts.actions[deed.action],
                    before: &before[seat],
                    after: &after[seat],
                },
                before: &before,
                after: &after,
                quorum: &parts.system.quorum,
                ghost_before,
                ghost_after,
            };
            let is_decided = |claim: usize| match &parts.system.stated[claim].judge {
                Judge::Step { holds, .. } => !holds(&seen),
                Judge::StepWitness { shows, .. } => shows(&seen),
                Judge::Invariant(Condition::FlightHistory(holds)) => parts
                    .sent_by(deed)
                    .any(|sent| !holds(&Flight::as_sent(&after[seat], sent), ghost_after)),
                Judge::Move(_) | Judge::Invariant(_) | Judge::Witness(_) => false,
            };
            let conditional = conditional.iter();
            decided |= conditional
                .map(|claim| ClaimSet::of_if(claim, is_decided(claim)))
                .collect();
        }
        if !decided.is_empty() {
            to.find(decided - parts.about_messages, goal);
            // What is sent is in flight a step later than the row that is expanded.
            add_first(&mut to.later, decided & parts.about_messages, goal);
        }
    }

    /// Hands the successors of the current row over.
    fn commit(&mut self, successors: &mut Successors, to: &mut Expanded) {
        for (kind, _) in &self.steps {
            self.coverage[*kind as usize] += 1;
        }
        successors.commit(self.steps.iter().map(|(_, touched)| *touched));
        to.transitions += self.steps.len();
        to.cut += self.cut;
    }
}

/// Whether a handler panicked in a step: it leads nowhere, so that no boundary can be asked.
fn has_panicked<A: Participant, G: History>(
    parts: &Parts<A, G>,
    goal: Goal,
    to: &mut Expanded,
) -> bool {
    let panic = goal.step.and_then(|deed| parts.memo.panics.get(&deed));
    if let Some(message) = panic.cloned() {
        to.flaw.get_or_insert(Flaw::Panic { goal, message });
    }
    panic.is_some()
}

/// Puts what is sent into a row, or notes what is missing.
fn send<A: Participant, G: History>(
    parts: &Parts<A, G>,
    row: &mut [Name],
    deed: &Deed,
    goal: Goal,
    to: &mut Expanded,
) -> bool {
    let mut complete = true;
    for (seat, bundle) in parts.memo.sends_of(deed) {
        let cell = &mut row[*seat as usize];
        match parts.seats[*seat as usize].after(*cell, *bundle) {
            Some(sent) => *cell = sent,
            None => {
                let need = Need::Sent {
                    seat: *seat,
                    cell: *cell,
                    bundle: *bundle,
                };
                to.needs.push((need, goal));
                complete = false;
            }
        }
    }
    complete
}
