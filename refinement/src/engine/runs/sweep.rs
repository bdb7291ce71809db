//! Sweeps: states are looked at in descending order, again and again, until nothing changes.
//!
//! They need a bit for each state, and no edges in memory. States with larger numbers are looked at first,
//! because most steps lead to those.

use super::source::{Source, look_down};
use super::{Edge, State, States};

/// The rest of a region when the states that lead to no cycle of it are taken out: again and again, each
/// state all of whose successors are outside. `taken` is told of each, its successors before it.
pub(super) fn sweep(
    source: &dyn Source,
    region: &States,
    taken: &mut dyn FnMut(State, &[Edge]),
) -> Option<States> {
    let mut left = region.clone();
    loop {
        let mut is_stable = true;
        look_down(source, &left.clone(), &mut |state, edges| {
            if !edges.iter().any(|edge| left.has(edge.to)) {
                left.remove(state);
                taken(state, edges);
                is_stable = false;
            }
        })?;
        if is_stable {
            return Some(left);
        }
    }
}

/// The rest of a region when the states to which no state of the rest leads are taken out: the states on its
/// cycles, or behind one.
pub(super) fn behind(source: &dyn Source, region: &States) -> Option<States> {
    let mut left = region.clone();
    loop {
        let mut behind = States::none(left.size());
        look_down(source, &left, &mut |_, edges| {
            for edge in edges.iter().filter(|edge| left.has(edge.to)) {
                behind.add(edge.to);
            }
        })?;
        if behind == left {
            return Some(left);
        }
        left = behind;
    }
}

/// The states of a region from which a way inside it leads to some of its states, those included, or takes
/// an edge that counts.
pub(super) fn leading(
    source: &dyn Source,
    region: &States,
    some: &States,
    counts: &dyn Fn(State, &Edge) -> bool,
) -> Option<States> {
    let mut leading = some.clone();
    loop {
        let mut is_stable = true;
        look_down(source, &region.without(&leading), &mut |state, edges| {
            let counts = |edge: &Edge| region.has(edge.to) && counts(state, edge);
            if edges.iter().any(|it| leading.has(it.to) || counts(it)) {
                leading.add(state);
                is_stable = false;
            }
        })?;
        if is_stable {
            return Some(leading);
        }
    }
}

/// Where edges that count can be taken again and again: the states on such runs, but for those before the
/// first cycle. (Černá and Pelánek 2003, with the edges the other way round.)
pub(super) fn recurrent(
    source: &dyn Source,
    counts: &dyn Fn(State, &Edge) -> bool,
) -> Option<States> {
    let mut left = source.inside().clone();
    let none = States::none(left.size());
    loop {
        let leading = leading(source, &left, &none, counts)?;
        let swept = sweep(source, &leading, &mut |_, _| ())?;
        if swept == left {
            return behind(source, &left);
        }
        left = swept;
    }
}

/// For each state, how many edges that count are taken from there on at most; and the states where they
/// can be taken again and again, but for those before the first cycle: of all these it says nothing.
pub(super) fn count(
    source: &dyn Source,
    counts: &dyn Fn(State, &Edge) -> bool,
) -> Option<(Vec<u32>, States)> {
    let mut left = source.inside().clone();
    let none = States::none(left.size());
    let mut most = vec![0; left.size()];
    loop {
        // So many edges follow from a state if one leads to where one less follows.
        let next = leading(source, &left, &none, counts)?;
        if next == left {
            return Some((most, behind(source, &left)?));
        }
        next.iter().for_each(|state| most[state as usize] += 1);
        left = next;
    }
}
