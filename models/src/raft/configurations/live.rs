//! The configurations with a good period.

use super::{CLOCKS, Configuration, Profile, commands, elections, servers};
use crate::raft::config::{Config, Refusals};
use crate::raft::message::Message;
use crate::raft::server::{Server, Timer};
use crate::system::{
    Channels, Environment, Period, Restart, SecondOpinion, Stable, Timeouts, Writes,
};

/// Every configuration with a good period.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        name: "live-election",
        about: "any server campaigns, again and again, and then no more than it must",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split in the Good Period"],
        config: stale,
        environment: || live([elections(0..3, 3)], &[], Begins::Keeping),
        ..LIVE
    },
    Configuration {
        name: "live-loss",
        about: "what is in flight when the good period begins is lost, or is not",
        profile: Profile::Usual,
        witnesses: &[
            "A Vote Is Split in the Good Period",
            "Logs Diverge in the Good Period",
            "An Old Term's Message in the Good Period",
        ],
        config: stale,
        environment: || live([elections(0..3, 2)], &[], Begins::Losing),
        ..LIVE
    },
    Configuration {
        name: "live-silence",
        about: "as live-loss, and no refusal is answered",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split in the Good Period"],
        environment: || live([elections(0..3, 2)], &[], Begins::Losing),
        ..LIVE
    },
    Configuration {
        name: "live-any-age",
        about: "as live-silence, with timers of any age when the good period begins",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split in the Good Period"],
        environment: || any_age(live([elections(0..3, 2)], &[], Begins::Losing)),
        ..LIVE
    },
    Configuration {
        name: "live-delay",
        about: "messages take up to a tick, and heartbeats overtake each other's answers",
        profile: Profile::Usual,
        witnesses: &[],
        config: stale,
        environment: || delayed(live([elections(0..3, 1)], &[], Begins::Keeping)),
        ..LIVE
    },
    Configuration {
        name: "live-commit",
        about: "a client's command, before the good period or in it",
        profile: Profile::Usual,
        witnesses: &["A Settled Leader Holds a Command"],
        environment: || live([elections(0..3, 2)], &["a"], Begins::Losing),
        ..LIVE
    },
    Configuration {
        name: "live-steady",
        about: "terms are renamed, so that elections without end are a cycle; no no-op",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split in the Good Period"],
        config: || Config {
            no_op: false,
            ..servers(3)
        },
        environment: || renamed(live([elections(0..3, 2)], &[], Begins::Losing)),
        ..LIVE
    },
    Configuration {
        name: "live-renamed",
        about: "as live-silence, with terms renamed",
        profile: Profile::Usual,
        witnesses: &["A Vote Is Split in the Good Period"],
        environment: || renamed(live([elections(0..3, 2)], &[], Begins::Losing)),
        ..LIVE
    },
    Configuration {
        name: "live-sync",
        about: "a crash, and writes that are synced apart",
        profile: Profile::Usual,
        witnesses: &[],
        environment: || Environment {
            crashes: 1,
            restart: Restart::AtOnce,
            writes: Writes::Synced,
            ..live([elections(0..3, 1)], &[], Begins::Keeping)
        },
        ..LIVE
    },
    Configuration {
        name: "live-window",
        about: "single entries in windows of two, of which some are lost",
        profile: Profile::Usual,
        witnesses: &["A Settled Leader Holds a Command"],
        config: || Config {
            entries_per_message: 1,
            window: 2,
            ..stale()
        },
        environment: || live([elections(0..3, 1)], &["a", "b"], Begins::Losing),
        ..LIVE
    },
    Configuration {
        name: "live-five",
        about: "five servers, all of which are good, or three",
        profile: Profile::Usual,
        witnesses: &[],
        config: || servers(5),
        environment: || Environment {
            timeouts: vec![elections(0..5, 1)],
            period: Some(Period::new(
                vec![
                    Stable::of(0..5),
                    Stable::of([0, 1, 2]),
                    Stable::of([2, 3, 4]),
                ],
                &CLOCKS,
            )),
            ..Environment::default()
        },
        ..LIVE
    },
    Configuration {
        name: "live-crash",
        about: "a command, a crash and losses before the good period",
        profile: Profile::Deep,
        witnesses: &["A Settled Leader Holds a Command"],
        config: stale,
        environment: || Environment {
            crashes: 1,
            restart: Restart::Later,
            ..live([elections(0..3, 2)], &["a"], Begins::Losing)
        },
        ..LIVE
    },
    Configuration {
        name: "live-election-crash",
        about: "as live-election, with a crash",
        profile: Profile::Deep,
        witnesses: &["A Vote Is Split in the Good Period"],
        config: stale,
        environment: || Environment {
            crashes: 1,
            restart: Restart::Later,
            ..live([elections(0..3, 3)], &[], Begins::Keeping)
        },
        ..LIVE
    },
];

/// The same, with terms renamed in the good period.
fn renamed(mut environment: Environment<Server>) -> Environment<Server> {
    if let Some(period) = &mut environment.period {
        period.renames = true;
    }
    environment
}

/// The same, with timers of any age when the good period begins.
fn any_age(mut environment: Environment<Server>) -> Environment<Server> {
    if let Some(period) = &mut environment.period {
        period.any_age = true;
    }
    environment
}

/// The same, with messages that take up to a tick, and election timers that are slower by one.
fn delayed(mut environment: Environment<Server>) -> Environment<Server> {
    if let Some(period) = &mut environment.period {
        period.delay = Some(may_fire_beside);
        let elections = period.clocks.iter_mut();
        for clock in elections.filter(|clock| clock.timer == Timer::Election) {
            (clock.min, clock.max) = (clock.min + 1, clock.max + 1);
        }
    }
    environment
}

/// An election timer fires only while no vote is asked for or given: elections are apart in time.
pub fn may_fire_beside(timer: &Timer, message: &Message) -> bool {
    let is_of_vote = matches!(
        message,
        Message::RequestVote(_) | Message::RequestVoteResponse(_)
    );
    *timer != Timer::Election || !is_of_vote
}

/// The part that the configurations have in common.
const LIVE: Configuration = Configuration {
    name: "",
    about: "",
    profile: Profile::Usual,
    witnesses: &[],
    config: || servers(3),
    environment: Environment::default,
    channels: Channels::once(),
    seed: None,
    second_opinion: SecondOpinion::Reduced,
};

/// Three servers that answer requests of old terms.
fn stale() -> Config {
    Config {
        refusals: Refusals::StaleTerm,
        ..servers(3)
    }
}

/// How the good period begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// Messages in flight stay there.
    Keeping,
    /// Messages in flight stay there, or all of them are lost.
    Losing,
}

/// Three servers, of which any majority becomes good.
fn live<const POOLS: usize>(
    timeouts: [Timeouts<Server>; POOLS],
    requests: &[&str],
    begins: Begins,
) -> Environment<Server> {
    let majorities: [&[usize]; 4] = [&[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]];
    let majorities = majorities.map(|good| Stable::of(good.iter().copied()));
    let losing = majorities.clone().map(Stable::losing_all);
    let losing = losing.into_iter().filter(|_| begins == Begins::Losing);
    Environment {
        timeouts: timeouts.to_vec(),
        requests: commands(requests),
        period: Some(Period::new(
            majorities.into_iter().chain(losing).collect(),
            &CLOCKS,
        )),
        ..Environment::default()
    }
}
