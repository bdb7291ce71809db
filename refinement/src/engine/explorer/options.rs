//! How a search is carried out, and what ends it early.

use crate::engine::search::{self, Limits, Progress, StopReason};
use std::sync::LazyLock;
use std::thread;
use std::time::Instant;

/// Where a reduction is found broken, the search without it ends after this many states, unless
/// there is another limit.
pub const UNREDUCED_STATES_MAX: usize = 20_000_000;

/// Edges of the good period that are kept if nothing else is said: with the room that they grow into, up to
/// five gigabytes.
pub const EDGES_MAX: u32 = 1 << 29;

/// Asked once: it takes as long as a small search.
static CORES: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// How to explore.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The limits that end the search early.
    pub limits: Limits,
    /// Threads that search. They have no influence on what is found.
    pub threads: usize,
    /// Edges of the good period that are kept, at most. If there are more, none are: they are found anew
    /// whenever a claim about the period is judged, which takes longer. The findings are the same, but for
    /// one case: if runs go round as they must not, and the states on such cycles and between them have more
    /// edges than this, the claim is not decided.
    pub edges: u32,
    /// Ends the search as soon as the claim with this position is decided.
    pub until: Option<usize>,
    /// Ends the search where a claim is found violated: after the block of states at work, so that
    /// what is found is the same for any number of threads.
    pub stops_at_violation: bool,
    /// Whether messages that a protocol declares dead are dropped.
    pub reductions: bool,
    /// Whether the states of a complete search are counted without their ghosts, too, in the end.
    /// That takes a tenth of the search or so.
    pub counts_without_history: bool,
}

impl Options {
    /// The same, without reductions, and limited.
    pub(super) fn unreduced(&self) -> Self {
        let mut options = Options {
            reductions: false,
            ..*self
        };
        options.limits.states.get_or_insert(UNREDUCED_STATES_MAX);
        options
    }

    /// The limit that ends a search now, if one does.
    pub(super) fn limit(
        &self,
        states: usize,
        started: Instant,
        progress: &Progress,
    ) -> Option<StopReason> {
        if progress.is_interrupted() {
            return Some(StopReason::Interrupted);
        }
        let time = started.elapsed();
        self.limits.exceeded(states, time, search::resident_bytes)
    }
}

impl Default for Options {
    /// No limits, a thread for each core, to the end.
    fn default() -> Self {
        Options {
            limits: Limits::default(),
            threads: *CORES,
            edges: EDGES_MAX,
            until: None,
            stops_at_violation: false,
            reductions: true,
            counts_without_history: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_without_its_broken_reduction_is_limited() {
        let unreduced = |states| {
            let mut options = Options::default();
            options.limits.states = states;
            let unreduced = options.unreduced();
            assert!(options.reductions && !unreduced.reductions);
            unreduced.limits.states
        };
        assert_eq!(unreduced(None), Some(UNREDUCED_STATES_MAX));
        for limit in [1, UNREDUCED_STATES_MAX + 1] {
            assert_eq!(unreduced(Some(limit)), Some(limit));
        }
    }
}
