//! What is checked of the log: claims, finite systems, mutants. See `CONTRIBUTING.md`.

use crate::log::{Log, Message, Node, Resend, Row, Rules, State};
use quorate_models::coverage::{Mark, Row as _};
use quorate_models::protocol::{
    ClaimOf, Configuration, Mutant, MutantFacts, Profile, Protocol, Shortest,
};
use quorate_models::replica::Command;
use quorate_models::script::header::{Header, HeaderError};
use quorate_models::system::claim::{Check, Claim, Condition, Seat};
use quorate_models::system::{
    Channels, Environment, Ghost, Hook, Move, Restart, SecondOpinion, Timeouts, Writes,
};

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Primary;

/// The longest sequence of commands that any node has known to be decided.
type Decided = Vec<Command>;

impl Protocol for Primary {
    type Actor = Node;
    type Ghost = Decided;
    /// The number of nodes.
    type Config = usize;
    type Rules = Rules;

    const NAME: &'static str = "primary";
    const CLAIMS: &'static [ClaimOf<Self>] = CLAIMS;
    const MUTANTS: &'static [Mutant<Self>] = MUTANTS;
    const ROWS: &'static [Mark] = Row::ALL;
    const TIMERS: &'static [Resend] = &[Resend];

    fn configurations() -> Vec<Configuration<Self>> {
        CONFIGURATIONS.to_vec()
    }

    fn actors(nodes: &usize, rules: &Rules) -> Vec<Node> {
        let (nodes, rules) = (*nodes, *rules);
        vec![Node { nodes, rules }; nodes]
    }

    fn ghost() -> Ghost<Node, Decided> {
        Ghost {
            initial: Decided::new(),
            hook: Hook::Observe {
                when: |moved| moved.before.up().map(decided) != moved.after.up().map(decided),
                extend,
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

fn decided(state: &State) -> usize {
    state.decided
}

fn extend(moved: &Move<'_, Node>, known: &Decided) -> Option<Decided> {
    let state = moved.after.up()?;
    let new = known.len()..state.decided;
    let new = new.map(|position| state.log.0[position].clone());
    (known.len() < state.decided).then(|| known.iter().cloned().chain(new).collect())
}

/// Whether what was decided is on the disk of a node.
fn holds(seat: Seat<'_, Node>, decided: &Decided) -> bool {
    let disk = seat.local.storage.as_ref();
    let disk: Vec<_> = disk.into_iter().flat_map(|Log(log)| log.iter()).collect();
    disk.starts_with(&decided.iter().collect::<Vec<_>>())
}

/// Whether one of two logs continues the other.
fn agree(one: Seat<'_, Node>, other: Seat<'_, Node>) -> bool {
    let both = one.up().zip(other.up());
    both.is_none_or(|(State { log: one, .. }, State { log: other, .. })| {
        one.0.common_prefix(&other.0) == one.0.len().min(other.0.len())
    })
}

const CLAIMS: &[ClaimOf<Primary>] = &[
    Claim {
        name: "A Majority Holds What Is Decided",
        source: "ours",
        witness: Some("A Command Is Decided"),
        check: Check::Invariant(Condition::Quorum(holds)),
    },
    Claim {
        name: "Logs Agree",
        source: "ours",
        witness: Some("Two Nodes Hold a Command"),
        check: Check::Invariant(Condition::Pair(agree)),
    },
    Claim {
        name: "A Command Is Decided",
        source: "ours",
        witness: None,
        check: Check::Witness(Condition::Ghost(|decided| !decided.is_empty())),
    },
    Claim {
        name: "Two Nodes Hold a Command",
        source: "ours",
        witness: None,
        check: Check::Witness(Condition::Pair(|one, other| {
            let has_some = |seat: Seat<'_, Node>| seat.up().is_some_and(|it| !it.log.0.is_empty());
            has_some(one) && has_some(other)
        })),
    },
];

const CONFIGURATIONS: &[Configuration<Primary>] = &[
    Configuration {
        name: "crash",
        about: "any node crashes, also between a write and what it sends after it",
        profile: Profile::Usual,
        witnesses: &[],
        config: || 3,
        environment: || Environment {
            timeouts: vec![Timeouts::shared(Resend, [0], 1)],
            requests: vec![Primary::request("a"), Primary::request("b")],
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            ..Environment::default()
        },
        channels: Channels::once(),
        seed: None,
        second_opinion: SecondOpinion::Unreduced,
    },
    Configuration {
        name: "repeats",
        about: "every message may be lost, or arrive again at any time",
        profile: Profile::Usual,
        witnesses: &[],
        config: || 3,
        environment: || Environment {
            timeouts: vec![Timeouts::shared(Resend, [0], 1)],
            requests: vec![Primary::request("a"), Primary::request("b")],
            ..Environment::default()
        },
        channels: Channels::for_ever(),
        seed: None,
        second_opinion: SecondOpinion::Unreduced,
    },
];

const MUTANTS: &[Mutant<Primary>] = &[
    Mutant {
        facts: MutantFacts {
            name: "first-answer-decides",
            about: "the primary decides what a single node holds",
            source: "ours",
            configuration: "crash",
            property: "A Majority Holds What Is Decided",
            shortest: Shortest::path(2, 2),
        },
        mutate: |rules| rules.decided = |held| held.iter().copied().max().unwrap_or(0),
    },
    Mutant {
        facts: MutantFacts {
            name: "takes-repeats",
            about: "a backup takes a command that it holds already",
            source: "ours",
            configuration: "repeats",
            property: "Logs Agree",
            shortest: Shortest::path(4, 4),
        },
        mutate: |rules| rules.takes = |held, position| position <= held,
    },
];
