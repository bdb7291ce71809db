//! What Zab refines. The mapping is to be read beside its machine in [`spec`](crate::spec): it names the
//! machine's variables in the same order.

use super::ghost::Past;
use super::server::Server;
use super::state::{State, Txn};
use crate::spec::Mapping;
use crate::spec::total_order::TotalOrder;
use crate::system::LocalOf;

/// Zab as total order. A server has learned what it has delivered in its role; when it looks for a leader
/// again, it forgets that.
pub struct ToTotalOrder;

impl Mapping for ToTotalOrder {
    type Actor = Server;
    type Ghost = Past;
    type Machine = TotalOrder<Txn>;

    fn own(server: &LocalOf<Server>) -> Vec<Txn> {
        let delivered = server.up().into_iter().flat_map(State::delivered);
        delivered.cloned().collect()
    }

    fn shared(past: &Past) -> Vec<Txn> {
        past.delivered.clone()
    }
}
