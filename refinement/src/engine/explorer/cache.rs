//! The transition cache: what was computed of cells, messages and ghosts, and is looked up from then
//! on.

use super::super::coverage::TransitionKind;
use super::super::runs::Mark;
use super::ids::{
    ActionId, BudgetId, BundleId, CellId, ComponentId, CountsId, GhostId, KindId, LocalId,
    MessageId, NONE, ObservationId, TransitionId, WaitingId,
};
use super::intern::Interner;
use super::store::Cell;
use quorate_models::session::End;
use quorate_models::system::channel::{Edit, Waiting};
use quorate_models::system::claim::ClaimSet;
use quorate_models::system::{ActionOf, Cost, MessageEvent, Participant};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Transitions that are not computed yet.
pub(super) const UNKNOWN: (u32, u32) = (NONE, NONE);

/// The local transitions that were computed.
pub(super) struct TransitionCache {
    /// Everything that an action may cost.
    pub(super) costs: Vec<Cost>,
    pub(super) cell_transitions: Vec<CellTransition>,
    pub(super) transitions: Vec<Transition>,
    /// By slot, first id of the cell, event, and what waits in sessions; `None` if that changes
    /// nothing.
    pub(super) known: FxHashMap<TransitionKey, Option<TransitionId>>,
    /// The messages that wait at the ends of sessions of a participant; the first is none.
    pub(super) waiting: Interner<Box<[Waiting]>>,
    /// The effects of transitions on sessions in the mover's mailbox, where there are any.
    pub(super) edits: FxHashMap<TransitionId, Vec<(End, Edit)>>,
    /// How often each event with a total happens in a transition, where some does.
    pub(super) counts: FxHashMap<TransitionId, CountsId>,
    pub(super) all_counts: Interner<Vec<u8>>,
    /// The remains of a budget after events with a total; `None` if too little remained.
    pub(super) spent: FxHashMap<(BudgetId, CountsId), Option<BudgetId>>,
    /// Rows of the good period with canonical names, where there are such.
    pub(super) renamed: FxHashMap<Box<[ComponentId]>, Box<[ComponentId]>>,
    /// For each cost, the action of everyone that has it.
    pub(super) everyone: Vec<Option<OfEveryone>>,
    /// Slots and bundles.
    pub(super) sends: Vec<(u32, BundleId)>,
    /// For each observation, the first ghost that made it, and the ghost after it.
    first_grown: Vec<(GhostId, GhostId)>,
    /// The other ghosts that made an observation, and the ghosts after it.
    grown: FxHashMap<(ObservationId, GhostId), GhostId>,
    /// The actions that each budget allows; `None` while not computed.
    pub(super) budgets: Vec<Option<Allowed>>,
    /// Claims about steps that a transition breaks, and those that must be judged with it.
    pub(super) judged: FxHashMap<TransitionId, StepClaims>,
    /// The facts about transitions for judges of runs, where there are any.
    pub(super) marks: FxHashMap<TransitionId, Mark>,
    pub(super) panics: FxHashMap<TransitionId, String>,
    pub(super) kinds: Interner<TransitionKind>,
    /// How often a mark was hit where nothing happened.
    pub(super) idle: BTreeMap<&'static str, u64>,
    /// How often a mark was hit where a dead message was delivered in thought.
    pub(super) in_thought: BTreeMap<&'static str, u64>,
}

/// Where a transition is known.
pub(super) type TransitionKey = (u32, LocalId, EventKey, WaitingId);

/// The actions that a budget allows.
pub(super) struct Allowed {
    /// Costs of what happens in one slot, by position, and what remains then.
    pub(super) local: Vec<(u32, BudgetId, Gates)>,
    /// Costs of what concerns everyone, and what remains then.
    pub(super) everyone: Vec<(u32, BudgetId)>,
    /// Broken links, if there are any.
    pub(super) links: Option<Box<BrokenLinks>>,
    /// The good participants, a bit for each.
    pub(super) good: u64,
}

/// Conditions of a row beside its cost, a bit for each. As those of an action they must hold; as those of a
/// row they do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gates(u16);

impl Gates {
    pub(super) const NONE: Gates = Gates(0);
    /// One more may be down.
    pub(super) const CRASH: Gates = Gates(1);
    /// Nothing is left to do for those who are good; with a delay, nothing but messages.
    pub(super) const QUIET: Gates = Gates(2);

