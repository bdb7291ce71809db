//! `quorate keys`: the keys of a cluster, or of one more client.

use crate::output::say;
use anyhow::Result;
use quorate::keys::{CLIENTS_MAX, make_client_key, make_keys};
use std::path::PathBuf;
use std::process::ExitCode;

/// How keys are used.
const USE: &str = "\
Examples:
  quorate keys keys
      # keys/cluster.key for every node, keys/client.key for a client; in cluster.toml: keys = \"keys\"
  quorate keys keys --client 2
      # keys/client-2.key, which is the client.key of another client";

/// Where, and whose.
#[derive(Debug, clap::Args)]
#[command(after_help = USE)]
pub struct Args {
    /// The folder of the keys
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Make only the key of this client, from the cluster's key in the folder
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..CLIENTS_MAX))]
    client: Option<u64>,
}

/// Makes them, and says where they are.
pub fn run(args: &Args) -> Result<ExitCode> {
    match args.client {
        Some(number) => say!("{}", make_client_key(&args.folder, number)?.display()),
        None => {
            make_keys(&args.folder)?;
            let folder = args.folder.display();
            say!("{folder}/cluster.key is for the nodes, {folder}/client.key for a client");
        }
    }
    Ok(ExitCode::SUCCESS)
}
