//! What may go wrong in a system, in kinds.

use super::{Budgets, Environment, History, Network, Participant, Restart, System, Writes};
use stateright::actor::Id;
use std::collections::BTreeSet;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The same timer fires at several participants, each of which takes the others for lost.
    Rivals,
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
}

impl Fault {
    /// Every kind.
    pub const ALL: &[Fault] = &[
        Fault::Rivals,
        Fault::Crash,
        Fault::DownTime,
        Fault::LostWrite,
        Fault::Loss,
        Fault::Repeats,
    ];

    /// Its name, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Rivals => "rivals",
            Fault::Crash => "crash",
            Fault::DownTime => "down time",
            Fault::LostWrite => "lost write",
            Fault::Loss => "loss",
            Fault::Repeats => "repeats",
        }
    }
}

impl<A: Participant, G: History> System<A, G> {
    /// The kinds of faults that may happen.
    pub fn faults(&self) -> Vec<Fault> {
        let happens = |fault: &Fault| match &self.environment {
            _ if *fault == Fault::Repeats && self.network.repeats() => true,
            Environment::Budgets(budgets) => budgets.has(*fault),
            Environment::Stateright {
                lossy, max_crashes, ..
            } => match fault {
                Fault::Rivals => 1 < self.actors.len(),
                Fault::Crash | Fault::DownTime => 0 < *max_crashes,
                Fault::Loss => *lossy,
                Fault::LostWrite | Fault::Repeats => false,
            },
        };
        Fault::ALL.iter().copied().filter(happens).collect()
    }
}

impl<A: Participant> Budgets<A> {
    fn has(&self, fault: Fault) -> bool {
        match fault {
            Fault::Rivals => self.timeouts.iter().any(|pool| {
                let same = self.timeouts.iter().filter(|it| it.timer == pool.timer);
                let fires = same.filter(|it| it.times != Some(0));
                let of: BTreeSet<Id> = fires.flat_map(|it| it.of.iter().copied()).collect();
                1 < of.len()
            }),
            Fault::Crash => 0 < self.crashes,
            Fault::DownTime => 0 < self.crashes && self.restart == Restart::Later,
            Fault::LostWrite => 0 < self.crashes && self.writes == Writes::Synced,
            Fault::Loss => 0 < self.losses,
            Fault::Repeats => 0 < self.duplicates,
        }
    }
}

impl<Msg> Network<Msg> {
    /// Whether a message that was delivered stays in flight.
    fn repeats(&self) -> bool {
        matches!(self, Network::ForEver(_) | Network::Duplicating { .. })
    }
}
