//! The one binary, `quorate`.

mod commands;
mod mistake;
mod output;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use commands::{
    Usage, check, client, cluster, explore, keys, list, manual, metrics, mutants, node, script,
};
use quorate::complaint::complain;
use quorate::config::ConfigError;
use quorate::journal::DirectoryError;
use quorate::keys::KeyError;
use quorate::node::{INTERNAL_ERROR, NodeError, USAGE};
use std::error::Error;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Consensus protocols, written once: model-checked and run.
///
/// Exit codes: 0 done or holds, 1 failed or violated, 2 wrong usage, 3 unknown or inconclusive, 4
/// internal error. Where several are true of `check`, the first of 1, 4, 3, 0.
#[derive(Debug, Parser)]
#[command(name = "quorate", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Search configurations to the end, and say which claims hold
    Check(check::Args),
    /// List protocols, configurations, claims with their sources, and mutants
    List(list::Args),
    /// Look at a configuration in Stateright's Explorer, opened at a violation or a witness
    Explore(explore::Args),
    /// Run a script, such as a counterexample, and show it as text or picture
    Script(script::Args),
    /// Kill every mutant, and print which claims each violates
    Mutants(mutants::Args),
    /// Run one node of a cluster until SIGTERM or SIGINT
    Node(node::Args),
    /// Read or change a value in a running cluster, or show its status
    Client(client::Args),
    /// Run a cluster on free loopback ports, one process per node, until Ctrl-C
    Cluster(cluster::Args),
    /// Make the keys by which the nodes and clients of a cluster know each other
    Keys(keys::Args),
    /// Serve how the nodes of a cluster are, for Prometheus, until Ctrl-C
    Metrics(metrics::Args),
    /// Write the manual: a page for each command
    Manual(manual::ManualArgs),
    /// Print what a shell needs to complete commands; bash: source <(quorate completions bash)
    Completions(manual::CompletionArgs),
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        // A log that cannot be written is lost. To report that on standard error would panic.
        .log_internal_errors(false)
        .init();
    match parse().and_then(|arguments| run(arguments.command)) {
        Ok(code) => code,
        Err(error) => {
            complain(format_args!("{error:#}"));
            ExitCode::from(if is_usage(&error) {
                USAGE
            } else {
                INTERNAL_ERROR
            })
        }
    }
}

/// Like [`Parser::parse`], but a mistake is an error like any other.
fn parse() -> Result<Arguments> {
    Arguments::try_parse().map_err(|error| {
        let arguments = std::env::args_os().skip(1);
        let arguments = arguments.map(|it| it.to_string_lossy().into_owned());
        let arguments: Vec<String> = arguments.collect();
        mistake::explained(&error, Arguments::command(), &arguments).into()
    })
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Check(args) => check::run(&args),
        Command::List(args) => list::run(&args),
        Command::Explore(args) => explore::run(&args),
        Command::Script(args) => script::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Node(args) => node::run(args),
        Command::Client(args) => client::run(&args),
        Command::Cluster(args) => cluster::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Metrics(args) => metrics::run(&args),
        Command::Manual(args) => manual::write_pages(Arguments::command(), &args),
        Command::Completions(args) => manual::print_completions(Arguments::command(), &args),
    }
}

/// Whether the error is of this type, and such a one.
fn is<E: Error + 'static>(error: &(dyn Error + 'static), such: fn(&E) -> bool) -> bool {
    error.downcast_ref().is_some_and(such)
}

/// Whether the error is the user's: in the command line or in a configuration.
fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Usage>()
            || is(cause, ConfigError::is_usage)
            || is(cause, KeyError::is_usage)
            || is(cause, DirectoryError::is_usage)
            || is(cause, NodeError::is_usage)
    })
}
