//! Judging runs: what is true of every fair run of a finite graph.
//!
//! A run goes on for ever, or stops where nothing is possible. It is *fair* if it does not stop while
//! a step is possible that needs no client: one weak fairness, of all steps together. So some run
//! misses a goal exactly if there is a **cycle** or a **dead end** without the goal. If no run misses it,
//! some number of steps and ticks is the longest that the goal takes: its [`Bound`].
//!
//! - [`leads_to`]: from certain states every run reaches a goal. *Eventually* is the same
//!   from where the good period begins, *again and again* from everywhere.
//! - [`settles`]: from some moment on the goal is never left; and where it is left before, it is back
//!   within the bound.
//! - [`can_reach`]: a goal stays within reach. This misses runs that could reach the goal and never
//!   do.
//! - [`no_livelock`]: no run goes round for ever without a goal while no time passes.
//! - [`times`]: how often something happens at most.
//! - [`classes`]: the same with weak and strong fairness of several classes of steps.
//!
//! Each judge finds the edges of a graph at a [`Source`]: in memory, or anew whenever it looks. Without edges
//! in memory it first takes out, by *sweeps*, the states from which no run goes round as it must
//! not. In most cases no state is left; of those that are, it collects the edges, and judges them as if they
//! were all. If they are too many, the judgement is inconclusive.
//!
//! Where a state has unknown successors, a claim that they might violate is inconclusive.

pub mod classes;
mod components;
mod count;
mod fair;
mod lasso;
mod livelock;
mod reach;
mod source;
mod states;
mod sweep;

pub use count::{Times, times};
pub use fair::{leads_to, settles};
pub use lasso::Lasso;
pub use livelock::no_livelock;
pub use reach::can_reach;
pub use source::Source;
pub use states::States;

/// The number of a state.
pub type State = u32;

/// A finite graph.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// For each state, where its edges begin and how many they are.
    spans: Vec<(u32, u32)>,
    to: Vec<State>,
    marks: Vec<Mark>,
    /// The states that belong to it.
    pub inside: States,
    /// Those of them whose successors are not all known.
    pub open: States,
    /// Whether the edges are not in memory.
    dropped: bool,
}

/// The facts about an edge for a judgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mark(u8);

/// An edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it leads.
    pub to: State,
    /// The facts about it.
    pub mark: Mark,
}

/// A judgement of all fair runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is so, and takes no longer than this.
    Holds(Bound),
    /// It is not so on this run.
    Violated(Lasso),
    /// Something is not known that matters.
    Inconclusive,
}

/// The longest that something takes: each number is the largest on any run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// Ticks, and a run that takes so many.
    pub longest: Longest,
    /// Steps, ticks among them.
    pub steps: u32,
}

/// A run that takes the most ticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Longest {
    /// How many.
    pub ticks: u32,
    /// The states on it; none if there is nothing to wait for.
    pub way: Vec<State>,
}

impl Mark {
    /// A step like any other.
    pub const FAIR: Mark = Mark(0);
    /// A step that nobody is bound to take, such as a client's request.
    pub const UNFAIR: Mark = Mark(1);
    /// Time passes.
    pub const TICK: Mark = Mark(2);

    /// Events that are counted, each by its number below [`COUNTED_MAX`](Mark::COUNTED_MAX).
    ///
    /// # Panics
    ///
    /// If the number is larger.
    pub fn counted(number: usize) -> Mark {
        assert!(number < Mark::COUNTED_MAX, "too many events are counted");
        Mark(4 << number)
    }

    /// How many events can be counted.
    pub const COUNTED_MAX: usize = 6;

    /// Whether it has all of another mark.
    pub fn has(self, other: Mark) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOrAssign for Mark {
    fn bitor_assign(&mut self, other: Mark) {
        self.0 |= other.0;
    }
}

impl Graph {
    /// A graph of so many states, none of them inside yet, and without edges.
    pub fn new(states: usize) -> Self {
        Graph {
            spans: vec![(0, 0); states],
            to: Vec::new(),
            marks: Vec::new(),
            inside: States::none(states),
            open: States::none(states),
            dropped: false,
        }
    }

    /// How many states there are, inside or not.
    pub fn len(&self) -> usize {
        self.inside.size()
    }

    /// Whether there is no state.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many edges there are.
    pub fn edges_len(&self) -> usize {
        self.to.len()
    }

    /// Whether the edges are in memory.
    pub fn keeps_edges(&self) -> bool {
        !self.dropped
    }

    /// Makes room for so many states.
    pub fn grow(&mut self, states: usize) {
        if self.keeps_edges() {
            self.spans.resize(states, (0, 0));
        }
        self.inside.grow(states);
        self.open.grow(states);
    }

    /// Gives the memory of the edges back; from now on none are kept.
    pub fn drop_edges(&mut self) {
        self.dropped = true;
        self.spans = Vec::new();
        self.to = Vec::new();
        self.marks = Vec::new();
    }

    /// Adds an edge. All edges of a state are added one after the other.
    ///
    /// # Panics
    ///
    /// If there are more than 2^32 edges.
    pub fn add(&mut self, from: State, edge: Edge) {
        let (start, count) = &mut self.spans[from as usize];
        if *count == 0 {
            *start = u32::try_from(self.to.len()).expect("at most 2^32 edges");
        }
        *count += 1;
        self.to.push(edge.to);
        self.marks.push(edge.mark);
    }

    /// The edges of a state, those that lead outside among them.
    #[inline]
    pub fn edges(&self, from: State) -> impl Iterator<Item = Edge> + '_ {
        let (start, count) = self.spans[from as usize];
        let span = start as usize..start as usize + count as usize;
        let edges = self.to[span.clone()].iter().zip(&self.marks[span]);
        edges.map(|(to, mark)| Edge {
            to: *to,
            mark: *mark,
        })
    }

    /// An edge of a state, by its position.
    #[inline]
    fn edge(&self, from: State, position: u32) -> Option<Edge> {
        let (start, count) = self.spans[from as usize];
        let index = (start + position) as usize;
        (position < count).then(|| Edge {
            to: self.to[index],
            mark: self.marks[index],
        })
    }
}
