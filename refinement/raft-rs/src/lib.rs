//! The Raft that others ship, searched to the end: the crate `raft` 0.7.0 (raft-rs, of TiKV), from
//! crates.io, with not one line changed.
//!
//! Read in this order: [`sans_io`] is what a state machine without I/O must offer; [`node`] is the actor
//! around it; [`ledger`] and [`audit`] check that snapshots tell everything. They know no Raft.
//! [`raft_rs`] is the crate as such a machine, [`checked`] what is claimed of it and in which finite
//! systems, [`search`] one search with all that its verdict rests on.

pub mod audit;
pub mod checked;
pub mod ledger;
pub mod node;
pub mod planted;
pub mod play;
pub mod raft_rs;
pub mod sans_io;
pub mod search;
