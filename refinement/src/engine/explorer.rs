//! The explorer: an exact, compact, parallel breadth-first search of a [`System`].
//!
//! - **Collapse compression** (Holzmann 1997). States are told apart by equality. Each distinct
//!   component of a state is hash-consed: an interner (`intern`) stores it once in the component store
//!   (`store`) and gives it a small integer, its id (`ids`). A state is a row of ids, compared exactly
//!   (`table`).
//! - **Transition caching.** A local transition is computed once for each participant, its local state
//!   and an event (`transition`, `cache`), and so is how a ghost grows. A condition is judged once for
//!   each tuple of the components that it reads, its footprint (`judge`).
//! - **A breadth-first frontier in deterministic order.** Rows are expanded in blocks of fixed size, on
//!   all threads (`expand`). While a block is expanded the cache is only read. Cache misses are
//!   collected, computed and filled in order (`miss`), and the rows that missed are expanded once more.
//!   So ids, the order of rows, counts and the counterexample that is reported are the same in every
//!   run and for every number of threads.
//!
//! A shortest counterexample follows from the order: the search goes level by level, and each row
//! knows the row that it was first reached from.
//!
//! # Memory
//!
//! A row takes four bytes for each id and for its parent, and one for the delta of its step; the
//! index takes 11 to 21 more. A Raft cluster of three servers has five ids a row: 44 to 51 bytes a
//! state, all told, in searches of ten million states and more. With its budget of memory a search
//! ends as inconclusive, and never as complete.
//!
//! # Beyond memory
//!
//! No row is ever removed, and expanding reads rows in their order alone; only the index, and the
//! rows compared through it, are read at random. A table on disk would keep the index in memory, which
//! holds 32 bits of each row's hash, append rows to a file, and put off the comparisons of a whole
//! level: candidates whose hash is known would be sorted by the row that they may be equal to, and
//! compared in one sequential pass over the file, as Murφ does with its whole table (Stern and Dill,
//! 1998). The other candidates are new for certain. A level then costs one pass over the rows; the
//! order of rows, and with it counts and counterexamples, stays the same. Such a table is
//! not built: at 60 bytes a state, 24 GiB hold 430 million.
//!
//! # Edges
//!
//! Where there are claims about the good period, the edges in it are kept for the judges of
//! [runs](super::runs): five bytes for each, in the order of the rows, and eight for each row. If they are
//! more than [`Options::edges`], they are dropped, and three bits of each row stay: whether it is inside,
//! whether the good period begins there, and whether some of its successors are not known. Judges then
//! find edges anew (`anew`): a block of rows is expanded once more, from the cache alone, on all threads,
//! and its successors are looked up. They sweep over the rows instead of following edges, and keep those
//! of what is left, if they are few enough. Verdicts, bounds and runs are the same.
//!
//! Without a claim about the good period no edges are kept, and none outside it: [`graph`] finds them anew.

mod anew;
mod cache;
mod everyone;
mod expand;
mod graph;
mod ids;
mod intern;
mod judge;
mod miss;
mod options;
mod path;
mod plain;
mod reduction;
mod refined;
mod report;
mod run;
mod runs;
mod store;
mod successor;
mod successors;
mod table;
mod threads;
mod transition;

pub use graph::{Graph, graph};
pub use options::{EDGES_MAX, Options, UNREDUCED_STATES_MAX};
pub use plain::{Eventually, explore_model};

use super::panics::{caught, searching};
use super::search::{self, Limits, Progress, Report, StopReason, Verdict};
use super::start::{Started, claims};
use super::trace::Trace;
use expand::{Goal, Worker};
use intern::{Allowance, Disagreement};
use quorate_models::system::claim::ClaimSet;
use quorate_models::system::{GhostState, Participant, System};
use reduction::Broken;
use runs::Runs;
use std::sync::Arc;
use std::time::Instant;
use store::ComponentStore;
use successors::Successors;
use table::{RowIndex, Rows};

/// Something wrong with the model itself; it ends the search.
#[derive(Clone, Debug)]
enum Failure {
    /// A handler or a claim panicked.
    Panic { goal: Goal, message: String },
    /// Two values are equal and hash differently.
    Hash(Disagreement),
    /// There is no state to start in.
    Start(search::ModelError),
}

impl From<Disagreement> for Failure {
    fn from(disagreement: Disagreement) -> Self {
        Failure::Hash(disagreement)
    }
}

/// Searches a system, judging all of its claims. If its reduction turns out to be broken, it is
/// searched again without: the report is that of the second search, and says what broke.
///
/// A panic of the system itself is part of the report, and so are too many claims.
pub fn explore<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    options: &Options,
    progress: &Progress,
) -> Report {
    let search = || search_reduced_or_not(system, options, progress);
    searching(|| caught(search)).unwrap_or_else(|message| {
        // Where nothing more is known, as of a panic in `Eq`.
        Report::of_error(search::ModelError::panic(message), claims(system))
    })
}

