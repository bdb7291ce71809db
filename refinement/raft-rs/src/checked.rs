//! The checks of the crate: claims, finite systems, mutants of the application's part.

mod claims;
mod configurations;
mod dead;
mod ghost;
mod mutants;

pub use configurations::{Found, found, is_large};
pub use ghost::Past;

use crate::ledger::Ledger;
use crate::node::{Kind, Node};
use crate::raft_rs::{RaftRs, Request, Rules, Settings, Timer};
use quorate_models::protocol::{ClaimOf, Configuration, MessageOf, Mutant, Protocol};
use quorate_models::script::header::{Header, HeaderError};
use quorate_models::system::{Badge, Ghost, IsDead};
use std::sync::Arc;

/// The crate `raft` as a protocol of this workspace.
#[derive(Clone, Copy, Debug)]
pub struct RaftCrate;

/// A server.
pub type Server = Node<RaftRs>;

/// Servers of a script, at most.
const SERVERS_MAX: usize = 7;

impl Protocol for RaftCrate {
    type Actor = Server;
    type Ghost = Past;
    type Config = Settings;
    type Rules = Rules;

    const NAME: &'static str = "raft-rs";
    const CLAIMS: &'static [ClaimOf<Self>] = claims::CLAIMS;
    const MUTANTS: &'static [Mutant<Self>] = mutants::MUTANTS;
    const TIMERS: &'static [Timer] = &[
        Timer::Campaign,
        Timer::Beat,
        Timer::Lapse,
        Timer::CheckQuorum,
    ];
    const IS_DEAD: Option<IsDead<Server>> = Some(dead::is_dead);
    const BADGE: Option<Badge<Server>> =
        Some(|state| format!("{:?} t{}", state.machine.role, state.machine.term));

    fn configurations() -> Vec<Configuration<Self>> {
        configurations::configurations()
    }

    fn actors(settings: &Settings, rules: &Rules) -> Vec<Server> {
        let ledger = Arc::new(Ledger::new(settings.servers));
        servers(settings, rules, || Kind::Rebuilt(Arc::clone(&ledger)))
    }

    fn ghost() -> Ghost<Server, Past> {
        ghost::ghost()
    }

    fn is_made(claim: &ClaimOf<Self>, configuration: &Configuration<Self>) -> bool {
        claims::is_made(claim, configuration)
    }

    fn settings(header: &mut Header<'_>) -> Result<Settings, HeaderError> {
        let switch = [("off", false), ("on", true)];
        Ok(Settings {
            servers: header.number_within("servers", 3, 1..=SERVERS_MAX)?,
            check_quorum: header.one_of("check_quorum", &switch)?,
            pre_vote: header.one_of("pre_vote", &switch)?,
            ..Settings::default()
        })
    }

    /// `read-CONTEXT` reads; anything else is proposed.
    fn request(name: &str) -> MessageOf<Self> {
        configurations::request(match name.strip_prefix("read-") {
            Some(context) => Request::Read(context.to_owned()),
            None => Request::Propose(name.to_owned()),
        })
    }
}

/// Servers of one kind.
pub fn servers(settings: &Settings, rules: &Rules, kind: impl Fn() -> Kind<RaftRs>) -> Vec<Server> {
    let machine = Arc::new(RaftRs::new(*settings, *rules));
    let server = |_| Node {
        machine: Arc::clone(&machine),
        kind: kind(),
    };
    (0..settings.servers).map(server).collect()
}
