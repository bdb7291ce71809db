//! The finite clusters that are searched to the end.
//!
//! A configuration is named for what it covers. Its size comes from its budgets alone; nothing is
//! cut. `results.toml` holds what is found in each.

use super::config::{Config, Refusals};
use super::dead::is_dead;
use super::history::{History, ghost};
use super::message::Message;
use super::mutants::Mutant;
use super::properties::claims;
use super::rules::Rules;
use super::server::{Server, Timer};
use crate::script;
use crate::system::{Budgets, Environment, Network, Restart, System, Timeouts, Writes};

/// A finite cluster.
#[derive(Clone, Copy)]
pub struct Configuration {
    /// Its name, for what it covers.
    pub name: &'static str,
    /// What happens in it, in a sentence.
    pub about: &'static str,
    /// The claims that are made, each with its witness.
    pub claims: &'static [&'static str],
    /// Further witnesses, that it covers what it is named for.
    pub witnesses: &'static [&'static str],
    /// Features of the servers.
    pub config: fn() -> Config,
    /// What goes wrong.
    pub budgets: fn() -> Budgets<Server>,
    /// The kind of network.
    pub network: fn() -> Network<Message>,
    /// What happens before the search starts, as the verbs of a [script]. Its faults and timeouts
    /// are spent.
    pub seed: Option<&'static str>,
}

impl Configuration {
    /// The cluster, with one rule exchanged if a mutant is given.
    ///
    /// # Panics
    ///
    /// If the seed is not possible. A seed names only messages that are delivered, in words that
    /// fit no dead message, so that it is possible with and without those.
    pub fn system(&self, mutant: Option<&Mutant>) -> System<Server, History> {
        let mut rules = Rules::default();
        if let Some(mutant) = mutant {
            (mutant.mutate)(&mut rules);
        }
        let config = (self.config)();
        let servers = (0..config.servers)
            .map(|_| Server {
                config: config.clone(),
                rules,
            })
            .collect();
        let environment = Environment::Budgets((self.budgets)());
        let mut system = System::new(servers, (self.network)(), environment, History::default());
        system.ghost = ghost();
        system.stated = claims([self.claims, self.witnesses].concat());
        system.is_dead = Some(is_dead);
        if let Some(seed) = self.seed {
            system.start = script::actions(&system, seed)
                .unwrap_or_else(|error| panic!("the seed of {}, {error}", self.name));
        }
        system
    }
}

/// Servers of a checked cluster: one message with everything, then wait for its answer.
fn servers(servers: usize) -> Config {
    Config {
        servers,
        no_op: true,
        refusals: Refusals::Silent,
        entries_per_message: usize::MAX,
        bytes_per_message: usize::MAX,
        window: 1,
        timing: Default::default(),
    }
}

pub(super) fn elections(of: impl IntoIterator<Item = usize>, times: u8) -> Timeouts<Timer> {
    Timeouts::shared(Timer::Election, of, times)
}

pub(super) fn heartbeats(of: impl IntoIterator<Item = usize>, times: u8) -> Timeouts<Timer> {
    Timeouts::shared(Timer::Heartbeat, of, times)
}

pub(super) fn commands(names: &[&str]) -> Vec<Message> {
    names
        .iter()
        .map(|name| Message::ClientRequest((*name).into()))
        .collect()
}

const ELECTION_CLAIMS: &[&str] = &[
    "Election Safety",
    "One Vote per Term",
    "Nothing Goes Back",
    "Durable before Visible",
    "No Server Stops",
];

const LOG_CLAIMS: &[&str] = &[
    "Election Safety",
    "One Vote per Term",
    "Leader Append-Only",
    "Log Matching",
    "Leader Completeness",
    "State Machine Safety",
    "Quorum Holds Commits",
    "Nothing Goes Back",
    "Durable before Visible",
    "Commit Evidence",
    "No Server Stops",
];

/// What is claimed where nobody else is elected.
const ONE_TERM_CLAIMS: &[&str] = &[
    "Election Safety",
    "One Vote per Term",
    "Leader Append-Only",
    "State Machine Safety",
    "Quorum Holds Commits",
    "Durable before Visible",
    "Commit Evidence",
    "No Server Stops",
];

