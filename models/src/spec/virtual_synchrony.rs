//! Extended virtual synchrony: processors go from ring to ring; those who go the same way deliver the same.
//!
//! A ring has its members, and an order of messages that grows. Each processor is in one ring, and delivers a
//! beginning of its order; then it closes the ring. For each two rings there is one *end* of the first: fixed
//! by the first processor that goes from the one to the other, and obeyed by all who go the same way. It says
//! who goes on together, where the regular configuration ends, and what is delivered after that.
//!
//! The machine keeps what its processors have done as a [`history`], and implies the clauses that are
//! judged there.

pub mod history;

use super::Machine;
use crate::quorum::Quorum;
use history::{Event, History, Name, Ring, Sent, Stay, Transition};
use std::collections::{BTreeMap, BTreeSet};

/// The machine.
pub struct VirtualSynchrony;

/// Its variables. No processor has any of its own.
pub type State = super::State<(), Rings>;

/// The rings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rings {
    /// The events in them.
    pub history: History,
    /// How the first of two rings ends for those who go to the second.
    pub ends: BTreeMap<(Name, Name), End>,
}

/// How a ring ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct End {
    /// Those who go on together.
    pub together: Vec<usize>,
    /// The places of the messages that are delivered in the regular configuration.
    pub regular: BTreeSet<u64>,
    /// Those that are delivered in the transitional one.
    pub after: BTreeSet<u64>,
}

/// The actions of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A processor gives a message the next place.
    Order(usize, u64, Sent),
    /// It delivers the next message.
    Deliver(usize, u64),
    /// It closes its ring, on its way to another; this is the end.
    Close(usize, Name, End),
    /// It is in the ring to which it has gone; these are the members.
    Install(usize, Name, Vec<usize>),
    /// It fails, and starts again alone, in a ring of its own.
    Fail(usize, Name),
}

impl End {
    /// The end that a processor has seen.
    fn of(stay: &Stay, transition: &Transition) -> Self {
        End {
            together: transition.members.clone(),
            regular: stay.regular.clone(),
            after: transition.delivered.clone(),
        }
    }

    fn has(&self, seq: u64) -> bool {
        self.regular.contains(&seq) || self.after.contains(&seq)
    }

    /// Whether a ring may end so: the regular configuration without a hole, and each message with all that
    /// it may depend on, and all that those who go on together have sent.
    fn is_sound(&self, ring: &Ring) -> bool {
        let count = self.regular.len();
        let is_beginning = ring.messages.keys().take(count).eq(&self.regular);
        let last = self.regular.last();
        let goes_on = self.after.first().is_none_or(|first| last < Some(first));
        let mut messages = ring.messages.iter();
        let is_closed = messages.all(|(seq, sent)| match self.has(*seq) {
            true => sent.before.iter().all(|it| self.has(*it)),
            false => !self.together.contains(&sent.sender),
        });
        let are_there = self.after.iter().all(|it| ring.messages.contains_key(it));
        let are_members = self.together.iter().all(|it| ring.members.contains(it));
        is_beginning && goes_on && is_closed && are_there && are_members
    }
}

impl Rings {
    /// The rings of a history: the first processor that has gone a way shows how the ring ends for all on it.
    pub fn of(history: &History) -> Self {
        let mut ends = BTreeMap::new();
        for (name, ring) in &history.rings {
            for stay in ring.stays.values() {
                if let Some(transition) = &stay.transition {
                    let way = (*name, transition.next);
                    ends.entry(way).or_insert_with(|| End::of(stay, transition));
                }
            }
        }
        let history = history.clone();
        Rings { history, ends }
    }

    /// Where a processor is, and what it has done there.
    fn place(&self, processor: usize) -> Option<(Name, &Ring, &Stay)> {
        let name = *self.history.at.get(&processor)?;
        let ring = self.history.rings.get(&name)?;
        Some((name, ring, ring.stays.get(&processor)?))
    }

    /// How a ring ends for a processor that has closed it.
    fn end_for(&self, name: Name, stay: &Stay) -> Option<&End> {
        let next = stay.transition.as_ref()?.next;
        self.ends.get(&(name, next))
    }

