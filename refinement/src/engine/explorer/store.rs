//! The component store: every distinct component of a state, stored once (collapse compression,
//! Holzmann 1997).
//!
//! A state is a row of ids: for each slot a *cell*, then what remains of the budgets where there are
//! any, then the ghost. A cell is a participant together with its mailbox, the messages in flight to
//! it. The last slot, where there is one, has no participant: it holds the messages that nobody
//! receives.

use super::cache::{BrokenLinks, Event, Facts, Observed, Slot, TransitionCache, UNKNOWN};
use super::expand::Goal;
use super::ids::{AGED, BudgetId, BundleId, CellId, ComponentId, MessageId, NONE};
use super::intern::Interner;
use super::reduction::Reduction;
use quorate_models::system::claim::{Check, Claim, ClaimSet, InPeriod};
use quorate_models::system::{
    ActionOf, Assumption, CLAIMS_MAX, Cost, Envelope, GhostState, Hook, IsDead, LocalOf, Move,
    Network, Participant, Remaining, StateOf, System, Travel, channel,
};
use stateright::actor::Id;
use std::sync::Arc;

/// A participant, or nobody, with its mailbox.
///
/// The first id is the participant's (of nobody, where that is remembered, that of the message
/// delivered last). The mailbox follows, as [channels](channel) keep it, sorted by ids, some of which
/// are [`AGED`].
pub(super) type Cell = Box<[ComponentId]>;

/// One bit shared by all senders that are not participants, and by participants above it.
pub(super) const OUTSIDERS: u32 = 63;

/// Participants for whom a row of bits has room.
const LINKED_MAX: usize = 63;

/// Clocks for which a byte of bits has room.
const DELAYED_MAX: usize = u8::BITS as usize;

/// How many clocks there are, where messages take up to a tick in the good period.
fn clocks_with_delay<A: Participant, G: GhostState>(system: &System<A, G>) -> Option<usize> {
    let period = system.environment.period.as_ref();
    let period = period.filter(|period| period.delay.is_some());
    period.map(|period| period.clocks.len())
}

/// The messages that one step puts in flight to one slot, in order. To nobody: after the message
/// that is delivered, or [`NONE`].
pub(super) type Bundle = Box<[MessageId]>;

/// The message that a step delivers, or [`NONE`], and the messages that it sends.
pub(super) type Exchange = Box<[MessageId]>;

/// The components of a system's states, and what was computed of them.
pub(super) struct ComponentStore<A: Participant, G: GhostState> {
    pub(super) system: Arc<System<A, G>>,
    pub(super) locals: Interner<Arc<LocalOf<A>>>,
    pub(super) messages: Interner<Arc<Envelope<A::Msg>>>,
    /// How each message travels.
    travels: Vec<Travel>,
    /// With a delay, which timers each message keeps waiting, a bit for each clock.
    keeps_waiting: Vec<u8>,
    /// Whether messages take up to a tick in the good period.
    pub(super) has_delay: bool,
    pub(super) actions: Interner<ActionOf<A>>,
    pub(super) budgets: Interner<Remaining>,
    pub(super) ghosts: Interner<G>,
    pub(super) bundles: Interner<Bundle>,
    pub(super) exchanges: Interner<Exchange>,
    /// The observations of ghosts, if they observe moves of participants.
    pub(super) observed: Vec<Observed>,
    pub(super) slots: Vec<Slot>,
    pub(super) layout: Layout,
    pub(super) cache: TransitionCache,
    /// The most participants that may be down, if that is what limits crashes.
    pub(super) max_crashed: Option<usize>,
    /// Which messages are dropped; `None` if none are.
    pub(super) is_dead: Option<IsDead<A>>,
    pub(super) reduction: Reduction,
    /// Events that are counted in the good period, in the order of the claims about them.
    pub(super) counted: Vec<fn(&Move<'_, A>) -> bool>,
    /// Whether edges are kept, for the judges of runs.
    pub(super) keeps_edges: bool,
    /// Whether invariants about messages are judged of messages as they are sent, too.
    pub(super) judges_sends: bool,
    /// Invariants about messages.
    pub(super) about_messages: ClaimSet,
    /// Those of them that read the ghost.
    pub(super) about_messages_and_ghost: ClaimSet,
}

/// The columns of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) participants: usize,
    /// With the slot that has no participant.
    pub(super) slots: usize,
    pub(super) budget: Option<usize>,
    pub(super) ghost: usize,
}

