//! The systems of scripts: `PROTOCOL KEY=VALUE ...`, or `PROTOCOL/CONFIGURATION [mutant=NAME]`.
//!
//! Beside the settings that are a protocol's own, there are
//!
//! | Setting | Default | Values |
//! |---|---|---|
//! | `network` | `own` | `own`, `once`, `for-ever`, `multiset`: the protocol's own channels, or one for all |
//! | `restart` | `later` | `later`, `at-once`: `crash` and `recover`, or `restart` |
//! | `writes` | `atomic` | `atomic`, `synced`: durable at once, or when they are synced |
//! | `requests` | none | what clients ask for, in this order: `a,b,c` |
//! | `partitions` | none | what can be cut and healed: `0|1,2;2->0`, the second one way |
//! | `crossing` | `lost` | `lost`, `kept`: what crosses a partition is lost, or waits |
//! | `good` | none | among whom the good period may begin, losing what is in flight or not: `0,1;0,1,2` |
//! | `dead` | `kept` | `kept`, `dropped`: messages that can never matter again |
//! | `mutant` | none | a mutant of the protocol, by its name |
//!
//! Otherwise everything may go wrong at any time: any timer may fire, any message may be lost or
//! repeated, any participant may crash. All claims are judged that do not rest on less.

use super::{ClaimOf, Configuration, MessageOf, Mutant, Protocol, TimerOf};
use crate::script::header::{Header, HeaderError};
use crate::system::claim::Kind;
use crate::system::{
    Channels, Crossing, Environment, IsDead, Links, Network, Partition, Period, Restart, Stable,
    System, Timeouts, Writes,
};
use std::num::ParseIntError;

/// A system as a header describes it.
pub struct Scenario<P: Protocol> {
    config: P::Config,
    channels: Channels<MessageOf<P>>,
    restart: Restart,
    writes: Writes,
    requests: Vec<String>,
    links: Links,
    good: Vec<Stable<TimerOf<P>>>,
    dead: Option<IsDead<P::Actor>>,
    mutant: Option<&'static Mutant<P>>,
}

/// The system that a header describes.
pub enum Described<P: Protocol> {
    /// `PROTOCOL KEY=VALUE ...`
    Scenario(Scenario<P>),
    /// `PROTOCOL/CONFIGURATION`, perhaps with a mutant. No message is dropped as dead, so that a script rests
    /// on no reduction.
    Configuration(Configuration<P>, Option<&'static Mutant<P>>),
}

impl<P: Protocol> Described<P> {
    /// Reads a header.
    ///
    /// # Errors
    ///
    /// If the protocol has no such configuration or setting, or a setting has an impossible value.
    pub fn parse(mut header: Header<'_>) -> Result<Self, HeaderError> {
        if header.protocol == P::NAME {
            return Ok(Described::Scenario(Scenario::parse(header)?));
        }
        let path = |it: &Configuration<P>| format!("{}/{}", P::NAME, it.name);
        let mut configurations = P::configurations().into_iter();
        let found = configurations.find(|it| path(it) == header.protocol);
        let found = found.ok_or_else(|| HeaderError::Configuration(header.protocol.to_owned()))?;
        let mutants: Vec<_> = P::MUTANTS.iter().map(|it| (it.facts.name, it)).collect();
        let mutant = header.optional("mutant", &mutants)?;
        header.finish()?;
        Ok(Described::Configuration(found, mutant))
    }

    /// The system. A mutant that is given takes the place of the header's.
    pub fn system(&self, mutant: Option<&Mutant<P>>) -> System<P::Actor, P::Ghost> {
        match self {
            Described::Scenario(scenario) => scenario.system(mutant),
            Described::Configuration(configuration, own) => System {
                is_dead: None,
                ..configuration.system(mutant.or(*own))
            },
        }
    }
}

impl<P: Protocol> Scenario<P> {
    /// Reads a header.
    ///
    /// # Errors
    ///
    /// If a setting is unknown or has an impossible value.
    pub fn parse(mut header: Header<'_>) -> Result<Self, HeaderError> {
        let kinds = [
            ("own", P::CHANNELS),
            ("once", Channels::once()),
            ("for-ever", Channels::for_ever()),
            ("multiset", Channels::multiset()),
        ];
        let restart = [("later", Restart::Later), ("at-once", Restart::AtOnce)];
        let writes = [("atomic", Writes::Atomic), ("synced", Writes::Synced)];
        let crossing = [("lost", Crossing::Lost), ("kept", Crossing::Kept)];
        let dead = [("kept", None), ("dropped", P::IS_DEAD)];
        let scenario = Scenario {
            config: P::settings(&mut header)?,
            channels: header.one_of("network", &kinds)?,
            restart: header.one_of("restart", &restart)?,
            writes: header.one_of("writes", &writes)?,
            requests: requests(&mut header),
            links: Links {
                crossing: header.one_of("crossing", &crossing)?,
                ..Links::new(partitions(&mut header)?, u8::MAX, u8::MAX)
            },
            good: good(&mut header)?,
            dead: header.one_of("dead", &dead)?,
            mutant: mutant(&mut header)?,
        };
        header.finish()?;
        Ok(scenario)
    }

