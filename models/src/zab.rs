//! Zab, after Junqueira, Reed and Serafini, "Zab: High-performance broadcast for primary-backup systems"
//! (2011), as ZooKeeper does it since 3.4 ("Zab 1.0"). "Zab l.1.1" and "Zab f.1.1" are steps of a leader
//! and of a follower in that paper; a number like "T21b" is a row of the transition table in [`marks`].
//!
//! Read in this order: [`message`], [`state`] and [`poll`], [`rules`] (what safety leans on), `election`,
//! `discovery`, `synchronization`, `broadcast` (the phases), `heartbeat` and `leave`, [`server`] (the
//! actor), then [`properties`], [`refinement`] and [`configurations`] (what is checked, in which finite
//! systems) and [`mutants`]. [`settings`] are those of scripts, which are in `scripts/zab`. [`Zab`] holds
//! all of this together; nodes run it in [sessions over datagrams](crate::zab_on_fifo).
//!
//! # Where this differs from the paper, and from ZooKeeper
//!
//! | There | Here | Why |
//! |---|---|---|
//! | a leader takes over the best history of its quorum | it gives up where a follower knows more | as ZooKeeper |
//! | a follower is sent all of the history | it is sent what follows its own, cut where it must be (DIFF, TRUNC) | as ZooKeeper |
//! | ZooKeeper sends DIFF or TRUNC, proposals and NEWLEADER apart | one message, or as many as needed | a follower acts on the last of them |
//! | history and current epoch are written apart | one record | no moment between the two writes |
//! | ZooKeeper acknowledges NEWLEADER as it does a proposal | a message of its own | ZOOKEEPER-4685 |
//! | ZooKeeper acknowledges and commits each transaction | all up to one | sessions are first in, first out |
//! | UPTODATE says nothing | it carries the end of what is committed | a follower that joins later |
//! | fast leader election | in most configurations an oracle: anyone may lead, anyone may follow anyone | no safety leans on it |
//! | ZooKeeper compares leader and epoch of a server that has a leader | the leader | the present leader is to be followed |
//! | a server that joins takes over the round of the election | it keeps its own, if that is later | rounds never go back |
//! | a follower tries again to connect to a server that does not lead yet | the server lets it wait | as soon, without a retry |
//! | a follower passes on what clients ask of it | in nodes, and where it is named | another message |
//! | a read shows what one server has delivered, after *sync()* what its leader has committed | the same, or linearizable: the leader asks a quorum first | a leader may be deposed |
//! | a server writes a snapshot by itself | its service says when, and what it is | the actor knows no state of the service |
//! | heartbeats and their timeouts | the same; in the searches each side may give up at any time | time is no part of safety |

mod broadcast;
mod clients;
pub mod config;
pub mod configurations;
mod discovery;
mod election;
mod fast_election;
mod features;
pub mod ghost;
mod heartbeat;
pub mod history;
mod leave;
pub mod marks;
pub mod message;
pub mod mutants;
mod oracle;
mod persistent;
pub mod poll;
mod possible;
pub mod properties;
pub mod reads;
pub mod refinement;
mod rename;
mod replica;
pub mod rules;
pub mod server;
mod sessions;
pub mod settings;
mod snapshot;
pub mod state;
mod synchronization;

pub use config::Config;
pub use server::Server;

use crate::coverage::{self, Mark};
use crate::protocol::{ClaimOf, Configuration, Feature, Mutant, Protocol, Uncombined};
use crate::script::header::{Header, HeaderError};
use crate::session::Sessions;
use crate::system::{Badge, Channels, Clock, Ghost, Rename};

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Zab;

impl Protocol for Zab {
    type Actor = Server;
    type Ghost = ghost::Past;
    type Config = Config;
    type Rules = rules::Rules;

    const NAME: &'static str = "zab";
    const CLAIMS: &'static [ClaimOf<Self>] = properties::CLAIMS;
    const MUTANTS: &'static [Mutant<Self>] = mutants::MUTANTS;
    const FEATURES: &'static [Feature<Self>] = features::FEATURES;
    const UNCOMBINED: &'static [Uncombined] = features::UNCOMBINED;
    const ROWS: &'static [Mark] = <marks::Row as coverage::Row>::ALL;
    const TIMERS: &'static [server::Timer] = &settings::TIMERS;
    const CLOCKS: &'static [Clock<server::Timer>] = &configurations::CLOCKS;
    const RENAME: Option<Rename<Server, ghost::Past>> = Some(rename::rename);
    const BADGE: Option<Badge<Server>> = Some(state::State::badge);
    const CHANNELS: Channels<message::Message> = sessions::CHANNELS;
    const SESSIONS: Option<Sessions<Server>> = Some(sessions::SESSIONS);
    const RESULTS: &'static str = include_str!("../results/zab.toml");

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

    /// A claim whose premise takes so many epochs and transactions is made only where there are so many.
    /// Where the first steps are given, they deliver every transaction: none is skipped.
    fn is_made(claim: &ClaimOf<Self>, configuration: &Configuration<Self>) -> bool {
        let environment = (configuration.environment)();
        let epochs = configurations::epochs(&environment);
        let transactions = configurations::transactions(&environment);
        // With two servers every quorum is everyone; with four it takes more breaks than one.
        let breaks = 0 < configurations::breaks(&environment);
        let three = (configuration.config)().servers == 3;
        let skips = configuration.seed.is_none() && three && breaks;
        let mut premises = properties::PREMISES.iter();
        let premise = premises.find(|(name, ..)| *name == claim.name);
        let leaves = configurations::leaves(&environment);
        let forgets = configurations::forgets(&environment);
        (skips || claim.name != properties::ON_SKIPPED)
            && (0 < leaves || !properties::ON_LEAVES.contains(&claim.name))
            && (forgets || !properties::ON_SNAPSHOTS.contains(&claim.name))
            && !(forgets && claim.name == properties::REFINES_VOTING)
            && premise.is_none_or(|(_, first, second)| *first <= epochs && *second <= transactions)
    }

    fn settings(header: &mut Header<'_>) -> Result<Config, HeaderError> {
        settings::settings(header)
    }

    fn request(name: &str) -> message::Message {
        match name {
            "leave" => message::Message::Leave,
            _ => message::Message::Request(name.into()),
        }
    }
}
