//! The explorer and Stateright's checkers on the same actors with the same claims: each search in a
//! process of its own, one after the other, round by round.

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use quorate_benches::plain::paxos::Paxos;
use quorate_benches::plain::raft::Raft;
use quorate_benches::plain::{Contender, Rival, search};
use serde::{Deserialize, Serialize};
use std::process::Command;
use std::time::Instant;

#[derive(Parser)]
#[command(about)]
struct Args {
    /// Models to search; all if not given
    models: Vec<Name>,
    /// Threads of each search
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// How often each search is run
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Search once, in this process, and print one JSON object a model
    #[arg(long, value_name = "CHECKER")]
    once: Option<Contender>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    Raft,
    Paxos,
}

/// The measurement of one search.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Measurement {
    states: usize,
    transitions: usize,
    seconds: f64,
    /// The most memory that the process had, in bytes.
    peak: usize,
}

impl Name {
    fn name(self) -> &'static str {
        match self {
            Name::Raft => Raft::NAME,
            Name::Paxos => Paxos::NAME,
        }
    }

    fn search(self, contender: Contender, threads: usize) -> Measurement {
        let started = Instant::now();
        let (states, transitions) = match self {
            Name::Raft => search::<Raft>(contender, threads),
            Name::Paxos => search::<Paxos>(contender, threads),
        };
        let (seconds, peak) = (started.elapsed().as_secs_f64(), peak_bytes());
        Measurement {
            states,
            transitions,
            seconds,
            peak,
        }
    }
}

/// The most resident memory that this process had; 0 where the system does not tell.
fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    let kib = line.and_then(|kib| kib.trim().parse::<usize>().ok());
    kib.unwrap_or(0) << 10
}

fn main() -> Result<()> {
    let mut args = Args::parse();
    if args.models.is_empty() {
        args.models = vec![Name::Raft, Name::Paxos];
    }
    for name in &args.models {
        match args.once {
            Some(contender) => {
                let measurement = name.search(contender, args.threads);
                println!("{}", serde_json::to_string(&measurement)?);
            }
            None => race(*name, &args)?,
        }
    }
    Ok(())
}

/// Runs all contenders, round by round, and prints the medians and their ratios.
fn race(name: Name, args: &Args) -> Result<()> {
    let mut measurements = Contender::ALL.map(|_| Vec::new());
    for _ in 0..args.rounds {
        for (measurements, contender) in measurements.iter_mut().zip(Contender::ALL) {
            measurements.push(run(name, contender, args.threads)?);
        }
    }
    for measurements in &mut measurements {
        measurements
            .sort_unstable_by(|one: &Measurement, other| one.seconds.total_cmp(&other.seconds));
    }
    let median = |measurements: &Vec<Measurement>| measurements[measurements.len() / 2];
    let (own, rounds, threads) = (median(&measurements[0]), args.rounds, args.threads);
    let (states, transitions) = (own.states, own.transitions);
    let name = name.name();
    println!(
        "{name}: {states} states, {transitions} transitions; {threads} threads, {rounds} rounds"
    );
    println!("checker     seconds   fastest   slowest   states/s  bytes/state  quorate is faster");
    for (measurements, contender) in measurements.iter().zip(Contender::ALL) {
        let (name, it) = (contender.name(), median(measurements));
        ensure!(
            (it.states, it.transitions) == (states, transitions),
            "{name} differs: {it:?}"
        );
        println!(
            "{name:<8} {:>10.2} {:>9.2} {:>9.2} {:>10.0} {:>12} {:>12.1} times",
            it.seconds,
            measurements[0].seconds,
            measurements[measurements.len() - 1].seconds,
            it.states as f64 / it.seconds,
            it.peak / it.states,
            it.seconds / own.seconds,
        );
    }
    Ok(())
}

/// Searches in a process of its own.
fn run(name: Name, contender: Contender, threads: usize) -> Result<Measurement> {
    let (name, contender) = (name.name(), contender.name());
    let output = Command::new(std::env::current_exe()?)
        .args([name, "--once", contender, "--threads", &threads.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name}, {contender}: {said}");
    serde_json::from_slice(&output.stdout).context("a measurement")
}
