//! The reduction checks itself while it is used.
//!
//! A message that is dropped as dead at a participant must be a no-op there, and in every local
//! state that the participant comes to afterwards. So each such message is delivered, in thought, in
//! the local state where it was dropped and in all that local transitions lead to from there. If
//! none of these deliveries does anything, the search with and the search without dead messages
//! reach the same participants and ghosts, by induction over the steps. If one does, the
//! reduction is *broken*.
//!
//! Drops and local transitions are noted in the order in which they are computed, which no thread
//! changes; after each block of rows, what is new is passed on and delivered.

use super::super::panics::caught;
use super::expand::Goal;
use super::ids::{ComponentId, LocalId, MessageId, NONE};
use super::store::ComponentStore;
use super::threads;
use quorate_models::coverage::{Marks, collect};
use quorate_models::system::{Action, Envelope, GhostState, Hook, LocalStep, Move, Participant};
use rustc_hash::FxHashSet;
use stateright::actor::Id;
use std::cell::Cell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The messages that were dropped, where, and those that must be delivered in thought because of that.
#[derive(Default)]
pub(super) struct Reduction {
    slots: Vec<AtSlot>,
    /// Local states with messages that are not passed on yet, by slot.
    queue: VecDeque<(usize, LocalNode)>,
    /// The events since the last check.
    notes: Vec<Note>,
    /// Deliveries in thought.
    pub(super) checked: usize,
    /// The time of all this.
    pub(super) time: Duration,
}

/// The position of a local state among those of its participant.
type LocalNode = usize;

/// The messages that were dropped at one participant.
#[derive(Default)]
struct AtSlot {
    /// The messages, in the order in which they were first dropped. A bit stands for each.
    messages: Positions,
    locals: Positions,
    /// The facts about each of `locals`.
    situations: Vec<Situation>,
    /// Local transitions: where each leads, and the one before it from the same local state.
    transitions: Vec<(LocalNode, Option<u32>)>,
    /// Messages that were dropped in a local state and not before on a way there, and the step
    /// that did it.
    origins: Vec<(LocalNode, usize, Goal)>,
}

/// A local state of a participant.
#[derive(Default)]
struct Situation {
    /// The last transition that leads from here.
    last: Option<u32>,
    /// Messages dropped here, or on a way here.
    dropped: Bits,
    /// Of these, the ones that are not passed on yet.
    fresh: Bits,
}

/// Names in the order in which they were first seen.
#[derive(Default)]
struct Positions {
    ids: Vec<ComponentId>,
    /// By name; [`NONE`] if it was not seen.
    positions: Vec<u32>,
}

/// Something that the check must know.
enum Note {
    /// A message is dropped in a local state, by a step.
    Drop(usize, LocalId, MessageId, Goal),
    /// A local transition leads from one local state to another.
    Step(usize, LocalId, LocalId),
}

/// A delivery that a dead message must not notice, and does.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) slot: usize,
    pub(super) local: LocalId,
    pub(super) message: MessageId,
    /// The effect of the delivery.
    pub(super) effect: String,
    /// The step by which the message was dropped, and the receiver's local state after it.
    pub(super) dropped: (Goal, LocalId),
}

/// Deliveries in thought to a participant in one of its local states.
struct Deliveries {
    slot: usize,
    local: LocalId,
    messages: Vec<MessageId>,
}

impl Positions {
    /// The position of an id, new or not.
    fn of(&mut self, id: ComponentId) -> usize {
        let index = id as usize;
        if self.positions.len() <= index {
            self.positions.resize(index + 1, NONE);
        }
        let position = &mut self.positions[index];
        if *position == NONE {
            *position = self.ids.len() as u32;
            self.ids.push(id);
        }
        *position as usize
    }
}

impl AtSlot {
    fn node(&mut self, local: LocalId) -> LocalNode {
        let node = self.locals.of(local);
        if self.situations.len() <= node {
            self.situations.push(Situation::default());
        }
        node
    }

