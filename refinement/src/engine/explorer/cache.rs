//! The transition cache: what was computed of cells, messages and ghosts, and is looked up from then
//! on.

use super::super::coverage::TransitionKind;
use super::ids::{
    ActionId, BudgetId, BundleId, CellId, GhostId, KindId, LocalId, MessageId, NONE, ObservationId,
    TransitionId,
};
use super::intern::Interner;
use super::store::Cell;
use quorate_models::system::claim::ClaimSet;
use quorate_models::system::{ActionOf, Cost, MessageEvent, Participant};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Transitions that are not computed yet.
pub(super) const UNKNOWN: (u32, u32) = (NONE, NONE);

/// What was computed of local transitions.
pub(super) struct TransitionCache {
    /// Everything that an action may cost.
    pub(super) costs: Vec<Cost>,
    pub(super) cell_transitions: Vec<CellTransition>,
    pub(super) transitions: Vec<Transition>,
    /// By slot, first id of the cell, and event; `None` if that changes nothing.
    pub(super) known: FxHashMap<(u32, LocalId, EventKey), Option<TransitionId>>,
    /// Slots and bundles.
    pub(super) sends: Vec<(u32, BundleId)>,
    /// What the first ghost becomes that makes an observation.
    first_grown: Vec<(GhostId, GhostId)>,
    /// What other ghosts become by an observation.
    grown: FxHashMap<(ObservationId, GhostId), GhostId>,
    /// For each budget the costs that it allows, and what remains then; `None` while that is not
    /// computed.
    pub(super) budgets: Vec<Option<Vec<(u32, BudgetId)>>>,
    /// Claims about steps that a transition breaks, and those that must be judged with it.
    pub(super) judged: FxHashMap<TransitionId, StepClaims>,
    pub(super) panics: FxHashMap<TransitionId, String>,
    pub(super) kinds: Interner<TransitionKind>,
    /// How often a mark was hit where nothing happened.
    pub(super) idle: BTreeMap<&'static str, u64>,
    /// How often a mark was hit where a dead message was delivered in thought.
    pub(super) in_thought: BTreeMap<&'static str, u64>,
}

/// A local transition: what a participant does, or what happens to messages that nobody receives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transition {
    pub(super) action: ActionId,
    /// The participant afterwards; of nobody, the first id of the cell.
    pub(super) local: LocalId,
    /// What the ghost observes; [`NONE`] if nothing.
    pub(super) observation: ObservationId,
    /// Where its sends begin.
    pub(super) sends: u32,
    /// How many they are.
    pub(super) sent: u16,
    /// Whether it is to be looked at twice: it decides or may decide a claim, or panicked.
    pub(super) special: bool,
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

/// What can happen to a cell.
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

/// What a participant did, as ghosts observe it.
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

impl StepClaims {
    pub(super) fn is_empty(self) -> bool {
        (self.broken | self.conditional).is_empty()
    }
}

impl TransitionCache {
    pub(super) fn new(costs: Vec<Cost>) -> Self {
        TransitionCache {
            costs,
            cell_transitions: Vec::new(),
            transitions: Vec::new(),
            known: FxHashMap::default(),
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

    /// What a transition sends: slots and bundles.
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
    /// What cells become when bundles are sent to them; of each cell the first is in its facts.
    sent: FxHashMap<(CellId, BundleId), CellId>,
}

/// What is known of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The participant.
    pub(super) local: LocalId,
    /// Whether it is down.
    pub(super) crashed: bool,
    /// From whom there are messages, a bit for each participant.
    pub(super) senders: u64,
    /// The bundle that was first sent to it, and what it becomes by that.
    sent: (BundleId, CellId),
}

impl Facts {
    pub(super) fn new(local: LocalId, crashed: bool, senders: u64) -> Self {
        Facts {
            local,
            crashed,
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
