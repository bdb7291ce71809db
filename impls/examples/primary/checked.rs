//! What is checked of the log: claims, finite systems, mutants. See `CONTRIBUTING.md`.

use crate::log::{Log, Message, Node, Resend, Row, Rules};
use quorate_models::coverage::{Mark, Row as _};
use quorate_models::protocol::{ClaimOf, Configuration, Mutant, MutantFacts, Protocol, Shortest};
use quorate_models::script::header::{Header, HeaderError};
use quorate_models::system::claim::{Check, Claim, Condition, InPeriod, Run, Seat};
use quorate_models::system::{
    Channels, Clock, Environment, Ghost, Hook, LocalOf, Move, Period, Restart, Stable, Timeouts,
    Writes,
};

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Primary;

impl Protocol for Primary {
    type Actor = Node;
    /// The longest log that any node has known to be decided.
    type Ghost = Log;
    /// The number of nodes.
    type Config = usize;
    type Rules = Rules;

    const NAME: &'static str = "primary";
    const CLAIMS: &'static [ClaimOf<Self>] = CLAIMS;
    const CONFIGURATIONS: &'static [Configuration<Self>] = CONFIGURATIONS;
    const MUTANTS: &'static [Mutant<Self>] = MUTANTS;
    const ROWS: &'static [Mark] = Row::ALL;
    const TIMERS: &'static [Resend] = &[Resend];
    const CLOCKS: &'static [Clock<Resend>] = &[Clock {
        timer: Resend,
        min: 1,
        max: 1,
    }];

    fn actors(nodes: &usize, rules: &Rules) -> Vec<Node> {
        let (nodes, rules) = (*nodes, *rules);
        vec![Node { nodes, rules }; nodes]
    }

    fn ghost() -> Ghost<Node, Log> {
        Ghost {
            initial: Log::new(),
            hook: Hook::Observe {
                when: |_| true,
                extend: decided,
            },
        }
    }

    fn settings(header: &mut Header<'_>) -> Result<usize, HeaderError> {
        header.number_within("nodes", 3, 1..=9)
    }

    fn request(name: &str) -> Message {
        Message::Propose(name.into())
    }
}

/// What is decided, once a node knows more than was known.
fn decided(moved: &Move<'_, Node>, known: &Log) -> Option<Log> {
    let node = moved.after.up()?;
    (known.len() < node.decided).then(|| node.log.prefix(node.decided))
}

/// Whether what was decided is on the disk of a node.
fn holds(seat: Seat<'_, Node>, decided: &Log) -> bool {
    let disk = seat.local.storage.as_ref();
    decided.is_empty() || disk.is_some_and(|disk| disk.starts_with(decided))
}

/// Whether one of two logs continues the other.
fn agree(one: Seat<'_, Node>, other: Seat<'_, Node>) -> bool {
    let both = one.up().zip(other.up());
    both.is_none_or(|(one, other)| {
        one.log.starts_with(&other.log) || other.log.starts_with(&one.log)
    })
}

/// Whether both hold a command.
fn both_hold(one: Seat<'_, Node>, other: Seat<'_, Node>) -> bool {
    let both = one.up().zip(other.up());
    both.is_some_and(|(one, other)| !one.log.is_empty() && !other.log.is_empty())
}

/// Whether every node knows that all is decided. Nodes outside the good period are down.
fn all_is_decided(nodes: &[&LocalOf<Node>], _: &Log) -> bool {
    let held = nodes[0].up().map(|primary| primary.log.len());
    let mut up = nodes.iter().filter_map(|node| node.up());
    up.all(|state| Some(state.decided) == held)
}

/// Whether a node holds a command that it does not know to be decided.
fn waits(seat: Seat<'_, Node>, _: &Log) -> bool {
    seat.up()
        .is_some_and(|state| state.decided < state.log.len())
}

const CLAIMS: &[ClaimOf<Primary>] = &[
    Claim::new(
        "A Majority Holds What Is Decided",
        "ours",
        "A Command Is Decided",
        Check::Invariant(Condition::Quorum(holds)),
    ),
    Claim::new(
        "Logs Agree",
        "ours",
        "Two Nodes Hold a Command",
        Check::Invariant(Condition::Pair(agree)),
    ),
    Claim::witness(
        "A Command Is Decided",
        Condition::Ghost(|decided| !decided.is_empty()),
    ),
    Claim::witness("Two Nodes Hold a Command", Condition::Pair(both_hold)),
    Claim::new(
        "All Is Decided within 2 Ticks",
        "ours",
        "A Command Waits in the Good Period",
        Check::InPeriod(InPeriod::Within(Run::Settles(all_is_decided), 2)),
    ),
    Claim {
        name: "A Command Waits in the Good Period",
        source: "ours",
        witness: None,
        check: Check::InPeriod(InPeriod::Witness(Condition::Each(waits))),
    },
];

/// The primary resends once; clients ask for two commands.
fn environment() -> Environment<Node> {
    Environment {
        timeouts: vec![Timeouts::shared(Resend, [0], 1)],
        requests: vec![Primary::request("a"), Primary::request("b")],
        ..Environment::default()
    }
}

const CONFIGURATIONS: &[Configuration<Primary>] = &[
    Configuration::usual(
        "crash",
        "any node crashes, also between a write and what it sends after it",
        &[],
        || 3,
        || Environment {
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            ..environment()
        },
    ),
    Configuration {
        channels: Channels::for_ever(),
        ..Configuration::usual(
            "repeats",
            "every message may be lost, or arrive again at any time",
            &[],
            || 3,
            environment,
        )
    },
    Configuration::usual(
        "live",
        "a majority with the primary in it, from any moment on without a fault",
        &[],
        || 3,
        || {
            let begins = [vec![0, 1], vec![0, 2], vec![0, 1, 2]];
            let begins = begins.into_iter().map(|good| Stable::of(good).losing_all());
            Environment {
                period: Some(Period::new(begins.collect(), Primary::CLOCKS)),
                ..environment()
            }
        },
    ),
];

const MUTANTS: &[Mutant<Primary>] = &[
    Mutant {
        facts: MutantFacts::new(
            "first-answer-decides",
            "the primary decides what a single node holds",
            "ours",
            ("crash", "A Majority Holds What Is Decided"),
            Shortest::path(2, 2),
        ),
        mutate: |rules| rules.decided = |held| held.iter().copied().max().unwrap_or(0),
    },
    Mutant {
        facts: MutantFacts::new(
            "takes-repeats",
            "a backup takes a command that it holds already",
            "ours",
            ("repeats", "Logs Agree"),
            Shortest::path(4, 4),
        ),
        mutate: |rules| rules.takes = |held, position| position <= held,
    },
    Mutant {
        facts: MutantFacts::new(
            "waits-for-all",
            "a command is decided when every node holds it",
            "ours",
            ("live", "All Is Decided within 2 Ticks"),
            Shortest::lasso(4, 3, 4),
        ),
        mutate: |rules| rules.decided = |held| held.iter().copied().min().unwrap_or(0),
    },
];
