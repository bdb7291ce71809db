//! Every protocol with its configurations and mutants, by name.

use crate::property::Stated;
use crate::raft;
use crate::system::{History, Participant, System};

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// [`raft`](crate::raft).
    Raft,
}

/// A configuration of a protocol.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The protocol.
    pub protocol: Protocol,
    position: usize,
}

/// A mutant of a protocol.
#[derive(Clone, Copy)]
pub struct MutantEntry {
    /// The protocol.
    pub protocol: Protocol,
    position: usize,
}

/// Something that is done with a system, whatever its actors.
pub trait Visitor {
    /// What it gives.
    type Output;

    /// Does it.
    fn visit<A: Participant, G: History>(self, system: System<A, G>) -> Self::Output;
}

impl Protocol {
    /// Every protocol.
    pub const ALL: &[Protocol] = &[Protocol::Raft];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Raft => "raft",
        }
    }

    /// Its configurations.
    pub fn configurations(self) -> Vec<Entry> {
        let count = match self {
            Protocol::Raft => raft::model::CONFIGURATIONS.len(),
        };
        (0..count)
            .map(|position| Entry {
                protocol: self,
                position,
            })
            .collect()
    }

    /// Its mutants.
    pub fn mutants(self) -> Vec<MutantEntry> {
        let count = match self {
            Protocol::Raft => raft::mutants::MUTANTS.len(),
        };
        (0..count)
            .map(|position| MutantEntry {
                protocol: self,
                position,
            })
            .collect()
    }
}

impl Entry {
    fn raft(self) -> &'static raft::model::Configuration {
        &raft::model::CONFIGURATIONS[self.position]
    }

    /// Its name, without the protocol's.
    pub fn name(self) -> &'static str {
        match self.protocol {
            Protocol::Raft => self.raft().name,
        }
    }

    /// The name by which it is asked for: `protocol/configuration`.
    pub fn path(self) -> String {
        format!("{}/{}", self.protocol.name(), self.name())
    }

    /// What happens in it.
    pub fn about(self) -> &'static str {
        match self.protocol {
            Protocol::Raft => self.raft().about,
        }
    }

    /// The mutants that are to be found in it.
    pub fn mutants(self) -> impl Iterator<Item = MutantEntry> {
        let mutants = self.protocol.mutants().into_iter();
        mutants.filter(move |mutant| mutant.facts().configuration == self.name())
    }

    /// Builds its system, with a mutant of the protocol if one is given, and does something with
    /// it.
    ///
    /// # Panics
    ///
    /// If the mutant is another protocol's.
    pub fn visit<V: Visitor>(self, mutant: Option<MutantEntry>, visitor: V) -> V::Output {
        assert!(mutant.is_none_or(|mutant| mutant.protocol == self.protocol));
        match self.protocol {
            Protocol::Raft => visitor.visit(self.raft().system(mutant.map(MutantEntry::raft))),
        }
    }
}

/// What is known of a mutant.
#[derive(Clone, Copy, Debug)]
pub struct MutantFacts {
    /// Its name.
    pub name: &'static str,
    /// What it does wrong.
    pub about: &'static str,
    /// Who made it, or where it is described.
    pub source: &'static str,
    /// The configuration in which it is found.
    pub configuration: &'static str,
    /// The property that it violates there.
    pub property: &'static str,
    /// The steps of the shortest counterexample.
    pub length: usize,
}

impl MutantEntry {
    fn raft(self) -> &'static raft::mutants::Mutant {
        &raft::mutants::MUTANTS[self.position]
    }

    /// What is known of it.
    pub fn facts(self) -> MutantFacts {
        match self.protocol {
            Protocol::Raft => {
                let raft::mutants::Mutant {
                    name,
                    about,
                    source,
                    configuration,
                    property,
                    length,
                    ..
                } = *self.raft();
                MutantFacts {
                    name,
                    about,
                    source,
                    configuration,
                    property,
                    length,
                }
            }
        }
    }
}

/// A claim, without the function that judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimFacts {
    /// Its name.
    pub name: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its kind.
    pub kind: crate::property::Kind,
    /// The witness of its premise.
    pub witness: Option<&'static str>,
}

impl<A: Participant, G: History> From<&Stated<A, G>> for ClaimFacts {
    fn from(stated: &Stated<A, G>) -> Self {
        let Stated {
            name,
            source,
            witness,
            ..
        } = *stated;
        ClaimFacts {
            name,
            source,
            kind: stated.kind(),
            witness,
        }
    }
}
