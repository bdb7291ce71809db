//! Every claim can fail: each mutant is killed by the property, in the configuration and at the
//! length that the catalog names, and no claim is without a killer.

use quorate_models::catalog::{Entry, MutantEntry};
use quorate_models::protocol::{Configuration, Profile, Protocol};
use quorate_models::raft::Raft;
use quorate_models::raft::mutants::Mutant;
use quorate_models::system::claim::Kind;
use quorate_refinement::engine::{Limits, Options, Progress, Verdict, explore};
use quorate_refinement::evidence::mutants::{MutantReport, MutantVerdict, examine, verdict};
use quorate_refinement::evidence::pinned;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// For the properties that fail beside the one that is named.
const FURTHER: Limits = Limits {
    states: Some(600_000),
    memory: None,
    time: None,
};

/// By protocol and name.
fn reports() -> BTreeMap<String, (MutantEntry, MutantReport)> {
    let examined = |mutant: MutantEntry| {
        let report = examine(mutant, Limits::default(), FURTHER);
        (mutant.path(), (mutant, report))
    };
    MutantEntry::all().map(examined).collect()
}

/// The step of each counterexample at which the protocol does something else.
const PARTINGS: &[(&str, usize)] = &[
    ("fifo/any-boot-is-the-one", 6),
    ("fifo/any-session-is-the-one", 10),
    ("fifo/boot-is-not-counted", 5),
    ("fifo/gaps-are-taken", 7),
    ("fifo/last-session-is-forgotten", 6),
    ("fifo/repeats-are-taken", 7),
    ("fifo/sessions-have-one-number", 6),
    ("raft/acknowledge-before-durable", 5),
    ("raft/acknowledge-whole-log", 8),
    ("raft/amnesia", 5),
    ("raft/answers-before-commit", 2),
    ("raft/append-after-commit", 4),
    ("raft/beats-once", 8),
    ("raft/candidate-ignores-leader", 13),
    ("raft/candidate-waits-for-ever", 1),
    ("raft/command-exchanged", 4),
    ("raft/command-twice", 4),
    ("raft/commit-beyond-log", 7),
    ("raft/commit-earlier-term", 16),
    ("raft/commit-goes-back", 9),
    ("raft/commit-unverified", 10),
    ("raft/commits-with-entries-alone", 11),
    ("raft/deposed-leader-waits-for-ever", 5),
    ("raft/half-commits", 7),
    ("raft/half-elects", 5),
    ("raft/leader-is-not-heard", 9),
    ("raft/longest-log-wins", 10),
    ("raft/match-from-commit", 10),
    ("raft/match-goes-back", 11),
    ("raft/no-no-op", 5),
    ("raft/no-session-table", 12),
    ("raft/old-tail-in-memory", 8),
    ("raft/old-tail-on-disk", 8),
    ("raft/only-better-logs-win", 3),
    ("raft/only-last-request-recognised", 15),
    ("raft/previous-term-unchecked", 11),
    ("raft/probe-stays", 10),
    ("raft/reads-own-state", 8),
    ("raft/rejection-as-acknowledgement", 9),
    ("raft/sends-again-from-match", 8),
    ("raft/sends-once", 15),
    ("raft/stale-acknowledgements-count", 11),
    ("raft/stale-votes-count", 4),
    ("raft/truncate-always", 7),
    ("raft/two-writes", 1),
    ("raft/unanswered-as-acknowledged", 1),
    ("raft/vote-before-durable", 1),
    ("raft/vote-for-anyone", 6),
    ("raft/vote-is-kept", 4),
    ("raft/vote-not-written", 1),
    ("raft/votes-counted-twice", 7),
    ("zab/accepts-before-durable", 10),
    ("zab/acknowledges-before-durable", 13),
    ("zab/answers-before-commit", 2),
    ("zab/anyone-leads", 24),
    ("zab/broadcasts-early", 11),
    ("zab/commits-told-to-all", 16),
    ("zab/delivers-at-proposal", 15),
    ("zab/delivers-own-history", 6),
    ("zab/diff-for-snap", 17),
    ("zab/diff-for-trunc", 19),
    ("zab/earlier-epoch-promised", 12),
    ("zab/epoch-before-history", 9),
    ("zab/epoch-with-the-next-write", 5),
    ("zab/first-vote-stays", 2),
    ("zab/half-elects", 4),
    ("zab/history-alone-is-compared", 6),
    ("zab/history-is-not-compared", 21),
    ("zab/leader-does-not-promise", 3),
    ("zab/leader-stays-alone", 17),
    ("zab/never-commits", 15),
    ("zab/never-gives-up", 2),
    ("zab/no-session-table", 9),
    ("zab/notifies-once", 0),
    ("zab/number-rolls-over", 9),
    ("zab/numbers-go-on", 19),
    ("zab/offers-before-durable", 4),
    ("zab/only-last-request-recognised", 15),
    ("zab/promised-twice", 13),
    ("zab/promises-before-durable", 6),
    ("zab/proposes-to-few", 12),
    ("zab/reads-alone", 17),
    ("zab/reads-own-state", 8),
    ("zab/snapshot-of-what-is-proposed", 13),
    ("zab/sync-has-a-hole", 15),
    ("zab/tree-for-history", 14),
    ("zab_on_fifo/proposes-to-few", 17),
];

