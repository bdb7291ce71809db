//! The kinds of faults in a system, and whether its participants contend.

use super::{GhostState, Participant, Restart, System, Writes};
use stateright::actor::Id;
use std::collections::BTreeSet;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A participant crashes, and starts again with what is on its disk.
    Crash,
    /// A participant is down for a time.
    DownTime,
    /// A participant crashes between a write and the moment when it is durable.
    LostWrite,
    /// A message is lost.
    Loss,
    /// A message arrives more than once.
    Repeats,
    /// Links break, and perhaps heal.
    Partition,
}

impl Fault {
    /// Every kind.
    pub const ALL: &[Fault] = &[
        Fault::Crash,
        Fault::DownTime,
        Fault::LostWrite,
        Fault::Loss,
        Fault::Repeats,
        Fault::Partition,
    ];

    /// Its name, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Crash => "crash",
            Fault::DownTime => "down time",
            Fault::LostWrite => "lost write",
            Fault::Loss => "loss",
            Fault::Repeats => "repeats",
            Fault::Partition => "partition",
        }
    }
}

impl<A: Participant, G: GhostState> System<A, G> {
    /// The kinds of faults that may happen.
    pub fn faults(&self) -> Vec<Fault> {
        let environment = &self.environment;
        let crashes = 0 < environment.crashes || 0 < environment.free.crashes;
        let happens = |fault: &Fault| match fault {
            Fault::Crash => crashes,
            Fault::DownTime => crashes && environment.restart != Restart::AtOnce,
            Fault::LostWrite => crashes && environment.writes == Writes::Synced,
            Fault::Loss => 0 < environment.losses || environment.free.losses,
            Fault::Repeats => 0 < environment.duplicates || self.channels.repeats,
            Fault::Partition => 0 < environment.links.cuts,
        };
        Fault::ALL.iter().copied().filter(happens).collect()
    }

    /// Whether participants contend: the same timer fires at several of them, and each may act as if
    /// the others were lost. Contention is no fault.
    pub fn has_contention(&self) -> bool {
        let pools = &self.environment.timeouts;
        let mut timers = pools.iter().flat_map(|pool| &pool.timers);
        let of = |timer: &A::Timer| -> BTreeSet<Id> {
            let fires = pools.iter().filter(|it| it.times != Some(0));
            let of = fires.filter(|it| it.timers.contains(timer));
            of.flat_map(|it| it.of.iter().copied()).collect()
        };
        self.environment.free.timeouts && 1 < self.actors.len()
            || timers.any(|timer| 1 < of(timer).len())
    }
}
