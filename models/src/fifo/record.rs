//! How what is on the disk changes.

use super::state::Stored;
use crate::durable::{ChangeMismatch, Record};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// The difference between two records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<C> {
    /// The boot, afterwards.
    boot: u32,
    /// The change to the record of the actor inside.
    inner: Option<C>,
}

impl<S: Record> Record for Stored<S> {
    type Change = Change<S::Change>;

    fn change_since(&self, earlier: &Self) -> Option<Self::Change> {
        let inner = self.inner.change_since(&earlier.inner);
        let boot = self.boot;
        (inner.is_some() || boot != earlier.boot).then_some(Change { boot, inner })
    }

    fn apply(&mut self, change: Self::Change) -> Result<(), ChangeMismatch> {
        if change.boot < self.boot {
            return Err(ChangeMismatch(format!(
                "goes back from boot {} to {}",
                self.boot, change.boot
            )));
        }
        self.boot = change.boot;
        match change.inner {
            Some(inner) => self.inner.apply(inner),
            None => Ok(()),
        }
    }
}