    /// The system. A mutant that is given takes the place of the header's.
    pub fn system(&self, mutant: Option<&Mutant<P>>) -> System<P::Actor, P::Ghost> {
        let mut rules = P::Rules::default();
        if let Some(mutant) = mutant.or(self.mutant) {
            (mutant.mutate)(&mut rules);
        }
        let actors = P::actors(&self.config, &rules);
        let is_judged = |claim: &&ClaimOf<P>| {
            let is_general = !P::OF_ENVIRONMENT.contains(&claim.name);
            claim.kind() != Kind::Witness && !claim.is_in_period() && is_general
        };
        System {
            quorum: P::quorum(&self.config, &actors),
            channels: self.channels,
            sessions: P::SESSIONS,
            network: Network::default(),
            environment: self.environment(actors.len()),
            boundary: None,
            ghost: P::ghost(),
            claims: P::CLAIMS.iter().filter(is_judged).cloned().collect(),
            seed: None,
            rename: None,
            is_dead: self.dead,
            badge: P::BADGE,
            actors,
        }
    }

    fn environment(&self, participants: usize) -> Environment<P::Actor> {
        let timers = P::TIMERS.iter().cloned();
        let requests = self.requests.iter();
        Environment {
            timeouts: timers
                .map(|timer| Timeouts::unlimited(timer, 0..participants))
                .collect(),
            crashes: u8::MAX,
            restart: self.restart,
            losses: u8::MAX,
            duplicates: u8::MAX,
            writes: self.writes,
            links: self.links.clone(),
            period: (!self.good.is_empty()).then(|| Period::new(self.good.clone(), P::CLOCKS)),
            requests: requests.map(|name| P::request(name)).collect(),
            ..Environment::default()
        }
    }
}

fn requests(header: &mut Header<'_>) -> Vec<String> {
    let names = header.text("requests").unwrap_or_default().split(',');
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn partitions(header: &mut Header<'_>) -> Result<Vec<Partition>, HeaderError> {
    let texts = header.text("partitions").unwrap_or_default();
    let texts = texts.split(';').filter(|text| !text.is_empty());
    let parse = |text: &str| {
        text.parse().map_err(|()| HeaderError::Value {
            key: "partitions",
            found: text.to_owned(),
            expected: "both sides, as in `0|1,2`, or one way, as in `0->1,2`".to_owned(),
        })
    };
    texts.map(parse).collect()
}

fn good<Timer: Clone>(header: &mut Header<'_>) -> Result<Vec<Stable<Timer>>, HeaderError> {
    let found = header.text("good").unwrap_or_default();
    let texts = found.split(';').filter(|text| !text.is_empty());
    let ids = |text: &str| text.split(',').map(str::parse).collect();
    let sets: Result<Vec<Vec<usize>>, ParseIntError> = texts.map(ids).collect();
    let sets = sets.map_err(|_| HeaderError::Value {
        key: "good",
        found: found.to_owned(),
        expected: "participants, as in `0,1;0,1,2`".to_owned(),
    })?;
    let sets = sets.into_iter().map(Stable::of);
    let both = sets.flat_map(|stable| [stable.clone(), stable.losing_all()]);
    Ok(both.collect())
}

fn mutant<P: Protocol>(header: &mut Header<'_>) -> Result<Option<&'static Mutant<P>>, HeaderError> {
    let Some(found) = header.text("mutant") else {
        return Ok(None);
    };
    let mutant = P::MUTANTS.iter().find(|it| it.facts.name == found);
    mutant.map(Some).ok_or_else(|| HeaderError::Value {
        key: "mutant",
        found: found.to_owned(),
        expected: format!("the name of a mutant of {}", P::NAME),
    })
}
