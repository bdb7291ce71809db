//! Which faults and timeouts happen, and how often.

use super::{ActorBoundary, Participant};
use stateright::actor::{Actor, Id};
use std::fmt;

/// What surrounds the actors.
pub enum Environment<A: Actor, G> {
    /// Total budgets: each fault is spent.
    Budgets(Budgets<A>),
    /// What Stateright's `ActorModel` does: a bound on simultaneous crashes, loss without bound,
    /// every armed timer fires, writes are durable at once, and the memory of a crashed actor
    /// stays in the state.
    Stateright {
        /// Whether messages are lost.
        lossy: bool,
        /// Actors that may be down at the same time.
        max_crashes: usize,
        /// States outside are cut.
        within_boundary: ActorBoundary<A, G>,
    },
}

/// How many faults of each kind there are in one run, all told. The default is none.
pub struct Budgets<A: Actor> {
    /// Timeouts. A timer that is in no pool never fires: its deadline is later than everything
    /// else that happens. One that is in two pools draws from the first.
    pub timeouts: Vec<Timeouts<A::Timer>>,
    /// Crashes.
    pub crashes: u8,
    /// What a crash is.
    pub restart: Restart,
    /// Lost messages.
    pub losses: u8,
    /// Messages delivered a second time.
    pub duplicates: u8,
    /// When writes become durable.
    pub writes: Writes,
    /// Messages from outside, in the order in which they arrive. Each arrives at one participant,
    /// which must do more than answer it: otherwise the client asks elsewhere.
    pub requests: Vec<A::Msg>,
}

/// A pool of timeouts that some participants share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts<Timer> {
    /// The timer.
    pub timer: Timer,
    /// Whose timer it is.
    pub of: Vec<Id>,
    /// How often it fires, all told; `None` for no limit.
    pub times: Option<u8>,
}

/// What a crash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// One action: the participant forgets what is volatile and starts again. To be down is to be
    /// slow. Sound for safety.
    AtOnce,
    /// Two actions, with time between them.
    Later,
}

/// When writes become durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// At once, with the handler that issues them.
    Atomic,
    /// In an action of its own, with crashes between the write and the sends it holds back.
    Synced,
}

/// What is left of the budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Budget {
    /// For each pool, the timeouts left; `None` for no limit.
    pub timeouts: Vec<Option<u8>>,
    /// Crashes left.
    pub crashes: u8,
    /// Losses left.
    pub losses: u8,
    /// Duplications left.
    pub duplicates: u8,
    /// Requests that have arrived.
    pub requests: u8,
}

impl<A: Actor> Default for Budgets<A> {
    fn default() -> Self {
        Budgets {
            timeouts: Vec::new(),
            crashes: 0,
            restart: Restart::AtOnce,
            losses: 0,
            duplicates: 0,
            writes: Writes::Atomic,
            requests: Vec::new(),
        }
    }
}

impl<A: Actor> Budgets<A> {
    /// The whole budget, at the start.
    pub fn full(&self) -> Budget {
        Budget {
            timeouts: self.timeouts.iter().map(|pool| pool.times).collect(),
            crashes: self.crashes,
            losses: self.losses,
            duplicates: self.duplicates,
            requests: 0,
        }
    }

    /// The pool that a timer of a participant draws from.
    pub fn pool(&self, of: Id, timer: &A::Timer) -> Option<usize> {
        self.timeouts
            .iter()
            .position(|pool| pool.timer == *timer && pool.of.contains(&of))
    }
}

impl<Timer> Timeouts<Timer> {
    /// Timeouts that the participants with these indices share.
    pub fn shared(timer: Timer, of: impl IntoIterator<Item = usize>, times: u8) -> Self {
        let of = of.into_iter().map(Id::from).collect();
        Timeouts {
            timer,
            of,
            times: Some(times),
        }
    }

    /// Timeouts without limit.
    pub fn unlimited(timer: Timer, of: impl IntoIterator<Item = usize>) -> Self {
        let of = of.into_iter().map(Id::from).collect();
        Timeouts {
            timer,
            of,
            times: None,
        }
    }
}

impl<A: Participant, G> Environment<A, G> {
    /// The whole budget, at the start. Stateright's environment has none.
    pub(super) fn full(&self) -> Budget {
        match self {
            Environment::Budgets(budgets) => budgets.full(),
            Environment::Stateright { .. } => Budget::default(),
        }
    }
}

/// The budgets, as a table shows them.
impl<A: Actor> fmt::Display for Budgets<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for Timeouts { timer, of, times } in &self.timeouts {
            let of: Vec<String> = of.iter().map(|id| usize::from(*id).to_string()).collect();
            let times = times.map_or("any".to_owned(), |times| times.to_string());
            parts.push(format!("{times} {timer:?} of {}", of.join(",")));
        }
        let counts = [
            (self.requests.len(), "requests"),
            (self.crashes.into(), "crashes"),
            (self.losses.into(), "losses"),
            (self.duplicates.into(), "duplicates"),
        ];
        parts.extend(
            counts
                .iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, what)| format!("{n} {what}")),
        );
        if self.restart == Restart::Later {
            parts.push("down time".to_owned());
        }
        if self.writes == Writes::Synced {
            parts.push("sync apart".to_owned());
        }
        f.write_str(&parts.join("; "))
    }
}
