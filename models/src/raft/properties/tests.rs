//! Each part of a promise refuses something that its other parts allow, and each exception allows
//! something.

mod visible;

use super::promises::{
    commit_evidence, disk_is_memory, leader_completeness, match_is_true, nothing_goes_back,
    one_vote_per_term, terms_ascend,
};
use super::{A_LEADER_CAN_SETTLE, Seat};
use crate::protocol::Protocol;
use crate::quorum::Quorum;
use crate::raft::Raft;
use crate::raft::ghost::{Committed, Past};
use crate::raft::log::{Entry, Index, Log, Payload};
use crate::raft::server::{Server, Timer};
use crate::raft::state::{FollowerProgress, Leadership, Persistent, Role, State, Term, Transfer};
use crate::system::claim::{Check, InPeriod};
use crate::system::{Action, ActionOf, LocalOf, Move, Step};
use stateright::actor::Id;
use std::sync::Arc;

type Local = LocalOf<Server>;

/// Whether each case is allowed is as it says.
fn judge<Case>(
    cases: impl IntoIterator<Item = (&'static str, Case, bool)>,
    allows: impl Fn(Case) -> bool,
) {
    for (name, case, allowed) in cases {
        assert_eq!(allows(case), allowed, "{name}");
    }
}

fn log(terms: &[u64]) -> Log {
    let mut log = Log::default();
    for term in terms {
        log.append(Entry {
            term: Term(*term),
            payload: Payload::NoOp,
        });
    }
    log
}

/// A record of a term, with a vote and entries of these terms.
fn record(term: u64, vote: Option<usize>, terms: &[u64]) -> Persistent {
    Persistent {
        current_term: Term(term),
        voted_for: vote.map(Id::from),
        log: log(terms),
    }
}

fn follower(persistent: Persistent, commit: u64) -> State {
    State {
        persistent,
        commit_index: Index(commit),
        heard: false,
        role: Role::Follower { leader: None },
    }
}

/// A leader, 0 of two, who knows these of its own log and of the follower's: durable, match and next.
fn leader(persistent: Persistent, commit: u64, [durable, matched, next]: [u64; 3]) -> State {
    let progress = FollowerProgress {
        match_index: Index(matched),
        ..FollowerProgress::unknown(Index(next))
    };
    State {
        role: Role::Leader(Leadership {
            durable: Index(durable),
            heard: Vec::new(),
            followers: [(Id::from(1), progress)].into(),
            transfer: Transfer::Unasked,
        }),
        ..follower(persistent, commit)
    }
}

fn down(disk: Persistent) -> Local {
    let start = Raft::configuration("vote-counting")
        .system(None)
        .start_state();
    Local {
        state: None,
        crashed: true,
        storage: Some(disk),
        ..(*start.locals[0]).clone()
    }
}

fn up(memory: State, disk: Persistent) -> Local {
    Local {
        state: Some(Arc::new(memory)),
        crashed: false,
        ..down(disk)
    }
}

/// One whose disk is its memory.
fn whole(memory: State) -> Local {
    let disk = memory.persistent.clone();
    up(memory, disk)
}

const SERVER: usize = 0;

/// A step of a server from one to the other.
fn step(promise: fn(&Move<'_, Server>) -> bool, [before, after]: [&Local; 2]) -> bool {
    let action: ActionOf<Server> = match before.crashed {
        true => Action::Recover(Id::from(SERVER)),
        false => Action::Timeout(Id::from(SERVER), Timer::Election),
    };
    promise(&Move {
        id: Id::from(SERVER),
        action: &action,
        before,
        after,
    })
}

#[test]
fn one_vote_per_term_in_memory_and_on_disk() {
    let votes = |memory: Option<usize>, disk: Option<usize>, term| {
        up(
            follower(record(term, memory, &[]), 0),
            record(term, disk, &[]),
        )
    };
    let cases = [
        (
            "memory",
            [votes(Some(0), None, 1), votes(Some(1), None, 1)],
            false,
        ),
        (
            "disk",
            [votes(None, Some(0), 1), votes(None, Some(1), 1)],
            false,
        ),
        (
            "forgotten on disk",
            [votes(None, Some(0), 1), votes(None, None, 1)],
            false,
        ),
        (
            "first vote",
            [votes(None, None, 1), votes(Some(1), Some(1), 1)],
            true,
        ),
        (
            "next term",
            [votes(Some(0), Some(0), 1), votes(Some(1), Some(1), 2)],
            true,
        ),
    ];
    judge(cases, |[before, after]| {
        step(one_vote_per_term, [&before, &after])
    });
}

#[test]
fn a_match_is_on_the_disk_of_the_follower_and_what_is_durable_on_the_leaders() {
    let of = |known, own: &[u64], other: Persistent| {
        let leader = leader(record(2, None, &[1, 1]), 0, known);
        [up(leader, record(2, None, own)), down(other)]
    };
    let cases = [
        (
            "follower",
            of([0, 2, 3], &[1, 1], record(2, None, &[1])),
            false,
        ),
        ("leader", of([2, 0, 3], &[1], record(2, None, &[])), false),
        (
            "both are there",
            of([2, 1, 3], &[1, 1], record(2, None, &[1])),
            true,
        ),
        (
            "deposed",
            of([0, 2, 3], &[1, 1], record(3, None, &[1])),
            true,
        ),
        (
            "deposed, leader",
            of([2, 2, 3], &[1], record(3, None, &[1])),
            false,
        ),
    ];
    judge(cases, |[leader, follower]| {
        let seat = |id: usize, local| Seat {
            id: id.into(),
            local,
        };
        match_is_true(seat(0, &leader), seat(1, &follower))
    });
}

#[test]
fn disk_is_memory_in_each_field() {
    let memory = || follower(record(2, Some(0), &[1]), 0);
    let mut writing = up(memory(), record(1, None, &[]));
    writing.outbox.save(record(2, Some(0), &[1]));
    let cases = [
        ("term", up(memory(), record(1, Some(0), &[1])), false),
        ("vote", up(memory(), record(2, None, &[1])), false),
        ("log", up(memory(), record(2, Some(0), &[])), false),
        ("all the same", whole(memory()), true),
        ("a write is pending", writing, true),
        ("down", down(record(1, None, &[])), true),
    ];
    judge(cases, |local| disk_is_memory(&local));
}

#[test]
fn terms_ascend_on_disk_and_in_memory_up_to_the_current_one() {
    let of = |memory: Persistent, disk| up(follower(memory, 0), disk);
    let good = || record(2, None, &[1, 2]);
    let cases = [
        ("disk", of(good(), record(2, None, &[2, 1])), false),
        ("memory", of(record(2, None, &[2, 1]), good()), false),
        (
            "current term on disk",
            of(good(), record(1, None, &[1, 2])),
            false,
        ),
        (
            "current term in memory",
            of(record(1, None, &[1, 2]), good()),
            false,
        ),
        ("both ascend", of(good(), good()), true),
    ];
    judge(cases, |local| {
        terms_ascend(Seat {
            id: SERVER.into(),
            local: &local,
        })
    });
}

#[test]
fn terms_never_go_back() {
    let of = |memory, disk| {
        up(
            follower(record(memory, None, &[]), 0),
            record(disk, None, &[]),
        )
    };
    let cases = [
        ("disk", [of(2, 2), of(2, 1)], false),
        (
            "memory after a crash",
            [down(record(2, None, &[])), of(1, 2)],
            false,
        ),
        ("memory", [of(2, 1), of(1, 1)], false),
        ("all grow", [of(1, 1), of(2, 2)], true),
    ];
    judge(cases, |[before, after]| {
        step(nothing_goes_back, [&before, &after])
    });
}

#[test]
fn indices_never_go_back_and_stay_in_order() {
    let of = |term, commit, known| whole(leader(record(term, None, &[1, 1]), commit, known));
    let stays = |commit, known| [of(1, commit, known), of(1, commit, known)];
    let cases = [
        ("commit beyond the log", stays(3, [2, 1, 2]), false),
        ("match not below next", stays(0, [2, 1, 1]), false),
        ("match beyond the log", stays(0, [2, 3, 4]), false),
        ("commit", [of(1, 2, [2, 1, 2]), of(1, 1, [2, 1, 2])], false),
        ("durable", [of(1, 0, [2, 1, 2]), of(1, 0, [1, 1, 2])], false),
        ("match", [of(1, 0, [2, 1, 2]), of(1, 0, [2, 0, 2])], false),
        ("next may", [of(1, 0, [2, 1, 3]), of(1, 0, [2, 1, 2])], true),
        (
            "match in a new term",
            [of(1, 0, [2, 1, 2]), of(2, 0, [0, 0, 2])],
            true,
        ),
        ("all grow", [of(1, 0, [1, 0, 1]), of(1, 1, [2, 1, 3])], true),
    ];
    judge(cases, |[before, after]| {
        step(nothing_goes_back, [&before, &after])
    });
}

#[test]
fn a_leader_commits_an_entry_of_its_term_that_a_quorum_holds() {
    let of = |term, commit, disks: [&[u64]; 3]| {
        let leader = leader(record(term, None, &[1]), commit, [1, 1, 2]);
        let [own, others @ ..] = disks.map(|terms| record(term, None, terms));
        let others = others.map(|disk| Arc::new(down(disk)));
        let [one, other] = others;
        [Arc::new(up(leader, own)), one, other]
    };
    let cases = [
        ("an earlier term", of(2, 1, [&[1], &[1], &[1]]), false),
        ("one disk", of(1, 1, [&[1], &[], &[]]), false),
        ("no entry", of(1, 2, [&[1], &[1], &[1]]), false),
        ("two disks", of(1, 1, [&[1], &[], &[1]]), true),
    ];
    let (quorum, past) = (Quorum::majority(0..3), Past::default());
    judge(cases, |locals| {
        let action = Action::Timeout(Id::from(SERVER), Timer::Heartbeat);
        commit_evidence(&Step {
            moved: Move {
                id: Id::from(SERVER),
                action: &action,
                before: &locals[0],
                after: &locals[0],
            },
            before: &locals,
            after: &locals,
            quorum: &quorum,
            ghost_before: &past,
            ghost_after: &past,
        })
    });
}

#[test]
fn a_leader_of_any_later_term_holds_what_is_committed() {
    let leads = |term, terms: &[u64]| leader(record(term, None, terms), 0, [0, 0, 1]);
    let cases = [
        ("the next term", leads(2, &[]), false),
        ("a later term", leads(3, &[]), false),
        ("another entry", leads(2, &[2]), false),
        ("the same term", leads(1, &[]), true),
        ("it is there", leads(3, &[1]), true),
        ("no leader", follower(record(3, None, &[]), 0), true),
    ];
    let past = Past {
        committed: vec![Committed {
            term: Term(1),
            by: Term(1),
        }],
        ..Past::default()
    };
    judge(cases, |state| leader_completeness(&state, &past));
}

#[test]
fn a_settled_leader_is_followed_by_all_in_its_term() {
    let Check::InPeriod(InPeriod::Reach(is_settled)) = A_LEADER_CAN_SETTLE.check else {
        panic!("it is about what stays within reach");
    };
    let leads = || whole(leader(record(2, None, &[]), 0, [0, 0, 1]));
    let other = |term, role| {
        whole(State {
            role,
            ..follower(record(term, None, &[]), 0)
        })
    };
    let follows = |leader: Option<usize>| Role::Follower {
        leader: leader.map(Id::from),
    };
    let votes = Vec::new();
    let cases = [
        ("another term", [leads(), other(1, follows(Some(0)))], false),
        ("follows nobody", [leads(), other(2, follows(None))], false),
        (
            "follows another",
            [leads(), other(2, follows(Some(1)))],
            false,
        ),
        (
            "campaigns",
            [leads(), other(2, Role::Candidate { votes })],
            false,
        ),
        (
            "nobody leads",
            [other(2, follows(Some(1))), other(2, follows(Some(0)))],
            false,
        ),
        ("is followed", [leads(), other(2, follows(Some(0)))], true),
        ("is alone", [leads(), down(record(1, None, &[]))], true),
    ];
    judge(cases, |[one, other]| {
        is_settled(&[&one, &other], &Past::default())
    });
}
