//! The edges of the good period, where they are not kept: found anew whenever they are looked at, from the
//! cache alone.

use super::super::runs::{Edge, Graph, Source, State, States};
use super::Explorer;
use super::run::BLOCK;
use super::search::{Progress, StopReason};
use super::table::RowId;
use quorate_models::system::{GhostState, Participant};
use std::cell::{Cell, RefCell};

/// The good period without its edges.
pub(super) struct Anew<'e, 'o, A: Participant, G: GhostState> {
    explorer: RefCell<&'e mut Explorer<'o, A, G>>,
    graph: &'e Graph,
    progress: &'e Progress,
    edges_max: u32,
    /// The limit that ended the judging, if one did.
    ended: Cell<Option<StopReason>>,
}

impl<'e, 'o, A: Participant, G: GhostState> Anew<'e, 'o, A, G> {
    pub(super) fn new(
        explorer: &'e mut Explorer<'o, A, G>,
        graph: &'e Graph,
        progress: &'e Progress,
    ) -> Self {
        Anew {
            edges_max: explorer.options.edges,
            explorer: RefCell::new(explorer),
            graph,
            progress,
            ended: Cell::new(None),
        }
    }

    /// Why something is inconclusive that the search itself leaves open nothing of.
    pub(super) fn reason(&self) -> StopReason {
        self.ended.get().unwrap_or(StopReason::Edges)
    }
}

impl<A: Participant, G: GhostState> Source for Anew<'_, '_, A, G> {
    fn inside(&self) -> &States {
        &self.graph.inside
    }

    fn open(&self) -> &States {
        &self.graph.open
    }

    fn look(&self, states: &[State], tell: &mut dyn FnMut(State, &[Edge])) -> Option<()> {
        let mut explorer = self.explorer.borrow_mut();
        for block in states.chunks(BLOCK) {
            // States that were found do not become more.
            let limit = explorer.options.limit(0, explorer.started, self.progress);
            if limit.is_some() {
                self.ended.set(limit);
                return None;
            }
            explorer.tell_edges(block, tell);
        }
        Some(())
    }

    fn kept(&self) -> Option<&Graph> {
        None
    }

    fn edges_max(&self) -> usize {
        self.edges_max as usize
    }
}

impl<A: Participant, G: GhostState> Explorer<'_, A, G> {
    /// Tells the edges of a block of rows, those that were not expanded among them: they have none.
    fn tell_edges(&mut self, block: &[RowId], tell: &mut dyn FnMut(State, &[Edge])) {
        let is_expanded = |row: &RowId| (*row as usize) < self.expanded;
        let expanded: Vec<RowId> = block.iter().copied().filter(is_expanded).collect();
        let chunks = self.expand_again(&expanded);
        let successors = self.successors[..chunks].iter();
        let mut found = successors
            .flat_map(|it| (0..it.len()).map(move |position| (it, position)))
            .peekable();
        let mut edges = Vec::new();
        for row in block {
            edges.clear();
            while let Some((successors, position)) =
                found.next_if(|(it, position)| it.entry(*position)[0] == *row)
            {
                let (to, mark) = (successors.id(position), successors.mark(position));
                edges.push(Edge { to, mark });
            }
            tell(*row, &edges);
        }
    }
}
