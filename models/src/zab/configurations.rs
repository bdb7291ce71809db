//! The finite ensembles that are searched to the end. `results/zab.toml` holds what is found in each.
//!
//! No message is declared dead, so a search without reductions is the same search.

mod deep;
mod elected;
mod leave;
mod seeds;

pub(super) use elected::CLOCKS;

use super::Zab;
use super::config::{Config, Election};
use super::message::Message;
use super::server::{Server, Timer};
use crate::protocol;
use crate::system::{Environment, Restart, Timeouts, Writes};
use seeds::{ABANDONED, COMPACTED, DELIVERED, HELD, PROPOSED};
use std::ops::Range;
use std::sync::Arc;

/// A finite ensemble.
pub type Configuration = protocol::Configuration<Zab>;

const fn usual(
    name: &'static str,
    about: &'static str,
    witnesses: &'static [&'static str],
    environment: fn() -> Environment<Server>,
) -> Configuration {
    Configuration::usual(
        name,
        about,
        witnesses,
        || Config::new(3, Election::Oracle),
        environment,
    )
}

/// Every finite ensemble.
pub(super) fn configurations() -> Vec<Configuration> {
    [
        CONFIGURATIONS,
        elected::CONFIGURATIONS,
        leave::CONFIGURATIONS,
        deep::CONFIGURATIONS,
    ]
    .concat()
}

