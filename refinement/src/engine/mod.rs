//! Searching a finite system to the end.

pub mod search;
mod stateright;

pub use self::stateright::{check, serve, shortest};
pub use search::{Counterexample, Finding, Halt, Limits, Progress, Report, Verdict};