    /// Where local transitions lead from here.
    fn next(&self, node: LocalNode) -> impl Iterator<Item = LocalNode> {
        let mut last = self.situations[node].last;
        std::iter::from_fn(move || {
            let (to, before) = self.transitions[last? as usize];
            last = before;
            Some(to)
        })
    }

    /// Passes messages on to a local state, and says whether it is to be looked at because of that.
    fn pass_on(&mut self, to: LocalNode, messages: &Bits) -> bool {
        let Situation { dropped, fresh, .. } = &mut self.situations[to];
        let was_empty = fresh.is_empty();
        dropped.take(messages, fresh);
        was_empty && !fresh.is_empty()
    }
}

impl Reduction {
    pub(super) fn new(participants: usize) -> Self {
        Reduction {
            slots: (0..participants).map(|_| AtSlot::default()).collect(),
            ..Reduction::default()
        }
    }

    /// Messages that were dropped, each counted once for each receiver.
    pub(super) fn dropped(&self) -> usize {
        self.slots.iter().map(|slot| slot.messages.ids.len()).sum()
    }

    /// A message is dropped in a local state.
    pub(super) fn drop(&mut self, slot: usize, local: LocalId, message: MessageId, by: Goal) {
        self.notes.push(Note::Drop(slot, local, message, by));
    }

    /// A local transition leads from one local state to another.
    pub(super) fn step(&mut self, slot: usize, from: LocalId, to: LocalId) {
        if from != to {
            self.notes.push(Note::Step(slot, from, to));
        }
    }

    fn dropped_there(&mut self, slot: usize, local: LocalId, message: MessageId, by: Goal) {
        let at = &mut self.slots[slot];
        let (bit, node) = (at.messages.of(message), at.node(local));
        let Situation { dropped, fresh, .. } = &mut at.situations[node];
        let was_empty = fresh.is_empty();
        if dropped.insert(bit) {
            fresh.insert(bit);
            at.origins.push((node, bit, by));
            if was_empty {
                self.queue.push_back((slot, node));
            }
        }
    }

    fn leads(&mut self, slot: usize, from: LocalId, to: LocalId) {
        let at = &mut self.slots[slot];
        let (from, to) = (at.node(from), at.node(to));
        let transition = at.transitions.len() as u32;
        let before = at.situations[from].last.replace(transition);
        at.transitions.push((to, before));
        if !at.situations[from].dropped.is_empty() {
            let dropped = std::mem::take(&mut at.situations[from].dropped);
            if at.pass_on(to, &dropped) {
                self.queue.push_back((slot, to));
            }
            at.situations[from].dropped = dropped;
        }
    }

    /// Passes on what is new, to where local transitions lead. Gives the deliveries that are due.
    fn due(&mut self) -> Vec<Deliveries> {
        for note in std::mem::take(&mut self.notes) {
            match note {
                Note::Drop(slot, local, message, by) => {
                    self.dropped_there(slot, local, message, by);
                }
                Note::Step(slot, from, to) => self.leads(slot, from, to),
            }
        }
        let mut due = Vec::new();
        while let Some((slot, node)) = self.queue.pop_front() {
            let at = &mut self.slots[slot];
            let fresh = std::mem::take(&mut at.situations[node].fresh);
            let mut last = at.situations[node].last;
            while let Some(transition) = last {
                let (to, before) = at.transitions[transition as usize];
                if at.pass_on(to, &fresh) {
                    self.queue.push_back((slot, to));
                }
                last = before;
            }
            due.push(Deliveries {
                slot,
                local: at.locals.ids[node],
                messages: fresh.iter().map(|bit| at.messages.ids[bit]).collect(),
            });
        }
        due
    }

