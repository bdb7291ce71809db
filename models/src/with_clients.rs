//! Clients beside the servers of a protocol.
//!
//! [`WithClients`] makes of a protocol another one: its servers are the protocol's actors, unchanged, each
//! with the service of a node around it, and beside them stand clients. A server serves as a node does:
//! by the [`service`] with its table of last replies and those who wait, through [`Replica`] alone. A
//! client is the [`Attempts`](crate::client::attempts::Attempts) that `quorate client` drives. The machine
//! is a [`list`](list::List) of letters.
//!
//! # What is left out
//!
//! | a node, or `quorate client` | here |
//! |---|---|
//! | a key-value store | a list, whose every outcome shows all that was executed before |
//! | a client measures round trips, and waits longer and longer | silence comes at any moment, so many times in all |
//! | a client gives up, and its next request may get a new number | it waits for ever |
//! | a client comes as often as it likes | the environment says what clients ask for, one after the other |
//! | more than 16,384 clients | two |
//! | a request that is too large, a log that grows without a quorum | not there |

pub mod actor;
pub mod client;
pub mod history;
pub mod list;
mod mutants;
mod properties;
mod reduction;
pub mod server;

pub(crate) use mutants::mutants;

use crate::protocol::{ClaimOf, Configuration, MessageOf, Mutant, Protocol};
use crate::quorum::Quorum;
use crate::replica::{Consistency, Replica};
use crate::script::header::{Header, HeaderError};
use crate::service;
use crate::session::{End, Sessions, Side};
use crate::system::{Action, Badge, Channel, Channels, Environment, Ghost, IsDead, Move, Total};
use actor::{Packet, ServerOrClient, StateOf};
use client::Client;
use list::Operation;
use server::Server;
use stateright::actor::{Actor, Id};
use std::marker::PhantomData;

/// A protocol that a service stands on.
pub trait Served: Protocol<Actor: Replica<Cursor: Send + Sync>> {
    /// Every kind of channel that some message takes, those of clients among them, by the word for it.
    const KINDS: &'static [&'static str];
    /// Its service with a bug.
    const MUTANTS_OF_SERVICE: &'static [Mutant<WithClients<Self>>];

    /// Whether a server that is in this state leads.
    fn leads(state: &<Self::Actor as Actor>::State) -> bool;

    /// Its finite systems with clients.
    fn with_clients() -> Vec<Configuration<WithClients<Self>>>;
}

/// A protocol with clients. It has the protocol's name.
#[derive(Clone, Copy, Debug)]
pub struct WithClients<P>(PhantomData<P>);

/// The participants.
#[derive(Clone, Debug)]
pub struct Config<C> {
    /// The parameters that the servers agree on.
    pub servers: C,
    /// The number of clients.
    pub clients: usize,
}

/// The decisions that are exchanged.
pub struct Rules<P: Protocol> {
    /// The protocol's.
    pub protocol: P::Rules,
    /// The service's.
    pub service: service::Rules,
}

impl<P: Protocol> Default for Rules<P> {
    fn default() -> Self {
        Rules {
            protocol: P::Rules::default(),
            service: service::Rules::default(),
        }
    }
}

/// The kind of a participant.
type ActorOf<P> = ServerOrClient<<P as Protocol>::Actor>;

impl<P: Served> Protocol for WithClients<P> {
    type Actor = ActorOf<P>;
    type Ghost = history::History;
    type Config = Config<P::Config>;
    type Rules = Rules<P>;

    const NAME: &'static str = P::NAME;
    const CLAIMS: &'static [ClaimOf<Self>] = &properties::claims::<P>();
    const MUTANTS: &'static [Mutant<Self>] = P::MUTANTS_OF_SERVICE;
    const IS_DEAD: Option<IsDead<ActorOf<P>>> = Some(reduction::is_dead::<P>);
    const BADGE: Option<Badge<ActorOf<P>>> = Some(badge::<P>);
    const CHANNELS: Channels<MessageOf<Self>> = Channels {
        of: channel::<P>,
        kinds: P::KINDS,
        repeats: P::CHANNELS.repeats,
        remembers_last: P::CHANNELS.remembers_last,
    };
    const SESSIONS: Option<Sessions<ActorOf<P>>> = match P::SESSIONS {
        None => None,
        Some(_) => Some(Sessions {
            close: close::<P>,
            open: open::<P>,
        }),
    };

