//! Which kinds of faults a system has follows from its environment and its network. Its bounds have
//! units.

use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::raft::ghost::Past;
use quorate_models::raft::server::{Server, Timer};
use quorate_models::system::{Channels, Environment, Fault, Restart, System, Timeouts, Writes};

fn system(budgets: Environment<Server>) -> System<Server, Past> {
    let mut system = Raft::configuration("election").system(None);
    system.environment = budgets;
    system
}

fn faults(budgets: Environment<Server>) -> Vec<Fault> {
    system(budgets).faults()
}

#[test]
fn messages_are_lost_and_repeated_by_budget() {
    assert_eq!(faults(Environment::default()), []);
    let losses = Environment {
        losses: 1,
        ..Environment::default()
    };
    assert_eq!(faults(losses), [Fault::Loss]);
    let duplicates = Environment {
        duplicates: 1,
        ..Environment::default()
    };
    assert_eq!(faults(duplicates), [Fault::Repeats]);
}

#[test]
fn down_time_and_lost_writes_need_a_crash() {
    use Fault::{Crash, DownTime, LostWrite};
    for (crashes, restart, writes, expected) in [
        (1, Restart::AtOnce, Writes::Atomic, vec![Crash]),
        (1, Restart::Later, Writes::Atomic, vec![Crash, DownTime]),
        (1, Restart::AtOnce, Writes::Synced, vec![Crash, LostWrite]),
        (0, Restart::Later, Writes::Synced, vec![]),
    ] {
        let budgets = Environment {
            crashes,
            restart,
            writes,
            ..Environment::default()
        };
        assert_eq!(faults(budgets), expected);
    }
}

#[test]
fn participants_contend_where_the_same_timer_fires_at_several() {
    let election = |of: usize, times| Timeouts::shared(Timer::Election, [of], times);
    let heartbeat = Timeouts::shared(Timer::Heartbeat, [1], 1);
    for (timeouts, contend) in [
        (vec![election(0, 2)], false),
        (vec![election(0, 2), heartbeat], false),
        (vec![election(0, 2), election(1, 0)], false),
        (vec![election(0, 1), election(1, 1)], true),
        (vec![Timeouts::unlimited(Timer::Election, 0..2)], true),
    ] {
        let budgets = Environment {
            timeouts,
            ..Environment::default()
        };
        assert_eq!(system(budgets).has_contention(), contend);
    }
}

#[test]
fn a_network_that_never_forgets_repeats() {
    for (channels, repeats) in [
        (Channels::once(), false),
        (Channels::multiset(), false),
        (Channels::for_ever(), true),
        (Channels::duplicating(), true),
    ] {
        let mut system = Raft::configuration("election").system(None);
        system.channels = channels;
        assert_eq!(system.faults().contains(&Fault::Repeats), repeats);
    }
}

#[test]
fn stateright_s_environment_has_what_it_allows() {
    use Fault::{Crash, DownTime, Loss};
    for (lossy, max_crashes, expected) in [
        (false, 0, vec![]),
        (true, 0, vec![Loss]),
        (false, 1, vec![Crash, DownTime]),
    ] {
        let mut system = Raft::configuration("election").system(None);
        system.environment = Environment::stateright(lossy, max_crashes);
        assert_eq!(system.faults(), expected);
        assert!(system.has_contention());
    }
}

#[test]
fn bounds_are_counted_with_units() {
    use Timer::{Election, Heartbeat};
    let environment = Environment::<Server> {
        timeouts: vec![
            Timeouts::shared(Election, 0..3, 5),
            Timeouts::shared(Heartbeat, [1], 1).and(Election),
            Timeouts::unlimited(Election, [0, 2]).when(|_| true),
        ],
        crashes: 1,
        restart: Restart::Later,
        losses: 2,
        writes: Writes::Synced,
        ..Environment::default()
    };
    assert_eq!(
        environment.to_string(),
        "at most 5 election timeouts of actors 0-2; \
         at most 1 heartbeat or election timeout of actor 1; \
         any election timeouts of actors 0, 2 in some states; \
         1 crash; 2 losses; crash and restart apart; fsync apart"
    );
    assert_eq!(
        Environment::<Server>::stateright(true, 1).to_string(),
        "crash and restart apart; any timeouts; any losses; at most 1 down at a time"
    );
}
