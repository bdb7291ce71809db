//! Findings in the protocols of the catalog.

pub mod mutants;
pub mod pinned;
pub mod searches;