impl Layout {
    fn new<A: Participant, G: GhostState>(
        system: &System<A, G>,
        start: Option<&StateOf<A, G>>,
    ) -> Self {
        let participants = system.actors.len();
        let of_nobody = |state: &StateOf<A, G>| {
            let mut envelopes = state.network.iter();
            envelopes.any(|envelope| participants <= usize::from(envelope.dst))
        };
        let budgeted = system.environment.has_budgets();
        let nobody = system.environment.everything_in_flight
            || system.channels.remembers_last
            || start.is_some_and(of_nobody);
        let slots = participants + usize::from(nobody);
        Layout {
            participants,
            slots,
            budget: budgeted.then_some(slots),
            ghost: slots + usize::from(budgeted),
        }
    }

    #[inline]
    pub(super) fn width(&self) -> usize {
        self.ghost + 1
    }

    #[inline]
    pub(super) fn budget_of(&self, row: &[ComponentId]) -> BudgetId {
        self.budget.map_or(0, |column| row[column])
    }

    /// The participants' slots and cells.
    pub(super) fn cells_of(&self, row: &[ComponentId]) -> impl Iterator<Item = (usize, CellId)> {
        row[..self.participants].iter().copied().enumerate()
    }

    pub(super) fn has_nobody(&self) -> bool {
        self.participants < self.slots
    }
}

impl<A: Participant, G: GhostState> ComponentStore<A, G> {
    pub(super) fn new(
        system: &Arc<System<A, G>>,
        start: Option<&StateOf<A, G>>,
        is_dead: Option<IsDead<A>>,
    ) -> Self {
        let layout = Layout::new(system, start);
        let Layout {
            participants,
            slots,
            ..
        } = layout;
        let those = |are: fn(&Claim<A, G>) -> bool| {
            let claims = system.claims.iter().enumerate().take(CLAIMS_MAX);
            let those = claims.map(|(number, claim)| ClaimSet::of_if(number, are(claim)));
            those.collect()
        };
        assert!(
            !system.environment.loses_sends() || participants <= LINKED_MAX,
            "links and a good period know at most {LINKED_MAX} participants, not {participants}"
        );
        assert!(
            clocks_with_delay(system).is_none_or(|clocks| clocks <= DELAYED_MAX),
            "a good period with a delay knows at most {DELAYED_MAX} clocks"
        );
        let counted = system.claims.iter().filter_map(|claim| match claim.check {
            Check::InPeriod(InPeriod::AtMost { event, .. }) => Some(event),
            _ => None,
        });
        let mut store = ComponentStore {
            counted: counted.collect(),
            keeps_edges: system.claims.iter().any(Claim::is_in_period),
            judges_sends: is_dead.is_some() || system.may_lose_sends(),
            about_messages: those(Claim::is_about_messages),
            about_messages_and_ghost: those(Claim::is_about_messages_and_ghost),
            system: system.clone(),
            locals: Interner::new(),
            messages: Interner::new(),
            travels: Vec::new(),
            keeps_waiting: Vec::new(),
            has_delay: clocks_with_delay(system).is_some(),
            actions: Interner::new(),
            budgets: Interner::new(),
            ghosts: Interner::new(),
            bundles: Interner::new(),
            exchanges: Interner::new(),
            observed: Vec::new(),
            slots: (0..slots).map(|_| Slot::new()).collect(),
            layout,
            cache: TransitionCache::new(system.environment.costs()),
            max_crashed: system.environment.max_crashed(),
            is_dead,
            reduction: Reduction::new(participants),
        };
        store.intern_actions_of_everyone();
        store
    }

    pub(super) fn local(&self, slot: usize, cell: CellId) -> &Arc<LocalOf<A>> {
        &self.locals[self.slots[slot].facts[cell as usize].local]
    }

    /// The participants of a row.
    pub(super) fn locals_of(&self, row: &[ComponentId]) -> Vec<Arc<LocalOf<A>>> {
        let participants = 0..self.layout.participants;
        participants
            .map(|slot| self.local(slot, row[slot]).clone())
            .collect()
    }

