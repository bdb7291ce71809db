//! The plain path: any Stateright [`Model`], whose states are opaque and kept whole.
//!
//! As exact and as deterministic as the explorer of systems, and far from as compact or as fast.

use super::super::coverage::{Coverage, first_word};
use super::super::panics::{caught, searching};
use super::ids::StateId;
use super::intern::{Allowance, Disagreement, Interner};
use super::search::{Counterexample, Finding, ModelError, Progress, Report, StopReason, Verdict};
use super::{Options, threads};
use quorate_models::system::claim::{ClaimFacts, Kind};
use stateright::{Expectation, Model, Property};
use std::fmt::{self, Debug};
use std::hash::Hash;
use std::time::{Duration, Instant};

/// States that are expanded between two looks at the limits.
const BLOCK: usize = 1 << 12;

/// A property that is not judged here: Stateright's `eventually`, which misses runs that end in a
/// cycle or join others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eventually(pub &'static str);

impl fmt::Display for Eventually {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the property {:?} is an `eventually`; only `always` and `sometimes` can be judged by states",
            self.0
        )
    }
}

impl std::error::Error for Eventually {}

/// Searches any model, judging all of its properties.
///
/// # Errors
///
/// The first property that cannot be judged by states.
pub fn explore_model<M>(
    model: &M,
    options: &Options,
    progress: &Progress,
) -> Result<Report, Eventually>
where
    M: Model + Sync,
    M::State: Debug + Hash + PartialEq + Send + Sync,
    M::Action: Debug,
{
    searching(|| {
        let properties = match caught(|| model.properties()) {
            Ok(properties) => properties,
            Err(message) => return Ok(Report::of_error(ModelError::panic(message), Vec::new())),
        };
        judged(model, properties, options, progress)
    })
}

fn judged<M>(
    model: &M,
    properties: Vec<Property<M>>,
    options: &Options,
    progress: &Progress,
) -> Result<Report, Eventually>
where
    M: Model + Sync,
    M::State: Debug + Hash + PartialEq + Send + Sync,
    M::Action: Debug,
{
    let started = Instant::now();
    // It would take a run that ends in a cycle, or joins another, for one that meets the goal.
    let eventually = |property: &&Property<M>| property.expectation == Expectation::Eventually;
    if let Some(property) = properties.iter().find(eventually) {
        return Err(Eventually(property.name));
    }
    let claims: Vec<ClaimFacts> = properties.iter().map(claim).collect();
    let search = || {
        let mut search = Search::new(model, properties, options);
        let end = search.run(progress, started).err();
        search.report(end, started.elapsed())
    };
    // Where nothing more is known, as of a panic in `Eq`.
    let of_panic = |message| Report::of_error(ModelError::panic(message), claims);
    Ok(caught(search).unwrap_or_else(of_panic))
}

/// A property as a claim.
fn claim<M: Model>(property: &Property<M>) -> ClaimFacts {
    ClaimFacts {
        name: property.name,
        source: "the model",
        kind: match property.expectation {
            Expectation::Sometimes => Kind::Witness,
            _ => Kind::Invariant,
        },
        witness: None,
        in_period: false,
    }
}

enum End {
    Stop(StopReason),
    Error(ModelError),
}

impl From<Disagreement> for End {
    fn from(Disagreement { one, other }: Disagreement) -> Self {
        End::Error(ModelError::Hash { one, other })
    }
}

struct Search<'m, M: Model> {
    model: &'m M,
    options: &'m Options,
    properties: Vec<Property<M>>,
    states: Interner<M::State>,
    /// The allowance that is left for comparing states.
    allowance: Allowance,
    /// Of each state, how it was first reached.
    reached: Vec<Reached>,
    /// How many states are expanded.
    expanded: usize,
    /// Of each property, where its verdict was found.
    found: Vec<Option<StateId>>,
    transitions: usize,
    cut: usize,
    growth: Vec<usize>,
    coverage: Coverage,
}

/// How a state was first reached: from which other one, by which of its actions; or as which of the
/// initial states.
#[derive(Clone, Copy)]
struct Reached {
    from: Option<StateId>,
    by: u32,
}

/// The result of expanding a state.
struct Expanded<S> {
    /// Properties whose verdict is found here.
    alarms: Vec<usize>,
    /// The position of each action that leads somewhere, its first word, and where it leads.
    steps: Vec<(u32, String, S)>,
    cut: usize,
}

