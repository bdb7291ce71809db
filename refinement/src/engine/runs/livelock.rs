//! Runs that go round while no time passes.

use super::components::components;
use super::lasso::{Distances, Head, shortest};
use super::source::{Source, collect};
use super::sweep::{behind, sweep};
use super::{Bound, Edge, Graph, Judgement, Mark, State, States};

/// A graph without its ticks.
struct NoTicks<'s>(&'s dyn Source);

impl Source for NoTicks<'_> {
    fn inside(&self) -> &States {
        self.0.inside()
    }

    fn open(&self) -> &States {
        self.0.open()
    }

    fn look(&self, states: &[State], tell: &mut dyn FnMut(State, &[Edge])) -> Option<()> {
        let mut steps = Vec::new();
        self.0.look(states, &mut |state, edges| {
            steps.clear();
            steps.extend(edges.iter().filter(|it| !it.mark.has(Mark::TICK)));
            tell(state, &steps);
        })
    }

    fn kept(&self) -> Option<&Graph> {
        None
    }

    fn edges_max(&self) -> usize {
        self.0.edges_max()
    }
}

/// Whether no run goes round for ever without a goal and without a tick. The bound says nothing.
pub fn no_livelock(
    source: &dyn Source,
    begin: &States,
    goal: &States,
    depth: impl Fn(State) -> u32,
) -> Judgement {
    known(source, begin, goal, depth).unwrap_or(Judgement::Inconclusive)
}

fn known(
    source: &dyn Source,
    begin: &States,
    goal: &States,
    depth: impl Fn(State) -> u32,
) -> Option<Judgement> {
    let steps = NoTicks(source);
    let misses = source.inside().without(goal);
    let left = behind(&steps, &sweep(&steps, &misses, &mut |_, _| ())?)?;
    if left.is_empty() {
        let is_known = source.open().is_empty();
        return is_known.then(|| Judgement::Holds(Bound::default()));
    }
    let graph = &*collect(&steps, &left)?;
    let components = components(graph, &left);
    let on_cycles = left.iter().filter(|it| components.is_on_cycle(*it));
    let on_cycles: Vec<Head> = on_cycles.map(Head::of).collect();
    let distances = Distances::new(source, source.inside(), begin, depth)?;
    shortest(graph, &distances, &components, (&[], &on_cycles)).map(Judgement::Violated)
}
