//! The demands of extended virtual synchrony on processors, clause by clause: Moser, Amir,
//! Melliar-Smith, Agarwal, *Extended Virtual Synchrony*, 1994. Each event is judged as it happens; an event
//! that must happen *eventually* is demanded when a processor has closed the configuration.
//!
//! 1.1 and 1.2 hold because of what a history is: the events of a processor come one after the other, and
//! a message is sent before it is delivered. 2.2 is about runs that never end. 6.1 follows from 2.3 and
//! 6.2: inside a ring the order is that of the places, and from ring to ring numbers rise.

use crate::replica::Command;
use std::collections::{BTreeMap, BTreeSet};

/// A ring, by its number and its representative.
pub type Name = (u64, usize);

/// An event at a processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It gives a message of its own a place in the order of its ring.
    Send {
        /// The ring.
        ring: Name,
        /// The place.
        seq: u64,
        /// Whether the message is delivered only when everyone has it.
        safe: bool,
        /// The message.
        command: Command,
    },
    /// It delivers a message.
    Deliver {
        /// The ring in which it was sent.
        ring: Name,
        /// Its place.
        seq: u64,
        /// Its sender.
        sender: usize,
        /// The message.
        command: Command,
    },
    /// It closes a ring, and is with those who go on together.
    Transitional {
        /// The ring.
        old: Name,
        /// The next one.
        new: Name,
        /// Those who go on together.
        members: Vec<usize>,
    },
    /// It is in a ring.
    Regular {
        /// The ring.
        ring: Name,
        /// Its members.
        members: Vec<usize>,
    },
}

/// A clause that something violates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// 1.3: a delivered message was sent, in the configuration in which it is delivered, or in the regular
    /// one before.
    Origin,
    /// 1.4: a message is sent once, and delivered at most once by each processor.
    Once,
    /// 2.1: events come after the configuration in which they happen, at its members.
    Membership,
    /// 2.3: configurations are consistent cuts: the numbers of a processor's rings rise.
    Cuts,
    /// 2.4: all who install a configuration deliver the same members.
    Agreement,
    /// 3: a processor delivers its own messages.
    SelfDelivery,
    /// 4: those who go from one configuration to the next together deliver the same in the first.
    FailureAtomicity,
    /// 5: messages that a message may depend on are delivered before it.
    Causality,
    /// 6.2: one order of all messages.
    Order,
    /// 6.3: no holes in it but of senders who are not in the configuration.
    Holes,
    /// 7.1: a safe message is delivered by everyone in the configuration who does not fail.
    Safe,
    /// 7.2: a safe message is delivered in a regular configuration that everyone has installed.
    SafeIsInstalled,
}

/// The events at processors, as far as a clause may still ask for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct History {
    /// The ring in which each processor is, or that it closes.
    pub at: BTreeMap<usize, Name>,
    /// The rings that somebody may be in.
    pub rings: BTreeMap<Name, Ring>,
    /// The messages that were sent.
    pub sent: BTreeSet<Command>,
    /// The clauses that were violated.
    pub violated: BTreeSet<Clause>,
}

/// A ring that was installed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ring {
    /// Its members.
    pub members: Vec<usize>,
    /// Its messages, by their places.
    pub messages: BTreeMap<u64, Sent>,
    /// The events in it at each processor that has installed it.
    pub stays: BTreeMap<usize, Stay>,
}

/// A message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sent {
    /// By whom.
    pub sender: usize,
    /// Whether everyone must have it before it is delivered.
    pub safe: bool,
    /// Its content.
    pub command: Command,
    /// The places of the messages that it may depend on: those that its sender had delivered or sent.
    pub before: BTreeSet<u64>,
}

/// The events of a processor in a ring.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stay {
    /// Messages delivered in the regular configuration.
    pub regular: BTreeSet<u64>,
    /// How it has closed the ring, if it has.
    pub transition: Option<Transition>,
    /// Whether it has gone on, or failed.
    pub end: Option<End>,
}

/// How a processor closes a ring.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transition {
    /// The next ring.
    pub next: Name,
    /// Those who go on together.
    pub members: Vec<usize>,
    /// Messages delivered in the transitional configuration.
    pub delivered: BTreeSet<u64>,
}

/// How a stay ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// In the next ring.
    Closed,
    /// In a crash.
    Failed,
}

impl Stay {
    /// Whether a message was delivered.
    pub fn has(&self, seq: u64) -> bool {
        let mut transition = self.transition.iter();
        self.regular.contains(&seq) || transition.any(|it| it.delivered.contains(&seq))
    }

