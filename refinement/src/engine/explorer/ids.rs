//! Ids of values that are stored once: small integers, counted by kind.

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
/// The id of a remainder of the budgets.
pub(super) type BudgetId = ComponentId;
/// The id of a ghost.
pub(super) type GhostId = ComponentId;
/// The id of an action of the system.
pub(super) type ActionId = u32;
/// The id of a local transition.
pub(super) type TransitionId = u32;
/// In a cell, this bit of a message's id says that it is a tick old: with a delay, in the good period.
pub(super) const AGED: MessageId = 1 << 31;

/// The id of the messages that a transition sends to one slot.
pub(super) type BundleId = u32;
/// The id of an observation of the ghost, among the values that its hook observes.
pub(super) type ObservationId = u32;
/// The id of what waits in the sessions of a participant.
pub(super) type WaitingId = u32;
/// The id of how often each event with a total happens.
pub(super) type CountsId = u32;
/// The id of a kind of transitions, for the coverage.
pub(super) type KindId = u32;
/// The id of a whole state, in a search of any model.
pub(super) type StateId = u32;
