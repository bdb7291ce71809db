//! `script`: follow a script on genuine nodes.

use super::Usage;
use crate::output::say;
use anyhow::Result;
use quorate_raft_rs::play;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The nodes do not do what the script says.
const DIFFERS: u8 = 1;

/// Which script to follow.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A script, such as `scripts/stale_read.txt`, or a counterexample of `check`
    file: PathBuf,
    /// Draw the path as a diagram, too
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the transcript into the script, as the expected one
    #[arg(long)]
    bless: bool,
}

/// Follows it, prints the transcript, and compares it with the expected one.
pub fn run(args: &Args) -> Result<ExitCode> {
    let file = args.file.display();
    let usage = |why: String| Usage(format!("{file}: {why}"));
    let text = fs::read_to_string(&args.file).map_err(|error| usage(error.to_string()))?;
    let played = play::play(&text).map_err(|error| usage(error.to_string()))?;
    if let Some(svg) = &args.svg {
        write(svg, &played.picture)?;
    }
    say!("{}", played.transcript.trim_end());
    say!();
    if args.bless {
        write(
            &args.file,
            &played.script.with_transcript(&played.transcript),
        )?;
        say!("{file}: the transcript is written");
    } else if played.script.expected.is_empty() {
        say!("{file}: no transcript is expected; --bless writes this one");
    } else if played.script.expected == played.transcript {
        say!("{file}: as expected");
    } else {
        say!("{file}: differs from what is expected:");
        say!("{}", played.script.expected.trim_end());
        return Ok(ExitCode::from(DIFFERS));
    }
    Ok(ExitCode::SUCCESS)
}

fn write(file: &Path, text: &str) -> Result<()> {
    let written = fs::write(file, text);
    written.map_err(|error| Usage(format!("{} cannot be written: {error}", file.display())).into())
}
