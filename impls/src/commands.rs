//! One file for each subcommand.

pub mod check;
pub mod client;
pub mod cluster;
mod counterexample;
pub mod explore;
pub mod list;
pub mod mutants;
pub mod node;
pub mod script;
mod selection;
mod tables;

/// What was asked for cannot be done as it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);
