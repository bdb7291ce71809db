//! Totem, the single-ring protocol: Amir, Moser, Melliar-Smith, Agarwal, Ciarfella, *The Totem single-ring
//! ordering and membership protocol*, 1995; with what corosync has added to it.
//!
//! Read in this order: [`message`], [`state`], [`rules`], then the phases: `ordering` (Operational),
//! `gather`, `formation` (Commit), `recovery`, `install`; `leave`; [`flow`] is flow control. Above them is
//! the replicated log: [`log`], and `component`.
//!
//! | Paper | Here | Why |
//! |---|---|---|
//! | the token of an idle ring goes round | its representative holds it, a rotation after it has discarded everything, and lets it go for whoever has something to send | corosync, hold; a search has an end. While a message is missing the token goes round: with hops in a circle, a cycle |
//! | a ring starts with the number that is on the disk | with one more | corosync, 3675dace |
//! | a Join that changes the sets is forgotten | it counts | one join timeout less; as safe |
//! | *deliver_memb* is replaced | obligations are united | the paper on extended virtual synchrony; replaced in each recovery they are lost (`obligation-is-replaced`) |
//! | a token is served while a processor gathers | it is dropped | corosync, d99fba72 |
//! | a request for a message ends when it is sent again | or when everyone has the message | nobody has it any more: the token would carry the request for ever |
//! | a message of a foreign ring makes a processor look for others | in nodes, a Join or an announcement alone; on in the configuration `foreign-messages` | a ring is announced also while it is busy; so a late message of a ring that is over says nothing |
//! | messages are lost in a crash | those of the log are written before the token goes on | what everyone has, everyone has written |
//!
//! A ring of one has no shortcut, and needs none: a [system](crate::system) lets a processor hear at once
//! what it tells itself, so the commit token and the token go round in the step that forms the ring.

mod component;
pub mod config;
pub mod configurations;
mod dead;
mod features;
pub mod flow;
mod formation;
mod gather;
pub mod ghost;
mod install;
mod leave;
pub mod log;
pub mod marks;
pub mod message;
pub mod mutants;
mod ordering;
mod persistent;
mod possible;
pub mod processor;
pub mod properties;
mod recovery;
pub mod refinement;
mod rename;
mod replica;
pub mod rules;
pub mod settings;
mod shown;
pub mod state;
pub mod store;

pub use config::Config;
pub use processor::Processor;

use crate::coverage::{self, Mark};
use crate::protocol::{ClaimOf, Configuration, Feature, Mutant, Protocol, Uncombined};
use crate::script::header::{Header, HeaderError};
use crate::system::{Badge, Clock, Ghost, IsDead, Rename};

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Totem;

impl Protocol for Totem {
    type Actor = Processor;
    type Ghost = ghost::Past;
    type Config = Config;
    type Rules = rules::Rules;

    const NAME: &'static str = "totem";
    const CLAIMS: &'static [ClaimOf<Self>] = properties::CLAIMS;
    const MUTANTS: &'static [Mutant<Self>] = mutants::MUTANTS;
    const ROWS: &'static [Mark] = <marks::Row as coverage::Row>::ALL;
    const TIMERS: &'static [processor::Timer] = &processor::TIMERS;
    const FEATURES: &'static [Feature<Self>] = features::FEATURES;
    const UNCOMBINED: &'static [Uncombined] = features::UNCOMBINED;
    const CLOCKS: &'static [Clock<processor::Timer>] = &configurations::CLOCKS;
    const IS_DEAD: Option<IsDead<Processor>> = Some(dead::is_dead);
    const RENAME: Option<Rename<Processor, ghost::Past>> = Some(rename::rename);
    const BADGE: Option<Badge<Processor>> = Some(state::State::badge);
    const RESULTS: &'static str = include_str!("../results/totem.toml");

    fn configurations() -> Vec<Configuration<Self>> {
        configurations::configurations()
    }

    fn actors(config: &Config, rules: &rules::Rules) -> Vec<Processor> {
        let processor = Processor {
            config: config.clone(),
            rules: *rules,
        };
        vec![processor; config.processors]
    }

    fn ghost() -> Ghost<Processor, ghost::Past> {
        ghost::ghost()
    }

    fn is_made(claim: &ClaimOf<Self>, configuration: &Configuration<Self>) -> bool {
        let mut premises = properties::PREMISES.iter();
        let premise = premises.find(|(name, _)| *name == claim.name);
        match premise {
            Some((_, premise)) => configurations::has(configuration, *premise),
            None => !(configuration.config)().keeps_log,
        }
    }

    fn settings(header: &mut Header<'_>) -> Result<Config, HeaderError> {
        settings::settings(header)
    }

    /// A name that begins with `s` asks for a safe message.
    fn request(name: &str) -> message::Message {
        configurations::request(name)
    }
}
