//! Of Zab: three servers elect a leader; what is in flight when the good period begins is lost, or not;
//! epochs and rounds are renamed. Each row leaves out one assumption.

use super::{lasso, report};
use quorate_models::protocol::Protocol;
use quorate_models::system::{Assumption, Period, Stable, System};
use quorate_models::zab::ghost::Past;
use quorate_models::zab::server::Timer;
use quorate_models::zab::{Server, Zab};

/// A leader that is there again and again; one that settles.
const LEADER: &str = "A Leader Is Always Established";
const SETTLES: &str = "A Leader Settles";

/// The two claims of a configuration whose good period is changed.
fn lassos(change: impl Fn(&mut Period<Server>)) -> [Option<(usize, usize)>; 2] {
    let mut system: System<Server, Past> = Zab::configuration("live-steady").system(None);
    let claims = system.claims.iter();
    let claims = claims.filter(|claim| [LEADER, SETTLES].contains(&claim.name));
    system.claims = claims.cloned().collect();
    change(system.environment.period.as_mut().expect("it has one"));
    let report = report(system);
    [LEADER, SETTLES].map(|claim| lasso(&report, claim))
}

/// How long a timer runs.
fn runs(period: &mut Period<Server>, timers: &[Timer], min: u8, max: u8) {
    let clocks = period.clocks.iter_mut();
    for clock in clocks.filter(|clock| timers.contains(&clock.timer)) {
        (clock.min, clock.max) = (min, max);
    }
}

const PATIENCE: [Timer; 4] = [
    Timer::GiveUp,
    Timer::Drop(0),
    Timer::Drop(1),
    Timer::Drop(2),
];

#[test]
fn with_all_of_them_a_leader_settles() {
    assert_eq!(lassos(|_| ()), [None, None]);
}

#[test]
fn patience_as_short_as_a_ping_interval_gives_up_for_ever() {
    let found = lassos(|period| runs(period, &PATIENCE, 1, 2));
    assert_eq!(found, [Some((7, 24)), Some((15, 14))]);
}

#[test]
fn a_wait_for_votes_that_may_last_longer_than_patience_elects_nobody() {
    let found = lassos(|period| runs(period, &[Timer::Finalize], 1, 4));
    assert_eq!(found, [Some((22, 33)), Some((22, 33))]);
}

#[test]
fn timers_that_fire_while_messages_fly_change_no_verdict_among_two() {
    let found = lassos(|period| {
        period.begins = vec![Stable::of([0, 1])];
        period.without = &[Assumption::TimersWait];
    });
    assert_eq!(found, [None, None]);
}

#[test]
fn clocks_that_do_not_run_let_time_pass_for_ever() {
    let found = lassos(|period| period.without = &[Assumption::TimersRun]);
    assert_eq!(found, [Some((2, 1)), Some((2, 1))]);
}

#[test]
fn crashes_for_ever_are_missed_by_no_leader() {
    let found = lassos(|period| period.without = &[Assumption::NobodyCrashes]);
    assert_eq!(found, [Some((1, 1)), Some((1, 1))]);
}

#[test]
fn losses_for_ever_lose_every_vote() {
    let found = lassos(|period| period.without = &[Assumption::NothingIsLost]);
    assert_eq!(found, [Some((1, 5)), Some((1, 5))]);
}

#[test]
fn less_than_a_majority_looks_for_a_leader_for_ever() {
    let found = lassos(|period| period.begins = vec![Stable::of([0])]);
    assert_eq!(found, [Some((8, 2)), Some((8, 2))]);
}
