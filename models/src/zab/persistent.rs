//! What is on a server's disk, and how it changes.

use super::state::{Epoch, History, Persistent, Txn};
use crate::durable::{ChangeMismatch, Record};
use serde::{Deserialize, Serialize};

/// The difference between two records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The last epoch that was promised, afterwards.
    accepted_epoch: Epoch,
    /// The current epoch afterwards.
    current_epoch: Epoch,
    /// How many of the transactions stay.
    keep: u64,
    /// What follows them.
    append: Vec<Txn>,
}

impl Record for Persistent {
    type Change = Change;

    fn change_since(&self, earlier: &Self) -> Option<Change> {
        if self == earlier {
            return None;
        }
        let keep = self.history.common_prefix(&earlier.history);
        Some(Change {
            accepted_epoch: self.accepted_epoch,
            current_epoch: self.current_epoch,
            keep: keep as u64,
            append: self.history.from(keep).cloned().collect(),
        })
    }

    fn apply(&mut self, change: Change) -> Result<(), ChangeMismatch> {
        let held = self.history.len();
        let keep = usize::try_from(change.keep).unwrap_or(usize::MAX);
        if held < keep {
            return Err(ChangeMismatch(format!(
                "keeps {keep} transactions of a history of {held}"
            )));
        }
        let epochs = [
            (self.accepted_epoch, change.accepted_epoch),
            (self.current_epoch, change.current_epoch),
        ];
        for (before, after) in epochs {
            if after < before {
                return Err(ChangeMismatch(format!(
                    "goes back from epoch {} to {}",
                    before.0, after.0
                )));
            }
        }
        (self.accepted_epoch, self.current_epoch) = (change.accepted_epoch, change.current_epoch);
        self.history.truncate(keep);
        for txn in change.append {
            self.history.append(txn);
        }
        Ok(())
    }
}

impl History {
    /// The transactions from a position on.
    fn from(&self, position: usize) -> impl Iterator<Item = &Txn> {
        (position..self.len()).filter_map(|position| self.get(position))
    }
}