impl<'m, M> Search<'m, M>
where
    M: Model + Sync,
    M::State: Debug + Hash + PartialEq + Send + Sync,
    M::Action: Debug,
{
    fn new(model: &'m M, properties: Vec<Property<M>>, options: &'m Options) -> Self {
        Search {
            model,
            options,
            found: vec![None; properties.len()],
            properties,
            states: Interner::new(),
            allowance: Allowance::new(),
            reached: Vec::new(),
            expanded: 0,
            transitions: 0,
            cut: 0,
            growth: Vec::new(),
            coverage: Coverage::default(),
        }
    }

    fn run(&mut self, progress: &Progress, started: Instant) -> Result<(), End> {
        self.start()?;
        while self.expanded < self.states.len() {
            let level = self.states.len();
            self.growth.push(level - self.expanded);
            while self.expanded < level {
                self.expand_block(level.min(self.expanded + BLOCK))?;
                let states = self.states.len();
                progress.record(states, self.transitions, self.growth.len() - 1);
                progress.frontier(states - self.expanded);
                if self.expanded < states {
                    self.look_at_limits(progress, started)?;
                }
            }
        }
        Ok(())
    }

    /// Inserts the initial states.
    fn start(&mut self) -> Result<(), End> {
        let error = |message| End::Error(ModelError::panic(message));
        let model = self.model;
        let states = caught(|| model.init_states()).map_err(error)?;
        if states.is_empty() {
            return Err(End::Stop(StopReason::NoStart));
        }
        for (by, state) in (0..).zip(states) {
            let within = caught(|| model.within_boundary(&state));
            let within = within.map_err(|message| {
                let (steps, address) = (Vec::new(), by.to_string());
                let path = Counterexample {
                    steps,
                    loop_start: None,
                    address,
                    script: None,
                };
                End::Error(ModelError::Panic { message, path })
            })?;
            if within {
                self.insert(state, Reached { from: None, by });
            } else {
                self.cut += 1;
            }
        }
        Ok(())
    }

    fn look_at_limits(&self, progress: &Progress, started: Instant) -> Result<(), End> {
        let options = self.options;
        let is_decided = options.until.is_some_and(|it| self.found[it].is_some());
        let mut claims = self.properties.iter().zip(&self.found);
        let is_stopped = options.stops_at_violation
            && claims.any(|(claim, found)| {
                claim.expectation != Expectation::Sometimes && found.is_some()
            });
        let reason = is_decided
            .then_some(StopReason::Decided)
            .or(is_stopped.then_some(StopReason::Violation))
            .or_else(|| options.limit(self.states.len(), started, progress));
        reason.map_or(Ok(()), |reason| Err(End::Stop(reason)))
    }

    fn insert(&mut self, state: M::State, reached: Reached) {
        let (_, new) = self.states.insert(state);
        if new {
            self.reached.push(reached);
        }
    }

    fn expand_block(&mut self, end: usize) -> Result<(), End> {
        let (start, transitions) = (self.expanded, self.transitions);
        let expand = |position: usize| caught(|| self.expand((start + position) as StateId));
        let block = threads::map(self.options.threads, end - start, expand);
        for (state, expanded) in (start as StateId..).zip(block) {
            let expanded = expanded.map_err(|message| {
                let path = self.path(state);
                End::Error(ModelError::Panic { message, path })
            })?;
            for alarm in expanded.alarms {
                self.found[alarm].get_or_insert(state);
            }
            self.cut += expanded.cut;
            for (by, label, next) in expanded.steps {
                self.transitions += 1;
                *self.coverage.steps.entry(label).or_default() += 1;
                let from = Some(state);
                self.insert(next, Reached { from, by });
            }
        }
        self.expanded = end;
        self.allowance.earn(self.transitions - transitions);
        self.states
            .compare(self.options.threads, &mut self.allowance)?;
        Ok(())
    }

    fn expand(&self, id: StateId) -> Expanded<M::State> {
        let state = &self.states[id];
        let raises = |(position, property): (usize, &Property<M>)| {
            let alarm = property.expectation == Expectation::Sometimes;
            let open = self.found[position].is_none();
            (open && (property.condition)(self.model, state) == alarm).then_some(position)
        };
        let alarms = self.properties.iter().enumerate().filter_map(raises);
        let mut expanded = Expanded {
            alarms: alarms.collect(),
            steps: Vec::new(),
            cut: 0,
        };
        for (by, action) in (0..).zip(self.actions(state)) {
            let label = first_word("", &action);
            match self.model.next_state(state, action) {
                Some(next) if self.model.within_boundary(&next) => {
                    expanded.steps.push((by, label, next));
                }
                Some(_) => expanded.cut += 1,
                None => {}
            }
        }
        expanded
    }

    fn actions(&self, state: &M::State) -> Vec<M::Action> {
        let mut actions = Vec::new();
        self.model.actions(state, &mut actions);
        actions
    }

    /// The way to a state.
    fn path(&self, to: StateId) -> Counterexample {
        let (mut steps, mut address) = (Vec::new(), Vec::new());
        let mut reached = self.reached[to as usize];
        while let Some(from) = reached.from {
            let mut actions = self.actions(&self.states[from]);
            let action = actions.swap_remove(reached.by as usize);
            steps.push(self.model.format_action(&action));
            address.push(reached.by.to_string());
            reached = self.reached[from as usize];
        }
        address.push(reached.by.to_string());
        steps.reverse();
        address.reverse();
        Counterexample {
            steps,
            loop_start: None,
            address: address.join("/"),
            script: None,
        }
    }

    fn report(self, end: Option<End>, time: Duration) -> Report {
        let (reason, error) = match end {
            Some(End::Stop(reason)) => (Some(reason), None),
            Some(End::Error(error)) => (Some(StopReason::ModelError), Some(error)),
            None => ((0 < self.cut).then_some(StopReason::Boundary), None),
        };
        let finding = |(property, found): (&Property<M>, &Option<StateId>)| {
            let claim = claim(property);
            let verdict = Verdict::of(claim.kind, found.is_some(), reason.is_none());
            let shown = found.filter(|_| verdict == Verdict::Violated);
            Finding {
                claim,
                verdict,
                counterexample: shown.map(|state| self.path(state)),
                bound: Vec::new(),
            }
        };
        let findings = self.properties.iter().zip(&self.found).map(finding);
        Report {
            states: self.states.len(),
            transitions: self.transitions,
            depth: self.growth.len().saturating_sub(1),
            cut: self.cut,
            unexpanded: Some(self.states.len() - self.expanded),
            states_without_history: Some(self.states.len()),
            time,
            memory: super::search::resident_bytes().unwrap_or_default(),
            stopped: reason,
            error,
            reduction: None,
            compares_all: self.allowance.is_enough(),
            findings: findings.collect(),
            reduction_time: Duration::ZERO,
            growth: self.growth,
            coverage: self.coverage,
        }
    }
}
