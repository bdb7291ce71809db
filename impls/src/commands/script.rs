//! `quorate script`: run a script, and show it.

use super::counterexample::steps;
use super::{Usage, picture, selection};
use crate::output::say;
use anyhow::Result;
use console::style;
use quorate::complaint::complain;
use quorate_models::catalog::{Entry, transcript};
use quorate_models::script::header::HeaderError;
use quorate_models::script::{Problem, Script, ScriptError};
use quorate_models::system::{Caption, End};
use similar::{ChangeTag, TextDiff};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The system does not do what the script says.
const DIFFERS: u8 = 1;

/// Which script to run.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A script, such as `models/scripts/raft/figure_8.txt`, or a counterexample of `check`
    file: PathBuf,
    /// Draw the path as a diagram, too
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the transcript into the script, as the expected one
    #[arg(long)]
    bless: bool,
}

/// Runs a script, prints its transcript, and compares it with the expected one.
pub fn run(args: &Args) -> Result<ExitCode> {
    let file = args.file.display();
    let text = fs::read_to_string(&args.file).map_err(|error| unreadable(&args.file, &error))?;
    let usage = |error: ScriptError| Usage(format!("{file}, {}", explained(error)));
    let script = Script::parse(&text).map_err(usage)?;
    let transcript = match transcript(&script) {
        Err(error) if error.problem.is_of_system() => {
            complain(format_args!("{file}, {error}"));
            return Ok(ExitCode::from(DIFFERS));
        }
        transcript => transcript.map_err(usage)?,
    };
    if let Some(file) = &args.svg {
        let caption = |number, violated: &[&str]| caption(args, &script, number, violated);
        write(file, &picture::draw(&script, caption).map_err(usage)?)?;
    }
    say!("{}", transcript.trim_end());
    say!();
    if args.bless {
        write(&args.file, &script.with_transcript(&transcript))?;
        say!("{file}: the transcript is written");
    } else if script.expected.is_empty() {
        say!("{file}: no transcript is expected; --bless writes this one");
    } else if script.expected == transcript {
        say!("{file}: {}", style("as expected").green());
    } else {
        say!("{file}: {}", style("differs from what is expected").red());
        print_difference(&script.expected, &transcript);
        return Ok(ExitCode::from(DIFFERS));
    }
    Ok(ExitCode::SUCCESS)
}

/// The caption of the picture: the claims that the last step violates, or the name of the file.
fn caption(args: &Args, script: &Script, number: usize, violated: &[&str]) -> Caption {
    let place = format!("{}, {}", picture::place(&script.header), steps(number));
    let name = args.file.file_stem().unwrap_or_default();
    let name = name.to_string_lossy().replace('_', " ");
    let (title, end) = match violated {
        [] => (name, End::Open),
        [claim] => (format!("{claim} is violated"), picture::violated()),
        claims => (
            format!("{} are violated", claims.join(" and ")),
            picture::violated(),
        ),
    };
    Caption { title, place, end }
}

fn write(file: &Path, text: &str) -> Result<()> {
    let written = fs::write(file, text);
    written.map_err(|error| Usage(format!("{} cannot be written: {error}", file.display())).into())
}

/// The mistake in a script; for a configuration that does not exist, with near ones.
fn explained(error: ScriptError) -> String {
    match &error.problem {
        Problem::Header(HeaderError::Configuration(name)) => {
            let paths = Entry::all().map(|entry| entry.path()).collect();
            let line = error.line;
            format!(
                "line {line}: {}",
                selection::unknown("configuration", name, paths)
            )
        }
        _ => error.to_string(),
    }
}

/// A script that cannot be read. If there is none of this name, those beside it may be meant.
fn unreadable(file: &Path, error: &std::io::Error) -> Usage {
    let shown = file.display().to_string();
    if error.kind() != std::io::ErrorKind::NotFound {
        return Usage(format!("{shown} cannot be read: {error}"));
    }
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let beside = fs::read_dir(folder.unwrap_or(Path::new(".")))
        .into_iter()
        .flatten();
    let beside = beside.filter_map(|entry| Some(entry.ok()?.file_name()));
    let mut names: Vec<String> = beside
        .map(|name| file.with_file_name(name).display().to_string())
        .collect();
    names.sort_unstable();
    selection::unknown_file("script", &shown, &names)
}

fn print_difference(expected: &str, found: &str) {
    for change in TextDiff::from_lines(expected, found).iter_all_changes() {
        let line = change.value().trim_end();
        match change.tag() {
            ChangeTag::Equal => {}
            ChangeTag::Delete => say!("{} {line}", style("- expected").red()),
            ChangeTag::Insert => say!("{} {line}", style("+ found   ").green()),
        }
    }
}