    /// No message keeps timers waiting that have one of these clocks, a bit for each.
    pub(super) const fn beside(clocks: u8) -> Self {
        Gates((clocks as u16) << 2)
    }

    /// These, if something is so.
    pub(super) const fn when(self, it_is: bool) -> Self {
        if it_is { self } else { Gates::NONE }
    }

    pub(super) const fn and(self, others: Gates) -> Self {
        Gates(self.0 | others.0)
    }

    /// Whether none of these is among others.
    #[inline]
    pub(super) const fn are_open(self, closed: Gates) -> bool {
        self.0 & closed.0 == 0
    }
}

/// Links that are broken: for each receiver a bit for each sender.
pub(super) struct BrokenLinks {
    /// Messages are not delivered.
    pub(super) severed: Vec<u64>,
    /// Messages of no session are lost as they are sent.
    pub(super) lossy: Vec<u64>,
    /// All messages are lost as they are sent.
    pub(super) gone: Vec<u64>,
}

/// An action of everyone.
pub(super) struct OfEveryone {
    /// The action as a transition, for paths and coverage.
    pub(super) transition: TransitionId,
    /// The participants that must be up, a bit for each.
    pub(super) up: u64,
    /// Whether time passes.
    pub(super) ticks: bool,
    /// Whether timers are of any age then.
    pub(super) any_age: bool,
}

/// The sender of no message that needs a link.
pub(super) const NO_SENDER: u8 = u8::MAX;

/// A local transition: what a participant does, or what happens to messages that nobody receives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transition {
    pub(super) action: ActionId,
    /// The participant afterwards; of nobody, the first id of the cell.
    pub(super) local: LocalId,
    /// The observation of the ghost; [`NONE`] if none.
    pub(super) observation: ObservationId,
    /// Where its sends begin.
    pub(super) sends: u32,
    /// How many they are.
    pub(super) sent: u16,
    /// Whether it is to be looked at twice: it decides or may decide a claim, or panicked.
    pub(super) special: bool,
    /// The sender of the message that arrives; [`NO_SENDER`] if none does.
    pub(super) sender: u8,
    /// For the coverage.
    pub(super) kind: KindId,
}

/// A transition of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct CellTransition {
    /// The cell afterwards, but for what is sent to it.
    pub(super) cell: CellId,
    pub(super) transition: TransitionId,
}

/// The transitions of a cell.
#[derive(Clone, Debug)]
pub(super) enum Event<A: Participant> {
    /// To one of its messages.
    Message(MessageEvent, MessageId),
    /// To its participant.
    Own(ActionOf<A>),
}

/// An event, by ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum EventKey {
    Message(MessageEvent, MessageId),
    Own(ActionId),
}

/// The move of a participant, as ghosts observe it.
pub(super) struct Observed {
    pub(super) slot: usize,
    pub(super) action: ActionId,
    pub(super) before: LocalId,
    pub(super) after: LocalId,
}

/// Claims about steps, and witnesses of steps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StepClaims {
    /// Violated, in any surroundings of the step.
    pub(super) broken: ClaimSet,
    /// To be judged with what surrounds the step.
    pub(super) conditional: ClaimSet,
}

impl std::ops::BitOrAssign for StepClaims {
    fn bitor_assign(&mut self, other: Self) {
        self.broken |= other.broken;
        self.conditional |= other.conditional;
    }
}

impl BrokenLinks {
    /// Whether a message from this sender is not delivered to this receiver.
    #[inline]
    pub(super) fn severs(&self, sender: u8, receiver: usize) -> bool {
        let severed = self.severed.get(receiver).copied().unwrap_or_default();
        let bit = 1_u64.checked_shl(sender.into());
        bit.is_some_and(|bit| severed & bit != 0)
    }

    /// Whether a message from this sender is lost as it is sent to this receiver.
    pub(super) fn loses(&self, sender: usize, receiver: usize, in_session: bool) -> bool {
        let mut loses = self.gone.get(receiver).copied().unwrap_or_default();
        if !in_session {
            loses |= self.lossy.get(receiver).copied().unwrap_or_default();
        }
        loses & 1 << sender != 0
    }
}

impl StepClaims {
    pub(super) fn is_empty(self) -> bool {
        (self.broken | self.conditional).is_empty()
    }
}

