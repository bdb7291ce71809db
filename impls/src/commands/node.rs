//! `quorate node`: one node as this process.

use anyhow::Result;
use quorate::config::{ClusterConfig, NodeActor, NodeVisitor};
use quorate::node::{self, NodeError, Settings};
use std::convert::Infallible;
use std::path::PathBuf;
use std::process::ExitCode;

/// Which node, and where its data are.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The cluster's configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Which node of the configuration to be, from 0
    #[arg(long, value_name = "N")]
    id: usize,
    /// The node's own directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Make the directory for a new node; refused if it holds a journal already
    #[arg(long)]
    init: bool,
    /// Stop when standard input ends, as it does when the parent process is gone
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

/// Runs the node. Returns only if it cannot start.
pub fn run(args: Args) -> Result<ExitCode> {
    let config = ClusterConfig::read(&args.config)?;
    let Args {
        id,
        data,
        init,
        until_stdin_closes,
        ..
    } = args;
    let settings = Settings {
        cluster: config.cluster,
        protocol: config.protocol.name(),
        nodes: config.nodes.clone(),
        via: config.via.clone(),
        keys: config.keys.clone(),
        id,
        data,
        init,
        until_stdin_closes,
        snapshot_every: None,
    };
    match config.visit(Run(settings))? {}
}

struct Run(Settings);

impl NodeVisitor for Run {
    type Output = Result<Infallible, NodeError>;

    fn visit<A: NodeActor>(self, actor: A, snapshot_every: Option<u64>) -> Self::Output {
        let settings = Settings {
            snapshot_every,
            ..self.0
        };
        node::run(actor, settings)
    }
}
