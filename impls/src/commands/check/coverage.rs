//! The coverage of the searches, as tables.

use super::super::counterexample::steps;
use super::super::tables::{align_right, grouped, paragraph, table};
use super::report::bytes_per_state;
use super::result::CheckResult;
use crate::output::say;
use quorate_models::catalog::{Entry, ProtocolId};
use quorate_models::coverage::Mark;
use quorate_models::protocol::feature::{Column, pairs};
use quorate_refinement::engine::{Hits, Report};

/// Prints what each search went through, and then the tables of each protocol.
pub(super) fn print(results: &[CheckResult]) {
    let results = results.iter().map(|it| (it.subject.entry, &it.report));
    for (entry, report) in results.clone() {
        print_search(entry, report);
    }
    for protocol in ProtocolId::ALL {
        let results = results.clone();
        let results: Vec<_> = results
            .filter(|(entry, _)| entry.protocol == *protocol)
            .collect();
        if !results.is_empty() {
            print_marks(*protocol, &results);
            if !protocol.facts().features.is_empty() {
                print_pairs(*protocol, &results);
            }
        }
    }
}

fn print_search(entry: Entry, report: &Report) {
    say!();
    say!("{}: new states at each depth", entry.path());
    let growth: Vec<String> = report.growth.iter().map(|n| grouped(*n)).collect();
    say!("{}", paragraph(&growth.join(" "), "  "));
    print_costs(report);
    let unknown = || "an unknown number of".to_owned();
    let frontier = report.unexpanded.map_or_else(unknown, grouped);
    say!("cut by a boundary: {}", steps(report.cut));
    match report.stopped {
        Some(reason) => say!("frontier when the search stopped ({reason}): {frontier} states"),
        None => say!("frontier when the search was complete: {frontier} states"),
    }
    say!("transitions of each kind");
    for (kind, times) in &report.coverage.steps {
        say!("  {:>15}  {kind}", grouped(*times as usize));
    }
}

/// How fast the search was, and what it took.
fn print_costs(report: &Report) {
    let seconds = report.time.as_secs_f64().max(1e-3);
    let mut costs = format!(
        "{} states a second",
        grouped((report.states as f64 / seconds) as usize)
    );
    if let Some(bytes) = bytes_per_state(report) {
        costs += &format!("; {bytes} bytes a state");
    }
    if report.reduction.is_some() {
        let share = 100.0 * report.reduction_time.as_secs_f64() / seconds;
        costs += &format!("; {share:.1} % of the time for the check of the reduction");
    }
    if let Some(without) = report.states_without_history {
        let factor = report.states as f64 / without.max(1) as f64;
        costs += &format!("; the ghost multiplies the states by {factor:.2}");
    }
    say!("{}", paragraph(&costs, ""));
}

fn print_marks(protocol: ProtocolId, results: &[(Entry, &Report)]) {
    if protocol.facts().rows.is_empty() {
        return;
    }
    say!();
    if results
        .iter()
        .all(|(_, report)| report.coverage.marks.is_empty())
    {
        let text = "Which rows of the transition table were gone through is known to the explorer \
                    alone.";
        say!("{}", paragraph(text, ""));
        return;
    }
    say!("{}: the rows of the transition table", protocol.name());
    let mut table = table([
        "row",
        "what happens",
        "transitions",
        "idle",
        "thought",
        "in",
    ]);
    for mark in protocol.facts().rows {
        table.add_row(row(mark, results));
    }
    align_right(&mut table, 2..=5);
    say!("{table}");
    let idle = "idle: a handler came there and did nothing, which is no transition; counted once \
                for each state of a server and each event. thought: states of a server in which a \
                handler came there with a message that was dropped as dead. in: so many \
                configurations, those in thought not counted.";
    say!("{}", paragraph(idle, ""));
}

fn row(mark: &Mark, results: &[(Entry, &Report)]) -> Vec<String> {
    let hits = results
        .iter()
        .filter_map(|(_, report)| report.coverage.marks.get(mark.name));
    let (mut sum, mut configurations) = (Hits::default(), 0);
    for hits in hits {
        sum.transitions += hits.transitions;
        sum.idle += hits.idle;
        sum.in_thought += hits.in_thought;
        configurations += usize::from(hits.happens());
    }
    let (configurations, why) = match (configurations, mark.unreached) {
        (0, None) => ("NOT HIT".to_owned(), String::new()),
        (0, Some(why)) => ("none".to_owned(), format!("\nnone: {why}")),
        (hit, _) => (hit.to_string(), String::new()),
    };
    let count = |times: u64| match times {
        0 => "-".to_owned(),
        _ => grouped(times as usize),
    };
    vec![
        mark.name.to_owned(),
        format!("{}\n{}{why}", mark.about.trim(), mark.source),
        count(sum.transitions),
        count(sum.idle),
        count(sum.in_thought),
        configurations,
    ]
}

/// Features down, contention and faults across: how many of the complete searches combine them.
fn print_pairs(protocol: ProtocolId, results: &[(Entry, &Report)]) {
    let complete = results
        .iter()
        .filter(|(_, report)| report.stopped.is_none());
    let complete: Vec<_> = complete.map(|(entry, _)| entry.facts).collect();
    let pairs = pairs(protocol.facts(), &complete);
    let columns = Column::all().map(Column::name);
    let mut table = table(std::iter::once("feature").chain(columns));
    for of_feature in pairs.chunks(Column::all().count()) {
        let cells = of_feature.iter().map(|pair| match pair.combined.len() {
            0 if pair.whys.is_empty() => String::new(),
            0 => "-".to_owned(),
            searches => searches.to_string(),
        });
        table.add_row(std::iter::once(of_feature[0].feature.to_owned()).chain(cells));
    }
    align_right(&mut table, 1..=Column::all().count());
    say!();
    say!(
        "{}: complete searches that combine a feature with contention or a fault",
        protocol.name()
    );
    say!("{table}");
    say!("blank: none of those searched here; -: none, because");
    for uncombined in protocol.facts().uncombined {
        let faults: Vec<&str> = uncombined.faults.iter().map(|fault| fault.name()).collect();
        let (features, faults) = (uncombined.features.join(", "), faults.join(", "));
        say!("{}", paragraph(&format!("{features} × {faults}:"), "  "));
        say!("{}", paragraph(uncombined.why, "    "));
    }
}