    /// The row of a state, without the messages that are dead in it.
    pub(super) fn row(&mut self, state: StateOf<A, G>) -> Vec<ComponentId> {
        let layout = self.layout;
        let mut cells: Vec<Vec<ComponentId>> = Vec::new();
        for local in state.locals {
            cells.push(vec![self.locals.insert(local).0]);
        }
        if layout.has_nobody() {
            cells.push(vec![NONE]);
        }
        let envelopes = state.network.with_ages();
        let messages: Vec<_> = envelopes
            .map(|(it, is_new)| {
                let message = self.intern_message(Arc::new(it.to_cloned_msg()));
                if is_new { message } else { message | AGED }
            })
            .collect();
        for message in messages {
            let slot = usize::from(self.message(message).dst).min(layout.participants);
            let local = cells[slot][0];
            if slot < layout.participants && self.is_dead(slot, &self.locals[local], message) {
                self.reduction
                    .drop(slot, local, message & !AGED, Goal::START);
            } else {
                self.put(&mut cells[slot], message);
            }
        }
        if let Some(last) = state.network.last {
            cells[layout.participants][0] = self.intern_message(last);
        }
        let cells = cells.into_iter().enumerate();
        let mut row: Vec<ComponentId> = cells
            .map(|(slot, cell)| self.intern_cell(slot, &cell))
            .collect();
        let budget = self.intern_budget(state.remaining);
        if layout.budget.is_some() {
            row.push(budget);
        }
        row.push(self.ghosts.insert(state.ghost).0);
        row
    }

    /// The state that a row stands for.
    pub(super) fn state(&self, row: &[ComponentId]) -> StateOf<A, G> {
        let mut network = Network::default();
        for (slot, cell) in row[..self.layout.slots].iter().enumerate() {
            for message in &self.slots[slot].cells[*cell][1..] {
                let envelope = Envelope::clone(self.message(*message));
                network.put(&self.system.channels, envelope, message & AGED == 0);
            }
        }
        if self.system.channels.remembers_last {
            let nobody = self.layout.participants;
            let delivered = self.slots[nobody].cells[row[nobody]][0];
            network.last = (delivered != NONE).then(|| self.messages[delivered].clone());
        }
        StateOf::<A, G> {
            locals: self.locals_of(row),
            network,
            remaining: self.budgets[self.layout.budget_of(row)].clone(),
            ghost: self.ghosts[row[self.layout.ghost]].clone(),
        }
    }

    /// The messages of a cell that can be delivered or lost next, each once.
    fn deliverable(&self, cell: &[ComponentId]) -> Vec<MessageId> {
        let mailbox = &cell[1..];
        let positions = channel::deliverable(mailbox, |message| self.travel(*message));
        let mut messages = Vec::new();
        for message in positions.map(|position| mailbox[position] & !AGED) {
            if !messages.contains(&message) {
                messages.push(message);
            }
        }
        messages
    }

    /// The events that are possible at a cell at this cost, in a fixed order.
    pub(super) fn events(&self, slot: usize, cell: CellId, cost: Cost) -> Vec<Event<A>> {
        let local = (slot < self.layout.participants).then(|| &**self.local(slot, cell));
        let messages = self.deliverable(&self.slots[slot].cells[cell]);
        let said = |message: &MessageId| &self.message(*message).msg;
        let waits = |it| (self.system).waits_for(messages.iter().map(said), (said(it), cost));
        let mut events = Vec::with_capacity(messages.len());
        for event in self.system.message_events(cost, local) {
            let can_happen = |it: &&MessageId| event.can_happen(self.travel(**it).channel);
            let fitting = messages.iter().filter(can_happen).filter(|it| !waits(it));
            events.extend(fitting.map(|message| Event::Message(*event, *message)));
        }
        if let Some(local) = local {
            let mut actions = Vec::new();
            let id = Id::from(slot);
            self.system.own_actions(cost, id, local, &mut actions);
            events.extend(actions.into_iter().map(Event::Own));
        }
        events
    }

    /// Puts a message into a cell.
    pub(super) fn put(&self, cell: &mut Vec<ComponentId>, message: MessageId) {
        if let Some(position) = self.replace(cell, message) {
            cell.insert(position + 1, message);
        }
    }

    /// Takes what a message replaces out of a cell. Gives the message's position in the mailbox.
    pub(super) fn replace(&self, cell: &mut Vec<ComponentId>, message: MessageId) -> Option<usize> {
        // As in a network, the copy in flight stays as old as it is.
        if self.travel(message).channel.is_set() && cell[1..].contains(&(message | AGED)) {
            return None;
        }
        let arrival = channel::arrival(&cell[1..], &message, |other| self.travel(*other));
        if let Some(position) = arrival.replaces {
            cell.remove(position + 1);
        }
        arrival.at
    }

