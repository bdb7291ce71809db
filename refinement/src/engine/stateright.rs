//! Stateright's breadth-first checker over a [`System`]: the second opinion.
//!
//! The states of a [`System`] hash soundly, but the checker still identifies them by a hash of 64
//! bits: two of `n` states collide with a probability of about `n² / 2^65`, which is 3 · 10⁻⁸ for
//! a million states. One thread, so that depth and counts are the same in every run.

use super::coverage::Coverage;
use super::explorer::Options;
use super::panics::{caught, searching};
use super::reached::{Reached, step};
use super::search::{
    Counterexample, Finding, Limits, ModelError, Progress, Report, StopReason, Verdict,
    resident_bytes,
};
use super::start::{Started, claims, start};
use super::trace::Trace;
use quorate_models::system::claim::{Claim, ClaimFacts, ClaimSet, Kind};
use quorate_models::system::{
    ActionOf, GhostState, Numbered, Participant, StateOf, System, numbered_properties,
};
use rustc_hash::FxHashSet;
use stateright::{Checker, HasDiscoveries, Model, Path, Property};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Never claimed by a system; it "holds" when the search is asked to end.
const INTERRUPTED: &str = "the search is asked to end";
/// Never claimed by a system: nothing panics in a state, or in a step from it.
const SOUND: &str = "nothing panics";

/// The purpose of one search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// Every claim.
    All,
    /// The claim with this position.
    Claim(usize),
    /// The way to a panic.
    Panic,
}

/// A system, as one search of it is run.
struct Search<A: Participant, G: GhostState> {
    system: Arc<System<A, G>>,
    start: StateOf<A, G>,
    aim: Aim,
    progress: Arc<Progress>,
    /// Hashes of the states without their ghosts.
    without_history: Mutex<FxHashSet<u64>>,
    /// Of each state, only these of the claims that the step to it decided are kept beside it:
    /// otherwise what is merely shown would multiply the states.
    kept: ClaimSet,
    /// Witnesses of steps that are shown and not kept.
    shown: Mutex<ClaimSet>,
    /// Steps that a boundary cut off.
    cut: AtomicUsize,
    /// The message of the first panic.
    panic: OnceLock<String>,
}

impl<A: Participant, G: GhostState> Search<A, G> {
    /// A search from the start of a system.
    fn new(
        system: &Arc<System<A, G>>,
        start: &StateOf<A, G>,
        aim: Aim,
        progress: &Arc<Progress>,
    ) -> Self {
        let kept = match aim {
            Aim::All => ClaimSet::ALL - witnesses(system),
            Aim::Claim(only) => ClaimSet::of(only),
            Aim::Panic => ClaimSet::EMPTY,
        };
        Search {
            kept,
            shown: Mutex::default(),
            system: system.clone(),
            start: start.clone(),
            aim,
            progress: progress.clone(),
            without_history: Mutex::default(),
            cut: AtomicUsize::new(0),
            panic: OnceLock::new(),
        }
    }

    /// Runs a part of the system. If it panics, that ends the search; until then, something stands
    /// in for what it would give.
    fn guarded<T>(&self, stand_in: T, work: impl FnOnce() -> T) -> T {
        caught(work).unwrap_or_else(|message| {
            self.panic.get_or_init(|| message);
            stand_in
        })
    }

    /// The state after an action, if it changes anything.
    fn step(&self, before: &StateOf<A, G>, action: &ActionOf<A>) -> Option<Reached<StateOf<A, G>>> {
        let mut reached = step(&self.system, before, action)?;
        let shown = reached.decided - self.kept;
        if !shown.is_empty() && self.system.within_boundary(&reached.state) {
            *self.lock_shown() |= shown;
        }
        reached.decided = reached.decided & self.kept;
        Some(reached)
    }

