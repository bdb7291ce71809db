//! Stateright's breadth-first checker over a [`System`]: the second opinion.
//!
//! The states of a [`System`] hash soundly, but the checker still identifies them by a hash of 64
//! bits: two of `n` states collide with a probability of about `n² / 2^65`, which is 3 · 10⁻⁸ for
//! a million states. One thread, so that depth and counts are the same in every run.

use super::explorer::{Coverage, Options};
use super::search::{Finding, Halt, Limits, Progress, Report, Verdict, resident_bytes};
use super::trace::Trace;
use quorate_models::catalog::ClaimFacts;
use quorate_models::property::Kind;
use quorate_models::system::{
    ActionOf, History, Numbered, Participant, StateOf, System, numbered_properties,
};
use rustc_hash::FxHashSet;
use stateright::{Checker, HasDiscoveries, Model, Path, Property};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Never claimed by a system; it "holds" when the search is asked to end.
const HALT: &str = "the search is asked to end";

/// A system, as one search of it is run.
struct Search<A: Participant, G: History> {
    system: Arc<System<A, G>>,
    /// The claim that is judged, if it is only one.
    only: Option<usize>,
    progress: Arc<Progress>,
    /// Hashes of the states without their history.
    without_history: Mutex<FxHashSet<u64>>,
    /// Steps that a boundary cut off.
    cut: AtomicUsize,
}

impl<A: Participant, G: History> Search<A, G> {
    fn new(system: &Arc<System<A, G>>, only: Option<usize>, progress: &Arc<Progress>) -> Self {
        let (system, progress) = (system.clone(), progress.clone());
        Search {
            system,
            only,
            progress,
            without_history: Mutex::default(),
            cut: AtomicUsize::new(0),
        }
    }

    fn note_without_history(&self, state: &StateOf<A, G>) {
        let mut hasher = DefaultHasher::new();
        (&state.locals, &state.network, &state.budget).hash(&mut hasher);
        let mut seen = self
            .without_history
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        seen.insert(hasher.finish());
    }

