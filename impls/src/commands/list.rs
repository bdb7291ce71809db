//! `quorate list`: what there is to check.

use super::{selection, tables::table};
use crate::output::say;
use anyhow::Result;
use comfy_table::Table;
use quorate_models::catalog::{Entry, ProtocolId};
use quorate_models::protocol::Profile;
use quorate_models::system::claim::{ClaimFacts, Kind};
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
        None => ProtocolId::ALL.to_vec(),
    };
    for protocol in protocols {
        print(protocol);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(protocol: ProtocolId) {
    let name = protocol.name();
    say!("{name}: configurations\n{}\n", configurations(protocol));
    say!("{name}: claims\n{}\n", claims_table(protocol));
    say!("{name}: witnesses, each of a premise that is reached");
    say!("{}\n", witnesses_table(protocol));
    say!("{name}: mutants\n{}", mutants(protocol));
}

fn configurations(protocol: ProtocolId) -> Table {
    let mut table = table(["configuration", "what happens, within which bounds"]);
    for entry in protocol.configurations() {
        let text = format!("{}\n{}", entry.facts.about, entry.facts.bounds);
        table.add_row([entry.path(), text]);
    }
    table
}

/// The claims of some kinds, each with the configurations that make it.
fn claims(protocol: ProtocolId, of: impl Fn(Kind) -> bool) -> Vec<(ClaimFacts, String)> {
    let configurations: Vec<Entry> = protocol.configurations_of(Profile::Usual).collect();
    let mut claims: Vec<(ClaimFacts, Vec<&str>)> = Vec::new();
    for entry in &configurations {
        for claim in entry.facts.claims.iter().filter(|claim| of(claim.kind)) {
            match claims.iter_mut().find(|(known, _)| known == claim) {
                Some((_, places)) => places.push(entry.facts.name),
                None => claims.push((*claim, vec![entry.facts.name])),
            }
        }
    }
    claims.sort_by_key(|(claim, _)| claim.kind);
    let all = configurations.len();
    let places = |names: Vec<&str>| match names.len() {
        few if few <= NAMED => names.join(", "),
        every if every == all => "all".to_owned(),
        many => format!("{many} of {all}"),
    };
    let claims = claims.into_iter();
    claims
        .map(|(claim, names)| (claim, places(names)))
        .collect()
}

/// So many configurations are named; more are counted.
const NAMED: usize = 2;

fn claims_table(protocol: ProtocolId) -> Table {
    let mut table = table(["claim", "source, kind", "witness", "in"]);
    for (claim, places) in claims(protocol, |kind| kind != Kind::Witness) {
        let origin = format!("{}\n{}", claim.source, claim.kind.name());
        let witness = claim.witness.unwrap_or("-");
        table.add_row([claim.name, &origin, witness, &places]);
    }
    table
}

fn witnesses_table(protocol: ProtocolId) -> Table {
    let mut table = table(["witness", "source", "in"]);
    for (claim, places) in claims(protocol, |kind| kind == Kind::Witness) {
        table.add_row([claim.name, claim.source, &places]);
    }
    table
}

fn mutants(protocol: ProtocolId) -> Table {
    let mut table = table(["mutant", "about, source", "violates"]);
    for mutant in protocol.mutants() {
        let facts = mutant.facts;
        let (property, configuration, length) = (facts.property, facts.configuration, facts.length);
        let about = format!("{} ({})", facts.about, facts.source);
        let found = format!("{property} in {configuration}, {length} steps");
        table.add_row([facts.name, &about, &found]);
    }
    table
}