/// Every configuration that is searched with every test.
pub const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        name: "election",
        about: "three servers, any of which may campaign",
        claims: ELECTION_CLAIMS,
        witnesses: &["A Vote Is Split", "Two Leaders Coexist"],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections(0..3, 5)],
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "election-replies",
        about: "every refused request is answered, so that stale messages act once more",
        claims: ELECTION_CLAIMS,
        witnesses: &["A Vote Is Split", "A Refusal Is in Flight"],
        config: || Config {
            refusals: Refusals::All,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections(0..3, 3)],
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "election-five",
        about: "five servers, two of which campaign",
        claims: ELECTION_CLAIMS,
        witnesses: &["A Vote Is Split"],
        config: || servers(5),
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 3)],
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "vote-counting",
        about: "four servers, and every message may arrive again at any time",
        claims: ELECTION_CLAIMS,
        witnesses: &["A Vote Is Split"],
        config: || servers(4),
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 2)],
            ..Budgets::default()
        },
        network: Network::for_ever,
        seed: None,
    },
    Configuration {
        name: "replication",
        about: "a command through four elections",
        claims: LOG_CLAIMS,
        witnesses: &[
            "Two Leaders Coexist",
            "An Earlier Term's Entry Is Committed",
        ],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections(0..3, 4)],
            requests: commands(&["a"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "pipelining",
        about: "messages of one entry, two ahead of their answers",
        claims: LOG_CLAIMS,
        witnesses: &["A Window Is Full"],
        config: || Config {
            entries_per_message: 1,
            window: 2,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 3)],
            requests: commands(&["a", "b"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "conflict",
        about: "diverged logs, hints, heartbeats below the conflict",
        claims: LOG_CLAIMS,
        witnesses: &["A Follower Rejects", "An Earlier Term's Entry Is Committed"],
        config: || Config {
            entries_per_message: 1,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 3), heartbeats(0..3, 1)],
            requests: commands(&["a"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "crash-recovery",
        about: "crashes with down time, and what comes back from disk",
        claims: LOG_CLAIMS,
        witnesses: &["A Server Is Down", "A Server with a Log Is Down"],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections(0..3, 2)],
            crashes: 2,
            restart: Restart::Later,
            requests: commands(&["a", "b"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "durability",
        about: "writes become durable in a step of their own, with crashes in between",
        claims: LOG_CLAIMS,
        witnesses: &[
            "A Server Is Down",
            "A Write Is Pending",
            "An Acknowledgement Is in Flight",
        ],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections(0..3, 2)],
            crashes: 2,
            restart: Restart::Later,
            writes: Writes::Synced,
            requests: commands(&["a"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "figure-8",
        about: "entries of earlier terms on a majority, without the no-op that masks them",
        claims: LOG_CLAIMS,
        witnesses: &["A Follower Rejects", "Two Leaders Coexist"],
        config: || Config {
            no_op: false,
            entries_per_message: 1,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 5)],
            requests: commands(&["a", "b"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "late-answers",
        about: "an acknowledgement of the third term is on its way when the fourth begins",
        claims: LOG_CLAIMS,
        witnesses: &["Two Leaders Coexist"],
        config: || Config {
            no_op: false,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections([0], 3), elections([1], 2)],
            requests: commands(&["a", "b", "x", "y"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: Some(LATE_ANSWERS),
    },
    Configuration {
        name: "production",
        about: "the features of a running node: pipelined batches, stale terms answered, heartbeats",
        claims: LOG_CLAIMS,
        witnesses: &[
            "A Refusal Is in Flight",
            "A Window Is Full",
            "A Batch Is in Flight",
        ],
        config: || Config {
            window: 2,
            entries_per_message: 2,
            refusals: Refusals::StaleTerm,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 2), heartbeats([0], 1)],
            requests: commands(&["a"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "lost-messages",
        about: "a message is lost, and a later heartbeat sends it again",
        claims: ONE_TERM_CLAIMS,
        witnesses: &["A Leader Sends Again"],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections([0], 1), heartbeats([0], 2)],
            losses: 1,
            requests: commands(&["a", "b"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
    Configuration {
        name: "duplicates",
        about: "three elections and two commands, and every message may arrive again at any time",
        claims: LOG_CLAIMS,
        witnesses: &["Two Leaders Coexist"],
        config: || servers(3),
        budgets: || Budgets {
            timeouts: vec![elections(0..2, 3)],
            requests: commands(&["a", "b"]),
            ..Budgets::default()
        },
        network: Network::for_ever,
        seed: None,
    },
    Configuration {
        name: "repeats",
        about: "windows of single entries, heartbeats and refusals, and every message may arrive again",
        claims: LOG_CLAIMS,
        witnesses: &["A Refusal Is in Flight", "A Window Is Full"],
        config: || Config {
            no_op: false,
            entries_per_message: 1,
            window: 2,
            refusals: Refusals::StaleTerm,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections([0], 1), elections([1], 1), heartbeats([0], 1)],
            requests: commands(&["a", "b"]),
            ..Budgets::default()
        },
        network: Network::for_ever,
        seed: None,
    },
    Configuration {
        name: "lost-writes",
        about: "windows of single entries, each written in a step of its own, and a crash in between",
        claims: LOG_CLAIMS,
        witnesses: &["A Server Is Down", "A Write Is Pending", "A Window Is Full"],
        config: || Config {
            no_op: false,
            entries_per_message: 1,
            window: 2,
            ..servers(3)
        },
        budgets: || Budgets {
            timeouts: vec![elections([0], 1), elections([1], 1)],
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            requests: commands(&["a", "b"]),
            ..Budgets::default()
        },
        network: Network::once,
        seed: None,
    },
];

/// Both logs end with an entry that the other lacks, and 2 has acknowledged the longer.
const LATE_ANSWERS: &str = "
# 0 leads term 1 and takes a and b.
timeout 0 Election
deliver 0->1 RequestVote t1
deliver 1->0 RequestVoteResponse t1
request 0
request 0
# 1 leads term 2 with the vote of 2 and takes x.
timeout 1 Election
deliver 1->2 RequestVote t2
deliver 2->1 RequestVoteResponse t2
request 1
# 0 leads term 3 with the vote of 2 and replicates a and b there.
deliver 1->0 RequestVote t2
timeout 0 Election
deliver 0->2 RequestVote t3
deliver 2->0 RequestVoteResponse t3
deliver 0->2 AppendEntries t3 []
deliver 2->0 AppendEntriesResponse t3 rejected
deliver 0->2 AppendEntries t3 [1:a, 1:b]
# 1 hears of term 3.
deliver 0->1 RequestVote t3
";
