//! The protocols under the engines, which are compiled for each protocol: once, for all of these tests.

mod assumptions;
mod coverage;
mod mutants;
mod refinement;
