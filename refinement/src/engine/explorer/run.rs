//! The run of a search: level by level, block by block.

use super::super::panics::caught;
use super::super::runs::Mark;
use super::expand::{Expanded, Goal};
use super::miss::Miss;
use super::search::{Finding, Progress, StopReason, Verdict};
use super::successors::Successors;
use super::table::{Delta, ROOT, RowId};
use super::{End, Explorer, Failure, threads};
use indexmap::IndexMap;
use quorate_models::system::claim::{ClaimFacts, ClaimSet, Kind};
use quorate_models::system::{GhostState, Participant};
use rustc_hash::FxBuildHasher;

/// Rows that are expanded between two looks at the limits.
pub(super) const BLOCK: usize = 1 << 15;
/// Rows that one thread expands at a time.
const CHUNK: usize = 1 << 11;

impl<A: Participant, G: GhostState> Explorer<'_, A, G> {
    pub(super) fn run(&mut self, progress: &Progress) -> Result<(), End> {
        let end = self.search(progress);
        self.settle_later();
        if !matches!(end, Err(End::Failure(_) | End::Broken(_))) {
            self.judge_runs(progress);
            self.announce_runs(progress);
        }
        end
    }

    fn search(&mut self, progress: &Progress) -> Result<(), End> {
        self.start()?;
        while self.expanded < self.rows.len() {
            let level = self.rows.len();
            self.growth.push(level - self.expanded);
            while self.expanded < level {
                let end = level.min(self.expanded + BLOCK);
                let transitions = self.transitions;
                self.expand((self.expanded as RowId..end as RowId).collect())?;
                self.compare_components(self.transitions - transitions)?;
                self.store.check_reduction(self.options.threads)?;
                self.announce(progress);
                self.expanded = end;
                let states = self.rows.len();
                progress.record(states, self.transitions, self.growth.len() - 1);
                progress.frontier(states - self.expanded);
                if self.expanded < states {
                    self.look_at_limits(progress)?;
                }
            }
            self.settle_later();
            self.announce(progress);
            self.look_at_runs(progress)?;
        }
        Ok(())
    }

    fn look_at_limits(&self, progress: &Progress) -> Result<(), End> {
        let options = self.options;
        let is_decided = options.until.is_some_and(|it| self.found[it].is_some());
        let is_stopped = options.stops_at_violation && !self.announced.is_empty();
        let limit = || options.limit(self.rows.len(), self.started, progress);
        let reason = is_decided
            .then_some(StopReason::Decided)
            .or(is_stopped.then_some(StopReason::Violation))
            .or_else(limit)
            .or(self.rows.is_full().then_some(StopReason::Table));
        reason.map_or(Ok(()), |reason| Err(End::Stop(reason)))
    }

    /// Announces the violations that are new.
    fn announce(&mut self, progress: &Progress) {
        let claims = self.store.system.claims.iter().enumerate();
        let new = claims.filter(|(number, claim)| {
            claim.kind() != Kind::Witness
                && !self.announced.contains(*number)
                && self.found[*number].is_some()
        });
        let new: Vec<(usize, ClaimFacts)> =
            new.map(|(number, claim)| (number, claim.into())).collect();
        for (number, claim) in new {
            self.announced |= ClaimSet::of(number);
            progress.violated(Finding {
                claim,
                verdict: Verdict::Violated,
                counterexample: self.found[number].map(|goal| self.counterexample(goal)),
                bound: Vec::new(),
            });
        }
    }

    /// Inserts the start state.
    fn start(&mut self) -> Result<(), End> {
        let failure = |message| Failure::Panic {
            goal: Goal::START,
            message,
        };
        let state = self.begin.state.clone().map_err(Failure::Start)?;
        let mut start = Successors::default();
        start.clear(self.store.layout.width());
        start.keeps_marks = self.store.keeps_edges;
        let row = caught(|| self.store.row(state)).map_err(failure)?;
        let boundary = &mut self.workers[0];
        if caught(|| boundary.is_inside(&self.store, &row)).map_err(failure)? {
            start.begin(ROOT, &row);
            start.commit(std::iter::once((Delta::ALL, Mark::FAIR)));
        } else {
            self.cut += 1;
        }
        self.successors.push(start);
        self.insert(1);
        Ok(())
    }

    /// Inserts the successors of the first chunks.
    fn insert(&mut self, chunks: usize) {
        let threads = self.options.threads.max(1);
        let successors = &mut self.successors[..chunks];
        self.index.insert(&mut self.rows, successors, threads);
        self.keep_edges(chunks);
    }

    /// Expands a block of rows, and inserts their successors.
    fn expand(&mut self, block: Vec<RowId>) -> Result<(), End> {
        let mut findings: Vec<(usize, Goal)> = Vec::new();
        let (mut ids, mut judges) = (block, true);
        while !ids.is_empty() {
            let expanded = self.expand_once(&ids, judges);
            self.insert(expanded.len());
            let mut misses: IndexMap<Miss, Goal, FxBuildHasher> = IndexMap::default();
            (ids, judges) = (Vec::new(), false);
            for mut expanded in expanded {
                self.transitions += expanded.transitions;
                self.cut += expanded.cut;
                self.runs.leave_open(&expanded.cut_rows);
                if let Some(failure) = expanded.failure {
                    return Err(failure.into());
                }
                findings.append(&mut expanded.findings);
                self.later.append(&mut expanded.later);
                ids.append(&mut expanded.incomplete);
                for (miss, goal) in expanded.misses {
                    misses.entry(miss).or_insert(goal);
                }
            }
            self.fill(&misses)?;
        }
        self.settle(findings);
        Ok(())
    }

    /// Compares the components that are new.
    fn compare_components(&mut self, transitions: usize) -> Result<(), Failure> {
        let (store, threads) = (&mut self.store, self.options.threads);
        self.allowance.earn(transitions);
        store.locals.compare(threads, &mut self.allowance)?;
        store.messages.compare(threads, &mut self.allowance)?;
        store.ghosts.compare(threads, &mut self.allowance)?;
        Ok(())
    }

    /// Expands rows chunk by chunk, as far as the cache goes.
    pub(super) fn expand_once(&mut self, ids: &[RowId], judges: bool) -> Vec<Expanded> {
        let chunks: Vec<&[RowId]> = ids.chunks(CHUNK).collect();
        if self.successors.len() < chunks.len() {
            self.successors
                .resize_with(chunks.len(), Successors::default);
        }
        let (store, rows) = (&self.store, &self.rows);
        let mut expanded: Vec<Expanded> = chunks.iter().map(|_| Expanded::default()).collect();
        let mut tasks: Vec<_> = self.successors.iter_mut().zip(&mut expanded).collect();
        threads::share(
            &mut self.workers,
            &mut tasks,
            |worker, chunk, (successors, to)| {
                successors.clear(store.layout.width());
                successors.keeps_marks = store.keeps_edges;
                worker.expand_all(store, rows, chunks[chunk], judges, (successors, to));
            },
        );
        drop(tasks);
        expanded
    }

    /// Computes and fills the misses.
    fn fill(&mut self, misses: &IndexMap<Miss, Goal, FxBuildHasher>) -> Result<(), End> {
        let store = &self.store;
        let compute = |position: usize| {
            let (miss, goal) = misses.get_index(position).expect("one of the misses");
            let goal = *goal;
            caught(|| store.compute(miss.clone()))
                .map_err(|message| Failure::Panic { goal, message })
        };
        let filled = threads::map(self.options.threads, misses.len(), compute);
        for ((miss, goal), filled) in misses.iter().zip(filled) {
            let goal = *goal;
            let filled = filled?;
            let done = caught(|| self.store.fill(miss.clone(), goal, filled));
            done.and_then(|done| done)
                .map_err(|message| Failure::Panic { goal, message })?;
        }
        Ok(())
    }

    /// Remembers the first place where each claim's verdict was found.
    fn settle(&mut self, mut findings: Vec<(usize, Goal)>) {
        if findings.is_empty() {
            return;
        }
        findings.sort_by_key(|(claim, goal)| (*claim, goal.row));
        let mut settled = ClaimSet::EMPTY;
        for (claim, goal) in findings {
            self.found[claim].get_or_insert(goal);
            settled |= ClaimSet::of(claim);
        }
        for worker in &mut self.workers {
            worker.claims.settle(settled);
            worker.in_period.settle(settled);
            worker.open -= settled;
        }
    }

    /// Remembers what is found a step later than the level that has just been searched.
    fn settle_later(&mut self) {
        let later = std::mem::take(&mut self.later);
        self.settle(later);
    }
}
