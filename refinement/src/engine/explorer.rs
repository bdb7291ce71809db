//! The explorer: an exact, compact, parallel breadth-first search.
//!
//! - **Exact.** States are told apart by equality. Each distinct part of a state is stored once and
//!   named by a small integer (`parts`); a state is a row of names, compared exactly (`table`).
//! - **Each local situation once.** What a participant does with a message is computed once for
//!   each participant, its inbox and what happens to it, and remembered (`memo`, `deed`); so are
//!   the growth of history and the verdicts of claims, for each tuple of the parts that they read
//!   (`judge`).
//! - **Deterministic.** Rows are expanded in blocks of fixed size. While a block is expanded
//!   (`expand`), on all threads, the memory is only read; what is missing is collected, computed and
//!   named in order, and the rows that needed it are expanded once more. So names, the order of
//!   rows, counts and the counterexample that is reported are the same in every run and for every
//!   number of threads.
//!
//! A shortest counterexample follows from the order: the search goes level by level, and each row
//! knows the row that it was first reached from.
//!
//! # Memory
//!
//! A row takes four bytes for each name and for its parent, and one for what its step touched; the
//! index takes 11 to 21 more. A Raft cluster of three servers has five names a row: 44 to 51 bytes a
//! state, all told, in searches of ten million states and more. A search ends as inconclusive with its budget of memory, and never as complete.
//!
//! # Beyond memory
//!
//! Nothing is ever removed, and expanding reads rows in their order alone; only the index and the
//! comparison with the rows that it names are read at random. A table on disk would keep the index
//! in memory, which holds 32 bits of each row's hash, append rows to a file, and put the comparisons
//! of a whole level off: candidates whose hash is known would be sorted by the row they may be equal
//! to and compared in one sequential pass over the file, as Murφ does with its whole table (Stern
//! and Dill, 1998). The rest is new for certain. A level then costs one pass over the rows; the
//! order of rows, and with it counts and counterexamples, stays the same. It is not built: at 60
//! bytes a state, 24 GiB hold 430 million.
//!
//! # Steps
//!
//! Steps are not kept: [`graph`] expands each row once more, from memory alone, and looks its
//! successors up. Whoever needs them for longer stores the four bytes that each successor's id
//! takes, in the order of the rows.

mod coverage;
mod deed;
mod expand;
mod graph;
mod intern;
mod judge;
mod memo;
mod options;
mod panics;
mod parts;
mod plain;
mod reduction;
mod report;
mod successors;
mod table;
mod threads;

pub use coverage::{Coverage, Hits};
pub use graph::{Graph, graph};
pub use options::{Options, UNREDUCED_STATES_MAX};
pub(super) use panics::{caught, searching};
pub use plain::{Eventually, explore_model};

use super::search::{self, Finding, Halt, Limits, Progress, Report, Verdict};
use super::start::{Started, claims};
use super::trace::Trace;
use expand::{Expanded, Goal, Worker};
use indexmap::IndexMap;
use intern::{Allowance, Disagreement, NONE, Name};
use memo::Need;
use parts::Parts;
use quorate_models::property::{ClaimFacts, ClaimSet, Kind};
use quorate_models::system::{History, Participant, StateOf, System};
use reduction::Broken;
use rustc_hash::FxBuildHasher;
use std::sync::Arc;
use std::time::Instant;
use successors::Successors;
use table::{Index, ROOT, RowId, Rows, Touched};

/// Rows that are expanded between two looks at the limits.
const BLOCK: usize = 1 << 15;
/// Rows that one thread expands at a time.
const CHUNK: usize = 1 << 11;

/// Something wrong with the model itself; it ends the search.
#[derive(Clone, Debug)]
enum Flaw {
    /// A handler or a claim panicked.
    Panic { goal: Goal, message: String },
    /// Two values are equal and hash differently.
    Hash(Disagreement),
    /// There is no state to start in.
    Start(search::Flaw),
}

impl From<Disagreement> for Flaw {
    fn from(disagreement: Disagreement) -> Self {
        Flaw::Hash(disagreement)
    }
}

