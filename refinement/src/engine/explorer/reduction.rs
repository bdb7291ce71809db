//! The reduction checks itself while it is used.
//!
//! A message that is dropped as dead at a participant must be a no-op there, and in every local
//! state that the participant comes to afterwards. So each such message is delivered, in thought, in
//! the local state where it was dropped and in all that local transitions lead to from there. If
//! none of these deliveries does anything, the search with and the search without dead messages
//! reach the same participants and histories, by induction over the steps. If one does, the
//! reduction is *broken*, whoever wrote the rule or the handler.
//!
//! Drops and local transitions are noted in the order in which they are computed, which no thread
//! changes; after each block of rows, what is new is passed on and delivered.

use super::deed::Made;
use super::expand::Goal;
use super::intern::Name;
use super::panics::caught;
use super::parts::Parts;
use super::threads;
use indexmap::{IndexMap, IndexSet};
use quorate_models::coverage::Marks;
use quorate_models::system::{Action, Envelope, History, Participant};
use rustc_hash::{FxBuildHasher, FxHashSet};
use std::collections::VecDeque;

/// Deliveries that are computed at a time.
const BATCH: usize = 1 << 16;

/// What was dropped where, and what must be delivered in thought because of that.
#[derive(Default)]
pub(super) struct Reduction {
    seats: Vec<AtSeat>,
    /// Local states with messages that are not passed on yet, by seat.
    queue: VecDeque<(usize, Name)>,
    /// Deliveries in thought.
    pub(super) checked: usize,
}

/// What was dropped at one participant.
#[derive(Default)]
struct AtSeat {
    /// The messages, in the order in which they were first dropped. A bit stands for each.
    messages: IndexSet<Name, FxBuildHasher>,
    situations: IndexMap<Name, Situation, FxBuildHasher>,
}

/// A local state of a participant.
#[derive(Default)]
struct Situation {
    /// Where its local transitions lead.
    next: Vec<Name>,
    /// Messages dropped here, or on a way here.
    dropped: Bits,
    /// Of these, the ones that are not passed on yet.
    fresh: Bits,
    /// Messages dropped here and not before, and the step that did it.
    origins: Vec<(usize, Goal)>,
}

/// A delivery that a dead message must not notice, and does.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) seat: usize,
    pub(super) local: Name,
    pub(super) message: Name,
    /// What the delivery does.
    pub(super) effect: String,
    /// The step by which the message was dropped.
    pub(super) dropped: Goal,
}

/// A delivery in thought: to whom, in which local state, of which message.
type Delivery = (usize, Name, Name);

impl Reduction {
    pub(super) fn new(participants: usize) -> Self {
        Reduction {
            seats: (0..participants).map(|_| AtSeat::default()).collect(),
            ..Reduction::default()
        }
    }

    /// Messages that were dropped, each counted once for each receiver.
    pub(super) fn dropped(&self) -> usize {
        self.seats.iter().map(|seat| seat.messages.len()).sum()
    }

    /// A message is dropped in a local state.
    pub(super) fn drop(&mut self, seat: usize, local: Name, message: Name, by: Goal) {
        let (bit, _) = self.seats[seat].messages.insert_full(message);
        let situation = self.seats[seat].situations.entry(local).or_default();
        let was_empty = situation.fresh.is_empty();
        if situation.dropped.insert(bit) {
            situation.fresh.insert(bit);
            situation.origins.push((bit, by));
            if was_empty {
                self.queue.push_back((seat, local));
            }
        }
    }

    /// A local transition leads from one local state to another.
    pub(super) fn step(&mut self, seat: usize, from: Name, to: Name) {
        if from == to {
            return;
        }
        let situation = self.seats[seat].situations.entry(from).or_default();
        situation.next.push(to);
        if !situation.dropped.is_empty() {
            let dropped = situation.dropped.clone();
            self.pass_on(seat, to, &dropped);
        }
    }

    fn pass_on(&mut self, seat: usize, to: Name, messages: &Bits) {
        let situation = self.seats[seat].situations.entry(to).or_default();
        let was_empty = situation.fresh.is_empty();
        situation.dropped.take(messages, &mut situation.fresh);
        if was_empty && !situation.fresh.is_empty() {
            self.queue.push_back((seat, to));
        }
    }

