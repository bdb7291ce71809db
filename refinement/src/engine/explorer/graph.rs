//! The graph that a search went through: every state, and every step between them.
//!
//! A search keeps only the steps of the good period, and only if there are few. So each row is expanded
//! once more, from the cache alone, and its successors are looked up.

use super::super::panics::searching;
use super::super::runs::{self, States};
use super::run::BLOCK;
use super::search::{Progress, Report};
use super::table::RowId;
use super::{Explorer, Options, threads};
use quorate_models::system::{GhostState, Participant, StateOf, System};
use std::sync::Arc;

/// States and steps, as far as a search went.
pub struct Graph<A: Participant, G: GhostState> {
    /// Every state that was found, in the order in which they were found. The step properties that
    /// a step to it broke are not part of it.
    pub states: Vec<StateOf<A, G>>,
    /// The first so many of them were expanded; the successors of the others are not known.
    pub expanded: usize,
    /// Every step of those, in their order, as the positions of the states that it leads from and
    /// to.
    pub steps: Vec<(usize, usize)>,
    /// The edges of the good period, as they were kept for the judges of runs, and where it begins; empty
    /// without a claim about it, and without edges if there were too many.
    pub runs: (runs::Graph, States),
    /// The report of the search.
    pub report: Report,
}

/// Searches a system, judging all of its claims, and keeps its graph.
pub fn graph<A: Participant, G: GhostState>(
    system: &Arc<System<A, G>>,
    options: &Options,
) -> Graph<A, G> {
    searching(|| {
        let mut explorer = Explorer::new(system, options);
        let end = explorer.run(&Progress::default()).err();
        let report = explorer.report(end);
        let rows = 0..explorer.rows.len() as RowId;
        Graph {
            states: rows
                .map(|id| explorer.store.state(explorer.rows.row(id)))
                .collect(),
            expanded: explorer.expanded,
            steps: explorer.steps(),
            runs: explorer.runs.into_parts(),
            report,
        }
    })
}

impl<A: Participant, G: GhostState> Explorer<'_, A, G> {
    /// Every step of the rows that were expanded.
    fn steps(&mut self) -> Vec<(usize, usize)> {
        let mut steps = Vec::with_capacity(self.transitions);
        let ids: Vec<RowId> = (0..self.expanded as RowId).collect();
        for block in ids.chunks(BLOCK) {
            let chunks = self.expand_again(block);
            for successors in &self.successors[..chunks] {
                steps.extend((0..successors.len()).map(|position| {
                    let from = successors.entry(position)[0];
                    (from as usize, successors.id(position) as usize)
                }));
            }
        }
        steps
    }

    /// Expands rows once more, and finds the ids of their successors: those of the first so many chunks.
    pub(super) fn expand_again(&mut self, ids: &[RowId]) -> usize {
        let chunks = self.expand_once(ids, false).len();
        let (index, rows) = (&self.index, &self.rows);
        let mut workers = vec![(); self.options.threads.max(1)];
        let successors = &mut self.successors[..chunks];
        threads::share(&mut workers, successors, |(), _, successors| {
            for position in 0..successors.len() {
                let id = index.find(rows, successors.row(position));
                successors.tell_id(position, id.expect("every successor was found"));
            }
        });
        chunks
    }
}

#[cfg(test)]
mod tests;
