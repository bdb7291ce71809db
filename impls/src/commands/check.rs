//! `quorate check`: search configurations to the end, and say what was found.

use super::{Usage, selection, tables::table};
use crate::output::say;
use anyhow::Result;
use clap::ValueEnum;
use comfy_table::{CellAlignment, Table};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use quorate_models::catalog::{Builder, ClaimFacts, Entry, MutantEntry, Visitor};
use quorate_models::property::Kind;
use quorate_models::system::{History, Participant};
use quorate_refinement::engine::{self, Finding, Limits, Progress, Report, Verdict};
use serde_json::json;
use signal_hook::consts::SIGINT;
use std::collections::BTreeMap;
use std::io::{IsTerminal, stdout};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// A claim is violated.
const VIOLATED: u8 = 1;
/// Nothing is violated, but a search ended early.
const INCONCLUSIVE: u8 = 3;

/// What to check, and how far.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Protocols or configurations, such as `raft` or `raft/election`; everything if there are none
    #[arg(value_name = "PROTOCOL|PROTOCOL/CONFIG")]
    names: Vec<String>,
    /// Exchange a rule of the protocol for a bug; `quorate list` names the mutants
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,
    /// The checker that searches
    #[arg(long, value_enum, default_value_t = Checker::Stateright)]
    checker: Checker,
    /// End each search after about this many unique states; what is not decided then is
    /// inconclusive
    #[arg(long, value_name = "N")]
    max_states: Option<usize>,
    /// End all searches when the process uses this much memory, such as 8G or 500M
    #[arg(long, value_name = "M", value_parser = memory)]
    max_memory: Option<usize>,
    /// Searches at the same time; one for each core if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Print one JSON object for each claim, one a line, and nothing else
    #[arg(long)]
    json: bool,
}

/// Who searches.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Checker {
    /// Stateright's breadth-first checker
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
    let number: usize = digits
        .parse()
        .map_err(|_| "expected a number before the unit")?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| "that is more than can be addressed".to_owned())
}

/// Searches, prints, and gives the worst verdict as exit code.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mutant = args.mutant.as_deref().map(selection::mutant).transpose()?;
    let entries = match mutant {
        Some(mutant) if args.names.is_empty() => vec![selection::home(mutant)],
        _ => selection::configurations(&args.names)?,
    };
    if let Some(mutant) = mutant
        && let Some(other) = entries
            .iter()
            .find(|entry| entry.protocol != mutant.protocol)
    {
        let (name, protocol) = (mutant.facts().name, mutant.protocol.name());
        return Err(Usage(format!(
            "{name} is a mutant of {protocol}, not of {}",
            other.path()
        ))
        .into());
    }
    let Checker::Stateright = args.checker;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let jobs = args.jobs.map_or(cores, usize::from).min(entries.len());
    let limits = Limits {
        states: args.max_states,
        memory: args.max_memory,
    };
    let run = Run {
        entries,
        mutant,
        limits,
        jobs,
        json: args.json,
    };
    let started = Instant::now();
    let results = run.search();
    let elapsed = started.elapsed();
    if !args.json {
        print_tables(&results, mutant, elapsed);
    }
    let worst = |verdict| {
        results
            .iter()
            .any(|(_, report)| report.verdict() == verdict)
    };
    Ok(if worst(Verdict::Violated) {
        ExitCode::from(VIOLATED)
    } else if worst(Verdict::Inconclusive) {
        ExitCode::from(INCONCLUSIVE)
    } else {
        ExitCode::SUCCESS
    })
}

struct Run {
    entries: Vec<Entry>,
    mutant: Option<MutantEntry>,
    limits: Limits,
    jobs: usize,
    json: bool,
}

struct Check {
    mutant: Option<MutantEntry>,
    limits: Limits,
    progress: Arc<Progress>,
}

impl Visitor for Check {
    type Output = Report;

    fn visit<A: Participant, G: History>(self, build: Builder<'_, A, G>) -> Report {
        engine::check(build(self.mutant), self.limits, &self.progress)
    }
}

