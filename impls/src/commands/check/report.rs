//! What was found, as tables and as JSON.

use super::super::tables::table;
use super::Checker;
use crate::output::say;
use comfy_table::{CellAlignment, Table};
use quorate_models::catalog::{ClaimFacts, Entry, MutantEntry};
use quorate_models::property::Kind;
use quorate_refinement::engine::{Counterexample, Finding, Flaw, Report, Verdict};
use serde_json::{Value, json};
use std::time::Duration;

/// Prints what was found.
pub(super) fn print(
    results: &[(Entry, Report)],
    mutant: Option<MutantEntry>,
    checker: Checker,
    elapsed: Duration,
) {
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
    }
    let identity = match checker {
        Checker::Quorate if results.iter().all(|(_, report)| report.compares_all) => {
            "States are told apart by equality, and every two parts of them were compared."
        }
        Checker::Quorate => {
            "States are told apart by equality. Not every two parts of them were compared: a Hash \
             that disagrees with Eq may have gone unseen."
        }
        Checker::Stateright => "States are told apart by a hash of 64 bits.",
    };
    say!("{identity} Everything took {:.1} s.", elapsed.as_secs_f64());
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
        "states/s",
        "bytes/state",
        "verdict",
    ]);
    for (entry, report) in results {
        let without = report.states_without_history;
        let history = without.map(|states| report.states as f64 / states.max(1) as f64);
        table.add_row(vec![
            entry.path(),
            grouped(report.states),
            grouped(report.transitions),
            report.depth.to_string(),
            report.cut.to_string(),
            history.map_or("-".to_owned(), |factor| format!("{factor:.2}")),
            format!("{:.1}", report.time.as_secs_f64()),
            grouped((report.states as f64 / report.time.as_secs_f64().max(1e-3)) as usize),
            bytes_per_state(report).map_or("-".to_owned(), |bytes| bytes.to_string()),
            verdict(report),
        ]);
    }
    for column in 1..=8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The verdict, why a search ended early, and what it left.
fn verdict(report: &Report) -> String {
    let name = report.verdict().name();
    match (report.halt, report.unexpanded) {
        (None, _) => name.to_owned(),
        (Some(halt), None | Some(0)) => format!("{name}: {halt}"),
        (Some(halt), Some(states)) => {
            let states = grouped(states);
            format!("{name}: {halt}; {states} states are not expanded")
        }
    }
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

/// Memory for a state. Of small searches it says nothing: the memory was there already.
fn bytes_per_state(report: &Report) -> Option<usize> {
    const MANY: usize = 1_000_000;
    (MANY <= report.states).then(|| report.memory / report.states)
}

fn print_findings(entry: Entry, report: &Report) {
    print_flaw(entry, report);
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
                print_steps(counterexample);
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

fn print_steps(path: &Counterexample) {
    for (number, step) in path.steps.iter().enumerate() {
        say!("  {:>3}  {step}", number + 1);
    }
}

fn print_flaw(entry: Entry, report: &Report) {
    let path = entry.path();
    match &report.flaw {
        None => {}
        Some(Flaw::Panic {
            message,
            path: steps,
        }) => {
            say!();
            say!(
                "{path}: the model panicked ({message}) after {} steps:",
                steps.steps.len()
            );
            print_steps(steps);
        }
        Some(flaw @ Flaw::Seed(_)) => {
            say!();
            say!("{path}: {flaw}");
        }
        Some(Flaw::Hash { one, other }) => {
            say!();
            say!("{path}: two values are equal and hash differently, so that states cannot be");
            say!("told apart. Hash what Eq compares, and nothing else:");
            say!("  {one}");
            say!("  {other}");
        }
    }
}

/// Prints an object for each claim.
pub(super) fn print_json(entry: Entry, report: &Report) {
    let bytes_per_state = bytes_per_state(report);
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
            "unexpanded": report.unexpanded,
            "seconds": report.time.as_secs_f64(),
            "bytes_per_state": bytes_per_state,
            "counterexample": counterexample.as_ref().map(|counterexample| &counterexample.steps),
            "reason": reason(*verdict, report),
            "error": report.flaw.as_ref().map(error),
        });
        say!("{object}");
    }
}

/// Why a claim is not decided.
fn reason(verdict: Verdict, report: &Report) -> Option<String> {
    let halt = report.halt.filter(|_| verdict == Verdict::Inconclusive)?;
    Some(halt.to_string())
}

/// What is wrong with the model itself: the sentence, and what belongs to it.
fn error(flaw: &Flaw) -> Value {
    let message = flaw.to_string();
    match flaw {
        Flaw::Panic { path, .. } => {
            json!({ "kind": "panic", "message": message, "path": path.steps })
        }
        Flaw::Hash { one, other } => {
            json!({ "kind": "hash", "message": message, "values": [one, other] })
        }
        Flaw::Seed(_) => json!({ "kind": "seed", "message": message }),
    }
}

/// A number with its digits in groups of three.
pub(super) fn grouped(number: usize) -> String {
    indicatif::HumanCount(number as u64).to_string()
}
