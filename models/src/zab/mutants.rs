//! Zab with one rule exchanged: bugs that have been made, and the property that finds each.

mod period;
mod safety;

use super::Zab;
use crate::protocol;
use period::IN_PERIOD;
use safety::SAFETY;

/// Zab with a bug.
pub type Mutant = protocol::Mutant<Zab>;

/// Every mutant.
pub(super) const MUTANTS: &[Mutant] = &all();

const fn all() -> [Mutant; SAFETY.len() + IN_PERIOD.len()] {
    let mut all = [SAFETY[0]; SAFETY.len() + IN_PERIOD.len()];
    let mut number = 0;
    while number < all.len() {
        all[number] = if number < SAFETY.len() {
            SAFETY[number]
        } else {
            IN_PERIOD[number - SAFETY.len()]
        };
        number += 1;
    }
    all
}
