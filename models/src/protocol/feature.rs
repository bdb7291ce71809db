//! Which features of a protocol are searched together with contention and with each fault.

use super::{ConfigurationFacts, Protocol, ProtocolFacts};
use crate::system::{Environment, Fault};

/// Something that the participants do in some configurations and not in others.
pub struct Feature<P: Protocol> {
    /// Its name.
    pub name: &'static str,
    /// Whether they do it.
    pub is_on: fn(&P::Config, &Environment<P::Actor>) -> bool,
}

/// Feature and fault pairs that no complete configuration combines, with the reason.
#[derive(Clone, Copy, Debug)]
pub struct Uncombined {
    /// Features.
    pub features: &'static [&'static str],
    /// Faults.
    pub faults: &'static [Fault],
    /// The reason.
    pub why: &'static str,
}

/// What features are searched together with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The same timer fires at several participants.
    Contention,
    /// Something goes wrong.
    Fault(Fault),
}

/// A feature and a column.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The feature.
    pub feature: &'static str,
    /// The column.
    pub column: Column,
    /// The configurations that combine them.
    pub combined: Vec<&'static str>,
    /// Why there is none, as the protocol says.
    pub whys: Vec<&'static str>,
}

impl Column {
    /// Every column.
    pub fn all() -> impl Iterator<Item = Column> {
        let faults = Fault::ALL.iter().copied().map(Column::Fault);
        std::iter::once(Column::Contention).chain(faults)
    }

    /// Its name, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Column::Contention => "contention",
            Column::Fault(fault) => fault.name(),
        }
    }

    /// Whether a configuration has it.
    fn is_in(self, configuration: &ConfigurationFacts) -> bool {
        match self {
            Column::Contention => configuration.contention,
            Column::Fault(fault) => configuration.faults.contains(&fault),
        }
    }

    /// Whether a reason is about it.
    fn is_excused(self, uncombined: &Uncombined) -> bool {
        match self {
            Column::Contention => false,
            Column::Fault(fault) => uncombined.faults.contains(&fault),
        }
    }
}

/// Every pair of a protocol's features and the columns, and which of these configurations combine it.
pub fn pairs(protocol: &ProtocolFacts, configurations: &[&ConfigurationFacts]) -> Vec<Pair> {
    let pair = |feature: &'static str, column: Column| {
        let combine = configurations
            .iter()
            .filter(|it| it.features.contains(&feature) && column.is_in(it));
        let excuses = protocol.uncombined.iter().filter(|uncombined| {
            uncombined.features.contains(&feature) && column.is_excused(uncombined)
        });
        Pair {
            feature,
            column,
            combined: combine.map(|it| it.name).collect(),
            whys: excuses.map(|uncombined| uncombined.why).collect(),
        }
    };
    let features = protocol.features.iter();
    features
        .flat_map(|feature| Column::all().map(move |column| (*feature, column)))
        .map(|(feature, column)| pair(feature, column))
        .collect()
}