impl TransitionCache {
    pub(super) fn new(costs: Vec<Cost>) -> Self {
        let mut waiting = Interner::new();
        waiting.insert(Box::default());
        TransitionCache {
            everyone: costs.iter().map(|_| None).collect(),
            waiting,
            edits: FxHashMap::default(),
            counts: FxHashMap::default(),
            all_counts: Interner::new(),
            spent: FxHashMap::default(),
            renamed: FxHashMap::default(),
            costs,
            cell_transitions: Vec::new(),
            transitions: Vec::new(),
            known: FxHashMap::default(),
            sends: Vec::new(),
            first_grown: Vec::new(),
            grown: FxHashMap::default(),
            budgets: Vec::new(),
            judged: FxHashMap::default(),
            marks: FxHashMap::default(),
            panics: FxHashMap::default(),
            kinds: Interner::new(),
            idle: BTreeMap::new(),
            in_thought: BTreeMap::new(),
        }
    }

    /// The messages of a transition: slots and bundles.
    pub(super) fn sends_of(&self, transition: &Transition) -> &[(u32, BundleId)] {
        let start = transition.sends as usize;
        &self.sends[start..start + usize::from(transition.sent)]
    }

    /// A ghost after an observation, if that is known.
    #[inline]
    pub(super) fn grown(&self, ghost: GhostId, observation: ObservationId) -> Option<GhostId> {
        if observation == NONE {
            return Some(ghost);
        }
        match self.first_grown.get(observation as usize) {
            Some((first, grown)) if *first == ghost => Some(*grown),
            _ => self.grown.get(&(observation, ghost)).copied(),
        }
    }

    /// Remembers what a ghost becomes by an observation.
    pub(super) fn remember_grown(
        &mut self,
        observation: ObservationId,
        ghost: GhostId,
        grown: GhostId,
    ) {
        let observations = &mut self.first_grown;
        if observations.len() <= observation as usize {
            observations.resize(observation as usize + 1, (NONE, NONE));
        }
        match &mut observations[observation as usize] {
            first if first.0 == NONE => *first = (ghost, grown),
            _ => _ = self.grown.insert((observation, ghost), grown),
        }
    }
}

/// The cells of one slot.
pub(super) struct Slot {
    pub(super) cells: Interner<Cell>,
    pub(super) facts: Vec<Facts>,
    /// For each cell and each cost, where its transitions begin and end.
    pub(super) transitions: Vec<(u32, u32)>,
    /// The cells after bundles are sent to them; of each cell the first is in its facts.
    sent: FxHashMap<(CellId, BundleId), CellId>,
    /// The cells after actions of everyone, by position of their cost.
    pub(super) after_everyone: FxHashMap<(CellId, u32), CellId>,
    /// The forms of cells when the good period begins with timers of any age.
    pub(super) of_any_age: FxHashMap<CellId, Box<[CellId]>>,
}

/// The facts about a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The participant.
    pub(super) local: LocalId,
    /// Whether it is down.
    pub(super) crashed: bool,
    /// Whether something is left to do in the good period; with a delay, beside messages.
    pub(super) busy: bool,
    /// Whether a timer fires, or a message arrives, before the next tick.
    pub(super) overdue: bool,
    /// With a delay, which timers its messages keep waiting, a bit for each clock.
    pub(super) waiting: u8,
    /// From whom there are messages, a bit for each participant.
    pub(super) senders: u64,
    /// The bundle that was first sent to it, and what it becomes by that.
    sent: (BundleId, CellId),
}

impl Facts {
    pub(super) fn new(local: LocalId, senders: u64) -> Self {
        Facts {
            local,
            crashed: false,
            busy: false,
            overdue: false,
            waiting: 0,
            senders,
            sent: (NONE, NONE),
        }
    }
}

impl Slot {
    pub(super) fn new() -> Self {
        Slot {
            cells: Interner::new(),
            facts: Vec::new(),
            transitions: Vec::new(),
            sent: FxHashMap::default(),
            after_everyone: FxHashMap::default(),
            of_any_age: FxHashMap::default(),
        }
    }

    /// The cell after a bundle is sent to it, if that is known.
    #[inline]
    pub(super) fn after(&self, cell: CellId, bundle: BundleId) -> Option<CellId> {
        let (first, after) = self.facts[cell as usize].sent;
        if first == bundle {
            return Some(after);
        }
        self.sent.get(&(cell, bundle)).copied()
    }

    pub(super) fn remember(&mut self, cell: CellId, bundle: BundleId, after: CellId) {
        let first = &mut self.facts[cell as usize].sent;
        if first.0 == NONE {
            *first = (bundle, after);
        } else {
            self.sent.insert((cell, bundle), after);
        }
    }
}
