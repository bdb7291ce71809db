//! A protocol with one rule exchanged: a bug, which shows that a claim can fail.

use super::Protocol;

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
