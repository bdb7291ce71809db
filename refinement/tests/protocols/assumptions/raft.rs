//! The reason for each assumption about the good period: the run of Raft that appears without it.
//!
//! Three servers, two election timeouts before the good period, answers to requests of old terms, no
//! no-op (so that logs do not grow), terms renamed. Each row leaves out one assumption.

use super::{lasso, report};
use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::config::{Config, Refusals};
use quorate_models::raft::configurations::may_fire_beside;
use quorate_models::raft::ghost::Past;
use quorate_models::raft::server::{Server, Timer};
use quorate_models::system::{
    Assumption, Channels, Clock, Environment, Period, Stable, System, Timeouts,
};

/// The assumption that is left out.
struct Row {
    without: &'static [Assumption],
    /// The minimum and the maximum of an election timer.
    election: (u8, u8),
    good: &'static [&'static [usize]],
    refusals: Refusals,
    /// Whether messages take up to a tick.
    delay: bool,
    /// Election timeouts before the good period.
    elections: u8,
}

const MAJORITIES: &[&[usize]] = &[&[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]];

/// Nothing.
const ALL: Row = Row {
    without: &[],
    election: (2, 3),
    good: MAJORITIES,
    refusals: Refusals::StaleTerm,
    delay: false,
    elections: 2,
};

/// A leader that is there again and again; one that settles.
const LEADER: &str = "A Leader Is Always Elected";
const SETTLES: &str = "A Leader Settles";

fn system(row: &Row) -> System<Server, Past> {
    let config = Config {
        no_op: false,
        refusals: row.refusals,
        entries_per_message: usize::MAX,
        bytes_per_message: usize::MAX,
        window: 1,
        pre_vote: false,
        check_quorum: false,
        ..Config::production(3)
    };
    let (min, max) = row.election;
    let clock = |timer, min, max| Clock { timer, min, max };
    let clocks = [
        clock(Timer::Heartbeat, 1, 1),
        clock(Timer::Election, min, max),
    ];
    let begins = row.good.iter().map(|good| Stable::of(good.iter().copied()));
    let environment = Environment {
        timeouts: vec![Timeouts::shared(Timer::Election, 0..3, row.elections)],
        period: Some(Period {
            renames: true,
            without: row.without,
            delay: row.delay.then_some(may_fire_beside),
            ..Period::new(begins.collect(), &clocks)
        }),
        ..Environment::default()
    };
    let actors = Raft::actors(&config, &Default::default());
    let mut system = System::new(actors, Channels::once(), environment, Past::default());
    let claims = Raft::CLAIMS.iter();
    let claims = claims.filter(|claim| [LEADER, SETTLES].contains(&claim.name));
    system.claims = claims.cloned().collect();
    system.rename = Raft::RENAME;
    system
}

/// Of the two claims.
fn lassos(row: &Row) -> [Option<(usize, usize)>; 2] {
    let report = report(system(row));
    assert_eq!(report.stopped, None);
    [LEADER, SETTLES].map(|claim| lasso(&report, claim))
}

/// Of the first claim.
fn no_leader(row: &Row) -> Option<(usize, usize)> {
    lasso(&report(system(row)), LEADER)
}

/// The same, and messages take up to a tick. Less happens before, so that the graph is small.
const DELAYED: Row = Row {
    good: &[&[0, 1, 2]],
    election: (3, 4),
    delay: true,
    elections: 1,
    refusals: Refusals::Silent,
    ..ALL
};

#[test]
fn with_all_of_them_a_leader_settles() {
    assert_eq!(lassos(&ALL), [None, None]);
}

#[test]
fn an_election_timer_as_short_as_a_heartbeat_deposes_the_leader_for_ever() {
    let row = Row {
        election: (1, 2),
        ..ALL
    };
    assert_eq!(lassos(&row), [None, Some((3, 12))]);
}

#[test]
fn timers_that_fire_while_messages_fly_make_duels() {
    let row = Row {
        without: &[Assumption::TimersWait],
        ..ALL
    };
    assert_eq!(no_leader(&row), Some((3, 6)));
}

#[test]
fn clocks_that_do_not_run_let_time_pass_for_ever() {
    let row = Row {
        without: &[Assumption::TimersRun],
        ..ALL
    };
    assert_eq!(no_leader(&row), Some((4, 1)));
}

/// This one is there for size alone.
#[test]
fn ticks_that_pass_while_messages_fly_change_no_verdict() {
    let row = Row {
        without: &[Assumption::TicksWait],
        ..ALL
    };
    assert_eq!(lassos(&row), [None, None]);
    let [all, without] = [&ALL, &row].map(|row| report(system(row)).states);
    assert!(4 * all < without, "{all} {without}");
}

#[test]
fn crashes_for_ever_are_missed_by_no_leader() {
    let row = Row {
        without: &[Assumption::NobodyCrashes],
        ..ALL
    };
    assert_eq!(no_leader(&row), Some((1, 1)));
}

#[test]
fn losses_for_ever_lose_every_vote() {
    let row = Row {
        without: &[Assumption::NothingIsLost],
        ..ALL
    };
    assert_eq!(no_leader(&row), Some((3, 5)));
}

#[test]
fn less_than_a_majority_campaigns_alone() {
    let row = Row {
        good: &[&[0]],
        ..ALL
    };
    assert_eq!(no_leader(&row), Some((2, 3)));
}

#[test]
fn messages_that_change_nothing_and_stay_keep_time_from_passing() {
    let row = Row {
        without: &[Assumption::NoOpsVanish],
        ..ALL
    };
    assert_eq!(no_leader(&row), Some((3, 0)));
}

#[test]
fn with_all_of_them_a_leader_settles_though_messages_take_up_to_a_tick() {
    assert_eq!(lassos(&DELAYED), [None, None]);
}

#[test]
fn messages_that_take_a_tick_make_duels_where_election_timers_fire_beside_votes() {
    let row = Row {
        without: &[Assumption::TimersWait],
        ..DELAYED
    };
    assert_eq!(no_leader(&row), Some((7, 12)));
}

#[test]
fn messages_that_take_a_tick_need_an_election_timer_that_is_longer_by_one() {
    let row = Row {
        election: (2, 3),
        ..DELAYED
    };
    assert_eq!(lassos(&row), [None, Some((4, 18))]);
}