#[test]
fn every_mutant_is_killed_and_every_claim_kills() {
    let results = pinned::all().expect("the results are readable");
    let (mut killing, mut partings) = (BTreeSet::new(), Vec::new());
    for (name, (mutant, report)) in reports() {
        let facts = mutant.facts;
        let MutantVerdict::Killed {
            counterexample,
            divergence,
        } = &report.verdict
        else {
            panic!("{name}: {:?}", report.verdict);
        };
        assert_eq!(
            counterexample.steps.len(),
            facts.length,
            "{name}: {counterexample:#?}"
        );
        let home = mutant.home();
        assert!(
            pinned::of(&results, home).holds(facts.property),
            "{name}: {} fails without it",
            home.path()
        );
        let violated = report.violated.into_iter();
        killing.extend(violated.map(|claim| (mutant.protocol, claim)));
        // One that parts nowhere does nothing that the protocol would not do.
        partings.push((name, divergence.unwrap_or_default()));
    }
    let partings: Vec<(&str, usize)> = partings.iter().map(|(name, at)| (&**name, *at)).collect();
    assert_eq!(partings, PARTINGS);
    for entry in Entry::of(Profile::Usual) {
        for claim in &entry.facts.claims {
            let (protocol, name) = (entry.protocol, claim.name);
            let killed = claim.kind == Kind::Witness || killing.contains(&(protocol, name));
            assert!(killed, "no mutant of {} violates {name}", protocol.name());
        }
    }
}

#[test]
fn a_mutant_that_changes_nothing_is_alive() {
    let planted = Mutant {
        mutate: |_| (),
        ..Raft::MUTANTS[0]
    };
    let configuration = Raft::configuration("vote-counting");
    let mutant = Arc::new(configuration.system(Some(&planted)));
    let protocol = configuration.system(None);
    let verdict = verdict(&protocol, &mutant, "Election Safety", Limits::default());
    assert_eq!(verdict, MutantVerdict::Alive);
}

/// Where mutants that show in the good period are searched without one: in their home, unless what they
/// exchange is never called there without heartbeats.
const WITHOUT_PERIOD: &[(&str, &str)] = &[
    ("sends-once", "lost-messages"),
    ("commits-with-entries-alone", "conflict"),
    ("beats-once", "conflict"),
    ("deposed-leader-waits-for-ever", "live-election"),
];

/// An armed timer is armed again, which makes a difference only where timers have an age.
const SAME_WITHOUT_AGES: &[&str] = &["leader-is-not-heard"];

/// The graph of a configuration without its good period, and that its promises hold.
fn promises_hold(configuration: &Configuration<Raft>, mutant: Option<&Mutant>) -> [usize; 2] {
    let mut system = configuration.system(mutant);
    system.environment.period = None;
    let promises = Raft::CLAIMS.iter().filter(|claim| {
        let is_promise = !claim.is_in_period() && claim.kind() != Kind::Witness;
        is_promise && Raft::is_made(claim, configuration)
    });
    system.claims = promises.cloned().collect();
    (system.ghost, system.rename, system.is_dead) = (Raft::ghost(), None, Raft::IS_DEAD);
    let report = explore(&Arc::new(system), &Options::default(), &Progress::default());
    let name = mutant.map_or(Raft::NAME, |mutant| mutant.facts.name);
    assert_eq!((report.stopped, report.cut), (None, 0), "{name}");
    for finding in &report.findings {
        assert_eq!(
            finding.verdict,
            Verdict::Holds,
            "{name}: {}",
            finding.claim.name
        );
    }
    [report.states, report.transitions]
}

/// The mutants that show in the good period violate no promise without it, though they do something else
/// than the protocol.
#[test]
fn what_does_not_go_on_is_safe() {
    let (mut searched, mut same) = (0, Vec::new());
    for mutant in Raft::MUTANTS {
        let (name, home) = (mutant.facts.name, mutant.facts.configuration);
        if (Raft::configuration(home).environment)().period.is_none() {
            continue;
        }
        let mut elsewhere = WITHOUT_PERIOD.iter().filter(|(of, _)| *of == name);
        let configuration = elsewhere.next().map_or(home, |(_, other)| other);
        let configuration = Raft::configuration(configuration);
        let graphs = [None, Some(mutant)].map(|it| promises_hold(&configuration, it));
        if graphs[0] == graphs[1] {
            same.push(name);
        }
        searched += 1;
    }
    assert_eq!(searched, 11);
    assert_eq!(same, SAME_WITHOUT_AGES);
}
