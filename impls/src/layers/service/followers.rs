//! The progress of a leader's followers, as it hears of it.

use crate::request::{FollowerStatus, index};
use quorate_models::replica::Status;
use stateright::actor::Id;
use std::collections::BTreeMap;

/// The positions that others have acknowledged to this node in one generation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Followers {
    generation: u64,
    acknowledged: BTreeMap<Id, u64>,
}

impl Followers {
    /// One of them acknowledges so many positions, or did so earlier: datagrams overtake each other.
    pub fn note(&mut self, generation: u64, follower: Id, positions: u64) {
        if self.generation != generation {
            self.generation = generation;
            self.acknowledged.clear();
        }
        let known = self.acknowledged.entry(follower).or_default();
        *known = positions.max(*known);
    }

    /// All others of so many nodes, if this one leads; `None` for those of whom nothing was heard.
    pub fn status(
        &self,
        id: Id,
        nodes: usize,
        status: &Status,
    ) -> BTreeMap<usize, Option<FollowerStatus>> {
        if status.leader != Some(id) {
            return BTreeMap::new();
        }
        let is_current = self.generation == status.generation;
        let of = |node: usize| {
            let acknowledged = self.acknowledged.get(&Id::from(node)).copied();
            acknowledged
                .filter(|_| is_current)
                .map(|acknowledged| FollowerStatus {
                    acknowledged,
                    missing: status.last.saturating_sub(acknowledged),
                })
        };
        let others = (0..nodes).filter(|node| *node != index(id));
        others.map(|node| (node, of(node))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(generation: u64, leader: usize) -> Status {
        Status {
            generation,
            leader: Some(Id::from(leader)),
            last: 10,
            ..Status::default()
        }
    }

    #[test]
    fn a_late_acknowledgement_takes_nothing_back() {
        let mut followers = Followers::default();
        followers.note(3, Id::from(1), 8);
        followers.note(3, Id::from(1), 5);
        let told = followers.status(Id::from(0), 3, &status(3, 0));
        let known = FollowerStatus {
            acknowledged: 8,
            missing: 2,
        };
        assert_eq!(told, BTreeMap::from([(1, Some(known)), (2, None)]));
    }

    #[test]
    fn what_was_acknowledged_in_another_generation_does_not_count() {
        let mut followers = Followers::default();
        followers.note(3, Id::from(1), 8);
        let told = followers.status(Id::from(0), 2, &status(4, 0));
        assert_eq!(told, BTreeMap::from([(1, None)]));
        followers.note(4, Id::from(1), 2);
        let told = followers.status(Id::from(0), 2, &status(4, 0));
        assert_eq!(told[&1].as_ref().map(|it| it.acknowledged), Some(2));
    }

    #[test]
    fn a_node_that_does_not_lead_has_no_followers() {
        let mut followers = Followers::default();
        followers.note(3, Id::from(1), 8);
        assert!(followers.status(Id::from(0), 3, &status(3, 2)).is_empty());
    }
}