    /// The places of all messages that were delivered.
    pub(super) fn delivered(&self) -> impl Iterator<Item = u64> {
        let transition = self.transition.iter().flat_map(|it| &it.delivered);
        self.regular.iter().chain(transition).copied()
    }

    /// Those who were with the processor when it delivered a message.
    pub(super) fn company<'a>(&'a self, ring: &'a Ring, seq: u64) -> &'a [usize] {
        match &self.transition {
            Some(transition) if !self.regular.contains(&seq) => &transition.members,
            _ => &ring.members,
        }
    }

    /// Whether it will deliver nothing more, and has not failed.
    fn is_closed(&self) -> bool {
        self.end == Some(End::Closed)
    }
}

impl History {
    /// Adds what a processor does. Rings of the past are forgotten when another is closed.
    pub fn observe(&mut self, processor: usize, event: Event) {
        if matches!(event, Event::Transitional { .. }) {
            self.forget();
        }
        self.judge(processor, event);
    }

    /// The same, and nothing is forgotten.
    pub fn judge(&mut self, processor: usize, event: Event) {
        match event {
            Event::Send {
                ring,
                seq,
                safe,
                command,
            } => self.send(processor, (ring, seq), safe, command),
            Event::Deliver {
                ring,
                seq,
                sender,
                command,
            } => self.deliver(processor, (ring, seq), (sender, command)),
            Event::Transitional { old, new, members } => {
                self.transit(processor, old, new, members);
            }
            Event::Regular { ring, members } => self.install(processor, ring, members),
        }
    }

    fn demand(&mut self, clause: Clause, holds: bool) {
        if !holds {
            self.violated.insert(clause);
        }
    }

    /// The events of a processor in a ring, if it is there.
    fn stay(&mut self, processor: usize, name: Name) -> Option<(&mut Ring, Stay)> {
        let is_there = self.at.get(&processor) == Some(&name);
        let ring = self.rings.get_mut(&name).filter(|_| is_there)?;
        let stay = ring.stays.get(&processor)?.clone();
        Some((ring, stay))
    }

    fn send(&mut self, sender: usize, (name, seq): (Name, u64), safe: bool, command: Command) {
        let is_new = self.sent.insert(command.clone());
        self.demand(Clause::Once, is_new);
        let Some((ring, stay)) = self.stay(sender, name) else {
            return self.demand(Clause::Membership, false);
        };
        let is_regular = stay.transition.is_none();
        let own = ring
            .messages
            .iter()
            .filter(|(_, sent)| sent.sender == sender);
        let own = own.map(|(seq, _)| *seq);
        let sent = Sent {
            sender,
            safe,
            command,
            before: stay.delivered().chain(own).collect(),
        };
        let is_free = ring.messages.insert(seq, sent).is_none();
        self.demand(Clause::Membership, is_regular);
        self.demand(Clause::Order, is_free);
    }

    fn deliver(
        &mut self,
        by: usize,
        (name, seq): (Name, u64),
        (sender, command): (usize, Command),
    ) {
        let Some((ring, before)) = self.stay(by, name) else {
            return self.demand(Clause::Origin, false);
        };
        let found = ring.messages.get(&seq).cloned();
        let found = found.filter(|it| (it.sender, &it.command) == (sender, &command));
        let Some(message) = found else {
            return self.demand(Clause::Origin, false);
        };
        let mut stay = before.clone();
        match &mut stay.transition {
            None => stay.regular.insert(seq),
            Some(transition) => transition.delivered.insert(seq),
        };
        ring.stays.insert(by, stay.clone());
        let ring = ring.clone();
        let is_last = before.delivered().all(|it| it < seq);
        self.demand(Clause::Once, !before.has(seq));
        self.demand(Clause::Order, is_last || before.has(seq));
        self.demand(
            Clause::Causality,
            message.before.iter().all(|it| before.has(*it)),
        );
        self.demand(Clause::Holes, ring.has_no_holes(by, seq));
        if message.safe {
            let company = stay.company(&ring, seq).iter();
            let mut stays = company.map(|member| ring.stays.get(member));
            if stay.transition.is_none() {
                self.demand(
                    Clause::SafeIsInstalled,
                    stays.clone().all(|it| it.is_some()),
                );
            }
            let is_bound = |it: &Stay| it.has(seq) || !it.is_closed();
            self.demand(Clause::Safe, stays.all(|it| it.is_none_or(is_bound)));
        }
    }

