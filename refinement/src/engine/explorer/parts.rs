//! What states are made of: everything distinct that was seen so far, stored once.
//!
//! A state is a row of names: for each seat a *cell*, then the budget where there is one, then the
//! history. A cell is a participant together with the messages in flight to it; the last seat,
//! where there is one, is nobody's and holds the messages that nobody receives. What a cell can do,
//! what a cell becomes when messages are sent to it, and how history grows is computed
//! once and looked up from then on.

use super::deed::Deed;
use super::intern::{Interner, NONE, Name};
use super::reduction::Reduction;
use quorate_models::property::{ClaimSet, Stated};
use quorate_models::system::{
    ActionOf, CLAIMS_MAX, Envelope, Fate, History, Hook, IsDead, LocalOf, Network, Participant,
    Remaining, Spend, StateOf, System, Travel, channel,
};
use rustc_hash::FxHashMap;
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A participant, or nobody, with the messages in flight to it, as names.
///
/// The first name is the participant's (with nobody, where that is remembered, that of the message
/// delivered last). The mailbox follows, as [channels](channel) keep it, sorted by names.
pub(super) type Cell = Box<[Name]>;

/// Moves that are not computed yet.
pub(super) const UNKNOWN: (u32, u32) = (NONE, NONE);

/// The bit of everyone who sends messages and has no bit of his own.
pub(super) const OUTSIDERS: u32 = 63;

/// Names of messages that one step puts in flight to one seat, in order. To nobody: after the name
/// of the message that is delivered, or [`NONE`].
pub(super) type Bundle = Box<[Name]>;

/// Names of the message that a step delivers, or [`NONE`], and of the messages that it sends.
pub(super) type Exchange = Box<[Name]>;

pub(super) struct Parts<A: Participant, G: History> {
    pub(super) system: Arc<System<A, G>>,
    pub(super) locals: Interner<Arc<LocalOf<A>>>,
    pub(super) messages: Interner<Arc<Envelope<A::Msg>>>,
    /// How each message travels.
    travels: Vec<Travel>,
    pub(super) actions: Interner<ActionOf<A>>,
    pub(super) budgets: Interner<Remaining>,
    pub(super) histories: Interner<G>,
    pub(super) bundles: Interner<Bundle>,
    pub(super) exchanges: Interner<Exchange>,
    /// What histories look at, if they look at what participants do.
    pub(super) observed: Vec<Observed>,
    pub(super) seats: Vec<Seat>,
    pub(super) layout: Layout,
    pub(super) memo: Memo,
    /// Which messages are dropped; `None` if none are.
    pub(super) is_dead: Option<IsDead<A>>,
    pub(super) reduction: Reduction,
    /// Invariants about messages.
    pub(super) about_messages: ClaimSet,
    /// Those of them that read the history.
    pub(super) about_messages_and_history: ClaimSet,
}

/// What a participant did that may change histories.
pub(super) struct Observed {
    pub(super) seat: usize,
    pub(super) action: Name,
    pub(super) before: Name,
    pub(super) after: Name,
}

/// Where a row has what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) participants: usize,
    /// With nobody's.
    pub(super) seats: usize,
    pub(super) budget: Option<usize>,
    pub(super) history: usize,
}

impl Layout {
    #[inline]
    pub(super) fn width(&self) -> usize {
        self.history + 1
    }

    #[inline]
    pub(super) fn budget_of(&self, row: &[Name]) -> Name {
        self.budget.map_or(0, |column| row[column])
    }

    /// The participants' seats and cells.
    pub(super) fn cells_of(&self, row: &[Name]) -> impl Iterator<Item = (usize, Name)> {
        row[..self.participants].iter().copied().enumerate()
    }

    pub(super) fn has_nobody(&self) -> bool {
        self.participants < self.seats
    }
}

/// The cells of one seat.
pub(super) struct Seat {
    pub(super) cells: Interner<Cell>,
    pub(super) facts: Vec<Facts>,
    /// For each cell and each kind of spending, where its moves begin and end.
    pub(super) moves: Vec<(u32, u32)>,
    /// What cells become when bundles are sent to them; of each cell the first is in its facts.
    sent: FxHashMap<(Name, Name), Name>,
}