/// Those with an oracle in place of an election.
const CONFIGURATIONS: &[Configuration] = &[
    usual(
        "broadcast",
        "two transactions of one leader; a session breaks, on one side first; an oracle elects",
        &["A Follower Joins"],
        || environment(3, 0..3, 1, 1, &["a", "b"]),
    ),
    usual(
        "stale-leader",
        "two leaders, of which the first need not notice that it is one no longer; an oracle elects",
        &["Two Leaders Broadcast", "Two Leaders Offer an Epoch"],
        || environment(3, 0..3, 2, 1, &["a"]),
    ),
    usual(
        "epochs-two-lead",
        "two servers lead in three epochs; one comes back with a transaction that was skipped; \
         an oracle elects",
        &[
            "A Truncation Is in Flight",
            "An Epoch Is Offered Again",
            "An Inherited Transaction Is Delivered",
        ],
        || environment(3, 0..2, 3, 2, &["a"]),
    ),
    usual(
        "primary-order",
        "each of two leaders broadcasts; an oracle elects",
        &["A Later Transaction Is Delivered"],
        || environment(3, 0..3, 2, 1, &["a", "b"]),
    ),
    Configuration {
        config: || Config {
            txns_per_message: 1,
            ..Config::new(3, Election::Oracle)
        },
        ..usual(
            "sync-split",
            "as primary-order, and a history is handed over in messages of one transaction; an oracle elects",
            &["A Part of a History Is in Flight"],
            || environment(3, 0..3, 2, 1, &["a", "b"]),
        )
    },
    Configuration {
        config: || Config {
            forwards: true,
            ..Config::new(3, Election::Oracle)
        },
        ..usual(
            "forwarding",
            "a follower passes on what a client asks of it; a session breaks, on one side first; \
             an oracle elects",
            &["A Request Is Passed On"],
            || environment(3, 0..3, 1, 1, &["a"]),
        )
    },
    usual(
        "snapshot",
        "a server forgets a transaction for what it has come to; a session breaks, on one side first; \
         an oracle elects",
        &["A Snapshot Is in Flight"],
        || snapshots(environment(3, 0..2, 1, 1, &["a", "b"])),
    ),
    usual(
        "snapshot-epochs",
        "as snapshot, with one transaction in two epochs; an oracle elects",
        &["A Snapshot Is in Flight"],
        || snapshots(environment(3, 0..2, 2, 1, &["a"])),
    ),
    Configuration {
        config: || Config {
            bytes_per_message: 1,
            ..Config::new(3, Election::Oracle)
        },
        ..usual(
            "snapshot-parts",
            "a snapshot goes in two parts; a session breaks between them, on one side first; \
             an oracle elects",
            &["A Snapshot Is in Flight", "Two Servers Have a Snapshot"],
            || snapshots(environment(3, 0..2, 1, 1, &["a"])),
        )
    },
    usual(
        "snapshot-crash",
        "a server forgets a transaction for what it has come to, and one crashes; an oracle elects",
        &["A Snapshot Is in Flight"],
        || Environment {
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            ..snapshots(environment(3, 0..3, 2, 0, &["a"]))
        },
    ),
    Configuration {
        seed: Some(COMPACTED),
        ..usual(
            "snapshot-handover",
            "a snapshot of what two servers have delivered is handed over, and a server crashes; \
             an oracle elects",
            &["A Snapshot Is in Flight"],
            || Environment {
                crashes: 1,
                ..snapshots(environment(3, 0..3, 3, 1, &["a"]))
            },
        )
    },
    usual(
        "three-transactions",
        "each of two leaders broadcasts, and one of them twice; an oracle elects",
        &["A Later Transaction Is Delivered"],
        || environment(3, 0..3, 2, 1, &["a", "b", "c"]),
    ),
    Configuration {
        config: || Config {
            counter_max: 1,
            ..Config::new(3, Election::Oracle)
        },
        ..usual(
            "roll-over",
            "there is one number in each epoch, and a leader gives up where it needs another; \
             an oracle elects",
            &["A Later Transaction Is Delivered"],
            || environment(3, 0..3, 2, 0, &["a", "b", "c"]),
        )
    },
    Configuration {
        seed: Some(ABANDONED),
        ..usual(
            "abandoned-branch",
            "two servers each have a transaction of an epoch of their own, which the third lacks; \
             an oracle elects",
            &["A Truncation Is in Flight"],
            || environment(3, 0..3, 4, 6, &["a", "b", "c"]),
        )
    },
    Configuration {
        seed: Some(ABANDONED),
        ..usual(
            "abandoned-crash",
            "as abandoned-branch, and two servers lead, and one crashes; an oracle elects",
            &["A Truncation Is in Flight"],
            || Environment {
                crashes: 1,
                ..environment(3, 0..2, 4, 5, &["a", "b", "c"])
            },
        )
    },
    Configuration {
        config: || Config::new(4, Election::Oracle),
        ..usual(
            "four",
            "four servers, two of which lead: half of them are no quorum; an oracle elects",
            &["A Follower Joins"],
            || environment(4, 0..2, 2, 1, &["a"]),
        )
    },
    usual(
        "crash-two-lead",
        "two servers lead in three epochs; a server crashes, and another gives up; an oracle elects",
        &["An Inherited Transaction Is Delivered"],
        || Environment {
            crashes: 1,
            restart: Restart::Later,
            ..environment(3, 0..2, 3, 1, &["a"])
        },
    ),
    usual(
        "durability",
        "a server crashes between a write and the moment when it is durable; an oracle elects",
        &["A Write Is Pending"],
        || Environment {
            crashes: 1,
            writes: Writes::Synced,
            ..environment(3, 0..3, 2, 0, &["a"])
        },
    ),
    usual(
        "writes-two-lead",
        "two servers lead; one writes while an earlier write is not durable, and one crashes; \
         an oracle elects",
        &["A Write Is Pending"],
        || Environment {
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            ..environment(3, 0..2, 2, 0, &["a", "b"])
        },
    ),
    Configuration {
        seed: Some(DELIVERED),
        ..usual(
            "handover",
            "what two servers have delivered is handed over, and a server crashes meanwhile; \
             an oracle elects",
            &[
                "A Write Is Pending",
                "An Inherited Transaction Is Delivered",
            ],
            || Environment {
                crashes: 1,
                writes: Writes::Synced,
                ..environment(3, 0..3, 3, 2, &["a"])
            },
        )
    },
    Configuration {
        config: || Config::new(5, Election::Oracle),
        ..usual(
            "five",
            "five servers, one of which leads; an oracle elects",
            &["A Follower Joins"],
            || environment(5, 0..1, 1, 1, &["a"]),
        )
    },
    Configuration {
        config: || Config::new(5, Election::Oracle),
        seed: Some(PROPOSED),
        ..usual(
            "five-inherited",
            "a leader alone has what it has proposed, and leads again; an oracle elects",
            &["An Inherited Transaction Is Delivered"],
            || environment(5, 0..1, 2, 3, &["a"]),
        )
    },
    Configuration {
        config: || Config::new(5, Election::Oracle),
        seed: Some(HELD),
        ..usual(
            "five-held",
            "two of five servers have what another has won an epoch without; an oracle elects",
            &["An Inherited Transaction Is Delivered"],
            held,
        )
    },
];