    fn states_without_history(&self) -> usize {
        self.without_history
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

impl<A: Participant, G: History> Numbered for Search<A, G> {
    fn claims(&self) -> Vec<(Kind, &'static str)> {
        let mut claims = self.system.claims();
        match self.only {
            Some(only) => vec![claims[only]],
            None => {
                claims.push((Kind::Witness, HALT));
                claims
            }
        }
    }

    fn claim_holds(&self, number: usize, state: &StateOf<A, G>) -> bool {
        if let Some(only) = self.only {
            // To find the one claim violated ends the search, and so must a halt.
            return self.system.claim_holds(only, state) && !self.progress.is_halted();
        }
        if number < self.system.stated.len() {
            return self.system.claim_holds(number, state);
        }
        self.note_without_history(state);
        self.progress.is_halted()
    }
}

impl<A: Participant, G: History> Model for Search<A, G> {
    type State = StateOf<A, G>;
    type Action = ActionOf<A>;

    fn init_states(&self) -> Vec<Self::State> {
        self.system.init_states()
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        self.system.actions(state, actions);
    }

    fn next_state(&self, state: &Self::State, action: Self::Action) -> Option<Self::State> {
        self.system.next_state(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        numbered_properties(self)
    }

    fn within_boundary(&self, state: &Self::State) -> bool {
        let within = self.system.within_boundary(state);
        self.cut.fetch_add(usize::from(!within), Ordering::Relaxed);
        within
    }
}

/// Searches a system to the end, judging all of its claims. Claims that are violated get no
/// counterexample yet: [`shortest`] finds it. Of the options, the limits count, and whether the
/// search stops at a violation.
pub fn survey<A: Participant, G: History>(
    system: &Arc<System<A, G>>,
    options: &Options,
    progress: &Arc<Progress>,
) -> Report {
    let started = Instant::now();
    let claims = system.stated.iter();
    let fatal = claims.filter(|it| options.stops_at_violation && it.kind() != Kind::Witness);
    let fatal: BTreeSet<&'static str> = fatal.map(|it| it.name).collect();
    let ends = fatal.iter().copied().chain([HALT]).collect();
    let builder = Search::new(system, None, progress)
        .checker()
        .finish_when(HasDiscoveries::AnyOf(ends));
    let mut checker = builder.spawn_bfs();
    let halt = watch(&mut checker, options.limits, progress);
    let time = started.elapsed();
    let found = checker.discoveries();
    let cut = checker.model().cut.load(Ordering::Relaxed);
    let is_stopped = fatal.iter().any(|name| found.contains_key(name));
    let halt = halt
        .or(is_stopped.then_some(Halt::Stopped))
        .or((0 < cut).then_some(Halt::Boundary));
    let finding = |stated: &_| {
        let claim = ClaimFacts::from(stated);
        let found = found.contains_key(claim.name);
        let verdict = Verdict::of(claim.kind, found, halt.is_none());
        Finding {
            claim,
            verdict,
            counterexample: None,
        }
    };
    Report {
        states: checker.unique_state_count(),
        transitions: checker.state_count() - 1,
        depth: checker.max_depth().saturating_sub(1),
        cut,
        unexpanded: halt.is_none_or(|halt| halt == Halt::Boundary).then_some(0),
        states_without_history: Some(checker.model().states_without_history()),
        time,
        memory: resident_bytes(),
        halt,
        flaw: None,
        reduction: None,
        compares_all: false,
        growth: Vec::new(),
        coverage: Coverage::default(),
        findings: system.stated.iter().map(finding).collect(),
    }
}

/// [`survey`]s a system, and searches once more for each claim that is violated.
pub fn check<A: Participant, G: History>(
    system: &Arc<System<A, G>>,
    options: &Options,
    progress: &Arc<Progress>,
) -> Report {
    let mut report = survey(system, options, progress);
    for (number, finding) in report.findings.iter_mut().enumerate() {
        if finding.verdict == Verdict::Violated && finding.claim.kind != Kind::Witness {
            let trace = shortest(system, number, options.limits).ok().flatten();
            finding.counterexample = trace.map(|trace| trace.counterexample(system));
            progress.violated(finding.clone());
        }
    }
    report
}

/// The shortest way to a violation of one claim, or `None` if the claim holds.
///
/// The claim is searched for alone: with several properties, Stateright goes on after a violation
/// and overwrites its path by later, longer ones.
///
/// # Errors
///
/// The reason, if nothing was found and the search is not complete.
pub fn shortest<A: Participant, G: History>(
    system: &Arc<System<A, G>>,
    number: usize,
    limits: Limits,
) -> Result<Option<Trace<A>>, Halt> {
    let progress = Arc::new(Progress::default());
    let mut checker = Search::new(system, Some(number), &progress)
        .checker()
        .spawn_bfs();
    if let Some(halt) = watch(&mut checker, limits, &progress) {
        return Err(halt);
    }
    let path: Option<Path<_, _>> = checker.discovery(system.stated[number].name);
    match path {
        Some(path) => Ok(Some(Trace {
            actions: path.into_actions(),
        })),
        None if 0 < checker.model().cut.load(Ordering::Relaxed) => Err(Halt::Boundary),
        None => Ok(None),
    }
}

/// Waits for a checker, keeping the progress up to date and the limits kept.
fn watch<M, C>(checker: &mut C, limits: Limits, progress: &Progress) -> Option<Halt>
where
    M: Model,
    C: Checker<M>,
{
    let started = Instant::now();
    let handles = checker.handles();
    let mut halt = None;
    let mut patience = Duration::from_millis(1);
    while !handles.iter().all(|handle| handle.is_finished()) {
        thread::park_timeout(patience);
        patience = (patience * 2).min(Duration::from_millis(50));
        let states = checker.unique_state_count();
        progress.record(states, checker.state_count(), checker.max_depth());
        if halt.is_none() {
            halt = limits.exceeded(states, started.elapsed(), resident_bytes);
            progress.halt.fetch_or(halt.is_some(), Ordering::Relaxed);
        }
    }
    for handle in handles {
        if let Err(panic) = handle.join() {
            std::panic::resume_unwind(panic);
        }
    }
    progress.record(
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
    );
    halt.or(progress.is_halted().then_some(Halt::Asked))
}
