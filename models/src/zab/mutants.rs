//! Zab with one rule exchanged: bugs that have been made, and the property that finds each.

mod memory;
mod period;
mod safety;

use super::Zab;
use crate::protocol::{self, mutant::joined};
use memory::IN_MEMORY;
use period::IN_PERIOD;
use safety::SAFETY;

/// Zab with a bug.
pub type Mutant = protocol::Mutant<Zab>;

/// Every mutant.
pub(super) const MUTANTS: &[Mutant] = &ALL;

const ALL: [Mutant; PROMISES.len() + IN_PERIOD.len()] = joined(&PROMISES, &IN_PERIOD);
const PROMISES: [Mutant; SAFETY.len() + IN_MEMORY.len()] = joined(&SAFETY, &IN_MEMORY);
