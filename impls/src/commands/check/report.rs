//! The findings, as tables and as JSON.

use super::super::counterexample::{print_not_found, print_steps, steps};
use super::super::tables::{paragraph, plain, table};
use super::result::{self, CheckResult, Ending};
use super::{Args, Checker};
use crate::output::say;
use comfy_table::Table;
use console::style;
use quorate_models::catalog::MutantEntry;
use quorate_models::system::SecondOpinion;
use quorate_models::system::claim::{ClaimFacts, Kind};
use quorate_refinement::engine::{Finding, Measure, ModelError, ReductionReport, Report, Verdict};
use serde_json::{Value, json};
use std::time::Duration;

/// The assumptions of claims about the good period.
const GOOD_PERIOD: &str = "Claims about the good period: from some moment on nothing goes wrong among \
                           some participants, whom the bounds name; time passes, in ticks, and timers \
                           fire, each between its two numbers of ticks, only when no message is on its \
                           way and no write is pending; and a run does not stop while something is \
                           possible that needs no client.";

/// Prints what was found.
pub(super) fn print(
    results: &[CheckResult],
    mutant: Option<MutantEntry>,
    checker: Checker,
    elapsed: Duration,
) {
    say!();
    say!("What holds, holds within the bounds of the configuration, no more:");
    let mut bounds = plain();
    for CheckResult { subject, .. } in results {
        bounds.add_row([&subject.entry.path(), &subject.entry.facts.bounds]);
    }
    say!("{bounds}");
    say!();
    let is_witness = |kind| kind == Kind::Witness;
    let tables = [
        claims_table("claim", results, |kind| !is_witness(kind)),
        claims_table("witness of a premise", results, is_witness),
    ];
    for table in tables.iter().filter(|table| !table.is_empty()) {
        say!("{table}");
        say!();
    }
    let findings = results.iter().flat_map(|it| &it.report.findings);
    let in_period = |it: &&Finding| it.claim.in_period && !is_witness(it.claim.kind);
    if findings.clone().any(|finding| in_period(&finding)) {
        say!("{}", paragraph(GOOD_PERIOD, ""));
    }
    if let Some(mutant) = mutant {
        let facts = mutant.facts;
        let text = format!("With the mutant {}: {}.", facts.name, facts.about);
        say!("{}", paragraph(&text, ""));
    }
    let identity = match checker {
        Checker::Quorate if results.iter().all(|it| it.report.compares_all) => {
            "States are told apart by equality, and every two of their components were compared."
        }
        Checker::Quorate => {
            "States are told apart by equality. Not every two of their components were compared: a \
             Hash that disagrees with Eq may have gone unseen."
        }
        Checker::Stateright => "States are told apart by a hash of 64 bits.",
    };
    let time = format!("Everything took {:.1} s.", elapsed.as_secs_f64());
    say!("{}", paragraph(&format!("{identity} {time}"), ""));
}

/// Prints what the searches left out, and how that was checked.
pub(super) fn print_reductions(results: &[CheckResult], args: &Args) {
    let text = match args.checker {
        _ if args.no_reductions || results.iter().all(is_independent) => {
            "No message was dropped as dead.".to_owned()
        }
        Checker::Stateright => {
            "Where the reduction is shared, dead messages are dropped, as by the \
                                explorer: it checks that, Stateright's checker does not."
                .to_owned()
        }
        Checker::Quorate => match result::reductions(results) {
            Some(text) => text,
            None => return,
        },
    };
    say!("{}", paragraph(&text, ""));
}

/// Whether the second opinion searched without the reduction.
fn is_independent(result: &CheckResult) -> bool {
    result.second_opinion == Some(SecondOpinion::Unreduced)
}

/// Prints where complete searches differ from the pinned results.
pub(super) fn print_pinned(results: &[CheckResult]) {
    let compared = results
        .iter()
        .filter_map(|it| Some((it.subject, it.differences.as_ref()?)));
    let compared: Vec<_> = compared.collect();
    for (subject, differences) in &compared {
        for difference in *differences {
            let differs = style("differs from models/results").yellow();
            say!("{}: {differs}: {difference}", subject.entry.path());
        }
    }
    let are_equal = compared
        .iter()
        .all(|(_, differences)| differences.is_empty());
    let searches = match compared.len() {
        1 => "The complete search equals".to_owned(),
        all => format!("All {all} complete searches equal"),
    };
    if !compared.is_empty() && are_equal {
        say!("{searches} models/results.");
    }
}