impl Run {
    /// Searches all configurations, several at a time, and prints each in its turn.
    fn search(&self) -> Vec<(Entry, Report)> {
        let progresses: Vec<Arc<Progress>> = self.entries.iter().map(|_| Arc::default()).collect();
        halt_on_interrupt(progresses.clone());
        let display = Display::new(self.json);
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        let mut results: BTreeMap<usize, Report> = BTreeMap::new();
        let mut printed = 0;
        thread::scope(|scope| {
            for _ in 0..self.jobs {
                let (sender, next, progresses, display) =
                    (sender.clone(), &next, &progresses, &display);
                scope.spawn(move || {
                    while let Some((index, entry)) = self.take(next) {
                        let progress = progresses[index].clone();
                        let watched = display.watch(&entry.path(), &progress);
                        let check = Check {
                            mutant: self.mutant,
                            limits: self.limits,
                            progress,
                        };
                        let report = entry.visit(check);
                        drop(watched);
                        display.done(entry, &report);
                        _ = sender.send((index, report));
                    }
                });
            }
            drop(sender);
            for (index, report) in receiver {
                results.insert(index, report);
                while let Some(report) = results.get(&printed) {
                    if self.json {
                        print_json(self.entries[printed], report, self.jobs == 1);
                    }
                    printed += 1;
                }
            }
        });
        results
            .into_iter()
            .map(|(index, report)| (self.entries[index], report))
            .collect()
    }

