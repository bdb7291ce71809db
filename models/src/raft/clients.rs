//! Raft with clients.

use super::Raft;
use super::configurations::servers;
use super::server::Timer as Own;
use super::state::State;
use crate::protocol::{Configuration, Mutant, MutantFacts, Profile, Shortest};
use crate::replica::Consistency::Linearizable;
use crate::system::{Channels, Environment, SecondOpinion, Timeouts};
use crate::with_clients::actor::Timer;
use crate::with_clients::list::Operation::{Append, Read};
use crate::with_clients::{Config, Served, WithClients, environment, mutants};

impl Served for Raft {
    const KINDS: &'static [&'static str] = &["once"];
    const MUTANTS_OF_SERVICE: &'static [Mutant<WithClients<Raft>>] = &with_clients();

    fn leads(state: &State) -> bool {
        state.is_leader()
    }

    fn with_clients() -> Vec<Configuration<WithClients<Raft>>> {
        vec![CLIENTS]
    }
}

/// Every mutant of the service, and one of what it leans on.
const fn with_clients() -> [Mutant<WithClients<Raft>>; 5] {
    let [one, two, three, four] = mutants(
        [
            Shortest::path(12, 12),
            Shortest::path(17, 15),
            Shortest::path(9, 8),
            Shortest::path(6, 2),
        ],
        "clients",
    );
    [one, two, three, four, ELECTS_ANYONE]
}

const ELECTS_ANYONE: Mutant<WithClients<Raft>> = Mutant {
    facts: MutantFacts::new(
        "elects-anyone",
        "a voter does not ask whether the candidate is up to date, and clients see what it loses",
        "Raft §5.4.1",
        ("clients", "No Server Stops"),
        Shortest::path(8, 6),
    ),
    mutate: |rules| rules.protocol.is_up_to_date = |_, _| true,
};

const CLIENTS: Configuration<WithClients<Raft>> = Configuration {
    name: "clients",
    about: "two clients ask, one of them asks again, and a second leader is elected or the first crashes",
    profile: Profile::Usual,
    witnesses: &[
        "A Client Asks Again",
        "A Request Is Decided Twice",
        "Two Servers Execute",
    ],
    config: || Config {
        servers: servers(3),
        clients: 2,
    },
    environment: || Environment {
        timeouts: vec![
            Timeouts::shared(Timer::Peer(Own::Election), [0], 1),
            Timeouts::shared(Timer::Peer(Own::Election), [1], 1),
            Timeouts::shared(Timer::Silence, 3..5, 1),
        ],
        crashes: 1,
        ..environment::<Raft>(&[(Some(3), Append('a')), (None, Read(Linearizable))])
    },
    channels: Channels::once(),
    seed: Some(ELECTED),
    second_opinion: SecondOpinion::Reduced,
};

/// Server 0 leads in term 1, and everyone has its first entry.
const ELECTED: &str = "
timeout 0 Election
deliver 0->1 RequestVote
deliver 1->0 RequestVoteResponse
deliver 0->1 AppendEntries
deliver 1->0 AppendEntriesResponse
deliver 0->2 RequestVote
deliver 0->2 AppendEntries
deliver 2->0 AppendEntriesResponse
";
