//! Raft with one rule exchanged: bugs that have been made, and the property that finds each.

mod leases;
mod period;
mod safety;
mod transfer;

use super::Raft;
use crate::protocol::{self, mutant::joined};
use leases::OF_LEASES;
use period::IN_PERIOD;
use safety::SAFETY;
use transfer::OF_TRANSFER;

/// Raft with a bug.
pub type Mutant = protocol::Mutant<Raft>;

/// Every mutant.
pub(super) const MUTANTS: &[Mutant] = &ALL;

const ALL: [Mutant; WITHOUT_TRANSFER.len() + OF_TRANSFER.len()] =
    joined(&WITHOUT_TRANSFER, &OF_TRANSFER);

const WITHOUT_TRANSFER: [Mutant; WITHOUT_LEASES.len() + OF_LEASES.len()] =
    joined(&WITHOUT_LEASES, &OF_LEASES);

const WITHOUT_LEASES: [Mutant; SAFETY.len() + IN_PERIOD.len()] = joined(&SAFETY, &IN_PERIOD);