/// Searches a system, judging all of its claims. If its reduction turns out to be broken, it is
/// searched again without: the report is that of the second search, and says what broke.
///
/// A panic of the system itself is part of the report, and so are too many claims.
pub fn explore<A: Participant, G: History>(
    system: &Arc<System<A, G>>,
    options: &Options,
    progress: &Progress,
) -> Report {
    let search = || search_reduced_or_not(system, options, progress);
    searching(|| caught(search)).unwrap_or_else(|message| {
        // Where nothing more is known, as of a panic in `Eq`.
        Report::of_flaw(search::Flaw::panic(message), claims(system))
    })
}

/// Searches a system and, if its reduction is broken, again without.
fn search_reduced_or_not<A: Participant, G: History>(
    system: &Arc<System<A, G>>,
    options: &Options,
    progress: &Progress,
) -> Report {
    let reduced = search(system, options, progress);
    if reduced.halt != Some(Halt::Reduction) {
        return reduced;
    }
    let mut report = search(system, &options.unreduced(), progress);
    // A path of the reduced system is one of the system: what is violated on it is violated.
    for (finding, earlier) in report.findings.iter_mut().zip(reduced.findings) {
        let undecided = finding.verdict == Verdict::Inconclusive;
        if undecided && earlier.verdict == Verdict::Violated && earlier.counterexample.is_some() {
            *finding = earlier;
        }
    }
    report.reduction = reduced.reduction;
    report
}

/// Searches a system once, with or without its reduction.
fn search<A: Participant, G: History>(
    system: &Arc<System<A, G>>,
    options: &Options,
    progress: &Progress,
) -> Report {
    let mut explorer = Explorer::new(system, options);
    let end = explorer.run(progress).err();
    explorer.report(end)
}

/// The shortest way to a violation of one claim (for a witness: to where it is seen), or `None` if
/// there is none. If the reduction turns out to be broken on the way, it is searched for without.
///
/// # Errors
///
/// The reason, if nothing was found and the search is not complete.
pub fn shortest<A: Participant, G: History>(
    system: &Arc<System<A, G>>,
    number: usize,
    limits: Limits,
) -> Result<Option<Trace<A>>, Halt> {
    let options = Options {
        limits,
        until: Some(number),
        weighs_history: false,
        ..Options::default()
    };
    let reduced_or_not = || match shortest_once(system, number, &options) {
        Err(Halt::Reduction) => shortest_once(system, number, &options.unreduced()),
        found => found,
    };
    searching(|| caught(reduced_or_not)).unwrap_or(Err(Halt::Flaw))
}

fn shortest_once<A: Participant, G: History>(
    system: &Arc<System<A, G>>,
    number: usize,
    options: &Options,
) -> Result<Option<Trace<A>>, Halt> {
    let mut explorer = Explorer::new(system, options);
    let end = explorer.run(&Progress::default()).err();
    match (explorer.found[number], end) {
        (_, Some(End::Broken(_))) => Err(Halt::Reduction),
        (Some(goal), _) => Ok(Some(explorer.trace(goal))),
        (None, Some(end)) => Err(end.halt()),
        (None, None) if 0 < explorer.cut => Err(Halt::Boundary),
        (None, None) => Ok(None),
    }
}

/// Why a search ends early.
enum End {
    Halt(Halt),
    Flaw(Flaw),
    Broken(Broken),
}

impl End {
    fn halt(&self) -> Halt {
        match self {
            End::Halt(halt) => *halt,
            End::Flaw(_) => Halt::Flaw,
            End::Broken(_) => Halt::Reduction,
        }
    }
}

impl From<Broken> for End {
    fn from(broken: Broken) -> Self {
        End::Broken(broken)
    }
}

impl From<Flaw> for End {
    fn from(flaw: Flaw) -> Self {
        End::Flaw(flaw)
    }
}

struct Explorer<'o, A: Participant, G: History> {
    options: &'o Options,
    parts: Parts<A, G>,
    begin: Started<A, G>,
    rows: Rows,
    index: Index,
    workers: Vec<Worker<A, G>>,
    /// Results of chunks, used again and again.
    successors: Vec<Successors>,
    /// For each claim, where its verdict was found.
    found: Vec<Option<Goal>>,
    /// Findings of the present level that are one step longer than its own.
    later: Vec<(usize, Goal)>,
    /// The claims whose violation was made known.
    announced: ClaimSet,
    /// Rows that are expanded: the first so many.
    expanded: usize,
    /// What is left for comparing parts.
    allowance: Allowance,
    transitions: usize,
    cut: usize,
    /// Unique states at each depth.
    growth: Vec<usize>,
    started: Instant,
}

