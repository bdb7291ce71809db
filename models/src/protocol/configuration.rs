//! The finite systems of a protocol that are searched to the end.

use super::{ClaimOf, MessageOf, Mutant, Protocol};
use crate::script;
use crate::system::claim::{ClaimFacts, Kind};
use crate::system::{
    Channels, Environment, Fault, Ghost, Network, Participant, SecondOpinion, System,
};

/// A finite system, named for what it covers. Its size comes from its environment alone;
/// nothing is cut.
pub struct Configuration<P: Protocol> {
    /// Its name, for what it covers.
    pub name: &'static str,
    /// What happens in it, in a sentence.
    pub about: &'static str,
    /// When it is searched.
    pub profile: Profile,
    /// Witnesses that it covers what it is named for, beside those of its claims.
    pub witnesses: &'static [&'static str],
    /// What the participants agree on.
    pub config: fn() -> P::Config,
    /// What goes wrong.
    pub environment: fn() -> Environment<P::Actor>,
    /// How each message travels.
    pub channels: Channels<MessageOf<P>>,
    /// What happens before the search starts, as the verbs of a [script]. Its faults
    /// and timeouts are spent.
    pub seed: Option<&'static str>,
    /// How the second opinion searches it.
    pub second_opinion: SecondOpinion,
}

impl<P: Protocol> Clone for Configuration<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Protocol> Copy for Configuration<P> {}

/// When a configuration is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// With every test, and whenever nothing else is asked for.
    Usual,
    /// By hand; the result is recorded.
    Deep,
}

/// The facts of a configuration of any types.
pub struct ConfigurationFacts {
    /// Its name, without the protocol's.
    pub name: &'static str,
    /// What happens in it.
    pub about: &'static str,
    /// When it is searched.
    pub profile: Profile,
    /// What limits it: actors, channels, environment, in words.
    pub bounds: String,
    /// Whether its first steps are given: it is not searched from the start.
    pub is_seeded: bool,
    /// Which features of the protocol are on.
    pub features: Vec<&'static str>,
    /// Whether the same timer fires at several participants.
    pub contention: bool,
    /// What may go wrong in it.
    pub faults: Vec<Fault>,
    /// The claims that are made of it, and their witnesses.
    pub claims: Vec<ClaimFacts>,
    /// How the second opinion searches it.
    pub second_opinion: SecondOpinion,
}

