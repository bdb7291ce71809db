//! Searching a finite system to the end.

pub mod explorer;
pub mod mutants;
pub mod pinned;
pub mod search;
mod stateright;
mod trace;

pub use self::stateright::{check, serve, shortest, survey};
pub use search::{Counterexample, Finding, Halt, Limits, Progress, Report, Verdict};
pub use trace::Trace;
