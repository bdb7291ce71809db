//! Consensus protocols, each written once as a Stateright actor.
pub mod catalog;
pub mod client;
pub mod coverage;
pub mod durable;
pub mod input;
pub mod protocol;
pub mod quorum;
pub mod raft;
pub mod replica;
pub mod script;
pub mod shared_vec;
pub mod system;