impl<P: Protocol> Configuration<P> {
    /// A usual one, in the protocol's own channels, without a seed.
    pub const fn usual(
        name: &'static str,
        about: &'static str,
        witnesses: &'static [&'static str],
        config: fn() -> P::Config,
        environment: fn() -> Environment<P::Actor>,
    ) -> Self {
        Configuration {
            name,
            about,
            profile: Profile::Usual,
            witnesses,
            config,
            environment,
            channels: P::CHANNELS,
            seed: None,
            second_opinion: SecondOpinion::Reduced,
        }
    }

    /// Every claim whose premise is reached, each with its witness, and the witnesses of its own. Where
    /// there may be a good period, claims about it are made, and no others.
    ///
    /// # Panics
    ///
    /// If there is no witness of a name.
    fn claims(&self) -> Vec<ClaimOf<P>> {
        let is_made = |claim: &ClaimOf<P>| {
            claim.is_in_period() == self.has_period()
                && claim.kind() != Kind::Witness
                && P::is_made(claim, self)
        };
        let made = P::CLAIMS.iter().filter(|claim| is_made(claim));
        let named = made.filter_map(|claim| Some((claim.name, claim.witness?)));
        let own = self.witnesses.iter().map(|name| (self.name, *name));
        let named: Vec<(&str, &str)> = named.chain(own).collect();
        let known = P::CLAIMS.iter().filter(|it| it.kind() == Kind::Witness);
        let known: Vec<&str> = known.map(|claim| claim.name).collect();
        for (by, name) in &named {
            assert!(
                known.contains(name),
                "{}: {by} names the witness `{name}`, which is not there; there are: {}",
                P::NAME,
                known.join(", ")
            );
        }
        let witnesses: Vec<&str> = named.into_iter().map(|(_, name)| name).collect();
        let is_stated = |claim: &&ClaimOf<P>| match claim.kind() {
            Kind::Witness => witnesses.contains(&claim.name),
            _ => is_made(claim),
        };
        P::CLAIMS.iter().filter(is_stated).cloned().collect()
    }

    /// The ghost; none is kept where there may be a good period.
    fn ghost(&self) -> Ghost<P::Actor, P::Ghost> {
        let ghost = P::ghost();
        match self.has_period() {
            true => Ghost::none(ghost.initial),
            false => ghost,
        }
    }

    fn renames(&self) -> bool {
        let period = (self.environment)().period;
        period.is_some_and(|period| period.renames)
    }

    fn has_period(&self) -> bool {
        (self.environment)().period.is_some()
    }

    /// The system, with one rule exchanged if a mutant is given.
    ///
    /// A seed names only messages that are delivered, in words that fit no dead message: none is
    /// dropped on its way. Where an edit or a mutant makes it impossible, the system has no
    /// [start](System::start).
    ///
    /// # Panics
    ///
    /// If it names a witness or a participant that is not there.
    pub fn system(&self, mutant: Option<&Mutant<P>>) -> System<P::Actor, P::Ghost> {
        let mut rules = P::Rules::default();
        if let Some(mutant) = mutant {
            (mutant.mutate)(&mut rules);
        }
        let config = (self.config)();
        let actors = P::actors(&config, &rules);
        let environment = (self.environment)();
        if let Some(stranger) = stranger(&environment, actors.len()) {
            let (path, last) = (format!("{}/{}", P::NAME, self.name), actors.len() - 1);
            panic!("{path}: {stranger}, who is not there; participants are 0 to {last}");
        }
        System {
            quorum: P::quorum(&config, &actors),
            actors,
            channels: self.channels,
            sessions: P::SESSIONS,
            network: Network::default(),
            environment,
            boundary: None,
            ghost: self.ghost(),
            claims: self.claims(),
            seed: self.seed.map(script::seed),
            rename: P::RENAME.filter(|_| self.renames()),
            is_dead: P::IS_DEAD.filter(|_| !self.renames()),
            badge: P::BADGE,
        }
    }

    /// Its facts, without its types.
    pub fn facts(&self) -> ConfigurationFacts {
        let system = self.system(None);
        let (config, environment) = ((self.config)(), &system.environment);
        let features = P::FEATURES.iter();
        let on = features.filter(|feature| (feature.is_on)(&config, environment));
        ConfigurationFacts {
            name: self.name,
            about: self.about,
            profile: self.profile,
            bounds: system.bounds(),
            is_seeded: system.seed.is_some(),
            features: on.map(|feature| feature.name).collect(),
            contention: system.has_contention(),
            faults: system.faults(),
            claims: system.claims.iter().map(ClaimFacts::from).collect(),
            second_opinion: self.second_opinion,
        }
    }
}

/// Where an environment names someone who is not among so many participants, in words.
fn stranger<A: Participant>(environment: &Environment<A>, participants: usize) -> Option<String> {
    let pools = environment.timeouts.iter().flat_map(|pool| {
        let of = pool.of.iter();
        of.map(|id| (*id, format!("timeouts {:?}", pool.timers)))
    });
    let begins = environment.period.iter().flat_map(|period| &period.begins);
    let good = begins.flat_map(|stable| {
        let good = stable.good().iter();
        good.map(|id| (*id, "a good period".to_owned()))
    });
    let mut named = pools.chain(good);
    let stranger = named.find(|(id, _)| participants <= usize::from(*id));
    stranger.map(|(id, what)| format!("{what} of participant {}", usize::from(id)))
}
