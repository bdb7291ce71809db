//! Cache misses: computing and filling in entries that the cache does not hold yet. These are the
//! transitions of a cell, the cell after a send to it, the growth of a ghost, and the actions that a budget
//! allows.
//!
//! While states are expanded the cache is only read; each [`Miss`] is noted. Then all misses are
//! computed in parallel, and filled in one after the other, in the order in which they were noted. So
//! ids are the same in every run.

use super::super::panics::caught;
use super::cache::{CellTransition, Event, Transition};
use super::expand::Goal;
use super::ids::{
    AGED, BudgetId, BundleId, CellId, ComponentId, CountsId, GhostId, MessageId, NONE,
    ObservationId,
};
use super::store::ComponentStore;
use super::transition::Computed;
use quorate_models::session::End;
use quorate_models::system::channel::Waiting;
use quorate_models::system::{
    self, Envelope, GhostState, Hook, LocalOf, MessageEvent, Participant, Remaining,
};
use stateright::actor::Id;

/// Something that the cache does not hold yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Miss {
    /// The transitions of a cell at a cost, by its position among the
    /// [costs](super::cache::TransitionCache::costs).
    Transitions { slot: u32, cell: CellId, cost: u32 },
    /// A cell after a bundle is sent to it.
    Sent {
        slot: u32,
        cell: CellId,
        bundle: BundleId,
    },
    /// A ghost after an observation.
    Ghost {
        observation: ObservationId,
        ghost: GhostId,
    },
    /// The actions that a budget allows.
    Remaining { budget: BudgetId },
    /// The remains of a budget after events with a total.
    Spent { budget: BudgetId, counts: CountsId },
    /// A cell after an action of everyone, by the position of its cost.
    AfterEveryone { slot: u32, cell: CellId, cost: u32 },
    /// The forms of a cell when the good period begins with timers of any age.
    OfAnyAge { slot: u32, cell: CellId },
    /// The row of a state with canonical names.
    Renamed { row: Box<[ComponentId]> },
}

/// The entry that fills a miss.
pub(super) enum Filled<A: Participant, G> {
    Transitions(Vec<NewCellTransition<A>>),
    /// Computed in [`fill`](ComponentStore::fill); too cheap to hand to another thread.
    Sent,
    /// `None` if it stays as it is.
    Ghost(Option<G>),
    Remaining(Vec<(u32, Remaining)>),
    /// Computed in [`fill`](ComponentStore::fill), too.
    Spent,
    AfterEveryone,
    OfAnyAge,
    Renamed,
}

/// A transition of a cell whose components have no ids yet.
pub(super) struct NewCellTransition<A: Participant> {
    event: Event<A>,
    outcome: Outcome<A>,
}

/// A cell after an event.
struct Outcome<A: Participant> {
    /// The messages in flight to it in the session with each peer, without the delivered one.
    waiting: Vec<Waiting>,
    computed: Computed<A>,
    /// The cell afterwards, but for what is sent to it; its first id is still to come.
    cell: Vec<ComponentId>,
    /// Messages of the cell that are dead afterwards.
    dropped: Vec<MessageId>,
}