    fn lock_shown(&self) -> MutexGuard<'_, ClaimSet> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_ended(&self) -> bool {
        self.progress.is_interrupted() || self.panic.get().is_some()
    }

    /// Whether something panics in a state, and then in which step from it, if it is in one.
    fn panicking(&self, state: &StateOf<A, G>) -> Option<Option<ActionOf<A>>> {
        let system = &self.system;
        let mut actions = Vec::new();
        let here = || {
            let claims = system.claims.iter();
            claims.for_each(|claim| _ = claim.is_decided_in(state, &system.quorum));
            _ = system.within_boundary(state);
            system.actions(state, &mut actions);
        };
        if caught(here).is_err() {
            return Some(None);
        }
        let panics = |action: &ActionOf<A>| {
            let walk = || {
                let next = step(system, state, action);
                next.is_none_or(|next| system.within_boundary(&next.state))
            };
            caught(walk).is_err()
        };
        actions.into_iter().find(panics).map(Some)
    }

    fn note_without_history(&self, state: &StateOf<A, G>) {
        let mut hasher = DefaultHasher::new();
        (&state.locals, &state.network, &state.remaining).hash(&mut hasher);
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

impl<A: Participant, G: GhostState> Numbered for Search<A, G> {
    fn claims(&self) -> Vec<(Kind, &'static str)> {
        let claims = claims(&self.system).into_iter();
        let mut claims: Vec<_> = claims.map(|claim| (claim.kind, claim.name)).collect();
        match self.aim {
            Aim::All => {
                claims.push((Kind::Witness, INTERRUPTED));
                claims
            }
            Aim::Claim(only) => vec![claims[only]],
            Aim::Panic => vec![(Kind::Invariant, SOUND)],
        }
    }

    fn claim_holds(&self, number: usize, reached: &Self::State) -> bool {
        let Reached { state, decided } = reached;
        let holds = |number| {
            let claim: &Claim<A, G> = &self.system.claims[number];
            let holds_here =
                || decided.contains(number) || claim.is_decided_in(state, &self.system.quorum);
            self.guarded(true, || holds_here() == (claim.kind() == Kind::Witness))
        };
        match self.aim {
            Aim::All if number < self.system.claims.len() => holds(number),
            Aim::All => {
                self.note_without_history(state);
                self.is_ended()
            }
            // To find the one claim violated ends the search, and so must a reason.
            Aim::Claim(only) => holds(only) && !self.is_ended(),
            Aim::Panic => self.panicking(state).is_none(),
        }
    }
}

/// Each state keeps the claims that the step to it decided: a property of Stateright sees no steps.
impl<A: Participant, G: GhostState> Model for Search<A, G> {
    type State = Reached<StateOf<A, G>>;
    type Action = ActionOf<A>;

    fn init_states(&self) -> Vec<Self::State> {
        vec![Reached::start(self.start.clone())]
    }

    fn actions(&self, reached: &Self::State, actions: &mut Vec<Self::Action>) {
        self.guarded((), || self.system.actions(&reached.state, actions));
    }

    fn next_state(&self, reached: &Self::State, action: Self::Action) -> Option<Self::State> {
        self.guarded(None, || self.step(&reached.state, &action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        numbered_properties(self)
    }

    fn within_boundary(&self, reached: &Self::State) -> bool {
        let within = self.guarded(true, || self.system.within_boundary(&reached.state));
        self.cut.fetch_add(usize::from(!within), Ordering::Relaxed);
        within
    }
}

/// The witnesses that a system's claims have.
fn witnesses<A: Participant, G: GhostState>(system: &System<A, G>) -> ClaimSet {
    let claims = system.claims.iter().enumerate();
    claims
        .map(|(number, claim)| ClaimSet::of_if(number, claim.kind() == Kind::Witness))
        .collect()
}

/// Searches a system to the end, judging all of its claims. Claims that are violated get no
/// counterexample yet: [`shortest`] finds it. Of the options, the limits count, and whether the
/// search stops at a violation.
pub fn search<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    options: &Options,
    progress: &Arc<Progress>,
) -> Report {
    let search = || {
        let started = Started::new(system);
        let report = match started.state.clone().and_then(|_| first(system)) {
            Ok(start) => search_from(system, &start, options, progress),
            Err(error) => Report::of_error(error, claims(system)),
        };
        started.judged(system, report)
    };
    searching(|| caught(search)).unwrap_or_else(|message| {
        // Where nothing more is known, as of a panic in `Eq`.
        Report::of_error(ModelError::panic(message), claims(system))
    })
}

/// The state where the search starts, without the messages that are dead there.
fn first<A: Participant, G: GhostState>(
    system: &System<A, G>,
) -> Result<StateOf<A, G>, ModelError> {
    caught(|| system.init_states().swap_remove(0)).map_err(ModelError::panic)
}

fn search_from<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    start: &StateOf<A, G>,
    options: &Options,
    progress: &Arc<Progress>,
) -> Report {
    let started = Instant::now();
    let is_fatal = |it: &&Claim<A, G>| options.stops_at_violation && it.kind() != Kind::Witness;
    let fatal = system.claims.iter().filter(is_fatal);
    let fatal: BTreeSet<&'static str> = fatal.map(|it| it.name).collect();
    let ends = fatal.iter().copied().chain([INTERRUPTED]).collect();
    let builder = Search::new(system, start, Aim::All, progress)
        .checker()
        .finish_when(HasDiscoveries::AnyOf(ends));
    let mut checker = builder.spawn_bfs();
    let reason = watch(&mut checker, options.limits, progress);
    let time = started.elapsed();
    let found = checker.discoveries();
    let cut = checker.model().cut.load(Ordering::Relaxed);
    let error = (checker.model().panic.get()).map(|message| ModelError::Panic {
        message: message.clone(),
        path: path_to_panic(system, start),
    });
    let is_violated = fatal.iter().any(|name| found.contains_key(name));
    let stopped = (error.as_ref().map(|_| StopReason::ModelError).or(reason))
        .or(is_violated.then_some(StopReason::Violation))
        .or((0 < cut).then_some(StopReason::Boundary));
    let shown = *checker.model().lock_shown();
    let finding = |(number, claim): (usize, ClaimFacts)| {
        let found = found.contains_key(claim.name) || shown.contains(number);
        finding(claim, found, stopped.is_none())
    };
    let findings = claims(system).into_iter().enumerate().map(finding);
    Report {
        states: checker.unique_state_count(),
        // The start is counted, unless a boundary excludes it.
        transitions: checker.state_count().saturating_sub(1),
        depth: checker.max_depth().saturating_sub(1),
        cut,
        unexpanded: matches!(stopped, None | Some(StopReason::Boundary)).then_some(0),
        states_without_history: Some(checker.model().states_without_history()),
        time,
        memory: resident_bytes().unwrap_or_default(),
        stopped,
        error,
        reduction: None,
        compares_all: false,
        reduction_time: Duration::ZERO,
        growth: Vec::new(),
        coverage: Coverage::default(),
        findings: findings.collect(),
    }
}

/// The finding about a claim. Runs are not judged.
fn finding(claim: ClaimFacts, found: bool, is_complete: bool) -> Finding {
    let verdict = match claim.in_period {
        true => Verdict::Inconclusive,
        false => Verdict::of(claim.kind, found, is_complete),
    };
    Finding {
        claim,
        verdict,
        counterexample: None,
        bound: Vec::new(),
    }
}

/// The shortest way to a panic.
fn path_to_panic<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    start: &StateOf<A, G>,
) -> Counterexample {
    let search = Search::new(system, start, Aim::Panic, &Arc::default());
    let checker = search.checker().spawn_bfs().join();
    let path = checker.discovery(SOUND);
    let path = path.expect("what panicked once panics again");
    let last = checker
        .model()
        .panicking(&path.last_state().state)
        .flatten();
    let mut actions = path.into_actions();
    actions.extend(last);
    let loop_start = None;
    Trace {
        actions,
        loop_start,
    }
    .counterexample(system)
}

