//! Sets of members that decide.
//!
//! Members, not all actors, count: clients, observers and learners may be actors beside them.

use stateright::actor::Id;
use std::collections::BTreeSet;

/// Which sets of members are quorums. A set that has a quorum in it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// More than half of the members.
    Majority(BTreeSet<Id>),
    /// More than half of each of two sets of members, while the second takes the place of the
    /// first. Raft thesis §4.3: joint consensus.
    Joint(BTreeSet<Id>, BTreeSet<Id>),
    /// All members of a component, such as those of a ring. Totem.
    Component(BTreeSet<Id>),
}

impl Quorum {
    /// More than half of these members, named by their positions among the actors.
    pub fn majority(members: impl IntoIterator<Item = usize>) -> Self {
        Quorum::Majority(members.into_iter().map(Id::from).collect())
    }

    /// Everyone who may count.
    pub fn members(&self) -> BTreeSet<Id> {
        match self {
            Quorum::Majority(members) | Quorum::Component(members) => members.clone(),
            Quorum::Joint(old, new) => old | new,
        }
    }

    /// Whether a set of ids, which this function tells the members of, has a quorum in it. The empty
    /// set never has.
    pub fn is_in(&self, set: impl Fn(Id) -> bool) -> bool {
        let counted = |members: &BTreeSet<Id>| members.iter().filter(|id| set(**id)).count();
        let majority = |members: &BTreeSet<Id>| is_quorum(counted(members), members.len());
        match self {
            Quorum::Majority(members) => majority(members),
            Quorum::Joint(old, new) => majority(old) && majority(new),
            Quorum::Component(members) => !members.is_empty() && counted(members) == members.len(),
        }
    }
}

/// Whether `count` of `members` participants are a majority.
pub fn is_quorum(count: usize, members: usize) -> bool {
    members < 2 * count
}

/// The largest position that a majority has reached, given the position of every member.
///
/// # Panics
///
/// If there are no members.
pub fn reached_by_quorum<P: Ord + Copy>(positions: impl IntoIterator<Item = P>) -> P {
    let mut positions: Vec<P> = positions.into_iter().collect();
    positions.sort_unstable();
    positions[(positions.len() - 1) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids that the tests know.
    const IDS: usize = 5;

    /// Every set of ids.
    fn sets() -> impl Iterator<Item = BTreeSet<Id>> {
        (0_u32..1 << IDS).map(|bits| {
            let ids = (0..IDS).filter(|id| bits & 1 << id != 0);
            ids.map(Id::from).collect()
        })
    }

    fn is_in(quorum: &Quorum, set: &BTreeSet<Id>) -> bool {
        quorum.is_in(|id| set.contains(&id))
    }

    /// More of the members are in the set than are not.
    fn has_most(set: &BTreeSet<Id>, members: &BTreeSet<Id>) -> bool {
        (members - set).len() < (members & set).len()
    }

    /// Every majority, joint quorum and component of a few ids, with its definition.
    fn check_all(mut check: impl FnMut(&Quorum, &dyn Fn(&BTreeSet<Id>) -> bool)) {
        for one in sets() {
            check(&Quorum::Majority(one.clone()), &|set| has_most(set, &one));
            check(&Quorum::Component(one.clone()), &|set| {
                !one.is_empty() && one.is_subset(set)
            });
            for other in sets() {
                let joint = Quorum::Joint(one.clone(), other.clone());
                check(&joint, &|set| has_most(set, &one) && has_most(set, &other));
            }
        }
    }

    #[test]
    fn quorums_are_what_they_are_defined_to_be() {
        let mut quorums = 0;
        check_all(|quorum, definition| {
            for set in sets() {
                assert_eq!(is_in(quorum, &set), definition(&set), "{quorum:?} {set:?}");
                quorums += usize::from(definition(&set));
            }
        });
        assert!(1000 < quorums);
    }

    #[test]
    fn any_two_quorums_intersect_in_a_member_and_whatever_holds_one_is_one() {
        check_all(|quorum, _| {
            let quorums: Vec<_> = sets().filter(|set| is_in(quorum, set)).collect();
            let members = quorum.members();
            for one in &quorums {
                for other in &quorums {
                    let shared = &(one & other) & &members;
                    assert!(!shared.is_empty(), "{quorum:?}: {one:?} {other:?}");
                }
                // Nobody but members counts, and more members never harm.
                assert!(is_in(quorum, &(one & &members)), "{quorum:?}: {one:?}");
                for more in sets() {
                    assert!(is_in(quorum, &(one | &more)), "{quorum:?}: {one:?}");
                }
            }
        });
    }

    #[test]
    fn a_joint_quorum_meets_every_majority_of_both_sets() {
        for (old, new) in sets().flat_map(|old| sets().map(move |new| (old.clone(), new))) {
            let joint = Quorum::Joint(old.clone(), new.clone());
            let quorums: Vec<_> = sets().filter(|set| is_in(&joint, set)).collect();
            for members in [old, new] {
                let majority = Quorum::Majority(members);
                for one in sets().filter(|set| is_in(&majority, set)) {
                    assert!(quorums.iter().all(|other| !one.is_disjoint(other)));
                }
            }
        }
    }

    #[test]
    fn a_majority_is_more_than_half() {
        let smallest: Vec<usize> = (1..=7)
            .map(|members| {
                (0..=members)
                    .find(|count| is_quorum(*count, members))
                    .unwrap()
            })
            .collect();
        assert_eq!(smallest, [1, 2, 2, 3, 3, 4, 4]);
    }

    #[test]
    fn the_position_reached_by_a_quorum_is_held_by_one() {
        for positions in [
            vec![4],
            vec![1, 5],
            vec![3, 1, 2],
            vec![4, 1, 1, 9],
            vec![5, 4, 3, 2, 1],
        ] {
            let reached = reached_by_quorum(positions.iter().copied());
            let holding = |p: i32| positions.iter().filter(|position| p <= **position).count();
            assert!(
                is_quorum(holding(reached), positions.len()),
                "{positions:?}"
            );
            assert!(
                !is_quorum(holding(reached + 1), positions.len()),
                "{positions:?}"
            );
        }
    }
}
