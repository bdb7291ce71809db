//! A protocol with one rule or a few exchanged: a bug, which shows that a claim can fail.

use super::{ConfigurationFacts, Protocol};
use crate::system::claim::Kind;
use std::fmt;

/// A protocol with a bug.
pub struct Mutant<P: Protocol> {
    /// What is known of it.
    pub facts: MutantFacts,
    /// Exchanges the rule.
    pub mutate: fn(&mut P::Rules),
}

impl<P: Protocol> Clone for Mutant<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Protocol> Copy for Mutant<P> {}

/// Mutants of two files, those of the first before those of the second.
///
/// # Panics
///
/// If they are not as many.
pub(crate) const fn joined<P: Protocol, const ALL: usize>(
    one: &[Mutant<P>],
    other: &[Mutant<P>],
) -> [Mutant<P>; ALL] {
    assert!(one.len() + other.len() == ALL);
    let mut all = [one[0]; ALL];
    let mut number = 0;
    while number < ALL {
        all[number] = if number < one.len() {
            one[number]
        } else {
            other[number - one.len()]
        };
        number += 1;
    }
    all
}

/// What is known of a mutant.
#[derive(Clone, Copy, Debug)]
pub struct MutantFacts {
    /// Its name.
    pub name: &'static str,
    /// What it does wrong.
    pub about: &'static str,
    /// Origin: paper section or public bug id.
    pub source: &'static str,
    /// The configuration in which it is found.
    pub configuration: &'static str,
    /// The property that it violates there.
    pub property: &'static str,
    /// The shortest counterexample.
    pub shortest: Shortest,
    /// Further claims that it violates there, each of which is no mutant's `property`.
    pub also: &'static [&'static str],
}

/// The shortest counterexample of a mutant, in steps; of a bound on events, the way to a run on which most
/// of them happen, as far as the search went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortest {
    /// Those before the loop; all of them, if there is none.
    pub stem: usize,
    /// Those once round the loop; none, if there is no loop or nothing more is possible.
    pub round: usize,
    /// The first step, from 1, at which the mutant does something else than the protocol; 0 if it starts
    /// in another state.
    pub divergence: usize,
}

impl Shortest {
    /// A path without a loop.
    pub const fn path(stem: usize, divergence: usize) -> Self {
        Shortest::lasso(stem, 0, divergence)
    }

    /// A path to a loop, and once round it.
    pub const fn lasso(stem: usize, round: usize, divergence: usize) -> Self {
        Shortest {
            stem,
            round,
            divergence,
        }
    }

    /// All its steps, once round the loop.
    pub const fn steps(&self) -> usize {
        self.stem + self.round
    }
}

impl fmt::Display for Shortest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.stem, self.round) {
            (1, 0) => write!(f, "1 step")?,
            (stem, 0) => write!(f, "{stem} steps")?,
            (stem, round) => write!(f, "{stem} + {round} steps")?,
        }
        match self.divergence {
            0 => write!(f, ", diverging from the start"),
            step => write!(f, ", diverging at step {step}"),
        }
    }
}

impl MutantFacts {
    /// Name, what it does wrong, origin, and where it is found: the configuration, the property, the way.
    pub const fn new(
        name: &'static str,
        about: &'static str,
        source: &'static str,
        (configuration, property): (&'static str, &'static str),
        shortest: Shortest,
    ) -> Self {
        MutantFacts {
            name,
            about,
            source,
            configuration,
            property,
            shortest,
            also: &[],
        }
    }

    /// With further claims that it violates.
    pub const fn also(self, claims: &'static [&'static str]) -> Self {
        MutantFacts {
            also: claims,
            ..self
        }
    }

    /// What is wrong with the names in it, given the configurations of its protocol.
    ///
    /// # Errors
    ///
    /// If there is no such configuration, or it makes no such claim.
    pub fn validate(&self, configurations: &[ConfigurationFacts]) -> Result<(), String> {
        let (mutant, home) = (self.name, self.configuration);
        let mut found = configurations.iter();
        let Some(found) = found.find(|it| it.name == home) else {
            let names: Vec<&str> = configurations.iter().map(|it| it.name).collect();
            let names = names.join(", ");
            return Err(format!(
                "mutant {mutant}: there is no configuration `{home}`; there are: {names}"
            ));
        };
        let claims = found.claims.iter().filter(|it| it.kind != Kind::Witness);
        let names: Vec<&str> = claims.map(|it| it.name).collect();
        let mut violated = self.also.iter().chain([&self.property]);
        match violated.find(|claim| !names.contains(claim)) {
            None => Ok(()),
            Some(claim) => Err(format!(
                "mutant {mutant}: {home} does not claim `{claim}`; it claims: {}",
                names.join(", ")
            )),
        }
    }
}