/// Prints the home of the mutant, if no search found the mutant and none was made there.
fn print_home(results: &[CheckResult], mutant: MutantEntry) {
    let is_home = |result: &CheckResult| result.subject.is_home();
    if result::worst(results) != Ending::Violated && !results.iter().any(is_home) {
        print_not_found(mutant, &format!("check --mutant {}", mutant.facts.name));
    }
}

/// Prints the last line, and before it what helps to follow it.
pub(super) fn print_verdict(results: &[CheckResult], mutant: Option<MutantEntry>) {
    if let Some(mutant) = mutant {
        print_home(results, mutant);
    }
    if let Some((subject, violation)) = result::first_violation(results) {
        subject.print_command(violation, true);
    }
    let sentence = result::sentence(results);
    let coloured = style(sentence);
    say!(
        "{}",
        match result::worst(results) {
            Ending::Holds => coloured.green(),
            Ending::Inconclusive => coloured.yellow(),
            Ending::Error | Ending::Violated => coloured.red(),
        }
    );
}

/// For each claim of some kinds, in how many configurations it was found to hold, to fail, or
/// neither.
fn claims_table(title: &str, results: &[CheckResult], of: impl Fn(Kind) -> bool) -> Table {
    let mut claims: Vec<(ClaimFacts, [usize; 3], Option<Measure>)> = Vec::new();
    let findings = results.iter().flat_map(|it| &it.report.findings);
    for finding in findings.filter(|it| of(it.claim.kind)) {
        let position = claims
            .iter()
            .position(|(known, ..)| *known == finding.claim)
            .unwrap_or_else(|| {
                claims.push((finding.claim, [0; 3], None));
                claims.len() - 1
            });
        let (_, counts, bound) = &mut claims[position];
        counts[finding.verdict as usize] += 1;
        let both = finding.bound.first().copied().into_iter().chain(*bound);
        *bound = both.max_by_key(|it| it.number);
    }
    claims.sort_by_key(|(claim, ..)| claim.kind);
    let verdicts = [Verdict::Violated, Verdict::Inconclusive, Verdict::Holds];
    let mut table = table([title, "source", "configurations"]);
    for (claim, counts, bound) in claims {
        let counted = verdicts
            .iter()
            .map(|verdict| (*verdict, counts[*verdict as usize]));
        let counted = counted.filter(|(_, count)| 0 < *count);
        let words = counted.map(|(verdict, count)| format!("{} in {count}", verdict.name()));
        let bound = bound.map(|Measure { number, unit }| format!("{number} {unit} at most"));
        let words = words.chain(bound).collect::<Vec<_>>().join(", ");
        table.add_row([claim.name, claim.source, &words]);
    }
    table
}

/// Memory for a state. Of small searches it says nothing: the memory was there already.
pub(super) fn bytes_per_state(report: &Report) -> Option<usize> {
    const MANY: usize = 1_000_000;
    (MANY <= report.states).then(|| report.memory / report.states)
}

/// Prints what is wrong with the model itself.
pub(in super::super) fn print_error(path: &str, report: &Report) {
    match &report.error {
        None => {}
        Some(ModelError::Panic { message, path: way }) => {
            let after = steps(way.steps.len());
            let text = format!("{path}: the model panicked ({message}) after {after}:");
            say!();
            say!("{}", paragraph(&text, ""));
            print_steps(way);
        }
        Some(error @ ModelError::Seed(_)) => {
            say!();
            say!("{}", paragraph(&format!("{path}: {error}"), ""));
        }
        Some(ModelError::Hash { one, other }) => {
            say!();
            say!("{path}: two values are equal and hash differently, so that states cannot be");
            say!("told apart. Hash what Eq compares, and nothing else:");
            say!("  {one}");
            say!("  {other}");
        }
    }
}

