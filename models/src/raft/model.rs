//! The finite clusters that are searched to the end.
//!
//! A configuration is named for what it covers. Its size comes from its budgets alone; nothing is
//! cut. `results.toml` holds what is found in each.

mod usual;

use super::config::{Config, Refusals};
use super::dead::is_dead;
use super::history::{History, ghost};
use super::message::Message;
use super::mutants::Mutant;
use super::properties::{CLAIMS, Claim, ON_COMMANDS, claims};
use super::rules::Rules;
use super::server::{Server, Timer};
use crate::property::Kind;
use crate::system::{Budgets, Environment, Network, SecondOpinion, System, Timeouts};
pub use usual::CONFIGURATIONS;

/// A finite cluster.
#[derive(Clone, Copy)]
pub struct Configuration {
    /// Its name, for what it covers.
    pub name: &'static str,
    /// What happens in it, in a sentence.
    pub about: &'static str,
    /// Witnesses that it covers what it is named for, beside those of its claims.
    pub witnesses: &'static [&'static str],
    /// Features of the servers.
    pub config: fn() -> Config,
    /// What goes wrong.
    pub budgets: fn() -> Budgets<Server>,
    /// The kind of network.
    pub network: fn() -> Network<Message>,
    /// What happens before the search starts, as the verbs of a [script](crate::script). Its faults
    /// and timeouts are spent.
    pub seed: Option<&'static str>,
    /// How the second opinion searches it.
    pub second_opinion: SecondOpinion,
}

impl Configuration {
    /// Every claim, each with its witness; those that speak of commands only where there are some.
    fn stated(&self) -> Vec<Claim> {
        let has_commands = !(self.budgets)().requests.is_empty();
        let all = CLAIMS.iter().filter(|claim| claim.kind() != Kind::Witness);
        let names = all.map(|claim| claim.name);
        let made = names.filter(|name| has_commands || !ON_COMMANDS.contains(name));
        claims(made.chain(self.witnesses.iter().copied()).collect())
    }

    /// The cluster, with one rule exchanged if a mutant is given.
    ///
    /// A seed names only messages that are delivered, in words that fit no dead message: none is
    /// dropped on its way. Where an edit or a mutant makes it impossible, the system has no
    /// [start](System::start).
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
        system.stated = self.stated();
        system.is_dead = Some(is_dead);
        system.seed = self.seed.unwrap_or_default().to_owned();
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
