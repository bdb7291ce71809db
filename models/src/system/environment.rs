//! Which faults and timeouts happen, and how often.

use super::{Action, ActionOf, Participant};
use stateright::actor::{Actor, Id};
use std::fmt;

/// What surrounds the participants: which timers fire and what goes wrong, how often in one run, all
/// told. By default nothing does. A system is finite because budgets run out, not because states are
/// cut.
pub struct Environment<A: Actor> {
    /// Timeouts. A timer that is in no pool never fires: its deadline is later than everything
    /// else that happens. One that is in two pools draws from the first.
    pub timeouts: Vec<Timeouts<A>>,
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
    /// Messages from outside, in the order in which they arrive. A request is delivered to any
    /// participant that does more than reply; a mere redirect is not a transition.
    pub requests: Vec<A::Msg>,
    /// What happens any number of times.
    pub free: Free,
    /// Whether everything that is sent is in flight, to oneself and to strangers too. Otherwise
    /// what a participant tells itself is heard in the same step, and what is sent to a client
    /// leaves the system.
    pub everything_in_flight: bool,
}

/// What happens any number of times, at no cost. By default nothing does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Free {
    /// Whether armed timers fire that are in no pool.
    pub timeouts: bool,
    /// Whether messages are lost.
    pub losses: bool,
    /// Participants that may be down at the same time.
    pub crashes: usize,
}

/// A pool of timeouts that some participants share.
pub struct Timeouts<A: Actor> {
    /// The timers.
    pub timers: Vec<A::Timer>,
    /// Whose timers they are.
    pub of: Vec<Id>,
    /// How often they fire, all told; `None` for no limit.
    pub times: Option<u8>,
    /// In which states of their owner they fire; `None` for every state.
    pub when: Option<fn(&A::State) -> bool>,
}

/// What a crash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// One action: the participant forgets what is volatile and starts again. To be down is to be
    /// slow. Sound for safety.
    AtOnce,
    /// Two actions, with time between them.
    Later,
    /// Two actions, and the memory of a participant that is down stays in the state, as in
    /// Stateright's `ActorModel`.
    LaterWithMemory,
    /// The participant never starts again.
    Never,
}

/// When writes become durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// At once, with the handler that issues them.
    Atomic,
    /// In an action of its own, with crashes between the write and the sends it holds back.
    Synced,
}

/// What remains of the budgets: the part of an environment that changes along a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Remaining {
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

impl<A: Actor> Default for Environment<A> {
    fn default() -> Self {
        Environment {
            timeouts: Vec::new(),
            crashes: 0,
            restart: Restart::AtOnce,
            losses: 0,
            duplicates: 0,
            writes: Writes::Atomic,
            requests: Vec::new(),
            free: Free::default(),
            everything_in_flight: false,
        }
    }
}

impl<A: Actor> Timeouts<A> {
    /// Timeouts that the participants with these indices share.
    pub fn shared(timer: A::Timer, of: impl IntoIterator<Item = usize>, times: u8) -> Self {
        Timeouts {
            times: Some(times),
            ..Timeouts::unlimited(timer, of)
        }
    }

    /// Timeouts without limit.
    pub fn unlimited(timer: A::Timer, of: impl IntoIterator<Item = usize>) -> Self {
        Timeouts {
            timers: vec![timer],
            of: of.into_iter().map(Id::from).collect(),
            times: None,
            when: None,
        }
    }

    /// The same pool for one more timer.
    #[must_use]
    pub fn and(mut self, timer: A::Timer) -> Self {
        self.timers.push(timer);
        self
    }

    /// The same pool for owners in these states only.
    #[must_use]
    pub fn when(self, when: fn(&A::State) -> bool) -> Self {
        let when = Some(when);
        Timeouts { when, ..self }
    }
}

impl<A: Actor> Clone for Timeouts<A> {
    fn clone(&self) -> Self {
        Timeouts {
            timers: self.timers.clone(),
            of: self.of.clone(),
            ..*self
        }
    }
}

/// What an action costs of what remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
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

impl<A: Participant> Environment<A> {
    /// What Stateright's `ActorModel` does: so many participants may be down at the same time,
    /// messages are lost or not, every armed timer fires.
    pub fn stateright(losses: bool, crashes: usize) -> Self {
        Environment {
            restart: Restart::LaterWithMemory,
            free: Free {
                timeouts: true,
                losses,
                crashes,
            },
            everything_in_flight: true,
            ..Environment::default()
        }
    }

    /// What remains at the start: everything.
    pub fn full(&self) -> Remaining {
        Remaining {
            timeouts: self.timeouts.iter().map(|pool| pool.times).collect(),
            crashes: self.crashes,
            losses: self.losses,
            duplicates: self.duplicates,
            requests: 0,
        }
    }

    /// Whether any budget is limited.
    pub fn has_budgets(&self) -> bool {
        let finite = self.timeouts.iter().any(|pool| pool.times.is_some());
        let faults = [self.crashes, self.losses, self.duplicates];
        finite || faults.iter().any(|left| 0 < *left) || !self.requests.is_empty()
    }

    /// The pool that a timer of a participant draws from.
    pub fn pool(&self, of: Id, timer: &A::Timer) -> Option<usize> {
        self.timeouts
            .iter()
            .position(|pool| pool.timers.contains(timer) && pool.of.contains(&of))
    }

