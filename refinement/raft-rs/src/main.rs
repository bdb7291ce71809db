//! Searches the crate `raft`, and says what was found and what that rests on.

mod commands;
mod output;

use anyhow::Result;
use clap::{Parser, Subcommand};
use commands::{Usage, check, fields, mutants, script};
use std::process::ExitCode;

/// An error that is nobody's mistake.
const INTERNAL_ERROR: u8 = 4;

/// The crate raft 0.7.0, unmodified, searched to the end.
///
/// Exit codes: 0 everything is as recorded, 1 it is not, 2 wrong usage, 3 inconclusive, 4 an error, or
/// a snapshot that does not tell everything.
#[derive(Debug, Parser)]
#[command(name = "quorate-raft-rs", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Search configurations to the end; without this word, the small ones
    Check(check::Args),
    /// Search mistakes in the application's part, and show how each is found
    Mutants,
    /// Leave parts out of the snapshots, and say who notices
    Fields,
    /// Follow a script on genuine nodes, such as a counterexample, and show it as text or picture
    Script(script::Args),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            output::complain(&format!("{error:#}"));
            ExitCode::from(if error.is::<Usage>() {
                2
            } else {
                INTERNAL_ERROR
            })
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    match arguments.command {
        None => check::run(&check::Args::default()),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Mutants) => mutants::run(),
        Some(Command::Fields) => fields::run(),
        Some(Command::Script(args)) => script::run(&args),
    }
}
