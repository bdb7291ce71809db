//! The ghost: what has happened in a cluster and is not in its state any more.

use super::log::{EntryId, Index};
use super::message::Message;
use super::server::Server;
use super::state::Term;
use crate::replica::Command;
use crate::system::{Action, Ghost, Hook, Move};
use stateright::actor::Id;
use std::collections::BTreeMap;

/// The past of a cluster, as far as a property needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Past {
    /// The first server seen to lead each term.
    pub leaders: BTreeMap<Term, Id>,
    /// The longest sequence of entries that any server has committed.
    pub committed: Vec<Committed>,
    /// The commands that clients have requested and a server has taken, in order. They follow from
    /// how many requests are left, and add no state.
    pub requested: Vec<Command>,
}

/// An entry that some server has committed. Its index is its position, from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Committed {
    /// The term in which the entry was created: with the index, its name.
    pub term: Term,
    /// The term of the server that committed it first.
    pub by: Term,
}

/// The past that a cluster keeps.
pub fn ghost() -> Ghost<Server, Past> {
    Ghost {
        initial: Past::default(),
        hook: Hook::Observe {
            when: Past::grows,
            extend: Past::observe,
        },
    }
}

impl Past {
    /// The names of the committed entries, in order.
    pub fn committed_ids(&self) -> impl DoubleEndedIterator<Item = EntryId> + '_ {
        self.committed
            .iter()
            .enumerate()
            .map(|(position, entry)| EntryId {
                term: entry.term,
                index: Index(0).plus(position + 1),
            })
    }

    /// Whether a server has taken a request, may have begun to lead, or has committed something.
    pub fn grows(moved: &Move<'_, Server>) -> bool {
        let Some(after) = moved.after.up() else {
            return false;
        };
        match moved.before.up() {
            _ if requested(moved).is_some() => true,
            Some(before) => {
                after.is_leader() && !(before.is_leader() && before.term() == after.term())
                    || before.commit_index < after.commit_index
            }
            None => after.is_leader() || Index(0) < after.commit_index,
        }
    }

    /// Extends the past by what a server did.
    pub fn observe(moved: &Move<'_, Server>, past: &Past) -> Option<Past> {
        let state = moved.after.up()?;
        let new_leader = state.is_leader() && !past.leaders.contains_key(&state.term());
        let known = past.committed.len();
        let new_commit = known < state.commit_index.0 as usize;
        let requested = requested(moved);
        if !new_leader && !new_commit && requested.is_none() {
            return None;
        }
        let mut past = past.clone();
        past.requested.extend(requested.cloned());
        if new_leader {
            past.leaders.insert(state.term(), moved.id);
        }
        let committed = state.log().entries_after(Index(known as u64));
        let newly = (state.commit_index.0 as usize).saturating_sub(known);
        past.committed
            .extend(committed.take(newly).map(|entry| Committed {
                term: entry.term,
                by: state.term(),
            }));
        Some(past)
    }
}

/// The command that a client has just requested.
fn requested<'a>(moved: &Move<'a, Server>) -> Option<&'a Command> {
    match moved.action {
        Action::Request(_, Message::ClientRequest(command)) => Some(command),
        _ => None,
    }
}
