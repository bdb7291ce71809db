//! The ghost: what has happened in an ensemble and is not in its state any more.

use super::history::History;
use super::message::Message;
use super::server::Server;
use super::state::{Epoch, Persistent, State, Txn, Zxid};
use crate::replica::Command;
use crate::system::{Action, Ghost, Hook, LocalOf, Move};
use stateright::actor::Id;
use std::collections::{BTreeMap, BTreeSet};

/// The past of an ensemble, as far as a property needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Past {
    /// The longest sequence of transactions that any server has delivered.
    pub delivered: Vec<Txn>,
    /// The epochs that were won.
    pub reigns: BTreeMap<Epoch, Reign>,
    /// The commands that clients have requested, by name. They follow from which requests are left, and
    /// add no state.
    pub requested: Vec<Command>,
}

/// An epoch that was won.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reign {
    /// The server that won it first.
    pub leader: Id,
    /// The leader's history when it won: the initial history of the epoch. Zab: *I*.
    pub initial: Vec<Zxid>,
    /// The servers that have had it as current epoch on disk. The epoch is *established* when a quorum has.
    pub accepted: BTreeSet<Id>,
}

/// The past that an ensemble keeps.
pub fn ghost() -> Ghost<Server, Past> {
    Ghost {
        initial: Past::default(),
        hook: Hook::Observe {
            when: Past::grows,
            extend: Past::observe,
        },
    }
}

/// The current epoch that a server has on disk.
fn on_disk(local: &LocalOf<Server>) -> Epoch {
    let disk: Option<&Persistent> = local.storage.as_ref();
    disk.map_or(Epoch::default(), |disk| disk.current_epoch)
}

/// The epoch that a server has just won.
pub(super) fn won(moved: &Move<'_, Server>) -> Option<Epoch> {
    let before = moved.before.up().and_then(State::leads);
    let after = moved.after.up().and_then(State::leads);
    after.filter(|_| before != after)
}

/// The current epoch that a server has just written.
pub(super) fn accepted(moved: &Move<'_, Server>) -> Option<Epoch> {
    let after = on_disk(moved.after);
    (on_disk(moved.before) != after).then_some(after)
}

/// The command that a client has just requested.
fn requested<'a>(moved: &Move<'a, Server>) -> Option<&'a Command> {
    match moved.action {
        Action::Request(_, Message::Request(command)) => Some(command),
        _ => None,
    }
}

impl Past {
    /// Whether a server has won an epoch, has written one, or has delivered something.
    pub fn grows(moved: &Move<'_, Server>) -> bool {
        let committed = |local: &LocalOf<Server>| local.up().map(|state| state.committed);
        let delivers = committed(moved.before).unwrap_or_default()
            < committed(moved.after).unwrap_or_default();
        delivers || won(moved).is_some() || accepted(moved).is_some() || requested(moved).is_some()
    }

    /// The names in a history up to this one. Those that a snapshot stands for were delivered.
    pub(super) fn names(&self, history: &History, upto: Zxid) -> Vec<Zxid> {
        let first = self.delivered.iter().take(history.first());
        first
            .chain(history.up_to(upto))
            .map(|txn| txn.zxid)
            .collect()
    }

    /// Extends the past by what a server did.
    pub fn observe(moved: &Move<'_, Server>, past: &Past) -> Option<Past> {
        let mut now = past.clone();
        if let (Some(epoch), Some(state)) = (won(moved), moved.after.up()) {
            now.reigns.entry(epoch).or_insert_with(|| Reign {
                leader: moved.id,
                initial: past.names(state.history(), state.history().last()),
                accepted: BTreeSet::new(),
            });
        }
        if let Some(reign) = accepted(moved).and_then(|epoch| now.reigns.get_mut(&epoch)) {
            reign.accepted.insert(moved.id);
        }
        if let Some(command) = requested(moved) {
            let place = now.requested.partition_point(|it| it < command);
            now.requested.insert(place, command.clone());
        }
        let delivered = moved.after.up().into_iter().flat_map(State::delivered);
        let first = moved.after.up().map_or(0, |state| state.history().first());
        let new = delivered.skip(past.delivered.len().saturating_sub(first));
        let new = new.cloned();
        now.delivered.extend(new);
        (now != *past).then_some(now)
    }
}
