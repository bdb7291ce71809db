//! Cache misses: computing and filling in what the cache does not hold yet. That is what a cell can
//! do, what it becomes when something is sent to it, how a ghost grows, and what a budget allows.
//!
//! While states are expanded the cache is only read; each [`Miss`] is noted. Then all misses are
//! computed in parallel, and filled in one after the other, in the order in which they were noted. So
//! ids are the same in every run.

use super::super::panics::caught;
use super::cache::{CellTransition, Event, Transition};
use super::expand::Goal;
use super::ids::{
    BudgetId, BundleId, CellId, ComponentId, GhostId, MessageId, NONE, ObservationId, TransitionId,
};
use super::store::ComponentStore;
use super::transition::Computed;
use quorate_models::system::{
    self, Envelope, GhostState, Hook, MessageEvent, Participant, Remaining,
};
use stateright::actor::Id;

/// Something that the cache does not hold yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Miss {
    /// The transitions of a cell at a cost, by its position among the
    /// [costs](super::cache::TransitionCache::costs).
    Transitions { slot: u32, cell: CellId, cost: u32 },
    /// What a cell becomes when a bundle is sent to it.
    Sent {
        slot: u32,
        cell: CellId,
        bundle: BundleId,
    },
    /// What a ghost becomes by an observation.
    Ghost {
        observation: ObservationId,
        ghost: GhostId,
    },
    /// What a budget allows.
    Remaining { budget: BudgetId },
}

/// What fills a miss.
pub(super) enum Filled<A: Participant, G> {
    Transitions(Vec<NewCellTransition<A>>),
    /// Computed in [`fill`](ComponentStore::fill); too cheap to hand to another thread.
    Sent,
    /// `None` if it stays as it is.
    Ghost(Option<G>),
    Remaining(Vec<(u32, Remaining)>),
}

/// A transition of a cell whose components have no ids yet.
pub(super) struct NewCellTransition<A: Participant> {
    event: Event<A>,
    computed: Computed<A>,
    /// The cell afterwards, but for what is sent to it; its first id is still to come.
    cell: Vec<ComponentId>,
    /// Messages of the cell that are dead afterwards.
    dropped: Vec<MessageId>,
}

/// What a cell becomes when a bundle is sent to it.
struct Sent {
    cell: Vec<ComponentId>,
    /// Messages of the bundle that are dead on arrival.
    dropped: Vec<MessageId>,
}

impl<A: Participant, G: GhostState> ComponentStore<A, G> {
    /// Computes what fills a miss.
    pub(super) fn compute(&self, miss: Miss) -> Filled<A, G> {
        match miss {
            Miss::Transitions { slot, cell, cost } => {
                Filled::Transitions(self.compute_cell(slot as usize, cell, cost as usize))
            }
            Miss::Sent { .. } => Filled::Sent,
            Miss::Ghost { observation, ghost } => Filled::Ghost(self.told(observation, ghost)),
            Miss::Remaining { budget } => {
                let budget = &self.budgets[budget];
                let costs = self.cache.costs.iter().enumerate();
                let left = costs.filter_map(|(position, cost)| {
                    let left = self.system.environment.charge(budget, *cost)?;
                    Some((position as u32, left))
                });
                Filled::Remaining(left.collect())
            }
        }
    }

    /// The transitions of a cell at a cost.
    fn compute_cell(&self, slot: usize, cell: CellId, cost: usize) -> Vec<NewCellTransition<A>> {
        let events = self.events(slot, cell, self.cache.costs[cost]);
        let new = events.map(|event| {
            let compute = || self.compute_in(slot, cell, &event);
            let panicked = |panic| (Computed::Panicked(panic), vec![NONE], Vec::new());
            let (computed, cell, dropped) = caught(compute).unwrap_or_else(panicked);
            NewCellTransition {
                event,
                computed,
                cell,
                dropped,
            }
        });
        new.collect()
    }

