//! Names on the command line, and what they stand for.

use super::Usage;
use anyhow::Result;
use quorate::names::{self, nearest};
use quorate_models::catalog::{Entry, MutantEntry, ProtocolId};
use quorate_models::protocol::Profile;
use quorate_models::system::claim::{ClaimFacts, Kind};

/// So many choices are listed; of more, the command that lists them is named.
const LISTED: usize = 8;
/// So many of those are named nevertheless.
const FIRST: usize = 3;

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
            return Err(match name.contains('/') {
                true => unknown("configuration", name, paths.collect()).into(),
                false => unknown_protocol(name).into(),
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
    found.ok_or_else(|| unknown_protocol(name).into())
}

/// Says that a protocol is unknown, and which protocols or configurations are near.
fn unknown_protocol(name: &str) -> Usage {
    let paths = Entry::all().map(|entry| entry.path());
    let near: Vec<String> = protocols().into_iter().chain(paths).collect();
    unknown_among("protocol", name, protocols(), nearest(name, &near))
}

/// The mutant of this name, or of `protocol/mutant`. Where several protocols have one, as of their
/// service, it is that of the protocol of these configurations.
pub fn mutant(name: &str, configurations: &[String]) -> Result<MutantEntry> {
    let all: Vec<MutantEntry> = MutantEntry::all().collect();
    let is_named = |mutant: &&MutantEntry| mutant.facts.name == name || mutant.path() == name;
    let is_theirs = |mutant: &&MutantEntry| {
        let protocol = mutant.protocol.name();
        let mut paths = configurations.iter().map(|path| path.split('/').next());
        paths.any(|path| path == Some(protocol))
    };
    let named = || all.iter().filter(is_named);
    let found = named().find(is_theirs).or_else(|| named().next());
    let names = all.iter().map(|mutant| mutant.facts.name.to_owned());
    found
        .copied()
        .ok_or_else(|| unknown("mutant", name, names.collect()).into())
}

/// Refuses a mutant of another protocol, or of a part that is missing: without clients there is no service.
pub fn belongs(mutant: MutantEntry, entries: &[Entry]) -> Result<()> {
    let foreign = |entry: &&Entry| !entry.has(mutant);
    entries.iter().find(foreign).map_or(Ok(()), |entry| {
        let (name, path) = (mutant.facts.name, entry.path());
        let of = match entry.protocol == mutant.protocol {
            true => mutant.home().path(),
            false => mutant.protocol.name().to_owned(),
        };
        Err(Usage(format!("{name} is a mutant of {of}, not of {path}")).into())
    })
}

/// The position of the claim or witness of this name in a configuration.
pub fn claim(entry: Entry, name: &str) -> Result<usize> {
    position(entry, name).ok_or_else(|| {
        let protocol = entry.protocol;
        let elsewhere: Vec<Entry> = claimants(protocol, name).collect();
        let error = match elsewhere.first() {
            Some(first) => not_claimed(entry, claimed(*first, name), &elsewhere),
            None => unknown_claim(&[protocol], name),
        };
        error.into()
    })
}

/// The witness of this name in some of these configurations, of which there is one.
pub fn witness(entries: &[Entry], name: &str) -> Result<&'static str> {
    let mut having = entries
        .iter()
        .filter(|entry| position(**entry, name).is_some());
    let entry = having.next().unwrap_or(&entries[0]);
    let found = entry.facts.claims[claim(*entry, name)?];
    if found.kind != Kind::Witness {
        let name = found.name;
        let message = format!("{name} is no witness; --svg draws its violation by itself");
        return Err(Usage(message).into());
    }
    Ok(found.name)
}

fn position(entry: Entry, name: &str) -> Option<usize> {
    let named = |claim: &ClaimFacts| claim.name.eq_ignore_ascii_case(name);
    entry.facts.claims.iter().position(named)
}

/// The claim of this name in a configuration that makes it.
pub fn claimed(entry: Entry, name: &str) -> ClaimFacts {
    entry.facts.claims[position(entry, name).expect("the configuration makes it")]
}

/// The configurations of a protocol that make the claim of this name.
pub fn claimants(protocol: ProtocolId, name: &str) -> impl Iterator<Item = Entry> {
    let makes_it = move |entry: &Entry| position(*entry, name).is_some();
    protocol.configurations().filter(makes_it)
}

/// Says that no configuration of these protocols makes a claim, and which claims are near.
pub fn unknown_claim(protocols: &[ProtocolId], name: &str) -> Usage {
    let entries = protocols.iter().flat_map(|it| it.configurations());
    let claims = entries.flat_map(|entry| &entry.facts.claims);
    let mut names: Vec<String> = claims.map(|claim| claim.name.to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    let kind = match protocols {
        [one] => format!("claim or witness of {}", one.name()),
        _ => "claim or witness".to_owned(),
    };
    unknown(&kind, name, names)
}

/// Says that a configuration has no such claim or witness, and which ones have.
fn not_claimed(entry: Entry, claim: ClaimFacts, elsewhere: &[Entry]) -> Usage {
    let mut paths: Vec<String> = elsewhere.iter().map(|it| it.path()).collect();
    let (name, mut more) = (claim.name, String::new());
    let kind = match claim.kind {
        Kind::Witness => "witness",
        _ => "claim",
    };
    if LISTED < paths.len() {
        more = format!(": quorate list --claim {name:?}");
        let left = paths.split_off(FIRST).len();
        paths.push(format!("{left} more"));
    }
    let last = paths.pop().unwrap_or_default();
    let those = match paths.as_slice() {
        [] => format!("{last} has"),
        _ => format!("{} and {last} have", paths.join(", ")),
    };
    let path = entry.path();
    Usage(format!("{path} has no {kind} `{name}`; {those}{more}"))
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
