//! Which faults and timeouts happen, and how often.

mod bounds;
mod links;
mod period;
mod totals;

pub use links::{Crossing, Links, Partition};
pub use period::{Assumption, Beside, Clock, Last, Period, Stable};
pub use totals::Total;

use super::{Action, ActionOf, Move, Participant};
use stateright::actor::{Actor, Id};
use std::collections::BTreeSet;

/// The surroundings of the participants: which timers fire and what goes wrong, how often in one run, all
/// told. By default nothing does. A system is finite because budgets run out, not because states are
/// cut.
pub struct Environment<A: Participant> {
    /// Timeouts. A timer that is in no pool never fires: its deadline is later than everything
    /// else that happens. One that is in two pools draws from the first.
    pub timeouts: Vec<Timeouts<A>>,
    /// Crashes.
    pub crashes: u8,
    /// The kind of its crashes.
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
    /// For each request, by its position, who takes it; anybody where nothing is said.
    pub takers: Vec<Vec<usize>>,
    /// Partitions.
    pub links: Links,
    /// Events of the protocol whose number is limited.
    pub totals: Vec<Total<A>>,
    /// The good period, if there may be one.
    pub period: Option<Period<A>>,
    /// Events that happen any number of times.
    pub free: Free,
    /// Whether everything that is sent is in flight, to oneself and to strangers too. Otherwise
    /// a participant hears its messages to itself in the same step, and messages to clients leave
    /// the system.
    pub everything_in_flight: bool,
}

/// Events that happen any number of times, at no cost. By default none do.
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
    /// The participants whose timers they are.
    pub of: Vec<Id>,
    /// How often they fire, all told; `None` for no limit.
    pub times: Option<u8>,
    /// In which states of their owner they fire; `None` for every state.
    pub when: Option<fn(&A::State) -> bool>,
    /// Whether they fire only while a partition is there, which causes them.
    pub while_cut: bool,
}

/// Kinds of crashes.
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

/// The remains of the budgets: the part of an environment that changes along a run.
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
    /// Cuts left.
    pub cuts: u8,
    /// Heals left.
    pub heals: u8,
    /// The partitions that there are now, by position.
    pub broken: BTreeSet<usize>,
    /// For each total, what is left of it.
    pub totals: Vec<u8>,
    /// The good participants; empty before the good period.
    pub good: Vec<Id>,
}

impl<A: Participant> Default for Environment<A> {
    fn default() -> Self {
        Environment {
            timeouts: Vec::new(),
            crashes: 0,
            restart: Restart::AtOnce,
            losses: 0,
            duplicates: 0,
            writes: Writes::Atomic,
            requests: Vec::new(),
            takers: Vec::new(),
            links: Links::default(),
            totals: Vec::new(),
            period: None,
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
            while_cut: false,
        }
    }

    /// The same pool for one more timer.
    #[must_use]
    pub fn and(mut self, timer: A::Timer) -> Self {
        self.timers.push(timer);
        self
    }

    /// The same pool while a partition is there only.
    #[must_use]
    pub fn while_cut(self) -> Self {
        Timeouts {
            while_cut: true,
            ..self
        }
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

impl Remaining {
    /// Whether the good period has begun.
    pub fn is_good(&self) -> bool {
        !self.good.is_empty()
    }
}

/// The cost of an action.
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
    /// A cut: the partition with this position.
    Cut(usize),
    /// A heal: the partition with this position.
    Heal(usize),
    /// Nothing, in the good period.
    Good,
    /// Nothing, in the good period, where nothing is left to do.
    Due,
    /// The same, with a delay: where a timer may fire that has the clock with this position.
    DueBeside(usize),
    /// Every budget: the good period begins in the way with this position.
    Stabilise(usize),
    /// A tick.
    Tick,
}

impl<A: Participant> Environment<A> {
    /// The environment of Stateright's `ActorModel`: so many participants may be down at the same time,
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

