//! The mould: a protocol is one implementation of [`Protocol`], which names its actor and holds, as
//! data, everything that is known of it. The [catalog](crate::catalog) lists the protocols.

pub mod configuration;
pub mod feature;
pub mod mutant;
pub mod scenario;

pub use configuration::{Configuration, ConfigurationFacts, Profile};
pub use feature::{Feature, Uncombined};
pub use mutant::{Mutant, MutantFacts, Shortest};

use crate::coverage::Mark;
use crate::quorum::Quorum;
use crate::script::header::{Header, HeaderError};
use crate::session::Sessions;
use crate::system::channel::Channels;
use crate::system::claim::Claim;
use crate::system::{Badge, Clock, Ghost, GhostState, IsDead, Participant, Rename};
use stateright::actor::Actor;

/// A protocol.
pub trait Protocol: Copy + 'static {
    /// What each participant is.
    type Actor: Participant;
    /// What is kept of the past, for the claims.
    type Ghost: GhostState;
    /// What the participants agree on: their number, features, sizes, durations.
    type Config;
    /// The decisions that safety leans on. A mutant exchanges one of them.
    type Rules: Default;

    /// Its name, in lower case.
    const NAME: &'static str;
    /// Every claim and every witness.
    const CLAIMS: &'static [ClaimOf<Self>];
    /// The names of claims that rest on the environment of the configurations that make them. Scripts judge
    /// all but these.
    const OF_ENVIRONMENT: &'static [&'static str] = &[];
    /// Its finite systems, in the order in which they are searched, where they stand in one table.
    const CONFIGURATIONS: &'static [Configuration<Self>] = &[];

    /// Every mutant; none by default.
    const MUTANTS: &'static [Mutant<Self>] = &[];
    /// What its configurations make use of; nothing by default.
    const FEATURES: &'static [Feature<Self>] = &[];
    /// Why some features are searched without some faults.
    const UNCOMBINED: &'static [Uncombined] = &[];
    /// The rows of its transition table; none by default.
    const ROWS: &'static [Mark] = &[];
    /// The timers of its participants; none by default. In the cluster of a script, a timer that is not
    /// here never fires.
    const TIMERS: &'static [TimerOf<Self>] = &[];
    /// How its timers run in the good period; none by default.
    const CLOCKS: &'static [Clock<TimerOf<Self>>] = &[];
    /// Which messages are dropped as dead; none by default.
    const IS_DEAD: Option<IsDead<Self::Actor>> = None;
    /// How states get canonical names; they do not by default.
    const RENAME: Option<Rename<Self::Actor, Self::Ghost>> = None;
    /// What its participants say of themselves in pictures; nothing by default.
    const BADGE: Option<Badge<Self::Actor>> = None;
    /// How its messages travel in the cluster of a script that does not say; *once* by default.
    const CHANNELS: Channels<MessageOf<Self>> = Channels::once();
    /// Its sessions, where some of its messages belong to them; none by default.
    const SESSIONS: Option<Sessions<Self::Actor>> = None;
    /// The pinned results of its configurations, as TOML. Those of the catalog have one for each.
    const RESULTS: &'static str = "";

    /// Its finite systems, in the order in which they are searched, of all tables.
    fn configurations() -> Vec<Configuration<Self>> {
        Self::CONFIGURATIONS.to_vec()
    }

    /// The participants, by id.
    fn actors(config: &Self::Config, rules: &Self::Rules) -> Vec<Self::Actor>;

    /// Which members decide together. Unless a protocol says otherwise, every actor is a member, and
    /// a majority is a quorum.
    fn quorum(config: &Self::Config, actors: &[Self::Actor]) -> Quorum {
        _ = config;
        Quorum::majority(0..actors.len())
    }

    /// The ghost that is kept.
    fn ghost() -> Ghost<Self::Actor, Self::Ghost>;

    /// Whether a configuration makes a claim: it does if it reaches the claim's premise. By default
    /// every configuration makes every claim.
    fn is_made(claim: &ClaimOf<Self>, configuration: &Configuration<Self>) -> bool {
        _ = (claim, configuration);
        true
    }

    /// Reads the settings of a script's header that are the protocol's own.
    ///
    /// # Errors
    ///
    /// If a setting has an impossible value.
    fn settings(header: &mut Header<'_>) -> Result<Self::Config, HeaderError>;

    /// The message by which a client asks for what a script calls by this name.
    fn request(name: &str) -> MessageOf<Self>;

    /// The configuration of this name.
    ///
    /// # Panics
    ///
    /// If there is none.
    fn configuration(name: &str) -> Configuration<Self> {
        let mut all = Self::configurations().into_iter();
        let found = all.find(|configuration| configuration.name == name);
        found.unwrap_or_else(|| {
            let all = Self::configurations();
            let names: Vec<&str> = all.iter().map(|it| it.name).collect();
            let (protocol, names) = (Self::NAME, names.join(", "));
            panic!("there is no configuration {protocol}/{name}; there are: {names}")
        })
    }

    /// The mutant of this name.
    ///
    /// # Panics
    ///
    /// If there is none.
    fn mutant(name: &str) -> &'static Mutant<Self> {
        let found = Self::MUTANTS.iter().find(|it| it.facts.name == name);
        found.unwrap_or_else(|| panic!("{} has no mutant {name}", Self::NAME))
    }
}

/// A claim about a protocol.
pub type ClaimOf<P> = Claim<<P as Protocol>::Actor, <P as Protocol>::Ghost>;

/// A message of a protocol.
pub type MessageOf<P> = <<P as Protocol>::Actor as Actor>::Msg;

/// A timer of a protocol.
pub type TimerOf<P> = <<P as Protocol>::Actor as Actor>::Timer;

/// The facts of a protocol of any types.
pub struct ProtocolFacts {
    /// Its name.
    pub name: &'static str,
    /// Its configurations.
    pub configurations: Vec<ConfigurationFacts>,
    /// Its mutants.
    pub mutants: Vec<MutantFacts>,
    /// The rows of its transition table.
    pub rows: &'static [Mark],
    /// The names of its features.
    pub features: Vec<&'static str>,
    /// Why some features are searched without some faults.
    pub uncombined: &'static [Uncombined],
    /// The pinned results of its configurations, as TOML.
    pub results: &'static str,
}

impl ProtocolFacts {
    /// What is known of a protocol.
    ///
    /// # Panics
    ///
    /// If an entry of its tables names what is not there; with the entry and what there is.
    pub fn of<P: Protocol>() -> Self {
        let configurations = P::configurations();
        let configurations: Vec<_> = configurations.iter().map(Configuration::facts).collect();
        let mutants: Vec<MutantFacts> = P::MUTANTS.iter().map(|mutant| mutant.facts).collect();
        for mutant in &mutants {
            let named = mutant.validate(&configurations);
            named.unwrap_or_else(|problem| panic!("{}: {problem}", P::NAME));
        }
        ProtocolFacts {
            name: P::NAME,
            configurations,
            mutants,
            rows: P::ROWS,
            features: P::FEATURES.iter().map(|feature| feature.name).collect(),
            uncombined: P::UNCOMBINED,
            results: P::RESULTS,
        }
    }
}
