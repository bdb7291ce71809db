//! One file for each subcommand.

pub mod client;
pub mod cluster;
pub mod node;

/// What was asked for cannot be done as it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);