/// After the first steps 0 leads once more, and so does 3; 2 gives one of them up.
fn held() -> Environment<Server> {
    let led = |leader, followers: [usize; 3]| {
        [
            Timeouts::shared(Timer::Lead, [leader], 2),
            Timeouts::shared(Timer::Follow(leader), followers, 4),
        ]
    };
    let leaves = [
        Timeouts::shared(Timer::GiveUp, [2], 2),
        Timeouts::shared(Timer::GiveUp, [0, 1, 3, 4], 5),
    ];
    Environment {
        timeouts: [led(0, [1, 2, 3]), led(3, [1, 2, 4]), leaves].concat(),
        requests: vec![Message::Request("a".into())],
        ..Environment::default()
    }
}

/// What happens: so many times a server begins to lead, and so many times a server gives up a session or
/// its role. A server that looks for a leader may follow any that may lead, at any time.
fn environment(
    servers: usize,
    leaders: Range<usize>,
    leads: u8,
    give_ups: u8,
    commands: &[&str],
) -> Environment<Server> {
    let follow = Timeouts {
        timers: leaders.clone().map(Timer::Follow).collect(),
        ..Timeouts::unlimited(Timer::GiveUp, 0..servers)
    };
    let commands = commands.iter();
    let mut timeouts = vec![Timeouts::shared(Timer::Lead, leaders, leads), follow];
    if 0 < give_ups {
        timeouts.push(self::give_ups(servers, give_ups));
    }
    Environment {
        timeouts,
        requests: commands
            .map(|name| Message::Request((*name).into()))
            .collect(),
        ..Environment::default()
    }
}

/// The same, and once a service says what its first transaction has come to.
fn snapshots(mut environment: Environment<Server>) -> Environment<Server> {
    environment.requests.push(Message::Compact {
        len: 1,
        state: Arc::new(b"st".to_vec()),
    });
    environment
}

/// So many times one of so many servers gives up a session or its role.
fn give_ups(servers: usize, times: u8) -> Timeouts<Server> {
    let drop = (0..servers).map(Timer::Drop);
    Timeouts {
        timers: drop.chain([Timer::GiveUp]).collect(),
        times: Some(times),
        ..Timeouts::unlimited(Timer::GiveUp, 0..servers)
    }
}

/// How many transactions clients ask for.
pub(super) fn transactions(environment: &Environment<Server>) -> usize {
    let requests = environment.requests.iter();
    let asks = |request: &&Message| matches!(request, Message::Request(_));
    requests.filter(asks).count()
}

/// Whether a service says what its transactions have come to.
pub(super) fn forgets(environment: &Environment<Server>) -> bool {
    let mut requests = environment.requests.iter();
    requests.any(|request| matches!(request, Message::Compact { .. }))
}

/// How many servers are told to stop.
pub(super) fn leaves(environment: &Environment<Server>) -> u8 {
    let requests = environment.requests.iter();
    requests.filter(|it| **it == Message::Leave).count() as u8
}

/// How many epochs there can be: with an oracle, as often as a server begins to lead; otherwise one, and
/// another one after each time that a server gives up, crashes or leaves.
pub(super) fn epochs(environment: &Environment<Server>) -> u8 {
    match times(environment, Timer::Lead) {
        0 => 1 + breaks(environment),
        leads => leads,
    }
}

/// How often a server gives up, crashes or leaves.
pub(super) fn breaks(environment: &Environment<Server>) -> u8 {
    times(environment, Timer::GiveUp) + environment.crashes + leaves(environment)
}

/// How often a timer fires.
fn times(environment: &Environment<Server>, timer: Timer) -> u8 {
    let pools = environment.timeouts.iter();
    let pools = pools.filter(|pool| pool.timers.contains(&timer));
    pools.filter_map(|pool| pool.times).sum()
}
