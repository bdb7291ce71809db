//! Zab in sessions over datagrams, as nodes run it, searched where messages get lost, are repeated and
//! reordered for ever. Zab alone is searched where sessions keep their promises; [`fifo`] alone is checked
//! to keep them; this is both together, where that is small enough.

use crate::fifo::frame::Frame;
use crate::fifo::state::StateOf;
use crate::fifo::{self, Fifo, Timer};
use crate::protocol::{self, ClaimOf, Mutant, MutantFacts, Profile, Protocol, Shortest};
use crate::script::header::{Header, HeaderError};
use crate::system::claim::Condition::{Each, Pair};
use crate::system::claim::{self, Check};
use crate::system::{Badge, Channels, Environment, Ghost, Timeouts};
use crate::zab::config::{Config, Election};
use crate::zab::message::Message;
use crate::zab::server::{Server, Timer as ZabTimer};
use crate::zab::state::{Progress, Role, State};
use crate::zab::{Zab, rules};
use std::ops::Range;
use std::time::Duration;

/// Zab's server in sessions.
pub type Node = Fifo<Server>;

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct ZabOnFifo;

type Configuration = protocol::Configuration<ZabOnFifo>;
type Claim = claim::Claim<Node, ()>;
type Seat<'a> = claim::Seat<'a, Node>;

/// A server in sessions, as a node runs it.
pub fn node(config: Config, resend: Duration) -> Node {
    Fifo {
        config: fifo::Config {
            window: Some(WINDOW),
            messages_per_frame: 1024,
            bytes_per_frame: config.bytes_per_message,
            bytes,
            resend,
        },
        ..around(Server::new(config), fifo::rules::Rules::default())
    }
}

/// Frames of a session that a node has on their way in one direction.
const WINDOW: usize = 4;

/// A server in sessions in which each message is sent at once.
fn around(inner: Server, rules: fifo::rules::Rules) -> Node {
    Fifo {
        inner,
        part: Message::part,
        sessions: Zab::SESSIONS.expect("Zab has sessions"),
        config: fifo::Config::unlimited(),
        rules,
    }
}

/// The decisions of the servers and of their sessions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// Those of the servers.
    pub zab: rules::Rules,
    /// Those of the sessions.
    pub sessions: fifo::rules::Rules,
}

impl Protocol for ZabOnFifo {
    type Actor = Node;
    type Ghost = ();
    type Config = Config;
    type Rules = Rules;

    const NAME: &'static str = "zab_on_fifo";
    const CLAIMS: &'static [ClaimOf<Self>] = CLAIMS;
    const CONFIGURATIONS: &'static [Configuration] = CONFIGURATIONS;
    const MUTANTS: &'static [Mutant<Self>] = &[PROPOSES_TO_FEW, ANY_SESSION];
    const CHANNELS: Channels<Frame<Message>> = Channels::for_ever();
    const BADGE: Option<Badge<Node>> = Some(|state: &StateOf<Server>| state.inner().badge());
    const RESULTS: &'static str = include_str!("../results/zab_on_fifo.toml");

    fn actors(config: &Config, rules: &Rules) -> Vec<Node> {
        let server = Server {
            config: config.clone(),
            rules: rules.zab,
        };
        vec![around(server, rules.sessions); config.servers]
    }

    fn ghost() -> Ghost<Node, ()> {
        Ghost::none(())
    }

    fn settings(header: &mut Header<'_>) -> Result<Config, HeaderError> {
        Zab::settings(header)
    }

    fn request(name: &str) -> Frame<Message> {
        Frame::Plain(Message::Request(name.into()))
    }
}

/// Zab's mutant, which shows in sessions over datagrams, too.
const PROPOSES_TO_FEW: Mutant<ZabOnFifo> = Mutant {
    facts: MutantFacts::new(
        "proposes-to-few",
        "a leader proposes only to those that have acknowledged NEWLEADER",
        "Zab l.3.1",
        ("three-servers", "No Server Stops"),
        Shortest::path(22, 17),
    ),
    mutate: |rules| rules.zab.is_forwarded = |progress| progress == Progress::Synchronized,
};

