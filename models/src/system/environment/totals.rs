//! Declared totals: how often an event of the protocol happens in one run, where no fault or timeout
//! limits it.

use super::super::{Move, Participant};

/// An event of the protocol, and how often it happens, all told. A step by which it would happen more
/// often is not possible. In the good period there is no limit.
pub struct Total<A: Participant> {
    /// The event, for tables: *ring generations*.
    pub name: &'static str,
    /// How often, all told.
    pub times: u8,
    /// How often in a step.
    pub count: fn(&Move<'_, A>) -> u8,
}

impl<A: Participant> Clone for Total<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Participant> Copy for Total<A> {}
