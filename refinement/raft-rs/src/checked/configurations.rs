//! The finite systems that are searched. Their bounds are here, and nowhere else.

use super::{RaftCrate, Server};
use crate::node::Said;
use crate::raft_rs::{Request, Settings, Timer};
use quorate_models::protocol::{Configuration, MessageOf, Profile};
use quorate_models::system::{Channels, Environment, Restart, SecondOpinion, Timeouts, Writes};

/// The claims known to be violated in a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The claim.
    pub claim: &'static str,
    /// Steps of the shortest way there, after what is given.
    pub steps: usize,
}

const STALE: &str = "Linearizable Reads";

/// The claims known to be violated, by configuration. All others hold.
const FOUND: &[(&str, Found)] = &[
    (
        "asked-again",
        Found {
            claim: STALE,
            steps: 14,
        },
    ),
    (
        "duplicated",
        Found {
            claim: STALE,
            steps: 13,
        },
    ),
    (
        "lease",
        Found {
            claim: STALE,
            steps: 15,
        },
    ),
    (
        "asked-again-from-start",
        Found {
            claim: STALE,
            steps: 20,
        },
    ),
    (
        "duplicated-from-start",
        Found {
            claim: STALE,
            steps: 19,
        },
    ),
];

/// The claims known to be violated in the configuration of this name.
pub fn found(name: &str) -> Option<Found> {
    let mut found = FOUND.iter().filter(|(other, _)| *other == name);
    found.next().map(|(_, found)| *found)
}

/// Whether a configuration is searched only where its name is given, or all are.
pub fn is_large(configuration: &Configuration<RaftCrate>) -> bool {
    configuration.profile == Profile::Deep
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            servers: 3,
            check_quorum: false,
            pre_vote: false,
            tidy: true,
            left_out: None,
        }
    }
}

/// The requests of a client.
pub fn request(request: Request) -> MessageOf<RaftCrate> {
    Said::Client(request)
}

fn propose(data: &str) -> MessageOf<RaftCrate> {
    request(Request::Propose(data.to_owned()))
}

fn read(context: &str) -> MessageOf<RaftCrate> {
    request(Request::Read(context.to_owned()))
}

/// So many elections, each of any of these servers.
fn elections(of: impl IntoIterator<Item = usize>, times: u8) -> Timeouts<Server> {
    Timeouts::shared(Timer::Campaign, of, times)
}

/// The steps of an election of server 0 while nothing else happens, until its first entry is committed.
const ELECTED: &str = "\
timeout 0 Campaign
deliver 0->1 RequestVote
deliver 1->0 RequestVoteResponse
deliver 0->1 Append
deliver 0->2 Append
deliver 1->0 AppendResponse
";

/// The steps of an election of server 0 among five, until nothing is on its way.
const ELECTED_OF_FIVE: &str = "\
timeout 0 Campaign
deliver all within 0,1,2,3,4
";

/// The reads: `A` at server 1, perhaps again, and `B` at server 0; server 2 is elected at some time.
fn reads(requests: &[(&str, usize)]) -> Environment<Server> {
    Environment {
        timeouts: vec![elections([0], 1), elections([2], 1)],
        requests: requests.iter().map(|(context, _)| read(context)).collect(),
        takers: requests.iter().map(|(_, server)| vec![*server]).collect(),
        ..Environment::default()
    }
}

fn asked_once() -> Environment<Server> {
    reads(&[("A", 1), ("B", 0)])
}

fn asked_again() -> Environment<Server> {
    reads(&[("A", 1), ("A", 1), ("B", 0)])
}

fn duplicated() -> Environment<Server> {
    Environment {
        duplicates: 1,
        ..asked_once()
    }
}

fn lease() -> Environment<Server> {
    let mut environment = asked_again();
    let lapse = Timeouts::shared(Timer::Lapse, [1], 1);
    environment.timeouts.push(lapse);
    environment
}

fn quorum() -> Environment<Server> {
    Environment {
        timeouts: vec![
            elections([0], 1),
            elections([2], 1),
            Timeouts::shared(Timer::CheckQuorum, [0], 2),
            Timeouts::shared(Timer::Lapse, [1], 1),
        ],
        ..Environment::default()
    }
}

fn crash(of: &[usize], requests: Vec<MessageOf<RaftCrate>>, writes: Writes) -> Environment<Server> {
    Environment {
        timeouts: vec![elections(of.iter().copied(), 2)],
        requests,
        crashes: 1,
        restart: Restart::AtOnce,
        writes,
        ..Environment::default()
    }
}

fn elections_and(times: u8, requests: Vec<MessageOf<RaftCrate>>) -> Environment<Server> {
    Environment {
        timeouts: vec![elections(0..3, times)],
        requests,
        ..Environment::default()
    }
}

const USUAL: Configuration<RaftCrate> = Configuration {
    name: "elections",
    about: "two elections of any server",
    profile: Profile::Usual,
    witnesses: &["A Second Term Begins"],
    config: Settings::default,
    environment: || elections_and(2, vec![]),
    channels: Channels::once(),
    seed: None,
    second_opinion: SecondOpinion::Reduced,
};

