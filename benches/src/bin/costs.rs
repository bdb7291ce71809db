//! The cost of claims: a configuration is searched with all of its claims, with none, and with each kind of
//! them alone; of claims about the good period and of refinements, with each one alone.

use anyhow::{Context, Result, bail};
use clap::Parser;
use quorate_models::catalog::Entry;
use quorate_models::system::claim::{ClaimFacts, Kind};
use quorate_refinement::engine::Options;
use quorate_refinement::evidence::searches;
use std::sync::Arc;

#[derive(Parser)]
#[command(about)]
struct Args {
    /// Configurations to search: PROTOCOL/CONFIG
    #[arg(default_values = ["raft/replication", "raft/live-election"])]
    configurations: Vec<String>,
    /// How often each search is run; the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
}

/// Which claims a search makes: all, none, those of a kind, or the one of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    All,
    Nothing,
    Of(Kind),
    Only(&'static str),
    /// A witness of the good period, for which its edges are kept.
    Edges(&'static str),
}

impl Made {
    fn has(self, claim: &ClaimFacts) -> bool {
        match self {
            Made::All => true,
            Made::Nothing => false,
            Made::Of(kind) => claim.kind == kind,
            Made::Only(name) | Made::Edges(name) => claim.name == name,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Made::All => "all",
            Made::Nothing => "none",
            Made::Of(kind) => kind.name(),
            Made::Only(name) => name,
            Made::Edges(_) => "edges of the good period",
        }
    }
}

/// The searches that are made of a configuration.
fn searches(entry: Entry) -> Vec<Made> {
    let mut searches = vec![Made::Nothing, Made::All];
    for claim in &entry.facts.claims {
        let is_own = claim.in_period || claim.kind == Kind::Refines;
        let has_edges = searches.iter().any(|it| matches!(it, Made::Edges(_)));
        let made = match claim.kind {
            Kind::Witness if claim.in_period && !has_edges => Made::Edges(claim.name),
            Kind::Witness => continue,
            _ if is_own => Made::Only(claim.name),
            kind => Made::Of(kind),
        };
        if !searches.contains(&made) {
            searches.push(made);
        }
    }
    searches
}

/// Searches once, with one thread: the states, and processor time in seconds.
fn search(entry: Entry, made: Made) -> Result<(usize, f64)> {
    let options = Options {
        threads: 1,
        counts_without_history: false,
        ..Options::default()
    };
    let makes = |claim: &ClaimFacts| made.has(claim);
    let started = processor_seconds()?;
    let report = searches::explore_claims(entry, None, &makes, &options, &Arc::default());
    Ok((report.states, processor_seconds()? - started))
}

/// The processor time that this process took so far, in its own code.
fn processor_seconds() -> Result<f64> {
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").context("no /proc/self/stat")?;
    // The name of the process, in brackets, may hold spaces.
    let (_, fields) = stat.rsplit_once(')').context("a line of another form")?;
    let user = fields
        .split_whitespace()
        .nth(11)
        .context("a line of another form")?;
    Ok(user.parse::<f64>()? / TICKS)
}

fn main() -> Result<()> {
    let args = Args::parse();
    for path in &args.configurations {
        let Some(entry) = Entry::all().find(|entry| entry.path() == *path) else {
            bail!("there is no configuration {path}; `quorate list` shows what there is");
        };
        let searches = searches(entry);
        let mut seconds = vec![Vec::new(); searches.len()];
        let mut states = 0;
        for _ in 0..args.rounds {
            for (seconds, made) in seconds.iter_mut().zip(&searches) {
                let (found, took) = search(entry, *made)?;
                states = found;
                seconds.push(took);
            }
        }
        println!(
            "{path}: {states} states, one thread, {} rounds",
            args.rounds
        );
        println!("claims                           seconds   s/million   ratio to none");
        let medians = seconds.iter_mut().map(|seconds| {
            seconds.sort_unstable_by(f64::total_cmp);
            seconds[seconds.len() / 2]
        });
        let medians: Vec<f64> = medians.collect();
        for (median, made) in medians.iter().zip(&searches) {
            let million = median / states as f64 * 1e6;
            let (name, ratio) = (made.name(), median / medians[0]);
            println!("{name:<30} {median:>9.2} {million:>11.2} {ratio:>15.2}");
        }
    }
    Ok(())
}
