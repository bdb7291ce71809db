//! The commands of the program.

pub mod check;
pub mod fields;
pub mod mutants;
pub mod script;

use crate::output::say;
use quorate_models::protocol::{Configuration, Protocol};
use quorate_raft_rs::checked::RaftCrate;
use quorate_refinement::engine::{Counterexample, Limits, Options};
use std::num::NonZero;
use std::thread;

/// A mistake of the user.
#[derive(Debug)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// How to search: on all cores, to the first violation, within this memory.
fn options(memory: Option<usize>) -> Options {
    Options {
        limits: Limits {
            memory,
            ..Limits::default()
        },
        threads: thread::available_parallelism().map_or(1, NonZero::get),
        stops_at_violation: true,
        ..Options::default()
    }
}

/// The header of a script of a configuration, perhaps with a mutant.
fn header(configuration: &Configuration<RaftCrate>, mutant: Option<&str>) -> String {
    let mutant = mutant.map_or(String::new(), |name| format!(" mutant={name}"));
    format!("{}/{}{mutant}", RaftCrate::NAME, configuration.name)
}

/// Prints a way as a script that replays.
fn print_way(header: &str, way: &Counterexample) {
    say!("  {header}");
    let verbs = way.script.as_deref().unwrap_or_default();
    verbs.lines().for_each(|line| say!("  {line}"));
}
