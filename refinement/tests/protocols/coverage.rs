//! The coverage of the complete searches: every row of the transition tables, and every pair of a
//! feature and a fault, or a reason. And that what is counted is true.
//!
//! Which rows a configuration goes through is pinned in `models/results`, to which the tests
//! in `exhaustive.rs` hold every search; so nothing is searched here that is large.

use quorate_models::catalog::ProtocolId;
use quorate_models::coverage::{Mark, collect};
use quorate_models::protocol::feature::pairs;
use quorate_models::protocol::{Profile, Protocol};
use quorate_models::raft::Raft;
use quorate_models::raft::ghost::Past;
use quorate_models::raft::server::Server;
use quorate_models::system::System;
use quorate_refinement::engine::{Hits, Limits, Options, Progress, explore, graph};
use quorate_refinement::evidence::pinned::{self, Pinned};
use stateright::Model;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

fn results() -> BTreeMap<String, Pinned> {
    pinned::all().expect("the results are readable")
}

/// Whether a complete search of this protocol, one that is repeated with every test, goes through a
/// row.
fn is_reached(protocol: ProtocolId, mark: &Mark) -> bool {
    let results = results();
    let entries = protocol.configurations_of(Profile::Usual);
    let mut complete = entries
        .map(|entry| pinned::of(&results, entry))
        .filter(|pinned| pinned.cut == 0);
    complete.any(|pinned| pinned.marks.iter().any(|name| name == mark.name))
}

#[test]
fn every_row_of_a_transition_table_is_reached_or_says_why_not() {
    for protocol in ProtocolId::ALL {
        for mark in protocol.facts().rows {
            match (is_reached(*protocol, mark), mark.unreached) {
                (true, None) | (false, Some(_)) => {}
                (true, Some(why)) => panic!("{} is reached, but says: {why}", mark.name),
                (false, None) => panic!("no complete configuration reaches {}", mark.name),
            }
        }
    }
}

#[test]
fn what_is_hit_is_a_row_of_the_table() {
    for (path, pinned) in results() {
        let mut protocols = ProtocolId::ALL.iter();
        let protocol = protocols.find(|it| path.starts_with(&format!("{}/", it.name())));
        let own = protocol.expect("a protocol").facts().rows;
        // A protocol without a table of its own is put together of others.
        let all = ProtocolId::ALL.iter().flat_map(|it| it.facts().rows);
        let rows: Vec<&Mark> = match own {
            [] => all.collect(),
            own => own.iter().collect(),
        };
        for name in pinned.marks {
            let known = rows.iter().filter(|mark| mark.name == name).count();
            assert!(known == 1 || own.is_empty() && 1 < known, "{path}: {name}");
        }
    }
}

#[test]
fn every_pair_of_a_feature_and_a_fault_is_searched_or_says_why_not() {
    for protocol in ProtocolId::ALL {
        let mut excused = 0;
        let usual = protocol.configurations_of(Profile::Usual);
        let usual: Vec<_> = usual.map(|entry| entry.facts).collect();
        for pair in pairs(protocol.facts(), &usual) {
            let (feature, column) = (pair.feature, pair.column.name());
            match (pair.combined.is_empty(), pair.whys.len()) {
                (false, 0) => {}
                (true, 1) => excused += 1,
                (false, _) => panic!(
                    "{feature} × {column} is searched, but says: {:?}",
                    pair.whys
                ),
                (true, 0) => panic!("no configuration combines {feature} × {column}"),
                (true, _) => panic!("{feature} × {column} has several reasons: {:?}", pair.whys),
            }
        }
        // No reason is for a feature that there is not.
        let reasons = protocol.facts().uncombined.iter();
        let reasons: usize = reasons.map(|it| it.features.len() * it.faults.len()).sum();
        assert_eq!(excused, reasons, "{}", protocol.name());
    }
}

fn system(name: &str) -> System<Server, Past> {
    let configuration = Raft::configuration(name);
    configuration.system(None)
}

/// Rows that only a dead message goes through are gone through in thought, and no other row is that
/// says why it is not reached.
#[test]
fn what_is_called_dead_is_reached_in_thought() {
    let mut in_thought = HashSet::new();
    for name in [
        "vote-counting",
        "pipelining",
        "production",
        "repeats",
        "pre-vote",
    ] {
        let limits = Limits {
            states: Some(400_000),
            ..Limits::default()
        };
        let options = Options {
            limits,
            ..Options::default()
        };
        let report = explore(&Arc::new(system(name)), &options, &Progress::default());
        let marks = report.coverage.marks.into_iter();
        in_thought.extend(
            marks
                .filter(|(_, hits)| !hits.happens())
                .map(|(name, _)| name),
        );
    }
    for mark in ProtocolId::Raft.facts().rows {
        if let Some(why) = mark.unreached {
            let is_dead = why.starts_with("dead: ");
            assert_eq!(
                in_thought.contains(mark.name),
                is_dead,
                "{}: {why}",
                mark.name
            );
        }
    }
}

/// Counts marks without the explorer: each step of each state is done once more.
fn counted(system: &Arc<System<Server, Past>>) -> BTreeMap<&'static str, Hits> {
    let graph = graph(system, &Options::default());
    assert_eq!(graph.report.unexpanded, Some(0));
    let mut marks: BTreeMap<&'static str, Hits> = BTreeMap::new();
    let mut idle = HashSet::new();
    for state in &graph.states {
        let mut actions = Vec::new();
        system.actions(state, &mut actions);
        for action in actions {
            let (next, hit) = collect(|| system.next_state(state, action.clone()));
            let is_idle = next.is_none() && {
                let actor = action.actor().map(usize::from);
                let local = actor.map(|actor| state.locals[actor].clone());
                idle.insert((actor, local, action))
            };
            for mark in hit {
                let hits = marks.entry(mark).or_default();
                hits.transitions += u64::from(next.is_some());
                hits.idle += u64::from(is_idle);
            }
        }
    }
    marks
}

#[test]
fn every_transition_counts_its_marks_and_every_idle_situation_once() {
    for name in ["vote-counting", "late-answers"] {
        let system = Arc::new(system(name));
        let found = explore(&system, &Options::default(), &Progress::default());
        let counted = counted(&system);
        assert!(counted.values().any(|hits| 0 < hits.idle), "{name}");
        let happened = found.coverage.marks.into_iter();
        let happened = happened.filter(|(_, hits)| hits.happens());
        let happened = happened.map(|(name, hits)| {
            let in_thought = 0;
            (name, Hits { in_thought, ..hits })
        });
        assert_eq!(happened.collect::<BTreeMap<_, _>>(), counted, "{name}");
    }
}
