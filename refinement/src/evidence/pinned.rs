//! The pinned results: what every configuration is known to give.

use crate::engine::{Finding, Report, Verdict};
use quorate_models::catalog::{Entry, ProtocolId};
use quorate_models::protocol::Profile;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The results of all configurations of a protocol, by name.
pub type Results = BTreeMap<String, Pinned>;

/// The result of one configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// Unique states.
    pub states: usize,
    /// Transitions, those to known states included.
    pub transitions: usize,
    /// Steps from the start to the farthest state.
    pub depth: usize,
    /// Steps that a boundary cut off.
    pub cut: usize,
    /// Unique states without their ghosts.
    pub states_without_history: Option<usize>,
    /// Unique states without the reduction, where the second opinion searches without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreduced_states: Option<usize>,
    /// Marks that were hit; only the explorer knows them.
    #[serde(default)]
    pub marks: Vec<String>,
    /// The finding about each claim.
    pub claims: BTreeMap<String, String>,
    /// How long what must come takes at most, or how often something happens, of each claim that has
    /// such a bound: ticks and steps, or times.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bounds: BTreeMap<String, Vec<u32>>,
}

impl From<&Report> for Pinned {
    fn from(report: &Report) -> Self {
        let finding = |finding: &Finding| {
            (
                finding.claim.name.to_owned(),
                finding.verdict.name().to_owned(),
            )
        };
        let bounded = report.findings.iter().filter(|it| !it.bound.is_empty());
        let bounds = bounded.map(|finding| {
            let numbers = finding.bound.iter().map(|measure| measure.number);
            (finding.claim.name.to_owned(), numbers.collect())
        });
        let marks = report.coverage.marks.iter();
        let marks = marks.filter(|(_, hits)| hits.happens());
        Pinned {
            states: report.states,
            transitions: report.transitions,
            depth: report.depth,
            cut: report.cut,
            states_without_history: report.states_without_history,
            unreduced_states: None,
            marks: marks.map(|(name, _)| (*name).to_owned()).collect(),
            claims: report.findings.iter().map(finding).collect(),
            bounds: bounds.collect(),
        }
    }
}

impl Pinned {
    /// Where what was found differs, in words: states, transitions, depth, and the verdict of each
    /// claim that is made now or was made then.
    pub fn differences(&self, report: &Report) -> Vec<String> {
        let found = Pinned::from(report);
        let numbers = [
            ("states", self.states, found.states),
            ("transitions", self.transitions, found.transitions),
            ("depth", self.depth, found.depth),
        ];
        let numbers = numbers.into_iter().filter(|(_, old, new)| old != new);
        let numbers = numbers.map(|(what, old, new)| format!("{what} {old} pinned, {new} found"));
        let bounds = self.other_bounds(&found);
        numbers
            .chain(self.other_verdicts(&found))
            .chain(bounds)
            .collect()
    }

    /// Where a search without the reduction differs, in words: its states, and the verdicts, which
    /// are the same with the reduction and without.
    pub fn unreduced_differences(&self, report: &Report) -> Vec<String> {
        let found = Pinned::from(report);
        let other = |pinned: &usize| *pinned != found.states;
        let states = self.unreduced_states.filter(other).map(|pinned| {
            let found = found.states;
            format!("states without the reduction {pinned} pinned, {found} found")
        });
        states
            .into_iter()
            .chain(self.other_verdicts(&found))
            .collect()
    }

    fn other_verdicts(&self, found: &Pinned) -> Vec<String> {
        let names: BTreeSet<&String> = self.claims.keys().chain(found.claims.keys()).collect();
        let verdicts = names.into_iter().filter_map(|name| {
            let [old, new] = [&self.claims, &found.claims].map(|claims| claims.get(name));
            let word = |verdict: Option<&String>| verdict.map_or("not claimed", |it| it).to_owned();
            (old != new).then(|| format!("{name}: {} pinned, {} found", word(old), word(new)))
        });
        verdicts.collect()
    }

    fn other_bounds(&self, found: &Pinned) -> Vec<String> {
        let known = self.bounds.iter();
        let both = known.filter_map(|(name, old)| Some((name, old, found.bounds.get(name)?)));
        let others = both.filter(|(_, old, new)| old != new);
        let words =
            others.map(|(name, old, new)| format!("{name}: bounds {old:?} pinned, {new:?} found"));
        words.collect()
    }

