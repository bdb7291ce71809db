//! `quorate mutants`: whether the claims can fail.

use super::selection;
use super::tables::{grouped, paragraph, table};
use crate::output::say;
use anyhow::Result;
use quorate_models::catalog::{MutantEntry, ProtocolId};
use quorate_models::protocol::Profile;
use quorate_models::system::claim::Kind;
use quorate_refinement::engine::Limits;
use quorate_refinement::evidence::mutants::{MutantReport, MutantVerdict, examine};
use serde_json::json;
use std::process::ExitCode;

/// The search for other properties that fail, beside the one that is named, ends after so many
/// states.
const FURTHER: usize = 600_000;

/// A mutant is alive, or was not killed as the catalog says.
const SURVIVED: u8 = 1;
/// No mutant is alive, but a search ended early.
const INCONCLUSIVE: u8 = 3;

/// Which mutants to kill.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A protocol; all of them if not given
    protocol: Option<String>,
    /// End each search after about this many unique states
    #[arg(long, value_name = "N")]
    max_states: Option<usize>,
    /// Print one JSON object for each mutant, one a line, and nothing else
    #[arg(long)]
    json: bool,
}

/// Searches for each mutant, prints what became of it, and which properties it violates.
pub fn run(args: &Args) -> Result<ExitCode> {
    let protocols = match &args.protocol {
        Some(name) => vec![selection::protocol(name)?],
        None => ProtocolId::ALL.to_vec(),
    };
    let limits = Limits {
        states: args.max_states,
        ..Limits::default()
    };
    let most = args.max_states.map_or(FURTHER, |most| most.min(FURTHER));
    let further = Limits {
        states: Some(most),
        ..Limits::default()
    };
    let mut worst = 0;
    for protocol in protocols {
        let mut reports = Vec::new();
        for mutant in protocol.mutants() {
            let report = examine(mutant, limits, further);
            worst = worst.max(severity(mutant, &report));
            if args.json {
                print_json(mutant, &report);
            } else {
                print_line(mutant, &report);
            }
            reports.push((mutant, report));
        }
        if !args.json {
            print_matrices(protocol, &reports, most);
        }
    }
    Ok(ExitCode::from(match worst {
        0 => 0,
        1 => INCONCLUSIVE,
        _ => SURVIVED,
    }))
}

/// 0 if killed as the catalog says, 1 if that is not known, 2 otherwise.
fn severity(mutant: MutantEntry, report: &MutantReport) -> u8 {
    match &report.verdict {
        MutantVerdict::Inconclusive(_) => 1,
        verdict if verdict.shortest() == Some(mutant.facts.shortest) => 0,
        _ => 2,
    }
}

fn print_line(mutant: MutantEntry, report: &MutantReport) {
    let facts = mutant.facts;
    let (property, pinned) = (facts.property, facts.shortest);
    let verdict = match (&report.verdict, report.verdict.shortest()) {
        (_, Some(found)) if found == pinned => format!("killed by {property} in {found}"),
        (_, Some(found)) => {
            format!("killed by {property} in {found}, BUT {pinned}, ARE PINNED")
        }
        (MutantVerdict::Killed { .. }, None) => {
            format!("killed by {property}, BUT DOES NOTHING ELSE THAN THE PROTOCOL")
        }
        (MutantVerdict::Alive, None) => format!("ALIVE: {property} holds"),
        (MutantVerdict::Inconclusive(reason), None) => format!("inconclusive: {reason}"),
    };
    say!("{} in {}", facts.name, facts.configuration);
    say!("{}", paragraph(&verdict, "    "));
}

fn print_json(mutant: MutantEntry, report: &MutantReport) {
    let facts = mutant.facts;
    let shortest = report.verdict.shortest();
    let verdict = match (&report.verdict, shortest) {
        (_, Some(_)) => "killed",
        (MutantVerdict::Inconclusive(_), _) => "inconclusive",
        _ => "alive",
    };
    let object = json!({
        "protocol": mutant.protocol.name(),
        "mutant": facts.name,
        "config": facts.configuration,
        "property": facts.property,
        "verdict": verdict,
        "length": shortest.map(|it| it.steps()),
        "round": shortest.map(|it| it.round),
        "divergence": shortest.map(|it| it.divergence),
        "source": facts.source,
        "violated": report.violated,
    });
    say!("{object}");
}

/// Mutants down, properties across: those of the good period in a table of their own. The named
/// property of a mutant is marked apart from others that fail in a search of limited size.
fn print_matrices(protocol: ProtocolId, reports: &[(MutantEntry, MutantReport)], most: usize) {
    for in_period in [false, true] {
        let mut properties: Vec<&str> = Vec::new();
        let configurations = protocol.configurations_of(Profile::Usual);
        for claim in configurations.flat_map(|entry| &entry.facts.claims) {
            let is_one = claim.kind != Kind::Witness && claim.in_period == in_period;
            if is_one && !properties.contains(&claim.name) {
                properties.push(claim.name);
            }
        }
        let reports = reports.iter();
        let reports = reports.filter(|(it, _)| properties.contains(&it.facts.property));
        let reports: Vec<_> = reports.collect();
        for (part, properties) in properties.chunks(COLUMNS).enumerate() {
            print_matrix(part * COLUMNS + 1, properties, &reports);
        }
    }
    let most = grouped(most);
    let marks = format!(
        "● the property that is to find the mutant; ○ others found to fail within {most} states, \
         so that a blank says little."
    );
    say!("{}", paragraph(&marks, ""));
}

/// Properties side by side, at most. So many fit into 80 columns, beside the longest name of a mutant.
const COLUMNS: usize = 20;

/// Some properties, numbered from `first` on, and the mutants that violate one of them.
fn print_matrix(first: usize, properties: &[&str], reports: &[&(MutantEntry, MutantReport)]) {
    let numbers = (first..first + properties.len()).map(|number| number.to_string());
    let mut table = table(std::iter::once("mutant \\ property".to_owned()).chain(numbers));
    let is_shown = |report: &MutantReport| properties.iter().any(|it| report.violated.contains(it));
    for (mutant, report) in reports.iter().filter(|(_, report)| is_shown(report)) {
        let facts = mutant.facts;
        let mark = |property: &&str| match report.violated.contains(property) {
            true if *property == facts.property => "●",
            true => "○",
            false => "",
        };
        let marks = properties.iter().map(mark);
        table.add_row(std::iter::once(facts.name).chain(marks));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_padding((0, 0));
    }
    say!("\n{table}");
    for (number, property) in properties.iter().enumerate() {
        let killers = reports
            .iter()
            .filter(|(_, a)| a.violated.contains(property))
            .count();
        let report = if killers == 0 {
            "  NO MUTANT VIOLATES IT"
        } else {
            ""
        };
        say!("{:>4}  {property}{report}", first + number);
    }
}
