//! The mappings of protocols to the machines.

use quorate_models::protocol::Protocol;
use quorate_models::raft::ghost::Past;
use quorate_models::raft::log::{EntryId, Index};
use quorate_models::raft::refinement::{ToTotalOrder, ToVoting};
use quorate_models::raft::state::Persistent;
use quorate_models::raft::{Raft, Server};
use quorate_models::spec::refines;
use quorate_models::system::claim::{Check, Claim};
use quorate_models::system::{GhostState, LocalOf, Move, Participant, Step, System};
use quorate_refinement::engine::{
    Limits, Options, Progress, Verdict, explore, shortest, stateright,
};
use std::sync::Arc;

/// How a leader comes to its term.
fn begins(moved: &Move<'_, Server>) -> bool {
    let leads = |local: &LocalOf<Server>| local.up().is_some_and(|it| it.is_leader());
    !leads(moved.before) && leads(moved.after)
}

/// The mapping that comes to mind first: a quorum has promised the term or a later one, and none of it
/// has more entries of earlier terms.
fn begins_before_everyone_in_later_terms(step: &Step<'_, Server, Past>) -> bool {
    let disk = |local: &LocalOf<Server>| local.storage.clone().unwrap_or_default();
    let leader = disk(step.moved.after);
    let term = leader.current_term;
    let earlier = |disk: &Persistent| {
        let entries = disk.log.entries_after(Index(0));
        let indices = (1..).map(Index);
        let all = entries.zip(indices).map(|(entry, index)| EntryId {
            term: entry.term,
            index,
        });
        all.take_while(|id| id.term < term)
            .last()
            .unwrap_or_default()
    };
    step.quorum.is_in(|id| {
        let disk = disk(&step.before[usize::from(id)]);
        term <= disk.current_term && earlier(&disk) <= earlier(&leader)
    })
}

/// The length of a shortest violation of a check; `None` if there is none.
pub fn length<A: Participant, G: GhostState>(
    system: System<A, G>,
    check: Check<A, G>,
) -> Option<usize> {
    length_within(system, check, Limits::default())
}

/// The same, where it is an error that the search ends early.
pub fn length_within<A: Participant, G: GhostState>(
    mut system: System<A, G>,
    check: Check<A, G>,
    limits: Limits,
) -> Option<usize> {
    system.claims = vec![Claim {
        name: "Sought",
        source: "ours",
        witness: None,
        check,
    }];
    let system = Arc::new(system);
    let found = shortest(&system, 0, limits);
    let trace = found.expect("nothing ends the search early")?;
    Some(trace.counterexample(&system).steps.len())
}

/// A voter goes on to a later term and takes over, from that term's leader, entries of an earlier term,
/// before its vote is counted. Its log does not tell that it accepted them in the later term.
#[test]
fn the_natural_mapping_to_voting_is_false() {
    for (name, steps) in [("replication", Some(13)), ("late-answers", Some(11))] {
        let natural = Check::Step {
            when: begins,
            holds: begins_before_everyone_in_later_terms,
        };
        let found = length(Raft::configuration(name).system(None), natural);
        assert_eq!(found, steps, "{name}");
    }
}

/// Mutants that voting finds in fewer steps than the property that is to kill them.
const SOONER: [(&str, usize); 8] = [
    ("commit-earlier-term", 12),
    ("amnesia", 6),
    ("vote-for-anyone", 6),
    ("longest-log-wins", 10),
    ("votes-counted-twice", 4),
    ("truncate-always", 6),
    ("stale-votes-count", 4),
    ("half-elects", 3),
];

#[test]
fn voting_finds_elections_without_evidence_sooner() {
    for (name, steps) in SOONER {
        let mutant = Raft::mutant(name);
        let home = Raft::configuration(mutant.facts.configuration);
        let found = length(home.system(Some(mutant)), refines::<ToVoting>());
        assert_eq!(found, Some(steps), "{name}");
        assert!(steps < mutant.facts.shortest.steps(), "{name}");
    }
}

#[test]
fn total_order_finds_what_is_learned_out_of_order() {
    for (name, steps) in [
        ("vote-for-anyone", 10),
        ("commit-unverified", 10),
        ("commit-goes-back", 12),
    ] {
        let mutant = Raft::mutant(name);
        let home = Raft::configuration(mutant.facts.configuration);
        let found = length(home.system(Some(mutant)), refines::<ToTotalOrder>());
        assert_eq!(found, Some(steps), "{name}");
    }
}

/// Stateright's checker asks the mapping itself, on every step; the explorer remembers.
#[test]
fn both_checkers_refute() {
    let mutant = Raft::mutant("votes-counted-twice");
    let home = Raft::configuration(mutant.facts.configuration);
    let mut system = home.system(Some(mutant));
    system.claims.retain(|claim| claim.name == "Refines Voting");
    // Where a mutant breaks the reduction, only the explorer searches again without it.
    system.is_dead = None;
    let system = Arc::new(system);
    let options = Options {
        stops_at_violation: true,
        ..Options::default()
    };
    let ours = explore(&system, &options, &Progress::default());
    let theirs = stateright::search(&system, &options, &Arc::default());
    for report in [ours, theirs] {
        assert_eq!(report.findings[0].verdict, Verdict::Violated);
    }
}