/// A frame of an earlier session is taken for one of the present one.
const ANY_SESSION: Mutant<ZabOnFifo> = Mutant {
    facts: MutantFacts::new(
        "any-session-is-the-one",
        "a frame of an earlier session counts in the present one",
        "Zab, FIFO channels",
        ("two-servers", "No Server Stops"),
        Shortest::path(14, 14),
    ),
    mutate: |rules| rules.sessions.belongs = |_, _| true,
};

const CONFIGURATIONS: &[Configuration] = &[
    Configuration::usual(
        "two-servers",
        "a transaction; a session breaks, on one side first, and another one begins; an oracle elects",
        &["A Second Session Is There"],
        || Config::new(2, Election::Oracle),
        || environment(2, 0..1, 2, (1, 0)),
    ),
    Configuration::usual(
        "two-servers-crash",
        "a transaction; a server crashes, and another session begins; an oracle elects",
        &["A Second Session Is There"],
        || Config::new(2, Election::Oracle),
        || environment(2, 0..1, 2, (0, 1)),
    ),
    Configuration::usual(
        "three-servers",
        "a transaction; an oracle elects",
        &[],
        || Config::new(3, Election::Oracle),
        || environment(3, 0..1, 2, (0, 0)),
    ),
    Configuration {
        profile: Profile::Deep,
        ..Configuration::usual(
            "three-servers-deep",
            "as three-servers, and a session breaks, on one side first, and another one begins; \
             an oracle elects",
            &["A Second Session Is There"],
            || Config::new(3, Election::Oracle),
            || environment(3, 0..1, 2, (1, 0)),
        )
    },
];

/// A server leads, so many times one follows it, and so many times one gives up and one crashes; then one
/// leads and one follows once more.
fn environment(
    servers: usize,
    leaders: Range<usize>,
    follows: u8,
    (give_ups, crashes): (u8, u8),
) -> Environment<Node> {
    let inner = Timer::Inner;
    let again = give_ups + crashes;
    let mut timeouts = vec![
        Timeouts::shared(inner(ZabTimer::Lead), leaders, 1 + again),
        Timeouts::shared(inner(ZabTimer::Follow(0)), 1..servers, follows + again),
    ];
    if 0 < give_ups {
        let drop = (0..servers).map(ZabTimer::Drop);
        timeouts.push(Timeouts {
            timers: drop.chain([ZabTimer::GiveUp]).map(inner).collect(),
            times: Some(give_ups),
            ..Timeouts::unlimited(inner(ZabTimer::GiveUp), 0..servers)
        });
    }
    Environment {
        timeouts,
        crashes,
        requests: vec![Frame::Plain(Message::Request("a".into()))],
        ..Environment::default()
    }
}

/// Every claim.
const CLAIMS: &[Claim] = &[
    Claim::new(
        "No Server Stops",
        "ours",
        "Two Servers Have Delivered",
        Check::Invariant(Each(|seat, _| {
            state(seat).is_none_or(|state| !matches!(state.role, Role::Stopped(_)))
        })),
    ),
    Claim::witness(
        "Two Servers Have Delivered",
        Pair(|one, other| {
            both(one, other).is_some_and(|(one, other)| {
                let some = |state: &State| 0 < state.delivered().count();
                some(one) && some(other)
            })
        }),
    ),
    Claim::witness(
        "A Second Session Is There",
        Each(|seat, _| {
            let lines = seat
                .up()
                .iter()
                .flat_map(|state| state.lines.values())
                .collect::<Vec<_>>();
            lines
                .iter()
                .any(|line| 2 <= line.session.number && 2 <= line.taken)
        }),
    ),
];

fn state(seat: Seat<'_>) -> Option<&State> {
    seat.up().map(StateOf::<Server>::inner)
}

fn both<'a>(one: Seat<'a>, other: Seat<'a>) -> Option<(&'a State, &'a State)> {
    state(one).zip(state(other))
}

/// About how many bytes a message takes.
fn bytes(message: &Message) -> usize {
    const FIXED: usize = 64;
    let txns = match message {
        Message::History { txns, .. } | Message::NewLeader { txns, .. } => &txns[..],
        Message::SnapshotPart { bytes, .. } => return FIXED + bytes.len(),
        Message::Proposal { txn, .. } => std::slice::from_ref(txn),
        Message::Forward(command) => return FIXED + command.0.len(),
        _ => &[],
    };
    let bytes = txns.iter().map(|txn| FIXED + txn.command.0.len());
    FIXED + bytes.sum::<usize>()
}
