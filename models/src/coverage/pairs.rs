//! Which features of a protocol are searched together with which faults.

use crate::catalog::{Entry, Protocol};
use crate::system::Fault;

/// Features and faults of which no complete configuration combines any, and why.
#[derive(Clone, Copy, Debug)]
pub struct Uncombined {
    /// Features.
    pub features: &'static [&'static str],
    /// Faults.
    pub faults: &'static [Fault],
    /// Why.
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
pub fn pairs(protocol: Protocol, configurations: &[Entry]) -> Vec<Pair> {
    let entries = configurations
        .iter()
        .filter(|entry| entry.protocol == protocol);
    let known: Vec<_> = entries
        .map(|entry| (entry.name(), entry.features(), entry.faults()))
        .collect();
    let pair = |feature: &'static str, fault: Fault| {
        let combine = known
            .iter()
            .filter(|(_, features, faults)| features.contains(&feature) && faults.contains(&fault));
        let excuses = protocol.uncombined().iter().filter(|uncombined| {
            uncombined.features.contains(&feature) && uncombined.faults.contains(&fault)
        });
        Pair {
            feature,
            fault,
            combined: combine.map(|(name, ..)| *name).collect(),
            whys: excuses.map(|uncombined| uncombined.why).collect(),
        }
    };
    let features = protocol.features().into_iter();
    features
        .flat_map(|feature| Fault::ALL.iter().map(move |fault| (feature, *fault)))
        .map(|(feature, fault)| pair(feature, fault))
        .collect()
}
