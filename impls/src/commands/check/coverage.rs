//! What the searches went through, as tables.

use super::super::tables::table;
use super::report::grouped;
use crate::output::say;
use comfy_table::{CellAlignment, Table};
use quorate_models::catalog::{Entry, Protocol};
use quorate_models::coverage::Mark;
use quorate_models::coverage::pairs::pairs;
use quorate_models::system::Fault;
use quorate_refinement::engine::{Hits, Report};

/// Prints what each search went through, and then the tables of each protocol.
pub(super) fn print(results: &[(Entry, Report)]) {
    for (entry, report) in results {
        print_search(*entry, report);
    }
    for protocol in Protocol::ALL {
        let results: Vec<_> = results
            .iter()
            .filter(|(entry, _)| entry.protocol == *protocol)
            .collect();
        if !results.is_empty() {
            print_marks(*protocol, &results);
            print_pairs(*protocol, &results);
        }
    }
}

fn print_search(entry: Entry, report: &Report) {
    say!();
    say!("{}: new states at each depth", entry.path());
    let growth: Vec<String> = report.growth.iter().map(|n| grouped(*n)).collect();
    say!("  {}", growth.join(" "));
    let unexpanded = report
        .unexpanded
        .map_or("an unknown number".to_owned(), grouped);
    say!("cut by a boundary: {} steps", grouped(report.cut));
    match report.halt {
        Some(halt) => say!("cut by the end ({halt}): {unexpanded} states found and not expanded"),
        None => say!("cut by the end: {unexpanded} states found and not expanded"),
    }
    say!("transitions of each kind");
    for (kind, times) in &report.coverage.steps {
        say!("  {:>15}  {kind}", grouped(*times as usize));
    }
}

fn print_marks(protocol: Protocol, results: &[&(Entry, Report)]) {
    say!();
    if results
        .iter()
        .all(|(_, report)| report.coverage.marks.is_empty())
    {
        say!(
            "Which rows of the transition table were gone through is known to the explorer alone."
        );
        return;
    }
    say!("{}: the rows of the transition table", protocol.name());
    let columns = [
        "row",
        "what happens",
        "source",
        "transitions",
        "idle",
        "configurations",
    ];
    let mut table = table(columns);
    for mark in protocol.marks() {
        table.add_row(row(mark, results));
    }
    align_right(&mut table, 3..=4);
    say!("{table}");
    say!(
        "idle: a handler came there and did nothing, which is no transition; counted once for each"
    );
    say!("state of a server and each event.");
}

fn row(mark: &Mark, results: &[&(Entry, Report)]) -> Vec<String> {
    let hits = results
        .iter()
        .filter_map(|(_, report)| report.coverage.marks.get(mark.name));
    let (mut sum, mut configurations) = (Hits::default(), 0);
    for hits in hits {
        sum.transitions += hits.transitions;
        sum.idle += hits.idle;
        configurations += 1;
    }
    let configurations = match (configurations, mark.unreached) {
        (0, None) => "NOT HIT".to_owned(),
        (0, Some(why)) => format!("none; {why}"),
        (hit, _) => hit.to_string(),
    };
    let count = |times: u64| match times {
        0 => "-".to_owned(),
        _ => grouped(times as usize),
    };
    vec![
        mark.name.to_owned(),
        mark.about.trim().to_owned(),
        mark.source.to_owned(),
        count(sum.transitions),
        count(sum.idle),
        configurations,
    ]
}

/// Features down, faults across: how many of the complete searches combine them.
fn print_pairs(protocol: Protocol, results: &[&(Entry, Report)]) {
    let complete = results.iter().filter(|(_, report)| report.halt.is_none());
    let complete: Vec<Entry> = complete.map(|(entry, _)| *entry).collect();
    let pairs = pairs(protocol, &complete);
    let faults = Fault::ALL.iter().map(|fault| fault.name());
    let mut table = table(std::iter::once("feature \\ fault").chain(faults));
    for of_feature in pairs.chunks(Fault::ALL.len()) {
        let cells = of_feature.iter().map(|pair| match pair.combined.len() {
            0 if pair.whys.is_empty() => String::new(),
            0 => "-".to_owned(),
            searches => searches.to_string(),
        });
        table.add_row(std::iter::once(of_feature[0].feature.to_owned()).chain(cells));
    }
    align_right(&mut table, 1..=Fault::ALL.len());
    say!();
    say!(
        "{}: complete searches that combine a feature and a fault",
        protocol.name()
    );
    say!("{table}");
    say!("blank: none of those searched here; -: none, because");
    for uncombined in protocol.uncombined() {
        let faults: Vec<&str> = uncombined.faults.iter().map(|fault| fault.name()).collect();
        let (features, faults) = (uncombined.features.join(", "), faults.join(", "));
        say!("  {features} × {faults}:");
        say!("    {}", uncombined.why);
    }
}

fn align_right(table: &mut Table, columns: std::ops::RangeInclusive<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
