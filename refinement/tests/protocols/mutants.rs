//! Every claim can fail: each mutant is killed by the property, in the configuration and at the
//! length that the catalog names, and each claim kills one.

#[path = "../common/elsewhere.rs"]
mod elsewhere;

use elsewhere::ELSEWHERE;
use quorate_models::catalog::{Entry, MutantEntry, ProtocolId};
use quorate_models::protocol::{Configuration, Profile, Protocol};
use quorate_models::raft::Raft;
use quorate_models::raft::mutants::Mutant;
use quorate_models::system::claim::{ClaimFacts, Kind};
use quorate_models::totem::state::Termination;
use quorate_models::totem::{Totem, mutants as totem};
use quorate_refinement::engine::{Limits, Options, Progress, StopReason, Verdict, explore};
use quorate_refinement::evidence::mutants::{
    MutantReport, MutantVerdict, examine, verdict, violated,
};
use quorate_refinement::evidence::pinned;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;

/// For the properties that fail beside the one that is named.
const FURTHER: Limits = Limits {
    states: Some(300_000),
    memory: None,
    time: None,
};

/// Where they are not looked for.
const NO_FURTHER: Limits = Limits {
    states: Some(0),
    ..FURTHER
};

/// All other claims that each of these mutants violates in its home: of claims of which one implies the
/// other, they show which it is.
const VIOLATES_EXACTLY: &[(&str, &[&str])] = &[
    ("raft/candidate-ignores-leader", &[]),
    ("zab/leads-once-more", &[]),
    (
        "zab/latecomers-are-not-told",
        &[
            "A Leader Settles",
            "A Leader Can Settle",
            "A Leader within 12 Ticks",
        ],
    ),
    (
        "zab/all-vote-for-one",
        &[
            "A Leader Is Always Established",
            "A Leader Settles",
            "A Leader within 12 Ticks",
        ],
    ),
];

/// By protocol and name.
type Reports = BTreeMap<String, (MutantEntry, MutantReport)>;

/// The mutants whose shortest ways are others than they say. One that diverges nowhere does the same as the
/// protocol.
fn others_than_stated(reports: &Reports) -> Vec<String> {
    let differ = reports
        .iter()
        .filter(|(_, (mutant, report))| report.verdict.shortest() != Some(mutant.facts.shortest));
    let named = differ.map(|(name, (_, report))| format!("{name}: {:#?}", report.verdict));
    named.collect()
}

fn reports() -> Reports {
    let left = Mutex::new(MutantEntry::all());
    let reports = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        // Most searches are too small to keep more than one thread busy.
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap().next();
                    let Some(mutant) = next else {
                        break;
                    };
                    let is_listed = |(of, _): &(&str, _)| *of == mutant.path();
                    let further = match mutant.facts.also.is_empty()
                        && !VIOLATES_EXACTLY.iter().any(is_listed)
                    {
                        true => NO_FURTHER,
                        false => FURTHER,
                    };
                    let report = examine(mutant, Limits::default(), further);
                    let mut reports = reports.lock().unwrap();
                    reports.insert(mutant.path(), (mutant, report));
                }
            });
        }
    });
    reports.into_inner().unwrap()
}

#[test]
fn every_mutant_is_killed_and_every_claim_kills() {
    let results = pinned::all().expect("the results are readable");
    let mut killing = Vec::new();
    let reports = reports();
    assert_eq!(others_than_stated(&reports), [""; 0]);
    for (name, (mutant, report)) in reports {
        let facts = mutant.facts;
        let home = mutant.home();
        for claim in facts.also.iter().chain([&facts.property]) {
            let holds = pinned::of(&results, home).holds(claim);
            assert!(holds, "{claim} fails in {} without {name}", home.path());
        }
        for also in facts.also {
            assert!(report.violated.contains(also), "{name} holds {also}");
        }
        let mut listed = VIOLATES_EXACTLY.iter().filter(|(of, _)| *of == name);
        if let Some((_, also)) = listed.next() {
            assert_eq!(report.violated[1..], **also, "{name}");
        }
        let violated = facts.also.iter().chain([&facts.property]);
        killing.extend(violated.map(|claim| claimed(home, claim)));
    }
    for (protocol, claim, configuration, name) in ELSEWHERE {
        let path = format!("{protocol}/{configuration}");
        let mut entries = Entry::of(Profile::Usual).filter(|entry| entry.path() == path);
        let entry = entries.next().expect("a configuration");
        let mut mutants = entry.protocol.mutants().filter(|it| entry.has(*it));
        let mutant = mutants.find(|it| it.facts.name == *name).expect("a mutant");
        assert!(violated(mutant, entry, FURTHER).contains(claim), "{claim}");
        let claimed = claimed(entry, claim);
        assert!(
            !killing.contains(&claimed),
            "a mutant violates {claim} in its own home"
        );
        killing.push(claimed);
    }
    for entry in Entry::of(Profile::Usual) {
        let claims = entry.facts.claims.iter();
        for claim in claims.filter(|claim| claim.kind != Kind::Witness) {
            let is_killed = killing.contains(&(entry.protocol, *claim));
            assert!(
                is_killed,
                "no mutant violates {} of {}",
                claim.name,
                entry.path()
            );
        }
    }
}

