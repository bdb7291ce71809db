//! `quorate list`: what there is to check.

use super::{selection, tables::table};
use crate::output::say;
use anyhow::Result;
use comfy_table::Table;
use quorate_models::catalog::{ClaimFacts, Protocol};
use std::process::ExitCode;

/// What to list.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A protocol; all of them if not given
    protocol: Option<String>,
}

/// Prints protocols, configurations, properties and mutants.
pub fn run(args: &Args) -> Result<ExitCode> {
    let protocols = match &args.protocol {
        Some(name) => vec![selection::protocol(name)?],
        None => Protocol::ALL.to_vec(),
    };
    for protocol in protocols {
        print(protocol);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(protocol: Protocol) {
    say!(
        "{}: configurations\n{}\n",
        protocol.name(),
        configurations(protocol)
    );
    say!("{}: claims\n{}\n", protocol.name(), claims(protocol));
    say!("{}: mutants\n{}", protocol.name(), mutants(protocol));
}

fn configurations(protocol: Protocol) -> Table {
    let mut table = table(["configuration", "about", "bounds"]);
    let deep = protocol.deep_configurations();
    for entry in protocol.configurations().into_iter().chain(deep) {
        table.add_row(vec![entry.path(), entry.about().to_owned(), entry.bounds()]);
    }
    table
}

fn claims(protocol: Protocol) -> Table {
    let mut claims: Vec<(ClaimFacts, Vec<&str>)> = Vec::new();
    for entry in protocol.configurations() {
        for claim in entry.claims() {
            match claims.iter_mut().find(|(known, _)| *known == claim) {
                Some((_, places)) => places.push(entry.name()),
                None => claims.push((claim, vec![entry.name()])),
            }
        }
    }
    claims.sort_by_key(|(claim, _)| claim.kind);
    let mut table = table(["claim", "kind", "source", "its premise is reached:", "in"]);
    for (claim, places) in claims {
        let (name, kind, source) = (claim.name, claim.kind.name(), claim.source);
        let witness = claim.witness.unwrap_or("-");
        let places = match places.len() == protocol.configurations().len() {
            true => "all".to_owned(),
            false => places.join(", "),
        };
        table.add_row(vec![name, kind, source, witness, &places]);
    }
    table
}

fn mutants(protocol: Protocol) -> Table {
    let mut table = table(["mutant", "about", "source", "violates", "in", "steps"]);
    for mutant in protocol.mutants() {
        let facts = mutant.facts();
        let steps = facts.length.to_string();
        let (about, source) = (facts.about, facts.source);
        table.add_row(vec![
            facts.name,
            about,
            source,
            facts.property,
            facts.configuration,
            &steps,
        ]);
    }
    table
}
