//! The clusters of Raft's scripts.
//!
//! | Setting | Default | Values |
//! |---|---|---|
//! | `servers` | 3 | how many, 64 at most |
//! | `no_op` | `on` | `on`, `off`: a new leader appends an empty entry |
//! | `entries` | no limit | in one message, at most |
//! | `window` | 1 | messages with entries that may be unanswered |
//! | `refusals` | `silent` | `silent`, `stale`, `all`: which refused requests are answered |
//! | `requests` | none | commands, in the order in which they are asked for: `a,b,c` |
//! | `writes` | `atomic` | `atomic`, `synced`: durable at once, or when they are synced |
//! | `restart` | `later` | `later`, `at-once`: `crash` and `recover`, or `restart` |
//! | `network` | `once` | `once`, `for-ever`, `multiset` |
//! | `dead` | `kept` | `kept`, `dropped`: messages that can never matter again |
//! | `mutant` | none | a [mutant](super::mutants), by its name |
//!
//! Otherwise everything may go wrong at any time: any timer may fire, any message may be lost or
//! repeated, anyone may crash. All [claims](super::properties) are judged.

use super::config::{Config, Refusals};
use super::dead::is_dead;
use super::history::{History, ghost};
use super::message::Message;
use super::mutants::{MUTANTS, Mutant};
use super::properties::CLAIMS;
use super::rules::Rules;
use super::server::{Server, Timer};
use crate::property::Kind;
use crate::script::header::{Header, HeaderError};
use crate::system::{Budgets, Environment, IsDead, Network, Restart, System, Timeouts, Writes};

/// Servers of a script, at most: more than anyone reads.
const SERVERS_MAX: usize = 64;

/// A cluster as a header describes it.
pub struct Scenario {
    config: Config,
    network: fn() -> Network<Message>,
    restart: Restart,
    writes: Writes,
    requests: Vec<String>,
    dead: Option<IsDead<Server>>,
    mutant: Option<&'static Mutant>,
}

impl Scenario {
    /// Reads a header.
    ///
    /// # Errors
    ///
    /// If a setting is unknown or has an impossible value.
    pub fn parse(mut header: Header<'_>) -> Result<Self, HeaderError> {
        let kinds = [
            ("once", Network::once as fn() -> Network<Message>),
            ("for-ever", Network::for_ever),
            ("multiset", Network::multiset),
        ];
        let dead = [("kept", None), ("dropped", Some(is_dead as IsDead<Server>))];
        let restart = [("later", Restart::Later), ("at-once", Restart::AtOnce)];
        let writes = [("atomic", Writes::Atomic), ("synced", Writes::Synced)];
        let scenario = Scenario {
            config: config(&mut header)?,
            network: header.one_of("network", &kinds)?,
            restart: header.one_of("restart", &restart)?,
            writes: header.one_of("writes", &writes)?,
            requests: requests(&mut header),
            dead: header.one_of("dead", &dead)?,
            mutant: mutant(&mut header)?,
        };
        header.finish()?;
        Ok(scenario)
    }

    /// The cluster. A mutant that is given takes the place of the header's.
    pub fn system(&self, mutant: Option<&Mutant>) -> System<Server, History> {
        let mut rules = Rules::default();
        if let Some(mutant) = mutant.or(self.mutant) {
            (mutant.mutate)(&mut rules);
        }
        let config = self.config.clone();
        let servers = vec![Server { config, rules }; self.config.servers];
        let environment = Environment::Budgets(self.budgets());
        let mut system = System::new(servers, (self.network)(), environment, History::default());
        system.ghost = ghost();
        let claims = CLAIMS.iter().filter(|claim| claim.kind() != Kind::Witness);
        system.stated = claims.cloned().collect();
        system.is_dead = self.dead;
        system
    }

    fn budgets(&self) -> Budgets<Server> {
        let servers = 0..self.config.servers;
        let requests = self.requests.iter();
        Budgets {
            timeouts: vec![
                Timeouts::unlimited(Timer::Election, servers.clone()),
                Timeouts::unlimited(Timer::Heartbeat, servers),
            ],
            crashes: u8::MAX,
            restart: self.restart,
            losses: u8::MAX,
            duplicates: u8::MAX,
            writes: self.writes,
            requests: requests
                .map(|name| Message::ClientRequest(name.as_str().into()))
                .collect(),
        }
    }
}

fn config(header: &mut Header<'_>) -> Result<Config, HeaderError> {
    let refusals = [
        ("silent", Refusals::Silent),
        ("stale", Refusals::StaleTerm),
        ("all", Refusals::All),
    ];
    Ok(Config {
        servers: header.number_within("servers", 3, 1..=SERVERS_MAX)?,
        no_op: header.one_of("no_op", &[("on", true), ("off", false)])?,
        refusals: header.one_of("refusals", &refusals)?,
        entries_per_message: header.number("entries", usize::MAX)?,
        bytes_per_message: usize::MAX,
        window: header.number("window", 1)?,
        timing: Default::default(),
    })
}

fn requests(header: &mut Header<'_>) -> Vec<String> {
    let names = header.text("requests").unwrap_or_default().split(',');
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn mutant(header: &mut Header<'_>) -> Result<Option<&'static Mutant>, HeaderError> {
    let Some(found) = header.text("mutant") else {
        return Ok(None);
    };
    let mutant = MUTANTS.iter().find(|mutant| mutant.facts.name == found);
    mutant.map(Some).ok_or_else(|| HeaderError::Value {
        key: "mutant",
        found: found.to_owned(),
        expected: "the name of a mutant of Raft".to_owned(),
    })
}
