//! The configurations with fast leader election in place of the oracle.

use super::{Configuration, usual};
use crate::protocol::Profile;
use crate::system::{Clock, Environment, Period, Restart, Stable, Timeouts};
use crate::zab::config::{Config, Election};
use crate::zab::message::Message;
use crate::zab::server::{Server, Timer};
use crate::zab::sessions::EVERY_NOTIFICATION;

/// Every configuration with an election.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        channels: EVERY_NOTIFICATION,
        config: || Config::new(2, Election::Fast),
        ..elected(
            "election",
            "two servers, and a session breaks; no notification takes the place of another",
            &["A Follower Comes Early"],
            || electing(2, 1, &["a"]),
        )
    },
    elected(
        "election-and-broadcast",
        "one election; of the notifications to a server the newest arrives",
        &["A Follower Comes Early", "Two Leaders of One Round"],
        || electing(3, 0, &["a"]),
    ),
    Configuration {
        profile: Profile::Deep,
        ..elected(
            "election-and-broadcast-deep",
            "as election-and-broadcast, and a session breaks, on one side first",
            &["Two Leaders Broadcast", "A Follower Joins"],
            || electing(3, 1, &["a"]),
        )
    },
    Configuration {
        profile: Profile::Deep,
        ..elected(
            "election-crash-deep",
            "as election-and-broadcast, and a server crashes",
            &["An Inherited Transaction Is Delivered"],
            || Environment {
                crashes: 1,
                restart: Restart::AtOnce,
                ..electing(3, 0, &["a"])
            },
        )
    },
    elected(
        "live-election",
        "an election before the good period, or in it",
        &["No Leader in the Good Period"],
        || live(electing(3, 0, &[]), Begins::Keeping),
    ),
    elected(
        "live-loss",
        "what is in flight when the good period begins is lost, and every session breaks, or none",
        &["No Leader in the Good Period"],
        || live(electing(3, 0, &[]), Begins::Losing),
    ),
    elected(
        "live-commit",
        "a client's transaction, before the good period or in it",
        &["A Settled Leader Holds a Transaction"],
        || live(electing(3, 0, &["a"]), Begins::Losing),
    ),
    elected(
        "live-steady",
        "as live-loss, with epochs and rounds renamed, so that elections without end are a cycle",
        &["No Leader in the Good Period"],
        || renamed(live(electing(3, 0, &[]), Begins::Losing)),
    ),
    elected(
        "live-crash",
        "a server crashes for good before the good period",
        &["No Leader in the Good Period"],
        || {
            renamed(Environment {
                crashes: 1,
                restart: Restart::Never,
                ..live(electing(3, 0, &[]), Begins::Keeping)
            })
        },
    ),
    Configuration {
        profile: Profile::Deep,
        ..elected(
            "live-give-up",
            "a session breaks on one side first, and then the good period begins",
            &["Histories Diverge in the Good Period"],
            || live(electing(3, 1, &["a"]), Begins::Keeping),
        )
    },
    Configuration {
        profile: Profile::Deep,
        ..elected(
            "live-crash-deep",
            "a server crashes before the good period, and another perhaps stays outside",
            &["A Settled Leader Holds a Transaction"],
            || Environment {
                crashes: 1,
                restart: Restart::Later,
                ..live(electing(3, 0, &["a"]), Begins::Keeping)
            },
        )
    },
];

pub(super) const fn elected(
    name: &'static str,
    about: &'static str,
    witnesses: &'static [&'static str],
    environment: fn() -> Environment<Server>,
) -> Configuration {
    Configuration {
        config: || Config::new(3, Election::Fast),
        ..usual(name, about, witnesses, environment)
    }
}

/// So many servers elect a leader; a wait for a better vote may end at any time, and so many times a
/// server gives up a session or its role. What is lost is a session, so no notification is told again.
fn electing(servers: usize, give_ups: u8, commands: &[&str]) -> Environment<Server> {
    let mut timeouts = vec![Timeouts::unlimited(Timer::Finalize, 0..servers)];
    if 0 < give_ups {
        timeouts.push(super::give_ups(servers, give_ups));
    }
    let commands = commands.iter();
    Environment {
        timeouts,
        requests: commands
            .map(|name| Message::Request((*name).into()))
            .collect(),
        ..Environment::default()
    }
}

/// How timers run in the good period. A tick is the time between two pings; a notification is told again
/// after as long.
pub(in crate::zab) const CLOCKS: [Clock<Timer>; 7] = [
    clock(Timer::Notify, 1, 1),
    clock(Timer::Finalize, 1, 1),
    clock(Timer::Ping, 1, 1),
    clock(Timer::GiveUp, 3, 4),
    clock(Timer::Drop(0), 3, 4),
    clock(Timer::Drop(1), 3, 4),
    clock(Timer::Drop(2), 3, 4),
];

const fn clock(timer: Timer, min: u8, max: u8) -> Clock<Timer> {
    Clock { timer, min, max }
}

/// The same, with epochs and rounds renamed in the good period.
fn renamed(mut environment: Environment<Server>) -> Environment<Server> {
    if let Some(period) = &mut environment.period {
        period.renames = true;
    }
    environment
}

/// How the good period begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// What is in flight stays there.
    Keeping,
    /// What is in flight stays there, or all of it is lost, and every session breaks at both ends.
    Losing,
}

/// The same, and any majority of three becomes good.
fn live(environment: Environment<Server>, begins: Begins) -> Environment<Server> {
    let majorities: [&[usize]; 4] = [&[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]];
    let majorities = majorities.map(|good| Stable::of(good.iter().copied()));
    let losing = majorities.clone().map(Stable::losing_all);
    let losing = losing.into_iter().filter(|_| begins == Begins::Losing);
    let begins = majorities.into_iter().chain(losing).collect();
    Environment {
        period: Some(Period::new(begins, &CLOCKS)),
        ..environment
    }
}
