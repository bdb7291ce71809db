//! Which faults and timeouts happen, and how often.

use super::{Action, ActionOf, History, Participant};
use crate::property::Condition;
use stateright::actor::{Actor, Id};
use std::fmt;

/// What surrounds the actors.
pub enum Environment<A: Participant, G: History> {
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
        /// States where it does not hold are cut; with `None`, no state is.
        within_boundary: Option<Condition<A, G>>,
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
    pub requests: usize,
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

/// What an action takes from the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spend {
    /// Nothing.
    Nothing,
    /// A timeout of the pool with this position.
    Timeout(usize),
    /// A crash.
    Crash,
    /// A loss.
    Loss,
    /// A duplicate.
    Duplicate,
    /// The request with this position.
    Request(usize),
}

impl<A: Participant, G: History> Environment<A, G> {
    /// The whole budget, at the start. Stateright's environment has none.
    pub fn full(&self) -> Budget {
        match self {
            Environment::Budgets(budgets) => budgets.full(),
            Environment::Stateright { .. } => Budget::default(),
        }
    }

    /// Everything that an action may take from the budget here.
    pub fn spends(&self) -> Vec<Spend> {
        match self {
            Environment::Budgets(budgets) => {
                let counted = [
                    (Spend::Crash, budgets.crashes),
                    (Spend::Loss, budgets.losses),
                    (Spend::Duplicate, budgets.duplicates),
                ];
                let counted = counted.into_iter().filter(|(_, times)| 0 < *times);
                let requests = 0..budgets.requests.len();
                std::iter::once(Spend::Nothing)
                    .chain((0..budgets.timeouts.len()).map(Spend::Timeout))
                    .chain(counted.map(|(spend, _)| spend))
                    .chain(requests.map(Spend::Request))
                    .collect()
            }
            Environment::Stateright { max_crashes: 0, .. } => vec![Spend::Nothing],
            Environment::Stateright { .. } => vec![Spend::Nothing, Spend::Crash],
        }
    }

    /// What is left of a budget; `None` if there is not enough. In Stateright's environment
    /// everything is free.
    pub fn after(&self, budget: &Budget, spend: Spend) -> Option<Budget> {
        match self {
            Environment::Budgets(_) => budget.after(spend),
            Environment::Stateright { .. } => Some(budget.clone()),
        }
    }

    /// The most participants that may be down at the same time, if that is what limits crashes.
    pub fn max_crashed(&self) -> Option<usize> {
        match self {
            Environment::Budgets(_) => None,
            Environment::Stateright { max_crashes, .. } => Some(*max_crashes),
        }
    }

    /// What an action takes from a budget.
    pub(super) fn spend(&self, budget: &Budget, action: &ActionOf<A>) -> Spend {
        let Environment::Budgets(budgets) = self else {
            return Spend::Nothing;
        };
        match action {
            Action::Deliver(_)
            | Action::Sync(_)
            | Action::Recover(_)
            | Action::SelectRandom { .. } => Spend::Nothing,
            Action::Duplicate(_) => Spend::Duplicate,
            Action::Drop(_) => Spend::Loss,
            Action::Request(..) => Spend::Request(budget.requests),
            Action::Timeout(id, timer) => budgets
                .pool(*id, timer)
                .map_or(Spend::Nothing, Spend::Timeout),
            Action::Crash { .. } | Action::Restart { .. } => Spend::Crash,
        }
    }
}

impl Budget {
    fn after(&self, spend: Spend) -> Option<Budget> {
        let mut left = self.clone();
        match spend {
            Spend::Nothing => {}
            Spend::Timeout(pool) => {
                if let Some(times) = &mut left.timeouts[pool] {
                    *times = times.checked_sub(1)?;
                }
            }
            Spend::Crash => left.crashes = left.crashes.checked_sub(1)?,
            Spend::Loss => left.losses = left.losses.checked_sub(1)?,
            Spend::Duplicate => left.duplicates = left.duplicates.checked_sub(1)?,
            Spend::Request(number) if number == left.requests => left.requests += 1,
            Spend::Request(_) => return None,
        }
        Some(left)
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