    /// What an event makes of the participant of a cell, and of its mailbox: the cell that is left, and
    /// the messages that are dropped as dead.
    fn compute_in(
        &self,
        slot: usize,
        cell: CellId,
        event: &Event<A>,
    ) -> (Computed<A>, Vec<ComponentId>, Vec<MessageId>) {
        let cell = &self.slots[slot].cells[cell];
        let (heard, removed) = self.heard(cell, event);
        let computed = self.transition(slot, cell[0], event, heard);
        let mut left = cell.to_vec();
        if let Some(position) = removed {
            left.remove(position);
        }
        let after = match &computed {
            Computed::Known(known) => known
                .map(|transition| self.cache.transitions[transition as usize].local)
                .filter(|_| !matches!(event, Event::Message(MessageEvent::Lose, _)))
                .map(|local| &*self.locals[local]),
            Computed::New(new) => new.after.as_ref(),
            Computed::Nothing(_) | Computed::Panicked(_) => None,
        };
        let mut dropped = Vec::new();
        if let Some(after) = after.filter(|_| self.is_dead.is_some()) {
            let mut place = 0..;
            left.retain(|id| {
                let dead = place.next() != Some(0) && self.is_dead(slot, after, *id);
                if dead {
                    dropped.push(*id);
                }
                !dead
            });
        }
        (computed, left, dropped)
    }

    /// The message that is delivered to a cell, and the position of the message that leaves it.
    fn heard(&self, cell: &[ComponentId], event: &Event<A>) -> (MessageId, Option<usize>) {
        let Event::Message(what, message) = event else {
            return (NONE, None);
        };
        let mut messages = cell[1..].iter();
        let place = messages.position(|id| id == message).map(|it| it + 1);
        let forgets = !self.travel(*message).channel.repeats();
        match what {
            MessageEvent::Deliver => (*message, place.filter(|_| forgets)),
            MessageEvent::Duplicate => (*message, None),
            MessageEvent::Lose => (NONE, place),
        }
    }

    /// What a cell becomes when a bundle is sent to it.
    fn sent(&self, slot: usize, cell: CellId, bundle: BundleId) -> Sent {
        let (before, bundle) = (&self.slots[slot].cells[cell], &self.bundles[bundle]);
        let mut after = Vec::with_capacity(before.len() + bundle.len());
        after.extend_from_slice(before);
        let mut dropped = Vec::new();
        if slot < self.layout.participants {
            let local = self.local(slot, cell);
            for message in bundle {
                if self.is_dead(slot, local, *message) {
                    self.replace(&mut after, *message);
                    dropped.push(*message);
                } else {
                    self.put(&mut after, *message);
                }
            }
        } else {
            if bundle[0] != NONE {
                after[0] = bundle[0];
            }
            for message in &bundle[1..] {
                self.put(&mut after, *message);
            }
        }
        Sent {
            cell: after,
            dropped,
        }
    }

    /// A ghost after an observation.
    fn told(&self, observation: ObservationId, ghost: GhostId) -> Option<G> {
        let ghost = &self.ghosts[ghost];
        match &self.system.ghost.hook {
            Hook::Nothing => None,
            Hook::Observe { extend, .. } => {
                let observed = &self.observed[observation as usize];
                let moved = system::Move {
                    id: Id::from(observed.slot),
                    action: &self.actions[observed.action],
                    before: &self.locals[observed.before],
                    after: &self.locals[observed.after],
                };
                extend(&moved, ghost)
            }
            hook @ (Hook::Output(_) | Hook::Messages { .. }) => {
                let by_reference = |message: MessageId| {
                    let Envelope { src, dst, msg } = &*self.messages[message];
                    let (src, dst) = (*src, *dst);
                    Envelope { src, dst, msg }
                };
                let exchange = &self.exchanges[observation];
                let mut grown = match (hook, exchange[0]) {
                    (_, NONE) => None,
                    (Hook::Messages { incoming, .. }, heard) => {
                        incoming(ghost, by_reference(heard))
                    }
                    _ => None,
                };
                for said in &exchange[1..] {
                    let present = grown.as_ref().unwrap_or(ghost);
                    grown = self.system.told(present, by_reference(*said)).or(grown);
                }
                grown
            }
        }
    }

    /// The first transition that leads from one row to another.
    pub(super) fn step(&self, from: &[ComponentId], to: &[ComponentId]) -> Option<TransitionId> {
        let allowed = self.cache.budgets[self.layout.budget_of(from) as usize].as_ref()?;
        for slot in 0..self.layout.slots {
            let cell = from[slot];
            for (cost, left) in allowed {
                for next in self.transitions_of(slot, cell, *cost as usize) {
                    if self.after(from, slot, *left, next).as_deref() == Some(to) {
                        return Some(next.transition);
                    }
                }
            }
        }
        None
    }