    /// Whether a processor may deliver a message now.
    fn may_deliver(&self, processor: usize, seq: u64) -> bool {
        let Some((name, ring, stay)) = self.place(processor) else {
            return false;
        };
        let Some(message) = ring.messages.get(&seq) else {
            return false;
        };
        let (is_next, company) = match (&stay.transition, self.end_for(name, stay)) {
            (Some(transition), Some(end)) => {
                let left = end.after.difference(&transition.delivered).next();
                (left == Some(&seq), &transition.members)
            }
            _ => {
                let left = ring.messages.keys().find(|it| !stay.regular.contains(it));
                (left == Some(&seq), &ring.members)
            }
        };
        let is_regular = stay.transition.is_none();
        let is_promised = company.iter().all(|member| match ring.stays.get(member) {
            Some(other) => self.end_for(name, other).is_none_or(|end| end.has(seq)),
            None => !is_regular,
        });
        is_next && (!message.safe || is_promised)
    }

    /// Whether a processor may close its ring so: as others have who went the same way, with all that
    /// was promised to it, and all that it has sent.
    fn may_close(&self, processor: usize, next: Name, end: &End) -> bool {
        let Some((name, ring, stay)) = self.place(processor) else {
            return false;
        };
        let obeys = match self.ends.get(&(name, next)) {
            Some(fixed) => fixed == end,
            None => end.is_sound(ring),
        };
        let mut others = ring.stays.values();
        let keeps = others.all(|other| {
            let mut safe = other.delivered().filter(|it| ring.messages[it].safe);
            safe.all(|it| end.has(it) || !other.company(ring, it).contains(&processor))
        });
        // Messages of its own may have got their places after the end was fixed.
        let mut messages = ring.messages.iter();
        let has_own = messages.all(|(seq, sent)| sent.sender != processor || end.has(*seq));
        let is_regular = stay.transition.is_none() && stay.regular == end.regular;
        is_regular && obeys && keeps && has_own && end.together.contains(&processor)
    }

    /// Whether a processor may be in a ring now.
    fn may_install(&self, processor: usize, next: Name, members: &[usize]) -> bool {
        let Some((name, _, stay)) = self.place(processor) else {
            return false;
        };
        let end = self.end_for(name, stay);
        let transition = stay.transition.as_ref().filter(|it| it.next == next);
        let is_done = transition.map(|it| &it.delivered) == end.map(|end| &end.after);
        transition.is_some() && is_done && self.is_open(processor, next, members) && name < next
    }

    /// Whether a ring may have these members, one of whom has not been in it.
    fn is_open(&self, processor: usize, next: Name, members: &[usize]) -> bool {
        let ring = self.history.rings.get(&next);
        members.contains(&processor)
            && ring.is_none_or(|it| it.members == members && !it.stays.contains_key(&processor))
    }
}

impl Machine for VirtualSynchrony {
    type Own = ();
    type Shared = Rings;
    type Action = Action;

    fn difference(before: &State, after: &State) -> Vec<Action> {
        let (old, new) = (&before.shared.history, &after.shared);
        let rings = new.history.rings.iter();
        // A processor goes from lower rings to higher ones.
        rings
            .flat_map(|(name, ring)| steps(*name, ring, old, new))
            .collect()
    }

    fn is_enabled(state: &State, action: &Action, _: &Quorum) -> bool {
        let rings = &state.shared;
        match action {
            Action::Order(processor, seq, sent) => {
                let place = rings.place(*processor);
                place.is_some_and(|(_, ring, stay)| {
                    let last = ring.messages.keys().next_back();
                    let own = ring
                        .messages
                        .iter()
                        .filter(|(_, it)| it.sender == *processor);
                    let own = own.map(|(seq, _)| *seq);
                    let before: BTreeSet<u64> = stay.regular.iter().copied().chain(own).collect();
                    stay.transition.is_none()
                        && last < Some(seq)
                        && sent.before == before
                        && !rings.history.sent.contains(&sent.command)
                })
            }
            Action::Deliver(processor, seq) => rings.may_deliver(*processor, *seq),
            Action::Close(processor, next, end) => rings.may_close(*processor, *next, end),
            Action::Install(processor, next, members) => {
                rings.may_install(*processor, *next, members)
            }
            Action::Fail(processor, next) => {
                let before = rings.history.at.get(processor);
                let place = rings.place(*processor);
                let transition = place.and_then(|(_, _, stay)| stay.transition.as_ref());
                rings.is_open(*processor, *next, &[*processor])
                    && before < Some(next)
                    && transition.is_none_or(|it| it.next != *next)
            }
        }
    }

