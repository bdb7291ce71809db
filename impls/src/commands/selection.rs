//! Names on the command line, and what they stand for.

use super::Usage;
use anyhow::Result;
use quorate_models::catalog::{Entry, MutantEntry, Profile, Protocol};

/// The configurations of a profile that the names select; all of them if there are no names. A
/// name is that of a protocol, or `protocol/configuration` in any profile.
pub fn configurations(names: &[String], profile: Profile) -> Result<Vec<Entry>> {
    let all = all();
    let is_named = |entry: &Entry, name: &String| {
        entry.path() == *name || entry.protocol.name() == *name && entry.profile == profile
    };
    for name in names {
        if !all.iter().any(|entry| is_named(entry, name)) {
            return Err(unknown(name, &all));
        }
    }
    let is_selected = |entry: &Entry| match names {
        [] => entry.profile == profile,
        names => names.iter().any(|name| is_named(entry, name)),
    };
    Ok(all.into_iter().filter(is_selected).collect())
}

fn all() -> Vec<Entry> {
    let protocols = Protocol::ALL.iter();
    let entries = protocols.flat_map(|protocol| {
        let deep = protocol.deep_configurations();
        protocol.configurations().into_iter().chain(deep)
    });
    entries.collect()
}

fn unknown(name: &str, all: &[Entry]) -> anyhow::Error {
    let paths: Vec<String> = all.iter().map(|entry| entry.path()).collect();
    let message = match name.split_once('/') {
        None => {
            let protocols: Vec<_> = Protocol::ALL.iter().map(|p| p.name()).collect();
            format!(
                "there is no protocol {name:?}; there is {}",
                protocols.join(", ")
            )
        }
        Some(_) => format!(
            "there is no configuration {name:?}; there are {}",
            paths.join(", ")
        ),
    };
    Usage(message).into()
}

/// The one configuration of this name.
pub fn configuration(name: &str) -> Result<Entry> {
    let all = all();
    let found = all.iter().find(|entry| entry.path() == name).copied();
    found.ok_or_else(|| {
        let paths: Vec<String> = all.iter().map(|entry| entry.path()).collect();
        Usage(format!(
            "there is no configuration {name:?}; there are {}",
            paths.join(", ")
        ))
        .into()
    })
}

/// The protocol of this name.
pub fn protocol(name: &str) -> Result<Protocol> {
    let found = Protocol::ALL
        .iter()
        .find(|protocol| protocol.name() == name)
        .copied();
    found.ok_or_else(|| {
        let protocols: Vec<_> = Protocol::ALL.iter().map(|p| p.name()).collect();
        Usage(format!(
            "there is no protocol {name:?}; there is {}",
            protocols.join(", ")
        ))
        .into()
    })
}

/// The mutant of this name.
pub fn mutant(name: &str) -> Result<MutantEntry> {
    let all: Vec<MutantEntry> = Protocol::ALL.iter().flat_map(|p| p.mutants()).collect();
    let found = all
        .iter()
        .find(|mutant| mutant.facts().name == name)
        .copied();
    found.ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|mutant| mutant.facts().name).collect();
        Usage(format!(
            "there is no mutant {name:?}; there are {}",
            names.join(", ")
        ))
        .into()
    })
}

/// The configuration in which a mutant is to be found.
pub fn home(mutant: MutantEntry) -> Entry {
    let facts = mutant.facts();
    let mut entries = mutant.protocol.configurations().into_iter();
    entries
        .find(|entry| entry.name() == facts.configuration)
        .expect("the catalog is consistent")
}
