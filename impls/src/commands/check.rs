//! `quorate check`: search configurations to the end, and say what was found.

mod coverage;
mod progress;
mod report;

use super::{Usage, selection};
use anyhow::Result;
use clap::ValueEnum;
use progress::Display;
use quorate_models::catalog::{Builder, Entry, MutantEntry, Profile, Visitor};
use quorate_models::system::{History, Participant};
use quorate_refinement::engine::{Limits, Options, Progress, Report, Verdict, explore, stateright};
use signal_hook::consts::SIGINT;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// A claim is violated.
const VIOLATED: u8 = 1;
/// Nothing is violated, but a search ended early.
const INCONCLUSIVE: u8 = 3;
/// A model itself is wrong: a handler panics, or values are equal and hash differently.
const INTERNAL: u8 = 4;

/// What to check, and how far.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Protocols or configurations, such as `raft` or `raft/election`; every protocol if there are
    /// none
    #[arg(value_name = "PROTOCOL|PROTOCOL/CONFIG")]
    names: Vec<String>,
    /// Of a protocol, search the larger configurations instead: minutes and gigabytes each
    #[arg(long)]
    deep: bool,
    /// Exchange a rule of the protocol for a bug; `quorate list` names the mutants
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,
    /// The checker that searches
    #[arg(long, value_enum, default_value_t = Checker::Quorate)]
    checker: Checker,
    /// End each search after about this many unique states; what is not decided then is
    /// inconclusive
    #[arg(long, value_name = "N")]
    max_states: Option<usize>,
    /// End all searches when the process uses this much memory, such as 8G or 500M
    #[arg(long, value_name = "M", value_parser = memory)]
    max_memory: Option<usize>,
    /// End each search after about this many seconds
    #[arg(long, value_name = "SECONDS")]
    max_time: Option<u64>,
    /// Threads of a search, one for each core if not given; Stateright's checker always takes one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Print, too, what the searches went through: how often each kind of step and each row of the
    /// transition tables, how the number of states grew, and which features are combined with which
    /// faults
    #[arg(long)]
    coverage: bool,
    /// Print one JSON object for each claim, one a line, and nothing else
    #[arg(long)]
    json: bool,
}

/// Who searches.
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
    let mutant = args.mutant.as_deref().map(selection::mutant).transpose()?;
    let entries = entries(args, mutant)?;
    memory_can_be_limited(args.max_memory, Progress::default().memory())?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        limits: Limits {
            states: args.max_states,
            memory: args.max_memory,
            time: args.max_time.map(Duration::from_secs),
        },
        threads: args.threads.map_or(cores, usize::from),
        ..Options::default()
    };
    let run = Run {
        entries,
        mutant,
        options,
        checker: args.checker,
        json: args.json,
    };
    let started = Instant::now();
    let results = run.search();
    if !args.json {
        report::print(&results, mutant, args.checker, started.elapsed());
        if args.coverage {
            coverage::print(&results);
        }
    }
    Ok(exit_code(&results))
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
    let entries = match mutant {
        Some(_) if args.names.is_empty() && args.deep => {
            let message = "a mutant alone is searched for where it is to be found; with --deep, \
                           name what to search";
            return Err(Usage(message.to_owned()).into());
        }
        Some(mutant) if args.names.is_empty() => vec![selection::home(mutant)],
        _ => {
            let profile = if args.deep {
                Profile::Deep
            } else {
                Profile::Default
            };
            selection::configurations(&args.names, profile)?
        }
    };
    let foreign = |mutant: MutantEntry| {
        let mut entries = entries.iter();
        let entry = entries.find(|entry| entry.protocol != mutant.protocol)?;
        Some((mutant, entry))
    };
    if let Some((mutant, entry)) = mutant.and_then(foreign) {
        let (name, protocol) = (mutant.facts().name, mutant.protocol.name());
        let path = entry.path();
        let message = format!("{name} is a mutant of {protocol}, not of {path}");
        return Err(Usage(message).into());
    }
    Ok(entries)
}

fn exit_code(results: &[(Entry, Report)]) -> ExitCode {
    let any = |is: &dyn Fn(&Report) -> bool| results.iter().any(|(_, report)| is(report));
    if any(&|report| report.flaw.is_some()) {
        ExitCode::from(INTERNAL)
    } else if any(&|report| report.verdict() == Verdict::Violated) {
        ExitCode::from(VIOLATED)
    } else if any(&|report| report.verdict() == Verdict::Inconclusive) {
        ExitCode::from(INCONCLUSIVE)
    } else {
        ExitCode::SUCCESS
    }
}

struct Run {
    entries: Vec<Entry>,
    mutant: Option<MutantEntry>,
    options: Options,
    checker: Checker,
    json: bool,
}

struct Check<'a> {
    run: &'a Run,
    progress: Arc<Progress>,
}

impl Visitor for Check<'_> {
    type Output = Report;

    fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> Report {
        let system = Arc::new(build(self.run.mutant));
        match self.run.checker {
            Checker::Quorate => explore(&system, &self.run.options, &self.progress),
            Checker::Stateright => {
                stateright::check(&system, self.run.options.limits, &self.progress)
            }
        }
    }
}

impl Run {
    /// Searches all configurations, one after the other, and prints each.
    fn search(&self) -> Vec<(Entry, Report)> {
        let progresses: Vec<Arc<Progress>> = self.entries.iter().map(|_| Arc::default()).collect();
        halt_on_interrupt(progresses.clone());
        let display = Display::new(self.json);
        let searched = self.entries.iter().zip(progresses);
        let search = |(entry, progress): (&Entry, Arc<Progress>)| {
            let watched = display.watch(&entry.path(), &progress);
            let check = Check {
                run: self,
                progress,
            };
            let report = entry.visit(check);
            drop(watched);
            display.done(*entry, &report);
            if self.json {
                report::print_json(*entry, &report);
            }
            (*entry, report)
        };
        searched.map(search).collect()
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
                std::process::exit(i32::from(INCONCLUSIVE));
            }
            interrupted = true;
            progresses
                .iter()
                .for_each(|progress| progress.halt.store(true, Ordering::Relaxed));
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
