//! Raft, after Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm"
//! (2014, extended version). "Raft §n" and "Raft Fig. n" mean that paper, "Raft thesis §n"
//! Ongaro's dissertation.
//!
//! Read in this order: [`message`] and [`state`] (Fig. 2), [`rules`] (what safety leans on),
//! `election`, `leader` and `follower` (Raft §5.2, §5.3), `pre_vote` and `check_quorum` (Raft thesis
//! §9.6, §6.2; features that are on in nodes), `transfer` (Raft thesis §3.10), [`server`] (the actor),
//! then [`properties`], [`refinement`] and [`configurations`] (what is checked, in which finite systems)
//! and [`mutants`]. [`marks`] names the rows of the transition table that the handlers go through,
//! `features` what the finite systems combine. [`settings`] are those of scripts, which are in
//! `scripts/raft`. [`Raft`] holds all of this together.
//!
//! # Where this differs from the paper
//!
//! | The paper | Here | Why |
//! |---|---|---|
//! | RPCs with replies matched to requests | answers name what they answer (`matched`, `prev`) | datagrams are lost, repeated and reordered |
//! | a leader writes its own entries, then counts itself | it sends them while it writes, and hears from itself when they are durable | Raft thesis §10.2.1; one rule of durability for all actors |
//! | `nextIndex` is decremented, or a conflict term is returned | a hint: the last entry not after `prev` in index and term; at most one probe for each term | one round trip for each differing term |
//! | retries indefinitely | at the second heartbeat without an answer the probe is repeated, or the window is resent from `matchIndex` | no timer for each message |
//! | a server that hears no leader begins a term | [`config::Config::pre_vote`]: it asks first (Raft thesis §9.6) | a server that is not heard, or hears nobody, would depose leaders again and again |
//! | a leader leads until it hears of a later term | [`config::Config::check_quorum`]: it steps down where it hears no majority (Raft thesis §6.2) | whoever hears it gives no vote to another (Raft thesis §4.2.3) |
//! | whoever asks for a transfer names its target | the first follower whose answer shows the whole log (Raft thesis §3.10) | it is there, and waits for nothing |
//! | every request is answered | [`config::Refusals`] says which refusals are | answers to stale requests multiply the states; safety does not need them |

mod check_quorum;
mod clients;
pub mod config;
pub mod configurations;
mod dead;
mod election;
mod features;
mod follower;
pub mod ghost;
mod leader;
pub mod log;
pub mod marks;
pub mod message;
pub mod mutants;
mod possible;
mod pre_vote;
pub mod properties;
pub mod refinement;
mod rename;
pub mod rules;
pub mod server;
pub mod settings;
pub mod state;
mod transfer;

pub use config::Config;
pub use server::Server;

use crate::coverage::{self, Mark};
use crate::protocol::{ClaimOf, Configuration, Feature, Mutant, Protocol, Uncombined};
use crate::replica::Replica;
use crate::script::header::{Header, HeaderError};
use crate::system::claim::{Check, InPeriod};
use crate::system::{Badge, Clock, Ghost, IsDead, Rename};

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Raft;

impl Protocol for Raft {
    type Actor = Server;
    type Ghost = ghost::Past;
    type Config = Config;
    type Rules = rules::Rules;

    const NAME: &'static str = "raft";
    const CLAIMS: &'static [ClaimOf<Self>] = properties::CLAIMS;
    const OF_ENVIRONMENT: &'static [&'static str] = properties::BESIDE_OUTSIDERS;
    const MUTANTS: &'static [Mutant<Self>] = mutants::MUTANTS;
    const FEATURES: &'static [Feature<Self>] = features::FEATURES;
    const UNCOMBINED: &'static [Uncombined] = features::UNCOMBINED;
    const ROWS: &'static [Mark] = <marks::Row as coverage::Row>::ALL;
    const TIMERS: &'static [server::Timer] = &[
        server::Timer::Election,
        server::Timer::Heartbeat,
        server::Timer::Lease,
    ];
    const CLOCKS: &'static [Clock<server::Timer>] = &configurations::CLOCKS_OF_LEASES;
    const RENAME: Option<Rename<Server, ghost::Past>> = Some(rename::rename);
    const IS_DEAD: Option<IsDead<Server>> = Some(dead::is_dead);
    const BADGE: Option<Badge<Server>> = Some(|state| {
        let status = Server::status(state);
        format!("{} t{}", status.role, status.generation)
    });
    const RESULTS: &'static str = include_str!("../results/raft.toml");

    fn configurations() -> Vec<Configuration<Self>> {
        configurations::configurations()
    }

    fn actors(config: &Config, rules: &rules::Rules) -> Vec<Server> {
        let server = Server {
            config: config.clone(),
            rules: *rules,
        };
        vec![server; config.servers]
    }

    fn ghost() -> Ghost<Server, ghost::Past> {
        ghost::ghost()
    }

    /// A claim whose premise is a command, or an entry, is made only where there are some; that something
    /// is so within a number of ticks, only where messages take none. With leases there are other bounds.
    fn is_made(claim: &ClaimOf<Self>, configuration: &Configuration<Self>) -> bool {
        let environment = (configuration.environment)();
        let transfers = environment.requests.contains(&message::Message::Transfer);
        let has_commands = usize::from(transfers) < environment.requests.len();
        let has_entries = has_commands || (configuration.config)().no_op;
        let has_delay = environment.period.is_some_and(|it| it.delay.is_some());
        let has_leases = (configuration.config)().has_leases();
        let is_of_leases = properties::ON_LEASES.contains(&claim.name);
        let is_at_most = matches!(claim.check, Check::InPeriod(InPeriod::AtMost { .. }));
        let has_outsiders = configurations::has_outsiders(configuration.name);
        let is_beside_outsiders = properties::BESIDE_OUTSIDERS.contains(&claim.name);
        let is_of_more_terms = |premise| properties::OF_MORE_TERMS.contains(&premise);
        let is_of_alone = properties::ON_TRANSFERS_ALONE.contains(&claim.name);
        let is_within =
            matches!(claim.check, Check::InPeriod(InPeriod::Within(..))) && !is_of_alone;
        let is_of_delay = properties::ON_DELAY.contains(&claim.name);
        let is_alone = configurations::is_transfer_alone(configuration.name);
        (has_commands || !properties::ON_COMMANDS.contains(&claim.name))
            && (has_entries || !properties::ON_ENTRIES.contains(&claim.name))
            && (has_delay == is_of_delay || !is_within)
            && (has_leases == is_of_leases || !is_within && !is_at_most)
            && (has_outsiders || !is_beside_outsiders)
            && (transfers || !properties::ON_TRANSFERS.contains(&claim.name))
            && (is_alone || !is_of_alone)
            && !(is_alone && is_at_most)
            && !(has_outsiders && claim.witness.is_some_and(is_of_more_terms))
    }

    fn settings(header: &mut Header<'_>) -> Result<Config, HeaderError> {
        settings::settings(header)
    }

    /// A command of this name; for a transfer, if it is named so.
    fn request(name: &str) -> message::Message {
        match name {
            "transfer" => message::Message::Transfer,
            command => message::Message::ClientRequest(command.into()),
        }
    }
}
