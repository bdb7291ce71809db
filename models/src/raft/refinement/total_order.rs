//! Raft as total order. Raft §5.4.3: state machines apply the same commands in the same order.

use crate::raft::ghost::Past;
use crate::raft::log::{EntryId, Index};
use crate::raft::server::Server;
use crate::spec::Mapping;
use crate::spec::total_order::{State, TotalOrder};
use crate::system::{LocalOf, Move};
use std::sync::Arc;

/// The mapping. A value is an entry, by its name.
pub struct ToTotalOrder;

impl Mapping for ToTotalOrder {
    type Actor = Server;
    type Ghost = Past;
    type Machine = TotalOrder<EntryId>;

    fn changes(moved: &Move<'_, Server>) -> bool {
        learned(moved.before) != learned(moved.after)
    }

    fn map(servers: &[Arc<LocalOf<Server>>], past: &Past) -> State<EntryId> {
        State {
            // A crash forgets commit indices: what is decided is not in the servers any more.
            decided: past.committed_ids().collect(),
            learned: servers.iter().map(|server| learned(server)).collect(),
        }
    }
}

/// The entries that a server knows to be committed.
fn learned(server: &LocalOf<Server>) -> Vec<EntryId> {
    let ids = server.up().into_iter().flat_map(|state| {
        let committed = (1..=state.commit_index.0).map(Index);
        committed.filter_map(|index| {
            let term = state.log().term_at(index)?;
            Some(EntryId { term, index })
        })
    });
    ids.collect()
}
