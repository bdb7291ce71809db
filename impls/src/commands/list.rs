//! `quorate list`: what there is to check.

use super::counterexample::steps;
use super::selection;
use super::tables::{paragraph, plain, table};
use crate::output::say;
use anyhow::Result;
use comfy_table::Table;
use quorate_models::catalog::{Entry, MutantEntry, ProtocolId};
use quorate_models::protocol::Profile;
use quorate_models::system::claim::{ClaimFacts, Kind};
use std::process::ExitCode;

/// The protocol or configuration to list.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A protocol, or a configuration, such as `raft/election`; every protocol if not given
    #[arg(value_name = "PROTOCOL|PROTOCOL/CONFIG")]
    name: Option<String>,
    /// Show this claim or witness alone, such as "Election Safety": the configurations that make
    /// it, and the mutants that violate it
    #[arg(long, value_name = "NAME")]
    claim: Option<String>,
}

/// Prints protocols, configurations, claims and mutants.
pub fn run(args: &Args) -> Result<ExitCode> {
    let (protocols, entry) = match &args.name {
        Some(path) if path.contains('/') => {
            let entry = selection::configuration(path)?;
            (vec![entry.protocol], Some(entry))
        }
        Some(name) => (vec![selection::protocol(name)?], None),
        None => (ProtocolId::ALL.to_vec(), None),
    };
    match (&args.claim, entry) {
        (Some(claim), Some(entry)) => {
            selection::claim(entry, claim)?;
            print_claim(entry.protocol, claim);
        }
        (Some(claim), None) => print_claims(&protocols, claim)?,
        (None, Some(entry)) => print_entry(entry),
        (None, None) => protocols.into_iter().for_each(print_protocol),
    }
    Ok(ExitCode::SUCCESS)
}

fn print_protocol(protocol: ProtocolId) {
    let name = protocol.name();
    say!("{name}: configurations\n{}\n", configurations(protocol));
    let (claims, witnesses) = claims(protocol);
    say!("{name}: claims\n{}\n", claims_table(&claims));
    say!("{name}: witnesses, each of a premise that is reached");
    say!("{}", witnesses_table(&witnesses));
    let names = "in: usual configurations; `quorate list --claim NAME` names them all.";
    say!("{}\n", paragraph(names, ""));
    say!("{name}: mutants\n{}", mutants(protocol.mutants()));
}

/// Prints what is known of a configuration.
fn print_entry(entry: Entry) {
    let path = entry.path();
    say!("{path}: {}", entry.facts.about);
    say!("{}\n", paragraph(&entry.facts.bounds, "  "));
    let made = entry.facts.claims.iter().map(|claim| (*claim, None));
    let (claims, witnesses) = parted(made.collect());
    say!("{path}: claims\n{}\n", claims_table(&claims));
    say!("{path}: witnesses\n{}\n", witnesses_table(&witnesses));
    match entry.mutants().count() {
        0 => say!("No mutant is to be found in {path}."),
        _ => say!("{path}: mutants\n{}", mutants(entry.mutants())),
    }
}

/// Prints a claim of each of these protocols that has one of this name.
fn print_claims(protocols: &[ProtocolId], claim: &str) -> Result<()> {
    let has_it = |protocol: &&ProtocolId| {
        let mut claimants = selection::claimants(**protocol, claim);
        claimants.next().is_some()
    };
    let having: Vec<&ProtocolId> = protocols.iter().filter(has_it).collect();
    if having.is_empty() {
        return Err(selection::unknown_claim(protocols, claim).into());
    }
    for protocol in having {
        print_claim(*protocol, claim);
    }
    Ok(())
}

