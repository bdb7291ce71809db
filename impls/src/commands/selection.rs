//! Names on the command line, and what they stand for.

use super::Usage;
use anyhow::Result;
use quorate::names::{self, nearest};
use quorate_models::catalog::{Entry, MutantEntry, ProtocolId};
use quorate_models::protocol::Profile;
use quorate_models::system::claim::ClaimFacts;

/// So many choices are listed; of more, the command that lists them is named.
const LISTED: usize = 8;

/// The configurations of a profile that the names select; all of them if there are no names. A
/// name is that of a protocol, or `protocol/configuration` in any profile.
pub fn configurations(names: &[String], profile: Profile) -> Result<Vec<Entry>> {
    let all: Vec<Entry> = Entry::all().collect();
    let is_named = |entry: &Entry, name: &String| {
        entry.path() == *name || entry.protocol.name() == *name && entry.facts.profile == profile
    };
    for name in names {
        if !all.iter().any(|entry| is_named(entry, name)) {
            let paths = all.iter().map(|entry| entry.path());
            return Err(if name.contains('/') {
                unknown("configuration", name, paths.collect()).into()
            } else {
                let near = nearest(name, &paths.collect::<Vec<_>>());
                unknown_among("protocol", name, protocols(), near).into()
            });
        }
    }
    let is_selected = |entry: &Entry| match names {
        [] => entry.facts.profile == profile,
        names => names.iter().any(|name| is_named(entry, name)),
    };
    Ok(all.into_iter().filter(is_selected).collect())
}

/// The one configuration of this name.
pub fn configuration(name: &str) -> Result<Entry> {
    let found = Entry::all().find(|entry| entry.path() == name);
    let paths = || Entry::all().map(|entry| entry.path()).collect();
    found.ok_or_else(|| unknown("configuration", name, paths()).into())
}

fn protocols() -> Vec<String> {
    let names = ProtocolId::ALL.iter().map(|protocol| protocol.name());
    names.map(str::to_owned).collect()
}

/// The protocol of this name.
pub fn protocol(name: &str) -> Result<ProtocolId> {
    let mut all = ProtocolId::ALL.iter();
    let found = all.find(|protocol| protocol.name() == name).copied();
    found.ok_or_else(|| unknown("protocol", name, protocols()).into())
}

/// The mutant of this name.
pub fn mutant(name: &str) -> Result<MutantEntry> {
    let all: Vec<MutantEntry> = MutantEntry::all().collect();
    let found = all.iter().find(|mutant| mutant.facts.name == name);
    let names = all.iter().map(|mutant| mutant.facts.name.to_owned());
    found
        .copied()
        .ok_or_else(|| unknown("mutant", name, names.collect()).into())
}

/// Refuses a mutant of another protocol.
pub fn belongs(mutant: MutantEntry, entries: &[Entry]) -> Result<()> {
    let foreign = |entry: &&Entry| entry.protocol != mutant.protocol;
    entries.iter().find(foreign).map_or(Ok(()), |entry| {
        let (name, protocol) = (mutant.facts.name, mutant.protocol.name());
        let path = entry.path();
        Err(Usage(format!("{name} is a mutant of {protocol}, not of {path}")).into())
    })
}

/// The position of the claim of this name in a configuration.
pub fn claim(entry: Entry, name: &str) -> Result<usize> {
    let claims = &entry.facts.claims;
    let named = |claim: &ClaimFacts| claim.name.eq_ignore_ascii_case(name);
    let names = || claims.iter().map(|claim| claim.name.to_owned()).collect();
    let found = claims.iter().position(named);
    found.ok_or_else(|| {
        let kind = format!("claim of {}", entry.path());
        unknown(&kind, name, names()).into()
    })
}

/// Says that a name is unknown, and which ones are near.
pub fn unknown(kind: &str, name: &str, choices: Vec<String>) -> Usage {
    let near = nearest(name, &choices);
    unknown_among(kind, name, choices, near)
}

/// Says that there is no such file, and which ones are near.
pub fn unknown_file(kind: &str, name: &str, beside: &[String]) -> Usage {
    let near = nearest(name, beside);
    Usage(if near.is_empty() {
        format!("there is no {kind} {name}")
    } else {
        format!(
            "there is no {kind} {name}; did you mean {}?",
            near.join(", ")
        )
    })
}

fn unknown_among(kind: &str, name: &str, choices: Vec<String>, near: Vec<String>) -> Usage {
    Usage(if near.is_empty() && LISTED < choices.len() {
        format!(
            "unknown {kind} `{name}`; `quorate list` names all {}",
            choices.len()
        )
    } else {
        names::unknown(kind, name, &near, &choices)
    })
}