    fn transit(&mut self, processor: usize, old: Name, next: Name, members: Vec<usize>) {
        let Some((ring, mut stay)) = self.stay(processor, old) else {
            return self.demand(Clause::Membership, false);
        };
        let is_first = stay.transition.is_none();
        let is_member = members.contains(&processor);
        let mut others = ring.stays.values().filter_map(|it| it.transition.as_ref());
        let agree = others.all(|it| it.next != next || it.members == members);
        stay.transition = Some(Transition {
            next,
            members,
            delivered: BTreeSet::new(),
        });
        ring.stays.insert(processor, stay);
        self.demand(Clause::Membership, is_first && is_member);
        self.demand(Clause::Agreement, agree);
    }

    /// A ring is installed; the one before is closed. A processor that did not say so has failed there.
    fn install(&mut self, processor: usize, name: Name, members: Vec<usize>) {
        if let Some(old) = self.at.insert(processor, name) {
            self.demand(Clause::Cuts, old < name);
            self.close(processor, old, (name, &members));
        }
        self.demand(Clause::Membership, members.contains(&processor));
        let ring = self.rings.entry(name).or_insert_with(|| Ring {
            members: members.clone(),
            ..Ring::default()
        });
        let agree = ring.members == members;
        let is_first = ring.stays.insert(processor, Stay::default()).is_none();
        self.demand(Clause::Agreement, agree);
        self.demand(Clause::Cuts, is_first);
    }

    /// A processor that does not go on has failed, and starts again alone.
    fn close(&mut self, processor: usize, old: Name, (name, members): (Name, &[usize])) {
        let Some(ring) = self.rings.get_mut(&old) else {
            return;
        };
        let Some(stay) = ring.stays.get_mut(&processor) else {
            return;
        };
        let goes_on = stay.transition.as_ref().map(|it| it.next) == Some(name);
        stay.end = Some(match goes_on {
            true => End::Closed,
            false => End::Failed,
        });
        let stay = stay.clone();
        let ring = ring.clone();
        self.demand(Clause::Membership, goes_on || members == [processor]);
        if goes_on {
            self.demand(Clause::SelfDelivery, ring.has_own(processor, &stay));
            self.demand(Clause::FailureAtomicity, ring.is_atomic(&stay));
            self.demand(Clause::Safe, ring.keeps_promises(processor, &stay));
        }
    }

    /// Rings with lower numbers than those that everyone is in are of the past: nobody is in them any more,
    /// or will be.
    fn forget(&mut self) {
        let least = self.at.values().map(|(number, _)| *number).min();
        self.rings.retain(|(number, _), _| least <= Some(*number));
    }
}

impl Ring {
    /// Whether a delivery shows no hole: at its processor before this message, or at others that have
    /// delivered later ones without it.
    fn has_no_holes(&self, by: usize, seq: u64) -> bool {
        let is_delivered = |seq: &u64| self.stays.values().any(|stay| stay.has(*seq));
        let earlier = self
            .messages
            .range(..seq)
            .filter(|(seq, _)| is_delivered(seq));
        let (stay, sender) = (&self.stays[&by], |seq: &u64| self.messages[seq].sender);
        let mut before = earlier.map(|(seq, _)| *seq);
        let company = stay.company(self, seq);
        let none_before = before.all(|it| stay.has(it) || !company.contains(&sender(&it)));
        let of = sender(&seq);
        let mut others = self.stays.values();
        let none_elsewhere = others.all(|other| {
            let mut later = other.delivered().filter(|it| seq < *it);
            other.has(seq) || later.all(|it| !other.company(self, it).contains(&of))
        });
        none_before && none_elsewhere
    }

    /// Whether a processor has delivered all that it has sent.
    fn has_own(&self, processor: usize, stay: &Stay) -> bool {
        let mut messages = self.messages.iter();
        messages.all(|(seq, sent)| sent.sender != processor || stay.has(*seq))
    }

    /// Whether all who have gone the same way have delivered the same, in the regular configuration and in
    /// the transitional one.
    fn is_atomic(&self, stay: &Stay) -> bool {
        let next = |it: &Stay| it.transition.as_ref().map(|transition| transition.next);
        let same_way = |it: &&Stay| it.is_closed() && next(it) == next(stay);
        let mut others = self.stays.values().filter(same_way);
        others.all(|it| it.regular == stay.regular && it.transition == stay.transition)
    }

    /// Whether a processor has delivered every safe message that another has delivered in a configuration
    /// with it.
    fn keeps_promises(&self, processor: usize, stay: &Stay) -> bool {
        let mut others = self.stays.values();
        others.all(|other| {
            let mut safe = other.delivered().filter(|seq| self.messages[seq].safe);
            safe.all(|seq| stay.has(seq) || !other.company(self, seq).contains(&processor))
        })
    }
}

#[cfg(test)]
mod tests;