    fn configurations() -> Vec<Configuration<Self>> {
        P::with_clients()
    }

    fn actors(config: &Self::Config, rules: &Rules<P>) -> Vec<ActorOf<P>> {
        let replicas = P::actors(&config.servers, &rules.protocol);
        let servers = replicas.len();
        let participants = servers + config.clients;
        let server = |replica| {
            ServerOrClient::Server(Server {
                replica,
                participants,
                rules: rules.service,
            })
        };
        let clients = (0..config.clients).map(|_| ServerOrClient::Client(Client { servers }));
        replicas.into_iter().map(server).chain(clients).collect()
    }

    fn quorum(config: &Self::Config, _: &[ActorOf<P>]) -> Quorum {
        let servers = P::actors(&config.servers, &P::Rules::default());
        P::quorum(&config.servers, &servers)
    }

    fn ghost() -> Ghost<ActorOf<P>, history::History> {
        history::ghost::<P>()
    }

    fn settings(header: &mut Header<'_>) -> Result<Self::Config, HeaderError> {
        let servers = P::settings(header)?;
        Ok(Config {
            servers,
            clients: 2,
        })
    }

    fn request(name: &str) -> MessageOf<Self> {
        let letter = name.chars().next();
        Packet::Begin {
            client: None,
            operation: letter.map_or(
                Operation::Read(Consistency::Linearizable),
                Operation::Append,
            ),
        }
    }
}

/// The protocol's messages travel as ever, those of clients *once*: they may overtake each other, and be
/// lost as long as nothing else happens.
fn channel<P: Served>(packet: &Packet<MessageOf<P>>) -> Channel {
    match packet {
        Packet::Peer(message) => (P::CHANNELS.of)(message),
        Packet::Begin { .. } | Packet::Request(_) | Packet::Reply(_) => Channel::Once,
    }
}

fn badge<P: Served>(state: &StateOf<P::Actor>) -> String {
    match state {
        actor::State::Server(served) => {
            let status = P::BADGE.map(|badge| badge(&served.replica));
            format!("{} {:?}", status.unwrap_or_default(), served.list())
        }
        actor::State::Client(attempts) => match attempts.open() {
            Some((.., operation)) => format!("{operation:?}?"),
            None => "idle".to_owned(),
        },
        actor::State::Gone => "gone".to_owned(),
    }
}

fn close<P: Served>(side: Side) -> Packet<MessageOf<P>> {
    let sessions = P::SESSIONS.expect("there are sessions");
    Packet::Peer((sessions.close)(side))
}

fn open<P: Served>(state: &StateOf<P::Actor>) -> Vec<End> {
    let sessions = P::SESSIONS.expect("there are sessions");
    let served = state.server();
    served.map_or_else(Vec::new, |served| (sessions.open)(&served.replica))
}

/// Clients ask for this, one operation after the other: the client that is named, or any that has none
/// open. A leader may crash, and nobody else. The protocol adds other events, and how often there is silence.
pub(crate) fn environment<P: Served>(
    operations: &[(Option<usize>, Operation)],
) -> Environment<ActorOf<P>> {
    let requests = operations.iter().map(|(client, operation)| Packet::Begin {
        client: client.map(Id::from),
        operation: *operation,
    });
    Environment {
        requests: requests.collect(),
        totals: vec![Total {
            name: "crashes of others than leaders",
            times: 0,
            count: is_crash_of_another::<P>,
        }],
        ..Environment::default()
    }
}

fn is_crash_of_another<P: Served>(moved: &Move<'_, ActorOf<P>>) -> u8 {
    let server = moved.before.up().and_then(|state| state.server());
    let leads = server.is_some_and(|server| P::leads(&server.replica));
    let is_crash = matches!(moved.action, Action::Crash { .. } | Action::Restart { .. });
    u8::from(is_crash && !leads)
}