impl<'o, A: Participant, G: History> Explorer<'o, A, G> {
    fn new(system: &Arc<System<A, G>>, options: &'o Options) -> Self {
        let started = Instant::now();
        let mut begin = Started::new(system);
        let reduction = || options.reductions.then(|| system.reduction()).flatten();
        let is_dead = caught(reduction).unwrap_or_else(|message| {
            begin.state = Err(search::Flaw::panic(message));
            None
        });
        let parts = Parts::new(system, begin.state.as_ref().ok(), is_dead);
        let threads = options.threads.max(1);
        Explorer {
            options,
            rows: Rows::new(parts.layout.width()),
            index: Index::new(),
            workers: (0..threads).map(|_| Worker::new(&parts)).collect(),
            successors: Vec::new(),
            found: vec![None; system.stated.len()],
            later: Vec::new(),
            announced: ClaimSet::EMPTY,
            expanded: 0,
            allowance: Allowance::new(),
            transitions: 0,
            cut: 0,
            growth: Vec::new(),
            started,
            parts,
            begin,
        }
    }

    fn run(&mut self, progress: &Progress) -> Result<(), End> {
        let end = self.search(progress);
        self.settle_later();
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
                self.compare_parts(self.transitions - transitions)?;
                self.parts.check_reduction(self.options.threads)?;
                self.announce(progress);
                self.expanded = end;
                let states = self.rows.len();
                progress.record(states, self.transitions, self.growth.len() - 1);
                progress.queue(states - self.expanded);
                if self.expanded < states {
                    self.look_at_limits(progress)?;
                }
            }
            self.settle_later();
            self.announce(progress);
        }
        Ok(())
    }

    fn look_at_limits(&self, progress: &Progress) -> Result<(), End> {
        let options = self.options;
        let is_decided = options.until.is_some_and(|it| self.found[it].is_some());
        let is_stopped = options.stops_at_violation && !self.announced.is_empty();
        let limit = || options.limit(self.rows.len(), self.started, progress);
        let halt = is_decided
            .then_some(Halt::Decided)
            .or(is_stopped.then_some(Halt::Stopped))
            .or_else(limit)
            .or(self.rows.is_full().then_some(Halt::Table));
        halt.map_or(Ok(()), |halt| Err(End::Halt(halt)))
    }

    /// Makes the violations known that are new.
    fn announce(&mut self, progress: &Progress) {
        let stated = self.parts.system.stated.iter().enumerate();
        let new = stated.filter(|(number, stated)| {
            stated.kind() != Kind::Witness
                && !self.announced.contains(*number)
                && self.found[*number].is_some()
        });
        let new: Vec<(usize, ClaimFacts)> = new
            .map(|(number, stated)| (number, stated.into()))
            .collect();
        for (number, claim) in new {
            self.announced |= ClaimSet::of(number);
            progress.violated(Finding {
                claim,
                verdict: Verdict::Violated,
                counterexample: self.found[number].map(|goal| self.counterexample(goal)),
            });
        }
    }

    /// Inserts the state where the search starts.
    fn start(&mut self) -> Result<(), End> {
        let flaw = |message| Flaw::Panic {
            goal: Goal::START,
            message,
        };
        let state = self.begin.state.clone().map_err(Flaw::Start)?;
        let mut start = Successors::default();
        start.clear(self.parts.layout.width());
        let row = caught(|| self.parts.row(state)).map_err(flaw)?;
        let boundary = &mut self.workers[0];
        if caught(|| boundary.is_inside(&self.parts, &row)).map_err(flaw)? {
            start.begin(ROOT, &row);
            start.commit(std::iter::once(Touched::ALL));
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
    }

    /// Expands a block of rows, and inserts their successors.
    fn expand(&mut self, block: Vec<RowId>) -> Result<(), End> {
        let mut findings: Vec<(usize, Goal)> = Vec::new();
        let (mut ids, mut judges) = (block, true);
        while !ids.is_empty() {
            let expanded = self.expand_once(&ids, judges);
            self.insert(expanded.len());
            let mut needs: IndexMap<Need, Goal, FxBuildHasher> = IndexMap::default();
            (ids, judges) = (Vec::new(), false);
            for mut expanded in expanded {
                self.transitions += expanded.transitions;
                self.cut += expanded.cut;
                if let Some(flaw) = expanded.flaw {
                    return Err(flaw.into());
                }
                findings.append(&mut expanded.findings);
                self.later.append(&mut expanded.later);
                ids.append(&mut expanded.incomplete);
                for (need, goal) in expanded.needs {
                    needs.entry(need).or_insert(goal);
                }
            }
            self.meet(&needs)?;
        }
        self.settle(findings);
        Ok(())
    }

    /// Compares the parts that are new.
    fn compare_parts(&mut self, transitions: usize) -> Result<(), Flaw> {
        let (parts, threads) = (&mut self.parts, self.options.threads);
        self.allowance.earn(transitions);
        parts.locals.compare(threads, &mut self.allowance)?;
        parts.messages.compare(threads, &mut self.allowance)?;
        parts.histories.compare(threads, &mut self.allowance)?;
        Ok(())
    }

    /// Expands rows chunk by chunk, as far as memory goes.
    fn expand_once(&mut self, ids: &[RowId], judges: bool) -> Vec<Expanded> {
        let chunks: Vec<&[RowId]> = ids.chunks(CHUNK).collect();
        if self.successors.len() < chunks.len() {
            self.successors
                .resize_with(chunks.len(), Successors::default);
        }
        let (parts, rows) = (&self.parts, &self.rows);
        let mut expanded: Vec<Expanded> = chunks.iter().map(|_| Expanded::default()).collect();
        let mut tasks: Vec<_> = self.successors.iter_mut().zip(&mut expanded).collect();
        threads::share(
            &mut self.workers,
            &mut tasks,
            |worker, chunk, (successors, to)| {
                successors.clear(parts.layout.width());
                worker.expand_all(parts, rows, chunks[chunk], judges, (successors, to));
            },
        );
        drop(tasks);
        expanded
    }

    /// Computes what is needed, and remembers it.
    fn meet(&mut self, needs: &IndexMap<Need, Goal, FxBuildHasher>) -> Result<(), End> {
        let parts = &self.parts;
        let compute = |position: usize| {
            let (need, goal) = needs.get_index(position).expect("one of the needs");
            let goal = *goal;
            caught(|| parts.meet(*need)).map_err(|message| Flaw::Panic { goal, message })
        };
        let met = threads::map(self.options.threads, needs.len(), compute);
        for ((need, goal), met) in needs.iter().zip(met) {
            let goal = *goal;
            let met = met?;
            let stored = caught(|| self.parts.store(*need, goal, met));
            let stored = stored.and_then(|stored| stored);
            stored.map_err(|message| Flaw::Panic { goal, message })?;
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
            worker.open -= settled;
        }
    }

    /// Remembers what is found a step later than the level that has just been searched.
    fn settle_later(&mut self) {
        let later = std::mem::take(&mut self.later);
        self.settle(later);
    }
}

