//! The tables of RESULTS.md say what `models/results` and the catalog say.
//!
//! To write them anew: `QUORATE_REBLESS=1 cargo test -p quorate-refinement --test results`.

#[path = "common/elsewhere.rs"]
mod elsewhere;

use elsewhere::ELSEWHERE;
use quorate_models::catalog::{Entry, ProtocolId};
use quorate_models::protocol::Profile;
use quorate_models::system::claim::{ClaimFacts, Kind};
use quorate_refinement::evidence::pinned;
use std::fmt::Display;
use std::path::Path;

fn entries() -> Vec<Entry> {
    Entry::of(Profile::Usual).collect()
}

fn deep_entries() -> Vec<Entry> {
    Entry::of(Profile::Deep).collect()
}

/// A row of a table. A bar in a cell does not end it.
fn row(cells: &[&dyn Display]) -> String {
    let cells = cells
        .iter()
        .map(|cell| cell.to_string().replace('|', "\\|"));
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// Those that are searched from the start, or those whose first steps are given.
fn configurations(entries: Vec<Entry>, are_seeded: bool) -> String {
    let results = pinned::all().expect("the results are readable");
    let mut table = "| configuration | what happens | bounds | states | depth |\n".to_owned();
    table += "|---|---|---|---:|---:|\n";
    let alike = |entry: &Entry| entry.facts.is_seeded == are_seeded;
    for entry in entries.into_iter().filter(alike) {
        let pinned = pinned::of(&results, entry);
        assert_eq!(pinned.cut, 0);
        let (path, facts) = (format!("`{}`", entry.path()), entry.facts);
        let (states, depth) = (pinned.states, pinned.depth);
        table += &row(&[&path, &facts.about, &facts.bounds, &states, &depth]);
    }
    table
}

/// Where the second opinion searches without the reduction.
fn unreduced() -> String {
    let results = pinned::all().expect("the results are readable");
    let mut table = "| configuration | states | without the reduction |\n".to_owned();
    table += "|---|---:|---:|\n";
    for entry in entries() {
        let (path, pinned) = (entry.path(), pinned::of(&results, entry));
        if let Some(unreduced) = pinned.unreduced_states {
            table += &row(&[&format!("`{path}`"), &pinned.states, &unreduced]);
        }
    }
    table
}

fn claims() -> String {
    let results = pinned::all().expect("the results are readable");
    let holds_in = |entries: Vec<Entry>, protocol: ProtocolId, claim: &str| {
        let own = entries.iter().filter(|entry| entry.protocol == protocol);
        let pinned = own.map(|entry| pinned::of(&results, *entry));
        pinned.filter(|pinned| pinned.holds(claim)).count()
    };
    let mut table = "| protocol | claim | kind | source | witness of its premise \
                     | holds in: usual + larger | found by it |\n"
        .to_owned();
    table += "|---|---|---|---|---|---:|---|\n";
    let mut seen = Vec::new();
    let made = entries().into_iter().flat_map(|entry| {
        let claims = entry.facts.claims.iter();
        claims.map(move |claim| (entry.protocol, claim))
    });
    for (protocol, claim) in made {
        if claim.kind == Kind::Witness || seen.contains(&(protocol, claim)) {
            continue;
        }
        seen.push((protocol, claim));
        let [usual, larger] =
            [entries(), deep_entries()].map(|it| holds_in(it, protocol, claim.name));
        let killed = found_by(protocol, claim);
        let (name, kind, source) = (&claim.name, &claim.kind.name(), &claim.source);
        let witness = claim.witness.unwrap_or_default();
        let (protocol, holds) = (protocol.name(), format!("{usual} + {larger}"));
        table += &row(&[&protocol, name, kind, source, &witness, &holds, &killed]);
    }
    table
}

/// The mutants that are named for a claim, or violate it, too, or do so elsewhere.
fn found_by(protocol: ProtocolId, claim: &ClaimFacts) -> String {
    let mut found = Vec::new();
    for mutant in protocol.mutants() {
        if !mutant.home().facts.claims.contains(claim) {
            continue;
        }
        let facts = mutant.facts;
        if facts.property == claim.name {
            found.push(facts.name.to_owned());
        } else if facts.also.contains(&claim.name) {
            found.push(format!("{}, too", facts.name));
        }
    }
    if found.is_empty() {
        let of = |it: &&(&str, &str, &str, &str)| (it.0, it.1) == (protocol.name(), claim.name);
        let elsewhere = ELSEWHERE.iter().filter(of);
        found.extend(elsewhere.map(|(.., at, name)| format!("{name}, in `{at}`")));
    }
    found.join(", ")
}

fn with_table(document: &str, name: &str, table: &str) -> String {
    let opening = format!("<!-- {name}: kept by refinement/tests/results.rs -->\n");
    let (before, rest) = document.split_once(&opening).expect("the table's place");
    let (_, after) = rest.split_once("<!-- end -->").expect("the table's end");
    format!("{before}{opening}{table}<!-- end -->{after}")
}

#[test]
fn its_tables_are_true() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../RESULTS.md");
    let found = std::fs::read_to_string(&file).expect("RESULTS.md is readable");
    let expected = with_table(&found, "unreduced", &unreduced());
    let expected = [
        ("configurations", entries(), false),
        ("seeded configurations", entries(), true),
        ("deep configurations", deep_entries(), false),
        ("seeded deep configurations", deep_entries(), true),
    ]
    .into_iter()
    .fold(expected, |expected, (name, entries, are_seeded)| {
        with_table(&expected, name, &configurations(entries, are_seeded))
    });
    let expected = with_table(&expected, "claims", &claims());
    if std::env::var_os("QUORATE_REBLESS").is_some() {
        std::fs::write(file, expected).expect("RESULTS.md is writable");
    } else {
        assert!(found == expected, "RESULTS.md is out of date");
    }
}

#[test]
fn a_bar_in_a_cell_ends_no_cell() {
    assert_eq!(
        row(&[&"heal of 0 | 1,2", &3]),
        "| heal of 0 \\| 1,2 | 3 |\n"
    );
}
