//! The result of each configuration: the value that tables, JSON, the last line and the exit code
//! are derived from.

use super::super::counterexample::Subject;
use super::super::tables::grouped;
use quorate_models::system::SecondOpinion;
use quorate_refinement::engine::{
    BrokenReduction, Finding, ModelError, ReductionReport, Report, StopReason, Verdict,
};
use quorate_refinement::evidence::pinned::Pinned;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The result of a configuration.
pub(in super::super) struct CheckResult {
    pub(in super::super) subject: Subject,
    pub(in super::super) report: Report,
    /// Where a complete search differs from the pinned result, if there is one.
    pub(super) differences: Option<Vec<String>>,
    /// How the second opinion searched, if it was the one that searched.
    pub(super) second_opinion: Option<SecondOpinion>,
    /// The pictures that were drawn, by claim.
    pub(super) pictures: BTreeMap<&'static str, PathBuf>,
}

/// How a search ended. Of several the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Ending {
    /// Every claim holds.
    Holds,
    /// The search ended early, and found no violation.
    Inconclusive,
    /// Something is wrong with the model itself, or with its reduction.
    Error,
    /// A claim is violated.
    Violated,
}

impl Ending {
    /// The word for it.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Ending::Holds => "holds",
            Ending::Inconclusive => "inconclusive",
            Ending::Error => "error",
            Ending::Violated => "violated",
        }
    }

    pub(super) fn exit_code(self) -> u8 {
        match self {
            Ending::Holds => 0,
            Ending::Violated => 1,
            Ending::Inconclusive => 3,
            Ending::Error => 4,
        }
    }
}

impl CheckResult {
    pub(super) fn new(
        subject: Subject,
        report: Report,
        pinned: Option<&Pinned>,
        second_opinion: Option<SecondOpinion>,
    ) -> Self {
        let pinned = pinned.filter(|_| report.stopped.is_none() && broken(&report).is_none());
        CheckResult {
            subject,
            differences: pinned.map(|pinned| match second_opinion {
                Some(SecondOpinion::Unreduced) => pinned.unreduced_differences(&report),
                _ => pinned.differences(&report),
            }),
            report,
            second_opinion,
            pictures: BTreeMap::new(),
        }
    }

    pub(in super::super) fn ending(&self) -> Ending {
        match self.report.verdict() {
            Verdict::Violated => Ending::Violated,
            _ if self.report.error.is_some() => Ending::Error,
            // A broken reduction is an error only if the search without the reduction finds nothing else.
            Verdict::Inconclusive => Ending::Inconclusive,
            Verdict::Holds if broken(&self.report).is_some() => Ending::Error,
            Verdict::Holds => Ending::Holds,
        }
    }

    /// The violated claims, those with the shortest way first.
    pub(in super::super) fn violations(&self) -> impl Iterator<Item = &Finding> {
        let findings = self.report.findings.iter();
        let mut violated: Vec<&Finding> = findings
            .filter(|finding| finding.verdict == Verdict::Violated)
            .collect();
        violated.sort_by_key(|finding| length(finding));
        violated.into_iter()
    }

    /// Why the search ended early, and what it left.
    pub(super) fn stop(&self) -> Option<String> {
        let reason = self.report.stopped?;
        let left = self.report.unexpanded.filter(|left| *left != 0);
        let left = left.map(|left| format!("; {} states on the frontier", grouped(left)));
        Some(format!(
            "search stopped: {reason}{}",
            left.unwrap_or_default()
        ))
    }
}

/// The reduction's mistake, if it made one.
pub(super) fn broken(report: &Report) -> Option<&BrokenReduction> {
    report.reduction.as_ref()?.broken.as_ref()
}

/// Steps to a violation. A witness that is missing comes last.
pub(super) fn length(finding: &Finding) -> usize {
    let way = finding.counterexample.as_ref();
    way.map_or(usize::MAX, |way| way.steps.len())
}

pub(super) fn worst(results: &[CheckResult]) -> Ending {
    let endings = results.iter().map(CheckResult::ending);
    endings.max().unwrap_or(Ending::Holds)
}