/// [`search`]es a system, and searches once more for each claim that is violated.
pub fn check<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    options: &Options,
    progress: &Arc<Progress>,
) -> Report {
    let mut report = search(system, options, progress);
    for (number, finding) in report.findings.iter_mut().enumerate() {
        let is_shown = finding.claim.kind == Kind::Witness || finding.counterexample.is_some();
        if finding.verdict == Verdict::Violated && !is_shown {
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
pub fn shortest<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    number: usize,
    limits: Limits,
) -> Result<Option<Trace<A>>, StopReason> {
    let search = || {
        let start = start(system).and_then(|_| first(system));
        let start = start.map_err(|_| StopReason::ModelError)?;
        let progress = Arc::new(Progress::default());
        let search = Search::new(system, &start, Aim::Claim(number), &progress);
        let mut checker = search.checker().spawn_bfs();
        let reason = watch(&mut checker, limits, &progress);
        if checker.model().panic.get().is_some() {
            return Err(StopReason::ModelError);
        }
        if let Some(reason) = reason {
            return Err(reason);
        }
        let path: Option<Path<_, _>> = checker.discovery(system.claims[number].name);
        match path {
            Some(path) => Ok(Some(Trace {
                actions: path.into_actions(),
                loop_start: None,
            })),
            None if 0 < checker.model().cut.load(Ordering::Relaxed) => Err(StopReason::Boundary),
            None => Ok(None),
        }
    };
    searching(|| caught(search)).unwrap_or(Err(StopReason::ModelError))
}

/// Waits for a checker, keeping the progress up to date and the limits kept.
fn watch<M, C>(checker: &mut C, limits: Limits, progress: &Progress) -> Option<StopReason>
where
    M: Model,
    C: Checker<M>,
{
    let started = Instant::now();
    let handles = checker.handles();
    let mut reason = None;
    let mut patience = Duration::from_millis(1);
    while !handles.iter().all(|handle| handle.is_finished()) {
        thread::park_timeout(patience);
        patience = (patience * 2).min(Duration::from_millis(50));
        let states = checker.unique_state_count();
        progress.record(states, checker.state_count(), checker.max_depth());
        if reason.is_none() {
            reason = limits.exceeded(states, started.elapsed(), resident_bytes);
            progress
                .interrupt
                .fetch_or(reason.is_some(), Ordering::Relaxed);
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
    reason.or(progress.is_interrupted().then_some(StopReason::Interrupted))
}