/// What is known of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The participant.
    pub(super) local: Name,
    /// Whether it is down.
    pub(super) crashed: bool,
    /// From whom there are messages, a bit for each participant.
    pub(super) senders: u64,
    /// The bundle that was first sent to it, and what it becomes by that.
    sent: (Name, Name),
}

impl Seat {
    /// The cell after a bundle is sent to it, if that is known.
    #[inline]
    pub(super) fn after(&self, cell: Name, bundle: Name) -> Option<Name> {
        let (first, after) = self.facts[cell as usize].sent;
        if first == bundle {
            return Some(after);
        }
        self.sent.get(&(cell, bundle)).copied()
    }

    pub(super) fn remember(&mut self, cell: Name, bundle: Name, after: Name) {
        let first = &mut self.facts[cell as usize].sent;
        if first.0 == NONE {
            *first = (bundle, after);
        } else {
            self.sent.insert((cell, bundle), after);
        }
    }
}

/// What was computed of steps.
pub(super) struct Memo {
    pub(super) spends: Vec<Spend>,
    pub(super) moves: Vec<Move>,
    pub(super) deeds: Vec<Deed>,
    /// By seat, first name of the cell, and what happens; `None` if that changes nothing.
    pub(super) done: FxHashMap<(u32, Name, Key), Option<Name>>,
    /// Seats and bundles.
    pub(super) sends: Vec<(u32, Name)>,
    /// What the first history becomes that meets an event.
    first_grown: Vec<(Name, Name)>,
    /// What other histories become by an event.
    grown: FxHashMap<(Name, Name), Name>,
    /// For each budget the kinds of spending that it allows, and what is left; `None` while that
    /// is not known.
    pub(super) budgets: Vec<Option<Vec<(u32, Name)>>>,
    /// Claims about steps that a deed breaks, and those that must be judged with it.
    pub(super) judged: FxHashMap<Name, StepClaims>,
    pub(super) panics: FxHashMap<Name, String>,
    pub(super) kinds: Interner<super::coverage::Kind>,
    /// How often a mark was hit where nothing happened.
    pub(super) idle: BTreeMap<&'static str, u64>,
    /// How often a mark was hit where a dead message was delivered in thought.
    pub(super) in_thought: BTreeMap<&'static str, u64>,
}

/// What can happen to a cell.
#[derive(Clone, Debug)]
pub(super) enum Happening<A: Participant> {
    /// To one of its messages.
    Message(Fate, Name),
    /// To its participant.
    Own(ActionOf<A>),
}

/// What happens to a cell, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Message(Fate, Name),
    Own(Name),
}

/// What one cell can do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// The cell afterwards, but for what is sent to it.
    pub(super) cell: Name,
    /// What is done.
    pub(super) deed: Name,
}

/// Claims about steps, and witnesses of steps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StepClaims {
    /// Those that whatever surrounds the step decides it the same: violated.
    pub(super) broken: ClaimSet,
    /// Those that must be judged with what surrounds the step.
    pub(super) conditional: ClaimSet,
}

impl StepClaims {
    pub(super) fn is_empty(self) -> bool {
        (self.broken | self.conditional).is_empty()
    }
}