/// The last line: the verdict on everything, in a sentence.
pub(super) fn sentence(results: &[CheckResult]) -> String {
    let worst = worst(results);
    let such: Vec<&CheckResult> = results.iter().filter(|it| it.ending() == worst).collect();
    let more = |count: usize| match count {
        0 => String::new(),
        _ => format!(" (and {count} more)"),
    };
    match worst {
        Ending::Holds => holds(results),
        Ending::Violated => {
            let (subject, first) = first_violation(results).expect("a violation");
            let all: usize = such.iter().map(|it| it.violations().count()).sum();
            format!("VIOLATED{}: {}", more(all - 1), subject.sentence(first))
        }
        Ending::Error => {
            let (path, advice) = (such[0].subject.entry.path(), advice(such[0]));
            format!("error{}: {path}: {advice}", more(such.len() - 1))
        }
        Ending::Inconclusive => {
            let (path, searches) = (such[0].subject.entry.path(), results.len());
            let stopped = such[0].report.stopped;
            let stopped = stopped.map_or(String::new(), |reason| format!(": {reason}"));
            let ended = such.len();
            format!("inconclusive: {ended} of {searches} searches ended early ({path}{stopped})")
        }
    }
}

/// The first of the violations, with where it is.
pub(super) fn first_violation(results: &[CheckResult]) -> Option<(Subject, &Finding)> {
    let violations = results
        .iter()
        .map(|it| (it.subject, it.violations().next()));
    let mut violations = violations.filter_map(|(subject, first)| Some((subject, first?)));
    violations.next()
}

/// The error of a model or its reduction, and the advice.
fn advice(result: &CheckResult) -> &'static str {
    match &result.report.error {
        Some(ModelError::Panic { .. }) => "panic; correct what the last step above runs",
        Some(ModelError::Seed(_)) if result.subject.mutant.is_some() => {
            "no seed with this mutant; check another configuration"
        }
        Some(ModelError::Seed(_)) => "impossible seed; correct the handler or the seed",
        Some(ModelError::Hash { .. }) => "wrong Hash; hash what Eq compares, and no more",
        None => "broken reduction; correct the handler or `is_dead`",
    }
}

fn holds(results: &[CheckResult]) -> String {
    let states = results.iter().map(|it| it.report.states).sum();
    let states = grouped(states);
    let within = "complete within the bounds";
    let mutant = results.iter().find_map(|it| it.subject.mutant);
    let mutant = mutant.map_or(String::new(), |it| format!(" with {}", it.facts.name));
    match results {
        [one] => {
            let path = one.subject.entry.path();
            format!("{path}{mutant}: holds ({states} states, {within})")
        }
        _ => {
            let mut protocols: Vec<&str> = results
                .iter()
                .map(|it| it.subject.entry.protocol.name())
                .collect();
            protocols.dedup();
            let (protocols, searches) = (protocols.join(", "), results.len());
            format!(
                "{protocols}{mutant}: holds in {searches} configurations ({states} states, {within})"
            )
        }
    }
}