/// Searches a system and, if its reduction is broken, again without.
fn search_reduced_or_not<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    options: &Options,
    progress: &Progress,
) -> Report {
    let reduced = search(system, options, progress);
    if reduced.stopped != Some(StopReason::Reduction) {
        return reduced;
    }
    let mut report = search(system, &options.unreduced(), progress);
    // A path of the reduced system is one of the system: a claim violated on it is violated.
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
fn search<A: Participant, G: GhostState>(
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
pub fn shortest<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    number: usize,
    limits: Limits,
) -> Result<Option<Trace<A>>, StopReason> {
    let options = Options {
        limits,
        until: Some(number),
        counts_without_history: false,
        ..Options::default()
    };
    let reduced_or_not = || match shortest_once(system, number, &options) {
        Err(StopReason::Reduction) => shortest_once(system, number, &options.unreduced()),
        found => found,
    };
    searching(|| caught(reduced_or_not)).unwrap_or(Err(StopReason::ModelError))
}

fn shortest_once<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    number: usize,
    options: &Options,
) -> Result<Option<Trace<A>>, StopReason> {
    let mut explorer = Explorer::new(system, options);
    let end = explorer.run(&Progress::default()).err();
    if let Some(found) = explorer.runs.finding(number) {
        return match (found.verdict, end) {
            _ if found.is_shown() => Ok(explorer.way_of_run(number)),
            (_, Some(end)) => Err(end.reason()),
            (Verdict::Inconclusive, None) => {
                Err(explorer.runs.ended.unwrap_or(StopReason::Boundary))
            }
            (_, None) => Ok(None),
        };
    }
    match (explorer.found[number], end) {
        (_, Some(End::Broken(_))) => Err(StopReason::Reduction),
        (Some(goal), _) => Ok(Some(explorer.trace(goal))),
        (None, Some(end)) => Err(end.reason()),
        (None, None) if 0 < explorer.cut => Err(StopReason::Boundary),
        (None, None) => Ok(None),
    }
}

/// Why a search ends early.
enum End {
    Stop(StopReason),
    Failure(Failure),
    Broken(Broken),
}

impl End {
    fn reason(&self) -> StopReason {
        match self {
            End::Stop(reason) => *reason,
            End::Failure(_) => StopReason::ModelError,
            End::Broken(_) => StopReason::Reduction,
        }
    }
}

impl From<Broken> for End {
    fn from(broken: Broken) -> Self {
        End::Broken(broken)
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        End::Failure(failure)
    }
}

struct Explorer<'o, A: Participant, G: GhostState> {
    options: &'o Options,
    store: ComponentStore<A, G>,
    begin: Started<A, G>,
    rows: Rows,
    index: RowIndex,
    workers: Vec<Worker<A, G>>,
    /// Results of chunks, used again and again.
    successors: Vec<Successors>,
    /// For each claim, where its verdict was found.
    found: Vec<Option<Goal>>,
    /// Findings of the present level that are one step longer than its own.
    later: Vec<(usize, Goal)>,
    /// The claims whose violation was announced.
    announced: ClaimSet,
    /// The edges of the good period, and what was found of its runs.
    runs: Runs,
    /// Rows that are expanded: the first so many.
    expanded: usize,
    /// The allowance that is left for comparing components.
    allowance: Allowance,
    transitions: usize,
    cut: usize,
    /// Unique states at each depth.
    growth: Vec<usize>,
    started: Instant,
}

impl<'o, A: Participant, G: GhostState> Explorer<'o, A, G> {
    fn new(system: &Arc<System<A, G>>, options: &'o Options) -> Self {
        let started = Instant::now();
        let mut begin = Started::new(system);
        let reduction = || options.reductions.then(|| system.reduction()).flatten();
        let is_dead = caught(reduction).unwrap_or_else(|message| {
            begin.state = Err(search::ModelError::panic(message));
            None
        });
        let store = ComponentStore::new(system, begin.state.as_ref().ok(), is_dead);
        let threads = options.threads.max(1);
        Explorer {
            options,
            rows: Rows::new(store.layout.width()),
            index: RowIndex::new(store.keeps_edges),
            runs: Runs::default(),
            workers: (0..threads).map(|_| Worker::new(&store)).collect(),
            successors: Vec::new(),
            found: vec![None; system.claims.len()],
            later: Vec::new(),
            announced: ClaimSet::EMPTY,
            expanded: 0,
            allowance: Allowance::new(),
            transitions: 0,
            cut: 0,
            growth: Vec::new(),
            started,
            store,
            begin,
        }
    }
}
