//! How what is on the disk changes.

use super::state::Persistent;
use crate::durable::{ChangeMismatch, Record};

impl Record for Persistent {
    /// The number, afterwards.
    type Change = u64;

    fn change_since(&self, earlier: &Self) -> Option<u64> {
        (self != earlier).then_some(self.number)
    }

    fn apply(&mut self, number: u64) -> Result<(), ChangeMismatch> {
        if number <= self.number {
            let before = self.number;
            return Err(ChangeMismatch(format!(
                "goes back from ring {before} to {number}"
            )));
        }
        self.number = number;
        Ok(())
    }
}