    /// The remains at the start: everything.
    pub fn full(&self) -> Remaining {
        Remaining {
            timeouts: self.timeouts.iter().map(|pool| pool.times).collect(),
            crashes: self.crashes,
            losses: self.losses,
            duplicates: self.duplicates,
            requests: 0,
            cuts: self.links.cuts,
            heals: self.links.heals,
            broken: BTreeSet::new(),
            totals: self.totals.iter().map(|total| total.times).collect(),
            good: Vec::new(),
        }
    }

    /// The remains when the good period begins in this way: most are set to nothing, so that states meet.
    fn stabilised(&self, remaining: &Remaining, stable: &Stable<A::Timer>) -> Remaining {
        let later = self.period.as_ref().is_some_and(|period| period.requests);
        Remaining {
            timeouts: vec![Some(0); self.timeouts.len()],
            requests: if later {
                remaining.requests
            } else {
                self.requests.len()
            },
            totals: vec![0; self.totals.len()],
            good: stable.good().to_vec(),
            ..Remaining::default()
        }
    }

    /// Whether anything of it changes along a run.
    pub fn has_budgets(&self) -> bool {
        let finite = self.timeouts.iter().any(|pool| pool.times.is_some());
        let faults = [self.crashes, self.losses, self.duplicates, self.links.cuts];
        finite
            || faults.iter().any(|left| 0 < *left)
            || !self.requests.is_empty()
            || !self.totals.is_empty()
            || self.period.is_some()
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
        let partitions = 0..self.links.partitions.len();
        let period = self.period.iter().flat_map(|period| {
            let begins = (0..period.begins.len()).map(Cost::Stabilise);
            let due = match period.delay {
                None => vec![Cost::Due],
                Some(_) => (0..period.clocks.len()).map(Cost::DueBeside).collect(),
            };
            begins.chain([Cost::Good]).chain(due).chain([Cost::Tick])
        });
        std::iter::once(Cost::Nothing)
            .chain((0..self.timeouts.len()).map(Cost::Timeout))
            .chain(faults.map(|(cost, _)| cost))
            .chain((0..self.requests.len()).map(Cost::Request))
            .chain(partitions.clone().map(Cost::Cut))
            .chain(partitions.map(Cost::Heal))
            .chain(period)
            .collect()
    }

    /// Whether something is assumed of the good period, if there is one.
    pub fn assumes(&self, assumption: Assumption) -> bool {
        let period = self.period.as_ref();
        period.is_none_or(|period| period.assumes(assumption))
    }

    /// The action of everyone that costs this, if it is one.
    pub fn action_of_everyone(&self, cost: Cost) -> Option<ActionOf<A>> {
        let partition = |number: usize| self.links.partitions[number].clone();
        match (cost, &self.period) {
            (Cost::Cut(number), _) => Some(Action::Cut(partition(number))),
            (Cost::Heal(number), _) => Some(Action::Heal(partition(number))),
            (Cost::Stabilise(number), Some(period)) => {
                Some(Action::Stabilise(period.begins[number].clone()))
            }
            (Cost::Tick, _) => Some(Action::Tick),
            _ => None,
        }
    }

