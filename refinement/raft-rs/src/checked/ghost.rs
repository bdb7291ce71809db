//! The ghost: what has happened in a cluster and is not in its state any more.

use super::Server;
use crate::node::Said;
use crate::raft_rs::Request;
use crate::raft_rs::snapshot::Snapshot;
use quorate_models::system::{Action, Ghost, Hook, LocalOf, Move};
use stateright::actor::Id;
use std::collections::BTreeMap;

/// The past of a cluster, as far as a claim needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Past {
    /// The first server seen to lead each term.
    pub leaders: BTreeMap<u64, Id>,
    /// The longest sequence of entries that any server knows to be committed.
    pub committed: Vec<Committed>,
    /// For each read, by its context: how many entries were committed when it was first asked for.
    pub asked: BTreeMap<String, u64>,
}

/// An entry that some server knows to be committed. Its index is its position, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Committed {
    /// The term in which it was made.
    pub term: u64,
    /// The term of the server that knew it first.
    pub by: u64,
}

/// The past that a cluster keeps.
pub fn ghost() -> Ghost<Server, Past> {
    Ghost {
        initial: Past::default(),
        hook: Hook::Observe {
            when: grows,
            extend,
        },
    }
}

fn up(local: &LocalOf<Server>) -> Option<&Snapshot> {
    local.up().map(|state| &state.machine)
}

/// Whether a read is asked for, a server may have begun to lead, or knows more to be committed.
fn grows(moved: &Move<'_, Server>) -> bool {
    let Some(after) = up(moved.after) else {
        return false;
    };
    match up(moved.before) {
        _ if asked(moved).is_some() => true,
        None => after.leads() || 0 < after.commit,
        Some(before) => {
            after.leads() && !(before.leads() && before.term == after.term)
                || before.commit < after.commit
        }
    }
}

fn extend(moved: &Move<'_, Server>, past: &Past) -> Option<Past> {
    let after = up(moved.after)?;
    let mut grown = past.clone();
    if let Some(context) = asked(moved) {
        let floor = past.committed.len() as u64;
        grown.asked.entry(context.clone()).or_insert(floor);
    }
    if after.leads() {
        grown.leaders.entry(after.term).or_insert(moved.id);
    }
    let committed = after.log.iter().take(after.commit as usize);
    let new = committed.skip(past.committed.len());
    grown.committed.extend(new.map(|entry| Committed {
        term: entry.term,
        by: after.term,
    }));
    (grown != *past).then_some(grown)
}

/// The context of a read that a client has just asked for.
fn asked<'a>(moved: &Move<'a, Server>) -> Option<&'a String> {
    match moved.action {
        Action::Request(_, Said::Client(Request::Read(context))) => Some(context),
        _ => None,
    }
}