/// The messages dropped as dead and how that was checked, in sentences; `None` if nothing could be
/// dropped.
pub(super) fn reductions(results: &[CheckResult]) -> Option<String> {
    let reductions = results.iter().filter_map(|it| {
        let reduction = it.report.reduction.as_ref()?;
        Some((it.subject.entry.path(), reduction))
    });
    let (broke, held): (Vec<_>, Vec<_>) = reductions.partition(|(_, it)| it.broken.is_some());
    let counts = |of: &[(String, &ReductionReport)]| {
        let sum = |count: fn(&ReductionReport) -> usize| of.iter().map(|(_, it)| count(it)).sum();
        (grouped(sum(|it| it.dropped)), grouped(sum(|it| it.checked)))
    };
    let mut sentences = Vec::new();
    if !broke.is_empty() {
        let (dropped, checked) = counts(&broke);
        let paths: Vec<&str> = broke.iter().map(|(path, _)| &**path).collect();
        sentences.push(format!(
            "The reduction broke in {}, see above: before it broke, {dropped} messages were dropped \
             as dead there, and {checked} deliveries did nothing; all other counts are those of the \
             search without it.",
            paths.join(", ")
        ));
    }
    if !held.is_empty() {
        let (dropped, checked) = counts(&held);
        let elsewhere = if broke.is_empty() { "" } else { "Elsewhere, " };
        sentences.push(format!(
            "{elsewhere}{dropped} messages were dropped as dead, and delivered in every state that \
             their receivers reached afterwards: {checked} deliveries, none of which did anything. \
             An invariant about messages was judged of these when they were sent, not later."
        ));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// Why a claim is not decided; `None` if it is.
pub(super) fn reason(finding: &Finding, report: &Report) -> Option<&'static str> {
    let undecided = finding.verdict == Verdict::Inconclusive;
    report.stopped.filter(|_| undecided).map(StopReason::name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate_models::catalog::Entry;
    use quorate_refinement::engine::{Counterexample, Options};
    use quorate_refinement::evidence::searches;
    use std::sync::Arc;

    /// A result in which something else was found.
    fn result(change: impl FnOnce(&mut Report)) -> CheckResult {
        let mut entries = Entry::all();
        let entry = entries.find(|entry| entry.facts.name == "late-answers");
        let entry = entry.expect("a configuration");
        let options = Options::default();
        let mut report = searches::explore(entry, None, &options, &Arc::default());
        change(&mut report);
        let mutant = None;
        CheckResult::new(Subject { entry, mutant }, report, None, None)
    }

    #[test]
    fn a_violation_counts_before_an_error_and_that_before_a_limit() {
        let holds = result(|_| {});
        let limited = result(|report| report.stopped = Some(StopReason::States));
        let error = || ModelError::Hash {
            one: "one".to_owned(),
            other: "other".to_owned(),
        };
        let flawed = result(|report| {
            (report.stopped, report.error) = (Some(StopReason::ModelError), Some(error()));
        });
        let violated = result(|report| {
            report.findings[0].verdict = Verdict::Violated;
            report.error = Some(error());
        });
        let results = [holds, limited, flawed, violated];
        let first_words = ["raft", "inconclusive", "error", "VIOLATED"];
        let codes = [0, 3, 4, 1];
        for (number, (word, code)) in first_words.iter().zip(codes).enumerate() {
            let results = &results[..=number];
            assert_eq!(worst(results).exit_code(), code);
            let sentence = sentence(results);
            assert!(sentence.starts_with(word), "{sentence}");
        }
    }

    /// A result whose reduction broke after these counts, or whose own counts are these.
    fn reduced(counts: (usize, usize), breaks: bool) -> CheckResult {
        let way = || Counterexample {
            steps: Vec::new(),
            loop_start: None,
            address: "0".to_owned(),
            script: None,
        };
        let broken = || BrokenReduction {
            receiver: 1,
            state: "a state".to_owned(),
            message: "a message".to_owned(),
            effect: "the receiver changes".to_owned(),
            dropped: way(),
            arrival: way(),
        };
        let (dropped, checked) = counts;
        result(|report| {
            report.reduction = Some(ReductionReport {
                dropped,
                checked,
                broken: breaks.then(broken),
            });
        })
    }

    #[test]
    fn the_last_line_of_an_error_says_what_to_do() {
        let broken = sentence(&[reduced((4, 567), true)]);
        let advice = "broken reduction; correct the handler or `is_dead`";
        assert_eq!(broken, format!("error: raft/late-answers: {advice}"));
        let errors = [
            (
                ModelError::Seed(String::new()),
                "correct the handler or the seed",
            ),
            (
                ModelError::Hash {
                    one: String::new(),
                    other: String::new(),
                },
                "hash what Eq compares",
            ),
        ];
        for (error, advice) in errors {
            let flawed = result(|report| {
                (report.stopped, report.error) = (Some(StopReason::ModelError), Some(error));
            });
            let told = sentence(&[flawed]);
            assert!(told.contains(advice), "{told}");
        }
    }

    #[test]
    fn what_a_reduction_did_before_it_broke_is_told_apart_from_what_others_did() {
        let (held, held_too) = (reduced((2000, 30), false), reduced((1, 2), false));
        let broke = reduced((4, 567), true);
        let held_alone = reductions(&[held, held_too]).expect("sentences");
        let start = "2,001 messages were dropped as dead, and delivered in every state";
        assert!(held_alone.starts_with(start), "{held_alone}");
        assert!(held_alone.contains(": 32 deliveries, none of which did anything."));
        assert!(!held_alone.contains("broke"), "{held_alone}");

        let broke_alone = reductions(&[broke]).expect("sentences");
        let start = "The reduction broke in raft/late-answers, see above: before it broke, 4 \
                     messages were dropped as dead there, and 567 deliveries did nothing; ";
        assert!(broke_alone.starts_with(start), "{broke_alone}");
        assert!(!broke_alone.contains("none of which"), "{broke_alone}");

        let results = [reduced((2000, 32), false), reduced((4, 567), true)];
        let both = reductions(&results).expect("sentences");
        assert!(both.starts_with(&broke_alone), "{both}");
        let others = "Elsewhere, 2,000 messages were dropped as dead, ";
        assert!(both.contains(others), "{both}");
        assert!(both.contains(": 32 deliveries, none of which did anything."));

        let unreduced = result(|report| report.reduction = None);
        assert_eq!(reductions(&[unreduced]), None);
    }
}
