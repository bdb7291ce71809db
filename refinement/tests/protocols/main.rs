//! The protocols under the engines: the actors of each are compiled once for all of these.

mod assumptions;
mod coverage;
mod mutants;
mod refinement;