    /// A step that dropped a message in a local state from which this one was reached, and that state.
    fn origin(&self, slot: usize, local: LocalId, message: MessageId) -> (Goal, LocalId) {
        let at = &self.slots[slot];
        let leads_here = |from: LocalNode| {
            let (mut seen, mut queue) = (FxHashSet::default(), VecDeque::from([from]));
            while let Some(node) = queue.pop_front() {
                if at.locals.ids[node] == local {
                    return true;
                }
                if seen.insert(node) {
                    queue.extend(at.next(node));
                }
            }
            false
        };
        let mut origins = at.origins.iter().filter_map(|(node, bit, by)| {
            let is_of_message = at.messages.ids[*bit] == message;
            (is_of_message && leads_here(*node)).then_some((*by, at.locals.ids[*node]))
        });
        origins.next().expect("the message was dropped somewhere")
    }
}

impl<A: Participant, G: GhostState> ComponentStore<A, G> {
    /// Delivers, in thought, what is due since the last time.
    ///
    /// # Errors
    ///
    /// The first delivery that does something.
    pub(super) fn check_reduction(&mut self, threads: usize) -> Result<(), Broken> {
        let started = Instant::now();
        let checked = self.checked_reduction(threads);
        self.reduction.time += started.elapsed();
        checked
    }

    fn checked_reduction(&mut self, threads: usize) -> Result<(), Broken> {
        let due = self.reduction.due();
        let delivered = threads::map(threads, due.len(), |position| self.deliver(&due[position]));
        for (deliveries, marks) in due.iter().zip(delivered) {
            let Deliveries {
                slot,
                local,
                messages,
            } = deliveries;
            let marks = marks.map_err(|(message, effect)| Broken {
                slot: *slot,
                local: *local,
                message,
                effect,
                dropped: self.reduction.origin(*slot, *local, message),
            })?;
            if !self.locals[*local].crashed {
                self.reduction.checked += messages.len();
            }
            for mark in marks {
                *self.cache.in_thought.entry(mark).or_default() += 1;
            }
        }
        Ok(())
    }

    /// The marks that deliveries of dead messages hit.
    ///
    /// # Errors
    ///
    /// The first message whose delivery does anything, and what it does.
    fn deliver(&self, deliveries: &Deliveries) -> Result<Marks, (MessageId, String)> {
        let Deliveries {
            slot,
            local,
            messages,
        } = deliveries;
        if self.locals[*local].crashed {
            return Ok(Marks::new());
        }
        let present = Cell::new(NONE);
        let deliver = || {
            messages.iter().find_map(|message| {
                present.set(*message);
                self.effect(*slot, *local, *message)
            })
        };
        let (effect, marks) = match caught(|| collect(deliver)) {
            Ok((effect, marks)) => (effect, marks),
            Err(panic) => (Some(format!("it panics: {panic}")), Marks::new()),
        };
        effect.map_or(Ok(marks), |effect| Err((present.get(), effect)))
    }

    /// The effect of the delivery of a message, if it has any.
    fn effect(&self, slot: usize, local: LocalId, message: MessageId) -> Option<String> {
        let (id, before) = (Id::from(slot), &*self.locals[local]);
        let envelope = &self.messages[message];
        let LocalStep { after, said, .. } = self.system.deliver(id, before, envelope)?;
        if after != *before {
            return Some("the receiver changes".to_owned());
        }
        if let Some(Envelope { dst, msg, .. }) = said.first() {
            let dst = usize::from(*dst);
            return Some(format!("the receiver sends {msg:?} to {dst}"));
        }
        let moved = Move {
            id,
            action: &Action::Deliver(Envelope::clone(envelope)),
            before,
            after: &after,
        };
        let is_told = match &self.system.ghost.hook {
            // Its sends are looked at above.
            Hook::Nothing | Hook::Output(_) => false,
            Hook::Observe { when, .. } => when(&moved),
            Hook::Messages { .. } => true,
        };
        let claims = self.claims(&moved);
        if is_told {
            Some("the ghost is told of it".to_owned())
        } else if !claims.is_empty() {
            Some("a claim about steps reads it".to_owned())
        } else {
            None
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

#[cfg(test)]
mod tests;
