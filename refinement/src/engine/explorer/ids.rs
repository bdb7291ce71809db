//! Ids of what is stored once: small integers, counted by kind.

/// The id of a component of states: its position among those of its kind.
pub(super) type ComponentId = u32;

/// No component.
pub(super) const NONE: ComponentId = ComponentId::MAX;

/// The id of a cell, among those of its slot.
pub(super) type CellId = ComponentId;
/// The id of a participant's local state, among those of all participants.
pub(super) type LocalId = ComponentId;
/// The id of a message with its sender and its receiver.
pub(super) type MessageId = ComponentId;
/// The id of what remains of the budgets.
pub(super) type BudgetId = ComponentId;
/// The id of a ghost.
pub(super) type GhostId = ComponentId;
/// The id of an action of the system.
pub(super) type ActionId = u32;
/// The id of a local transition.
pub(super) type TransitionId = u32;
/// The id of the messages that a transition sends to one slot.
pub(super) type BundleId = u32;
/// The id of what a ghost observes of a transition; what it counts depends on the ghost's hook.
pub(super) type ObservationId = u32;
/// The id of what is counted together for the coverage.
pub(super) type KindId = u32;
/// The id of a whole state, in a search of any model.
pub(super) type StateId = u32;
