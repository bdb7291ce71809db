//! `quorate check`: search configurations to the end, and say what was found.

mod coverage;
pub(super) mod progress;
pub(super) mod report;
mod result;

use super::counterexample::{Subject, writable};
use super::{Usage, selection};
use crate::output::say;
use anyhow::{Context, Result};
use clap::ValueEnum;
use progress::Display;
use quorate_models::catalog::{Entry, MutantEntry};
use quorate_models::protocol::Profile;
use quorate_models::system::SecondOpinion;
use quorate_refinement::engine::{EDGES_MAX, Finding, Limits, Options, Progress, Report, Verdict};
use quorate_refinement::evidence::pinned::{self, Pinned};
use quorate_refinement::evidence::searches;
use result::{CheckResult, Ending};
use signal_hook::consts::SIGINT;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// Which configurations to check, and how far.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Protocols or configurations, such as `raft` or `raft/election`; every protocol if there are
    /// none
    #[arg(value_name = "PROTOCOL|PROTOCOL/CONFIG")]
    names: Vec<String>,
    /// Search the larger configurations instead (minutes and gigabytes each)
    #[arg(long)]
    deep: bool,
    /// Exchange a rule of the protocol for a bug; `quorate list` names the mutants
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,
    /// The checker that searches
    #[arg(long, value_enum, default_value_t = Checker::Quorate)]
    checker: Checker,
    /// End each search after about this many unique states; claims not decided by then are
    /// inconclusive
    #[arg(long, value_name = "N")]
    max_states: Option<usize>,
    /// End all searches when the process uses this much memory, such as 8G or 500M
    #[arg(long, value_name = "M", value_parser = memory)]
    max_memory: Option<usize>,
    /// End each search after about this many seconds
    #[arg(long, value_name = "SECONDS")]
    max_time: Option<u64>,
    /// Keep at most this many edges of the good period in memory; where there are more, claims about it
    /// are judged without, which takes longer, and less memory
    #[arg(long, value_name = "N", default_value_t = EDGES_MAX)]
    max_edges: u32,
    /// Threads of a search, one for each core if not given; Stateright's checker always takes one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Drop no message as dead: more states, and verdicts that do not rest on the protocol's
    /// declaration of dead messages
    #[arg(long)]
    no_reductions: bool,
    /// Decide every claim; otherwise the search of a configuration stops at the first violation
    #[arg(long)]
    keep_going: bool,
    /// Write each violation into this folder, as a script for `quorate script`
    #[arg(long, value_name = "DIR")]
    scripts: Option<PathBuf>,
    /// Draw each violation into this folder, as a sequence diagram
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Draw how this witness is seen, too, such as "A Leader Is Elected"
    #[arg(long, value_name = "NAME", requires = "svg")]
    witness: Option<String>,
    /// Print the coverage, too: how often each kind of step was taken and each row of the transition
    /// tables was reached, how the number of states grew, how fast and in how much memory, and which
    /// features were combined with contention and with which faults
    #[arg(long)]
    coverage: bool,
    /// Print one JSON object for each claim, one a line, and nothing else
    #[arg(long)]
    json: bool,
}

/// The checker that searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Checker {
    /// The explorer: exact, compact, parallel
    Quorate,
    /// Stateright's breadth-first checker, the second opinion
    Stateright,
}

fn memory(text: &str) -> Result<usize, String> {
    let (digits, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_alphabetic()).len());
    let shift = match unit {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err("expected a number of bytes, or a number with K, M or G".to_owned()),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Err("expected a number before the unit".to_owned());
    }
    let number: Option<usize> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or_else(|| "that is more than can be addressed".to_owned())
}

