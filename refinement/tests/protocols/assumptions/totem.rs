//! Of Totem: each test leaves out one assumption, or lets a timer run for longer or shorter. Rings are
//! renamed.

use super::{lasso, report};
use quorate_models::protocol::Protocol;
use quorate_models::system::claim::{Check, Claim};
use quorate_models::system::{Action, ActionOf, Assumption, LocalOf, Move, Period, Stable, System};
use quorate_models::totem::ghost::Past;
use quorate_models::totem::processor::Timer;
use quorate_models::totem::{Processor, Totem};
use quorate_refinement::engine::{Limits, Verdict, shortest};
use std::sync::Arc;

const ONE_RING: &str = "One Ring Settles";

/// A configuration with one claim, in which rings are renamed.
fn system(configuration: &str) -> System<Processor, Past> {
    let mut system = Totem::configuration(configuration).system(None);
    system.claims.retain(|claim| claim.name == ONE_RING);
    (system.rename, system.is_dead) = (Totem::RENAME, None);
    period(&mut system).renames = true;
    system
}

fn period(system: &mut System<Processor, Past>) -> &mut Period<Processor> {
    system.environment.period.as_mut().expect("it has one")
}

/// The finding in a configuration whose good period is changed.
fn found(configuration: &str, change: impl Fn(&mut Period<Processor>)) -> Option<(usize, usize)> {
    let mut system = system(configuration);
    change(period(&mut system));
    lasso(&report(system), ONE_RING)
}

/// How long a timer runs.
fn runs(period: &mut Period<Processor>, timer: Timer, min: u8, max: u8) {
    let mut clocks = period.clocks.iter_mut();
    let clock = clocks.find(|clock| clock.timer == timer);
    let clock = clock.expect("it has a clock");
    (clock.min, clock.max) = (min, max);
}

#[test]
fn with_all_of_them_one_ring_settles() {
    for configuration in [
        "live-two",
        "live-three",
        "live-joins-first",
        "live-late-joins",
    ] {
        assert_eq!(found(configuration, |_| ()), None, "{configuration}");
    }
}

/// A message that is missing is asked for again and again, and never arrives.
#[test]
fn tokens_that_overtake_messages_go_round_for_ever() {
    let found = found("live-two", |period| period.last = None);
    assert_eq!(found, Some((15, 2)));
}

#[test]
fn a_hold_as_long_as_a_loss_ends_every_ring() {
    let found = found("live-two", |period| runs(period, Timer::Hold, 2, 2));
    assert_eq!(found, Some((4, 19)));
}

/// A processor in Commit hears nobody until it has given up waiting for the token.
#[test]
fn who_waits_for_consensus_no_longer_than_for_a_token_gives_up_others_for_ever() {
    let found = found("live-three", |period| {
        runs(period, Timer::Consensus, 3, 4);
    });
    assert_eq!(found, Some((41, 72)));
}

/// A ring settles after more rings, if one does not wait for the other's next Join, which comes a tick later.
#[test]
fn who_waits_for_consensus_not_as_long_as_for_a_token_and_a_join_forms_more_rings() {
    let waits = |period: &mut Period<Processor>| runs(period, Timer::Consensus, 4, 5);
    for configuration in ["live-three", "live-joins-first"] {
        assert_eq!(found(configuration, waits), None, "{configuration}");
    }
    let mut system = Totem::configuration("live-deaf").system(None);
    let claims = &mut system.claims;
    claims.retain(|claim| claim.name == "At Most Seven Rings");
    waits(period(&mut system));
    let report = report(system);
    let way = report.findings[0].counterexample.as_ref();
    assert_eq!(way.map(|way| way.steps.len()), Some(134));
}

#[test]
fn clocks_that_do_not_run_let_time_pass_for_ever() {
    let found = found("live-two", |period| {
        period.without = &[Assumption::TimersRun];
    });
    assert_eq!(found, Some((3, 1)));
}

#[test]
fn losses_for_ever_lose_every_token() {
    let found = found("live-two", |period| {
        period.without = &[Assumption::NothingIsLost];
    });
    assert_eq!(found, Some((4, 7)));
}

/// The livelock of late Joins, without any timer: 0 and 1 have excluded each other, and call 2 from one ring
/// into the next. Of a sender's Joins the newest arrives alone, so that the run is short.
#[test]
fn joins_that_come_after_the_ring_to_which_they_have_led_form_rings_for_ever() {
    let late = |waits: bool| {
        let mut system = system("live-joins-first");
        let period = period(&mut system);
        period.begins = vec![Stable::of([0, 1, 2])];
        if !waits {
            period.last = None;
        }
        lasso(&report(system), ONE_RING)
    };
    assert_eq!(late(true), None);
    assert_eq!(late(false), Some((31, 34)));
}

/// The run shows as a witness where Joins arrive last. Tokens of one kind that come after them exclude it: a
/// Join comes, if ever, before the ring is installed to which it has led.
#[test]
fn one_kind_of_token_that_comes_after_joins_excludes_the_livelock() {
    let shown = |configuration: &str| {
        let mut system = Totem::configuration(configuration).system(None);
        let claims = Totem::CLAIMS.iter();
        let claims = claims.filter(|claim| claim.name == "A Livelock without One Ring");
        system.claims = claims.cloned().collect();
        let found = shortest(&Arc::new(system), 0, Limits::default());
        found.expect("the search is complete")
    };
    let is_delivery =
        |action: &ActionOf<Processor>| matches!(action, Action::Deliver(_) | Action::Discard(_));
    for configuration in ["livelock-before", "livelock"] {
        let way = shown(configuration).expect("it is seen");
        let start = way.loop_start.expect("it has no end");
        assert_eq!((start, way.actions.len() - start), (33, 36));
        assert!(way.actions[start..].iter().all(is_delivery));
    }
    for configuration in ["live-joins-before-commit", "live-joins-before-token"] {
        assert!(shown(configuration).is_none(), "{configuration}");
    }
}

/// A processor that nobody knows, and that sends Joins, ends the ring of others: no ring settles beside it.
#[test]
fn a_stranger_ends_a_ring_that_has_settled() {
    let mut system = Totem::configuration("merge").system(None);
    let ends = |moved: &Move<'_, Processor>| {
        let is_settled = |local: &LocalOf<Processor>| {
            let ring = local.up().filter(|state| state.is_operational());
            ring.is_some_and(|state| state.installed.ring.members.len() == 2)
        };
        !is_settled(moved.before) || is_settled(moved.after)
    };
    system.claims = vec![Claim::new(
        "A Settled Ring Stays",
        "false by design",
        "A Ring Has Members",
        Check::Move(ends),
    )];
    let report = report(system);
    assert_eq!(report.findings[0].verdict, Verdict::Violated);
}
