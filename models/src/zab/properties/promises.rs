//! The promises, each a function of what it is made of.

use super::{Seat, durable};
use crate::replica::{Delivery, Replica};
use crate::system::{Action, Move, Step};
use crate::zab::ghost::{Past, Reign};
use crate::zab::history::History;
use crate::zab::server::Server;
use crate::zab::state::{Epoch, Persistent, Role, State, Txn, Zxid};
use stateright::actor::Id;

/// A step of an ensemble.
type StepOf<'a> = Step<'a, Server, Past>;

/// Whether an epoch that was won is established after a step: a quorum has written it as current.
pub fn is_established(step: &StepOf<'_>, reign: &Reign) -> bool {
    step.quorum.is_in(|id| reign.accepted.contains(&id))
}

/// The transactions that a server delivers are a prefix of the sequence of all that are delivered.
pub(super) fn total_order(state: &State, past: &Past) -> bool {
    state.history().position_after(state.committed) <= kept(state.history(), past)
}

/// Every command that is delivered was requested by a client, and is delivered at most as often as it was
/// requested.
pub(super) fn integrity(state: &State, past: &Past) -> bool {
    let mut requested = past.requested.clone();
    state.delivered().all(|txn| {
        let position = requested.iter().position(|it| *it == txn.command);
        position.map(|it| requested.swap_remove(it)).is_some()
    })
}

/// A service that reads a server from the beginning is given its snapshot, if it has one, and all that the
/// server has delivered.
pub(super) fn executes_what_is_delivered(state: &State, past: &Past) -> bool {
    let (history, mut cursor) = (state.history(), 0);
    let first = history.first();
    let read = || Server::next(state, &mut cursor);
    let read: Vec<Delivery<'_>> = std::iter::from_fn(read).collect();
    let snapshot = (0 < first).then(|| Delivery::Snapshot {
        stands_for: history.snapshot().len,
        state: &history.snapshot().state,
    });
    let upto = history.position_after(state.committed);
    let delivered = past.delivered.get(first..upto).unwrap_or_default();
    let commands = delivered.iter().map(|txn| Delivery::Command(&txn.command));
    read.into_iter().eq(snapshot.into_iter().chain(commands))
}

/// Before a primary broadcasts, it has delivered all that anyone delivers of earlier epochs; later it
/// delivers none of them.
pub(super) fn primary_integrity(state: &State, past: &Past) -> bool {
    let Some(epoch) = state.leads() else {
        return true;
    };
    state.history().last().epoch < epoch || has_delivered_before(state, epoch, past)
}

/// A leader that broadcasts has delivered what anyone has delivered of earlier epochs.
pub(super) fn leader_completeness(state: &State, past: &Past) -> bool {
    let Some(epoch) = state.leadership().and(state.broadcasts()) else {
        return true;
    };
    has_delivered_before(state, epoch, past)
}

fn has_delivered_before(state: &State, epoch: Epoch, past: &Past) -> bool {
    let mut earlier = past.delivered.iter().filter(|txn| txn.zxid.epoch < epoch);
    let has = |txn: &Txn| {
        txn.zxid <= state.history().snapshot().last || state.delivered().any(|own| own == txn)
    };
    earlier.all(has)
}

/// At most one server ever wins an epoch.
pub(super) fn primary_uniqueness(id: Id, state: &State, past: &Past) -> bool {
    let won = state.leads();
    won.is_none_or(|epoch| past.reigns.get(&epoch).is_some_and(|it| it.leader == id))
}

/// The initial history of an epoch begins with that of each earlier epoch that counts.
///
/// Not of every earlier epoch that was won: one may be won when a later one is established already, and
/// then nothing of it is ever committed.
pub fn initial_histories_agree(step: &StepOf<'_>, counts: fn(&StepOf<'_>, &Reign) -> bool) -> bool {
    let reigns = &step.ghost_after.reigns;
    let mut earlier = reigns.iter().filter(|(_, reign)| counts(step, reign));
    earlier.all(|(epoch, reign)| {
        let mut later = reigns.iter().filter(|(later, _)| epoch < *later);
        later.all(|(_, later)| later.initial.starts_with(&reign.initial))
    })
}

/// A server that delivers in an epoch has delivered its initial history first.
pub(super) fn commit_consistency(state: &State, past: &Past) -> bool {
    let reign = state.broadcasts().and_then(|epoch| past.reigns.get(&epoch));
    let delivered = past.names(state.history(), state.committed);
    reign.is_none_or(|reign| delivered.starts_with(&reign.initial))
}

/// Where two servers have the same current epoch, the history of one continues that of the other.
pub(super) fn history_consistency(one: Seat<'_>, other: Seat<'_>) -> bool {
    let agree = |one: &Persistent, other: &Persistent| {
        let (left, right) = (&one.history, &other.history);
        let shorter = left.len().min(right.len());
        one.current_epoch != other.current_epoch || left.common_prefix(right) == shorter
    };
    let in_memory = one.up().zip(other.up());
    agree(&durable(one.local), &durable(other.local))
        && in_memory.is_none_or(|(one, other)| agree(&one.persistent, &other.persistent))
}

