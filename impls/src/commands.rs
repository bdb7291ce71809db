//! One file for each subcommand.

pub mod check;
pub mod client;
pub mod cluster;
mod counterexample;
pub mod explore;
pub mod keys;
pub mod list;
pub mod manual;
pub mod metrics;
pub mod mutants;
pub mod node;
mod picture;
pub mod script;
mod selection;
mod tables;

/// A usage error: the message says what to do instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);
