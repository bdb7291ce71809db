//! Judging without edges: states are taken out of a region, sweep by sweep, as their successors are
//! found again.
//!
//! A state whose successors are all outside the region is on no cycle of it. What is left when a
//! sweep takes nothing out leads to a cycle. Dead ends are looked for first, since a sweep would
//! take them out.

use super::{State, States};

/// What sweeps find of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// The states of the region where a run may stop.
    pub dead_ends: Vec<State>,
    /// The states of the region from which a cycle of it is reached, or that are on one.
    pub left: States,
    /// How often the successors of a state were looked for.
    pub looks: usize,
}

/// Takes out of a region whatever leads to no cycle of it. `successors` gives the successors of a state,
/// and whether the run may stop there. States with larger numbers are looked at first, because most
/// steps lead to those.
pub fn sweep(region: &States, successors: &mut dyn FnMut(State, &mut Vec<State>) -> bool) -> Swept {
    let (mut left, mut dead_ends, mut looks) = (region.clone(), Vec::new(), 0);
    let mut is_first = true;
    loop {
        let mut taken_out = false;
        for state in region.iter().rev() {
            if !left.has(state) {
                continue;
            }
            let mut next = Vec::new();
            let may_stop = successors(state, &mut next);
            looks += 1;
            if is_first && may_stop {
                dead_ends.push(state);
            }
            if !next.iter().any(|state| left.has(*state)) {
                left.remove(state);
                taken_out = true;
            }
        }
        is_first = false;
        if !taken_out {
            return Swept {
                dead_ends,
                left,
                looks,
            };
        }
    }
}