/// The last transaction is of no later epoch than the current one, which was promised.
pub fn epochs_are_ordered(record: &Persistent) -> bool {
    let last = record.history.last().epoch;
    last <= record.current_epoch && record.current_epoch <= record.accepted_epoch
}

/// Each transaction follows the one before it in its epoch, or begins an epoch.
pub(super) fn zxids_ascend(disk: &Persistent) -> bool {
    let names: Vec<Zxid> = disk.history.iter().map(|txn| txn.zxid).collect();
    let follows = |last: Zxid, next: Zxid| match last.epoch == next.epoch {
        true => next.counter == last.counter + 1,
        false => last.epoch < next.epoch && next.counter == 1,
    };
    let before = std::iter::once(disk.history.snapshot().last).chain(names.iter().copied());
    before.zip(&names).all(|(last, next)| follows(last, *next))
}

/// Where two histories have a transaction of one name, they are the same up to it.
pub(super) fn log_matching(one: &Persistent, other: &Persistent) -> bool {
    let (left, right) = (&one.history, &other.history);
    let place = |history: &History, zxid: Zxid| {
        let held = history.iter().position(|it| it.zxid == zxid);
        held.map(|position| history.first() + position)
    };
    let mut places = left
        .iter()
        .map(|txn| (place(left, txn.zxid), place(right, txn.zxid)));
    let common = left.common_prefix(right);
    places.all(|(own, its)| its.is_none() || own == its && own < Some(common))
}

/// Both have a snapshot of the same transactions.
pub(super) fn have_snapshot(one: &Persistent, other: &Persistent) -> bool {
    let (one, other) = (one.history.snapshot(), other.history.snapshot());
    0 < one.len && one.last == other.last
}

/// Snapshots of the same transactions are the same.
pub(super) fn snapshots_agree(one: &Persistent, other: &Persistent) -> bool {
    !have_snapshot(one, other) || one.history.snapshot() == other.history.snapshot()
}

/// The disk has all that is delivered.
pub(super) fn holds_delivered(disk: &Persistent, past: &Past) -> bool {
    kept(&disk.history, past) == past.delivered.len()
}

/// How far a history agrees with what is delivered. A snapshot does, if it ends with the same transaction.
fn kept(history: &History, past: &Past) -> usize {
    let Some(delivered) = past.delivered.get(history.first()..) else {
        return 0;
    };
    let last = past.delivered[..history.first()].last();
    if last.map_or(Zxid::default(), |txn| txn.zxid) != history.snapshot().last {
        return 0;
    }
    let both = history.iter().zip(delivered);
    history.first() + both.take_while(|(own, one)| own == one).count()
}

/// No disk loses what is delivered.
pub(super) fn keeps_delivered(step: &StepOf<'_>) -> bool {
    let kept = |local| kept(&durable(local).history, step.ghost_before);
    kept(step.moved.before) <= kept(step.moved.after)
}

/// Epochs never decrease, across crashes too; the delivered sequence never shrinks within a role.
pub(super) fn nothing_goes_back(step: &Move<'_, Server>) -> bool {
    let epochs = |record: &Persistent| [record.accepted_epoch, record.current_epoch];
    let grew = |before: &Persistent, after: &Persistent| {
        let mut both = epochs(before).into_iter().zip(epochs(after));
        both.all(|(before, after)| before <= after)
    };
    let on_disk = grew(&durable(step.before), &durable(step.after));
    let starts = matches!(step.action, Action::Restart { .. });
    let before = step.before.up().filter(|_| !starts);
    let is_looking = |state: &State| matches!(state.role, Role::Looking);
    let in_memory = before.zip(step.after.up()).is_none_or(|(before, after)| {
        let delivers = is_looking(after) || before.committed <= after.committed;
        grew(&before.persistent, &after.persistent) && delivers
    });
    on_disk && in_memory
}

/// When an epoch is established, its initial history has all that is delivered of earlier epochs.
pub(super) fn keeps_what_is_delivered(step: &StepOf<'_>) -> bool {
    has_all_of(step, &step.ghost_after.delivered)
}

/// Whether something is delivered that an established epoch has skipped: it is of an earlier epoch, and
/// not in the initial history.
pub fn delivers_what_was_skipped(step: &StepOf<'_>) -> bool {
    let state = step.moved.after.up();
    let delivered: Vec<Txn> = state
        .into_iter()
        .flat_map(State::delivered)
        .cloned()
        .collect();
    !has_all_of(step, &delivered)
}

/// Whether each established epoch has those of the transactions in its initial history that are of
/// earlier epochs.
fn has_all_of(step: &StepOf<'_>, delivered: &[Txn]) -> bool {
    let reigns = step.ghost_after.reigns.iter();
    let mut established = reigns.filter(|(_, reign)| is_established(step, reign));
    established.all(|(epoch, reign)| {
        let mut earlier = delivered.iter().filter(|txn| txn.zxid.epoch < *epoch);
        earlier.all(|txn| reign.initial.contains(&txn.zxid))
    })
}

/// No server has seen that safety is already lost.
pub(super) fn runs(state: &State) -> bool {
    !matches!(state.role, Role::Stopped(_))
}