impl<A: Participant, G: History> Parts<A, G> {
    /// The row of a state, without the messages that are dead in it.
    fn row(&mut self, state: StateOf<A, G>) -> Vec<Name> {
        let layout = self.layout;
        let mut cells: Vec<Vec<Name>> = Vec::new();
        for local in state.locals {
            cells.push(vec![self.locals.insert(local).0]);
        }
        if layout.has_nobody() {
            cells.push(vec![NONE]);
        }
        let envelopes = state.network.iter();
        let messages: Vec<_> = envelopes
            .map(|it| self.name_message(Arc::new(it.to_cloned_msg())))
            .collect();
        for message in messages {
            let seat = usize::from(self.messages[message].dst).min(layout.participants);
            let local = cells[seat][0];
            if seat < layout.participants && self.is_dead(seat, &self.locals[local], message) {
                self.reduction.drop(seat, local, message, Goal::START);
            } else {
                self.put(&mut cells[seat], message);
            }
        }
        if let Some(last) = state.network.last {
            cells[layout.participants][0] = self.name_message(last);
        }
        let cells = cells.into_iter().enumerate();
        let mut row: Vec<Name> = cells
            .map(|(seat, cell)| self.name_cell(seat, &cell))
            .collect();
        let budget = self.name_budget(state.remaining);
        if layout.budget.is_some() {
            row.push(budget);
        }
        row.push(self.histories.insert(state.ghost).0);
        row
    }
}
