//! Majorities.

/// Whether `count` of `members` participants are a majority.
pub fn is_quorum(count: usize, members: usize) -> bool {
    members < 2 * count
}

/// The largest position that a majority has reached, given the position of every participant.
///
/// # Panics
///
/// If there are no participants.
pub fn reached_by_quorum<P: Ord + Copy>(positions: impl IntoIterator<Item = P>) -> P {
    let mut positions: Vec<P> = positions.into_iter().collect();
    positions.sort_unstable();
    positions[(positions.len() - 1) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

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
