//! The replicated log above the rings, as data. `component` has its handlers.
//!
//! A ring with a quorum of all processors in it is a *primary component*. Any two of them have a member in
//! common, and rings that one processor is in have rising numbers; so primary components follow one after
//! the other, and the log is handed on from each to the next. It is the vote of Paxos, with rings for
//! ballots: a processor that agrees to a ring takes part in none before it any more, each member tells what
//! it has accepted, and all take over the log that was accepted last.

use super::message::{Content, Payload, Report};
use super::state::RingId;
use crate::replica::Command;
use crate::shared_vec::SharedVec;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::{BTreeMap, VecDeque};

/// The log of a processor, as it is on stable storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Log {
    /// The number of the primary component whose log it is; 0 before the first.
    pub accepted: u64,
    /// Its commands.
    pub commands: SharedVec<Command>,
    /// How many of them were known to be decided when it was written last.
    pub decided: u64,
}

/// The role of the installed ring for the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Component {
    /// How many commands of the log are known to be decided.
    pub decided: u64,
    /// How far the ring is.
    pub stage: Stage,
}

/// How far a ring is with the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It has no quorum, or is over: nothing is taken.
    Minority,
    /// Its members make their logs equal.
    Exchange(Exchange),
    /// More was decided than the log of the ring has: something decided is lost, and nothing is taken any
    /// more.
    Stopped {
        /// How many commands were decided.
        decided: u64,
        /// The length of the ring's log.
        len: u64,
    },
    /// It is the primary component.
    Primary {
        /// The ring.
        ring: RingId,
        /// Its members.
        members: Vec<Id>,
        /// The length of the log after each message of the ring that is not known to be safe.
        undecided: VecDeque<(u64, u64)>,
    },
}

/// The reports of the members of a ring about their logs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exchange {
    /// The ring.
    pub ring: RingId,
    /// Its members.
    pub members: Vec<Id>,
    /// The reports of their logs.
    pub reports: BTreeMap<Id, Report>,
    /// The entries that somebody lacked, as far as they have come.
    pub entries: Vec<Command>,
    /// Commands that came before all logs were equal.
    pub waiting: Vec<Command>,
}

/// The plan of all members, once each has told what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The member whose log all take over.
    pub source: Id,
    /// The report of that log.
    pub best: Report,
    /// Up to here everybody has it.
    pub common: u64,
}

impl Component {
    /// At the start of a processor, of whose log so many commands are known to be decided.
    pub fn new(decided: u64) -> Self {
        Component {
            decided,
            stage: Stage::Minority,
        }
    }

    /// Whether commands are taken.
    pub fn is_primary(&self) -> bool {
        matches!(self.stage, Stage::Primary { .. })
    }
}

impl Log {
    /// Its report, if so many of its commands are decided.
    pub fn report(&self, decided: u64) -> Report {
        Report {
            accepted: self.accepted,
            len: self.len(),
            decided,
        }
    }

    /// The number of its commands.
    pub fn len(&self) -> u64 {
        self.commands.len() as u64
    }

    /// Whether it has no command.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Its commands after the first so many.
    pub fn after(&self, position: u64) -> impl Iterator<Item = &Command> {
        (position as usize..self.commands.len()).filter_map(|at| self.commands.get(at))
    }
}

impl Exchange {
    /// Nothing was told yet.
    pub fn new(ring: RingId, members: Vec<Id>) -> Self {
        Exchange {
            ring,
            members,
            reports: BTreeMap::new(),
            entries: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// The plan, once everyone has told what it has; logs are compared by this rank.
    pub fn plan(&self, rank: impl Fn(&Report) -> (u64, u64)) -> Option<Plan> {
        let mut told = self.members.iter().map(|id| self.reports.get(id));
        let told: Option<Vec<&Report>> = told.by_ref().collect();
        let best = **told?.iter().max_by_key(|report| rank(report))?;
        let mut reports = self.reports.iter();
        let (source, _) = reports.find(|(_, report)| rank(report) == rank(&best))?;
        let common = self.reports.values().map(|report| shared(report, &best));
        Some(Plan {
            source: *source,
            best,
            common: common.min()?,
        })
    }
}

impl Plan {
    /// How much comes from the source.
    pub fn missing(&self) -> u64 {
        self.best.len - self.common
    }
}

/// How much of the best log a member surely has: what is decided, and all that it has of the same component.
pub fn shared(report: &Report, best: &Report) -> u64 {
    match report.accepted == best.accepted {
        true => report.len.min(best.len),
        false => report.decided.min(best.len),
    }
}

/// Takes from the queue what is sent next: commands for the log go together, up to so many bytes.
pub(super) fn pack(queue: &mut VecDeque<Content>, bytes_max: usize) -> Option<Content> {
    let mut next = queue.pop_front()?;
    if let Payload::Commands(commands) = &mut next.payload {
        let mut bytes: usize = commands.iter().map(|command| command.0.len()).sum();
        while let Some(Payload::Commands(more)) = queue.front().map(|it| &it.payload) {
            bytes += more.iter().map(|command| command.0.len()).sum::<usize>();
            if bytes_max < bytes {
                break;
            }
            commands.extend(more.iter().cloned());
            queue.pop_front();
        }
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::totem::message::Service;

    fn report(accepted: u64, len: u64, decided: u64) -> Report {
        Report {
            accepted,
            len,
            decided,
        }
    }

    fn plan(reports: &[Report]) -> Option<Plan> {
        let members: Vec<Id> = (0..3).map(Id::from).collect();
        let ring = RingId {
            number: 9,
            representative: members[0],
        };
        let mut exchange = Exchange::new(ring, members);
        exchange.reports = (0..).map(Id::from).zip(reports.iter().copied()).collect();
        exchange.plan(|report| (report.accepted, report.len))
    }

    #[test]
    fn all_take_over_the_longest_log_of_the_last_component() {
        let (old, behind, best) = (report(5, 7, 2), report(9, 3, 1), report(9, 4, 3));
        assert_eq!(plan(&[old, behind]), None);
        let found = plan(&[old, behind, best]).expect("all have told");
        assert_eq!(found.source, Id::from(2));
        assert_eq!((found.best, found.common, found.missing()), (best, 2, 2));
        let equal = plan(&[best, best, best]).expect("all have told");
        assert_eq!((equal.source, equal.missing()), (Id::from(0), 0));
    }

    #[test]
    fn of_an_earlier_component_what_is_decided_is_shared_alone() {
        assert_eq!(shared(&report(5, 7, 2), &report(9, 4, 3)), 2);
        assert_eq!(shared(&report(9, 3, 2), &report(9, 4, 3)), 3);
        assert_eq!(shared(&report(5, 7, 6), &report(9, 4, 3)), 4);
    }

    #[test]
    fn commands_go_together_and_nothing_else() {
        let content = |payload| Content {
            sender: Id::from(0),
            service: Service::Agreed,
            payload,
        };
        let commands = |names: &[&str]| {
            let names = names.iter().map(|name| Command::from(*name));
            content(Payload::Commands(names.collect()))
        };
        let told = || content(Payload::Report(report(0, 0, 0)));
        let mut queue = VecDeque::from([
            commands(&["a"]),
            commands(&["bb"]),
            commands(&["cc"]),
            told(),
            commands(&["d"]),
        ]);
        let mut packed = || pack(&mut queue, 4);
        assert_eq!(packed(), Some(commands(&["a", "bb"])));
        assert_eq!(packed(), Some(commands(&["cc"])));
        assert_eq!(packed(), Some(told()));
        assert_eq!(packed(), Some(commands(&["d"])));
        assert_eq!(packed(), None);
    }
}
