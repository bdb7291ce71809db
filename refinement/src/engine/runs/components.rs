//! Strongly connected components (Tarjan 1972), without recursion.

use super::{Graph, State, States};

/// The strongly connected components of a region. Each has a number, which is larger than those of
/// all the components that it leads to.
pub(super) struct Components {
    /// The component of each state; [`NONE`] outside.
    of: Vec<u32>,
    /// Whether a run can stay in a component for ever.
    cyclic: Vec<bool>,
    /// The states, component by component in the order of their numbers.
    order: Vec<State>,
}

const NONE: u32 = u32::MAX;

impl Components {
    pub(super) fn of(&self, state: State) -> u32 {
        self.of[state as usize]
    }

    /// Whether a state is on a cycle inside the region.
    pub(super) fn is_on_cycle(&self, state: State) -> bool {
        let component = self.of(state);
        component != NONE && self.cyclic[component as usize]
    }

    pub(super) fn has_cycle(&self) -> bool {
        self.cyclic.contains(&true)
    }

    /// The components; each comes after those that it leads to.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[State]> {
        self.order
            .chunk_by(|one, other| self.are_together(*one, *other))
    }

    /// Whether two states are in the same component.
    pub(super) fn are_together(&self, one: State, other: State) -> bool {
        self.of(one) == self.of(other)
    }
}

/// Tarjan's algorithm at work.
struct Search<'g> {
    graph: &'g Graph,
    region: &'g States,
    found: Components,
    /// When each state was come to; [`NONE`] if it was not.
    index: Vec<u32>,
    /// The earliest state that each one leads back to, as far as is known.
    low: Vec<u32>,
    next: u32,
    /// States whose component is not complete.
    stack: Vec<State>,
    /// States on the way, each with the position of its next edge.
    way: Vec<(State, u32)>,
}

/// The components of a region of a graph.
pub(super) fn components(graph: &Graph, region: &States) -> Components {
    let states = graph.len();
    let mut search = Search {
        graph,
        region,
        found: Components {
            of: vec![NONE; states],
            cyclic: Vec::new(),
            order: Vec::new(),
        },
        index: vec![NONE; states],
        low: vec![NONE; states],
        next: 0,
        stack: Vec::new(),
        way: Vec::new(),
    };
    for root in region.iter() {
        if search.index[root as usize] == NONE {
            search.enter(root);
            search.go_on();
        }
    }
    search.found
}

impl Search<'_> {
    fn enter(&mut self, state: State) {
        self.index[state as usize] = self.next;
        self.low[state as usize] = self.next;
        self.next += 1;
        self.stack.push(state);
        self.way.push((state, 0));
    }

    fn go_on(&mut self) {
        while let Some((state, position)) = self.way.last_mut() {
            let state = *state;
            let edge = self.graph.edge(state, *position);
            *position += 1;
            match edge {
                Some(edge) if !self.region.has(edge.to) => {}
                Some(edge) if self.index[edge.to as usize] == NONE => self.enter(edge.to),
                // An edge to a state that has a component already does not lead back.
                Some(edge) if self.found.of(edge.to) != NONE => {}
                Some(edge) => self.leads_back(state, self.index[edge.to as usize]),
                None => {
                    self.way.pop();
                    if self.low[state as usize] == self.index[state as usize] {
                        self.complete(state);
                    }
                    if let Some((before, _)) = self.way.last() {
                        self.leads_back(*before, self.low[state as usize]);
                    }
                }
            }
        }
    }

    fn leads_back(&mut self, state: State, to: u32) {
        let low = &mut self.low[state as usize];
        *low = (*low).min(to);
    }

    /// The component of a state is what is on the stack above it.
    fn complete(&mut self, first: State) {
        let number = self.found.cyclic.len() as u32;
        let mut size = 0;
        loop {
            let state = self.stack.pop().expect("the first is on the stack");
            self.found.of[state as usize] = number;
            self.found.order.push(state);
            size += 1;
            if state == first {
                break;
            }
        }
        let leads_to_itself = || self.graph.edges(first).any(|edge| edge.to == first);
        self.found.cyclic.push(1 < size || leads_to_itself());
    }
}
