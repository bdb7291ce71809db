//! Raft with clients.

use super::Raft;
use super::configurations::servers;
use super::server::Timer as Own;
use super::state::State;
use crate::protocol::{Configuration, Mutant, Profile, Shortest};
use crate::replica::Consistency::Linearizable;
use crate::system::{Channels, Environment, SecondOpinion, Timeouts};
use crate::with_clients::actor::Timer;
use crate::with_clients::list::Operation::{Append, Read};
use crate::with_clients::{Config, Served, WithClients, environment, mutants};

impl Served for Raft {
    const KINDS: &'static [&'static str] = &["once"];
    const MUTANTS_OF_SERVICE: &'static [Mutant<WithClients<Raft>>] = &mutants(
        [
            Shortest::path(12, 12),
            Shortest::path(17, 15),
            Shortest::path(9, 8),
            Shortest::path(6, 2),
        ],
        "clients",
    );

    fn leads(state: &State) -> bool {
        state.is_leader()
    }

    fn with_clients() -> Vec<Configuration<WithClients<Raft>>> {
        vec![CLIENTS]
    }
}

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
