//! The explorer and Stateright's checkers on the same actors with the same claims, each search in a
//! process of its own, one after the other and round by round.

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use quorate_benches::plain::paxos::Paxos;
use quorate_benches::plain::raft::Raft;
use quorate_benches::plain::{Rival, model, system};
use quorate_refinement::engine::{Options, Progress, explore};
use serde::{Deserialize, Serialize};
use stateright::{Checker, Model};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

#[derive(Parser)]
#[command(about)]
struct Args {
    /// Threads of each search
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// How often each is run
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// What is searched; everything if not given
    models: Vec<Name>,
    /// Search once, and print one JSON object
    #[arg(long, value_name = "CHECKER")]
    once: Option<Contender>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Name {
    Raft,
    Paxos,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Contender {
    Quorate,
    Bfs,
    Dfs,
}

/// What one search gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Outcome {
    states: usize,
    transitions: usize,
    seconds: f64,
    /// The most memory that the process had, in bytes.
    peak: usize,
}

impl Outcome {
    fn rate(&self) -> f64 {
        self.states as f64 / self.seconds
    }
}

fn search<R: Rival>(contender: Contender, threads: usize) -> Outcome {
    let started = Instant::now();
    let (states, transitions) = match contender {
        Contender::Quorate => {
            let options = Options {
                threads,
                // Stateright's checkers do not tell this.
                weighs_history: false,
                ..Options::default()
            };
            let report = explore(&Arc::new(system::<R>()), &options, &Progress::default());
            (report.states, report.transitions)
        }
        Contender::Bfs | Contender::Dfs => {
            let builder = model::<R>().checker().threads(threads);
            if contender == Contender::Bfs {
                counts(&builder.spawn_bfs().join())
            } else {
                counts(&builder.spawn_dfs().join())
            }
        }
    };
    Outcome {
        states,
        transitions,
        seconds: started.elapsed().as_secs_f64(),
        peak: peak_bytes(),
    }
}

fn counts<M: Model>(checker: &impl Checker<M>) -> (usize, usize) {
    (checker.unique_state_count(), checker.state_count() - 1)
}

/// The most resident memory that this process had; 0 where the system does not tell.
fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| {
        line.trim()
            .strip_suffix(" kB")?
            .trim()
            .parse::<usize>()
            .ok()
    });
    kib.unwrap_or(0) << 10
}

fn main() -> Result<()> {
    let args = Args::parse();
    let models = if args.models.is_empty() {
        vec![Name::Raft, Name::Paxos]
    } else {
        args.models
    };
    for name in models {
        match args.once {
            Some(contender) => {
                let outcome = match name {
                    Name::Raft => search::<Raft>(contender, args.threads),
                    Name::Paxos => search::<Paxos>(contender, args.threads),
                };
                println!("{}", serde_json::to_string(&outcome)?);
            }
            None => race(name, args.threads, args.rounds)?,
        }
    }
    Ok(())
}

/// Runs all contenders, round by round, and prints the medians and their ratios.
fn race(name: Name, threads: usize, rounds: usize) -> Result<()> {
    const CONTENDERS: [Contender; 3] = [Contender::Quorate, Contender::Bfs, Contender::Dfs];
    let mut outcomes = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        for (outcomes, contender) in outcomes.iter_mut().zip(CONTENDERS) {
            outcomes.push(run(name, contender, threads)?);
        }
    }
    println!("{name:?}, {threads} threads, {rounds} rounds");
    let mut fastest = 0.0;
    for (outcomes, contender) in outcomes.iter_mut().zip(CONTENDERS) {
        outcomes.sort_unstable_by(|one: &Outcome, other| one.seconds.total_cmp(&other.seconds));
        let median = &outcomes[outcomes.len() / 2];
        if contender == Contender::Quorate {
            fastest = median.rate();
        }
        println!(
            "  {:<8} {:>10} states {:>10} transitions  {:>7.2} s ({:.2} to {:.2})  {:>9.0} states/s  {:>5} bytes a state  quorate is {:>5.2} times as fast",
            format!("{contender:?}").to_lowercase(),
            median.states,
            median.transitions,
            median.seconds,
            outcomes[0].seconds,
            outcomes[outcomes.len() - 1].seconds,
            median.rate(),
            median.peak / median.states,
            fastest / median.rate(),
        );
        let same = outcomes[0].states == outcomes[rounds - 1].states;
        ensure!(same, "not the same states in every round");
    }
    Ok(())
}

/// Searches in a process of its own.
fn run(name: Name, contender: Contender, threads: usize) -> Result<Outcome> {
    let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let output = Command::new(std::env::current_exe()?)
        .args([word(&name), "--once".to_owned(), word(&contender)])
        .args(["--threads", &threads.to_string()])
        .output()?;
    ensure!(output.status.success(), "{name:?} {contender:?} failed");
    serde_json::from_slice(&output.stdout).context("an outcome")
}