    /// Whether a claim is pinned as holding, everywhere and not cut.
    pub fn holds(&self, claim: &str) -> bool {
        let holds = Verdict::Holds.name();
        self.cut == 0
            && self
                .claims
                .get(claim)
                .is_some_and(|verdict| verdict == holds)
    }
}

/// Every pinned result, by path (`protocol/configuration`), as it was when this was compiled.
///
/// # Errors
///
/// If the results of a protocol are not TOML of this form.
pub fn all() -> Result<BTreeMap<String, Pinned>, toml::de::Error> {
    let mut all = BTreeMap::new();
    for protocol in ProtocolId::ALL {
        let results = parse(protocol.facts().results)?;
        let name = protocol.name();
        all.extend(
            results
                .into_iter()
                .map(|(configuration, pinned)| (format!("{name}/{configuration}"), pinned)),
        );
    }
    Ok(all)
}

/// The pinned result of a configuration.
///
/// # Panics
///
/// If it has none; with the command that pins it.
pub fn of(results: &Results, entry: Entry) -> &Pinned {
    let path = entry.path();
    let test = match entry.facts.profile {
        Profile::Usual => "exhaustive",
        Profile::Deep => "deep",
    };
    results.get(&path).unwrap_or_else(|| {
        panic!(
            "{path} has no pinned result: run `QUORATE_REBLESS=1 cargo test -p quorate-refinement \
             --test {test} -- {path}`"
        )
    })
}

/// Reads the results of a protocol.
///
/// # Errors
///
/// If the text is not TOML of this form.
pub fn parse(text: &str) -> Result<Results, toml::de::Error> {
    toml::from_str(text)
}

/// Writes the results of a protocol.
///
/// # Panics
///
/// Never: results can always be written as TOML.
pub fn render(results: &Results) -> String {
    let header = "# What each configuration gives: pinned by refinement/tests/exhaustive.rs.\n\n";
    header.to_owned() + &toml::to_string_pretty(results).expect("results are plain tables")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Options, Progress, explore};
    use quorate_models::protocol::Protocol;
    use quorate_models::raft::Raft;
    use std::sync::Arc;

    fn late_answers(reductions: bool) -> Report {
        let system = Arc::new(Raft::configuration("late-answers").system(None));
        let options = Options {
            reductions,
            ..Options::default()
        };
        explore(&system, &options, &Progress::default())
    }

    #[test]
    fn without_the_reduction_states_and_verdicts_are_compared() {
        let report = late_answers(false);
        let results = all().expect("the results are readable");
        let mut pinned = results["raft/late-answers"].clone();
        assert_eq!(pinned.unreduced_differences(&report), [""; 0]);
        pinned.unreduced_states = pinned.unreduced_states.map(|states| states + 1);
        pinned.claims.remove("Election Safety");
        assert_eq!(
            pinned.unreduced_differences(&report),
            [
                "states without the reduction 274232 pinned, 274231 found",
                "Election Safety: not claimed pinned, holds found",
            ]
        );
    }

    #[test]
    #[should_panic(
        expected = "raft/crash has no pinned result: run `QUORATE_REBLESS=1 cargo test -p \
                    quorate-refinement --test exhaustive -- raft/crash`"
    )]
    fn what_is_not_pinned_says_how_to_pin_it() {
        let mut entries = Entry::all();
        let crash = entries.find(|entry| entry.path() == "raft/crash");
        of(&Results::new(), crash.expect("it is in the catalog"));
    }

    #[test]
    fn every_difference_is_named() {
        let report = late_answers(true);
        let results = all().expect("the results are readable");
        let mut pinned = results["raft/late-answers"].clone();
        assert_eq!(pinned.differences(&report), [""; 0]);
        pinned.states += 1;
        pinned.transitions = 0;
        pinned.depth -= 1;
        let verdict = pinned.claims.get_mut("Log Matching").expect("a claim");
        *verdict = "violated".to_owned();
        pinned.claims.remove("Election Safety");
        let old = ("No Such Claim".to_owned(), "holds".to_owned());
        pinned.claims.insert(old.0, old.1);
        let found = report.transitions;
        assert_eq!(
            pinned.differences(&report),
            [
                "states 5451 pinned, 5450 found".to_owned(),
                format!("transitions 0 pinned, {found} found"),
                "depth 22 pinned, 23 found".to_owned(),
                "Election Safety: not claimed pinned, holds found".to_owned(),
                "Log Matching: violated pinned, holds found".to_owned(),
                "No Such Claim: holds pinned, not claimed found".to_owned(),
            ]
        );
    }
}
