//! A protocol with one rule exchanged: a bug, which shows that a claim can fail.

use super::{ConfigurationFacts, Protocol};
use crate::system::claim::Kind;

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
    /// The steps of the shortest counterexample, once round the loop if it has one.
    pub length: usize,
}

impl MutantFacts {
    /// What is wrong with the names in it, given the configurations of its protocol.
    ///
    /// # Errors
    ///
    /// If there is no such configuration, or it makes no such claim.
    pub fn validate(&self, configurations: &[ConfigurationFacts]) -> Result<(), String> {
        let (mutant, home, property) = (self.name, self.configuration, self.property);
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
        match names.contains(&property) {
            true => Ok(()),
            false => Err(format!(
                "mutant {mutant}: {home} does not claim `{property}`; it claims: {}",
                names.join(", ")
            )),
        }
    }
}