    /// Everything that an action may cost here.
    pub fn costs(&self) -> Vec<Cost> {
        let faults = [
            (Cost::Crash, 0 < self.crashes || 0 < self.free.crashes),
            (Cost::Loss, 0 < self.losses),
            (Cost::Duplicate, 0 < self.duplicates),
        ];
        let faults = faults.into_iter().filter(|(_, happens)| *happens);
        std::iter::once(Cost::Nothing)
            .chain((0..self.timeouts.len()).map(Cost::Timeout))
            .chain(faults.map(|(cost, _)| cost))
            .chain((0..self.requests.len()).map(Cost::Request))
            .collect()
    }

    /// What remains after this cost; `None` if too little remains for it.
    pub fn charge(&self, remaining: &Remaining, cost: Cost) -> Option<Remaining> {
        let mut left = remaining.clone();
        match cost {
            Cost::Nothing => {}
            Cost::Timeout(pool) => {
                if let Some(times) = &mut left.timeouts[pool] {
                    *times = times.checked_sub(1)?;
                }
            }
            Cost::Crash if 0 < self.free.crashes => {}
            Cost::Crash => left.crashes = left.crashes.checked_sub(1)?,
            Cost::Loss => left.losses = left.losses.checked_sub(1)?,
            Cost::Duplicate => left.duplicates = left.duplicates.checked_sub(1)?,
            Cost::Request(number) if number == left.requests => left.requests += 1,
            Cost::Request(_) => return None,
        }
        Some(left)
    }

    /// The most participants that may be down at the same time, if that is what limits crashes.
    pub fn max_crashed(&self) -> Option<usize> {
        (0 < self.free.crashes).then_some(self.free.crashes)
    }

    /// What an action costs.
    pub(super) fn cost(&self, remaining: &Remaining, action: &ActionOf<A>) -> Cost {
        match action {
            Action::Deliver(_)
            | Action::Sync(_)
            | Action::Recover(_)
            | Action::SelectRandom { .. } => Cost::Nothing,
            Action::Lose(_) if self.free.losses => Cost::Nothing,
            Action::Duplicate(_) => Cost::Duplicate,
            Action::Lose(_) => Cost::Loss,
            Action::Request(..) => Cost::Request(remaining.requests),
            Action::Timeout(id, timer) => {
                let pool = self.pool(*id, timer);
                pool.map_or(Cost::Nothing, Cost::Timeout)
            }
            Action::Crash { .. } | Action::Restart { .. } => Cost::Crash,
        }
    }
}

/// The bounds, as a table shows them.
impl<A: Actor> fmt::Display for Environment<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.timeouts.iter().map(Timeouts::to_string).collect();
        let counts = [
            (self.requests.len(), "request", "requests"),
            (self.crashes.into(), "crash", "crashes"),
            (self.losses.into(), "loss", "losses"),
            (self.duplicates.into(), "duplicate", "duplicates"),
        ];
        let counts = counts.into_iter().filter(|(count, ..)| 0 < *count);
        parts.extend(counts.map(|(count, one, many)| counted(count, one, many)));
        match self.restart {
            Restart::AtOnce => {}
            Restart::Later | Restart::LaterWithMemory => {
                parts.push("crash and restart apart".to_owned());
            }
            Restart::Never => parts.push("no restart".to_owned()),
        }
        if self.writes == Writes::Synced {
            parts.push("fsync apart".to_owned());
        }
        if self.free.timeouts {
            parts.push("any timeouts".to_owned());
        }
        if self.free.losses {
            parts.push("any losses".to_owned());
        }
        if 0 < self.free.crashes {
            parts.push(format!("at most {} down at a time", self.free.crashes));
        }
        f.write_str(&parts.join("; "))
    }
}

/// The pool, as a table shows it.
impl<A: Actor> fmt::Display for Timeouts<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timers = self.timers.iter().map(|timer| words(&format!("{timer:?}")));
        let timers = timers.collect::<Vec<_>>().join(" or ");
        let (one, many) = (format!("{timers} timeout"), format!("{timers} timeouts"));
        match self.times {
            Some(times) => write!(f, "at most {}", counted(times.into(), &one, &many))?,
            None => write!(f, "any {many}")?,
        }
        write!(f, " of {}", listed(&self.of))?;
        f.write_str(if self.when.is_some() {
            " in some states"
        } else {
            ""
        })
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The words of a name in camel case, or of a text in quotes.
fn words(name: &str) -> String {
    let name = name.trim_matches('"');
    let spaced = name.char_indices().flat_map(|(at, letter)| {
        let space = (0 < at && letter.is_uppercase()).then_some(' ');
        space.into_iter().chain(letter.to_lowercase())
    });
    spaced.collect()
}

/// Participants: one, a range or a list.
fn listed(ids: &[Id]) -> String {
    let ids: Vec<usize> = ids.iter().copied().map(usize::from).collect();
    match &ids[..] {
        [one] => format!("actor {one}"),
        [first, .., last] if ids.iter().copied().eq(*first..=*last) => {
            format!("actors {first}-{last}")
        }
        _ => {
            let ids: Vec<String> = ids.iter().map(usize::to_string).collect();
            format!("actors {}", ids.join(", "))
        }
    }
}
