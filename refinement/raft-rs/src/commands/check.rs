//! `check`: search configurations to the end.

use super::{Usage, header, options, print_way};
use crate::INTERNAL_ERROR;
use crate::output::{grouped, paragraph, say};
use anyhow::{Result, ensure};
use quorate_models::protocol::{Configuration, Protocol};
use quorate_raft_rs::checked::{Found, RaftCrate, found, is_large};
use quorate_raft_rs::search::{Outcome, Verdict, search};
use quorate_refinement::engine::ModelError;
use std::process::ExitCode;

/// Something is not as it is recorded.
const DIFFERS: u8 = 1;
const INCONCLUSIVE: u8 = 3;

/// Which configurations to search.
#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// Configurations; without a name, the small ones
    names: Vec<String>,
    /// The large ones, too: minutes, and up to 5 GB
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Messages that can never matter again are kept
    #[arg(long)]
    no_reductions: bool,
    /// End a search that takes more memory, in GB; it is inconclusive then
    #[arg(long, value_name = "GB")]
    max_memory: Option<usize>,
}

impl Args {
    /// The configurations that are meant.
    fn selected(&self) -> Result<Vec<Configuration<RaftCrate>>> {
        let all = RaftCrate::configurations();
        let known: Vec<&str> = all.iter().map(|it| it.name).collect();
        for name in &self.names {
            let is_known = known.contains(&name.as_str());
            let known = known.join(", ");
            ensure!(
                is_known,
                Usage(format!(
                    "there is no configuration `{name}`; there are: {known}"
                ))
            );
        }
        let is_meant = |it: &Configuration<RaftCrate>| match &self.names[..] {
            [] => self.all || !is_large(it),
            names => names.iter().any(|name| name == it.name),
        };
        Ok(all.into_iter().filter(is_meant).collect())
    }
}

/// Searches, prints a row for each, and each violation with its way.
pub fn run(args: &Args) -> Result<ExitCode> {
    let selected = args.selected()?;
    let mut options = options(
        args.max_memory
            .map(|gigabytes| gigabytes.saturating_mul(1 << 30)),
    );
    options.reductions = !args.no_reductions;
    say!("raft 0.7.0 from crates.io, unmodified");
    say!();
    say!("configuration                 states  depth  seconds   checks      audit");
    let mut outcomes = Vec::new();
    for configuration in selected {
        let outcome = search(&|| configuration.system(None), &options);
        row(&configuration, &outcome);
        outcomes.push((configuration, outcome));
    }
    for (configuration, outcome) in &outcomes {
        tell(configuration, outcome);
    }
    conclude(&outcomes)
}

/// Numbers, then what the configuration is and what was concluded.
fn row(configuration: &Configuration<RaftCrate>, outcome: &Outcome) {
    let Outcome {
        report,
        checked,
        audit,
        audit_time,
        ..
    } = outcome;
    let seconds = (report.time + *audit_time).as_secs_f64();
    say!(
        "{:<22} {:>13} {:>6} {seconds:>8.1} {:>8} {:>10}",
        configuration.name,
        grouped(report.states),
        report.depth,
        grouped(checked.deeds + checked.probes),
        grouped(audit.pairs),
    );
    let bounds = configuration.facts().bounds;
    say!("{}", paragraph(configuration.about, "  "));
    say!("{}", paragraph(&format!("within: {bounds}"), "  "));
    say!("{}", paragraph(&sentence(&outcome.verdict()), "  "));
}

fn sentence(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Holds => "every claim holds, and every witness is reached".to_owned(),
        Verdict::Violated { claim, steps } => format!("VIOLATED in {steps} steps: {claim}"),
        Verdict::Unreached(witness) => format!("NEVER REACHED: {witness}"),
        Verdict::Inconclusive(why) => format!("inconclusive: {why}"),
        Verdict::Unfaithful(who, _) => format!("UNFAITHFUL, says the {who}: nothing is concluded"),
        Verdict::Error(why) => format!("ERROR: {why}"),
    }
}

/// Prints a violation, or what is wrong.
fn tell(configuration: &Configuration<RaftCrate>, outcome: &Outcome) {
    let place = header(configuration, None);
    if let Verdict::Unfaithful(_, what) = outcome.verdict() {
        say!();
        say!(
            "{}",
            paragraph(&format!("UNFAITHFUL in {place}: {what}"), "")
        );
    }
    if let Some(ModelError::Panic { path, .. }) = &outcome.report.error {
        print_way(&place, path);
    }
    if let (Verdict::Violated { claim, steps }, Some(finding)) =
        (outcome.verdict(), outcome.violation())
    {
        say!();
        say!("VIOLATED: {claim} in {place} after {steps} steps");
        say!(
            "({}); replayed on nodes that were never taken apart:",
            finding.claim.source
        );
        finding
            .counterexample
            .iter()
            .for_each(|way| print_way(&place, way));
    }
}

/// Says what the verdicts rest on, and whether they are those that are recorded.
fn conclude(outcomes: &[(Configuration<RaftCrate>, Outcome)]) -> Result<ExitCode> {
    let all = || outcomes.iter().map(|(_, outcome)| outcome);
    let deeds: usize = all().map(|it| it.checked.deeds).sum();
    let probes: usize = all().map(|it| it.checked.probes).sum();
    let (ways, pairs) = all().fold((0, 0), |(ways, pairs), it| {
        (ways + it.audit.ways, pairs + it.audit.pairs)
    });
    say!();
    let rests = format!(
        "What `holds` rests on: a node is stored as a snapshot, and put together from it. {} inputs and {} \
         probes were given to such a node and to a genuine one. Afterwards every way into a snapshot, {} in \
         all, was gone by genuine nodes, one for each input that was given there: {} of them were \
         compared with the search. This tests the snapshots, and is no proof. A violation does not rest \
         on it: its nodes are genuine.",
        grouped(deeds),
        grouped(probes),
        grouped(ways),
        grouped(pairs)
    );
    say!("{}", paragraph(&rests, ""));
    say!();
    let has = |is: fn(&Verdict) -> bool| all().any(|it| is(&it.verdict()));
    let differs = |(configuration, outcome): &&(Configuration<RaftCrate>, Outcome)| {
        is_unexpected(found(configuration.name), &outcome.verdict())
    };
    let code = if let Some((configuration, outcome)) = outcomes.iter().find(differs) {
        let verdict = sentence(&outcome.verdict());
        say!("NOT AS RECORDED: {}: {verdict}", configuration.name);
        DIFFERS
    } else if has(|it| matches!(it, Verdict::Unfaithful(..) | Verdict::Error(_))) {
        say!("NOTHING IS CONCLUDED: see above");
        INTERNAL_ERROR
    } else if has(|it| matches!(it, Verdict::Inconclusive(_))) {
        say!("inconclusive: see above");
        INCONCLUSIVE
    } else {
        say!("{} configurations, as recorded", outcomes.len());
        0
    };
    Ok(ExitCode::from(code))
}

/// Whether a verdict contradicts what is recorded.
fn is_unexpected(found: Option<Found>, verdict: &Verdict) -> bool {
    match (found, verdict) {
        (_, Verdict::Unreached(_)) | (None, Verdict::Violated { .. }) => true,
        (Some(_), Verdict::Holds) => true,
        (Some(known), Verdict::Violated { claim, steps }) => {
            (known.claim, known.steps) != (*claim, *steps)
        }
        _ => false,
    }
}