    fn take(&self, next: &AtomicUsize) -> Option<(usize, Entry)> {
        let index = next.fetch_add(1, Ordering::Relaxed);
        self.entries.get(index).map(|entry| (index, *entry))
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

/// What is shown while the searches run: on a terminal a line for each, otherwise a line when each
/// has ended.
struct Display {
    bars: MultiProgress,
    json: bool,
    silent: Mutex<()>,
}

impl Display {
    fn new(json: bool) -> Self {
        let target = if json || !stdout().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        Display {
            bars: MultiProgress::with_draw_target(target),
            json,
            silent: Mutex::default(),
        }
    }

    /// Shows a search until the result is dropped.
    fn watch(&self, name: &str, progress: &Arc<Progress>) -> Watched {
        let style = ProgressStyle::with_template("{spinner} {prefix:<24} {msg} {elapsed:>5}");
        let bar = self.bars.add(ProgressBar::new_spinner());
        bar.set_style(style.expect("the template is valid"));
        bar.set_prefix(name.to_owned());
        let (stop, stopped) = mpsc::channel::<()>();
        let (progress, shown) = (progress.clone(), bar.clone());
        let started = Instant::now();
        let thread = thread::spawn(move || {
            let tick = Duration::from_millis(100);
            while stopped.recv_timeout(tick) == Err(mpsc::RecvTimeoutError::Timeout) {
                let states = progress.states.load(Ordering::Relaxed);
                let depth = progress.depth.load(Ordering::Relaxed);
                let rate = states as f64 / started.elapsed().as_secs_f64();
                let (states, rate) = (grouped(states), grouped(rate as usize));
                shown.set_message(format!(
                    "{states:>11} states  depth {depth:>3}  {rate:>8}/s"
                ));
                shown.tick();
            }
        });
        Watched {
            bar,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    fn done(&self, entry: Entry, report: &Report) {
        if self.json {
            return;
        }
        let _guard = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let states = grouped(report.states);
        let seconds = report.time.as_secs_f64();
        let line = format!(
            "  {:<24} {states:>11} states  depth {:>3}  {seconds:>6.1} s  {}",
            entry.path(),
            report.depth,
            report.verdict().name()
        );
        if self.bars.is_hidden() {
            say!("{line}");
        } else {
            _ = self.bars.println(line);
        }
    }
}

struct Watched {
    bar: ProgressBar,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop.take();
        _ = self.thread.take().map(thread::JoinHandle::join);
        self.bar.finish_and_clear();
    }
}

fn print_tables(results: &[(Entry, Report)], mutant: Option<MutantEntry>, elapsed: Duration) {
    say!();
    say!("{}", configurations_table(results));
    say!();
    say!("What holds, holds within the bounds of the configuration, no more:");
    for (entry, _) in results {
        say!("  {:<24} {}", entry.path(), entry.bounds());
    }
    say!();
    say!("{}", claims_table(results));
    for (entry, report) in results {
        print_findings(*entry, report);
    }
    say!();
    if let Some(mutant) = mutant {
        let facts = mutant.facts();
        say!("With the mutant {}: {}.", facts.name, facts.about);
        if !mutant.keeps_reductions() {
            say!("It may use messages that are dead without it, so none is dropped as dead.");
        }
    }
    say!(
        "States are told apart by a hash of 64 bits. Everything took {:.1} s.",
        elapsed.as_secs_f64()
    );
}

fn configurations_table(results: &[(Entry, Report)]) -> Table {
    let mut table = table([
        "configuration",
        "states",
        "transitions",
        "depth",
        "cut",
        "× history",
        "seconds",
        "verdict",
    ]);
    for (entry, report) in results {
        let history = report.states as f64 / report.states_without_history.max(1) as f64;
        let verdict = match report.halt {
            Some(halt) => format!("{}: {halt}", report.verdict().name()),
            None => report.verdict().name().to_owned(),
        };
        table.add_row(vec![
            entry.path(),
            grouped(report.states),
            grouped(report.transitions),
            report.depth.to_string(),
            report.cut.to_string(),
            format!("{history:.2}"),
            format!("{:.1}", report.time.as_secs_f64()),
            verdict,
        ]);
    }
    for column in 1..=6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// For each claim, in how many configurations it was found to hold, to fail, or neither.
fn claims_table(results: &[(Entry, Report)]) -> Table {
    let mut claims: Vec<(ClaimFacts, [usize; 3])> = Vec::new();
    for Finding { claim, verdict, .. } in results.iter().flat_map(|(_, report)| &report.findings) {
        let position = claims
            .iter()
            .position(|(known, _)| known == claim)
            .unwrap_or_else(|| {
                claims.push((*claim, [0; 3]));
                claims.len() - 1
            });
        claims[position].1[*verdict as usize] += 1;
    }
    claims.sort_by_key(|(claim, _)| claim.kind);
    let mut table = table([
        "claim",
        "kind",
        "source",
        "holds",
        "violated",
        "inconclusive",
    ]);
    for (claim, counts) in claims {
        let mut row = vec![
            claim.name.to_owned(),
            claim.kind.name().to_owned(),
            claim.source.to_owned(),
        ];
        row.extend(counts.map(|count| {
            if count == 0 {
                "-".to_owned()
            } else {
                count.to_string()
            }
        }));
        table.add_row(row);
    }
    table
}

fn print_findings(entry: Entry, report: &Report) {
    for Finding {
        claim,
        verdict,
        counterexample,
    } in &report.findings
    {
        if *verdict != Verdict::Violated {
            continue;
        }
        say!();
        match counterexample {
            Some(counterexample) => {
                let steps = counterexample.steps.len();
                say!(
                    "{}: {} ({}) is violated after {steps} steps:",
                    entry.path(),
                    claim.name,
                    claim.source
                );
                for (number, step) in counterexample.steps.iter().enumerate() {
                    say!("  {:>3}  {step}", number + 1);
                }
            }
            None if claim.kind == Kind::Witness => {
                say!("{}: {} never happens.", entry.path(), claim.name);
            }
            None => say!(
                "{}: {} ({}) is violated.",
                entry.path(),
                claim.name,
                claim.source
            ),
        }
    }
}

fn print_json(entry: Entry, report: &Report, alone: bool) {
    let bytes_per_state = alone.then(|| report.memory / report.states.max(1));
    for Finding {
        claim,
        verdict,
        counterexample,
    } in &report.findings
    {
        let object = json!({
            "protocol": entry.protocol.name(),
            "config": entry.name(),
            "bounds": entry.bounds(),
            "property": claim.name,
            "kind": claim.kind.name(),
            "verdict": verdict.name(),
            "states": report.states,
            "transitions": report.transitions,
            "depth": report.depth,
            "cut": report.cut,
            "seconds": report.time.as_secs_f64(),
            "bytes_per_state": bytes_per_state,
            "counterexample": counterexample.as_ref().map(|counterexample| &counterexample.steps),
        });
        say!("{object}");
    }
}

/// A number with its digits in groups of three.
fn grouped(number: usize) -> String {
    indicatif::HumanCount(number as u64).to_string()
}
