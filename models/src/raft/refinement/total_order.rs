//! Raft as total order. Raft §5.4.3: state machines apply the same commands in the same order.

use crate::raft::ghost::Past;
use crate::raft::log::{EntryId, Index};
use crate::raft::server::Server;
use crate::spec::Mapping;
use crate::spec::total_order::{Known, TotalOrder};
use crate::system::LocalOf;

/// The mapping. Values are entries, by their names; a server has learned what it knows to be committed.
pub struct ToTotalOrder;

impl Mapping for ToTotalOrder {
    type Actor = Server;
    type Ghost = Past;
    type Machine = TotalOrder<EntryId>;

    fn own(server: &LocalOf<Server>) -> Known<EntryId> {
        let ids = server.up().into_iter().flat_map(|state| {
            let committed = (1..=state.commit_index.0).map(Index);
            committed.filter_map(|index| {
                let term = state.log().term_at(index)?;
                Some(EntryId { term, index })
            })
        });
        Known {
            first: 0,
            values: ids.collect(),
        }
    }

    /// A crash forgets commit indices: then the servers do not tell what is decided, and the ghost does.
    fn shared(past: &Past) -> Vec<EntryId> {
        past.committed_ids().collect()
    }
}