impl<A: Participant, G: History> Parts<A, G> {
    pub(super) fn new(
        system: &Arc<System<A, G>>,
        start: Option<&StateOf<A, G>>,
        is_dead: Option<IsDead<A>>,
    ) -> Self {
        let participants = system.actors.len();
        let of_nobody = |state: &StateOf<A, G>| {
            let mut envelopes = state.network.iter();
            envelopes.any(|envelope| participants <= usize::from(envelope.dst))
        };
        let budgeted = system.environment.is_spent();
        let nobody = system.environment.everything_in_flight
            || system.channels.remembers_last
            || start.is_some_and(of_nobody);
        let seats = participants + usize::from(nobody);
        let layout = Layout {
            participants,
            seats,
            budget: budgeted.then_some(seats),
            history: seats + usize::from(budgeted),
        };
        let those = |are: fn(&Stated<A, G>) -> bool| {
            let stated = system.stated.iter().enumerate().take(CLAIMS_MAX);
            let those = stated.map(|(claim, stated)| ClaimSet::of_if(claim, are(stated)));
            those.collect()
        };
        Parts {
            about_messages: those(Stated::is_about_messages),
            about_messages_and_history: those(Stated::is_about_messages_and_history),
            system: system.clone(),
            locals: Interner::new(),
            messages: Interner::new(),
            travels: Vec::new(),
            actions: Interner::new(),
            budgets: Interner::new(),
            histories: Interner::new(),
            bundles: Interner::new(),
            exchanges: Interner::new(),
            observed: Vec::new(),
            seats: (0..seats).map(|_| Seat::new()).collect(),
            layout,
            memo: Memo::new(system.environment.spends()),
            is_dead,
            reduction: Reduction::new(participants),
        }
    }

    pub(super) fn local(&self, seat: usize, cell: Name) -> &Arc<LocalOf<A>> {
        &self.locals[self.seats[seat].facts[cell as usize].local]
    }

    /// The participants of a row.
    pub(super) fn locals_of(&self, row: &[Name]) -> Vec<Arc<LocalOf<A>>> {
        let participants = 0..self.layout.participants;
        participants
            .map(|seat| self.local(seat, row[seat]).clone())
            .collect()
    }

    /// The state that a row stands for.
    pub(super) fn state(&self, row: &[Name]) -> StateOf<A, G> {
        let mut network = Network::default();
        for (seat, cell) in row[..self.layout.seats].iter().enumerate() {
            for message in &self.seats[seat].cells[*cell][1..] {
                let envelope = Envelope::clone(&self.messages[*message]);
                network.send(&self.system.channels, envelope);
            }
        }
        if self.system.channels.remembers_last {
            let nobody = self.layout.participants;
            let delivered = self.seats[nobody].cells[row[nobody]][0];
            network.last = (delivered != NONE).then(|| self.messages[delivered].clone());
        }
        StateOf::<A, G> {
            locals: self.locals_of(row),
            network,
            remaining: self.budgets[self.layout.budget_of(row)].clone(),
            ghost: self.histories[row[self.layout.history]].clone(),
        }
    }

    /// The messages of a cell that can be delivered or lost next, each once.
    fn deliverable(&self, cell: &[Name]) -> Vec<Name> {
        let mailbox = &cell[1..];
        let positions = channel::deliverable(mailbox, |message| self.travel(*message));
        positions.map(|position| mailbox[position]).collect()
    }

    /// What can happen to a cell, spending this, in a fixed order.
    pub(super) fn happenings(
        &self,
        seat: usize,
        cell: Name,
        spend: Spend,
    ) -> impl Iterator<Item = Happening<A>> {
        let local = (seat < self.layout.participants).then(|| &**self.local(seat, cell));
        let messages = self.deliverable(&self.seats[seat].cells[cell]);
        let fates = self.system.fates(spend, local).iter();
        let mut actions = Vec::new();
        if let Some(local) = local {
            let id = Id::from(seat);
            self.system.own_actions(spend, id, local, &mut actions);
        }
        let of_messages = fates.flat_map(move |fate| {
            let messages = messages.clone().into_iter();
            messages.map(|message| Happening::Message(*fate, message))
        });
        of_messages.chain(actions.into_iter().map(Happening::Own))
    }

    /// Puts a message into a cell.
    pub(super) fn put(&self, cell: &mut Vec<Name>, message: Name) {
        if let Some(position) = self.replace(cell, message) {
            cell.insert(position + 1, message);
        }
    }

    /// Takes what a message replaces out of a cell. Gives the place of the message in the mailbox.
    pub(super) fn replace(&self, cell: &mut Vec<Name>, message: Name) -> Option<usize> {
        let arrival = channel::arrival(&cell[1..], &message, |other| self.travel(*other));
        if let Some(position) = arrival.replaces {
            cell.remove(position + 1);
        }
        arrival.at
    }

