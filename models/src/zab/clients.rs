//! Zab with clients.

use super::Zab;
use super::config::Election;
use super::server::Timer as Own;
use super::state::State;
use crate::protocol::{Configuration, Mutant, MutantFacts, Profile, Protocol, Shortest};
use crate::replica::Consistency::{Linearizable, Synced};
use crate::system::{Environment, SecondOpinion, Timeouts};
use crate::with_clients::actor::Timer;
use crate::with_clients::list::Operation::{Append, Read};
use crate::with_clients::{Config, Served, WithClients, environment, mutants};

impl Served for Zab {
    const KINDS: &'static [&'static str] = &["session", "newest", "once"];
    const MUTANTS_OF_SERVICE: &'static [Mutant<WithClients<Zab>>] = &with_clients();

    fn leads(state: &State) -> bool {
        state.leads().is_some()
    }

    fn with_clients() -> Vec<Configuration<WithClients<Zab>>> {
        vec![
            CLIENTS,
            READS,
            SYNCED_READ,
            ABDICATION,
            READS_AGAIN,
            SYNCED_READS,
        ]
    }
}

/// A leader that serves has executed its whole history, so no request is decided twice: the second time,
/// it is answered and not proposed.
const CLIENTS: Configuration<WithClients<Zab>> = Configuration {
    name: "clients",
    about: "two clients ask, one of them asks again, and the leader crashes; an oracle elects",
    profile: Profile::Usual,
    witnesses: &["A Client Asks Again", "Two Servers Execute"],
    config: || Config {
        servers: servers(),
        clients: 2,
    },
    environment: || Environment {
        timeouts: vec![
            Timeouts::shared(Timer::Peer(Own::Lead), [0], 1),
            Timeouts::shared(Timer::Peer(Own::Lead), [1], 1),
            Timeouts::shared(Timer::Peer(Own::Follow(0)), 1..3, 2),
            Timeouts::unlimited(Timer::Peer(Own::Follow(1)), [0, 2]),
            Timeouts::shared(Timer::Silence, 3..5, 1),
        ],
        crashes: 1,
        ..environment::<Zab>(&[(Some(3), Append('a')), (None, Append('b'))])
    },
    channels: WithClients::<Zab>::CHANNELS,
    seed: Some(ESTABLISHED),
    second_opinion: SecondOpinion::Reduced,
};

/// A request that a leader has answered, the next one answers, too.
const ABDICATION: Configuration<WithClients<Zab>> = Configuration {
    name: "abdication",
    about: "two clients ask, one of them asks again, and leaders give up; an oracle elects",
    profile: Profile::Deep,
    environment: || Environment {
        timeouts: vec![
            Timeouts::shared(Timer::Peer(Own::Lead), [0], 1),
            Timeouts::shared(Timer::Peer(Own::Lead), [1], 1),
            Timeouts::shared(Timer::Peer(Own::Follow(0)), 1..3, 2),
            Timeouts::shared(Timer::Peer(Own::Follow(1)), [0, 2], 1),
            Timeouts::shared(Timer::Peer(Own::GiveUp), 0..3, 3),
            Timeouts::shared(Timer::Silence, 3..5, 1),
        ],
        ..environment::<Zab>(&[(Some(3), Append('a')), (None, Append('b'))])
    },
    ..CLIENTS
};

/// The same, and a leader is deposed and does not know it.
const READS: Configuration<WithClients<Zab>> = Configuration {
    name: "reads",
    about: "a client reads and another one writes; a leader is deposed, and does not know it; \
            an oracle elects",
    witnesses: &["A Client Asks Again", "A Read Is Not Ordered"],
    environment: || Environment {
        timeouts: vec![
            Timeouts::shared(Timer::Peer(Own::Lead), 0..2, 2),
            Timeouts::shared(Timer::Peer(Own::Follow(0)), 1..3, 2),
            Timeouts::shared(Timer::Peer(Own::GiveUp), 1..3, 2),
            Timeouts::shared(Timer::Peer(Own::Follow(1)), [2], 1),
            Timeouts::shared(Timer::Silence, 3..5, 1),
        ],
        ..environment::<Zab>(&[(Some(3), Append('a')), (Some(4), Read(Linearizable))])
    },
    ..CLIENTS
};

/// An answer to the first read does not confirm the second one.
const READS_AGAIN: Configuration<WithClients<Zab>> = Configuration {
    name: "reads-again",
    about: "a client reads twice and another one writes; a leader is deposed, and does not know it; \
            an oracle elects",
    profile: Profile::Deep,
    witnesses: &["A Client Asks Again", "A Read Is Not Ordered"],
    environment: || Environment {
        timeouts: vec![
            Timeouts::shared(Timer::Peer(Own::Lead), [0], 1),
            Timeouts::shared(Timer::Peer(Own::Lead), [1], 1),
            Timeouts::shared(Timer::Peer(Own::Follow(0)), 1..3, 2),
            Timeouts::shared(Timer::Peer(Own::Follow(1)), [2], 1),
            Timeouts::shared(Timer::Peer(Own::GiveUp), 1..3, 2),
            Timeouts::shared(Timer::Silence, [3], 1),
        ],
        ..environment::<Zab>(&[
            (Some(4), Read(Linearizable)),
            (Some(3), Append('a')),
            (Some(4), Read(Linearizable)),
        ])
    },
    ..CLIENTS
};