const LARGE: Configuration<RaftCrate> = Configuration {
    profile: Profile::Deep,
    ..USUAL
};

/// The configurations, in the order in which they are searched.
pub fn configurations() -> Vec<Configuration<RaftCrate>> {
    [SAFETY, READS].concat()
}

const SAFETY: &[Configuration<RaftCrate>] = &[
    USUAL,
    Configuration {
        name: "command",
        about: "two elections of any server, and a command",
        witnesses: &["A Second Term Begins", "A Command Is Committed"],
        environment: || elections_and(2, vec![propose("x")]),
        ..USUAL
    },
    Configuration {
        name: "crash",
        about: "two elections of any server, and any crashes once; writes are durable at once",
        witnesses: &["A Server Starts Again"],
        environment: || crash(&[0, 1, 2], vec![], Writes::Atomic),
        ..USUAL
    },
    Configuration {
        name: "synced",
        about: "two elections of server 0, and any crashes once, also while a write is pending",
        witnesses: &["A Write Is Pending", "A Second Term Begins"],
        environment: || crash(&[0], vec![], Writes::Synced),
        ..USUAL
    },
    Configuration {
        name: "quorum",
        about: "with `check_quorum`: server 0 leads and asks twice whether it has a quorum; the lease of server 1 \
                lapses at some time, and server 2 is elected",
        config: || Settings {
            check_quorum: true,
            ..Settings::default()
        },
        environment: quorum,
        seed: Some(ELECTED),
        witnesses: &["A Leader Steps Down"],
        ..USUAL
    },
    Configuration {
        name: "three-elections",
        about: "three elections of any server, and a command",
        witnesses: &["A Second Term Begins", "A Command Is Committed"],
        environment: || elections_and(3, vec![propose("x")]),
        ..LARGE
    },
    Configuration {
        name: "crash-command",
        about: "two elections of any server, a command, and any crashes once",
        witnesses: &["A Server Starts Again", "A Command Is Committed"],
        environment: || crash(&[0, 1, 2], vec![propose("x")], Writes::Atomic),
        ..LARGE
    },
    Configuration {
        name: "synced-command",
        about: "as `synced`, with a command: a leader has two writes pending",
        witnesses: &["A Write Is Pending", "A Command Is Committed"],
        environment: || crash(&[0], vec![propose("x")], Writes::Synced),
        ..LARGE
    },
    Configuration {
        name: "untidy",
        about: "as `command`, and snapshots leave out nothing that can be read",
        witnesses: &["A Command Is Committed"],
        config: || Settings {
            tidy: false,
            ..Settings::default()
        },
        environment: || elections_and(2, vec![propose("x")]),
        ..LARGE
    },
    Configuration {
        name: "pre-vote",
        about: "two elections of any server, with `pre_vote`",
        witnesses: &["A Second Term Begins"],
        config: || Settings {
            pre_vote: true,
            ..Settings::default()
        },
        ..LARGE
    },
];

const READS: &[Configuration<RaftCrate>] = &[
    Configuration {
        name: "asked-once",
        about: "after an election of server 0: a read at server 1, one at server 0, an election of server 2",
        environment: asked_once,
        seed: Some(ELECTED),
        ..USUAL
    },
    Configuration {
        name: "asked-again",
        about: "the same, and the client of server 1 asks again",
        environment: asked_again,
        seed: Some(ELECTED),
        ..USUAL
    },
    Configuration {
        name: "duplicated",
        about: "as `asked-once`, and one message arrives twice",
        environment: duplicated,
        seed: Some(ELECTED),
        ..USUAL
    },
    Configuration {
        name: "lease",
        about: "as `asked-again`, with `check_quorum`; the lease of server 1 lapses at some time",
        config: || Settings {
            check_quorum: true,
            ..Settings::default()
        },
        environment: lease,
        seed: Some(ELECTED),
        ..USUAL
    },
    Configuration {
        name: "five",
        about: "after an election of server 0 among five: a read at it, and an election of server 1",
        config: || Settings {
            servers: 5,
            ..Settings::default()
        },
        environment: || Environment {
            timeouts: vec![elections([0], 1), elections([1], 1)],
            requests: vec![read("A")],
            takers: vec![vec![0]],
            ..Environment::default()
        },
        seed: Some(ELECTED_OF_FIVE),
        ..LARGE
    },
    Configuration {
        name: "asked-once-from-start",
        about: "as `asked-once`, and nothing is given",
        environment: asked_once,
        ..LARGE
    },
    Configuration {
        name: "asked-again-from-start",
        about: "as `asked-again`, and nothing is given",
        environment: asked_again,
        ..LARGE
    },
    Configuration {
        name: "duplicated-from-start",
        about: "as `duplicated`, and nothing is given",
        environment: duplicated,
        ..LARGE
    },
];
