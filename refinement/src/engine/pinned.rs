//! The pinned results: what every configuration is known to give.

use super::search::{Report, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// `models/results.toml`, as it was when this was compiled.
pub const RESULTS: &str = include_str!("../../../models/results.toml");

/// The results of all configurations, by path (`protocol/configuration`).
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
    /// Unique states without history.
    pub states_without_history: Option<usize>,
    /// Marks that were hit; only the explorer knows them.
    #[serde(default)]
    pub marks: Vec<String>,
    /// What was found of each claim.
    pub claims: BTreeMap<String, String>,
}

impl From<&Report> for Pinned {
    fn from(report: &Report) -> Self {
        let finding = |finding: &super::search::Finding| {
            (
                finding.claim.name.to_owned(),
                finding.verdict.name().to_owned(),
            )
        };
        Pinned {
            states: report.states,
            transitions: report.transitions,
            depth: report.depth,
            cut: report.cut,
            states_without_history: report.states_without_history,
            marks: report
                .coverage
                .marks
                .keys()
                .map(ToString::to_string)
                .collect(),
            claims: report.findings.iter().map(finding).collect(),
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
        let names: BTreeSet<&String> = self.claims.keys().chain(found.claims.keys()).collect();
        let verdicts = names.into_iter().filter_map(|name| {
            let [old, new] = [&self.claims, &found.claims].map(|claims| claims.get(name));
            let word = |verdict: Option<&String>| verdict.map_or("not claimed", |it| it).to_owned();
            (old != new).then(|| format!("{name}: {} pinned, {} found", word(old), word(new)))
        });
        numbers.chain(verdicts).collect()
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

/// Reads results.
///
/// # Errors
///
/// If the text is not TOML of this form.
pub fn parse(text: &str) -> Result<Results, toml::de::Error> {
    toml::from_str(text)
}

/// Writes results.
///
/// # Panics
///
/// Never: results can always be written as TOML.
pub fn render(results: &Results) -> String {
    let header = "# What each configuration gives: pinned by refinement/tests/exhaustive.rs.\n\n";
    header.to_owned() + &toml::to_string_pretty(results).expect("results are plain tables")
}