    /// The remains after this cost; `None` if too little remains for it.
    pub fn charge(&self, remaining: &Remaining, cost: Cost) -> Option<Remaining> {
        let mut left = remaining.clone();
        let is_of_period = matches!(
            cost,
            Cost::Good | Cost::Due | Cost::DueBeside(_) | Cost::Tick
        );
        let is_later = is_of_period || matches!(cost, Cost::Request(_));
        match cost {
            _ if !remaining.is_good() && is_of_period => return None,
            _ if remaining.is_good() && !is_later => return None,
            Cost::Nothing | Cost::Good | Cost::Due | Cost::DueBeside(_) | Cost::Tick => {}
            Cost::Timeout(pool) => {
                let waits = self.timeouts[pool].while_cut && remaining.broken.is_empty();
                (!waits).then_some(())?;
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
            Cost::Cut(number) => {
                left.cuts = left.cuts.checked_sub(1)?;
                left.broken.insert(number).then_some(())?;
            }
            Cost::Heal(number) => {
                left.heals = left.heals.checked_sub(1)?;
                left.broken.remove(&number).then_some(())?;
            }
            Cost::Stabilise(number) => {
                let stable = &self.period.as_ref()?.begins[number];
                left = self.stabilised(remaining, stable);
            }
        }
        Some(left)
    }

    /// How often each event with a total happens in a step.
    pub fn counts(&self, moved: &Move<'_, A>) -> Vec<u8> {
        let totals = self.totals.iter();
        totals.map(|total| (total.count)(moved)).collect()
    }

    /// The remains after these events; `None` if too little remains for them.
    pub fn charge_events(&self, remaining: Remaining, counts: &[u8]) -> Option<Remaining> {
        let mut left = remaining;
        if !left.is_good() {
            for (left, count) in left.totals.iter_mut().zip(counts) {
                *left = left.checked_sub(*count)?;
            }
        }
        Some(left)
    }

    /// Whether a participant takes the request with this position.
    pub fn takes(&self, number: usize, id: Id) -> bool {
        let takers = self.takers.get(number).filter(|takers| !takers.is_empty());
        takers.is_none_or(|takers| takers.contains(&usize::from(id)))
    }

    /// Whether a message can not be delivered now, because its link is broken.
    pub fn is_severed(&self, remaining: &Remaining, src: Id, dst: Id) -> bool {
        let mut broken = remaining.broken.iter();
        broken.any(|number| self.links.partitions[*number].severs(src, dst))
    }

    /// Whether a message of these is lost as it is sent: the link is broken, or the receiver is gone
    /// for good. A message of a session waits behind a broken link.
    pub fn is_lost(&self, remaining: &Remaining, src: Id, dst: Id, in_session: bool) -> bool {
        let loses = self.links.crossing == Crossing::Lost && !in_session;
        let is_gone = remaining.is_good() && !remaining.good.contains(&dst);
        is_gone || loses && self.is_severed(remaining, src, dst)
    }

    /// Whether what is sent may be lost as it is sent.
    pub fn loses_sends(&self) -> bool {
        0 < self.links.cuts || self.period.is_some()
    }

    /// The most participants that may be down at the same time, if that is what limits crashes.
    pub fn max_crashed(&self) -> Option<usize> {
        (0 < self.free.crashes).then_some(self.free.crashes)
    }

    /// The cost of a timer that fires in the good period.
    fn due(&self, timer: &A::Timer) -> Cost {
        let period = self.period.as_ref().filter(|it| it.delay.is_some());
        let clock = period.and_then(|period| {
            let mut clocks = period.clocks.iter();
            clocks.position(|clock| clock.timer == *timer)
        });
        clock.map_or(Cost::Due, Cost::DueBeside)
    }

    /// The cost of an action.
    pub(super) fn cost(&self, remaining: &Remaining, action: &ActionOf<A>) -> Cost {
        let is_good = remaining.is_good();
        let partition = |it: &Partition| {
            let mut partitions = self.links.partitions.iter();
            partitions.position(|partition| partition == it)
        };
        match action {
            Action::Timeout(_, timer) if is_good => self.due(timer),
            _ if is_good && !action.is_of_budget() => Cost::Good,
            Action::Deliver(_)
            | Action::Discard(_)
            | Action::Sync(_)
            | Action::Recover(_)
            | Action::SelectRandom { .. } => Cost::Nothing,
            Action::Cut(it) => partition(it).map_or(Cost::Nothing, Cost::Cut),
            Action::Heal(it) => partition(it).map_or(Cost::Nothing, Cost::Heal),
            Action::Stabilise(it) => {
                let begins = self.period.iter().flat_map(|period| &period.begins);
                let number = begins.into_iter().position(|stable| stable.is_like(it));
                number.map_or(Cost::Nothing, Cost::Stabilise)
            }
            Action::Tick => Cost::Tick,
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
