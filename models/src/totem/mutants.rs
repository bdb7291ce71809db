//! Totem with one rule exchanged: bugs that have been made, and the property that finds each.

mod corosync;
mod ordering;
mod period;
mod safety;

use super::Totem;
use crate::protocol::{self, mutant::joined};
use corosync::COROSYNC;
use ordering::ORDERING;
use period::IN_PERIOD;
use safety::SAFETY;

/// Totem with a bug.
pub type Mutant = protocol::Mutant<Totem>;

/// Every mutant.
pub(super) const MUTANTS: &[Mutant] = &ALL;

const BEFORE: [Mutant; ORDERING.len() + SAFETY.len()] = joined(&ORDERING, &SAFETY);
const OURS: [Mutant; BEFORE.len() + IN_PERIOD.len()] = joined(&BEFORE, &IN_PERIOD);
const ALL: [Mutant; OURS.len() + COROSYNC.len()] = joined(&OURS, &COROSYNC);
