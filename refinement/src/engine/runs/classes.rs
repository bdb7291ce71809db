//! Fairness of several classes of steps, weak or strong, as liveness is judged elsewhere.
//!
//! A run is *weakly* fair to a class if it takes one of its steps again and again, or comes again and
//! again where none is possible. It is *strongly* fair if it takes one again and again, or comes only
//! so often where one is possible. (Emerson and Lei 1987; the graph of a run's states that are
//! there again and again is a component, and where a strong class is missed in it, the states where
//! it is possible are left out.)

use super::components::components;
use super::{Edge, Graph, State, States};

/// How fair runs are to a class of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fairness {
    /// A step that stays possible is taken.
    Weak,
    /// A step that is possible again and again is taken.
    Strong,
}

/// The states of a region that a run can visit again and again, all of them and no others, while it is
/// fair to every class; `None` if there is no such run. `classes` says to which classes, by bits, an
/// edge of a state belongs.
pub fn fair_component(
    graph: &Graph,
    region: &States,
    fairness: &[Fairness],
    classes: &dyn Fn(State, Edge) -> u32,
) -> Option<Vec<State>> {
    let components = components(graph, region);
    for component in components.iter() {
        if !components.is_on_cycle(component[0]) {
            continue;
        }
        let (mut taken, mut always, mut ever) = (0, u32::MAX, 0);
        for state in component {
            let mut possible = 0;
            for edge in graph.edges(*state) {
                possible |= classes(*state, edge);
                if region.has(edge.to) && components.are_together(edge.to, *state) {
                    taken |= classes(*state, edge);
                }
            }
            always &= possible;
            ever |= possible;
        }
        let missed = |kind, possible: u32| {
            let numbers = fairness
                .iter()
                .enumerate()
                .filter(move |(_, it)| **it == kind);
            let bits = numbers.map(|(number, _)| 1 << number);
            bits.filter(|bit| possible & bit != 0 && taken & bit == 0)
                .fold(0, |all, bit| all | bit)
        };
        if missed(Fairness::Weak, always) != 0 {
            continue;
        }
        let missed = missed(Fairness::Strong, ever);
        if missed == 0 {
            return Some(component.to_vec());
        }
        let mut rest = States::none(graph.len());
        for state in component {
            let is_possible = |edge| classes(*state, edge) & missed != 0;
            if !graph.edges(*state).any(is_possible) {
                rest.add(*state);
            }
        }
        if let Some(found) = fair_component(graph, &rest, fairness, classes) {
            return Some(found);
        }
    }
    None
}
