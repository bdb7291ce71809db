//! Each part of a promise refuses something that its other parts allow, and each exception allows
//! something.

use super::Seat;
use super::promises::{
    commit_consistency, epochs_are_ordered, executes_what_is_delivered, history_consistency,
    holds_delivered, integrity, leader_completeness, log_matching, nothing_goes_back,
    primary_integrity, primary_uniqueness, snapshots_agree, total_order, zxids_ascend,
};
use crate::protocol::Protocol;
use crate::system::{Action, ActionOf, LocalOf, Move};
use crate::zab::Zab;
use crate::zab::ghost::{Past, Reign};
use crate::zab::history::{History, Snapshot};
use crate::zab::reads::Reads;
use crate::zab::server::{Server, Timer};
use crate::zab::state::{Epoch, LeaderPhase, Leadership, Persistent, Role, State, Txn, Zxid};
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::sync::Arc;

type Local = LocalOf<Server>;
/// The names of transactions: epoch and number.
type Names<'a> = &'a [(u32, u32)];

/// Whether each case is allowed is as it says.
fn judge<Case>(
    cases: impl IntoIterator<Item = (&'static str, Case, bool)>,
    allows: impl Fn(Case) -> bool,
) {
    for (name, case, allowed) in cases {
        assert_eq!(allows(case), allowed, "{name}");
    }
}

fn zxid((epoch, counter): (u32, u32)) -> Zxid {
    let epoch = Epoch(epoch);
    Zxid { epoch, counter }
}

fn txns(names: Names<'_>, command: &str) -> Vec<Txn> {
    let txn = |name: &(u32, u32)| Txn {
        zxid: zxid(*name),
        command: command.into(),
    };
    names.iter().map(txn).collect()
}

/// A history in which all transactions have this command.
fn history_of(names: Names<'_>, command: &str) -> History {
    let mut history = History::default();
    let txns = txns(names, command).into_iter();
    txns.for_each(|txn| history.append(txn));
    history
}

fn history(names: Names<'_>) -> History {
    history_of(names, "a")
}

/// The same, and a snapshot stands for the first one, which had this name.
fn behind(first: (u32, u32), state: &[u8], names: Names<'_>) -> History {
    let mut history = history(&[&[first], names].concat());
    history.compact(Snapshot {
        last: zxid(first),
        len: 1,
        state: Arc::new(state.to_vec()),
    });
    history
}

/// A record of promised and current epoch.
fn record(accepted: u32, current: u32, history: History) -> Persistent {
    Persistent {
        accepted_epoch: Epoch(accepted),
        current_epoch: Epoch(current),
        history,
    }
}

fn state(role: Role, persistent: Persistent, committed: (u32, u32)) -> State {
    State {
        persistent,
        committed: zxid(committed),
        role,
        poll: None,
    }
}

/// A leader of an epoch that it broadcasts in, or has only won.
fn leading(epoch: u32, broadcasts: bool) -> Role {
    let epoch = Epoch(epoch);
    Role::Leading(Leadership {
        leader: Id::from(0),
        phase: match broadcasts {
            true => LeaderPhase::Broadcast {
                epoch,
                acked: BTreeMap::new(),
                reads: Reads::default(),
            },
            false => LeaderPhase::Synchronization {
                epoch,
                accepted: [Id::from(0)].into(),
            },
        },
        followers: BTreeMap::new(),
    })
}

fn down(disk: Persistent) -> Local {
    let start = Zab::configuration("broadcast").system(None).start_state();
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

/// A past: transactions that were delivered, and the initial history of an epoch that 0 has won.
fn past(delivered: Names<'_>, (epoch, initial): (u32, Names<'_>)) -> Past {
    let reign = Reign {
        leader: Id::from(0),
        initial: initial.iter().map(|name| zxid(*name)).collect(),
        accepted: [Id::from(0)].into(),
    };
    Past {
        delivered: txns(delivered, "a"),
        reigns: [(Epoch(epoch), reign)].into(),
        requested: Vec::new(),
    }
}

#[test]
fn epochs_are_ordered_from_the_last_transaction_to_the_promise() {
    let cases = [
        ("transaction", record(2, 1, history(&[(2, 1)])), false),
        ("current", record(1, 2, history(&[(1, 1)])), false),
        ("snapshot", record(2, 1, behind((2, 1), b"s", &[])), false),
        ("equal", record(1, 1, history(&[(1, 1)])), true),
        ("ascending", record(3, 2, history(&[(1, 1)])), true),
    ];
    judge(cases, |record| epochs_are_ordered(&record));
}

#[test]
fn zxids_ascend_by_one_or_begin_an_epoch() {
    let cases = [
        ("a number is left out", history(&[(1, 1), (1, 3)]), false),
        ("a number comes again", history(&[(1, 1), (1, 1)]), false),
        ("an earlier epoch", history(&[(2, 1), (1, 1)]), false),
        ("not the first", history(&[(1, 1), (2, 2)]), false),
        ("not the first of all", history(&[(1, 2)]), false),
        ("after a snapshot", behind((1, 1), b"s", &[(1, 3)]), false),
        ("in an epoch", history(&[(1, 1), (1, 2), (3, 1)]), true),
        ("a snapshot", behind((1, 1), b"s", &[(1, 2)]), true),
    ];
    judge(cases, |history| zxids_ascend(&record(9, 9, history)));
}

#[test]
fn histories_match_up_to_each_common_name() {
    let cases = [
        (
            "another command",
            [history(&[(1, 1)]), history_of(&[(1, 1)], "b")],
            false,
        ),
        (
            "another place",
            [history(&[(1, 1), (2, 1)]), history(&[(2, 1)])],
            false,
        ),
        (
            "another before",
            [history(&[(1, 1), (3, 1)]), history(&[(2, 1), (3, 1)])],
            false,
        ),
        (
            "another place behind a snapshot",
            [behind((1, 1), b"s", &[(2, 1)]), history(&[(2, 1)])],
            false,
        ),
        (
            "branches",
            [history(&[(1, 1), (2, 1)]), history(&[(1, 1), (3, 1)])],
            true,
        ),
        (
            "a snapshot",
            [behind((1, 1), b"s", &[(2, 1)]), history(&[(1, 1), (2, 1)])],
            true,
        ),
    ];
    judge(cases, |[one, other]| {
        log_matching(&record(9, 9, one), &record(9, 9, other))
    });
}

#[test]
fn histories_of_one_epoch_continue_each_other_on_disk_and_in_memory() {
    let server = |memory: History, disk: History, epoch: u32| {
        let looking = state(Role::Looking, record(9, epoch, memory), (0, 0));
        up(looking, record(9, epoch, disk))
    };
    let (one, other) = (|| history(&[(1, 1)]), || history(&[(2, 1)]));
    let longer = || history(&[(1, 1), (2, 1)]);
    let cases = [
        (
            "disk",
            [server(one(), one(), 2), server(one(), other(), 2)],
            false,
        ),
        (
            "memory",
            [server(one(), one(), 2), server(other(), one(), 2)],
            false,
        ),
        (
            "not in memory, down",
            [server(one(), one(), 2), down(record(9, 2, other()))],
            false,
        ),
        (
            "other epochs",
            [server(one(), one(), 2), server(other(), other(), 3)],
            true,
        ),
        (
            "longer",
            [server(one(), one(), 2), server(longer(), longer(), 2)],
            true,
        ),
    ];
    judge(cases, |[one, other]| {
        let seat = |id: usize, local| Seat {
            id: id.into(),
            local,
        };
        history_consistency(seat(0, &one), seat(1, &other))
    });
}

#[test]
fn snapshots_of_the_same_transactions_are_the_same() {
    let long = || {
        let mut history = history(&[(0, 9), (1, 1)]);
        history.compact(Snapshot {
            last: zxid((1, 1)),
            len: 2,
            state: Arc::new(b"s".to_vec()),
        });
        history
    };
    let snapshot = |last, state: &[u8]| behind(last, state, &[]);
    let cases = [
        (
            "state",
            [snapshot((1, 1), b"s"), snapshot((1, 1), b"t")],
            false,
        ),
        ("how many", [snapshot((1, 1), b"s"), long()], false),
        (
            "others",
            [snapshot((1, 1), b"s"), snapshot((2, 1), b"t")],
            true,
        ),
        ("none", [history(&[]), history(&[])], true),
    ];
    judge(cases, |[one, other]| {
        snapshots_agree(&record(9, 9, one), &record(9, 9, other))
    });
}

#[test]
fn what_is_delivered_begins_what_all_deliver() {
    let delivered = past(&[(1, 1), (2, 1)], (1, &[]));
    let cases = [
        ("another", (history(&[(3, 1)]), (3, 1)), false),
        (
            "another command",
            (history_of(&[(1, 1)], "b"), (1, 1)),
            false,
        ),
        (
            "a snapshot of another",
            (behind((3, 1), b"s", &[]), (3, 1)),
            false,
        ),
        (
            "after a snapshot",
            (behind((1, 1), b"s", &[(3, 1)]), (3, 1)),
            false,
        ),
        ("not delivered", (history(&[(1, 1), (3, 1)]), (1, 1)), true),
        (
            "a snapshot",
            (behind((1, 1), b"s", &[(2, 1)]), (2, 1)),
            true,
        ),
    ];
    judge(cases, |(history, committed)| {
        total_order(
            &state(Role::Looking, record(9, 9, history), committed),
            &delivered,
        )
    });
    let cases = [
        ("less", history(&[(1, 1)]), false),
        ("another", history(&[(1, 1), (3, 1)]), false),
        ("all", history(&[(1, 1), (2, 1), (3, 1)]), true),
    ];
    judge(cases, |history| {
        holds_delivered(&record(9, 9, history), &delivered)
    });
}

/// A leader of epoch 2, that broadcasts in it or has only won it.
fn leader(broadcasts: bool, names: Names<'_>, committed: (u32, u32)) -> State {
    let record = record(2, 2, history(names));
    state(leading(2, broadcasts), record, committed)
}

#[test]
fn who_has_broadcast_had_delivered_what_was_delivered_before() {
    let delivered = past(&[(1, 1)], (2, &[(1, 1)]));
    let cases = [
        ("lacks it", leader(true, &[(2, 1)], (2, 1)), false),
        (
            "not delivered",
            leader(true, &[(1, 1), (2, 1)], (0, 0)),
            false,
        ),
        ("has not broadcast", leader(true, &[], (0, 0)), true),
        ("delivered", leader(true, &[(1, 1), (2, 1)], (1, 1)), true),
        (
            "a snapshot",
            state(
                leading(2, true),
                record(2, 2, behind((1, 1), b"s", &[(2, 1)])),
                (1, 1),
            ),
            true,
        ),
    ];
    judge(cases, |state| primary_integrity(&state, &delivered));
}

#[test]
fn who_broadcasts_has_delivered_what_was_delivered_before() {
    let delivered = past(&[(1, 1)], (2, &[(1, 1)]));
    let cases = [
        ("lacks it", leader(true, &[], (0, 0)), false),
        (
            "has not it delivered",
            leader(true, &[(1, 1)], (0, 0)),
            false,
        ),
        ("has only won", leader(false, &[(1, 1)], (0, 0)), true),
        ("delivered", leader(true, &[(1, 1)], (1, 1)), true),
    ];
    judge(cases, |state| leader_completeness(&state, &delivered));
}

#[test]
fn who_delivers_in_an_epoch_has_its_initial_history() {
    let delivered = past(&[(1, 1)], (2, &[(1, 1)]));
    let cases = [
        ("nothing of it", leader(true, &[(2, 1)], (2, 1)), false),
        ("not yet", leader(false, &[(2, 1)], (2, 1)), true),
        ("all of it", leader(true, &[(1, 1), (2, 1)], (2, 1)), true),
    ];
    judge(cases, |state| commit_consistency(&state, &delivered));
}

#[test]
fn an_epoch_is_won_by_one() {
    let won = |broadcasts| state(leading(2, broadcasts), record(2, 2, history(&[])), (0, 0));
    let cases = [
        ("another broadcasts", (1, won(true)), false),
        ("another has won", (1, won(false)), false),
        ("the same", (0, won(true)), true),
    ];
    let known = past(&[], (2, &[]));
    judge(cases, |(id, state)| {
        primary_uniqueness(Id::from(id), &state, &known)
    });
    assert!(!primary_uniqueness(
        Id::from(0),
        &won(true),
        &Past::default()
    ));
}

/// A server with these epochs, promised and accepted, in memory and on disk, and delivered up to here.
fn at([memory, disk]: [(u32, u32); 2], role: Role, committed: (u32, u32)) -> Local {
    let of = |(accepted, current)| record(accepted, current, history(&[(1, 1)]));
    up(state(role, of(memory), committed), of(disk))
}

fn goes_on(action: &ActionOf<Server>, [before, after]: [Local; 2]) -> bool {
    nothing_goes_back(&Move {
        id: Id::from(0),
        action,
        before: &before,
        after: &after,
    })
}

#[test]
fn no_epoch_goes_back_in_memory_and_on_disk() {
    let memory = |epochs| at([epochs, (2, 2)], leading(2, true), (0, 0));
    let disk = |epochs| at([(2, 2), epochs], leading(2, true), (0, 0));
    let cases = [
        ("promise, memory", [memory((2, 2)), memory((1, 2))], false),
        ("current, memory", [memory((2, 2)), memory((2, 1))], false),
        ("promise, disk", [disk((2, 2)), disk((1, 2))], false),
        ("current, disk", [disk((2, 2)), disk((2, 1))], false),
        ("ascending", [memory((2, 2)), memory((3, 3))], true),
    ];
    let fires = Action::Timeout(Id::from(0), Timer::GiveUp);
    judge(cases, |both| goes_on(&fires, both));
    let restart = Action::Restart {
        id: Id::from(0),
        kept: 0,
    };
    let cases = [
        ("disk", [disk((2, 2)), disk((2, 1))], false),
        ("memory", [memory((3, 3)), memory((2, 2))], true),
    ];
    judge(cases, |both| goes_on(&restart, both));
}

#[test]
fn what_is_delivered_goes_back_with_a_role_alone() {
    let leads = |committed| at([(2, 2); 2], leading(2, true), committed);
    let looks = || at([(2, 2); 2], Role::Looking, (0, 0));
    let cases = [
        ("in a role", [leads((1, 1)), leads((0, 0))], false),
        ("a role ends", [leads((1, 1)), looks()], true),
        ("ascending", [leads((0, 0)), leads((1, 1))], true),
    ];
    let fires = Action::Timeout(Id::from(0), Timer::GiveUp);
    judge(cases, |both| goes_on(&fires, both));
}

#[test]
fn what_is_delivered_was_requested_as_often() {
    let requested = Past {
        requested: vec!["a".into()],
        ..Past::default()
    };
    let delivers = |history, committed| state(Role::Looking, record(1, 1, history), committed);
    let cases = [
        ("never", delivers(history_of(&[(1, 1)], "b"), (1, 1)), false),
        ("twice", delivers(history(&[(1, 1), (1, 2)]), (1, 2)), false),
        ("once", delivers(history(&[(1, 1), (1, 2)]), (1, 1)), true),
    ];
    judge(cases, |state| integrity(&state, &requested));
}

#[test]
fn what_is_executed_is_what_all_deliver() {
    let delivered = past(&[(1, 1), (2, 1)], (1, &[]));
    let server = |history, committed| state(Role::Looking, record(9, 9, history), committed);
    let cases = [
        ("another", server(history_of(&[(1, 1)], "b"), (1, 1)), false),
        (
            "not by all",
            server(history(&[(1, 1), (2, 1), (3, 1)]), (3, 1)),
            false,
        ),
        ("all", server(history(&[(1, 1), (2, 1)]), (2, 1)), true),
        (
            "a snapshot",
            server(behind((1, 1), b"s", &[(2, 1)]), (2, 1)),
            true,
        ),
    ];
    judge(cases, |state| {
        executes_what_is_delivered(&state, &delivered)
    });
}