/// Prints what is known of a claim that a protocol has.
fn print_claim(protocol: ProtocolId, name: &str) {
    let claimants: Vec<Entry> = selection::claimants(protocol, name).collect();
    let claim = selection::claimed(claimants[0], name);
    let paths: Vec<String> = claimants.iter().map(|entry| entry.path()).collect();
    let violates = |mutant: &MutantEntry| mutant.facts.property == claim.name;
    let mutants = protocol.mutants().filter(violates);
    let mutants: Vec<&str> = mutants.map(|mutant| mutant.facts.name).collect();
    let mut table = plain();
    table.add_row(["kind", claim.kind.name()]);
    table.add_row(["source", claim.source]);
    if let Some(witness) = claim.witness {
        table.add_row(["witness", witness]);
    }
    table.add_row(["configurations", &paths.join(", ")]);
    if !mutants.is_empty() {
        table.add_row(["mutants", &mutants.join(", ")]);
    }
    say!("{}: {}\n{table}", protocol.name(), claim.name);
}

fn configurations(protocol: ProtocolId) -> Table {
    let mut table = table(["configuration", "what happens, within which bounds"]);
    for entry in protocol.configurations() {
        let text = format!("{}\n{}", entry.facts.about, entry.facts.bounds);
        table.add_row([entry.path(), text]);
    }
    table
}

/// Claims or witnesses, each with the configurations that make it, if these are not known.
type Made = Vec<(ClaimFacts, Option<String>)>;

/// The claims of a protocol's usual configurations, and the witnesses.
fn claims(protocol: ProtocolId) -> (Made, Made) {
    let configurations: Vec<Entry> = protocol.configurations_of(Profile::Usual).collect();
    let mut claims: Vec<(ClaimFacts, Vec<&str>)> = Vec::new();
    for entry in &configurations {
        for claim in &entry.facts.claims {
            match claims.iter_mut().find(|(known, _)| known == claim) {
                Some((_, places)) => places.push(entry.facts.name),
                None => claims.push((*claim, vec![entry.facts.name])),
            }
        }
    }
    let all = configurations.len();
    let places = |names: Vec<&str>| match names.len() {
        few if few <= NAMED => names.join(", "),
        every if every == all => "all".to_owned(),
        many => format!("{many} of {all}"),
    };
    let claims = claims.into_iter();
    parted(
        claims
            .map(|(claim, names)| (claim, Some(places(names))))
            .collect(),
    )
}

/// So many configurations are named; more are counted.
const NAMED: usize = 2;

/// The claims, by their kinds, apart from the witnesses.
fn parted(mut made: Made) -> (Made, Made) {
    made.sort_by_key(|(claim, _)| claim.kind);
    let is_claim = |(claim, _): &(ClaimFacts, _)| claim.kind != Kind::Witness;
    made.into_iter().partition(is_claim)
}

fn claims_table(claims: &Made) -> Table {
    let mut table = table(header(claims, &["claim", "source, kind", "witness"]));
    for (claim, places) in claims {
        let origin = format!("{}\n{}", claim.source, claim.kind.name());
        let witness = claim.witness.unwrap_or("-");
        table.add_row(
            [claim.name, &origin, witness]
                .into_iter()
                .chain(places.as_deref()),
        );
    }
    table
}

fn witnesses_table(witnesses: &Made) -> Table {
    let mut table = table(header(witnesses, &["witness", "source"]));
    for (claim, places) in witnesses {
        table.add_row(
            [claim.name, claim.source]
                .into_iter()
                .chain(places.as_deref()),
        );
    }
    table
}

/// The header of a table, which has a column of configurations if its rows have.
fn header<'a>(made: &Made, names: &[&'a str]) -> Vec<&'a str> {
    let has_places = made.iter().any(|(_, places)| places.is_some());
    let places = has_places.then_some("in");
    names.iter().copied().chain(places).collect()
}

fn mutants(mutants: impl Iterator<Item = MutantEntry>) -> Table {
    let mut table = table(["mutant", "about, source", "violates"]);
    for mutant in mutants {
        let facts = mutant.facts;
        let about = format!("{} ({})", facts.about, facts.source);
        let (property, configuration) = (facts.property, facts.configuration);
        let found = format!(
            "{property} in {configuration}, {}",
            steps(facts.shortest.steps())
        );
        table.add_row([facts.name, &about, &found]);
    }
    table
}