/// Searches, prints, and gives the worst verdict as exit code.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mutant = args.mutant.as_deref();
    let mutant = mutant.map(|name| selection::mutant(name, &args.names));
    let mutant = mutant.transpose()?;
    let entries = entries(args, mutant)?;
    memory_can_be_limited(args.max_memory, Progress::default().memory())?;
    let witness = args.witness.as_deref();
    let witness = witness.map(|name| selection::witness(&entries, name));
    let witness = witness.transpose()?;
    let folders = args.scripts.iter().chain(&args.svg);
    folders
        .into_iter()
        .try_for_each(|folder| writable(folder))?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        limits: Limits {
            states: args.max_states,
            memory: args.max_memory,
            time: args.max_time.map(Duration::from_secs),
        },
        edges: args.max_edges,
        threads: args.threads.map_or(cores, usize::from),
        stops_at_violation: !args.keep_going,
        reductions: !args.no_reductions,
        ..Options::default()
    };
    let pinned = pinned::all().context("the pinned results cannot be read")?;
    let run = Run {
        args,
        entries,
        mutant,
        witness,
        options,
        pinned,
    };
    let started = Instant::now();
    let results = run.search()?;
    if !args.json {
        report::print(&results, mutant, args.checker, started.elapsed());
        report::print_reductions(&results, args);
        if args.coverage {
            coverage::print(&results);
        }
        report::print_pinned(&results);
        report::print_verdict(&results, mutant);
    }
    Ok(ExitCode::from(result::worst(&results).exit_code()))
}

/// Refuses a limit of memory where the memory in use cannot be read.
fn memory_can_be_limited(limit: Option<usize>, used: Option<usize>) -> Result<()> {
    if limit.is_none() || used.is_some() {
        return Ok(());
    }
    let message = "--max-memory needs /proc/self/status, to read how much memory is in use, and it \
                   cannot be read here; use --max-states or --max-time";
    Err(Usage(message.to_owned()).into())
}

/// The configurations that are asked for; with a mutant alone, the one in which it is found.
fn entries(args: &Args, mutant: Option<MutantEntry>) -> Result<Vec<Entry>> {
    if args.deep {
        are_larger(&args.names)?;
    }
    let mut entries = match mutant {
        Some(_) if args.names.is_empty() && args.deep => {
            let message = "--mutant alone searches the configuration that kills it; with --deep, \
                           name a configuration";
            return Err(Usage(message.to_owned()).into());
        }
        Some(mutant) if args.names.is_empty() => vec![mutant.home()],
        _ => {
            let profile = if args.deep {
                Profile::Deep
            } else {
                Profile::Usual
            };
            selection::configurations(&args.names, profile)?
        }
    };
    if let Some(mutant) = mutant {
        // A protocol's name stands for what has such a mutant.
        let is_asked_for = |entry: &Entry| {
            let stands_alone = args.names.contains(&entry.path());
            stands_alone || entry.has(mutant) || entry.protocol != mutant.protocol
        };
        entries.retain(is_asked_for);
        selection::belongs(mutant, &entries)?;
    }
    Ok(entries)
}

/// Refuses names of usual configurations.
fn are_larger(names: &[String]) -> Result<()> {
    let usual: Vec<Entry> = Entry::of(Profile::Usual).collect();
    let is_usual = |name: &&String| usual.iter().any(|entry| entry.path() == **name);
    let Some(name) = names.iter().find(is_usual) else {
        return Ok(());
    };
    let mut message = format!("{name} is no larger configuration: leave out --deep");
    let deep = format!("{name}-deep");
    if Entry::of(Profile::Deep).any(|entry| entry.path() == deep) {
        message += &format!(", or name {deep}");
    }
    Err(Usage(message).into())
}

struct Run<'a> {
    args: &'a Args,
    entries: Vec<Entry>,
    mutant: Option<MutantEntry>,
    /// The witness that is drawn, too.
    witness: Option<&'static str>,
    options: Options,
    pinned: BTreeMap<String, Pinned>,
}

