//! Searches of the configurations of the catalog, over any actors.
//!
//! The callers are generic over no protocol, so that the engines are compiled for each protocol here, and
//! nowhere else.

use crate::engine::{self, ModelError, Options, Progress, Report, stateright};
use quorate_models::catalog::{Builder, Entry, MutantEntry, Visitor};
use quorate_models::system::claim::ClaimFacts;
use quorate_models::system::{GhostState, Participant, SecondOpinion};
use std::net::SocketAddr;
use std::sync::Arc;

/// Stateright's checker is the second opinion on every configuration of up to so many states, with the tests.
/// Larger ones it searches by hand: `quorate check --checker stateright`.
pub const SECOND_OPINION_STATES_MAX: usize = 500_000;

/// Searches a configuration with the explorer, with a mutant of its protocol or without.
pub fn explore(
    entry: Entry,
    mutant: Option<MutantEntry>,
    options: &Options,
    progress: &Arc<Progress>,
) -> Report {
    explore_claims(entry, mutant, &|_| true, options, progress)
}

/// The same, and makes only some of the claims.
pub fn explore_claims(
    entry: Entry,
    mutant: Option<MutantEntry>,
    makes: &dyn Fn(&ClaimFacts) -> bool,
    options: &Options,
    progress: &Arc<Progress>,
) -> Report {
    entry.visit(Search {
        mutant,
        options: *options,
        progress: progress.clone(),
        by: By::Explorer(makes),
    })
}

/// Searches a configuration with Stateright's checker, in the way that the configuration says. Violations
/// get counterexamples if these are wanted.
pub fn second_opinion(
    entry: Entry,
    mutant: Option<MutantEntry>,
    (options, counterexamples): (&Options, bool),
    progress: &Arc<Progress>,
) -> Report {
    let is_reduced = entry.facts.second_opinion == SecondOpinion::Reduced;
    entry.visit(Search {
        mutant,
        options: Options {
            reductions: options.reductions && is_reduced,
            ..*options
        },
        progress: progress.clone(),
        by: By::Stateright { counterexamples },
    })
}

/// Whether a search of a configuration could start.
///
/// # Errors
///
/// If the model itself is wrong.
pub fn start(entry: Entry, mutant: Option<MutantEntry>) -> Result<(), ModelError> {
    entry.visit(Start(mutant))
}

/// Serves a configuration in Stateright's Explorer, which shows the claim with this position, until the
/// process ends.
pub fn serve(entry: Entry, mutant: Option<MutantEntry>, shown: Option<usize>, address: SocketAddr) {
    entry.visit(Page {
        mutant,
        shown,
        address,
    });
}

struct Search<'a> {
    mutant: Option<MutantEntry>,
    options: Options,
    progress: Arc<Progress>,
    by: By<'a>,
}

/// The engine that searches.
enum By<'a> {
    Explorer(&'a dyn Fn(&ClaimFacts) -> bool),
    Stateright { counterexamples: bool },
}

impl Visitor for Search<'_> {
    type Output = Report;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Report {
        let (options, progress) = (&self.options, &self.progress);
        let mut system = build(self.mutant);
        if !options.reductions {
            system.is_dead = None;
        }
        match self.by {
            By::Explorer(makes) => {
                system
                    .claims
                    .retain(|claim| makes(&ClaimFacts::from(claim)));
                engine::explore(&Arc::new(system), options, progress)
            }
            By::Stateright {
                counterexamples: true,
            } => stateright::check(&Arc::new(system), options, progress),
            By::Stateright { .. } => stateright::search(&Arc::new(system), options, progress),
        }
    }
}

struct Start(Option<MutantEntry>);

impl Visitor for Start {
    type Output = Result<(), ModelError>;

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) -> Self::Output {
        engine::start(&build(self.0)).map(|_| ())
    }
}

struct Page {
    mutant: Option<MutantEntry>,
    shown: Option<usize>,
    address: SocketAddr,
}

impl Visitor for Page {
    type Output = ();

    fn visit<A: Participant, G: GhostState>(self, build: Builder<'_, A, G>) {
        engine::serve(build(self.mutant), self.shown, self.address);
    }
}