    /// The row after a transition, as far as it is known.
    fn after(
        &self,
        row: &[ComponentId],
        slot: usize,
        left: BudgetId,
        next: &CellTransition,
    ) -> Option<Vec<ComponentId>> {
        let mut after = row.to_vec();
        after[slot] = next.cell;
        if let Some(column) = self.layout.budget {
            after[column] = left;
        }
        let transition = &self.cache.transitions[next.transition as usize];
        for (slot, bundle) in self.cache.sends_of(transition) {
            let cell = &mut after[*slot as usize];
            *cell = self.slots[*slot as usize].after(*cell, *bundle)?;
        }
        let ghost = &mut after[self.layout.ghost];
        *ghost = self.cache.grown(*ghost, transition.observation)?;
        Some(after)
    }

    /// The messages that a transition puts in flight.
    pub(super) fn sent_by(
        &self,
        transition: &Transition,
    ) -> impl Iterator<Item = &Envelope<A::Msg>> {
        let bundles = self.cache.sends_of(transition).iter();
        let messages = bundles.flat_map(|(slot, bundle)| {
            // To nobody, the first id is that of the message that is delivered.
            let first = usize::from(*slot as usize == self.layout.participants);
            &self.bundles[*bundle][first..]
        });
        messages.map(|message| &*self.messages[*message])
    }

    /// The transitions of a cell, as far as they are known.
    fn transitions_of(&self, slot: usize, cell: CellId, cost: usize) -> &[CellTransition] {
        let (start, end) =
            self.slots[slot].transitions[cell as usize * self.cache.costs.len() + cost];
        self.cache
            .cell_transitions
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Fills a miss, and notes what is dropped on the way to this goal.
    ///
    /// # Errors
    ///
    /// What a panic said.
    pub(super) fn fill(
        &mut self,
        miss: Miss,
        goal: Goal,
        filled: Filled<A, G>,
    ) -> Result<(), String> {
        match (miss, filled) {
            (Miss::Transitions { slot, cell, cost }, Filled::Transitions(new)) => {
                let start = self.cache.cell_transitions.len() as u32;
                for new in new {
                    if let Some(next) = self.intern_cell_transition(slot as usize, cell, goal, new)
                    {
                        self.cache.cell_transitions.push(next);
                    }
                }
                let place = cell as usize * self.cache.costs.len() + cost as usize;
                let end = self.cache.cell_transitions.len() as u32;
                self.slots[slot as usize].transitions[place] = (start, end);
            }
            (Miss::Sent { slot, cell, bundle }, Filled::Sent) => {
                let slot = slot as usize;
                let sent = caught(|| self.sent(slot, cell, bundle))?;
                let after = self.intern_cell(slot, &sent.cell);
                for message in &sent.dropped {
                    self.reduction.drop(slot, sent.cell[0], *message, goal);
                }
                self.slots[slot].remember(cell, bundle, after);
            }
            (Miss::Ghost { observation, ghost }, Filled::Ghost(grown)) => {
                let after = match grown {
                    Some(grown) => self.ghosts.insert(grown).0,
                    None => ghost,
                };
                self.cache.remember_grown(observation, ghost, after);
            }
            (Miss::Remaining { budget }, Filled::Remaining(left)) => {
                let interned = |(cost, left)| (cost, self.intern_budget(left));
                let left = left.into_iter().map(interned).collect();
                self.cache.budgets[budget as usize] = Some(left);
            }
            _ => unreachable!("a miss is filled by its own kind"),
        }
        Ok(())
    }

    /// The transition of the cell, unless nothing happens.
    fn intern_cell_transition(
        &mut self,
        slot: usize,
        cell: CellId,
        goal: Goal,
        new: NewCellTransition<A>,
    ) -> Option<CellTransition> {
        let first = self.slots[slot].cells[cell][0];
        let transition = self.intern_transition(slot, first, &new.event, new.computed)?;
        let mut after = new.cell;
        let local = self.cache.transitions[transition as usize].local;
        after[0] = local;
        for message in new.dropped {
            let step = Some(transition);
            self.reduction
                .drop(slot, local, message, Goal { step, ..goal });
        }
        let cell = self.intern_cell(slot, &after);
        Some(CellTransition { cell, transition })
    }
}
