//! Searching a finite system to the end.
//!
//! Two engines search the same systems and report in the same terms: the [explorer], which is
//! exact, compact and fast, and [Stateright's checker](stateright), the independent second opinion.

mod coverage;
pub mod explorer;
mod page;
mod panics;
mod reached;
pub mod runs;
pub mod search;
mod start;
pub mod stateright;
mod trace;

pub use coverage::{Coverage, Hits};
pub use explorer::{
    EDGES_MAX, Eventually, Graph, Options, explore, explore_model, graph, shortest,
};
pub use page::serve;
pub use search::{
    BrokenReduction, Counterexample, Finding, Limits, Measure, ModelError, Progress,
    ReductionReport, Report, StopReason, Verdict,
};
pub use start::start;
pub use trace::Trace;
