//! Leave: a server that is told to stop closes its sessions. The others look for another leader at once, and
//! not when they have not heard from it for a while. ZooKeeper: Leader.shutdown.

use super::marks::{Row, Rows};
use super::server::Server;
use super::state::{Role, State};
use stateright::actor::{Id, Out};
use std::borrow::Cow;

impl Server {
    /// The server leaves, in any role. It votes and follows no more; what is on its disk stays.
    pub(super) fn on_leave(&self, id: Id, state: &mut Cow<'_, State>, out: &mut Out<Self>) -> Rows {
        if (self.rules.closes_when_leaving)() {
            self.leave_role(id, state, out);
        }
        let state = state.to_mut();
        state.role = Role::Gone;
        state.poll = None;
        Row::T58Leaves.into()
    }
}
