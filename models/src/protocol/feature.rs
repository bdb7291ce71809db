//! Which features of a protocol are searched together with which faults.

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

/// A feature and a fault.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The feature.
    pub feature: &'static str,
    /// The fault.
    pub fault: Fault,
    /// The configurations that combine them.
    pub combined: Vec<&'static str>,
    /// Why there is none, as the protocol says.
    pub whys: Vec<&'static str>,
}

/// Every pair of a protocol's features and faults, and which of these configurations combine it.
pub fn pairs(protocol: &ProtocolFacts, configurations: &[&ConfigurationFacts]) -> Vec<Pair> {
    let pair = |feature: &'static str, fault: Fault| {
        let combine = configurations
            .iter()
            .filter(|it| it.features.contains(&feature) && it.faults.contains(&fault));
        let excuses = protocol.uncombined.iter().filter(|uncombined| {
            uncombined.features.contains(&feature) && uncombined.faults.contains(&fault)
        });
        Pair {
            feature,
            fault,
            combined: combine.map(|it| it.name).collect(),
            whys: excuses.map(|uncombined| uncombined.why).collect(),
        }
    };
    let features = protocol.features.iter();
    features
        .flat_map(|feature| Fault::ALL.iter().map(move |fault| (*feature, *fault)))
        .map(|(feature, fault)| pair(feature, fault))
        .collect()
}