impl Run<'_> {
    /// Searches all configurations, one after the other, and prints each.
    fn search(&self) -> Result<Vec<CheckResult>> {
        let progresses: Vec<Arc<Progress>> = self.entries.iter().map(|_| Arc::default()).collect();
        halt_on_interrupt(progresses.clone());
        let mut display = Display::new(self.args.json, self.expected_states());
        let mut results = Vec::new();
        for (entry, progress) in self.entries.iter().zip(progresses) {
            let (entry, mutant) = (*entry, self.mutant);
            let second_opinion = self.second_opinion(entry);
            let watched = display.watch(Subject { entry, mutant }, &progress);
            let options = &self.options;
            let mut report = match second_opinion {
                Some(_) => searches::second_opinion(entry, mutant, (options, true), &progress),
                None => searches::explore(entry, mutant, options, &progress),
            };
            self.seek_witness(entry, &progress, &mut report);
            let is_pinned = mutant.is_none() && self.options.reductions;
            let pinned = self.pinned.get(&entry.path()).filter(|_| is_pinned);
            let subject = Subject { entry, mutant };
            let mut result = CheckResult::new(subject, report, pinned, second_opinion);
            result.pictures = self.draw(&result)?;
            display.done(watched, &result);
            self.write_scripts(&result)?;
            let pictures = result.pictures.values().filter(|_| !self.args.json);
            pictures.for_each(|file| say!("  drawn: {}", file.display()));
            results.push(result);
        }
        Ok(results)
    }

    /// How the second opinion searches a configuration, if it is the one that searches.
    fn second_opinion(&self, entry: Entry) -> Option<SecondOpinion> {
        (self.args.checker == Checker::Stateright).then_some(match self.options.reductions {
            true => entry.facts.second_opinion,
            false => SecondOpinion::Unreduced,
        })
    }

    /// How many states all searches are known to find, if each is known.
    fn expected_states(&self) -> Option<usize> {
        let of = |entry: &Entry| {
            let pinned = self.pinned.get(&entry.path())?;
            match self.second_opinion(*entry) {
                Some(SecondOpinion::Unreduced) => pinned.unreduced_states,
                _ => Some(pinned.states),
            }
        };
        let entries = self.entries.iter().filter(|_| self.mutant.is_none());
        entries.map(of).sum()
    }

    /// Searches for the way to the witness that is to be drawn, if it is there.
    fn seek_witness(&self, entry: Entry, progress: &Arc<Progress>, report: &mut Report) {
        let is_wanted = |finding: &Finding| Some(finding.claim.name) == self.witness;
        let Some(number) = report.findings.iter().position(is_wanted) else {
            return;
        };
        if report.findings[number].verdict == Verdict::Holds {
            let options = Options {
                until: Some(number),
                stops_at_violation: false,
                counts_without_history: false,
                ..self.options
            };
            let mut seen = searches::explore(entry, self.mutant, &options, progress);
            let seen = seen.findings.swap_remove(number);
            report.findings[number].counterexample = seen.counterexample;
        }
    }

    /// Draws violations, and the witness that is to be drawn, if pictures are asked for. Gives the file
    /// of each claim.
    fn draw(&self, result: &CheckResult) -> Result<BTreeMap<&'static str, PathBuf>> {
        let mut files = BTreeMap::new();
        for finding in &result.report.findings {
            let folder = self.args.svg.as_ref();
            let file = folder.map(|folder| result.subject.draw(finding, folder));
            if let Some(file) = file.transpose()?.flatten() {
                files.insert(finding.claim.name, file);
            }
        }
        Ok(files)
    }

    fn write_scripts(&self, result: &CheckResult) -> Result<()> {
        let Some(folder) = &self.args.scripts else {
            return Ok(());
        };
        for (number, violation) in result.violations().enumerate() {
            let file = result.subject.write(violation, folder, number == 0)?;
            if let Some(file) = file.filter(|_| !self.args.json) {
                say!("  written: {}", file.display());
            }
        }
        Ok(())
    }
}

/// Ends all searches at the first Ctrl-C; the second ends the process.
fn halt_on_interrupt(progresses: Vec<Arc<Progress>>) {
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT]) else {
        return;
    };
    thread::spawn(move || {
        let mut interrupted = false;
        for _ in signals.forever() {
            if interrupted {
                std::process::exit(i32::from(Ending::Inconclusive.exit_code()));
            }
            interrupted = true;
            progresses
                .iter()
                .for_each(|progress| progress.interrupt.store(true, Ordering::Relaxed));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_memory_that_cannot_be_read_is_refused() {
        let refused = |limit, used| {
            let error = memory_can_be_limited(limit, used).err()?;
            Some(error.downcast::<Usage>().expect("a usage error").0)
        };
        assert_eq!(refused(None, None), None);
        assert_eq!(refused(None, Some(1)), None);
        assert_eq!(refused(Some(1), Some(1)), None);
        let refused = refused(Some(1), None).expect("it is refused");
        assert!(refused.starts_with("--max-memory needs"), "{refused}");
    }
}
