//! `quorate manual` and `quorate completions`, both from the command's own tree.

use crate::output::say;
use anyhow::{Context, Result};
use clap::Command;
use clap_complete::Shell;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

/// Where the pages go.
#[derive(Debug, clap::Args)]
pub struct ManualArgs {
    /// The folder, such as `~/.local/share/man/man1`; it is made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// For which shell.
#[derive(Debug, clap::Args)]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes a page for each command.
pub fn write_pages(command: Command, args: &ManualArgs) -> Result<ExitCode> {
    let folder = &args.folder;
    let fails = || format!("{} cannot be written", folder.display());
    std::fs::create_dir_all(folder).with_context(fails)?;
    clap_mangen::generate_to(command, folder).with_context(fails)?;
    say!("man {}", folder.join("quorate.1").display());
    Ok(ExitCode::SUCCESS)
}

/// Prints the script that a shell reads.
pub fn print_completions(mut command: Command, args: &CompletionArgs) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "quorate", &mut script);
    say!("{}", String::from_utf8(script)?.trim_end());
    stdout().flush()?;
    Ok(ExitCode::SUCCESS)
}