    fn take(state: &mut State, action: Action) {
        let rings = &mut state.shared;
        if let Some((processor, event)) = event(rings, action) {
            let Rings { history, ends } = rings;
            history.observe(processor, event);
            ends.retain(|(old, _), _| history.rings.contains_key(old));
        }
    }
}

/// The events of a processor in a ring, in its order.
fn steps(name: Name, ring: &Ring, old: &History, new: &Rings) -> Vec<Action> {
    let none = Ring::default();
    let known = old.rings.get(&name).unwrap_or(&none);
    let mut actions = Vec::new();
    let arrived = ring.stays.keys().filter(|it| !known.stays.contains_key(it));
    actions.extend(arrived.map(|processor| arrival(*processor, name, ring, new)));
    let messages = ring.messages.iter();
    let ordered = messages.filter(|(seq, _)| !known.messages.contains_key(seq));
    actions.extend(ordered.map(|(seq, sent)| Action::Order(sent.sender, *seq, sent.clone())));
    for (processor, stay) in &ring.stays {
        let before = known.stays.get(processor).cloned().unwrap_or_default();
        let deliver = |seq: &u64| Action::Deliver(*processor, *seq);
        actions.extend(stay.regular.difference(&before.regular).map(deliver));
        let Some(transition) = &stay.transition else {
            continue;
        };
        let delivered = before.transition.as_ref().map(|it| &it.delivered);
        if delivered.is_none() {
            let end = new.ends[&(name, transition.next)].clone();
            actions.push(Action::Close(*processor, transition.next, end));
        }
        let later = transition.delivered.iter();
        let later = later.filter(|seq| delivered.is_none_or(|it| !it.contains(seq)));
        actions.extend(later.map(deliver));
    }
    actions
}

/// How a processor has come into a ring: from one that it has closed, or from nowhere.
fn arrival(processor: usize, name: Name, ring: &Ring, new: &Rings) -> Action {
    let mut stays = new
        .history
        .rings
        .values()
        .filter_map(|it| it.stays.get(&processor));
    let leads_here = |stay: &Stay| stay.transition.as_ref().map(|it| it.next) == Some(name);
    match stays.any(leads_here) {
        true => Action::Install(processor, name, ring.members.clone()),
        false => Action::Fail(processor, name),
    }
}

/// The event that an action is at a processor.
fn event(rings: &mut Rings, action: Action) -> Option<(usize, Event)> {
    let history = &rings.history;
    let place = |processor: usize| history.at.get(&processor).copied();
    Some(match action {
        Action::Order(processor, seq, sent) => {
            let event = Event::Send {
                ring: place(processor)?,
                seq,
                safe: sent.safe,
                command: sent.command,
            };
            (processor, event)
        }
        Action::Deliver(processor, seq) => {
            let ring = place(processor)?;
            let sent = history.rings.get(&ring)?.messages.get(&seq)?;
            let event = Event::Deliver {
                ring,
                seq,
                sender: sent.sender,
                command: sent.command.clone(),
            };
            (processor, event)
        }
        Action::Close(processor, new, end) => {
            let old = place(processor)?;
            let members = end.together.clone();
            rings.ends.entry((old, new)).or_insert(end);
            (processor, Event::Transitional { old, new, members })
        }
        Action::Install(processor, ring, members) => (processor, Event::Regular { ring, members }),
        Action::Fail(processor, ring) => {
            let members = vec![processor];
            (processor, Event::Regular { ring, members })
        }
    })
}
