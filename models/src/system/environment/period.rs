//! The good period: from some moment on nothing goes wrong any more among some participants, and time
//! passes in ticks.
//!
//! A tick passes only when nothing is left to do: no message is in flight to a good participant, and
//! none of them has a write that is not durable or a choice to make. A timer fires, when nothing is
//! left to do either, between its minimum and its maximum of ticks.
//!
//! With a *delay*, a message takes up to a tick: it is of age 0 when it is sent, a tick makes it 1, and no
//! further tick passes before it has arrived.

use super::links::Ids;
use stateright::actor::{Actor, Id};
use std::collections::BTreeMap;
use std::fmt::{self, Debug};

/// How the good period begins, and how timers run in it.
pub struct Period<A: Actor> {
    /// The ways in which it may begin. It begins once, or never.
    pub begins: Vec<Stable<A::Timer>>,
    /// How timers run. A timer that has no clock never fires in the good period. Without clocks there are no
    /// ticks: the runs in which messages arrive and nothing else happens, as they do before a good period,
    /// too.
    pub clocks: Vec<Clock<A::Timer>>,
    /// Whether the requests that are left may still arrive.
    pub requests: bool,
    /// Whether states that differ in names alone are taken for one ([`Rename`](super::super::Rename)). So
    /// a run that goes on with ever new names is a cycle. No message is dropped as dead then.
    pub renames: bool,
    /// Whether armed timers may be of any age up to their maximum when it begins. Otherwise their age is
    /// 0.
    pub any_age: bool,
    /// Whether messages take up to a tick, and then, which timers fire beside which messages in flight.
    /// Otherwise they arrive before anything else happens.
    pub delay: Option<Beside<A>>,
    /// Which messages arrive last: one of them is delivered, or lost, only when none of the others can be
    /// delivered to its receiver. None by default.
    pub last: Option<Last<A>>,
    /// The assumptions that are not made of it: none, unless a run is wanted that appears then.
    pub without: &'static [Assumption],
}

/// Whether a timer of anybody may fire while a message is in flight to someone good.
pub type Beside<A> = fn(&<A as Actor>::Timer, &<A as Actor>::Msg) -> bool;

/// Messages that arrive last in the good period.
pub struct Last<A: Actor> {
    /// Their name in tables.
    pub name: &'static str,
    /// Whether a message is one of them.
    pub is: fn(&A::Msg) -> bool,
}

impl<A: Actor> Clone for Last<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Actor> Copy for Last<A> {}

/// Something that is assumed of the good period, beside that runs do not stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assumption {
    /// Timers fire only when nothing is left to do (with a delay: nothing but messages beside which they
    /// may): they are randomised, so that from some moment on nobody's timer fires within another's
    /// unsettled exchange.
    TimersWait,
    /// Ticks pass only when nothing is left to do: delays, handlers and disks take much less than a
    /// tick. With a delay, messages take up to a tick.
    TicksWait,
    /// A timer fires at its maximum at the latest: clocks run.
    TimersRun,
    /// A message that changes nothing is gone when it has arrived.
    NoOpsVanish,
    /// No message is lost.
    NothingIsLost,
    /// No good participant crashes and starts again.
    NobodyCrashes,
}

/// How long after it is armed a timer fires, in ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock<Timer> {
    /// The timer.
    pub timer: Timer,
    /// It does not fire before so many ticks. At least 1.
    pub min: u8,
    /// It fires before one tick more than this passes. At least `min`.
    pub max: u8,
}

/// A way in which the good period begins.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stable<Timer> {
    good: Vec<Id>,
    loses: bool,
    /// The ages that are not 0, by participant and timer.
    ages: Vec<(Id, Timer, u8)>,
}

impl<Timer> Stable<Timer> {
    /// These, named by their positions among the actors, are good from now on; all the others send and
    /// receive nothing any more. Their messages stay in flight.
    pub fn of(good: impl IntoIterator<Item = usize>) -> Self {
        let mut good: Vec<Id> = good.into_iter().map(Id::from).collect();
        good.sort_unstable();
        Stable {
            good,
            loses: false,
            ages: Vec::new(),
        }
    }

    /// The same, and everything in flight is lost. Sessions between the good ones break, at both
    /// ends.
    #[must_use]
    pub fn losing_all(self) -> Self {
        Stable {
            loses: true,
            ..self
        }
    }

    /// The good participants, sorted.
    pub fn good(&self) -> &[Id] {
        &self.good
    }

    /// Whether everything in flight is lost.
    pub fn loses(&self) -> bool {
        self.loses
    }

    /// Whether the same are good and the same is lost, whatever the ages of timers.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.good, self.loses) == (&other.good, other.loses)
    }
}

impl<Timer: Clone + Ord> Stable<Timer> {
    /// The same, and each timer of a participant is of the age that it has here. To be called in the
    /// order of the participants.
    #[must_use]
    pub fn aged(mut self, id: Id, timers: &BTreeMap<Timer, u8>) -> Self {
        let ages = timers.iter().filter(|(_, age)| 0 < **age);
        let ages = ages.map(|(timer, age)| (id, timer.clone(), *age));
        self.ages.extend(ages);
        self
    }

    /// The age of a participant's timer.
    pub fn age(&self, id: Id, timer: &Timer) -> u8 {
        let mut ages = self.ages.iter();
        let age = ages.find(|(of, it, _)| (of, it) == (&id, timer));
        age.map_or(0, |(_, _, age)| *age)
    }
}

impl<A: Actor> Period<A> {
    /// The good period that begins in these ways, with clocks, in which requests may still arrive.
    pub fn new(begins: Vec<Stable<A::Timer>>, clocks: &[Clock<A::Timer>]) -> Self {
        Period {
            begins,
            clocks: clocks.to_vec(),
            requests: true,
            renames: false,
            any_age: false,
            delay: None,
            last: None,
            without: &[],
        }
    }

    /// Whether something is assumed of it.
    pub fn assumes(&self, assumption: Assumption) -> bool {
        !self.without.contains(&assumption)
    }

    /// How a timer runs.
    pub fn clock(&self, timer: &A::Timer) -> Option<&Clock<A::Timer>> {
        self.clocks.iter().find(|clock| clock.timer == *timer)
    }
}

impl<A: Actor> Clone for Period<A> {
    fn clone(&self) -> Self {
        Period {
            begins: self.begins.clone(),
            clocks: self.clocks.clone(),
            requests: self.requests,
            renames: self.renames,
            any_age: self.any_age,
            delay: self.delay,
            last: self.last,
            without: self.without,
        }
    }
}

/// As scripts name it: `0,1`, or `0,1 losing all`, or `0,1 aged 0 Election 2`.
impl<Timer: Debug> fmt::Display for Stable<Timer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loses = if self.loses { " losing all" } else { "" };
        write!(f, "{}{loses}", Ids(&self.good))?;
        for (number, (id, timer, age)) in self.ages.iter().enumerate() {
            let before = if number == 0 { " aged" } else { "," };
            write!(f, "{before} {} {timer:?} {age}", usize::from(*id))?;
        }
        Ok(())
    }
}

impl<Timer: Debug> fmt::Debug for Stable<Timer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