/// A claim of a configuration. A protocol with clients has others than alone, perhaps of the same name.
fn claimed(entry: Entry, name: &str) -> (ProtocolId, ClaimFacts) {
    let mut claims = entry.facts.claims.iter();
    let claim = claims.find(|claim| claim.name == name).expect("a claim");
    (entry.protocol, *claim)
}

#[test]
fn exact_claims_are_of_mutants_that_are_there() {
    let names: Vec<String> = MutantEntry::all()
        .map(|it| format!("{}/{}", it.protocol.name(), it.facts.name))
        .collect();
    for (mutant, _) in VIOLATES_EXACTLY {
        assert!(names.iter().any(|name| name == mutant), "{mutant}");
    }
}

/// No further claim of a mutant is another mutant's own.
#[test]
fn further_claims_have_no_mutant_of_their_own() {
    for protocol in ProtocolId::ALL {
        let named: Vec<&str> = protocol.mutants().map(|it| it.facts.property).collect();
        for mutant in protocol.mutants() {
            let mut also = mutant.facts.also.iter();
            assert!(also.all(|it| !named.contains(it)), "{}", mutant.path());
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

/// Elections go on for ever, each in a new term. No state comes again, and the search has no end of its own.
#[test]
fn a_mutant_whose_runs_have_ever_new_states_is_found() {
    let mutant = Raft::mutant("voter-does-not-wait");
    let home = Raft::configuration(mutant.facts.configuration);
    let system = Arc::new(home.system(Some(mutant)));
    let search = |threads| {
        let options = Options {
            threads,
            stops_at_violation: true,
            ..Options::default()
        };
        let report = explore(&system, &options, &Progress::default());
        let violated = report.findings.into_iter().filter(|finding| {
            finding.verdict == Verdict::Violated && finding.claim.kind != Kind::Witness
        });
        let violated: Vec<&str> = violated.map(|finding| finding.claim.name).collect();
        (report.stopped, violated, report.states)
    };
    let (stopped, violated, states) = search(1);
    assert_eq!(stopped, Some(StopReason::Violation));
    assert_eq!(violated, [mutant.facts.property]);
    assert_eq!(search(2), (stopped, violated, states));
}

/// A recovery by the rules of corosync that counts anew after one that has failed. Where corosync's violates
/// a clause, *What Is Recovered Is Everywhere* is violated at most: the messages of the failed recovery are
/// lost. A safe message would be missed (`recovered-is-forgotten`); these are agreed.
#[test]
fn corosyncs_recovery_breaks_no_clause_where_it_counts_anew() {
    let cleared: [totem::Mutant; 2] = [
        totem::Mutant {
            mutate: |rules| {
                (Totem::mutant("recovers-as-corosync").mutate)(rules);
                rules.left = |_| Termination::default();
            },
            ..*Totem::mutant("recovers-as-corosync")
        },
        totem::Mutant {
            mutate: |rules| {
                (Totem::mutant("keeps-flag-as-corosync").mutate)(rules);
                rules.left = |_| Termination::default();
            },
            ..*Totem::mutant("keeps-flag-as-corosync")
        },
    ];
    let violated = cleared.map(|mutant| {
        let home = Totem::configuration(mutant.facts.configuration);
        let system = Arc::new(home.system(Some(&mutant)));
        let report = explore(&system, &Options::default(), &Progress::default());
        assert_eq!((report.stopped, report.cut), (None, 0));
        let findings = report.findings.into_iter();
        let violated = findings.filter(|finding| finding.verdict != Verdict::Holds);
        violated
            .map(|finding| finding.claim.name)
            .collect::<Vec<_>>()
    });
    // It is violated in the home of the first alone.
    assert_eq!(violated, [vec!["What Is Recovered Is Everywhere"], vec![]]);
}

/// A flag that is forgotten when a recovery fails, and messages that are sent again although another has done
/// so, as in corosync.
#[test]
fn a_flag_that_is_forgotten_holds_where_corosyncs_falls() {
    let forgets = totem::Mutant {
        mutate: |rules| rules.prunes = || false,
        ..*Totem::mutant("flag-is-kept")
    };
    let home = Totem::configuration(forgets.facts.configuration);
    let system = Arc::new(home.system(Some(&forgets)));
    let report = explore(&system, &Options::default(), &Progress::default());
    assert_eq!((report.stopped, report.verdict()), (None, Verdict::Holds));
}

/// Where mutants that show in the good period are searched without one: in their home, except that some
/// exchange a rule that is called there by heartbeats alone.
const WITHOUT_PERIOD: &[(&str, &str)] = &[
    ("sends-once", "lost-messages"),
    ("commits-with-entries-alone", "conflict"),
    ("beats-once", "conflict"),
    ("deposed-leader-waits-for-ever", "live-election"),
];

/// An armed timer is armed again, which makes a difference only where timers have an age.
const SAME_WITHOUT_AGES: &[&str] = &["voter-does-not-wait", "leader-is-not-heard"];

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

/// Without a good period, the mutants that show in it do something else than the protocol, and violate no
/// promise.
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
    assert_eq!(searched, 18);
    assert_eq!(same, SAME_WITHOUT_AGES);
}

/// 0 is elected, and 1 and 2 have heard it.
const SETTLED_OF_FIVE: &str = "
deliver 0->1 PreVote t1
deliver 1->0 PreVoteResponse t1 granted
deliver 0->2 PreVote t1
deliver 2->0 PreVoteResponse t1 granted
deliver 0->1 RequestVote t1
deliver 1->0 RequestVoteResponse t1 granted
deliver 0->2 RequestVote t1
deliver 2->0 RequestVoteResponse t1 granted
deliver 0->1 AppendEntries t1
deliver 1->0 AppendEntriesResponse t1
deliver 0->2 AppendEntries t1
deliver 2->0 AppendEntriesResponse t1
";

/// How long the way is on which a settled leader is deposed, with PreVote and with CheckQuorum or without.
fn deposed(name: &str, settled: &str, [pre_vote, check_quorum]: [bool; 2]) -> Option<usize> {
    let mut configuration = Raft::configuration(name);
    let seed = format!("{}{settled}", configuration.seed.expect("there is one"));
    let asks = |line: &&str| pre_vote || !line.contains("PreVote");
    let lines: Vec<&str> = seed.lines().filter(asks).collect();
    configuration.seed = Some(lines.join("\n").leak());
    let mut system = configuration.system(None);
    for server in &mut system.actors {
        (server.config.pre_vote, server.config.check_quorum) = (pre_vote, check_quorum);
    }
    system
        .claims
        .retain(|it| it.name == "A Settled Leader Stays");
    let options = Options {
        stops_at_violation: true,
        ..Options::default()
    };
    let report = explore(&Arc::new(system), &options, &Progress::default());
    let [finding] = &report.findings[..] else {
        panic!("{name}: one claim, {} findings", report.findings.len());
    };
    match finding.verdict {
        Verdict::Violated => Some(finding.counterexample.as_ref().expect("a way").steps.len()),
        _ => {
            assert_eq!((report.stopped, report.cut), (None, 0), "{name}");
            None
        }
    }
}

/// A third server that hears everything is kept from it by PreVote and leases, and not by leases alone. Two
/// that reach one follower each are kept from it by PreVote, since they never have a majority.
#[test]
fn outsiders_depose_a_settled_leader_without_the_features() {
    for (features, steps) in [([false, false], 3), ([false, true], 4)] {
        assert_eq!(deposed("outsider", "", features), Some(steps));
    }
    let neither = deposed("partial-links", SETTLED_OF_FIVE, [false, false]);
    assert_eq!(neither, Some(5));
    for features in [[true, false], [true, true]] {
        assert_eq!(deposed("outsider", "", features), None);
        assert_eq!(deposed("partial-links", SETTLED_OF_FIVE, features), None);
    }
}
