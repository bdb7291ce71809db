//! One search with everything that its verdict rests on: the explorer, the check on the fly, the audit,
//! and the replay of what is violated on genuine nodes.

use crate::audit::{Audit, audit};
use crate::checked::{Past, Server};
use crate::ledger::{Checked, Ledger, UNFAITHFUL};
use crate::node;
use crate::raft_rs::field::Field;
use crate::raft_rs::{RaftRs, Settings};
use quorate_models::script;
use quorate_models::system::System;
use quorate_models::system::claim::Kind;
use quorate_refinement::engine::{
    self, Counterexample, Finding, ModelError, Options, Progress, Report, explore,
};
use stateright::{Model, Path};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The findings of a search, and the checks that they rest on.
pub struct Outcome {
    /// The report of the explorer.
    pub report: Report,
    /// The checks on the way.
    pub checked: Checked,
    /// The result of the audit.
    pub audit: Audit,
    /// How long the audit took.
    pub audit_time: Duration,
    /// Why a violation does not replay on genuine nodes, if it does not.
    pub not_genuine: Option<String>,
}

/// A conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every claim holds, of everything, if the snapshots tell everything: nothing else was noticed.
    Holds,
    /// A claim is violated, and the way there replays on genuine nodes.
    Violated {
        /// The claim.
        claim: &'static str,
        /// Steps of the shortest way.
        steps: usize,
    },
    /// A witness is never reached, so that a claim says nothing.
    Unreached(&'static str),
    /// The search ended early; why.
    Inconclusive(String),
    /// The snapshots do not tell everything, and nothing is concluded: the check that noticed, and what.
    Unfaithful(&'static str, String),
    /// The model panics, or a seed is impossible.
    Error(String),
}

/// Searches a system, audits the search, and replays the violation if there is one.
///
/// `fresh` makes the system anew.
pub fn search(fresh: &dyn Fn() -> System<Server, Past>, options: &Options) -> Outcome {
    let system = Arc::new(fresh());
    let report = explore(&system, options, &Progress::default());
    let started = Instant::now();
    let (mut checked, mut audited) = (Checked::default(), Audit::default());
    if let node::Kind::Rebuilt(ledger) = &system.actors[0].kind {
        checked = ledger.checked();
        // After an error there is nothing to be believed.
        if report.error.is_none() {
            audited = audit(&*system.actors[0].machine, ledger, options.threads);
        }
    }
    let audit_time = started.elapsed();
    let way =
        violation(&report).and_then(|finding| Some((finding, finding.counterexample.as_ref()?)));
    let not_genuine = way.and_then(|(finding, way)| {
        let mut genuine = fresh();
        make_genuine(&mut genuine);
        replayed(&genuine, way, finding.claim.name).err()
    });
    Outcome {
        report,
        checked,
        audit: audited,
        audit_time,
        not_genuine,
    }
}

fn violated(report: &Report) -> impl Iterator<Item = &Finding> {
    let findings = report.findings.iter();
    findings.filter(|finding| finding.verdict == engine::Verdict::Violated)
}

fn violation(report: &Report) -> Option<&Finding> {
    violated(report).find(|finding| finding.claim.kind != Kind::Witness)
}

impl Outcome {
    /// The first claim that is violated, with the shortest way there.
    pub fn violation(&self) -> Option<&Finding> {
        violation(&self.report)
    }

    /// The conclusion.
    pub fn verdict(&self) -> Verdict {
        match &self.report.error {
            Some(ModelError::Panic { message, .. }) if message.starts_with(UNFAITHFUL) => {
                return Verdict::Unfaithful("check", message.clone());
            }
            Some(error) => return Verdict::Error(error.to_string()),
            None => {}
        }
        if let Some(first) = &self.audit.first {
            return Verdict::Unfaithful("audit", format!("{UNFAITHFUL}: {first}"));
        }
        if let Some(why) = &self.not_genuine {
            return Verdict::Unfaithful("replay", format!("{UNFAITHFUL}: {why}"));
        }
        if let Some(finding) = self.violation() {
            let way = finding.counterexample.as_ref();
            return Verdict::Violated {
                claim: finding.claim.name,
                steps: way.map_or(0, |way| way.steps.len()),
            };
        }
        if let Some(missing) = violated(&self.report).next() {
            return Verdict::Unreached(missing.claim.name);
        }
        match self.report.stopped {
            Some(reason) => Verdict::Inconclusive(reason.to_string()),
            None => Verdict::Holds,
        }
    }
}

/// Goes a way on genuine nodes.
///
/// # Errors
///
/// If it cannot be gone, or does not end where the claim is violated.
fn replayed(
    genuine: &System<Server, Past>,
    way: &Counterexample,
    claim: &str,
) -> Result<(), String> {
    let verbs = way.script.as_deref().unwrap_or_default();
    let actions = script::actions(genuine, verbs).map_err(|error| error.to_string())?;
    let start = genuine.init_states().remove(0);
    let path = Path::from_actions(genuine, start, &actions).ok_or("it is no path")?;
    let path = path.into_vec();
    let (last, _) = path.last().expect("a path has a start");
    let step = match &path[..] {
        [.., (before, Some(action)), (after, _)] => Some(genuine.decided_by(before, action, after)),
        _ => None,
    };
    let mut claims = genuine.claims.iter().enumerate();
    let is_violated = claims.any(|(number, it)| {
        let by_step = step.is_some_and(|decided| decided.contains(number));
        it.name == claim && (by_step || it.is_decided_in(last, &genuine.quorum))
    });
    let why = || format!("on genuine nodes {claim} is not violated at the end of this way");
    is_violated.then_some(()).ok_or_else(why)
}

/// Makes every node of a system a genuine one.
pub fn make_genuine(system: &mut System<Server, Past>) {
    system
        .actors
        .iter_mut()
        .for_each(|it| it.kind = node::Kind::Genuine);
}

/// Leaves a part out of every snapshot of a system; with `checks` or without the check on the fly.
pub fn leave_out(system: &mut System<Server, Past>, field: Field, checks: bool) {
    let RaftRs {
        settings, rules, ..
    } = *system.actors[0].machine;
    let left_out = Some(field);
    let machine = Arc::new(RaftRs::new(
        Settings {
            left_out,
            ..settings
        },
        rules,
    ));
    let ledger = Arc::new(match checks {
        true => Ledger::new(settings.servers),
        false => Ledger::of_audit_alone(settings.servers),
    });
    for node in &mut system.actors {
        node.machine = Arc::clone(&machine);
        node.kind = node::Kind::Rebuilt(Arc::clone(&ledger));
    }
}