/// While there is one leader, a read after *sync()* shows all that was answered before.
const SYNCED_READS: Configuration<WithClients<Zab>> = Configuration {
    name: "synced-reads",
    about: "a client reads after *sync()* and another one writes; there is one leader; an oracle elects",
    profile: Profile::Deep,
    witnesses: &["A Client Asks Again", "A Read Is Not Ordered"],
    environment: || Environment {
        timeouts: vec![
            Timeouts::shared(Timer::Peer(Own::Lead), [0], 1),
            Timeouts::shared(Timer::Peer(Own::Follow(0)), 1..3, 3),
            Timeouts::shared(Timer::Peer(Own::GiveUp), 1..3, 1),
            Timeouts::shared(Timer::Silence, 3..5, 2),
        ],
        ..environment::<Zab>(&[(Some(3), Append('a')), (Some(4), Read(Synced))])
    },
    ..CLIENTS
};

/// The same, where followers do not come back.
const SYNCED_READ: Configuration<WithClients<Zab>> = Configuration {
    name: "synced-read",
    about: "as synced-reads, with one silence, and a follower that gives up once does not come back; \
            an oracle elects",
    profile: Profile::Usual,
    environment: || Environment {
        timeouts: vec![
            Timeouts::shared(Timer::Peer(Own::Lead), [0], 1),
            Timeouts::shared(Timer::Peer(Own::Follow(0)), 1..3, 2),
            Timeouts::shared(Timer::Peer(Own::GiveUp), 1..3, 1),
            Timeouts::shared(Timer::Silence, 3..5, 1),
        ],
        ..(SYNCED_READS.environment)()
    },
    ..SYNCED_READS
};

/// Servers that pass on what clients ask of them.
fn servers() -> super::Config {
    super::Config {
        forwards: true,
        ..super::Config::new(3, Election::Oracle)
    }
}

/// Every mutant of the service, and one of what it leans on.
const fn with_clients() -> [Mutant<WithClients<Zab>>; 7] {
    let [one, two, three, four] = mutants(
        [
            Shortest::path(9, 9),
            Shortest::path(15, 15),
            Shortest::path(9, 8),
            Shortest::path(6, 2),
        ],
        "reads",
    );
    [
        one,
        two,
        three,
        four,
        READS_ALONE,
        ANY_ANSWER_CONFIRMS,
        READS_STAY,
    ]
}

const ANY_ANSWER_CONFIRMS: Mutant<WithClients<Zab>> = Mutant {
    facts: MutantFacts::new(
        "any-answer-confirms",
        "a follower's answer to one read confirms all that were asked meanwhile",
        "ours",
        ("reads-again", "Linearizability"),
        Shortest::path(25, 24),
    ),
    mutate: |rules| rules.protocol.answers = |_, last| last,
};

const READS_STAY: Mutant<WithClients<Zab>> = Mutant {
    facts: MutantFacts::new(
        "reads-stay",
        "a read still waits when the follower that asked about it has left",
        "ours",
        ("synced-read", "No Server Stops"),
        Shortest::path(11, 8),
    ),
    mutate: |rules| rules.protocol.part_with = |_, _| (),
};

const READS_ALONE: Mutant<WithClients<Zab>> = Mutant {
    facts: MutantFacts::new(
        "reads-alone",
        "a leader lets a reader read without asking a quorum",
        "ZOOKEEPER-1675, ZOOKEEPER-3600",
        ("reads", "Linearizability"),
        Shortest::path(18, 17),
    ),
    mutate: |rules| {
        rules.protocol.answered = |answers| answers.iter().copied().max().unwrap_or_default();
    },
};

/// Server 0 leads in epoch 1, and everyone follows.
const ESTABLISHED: &str = "
timeout 0 Lead
timeout 1 Follow(0)
timeout 2 Follow(0)
deliver 1->0 FollowerInfo
deliver 2->0 FollowerInfo
deliver 0->1 LeaderInfo
deliver 0->2 LeaderInfo
deliver 1->0 AckEpoch
deliver 2->0 AckEpoch
deliver 0->1 NewLeader
deliver 0->2 NewLeader
deliver 1->0 AckNewLeader
deliver 2->0 AckNewLeader
deliver 0->1 UpToDate
deliver 0->2 UpToDate
";
