//! The crate `raft`.
pub mod audit;
pub mod checked;
pub mod ledger;
pub mod node;
pub mod raft_rs;
pub mod sans_io;