/// A cell after a bundle is sent to it.
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
            Miss::Spent { .. } => Filled::Spent,
            Miss::AfterEveryone { .. } => Filled::AfterEveryone,
            Miss::OfAnyAge { .. } => Filled::OfAnyAge,
            Miss::Renamed { .. } => Filled::Renamed,
        }
    }

    /// The transitions of a cell at a cost.
    fn compute_cell(&self, slot: usize, cell: CellId, cost: usize) -> Vec<NewCellTransition<A>> {
        let events = self.events(slot, cell, self.cache.costs[cost]);
        let new = events.into_iter().map(|event| {
            let outcome = caught(|| self.compute_in(slot, cell, &event));
            let outcome = outcome.unwrap_or_else(|panic| Outcome {
                waiting: Vec::new(),
                computed: Computed::Panicked(panic),
                cell: vec![NONE],
                dropped: Vec::new(),
            });
            NewCellTransition { event, outcome }
        });
        new.collect()
    }

    /// The participant of a cell, and its mailbox, after an event.
    fn compute_in(&self, slot: usize, cell: CellId, event: &Event<A>) -> Outcome<A> {
        let cell = &self.slots[slot].cells[cell];
        let (heard, removed) = self.heard(cell, event);
        let mut left = cell.to_vec();
        if let Some(position) = removed {
            left.remove(position);
        }
        let waiting = self.waiting(&left);
        let computed = self.transition(slot, cell[0], event, heard, &waiting);
        self.edit(&mut left, &computed);
        let after = match &computed {
            Computed::Known(known) => known
                .map(|transition| self.cache.transitions[transition as usize].local)
                .filter(|_| {
                    let is_nobodys = [MessageEvent::Lose, MessageEvent::Discard];
                    !matches!(event, Event::Message(what, _) if is_nobodys.contains(what))
                })
                .map(|local| &*self.locals[local]),
            Computed::New(new) => new.after.as_ref(),
            Computed::Nothing(_) | Computed::Panicked(_) => None,
        };
        let dropped = after.map(|after| self.drop_dead(slot, after, &mut left));
        Outcome {
            dropped: dropped.unwrap_or_default(),
            waiting,
            computed,
            cell: left,
        }
    }

    /// Drops the messages of a cell that are dead for its participant as it is now.
    pub(super) fn drop_dead(
        &self,
        slot: usize,
        local: &LocalOf<A>,
        cell: &mut Vec<ComponentId>,
    ) -> Vec<MessageId> {
        let mut dropped = Vec::new();
        if self.is_dead.is_some() {
            let mut place = 0..;
            cell.retain(|id| {
                let dead = place.next() != Some(0) && self.is_dead(slot, local, *id);
                if dead {
                    dropped.push(*id & !AGED);
                }
                !dead
            });
        }
        dropped
    }

    /// The messages in flight to each end of a session at a cell; none where there are no sessions.
    fn waiting(&self, cell: &[ComponentId]) -> Vec<Waiting> {
        if self.system.sessions.is_none() {
            return Vec::new();
        }
        let waiting = |end| Waiting::in_mailbox(&cell[1..], end, |it| self.travel(*it));
        End::all(self.layout.participants).map(waiting).collect()
    }

    /// Does to a cell what a transition of its participant does to its sessions.
    fn edit(&self, cell: &mut Vec<ComponentId>, computed: &Computed<A>) {
        let edits = match computed {
            Computed::Known(Some(known)) => self.cache.edits.get(known).map(Vec::as_slice),
            Computed::New(new) => new.in_sessions.as_ref().map(|it| &it.edits[..]),
            _ => None,
        };
        for (end, edit) in edits.unwrap_or_default() {
            let mut mailbox = cell.split_off(1);
            edit.apply(&mut mailbox, *end, |it| self.travel(*it));
            cell.append(&mut mailbox);
        }
    }

    /// The message that is delivered to a cell, and the position of the message that leaves it.
    fn heard(&self, cell: &[ComponentId], event: &Event<A>) -> (MessageId, Option<usize>) {
        let Event::Message(what, message) = event else {
            return (NONE, None);
        };
        let place = |sought: MessageId| cell[1..].iter().position(|id| *id == sought);
        let oldest = place(*message | AGED).or_else(|| place(*message));
        let place = oldest.map(|it| it + 1);
        let forgets = !self.travel(*message).channel.repeats();
        match what {
            MessageEvent::Deliver => (*message, place.filter(|_| forgets)),
            MessageEvent::Duplicate => (*message, None),
            MessageEvent::Lose | MessageEvent::Discard => (NONE, place),
        }
    }

    /// A cell after a bundle is sent to it.
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
    pub(super) fn transitions_of(
        &self,
        slot: usize,
        cell: CellId,
        cost: usize,
    ) -> &[CellTransition] {
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
    /// The message of a panic.
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
                let allowed = self.allowed(budget, left);
                self.cache.budgets[budget as usize] = Some(allowed);
            }
            (Miss::Spent { budget, counts }, Filled::Spent) => {
                self.compute_spent(budget, counts);
            }
            (Miss::AfterEveryone { slot, cell, cost }, Filled::AfterEveryone) => {
                caught(|| self.compute_after_everyone(slot as usize, cell, cost, goal))?;
            }
            (Miss::OfAnyAge { slot, cell }, Filled::OfAnyAge) => {
                caught(|| self.compute_of_any_age(slot as usize, cell, goal))?;
            }
            (Miss::Renamed { row }, Filled::Renamed) => {
                let renamed = caught(|| self.rename(&row))?;
                self.cache.renamed.insert(row, renamed);
            }
            _ => unreachable!("a miss is filled by its own kind"),
        }
        Ok(())
    }

    /// Computes what remains of a budget after events with a total.
    fn compute_spent(&mut self, budget: BudgetId, counts: CountsId) {
        let (before, events) = (&self.budgets[budget], &self.cache.all_counts[counts]);
        let environment = &self.system.environment;
        let left = environment.charge_events(before.clone(), events);
        let left = left.map(|left| self.intern_budget(left));
        self.cache.spent.insert((budget, counts), left);
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
        let NewCellTransition { event, outcome } = new;
        let (waiting, computed) = (&outcome.waiting, outcome.computed);
        let transition = self.intern_transition(slot, first, &event, waiting, computed)?;
        let mut after = outcome.cell;
        let local = self.cache.transitions[transition as usize].local;
        after[0] = local;
        for message in outcome.dropped {
            let step = Some(transition);
            self.reduction
                .drop(slot, local, message, Goal { step, ..goal });
        }
        let cell = self.intern_cell(slot, &after);
        Some(CellTransition { cell, transition })
    }
}