    /// Whether a bundle is lost as it is sent.
    pub(super) fn loses(
        &self,
        links: &BrokenLinks,
        sender: usize,
        slot: u32,
        bundle: BundleId,
    ) -> bool {
        let receiver = slot as usize;
        let in_session = || {
            self.travel(self.bundles[bundle][0])
                .channel
                .part()
                .is_some()
        };
        receiver < self.layout.participants && links.loses(sender, receiver, in_session())
    }

    /// How a message travels.
    pub(super) fn travel(&self, message: MessageId) -> Travel {
        self.travels[(message & !AGED) as usize]
    }

    /// A message, of any age.
    pub(super) fn message(&self, message: MessageId) -> &Arc<Envelope<A::Msg>> {
        &self.messages[message & !AGED]
    }

    /// The id of a message, new or not.
    pub(super) fn intern_message(&mut self, envelope: Arc<Envelope<A::Msg>>) -> MessageId {
        let travel = self.system.channels.travel(&envelope);
        let (id, new) = self.messages.insert(envelope);
        if new {
            assert!(id < AGED, "too many messages");
            self.travels.push(travel);
            if let Some(clocks) = clocks_with_delay(&self.system) {
                let waits = |clock: &usize| {
                    let msg = &self.messages[id].msg;
                    self.system.keeps_waiting(*clock, msg)
                };
                let waiting = (0..clocks).filter(waits);
                self.keeps_waiting
                    .push(waiting.fold(0, |bits, clock| bits | 1 << clock));
            }
        }
        id
    }

    /// Whether a message can be dropped at its receiver.
    pub(super) fn is_dead(&self, slot: usize, local: &LocalOf<A>, message: MessageId) -> bool {
        self.is_dead.is_some_and(|is_dead| {
            slot < self.layout.participants
                && self.system.may_drop(self.travel(message).channel)
                && is_dead(&self.system.actors[slot], local, self.message(message))
        })
    }

    /// Whether the ghost is told of messages that are received.
    pub(super) fn tells_of_receipts(&self) -> bool {
        matches!(self.system.ghost.hook, Hook::Messages { .. })
    }

    /// Whether a row belongs to the good period.
    #[inline]
    pub(super) fn is_good(&self, row: &[ComponentId]) -> bool {
        let has_period = self.system.environment.period.is_some();
        has_period && self.budgets[self.layout.budget_of(row)].is_good()
    }

    /// The id of a cell, new or not.
    pub(super) fn intern_cell(&mut self, slot: usize, cell: &[ComponentId]) -> CellId {
        let participants = self.layout.participants;
        let sender = |message: &MessageId| {
            let src = usize::from(self.message(*message).src);
            let own = src < participants.min(OUTSIDERS as usize);
            1_u64 << if own { src } else { OUTSIDERS as usize }
        };
        let senders = cell[1..].iter().map(sender).fold(0, |all, bit| all | bit);
        let costs = self.cache.costs.len();
        let (id, new) = self.slots[slot].cells.insert_list(cell);
        if new {
            let mut facts = Facts::new(cell[0], senders);
            if slot < participants {
                let local = &*self.locals[cell[0]];
                facts.crashed = local.crashed;
                facts.busy = self.system.is_busy(local) || !self.has_delay && 1 < cell.len();
                facts.overdue = self.system.is_overdue(local) || self.arrives_before_tick(cell);
                facts.waiting = self.waiting_beside(cell);
            }
            let slot = &mut self.slots[slot];
            slot.facts.push(facts);
            let ranges = slot.transitions.len() + costs;
            slot.transitions.resize(ranges, UNKNOWN);
        }
        id
    }

    /// Whether a message of a cell arrives before the next tick.
    fn arrives_before_tick(&self, cell: &[ComponentId]) -> bool {
        let ticks_wait = self.system.environment.assumes(Assumption::TicksWait);
        self.has_delay && ticks_wait && cell[1..].iter().any(|message| message & AGED != 0)
    }

    /// Which timers the messages of a cell keep waiting, a bit for each clock.
    fn waiting_beside(&self, cell: &[ComponentId]) -> u8 {
        if !self.has_delay {
            return 0;
        }
        let messages = cell[1..].iter();
        let waiting = messages.map(|message| self.keeps_waiting[(message & !AGED) as usize]);
        waiting.fold(0, |all, bits| all | bits)
    }

    pub(super) fn intern_budget(&mut self, budget: Remaining) -> BudgetId {
        let (id, new) = self.budgets.insert(budget);
        if new {
            self.cache.budgets.push(None);
        }
        id
    }
}