/// Prints which message was dropped as dead and is not.
pub(super) fn print_broken(path: &str, report: &Report) {
    let Some(broken) = result::broken(report) else {
        return;
    };
    let (message, receiver, effect) = (&broken.message, broken.receiver, &broken.effect);
    say!();
    let text = format!(
        "{path}: the reduction is broken, so the configuration was searched without it. {message} \
         was dropped as dead, and {receiver} does something with it: {effect}. {receiver} is then:"
    );
    say!("{}", paragraph(&text, ""));
    say!("  {}", broken.state);
    say!("the way to the drop:");
    print_steps(&broken.dropped);
    say!("the way to that state:");
    print_steps(&broken.arrival);
    let advice = "Either a handler is wrong, or what the protocol declares dead is (`is_dead`: of Raft, \
                  in models/src/raft/dead.rs).";
    say!("{}", paragraph(advice, ""));
}

/// Whether the second opinion rests on the explorer's reduction, in words.
pub(super) fn independence(second_opinion: SecondOpinion) -> &'static str {
    match second_opinion {
        SecondOpinion::Unreduced => "searched without the reduction",
        SecondOpinion::Reduced => "shares the explorer's reduction",
    }
}

/// How long what must come takes at most, or how often something happens: numbers with their units.
fn bound(finding: &Finding) -> Option<Vec<Value>> {
    let measures = finding.bound.iter();
    let measures = measures.map(|it| json!({ "number": it.number, "unit": it.unit }));
    (!finding.bound.is_empty()).then(|| measures.collect())
}

/// Prints an object for each claim.
pub(super) fn print_json(result: &CheckResult) {
    let CheckResult {
        subject, report, ..
    } = result;
    let entry = subject.entry;
    let bytes_per_state = bytes_per_state(report);
    for finding in &report.findings {
        let (claim, counterexample) = (finding.claim, finding.counterexample.as_ref());
        let object = json!({
            "protocol": entry.protocol.name(),
            "config": entry.facts.name,
            "bounds": entry.facts.bounds,
            "property": claim.name,
            "kind": claim.kind.name(),
            "verdict": finding.verdict.name(),
            "reason": result::reason(finding, report),
            "states": report.states,
            "transitions": report.transitions,
            "depth": report.depth,
            "cut": report.cut,
            "unexpanded": report.unexpanded,
            "seconds": report.time.as_secs_f64(),
            "bytes_per_state": bytes_per_state,
            "error": report.error.as_ref().map(error),
            "reduction": reduction(result),
            "bound": bound(finding),
            "counterexample": counterexample.map(|way| &way.steps),
            "loop_start": counterexample.and_then(|way| way.loop_start),
            "script": counterexample.map(|way| subject.script(way)),
            "svg": result.pictures.get(claim.name),
        });
        say!("{object}");
    }
}

/// The messages dropped as dead and how that was checked, or that the second opinion shares the
/// explorer's reduction; null if nothing was dropped.
fn reduction(result: &CheckResult) -> Value {
    match result.second_opinion {
        Some(SecondOpinion::Reduced) => json!("shared"),
        _ => json!(result.report.reduction.as_ref().map(checked)),
    }
}

/// The messages dropped as dead, how often that was checked, and what broke the reduction. If it broke,
/// `dropped` and `checked` count what was done before that; all other counts of the object are of
/// the search without the reduction.
fn checked(reduction: &ReductionReport) -> Value {
    let broken = reduction.broken.as_ref().map(|broken| {
        json!({
            "receiver": broken.receiver,
            "state": broken.state,
            "message": broken.message,
            "effect": broken.effect,
            "dropped": broken.dropped.steps,
            "arrival": broken.arrival.steps,
        })
    });
    json!({ "dropped": reduction.dropped, "checked": reduction.checked, "broken": broken })
}

/// The error of the model itself: the sentence, and its details.
fn error(error: &ModelError) -> Value {
    let message = error.to_string();
    match error {
        ModelError::Panic { path, .. } => {
            json!({ "kind": "panic", "message": message, "path": path.steps })
        }
        ModelError::Hash { one, other } => {
            json!({ "kind": "hash", "message": message, "values": [one, other] })
        }
        ModelError::Seed(_) => json!({ "kind": "seed", "message": message }),
    }
}