    /// Passes on what is new, to where local transitions lead. Gives the deliveries that are due.
    fn due(&mut self) -> Vec<Delivery> {
        let mut due = Vec::new();
        while let Some((seat, local)) = self.queue.pop_front() {
            let situation = &mut self.seats[seat].situations[&local];
            let fresh = std::mem::take(&mut situation.fresh);
            for to in situation.next.clone() {
                self.pass_on(seat, to, &fresh);
            }
            let messages = &self.seats[seat].messages;
            due.extend(fresh.iter().map(|bit| (seat, local, messages[bit])));
        }
        due
    }

    /// A step that dropped a message in a local state from which this one was reached.
    fn origin(&self, (seat, local, message): Delivery) -> Goal {
        let AtSeat {
            messages,
            situations,
        } = &self.seats[seat];
        let bit = messages.get_index_of(&message);
        let dropped_at = |situation: &Situation| {
            let mut origins = situation.origins.iter();
            origins.find(|(other, _)| Some(*other) == bit).copied()
        };
        let leads_here = |from: Name| {
            let (mut seen, mut queue) = (FxHashSet::default(), VecDeque::from([from]));
            while let Some(at) = queue.pop_front() {
                if at == local {
                    return true;
                }
                if seen.insert(at) {
                    queue.extend(&situations[&at].next);
                }
            }
            false
        };
        let mut origins = situations.iter().filter_map(|(at, situation)| {
            let (_, by) = dropped_at(situation)?;
            leads_here(*at).then_some(by)
        });
        origins.next().expect("the message was dropped somewhere")
    }
}

impl<A: Participant, G: History> Parts<A, G> {
    /// Delivers, in thought, what is due since the last time.
    ///
    /// # Errors
    ///
    /// The first delivery that does something.
    pub(super) fn check_reduction(&mut self, threads: usize) -> Result<(), Broken> {
        let due = self.reduction.due();
        for batch in due.chunks(BATCH) {
            let deliver = |position: usize| self.deliver_in_thought(batch[position]);
            let delivered = threads::map(threads, batch.len(), deliver);
            for (delivery, marks) in batch.iter().zip(delivered) {
                let (seat, local, message) = *delivery;
                let marks = marks.map_err(|effect| Broken {
                    seat,
                    local,
                    message,
                    effect,
                    dropped: self.reduction.origin(*delivery),
                })?;
                self.reduction.checked += 1;
                for mark in marks {
                    *self.memo.in_thought.entry(mark).or_default() += 1;
                }
            }
        }
        Ok(())
    }

    /// The marks that the delivery of a dead message hits.
    ///
    /// # Errors
    ///
    /// What it does, if it does anything.
    fn deliver_in_thought(&self, (seat, local, message): Delivery) -> Result<Marks, String> {
        if self.locals[local].crashed {
            return Ok(Marks::new());
        }
        let envelope = Envelope::clone(&self.messages[message]);
        let made = caught(|| self.act(seat, local, &Action::Deliver(envelope), message));
        let effect = match made.map_err(|panic| format!("it panics: {panic}"))? {
            Made::Nothing(marks) => return Ok(marks),
            Made::New(effect) => effect,
            Made::Known(_) | Made::Panicked(_) => unreachable!("the delivery was just computed"),
        };
        if effect.after.as_ref() != Some(&*self.locals[local]) {
            Err("the receiver changes".to_owned())
        } else if let Some(Envelope { dst, msg, .. }) = effect.said.first() {
            Err(format!(
                "the receiver sends {msg:?} to {}",
                usize::from(*dst)
            ))
        } else if effect.observed || self.records() {
            Err("history is told of it".to_owned())
        } else if effect.claims.broken | effect.claims.conditional != 0 {
            Err("a claim about steps reads it".to_owned())
        } else {
            Ok(effect.marks)
        }
    }
}

/// A set of small numbers.
#[derive(Clone, Debug, Default)]
struct Bits {
    words: Vec<u64>,
}

impl Bits {
    fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Adds a number, and says whether it is new.
    fn insert(&mut self, bit: usize) -> bool {
        let (word, bit) = (bit / 64, 1 << (bit % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// Adds the numbers of another set; those that are new go into `fresh`, too.
    fn take(&mut self, other: &Bits, fresh: &mut Bits) {
        let words = self.words.len().max(other.words.len());
        self.words.resize(words, 0);
        fresh.words.resize(words.max(fresh.words.len()), 0);
        for (position, word) in other.words.iter().enumerate() {
            fresh.words[position] |= word & !self.words[position];
            self.words[position] |= word;
        }
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.words.iter().enumerate();
        words.flat_map(|(position, word)| {
            let bits = (0..64).filter(move |bit| word & 1 << bit != 0);
            bits.map(move |bit| position * 64 + bit)
        })
    }
}