    /// How a message travels.
    pub(super) fn travel(&self, message: Name) -> Travel {
        self.travels[message as usize]
    }

    /// Names a message, new or not.
    pub(super) fn name_message(&mut self, envelope: Arc<Envelope<A::Msg>>) -> Name {
        let travel = self.system.channels.travel(&envelope);
        let (name, new) = self.messages.insert(envelope);
        if new {
            self.travels.push(travel);
        }
        name
    }

    /// Whether a message can be dropped at its receiver.
    pub(super) fn is_dead(&self, seat: usize, local: &LocalOf<A>, message: Name) -> bool {
        self.is_dead.is_some_and(|is_dead| {
            seat < self.layout.participants
                && self.travel(message).channel.ignores_no_ops()
                && is_dead(&self.system.actors[seat], local, &self.messages[message])
        })
    }

    /// A history after an event, if that is known.
    pub(super) fn grown(&self, history: Name, event: Name) -> Option<Name> {
        if event == NONE {
            return Some(history);
        }
        match self.memo.first_grown.get(event as usize) {
            Some((first, grown)) if *first == history => Some(*grown),
            _ => self.memo.grown.get(&(event, history)).copied(),
        }
    }

    /// Remembers what a history becomes by an event.
    pub(super) fn remember(&mut self, event: Name, history: Name, grown: Name) {
        let events = &mut self.memo.first_grown;
        if events.len() <= event as usize {
            events.resize(event as usize + 1, (NONE, NONE));
        }
        match &mut events[event as usize] {
            first if first.0 == NONE => *first = (history, grown),
            _ => _ = self.memo.grown.insert((event, history), grown),
        }
    }

    /// Whether history is told of messages that are received.
    pub(super) fn records(&self) -> bool {
        matches!(self.system.ghost.hook, Hook::Record { .. })
    }

    /// Names a cell, new or not.
    pub(super) fn name_cell(&mut self, seat: usize, cell: &[Name]) -> Name {
        let local = cell[0];
        let participants = self.layout.participants;
        let crashed = seat < participants && self.locals[local].crashed;
        let sender = |message: &Name| {
            let src = usize::from(self.messages[*message].src);
            let own = src < participants.min(OUTSIDERS as usize);
            1_u64 << if own { src } else { OUTSIDERS as usize }
        };
        let senders = cell[1..].iter().map(sender).fold(0, |all, bit| all | bit);
        let kinds = self.memo.spends.len();
        let (name, new) = self.seats[seat].cells.insert_list(cell);
        if new {
            let seat = &mut self.seats[seat];
            seat.facts.push(Facts {
                local,
                crashed,
                senders,
                sent: (NONE, NONE),
            });
            seat.moves.resize(seat.moves.len() + kinds, UNKNOWN);
        }
        name
    }

    pub(super) fn name_budget(&mut self, budget: Remaining) -> Name {
        let (name, new) = self.budgets.insert(budget);
        if new {
            self.memo.budgets.push(None);
        }
        name
    }
}

impl Seat {
    fn new() -> Self {
        Seat {
            cells: Interner::new(),
            facts: Vec::new(),
            moves: Vec::new(),
            sent: FxHashMap::default(),
        }
    }
}

impl Memo {
    /// What a deed sends: seats and bundles.
    pub(super) fn sends_of(&self, deed: &Deed) -> &[(u32, Name)] {
        let start = deed.sends as usize;
        &self.sends[start..start + usize::from(deed.sent)]
    }

    fn new(spends: Vec<Spend>) -> Self {
        Memo {
            spends,
            moves: Vec::new(),
            deeds: Vec::new(),
            done: FxHashMap::default(),
            sends: Vec::new(),
            first_grown: Vec::new(),
            grown: FxHashMap::default(),
            budgets: Vec::new(),
            judged: FxHashMap::default(),
            panics: FxHashMap::default(),
            kinds: Interner::new(),
            idle: BTreeMap::new(),
            in_thought: BTreeMap::new(),
        }
    }
}
