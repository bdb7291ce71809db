//! Raft as voting: terms are ballots, disks are acceptors, leaders propose. Raft §5.2, §5.3, §5.4.

use crate::raft::ghost::Past;
use crate::raft::log::Index;
use crate::raft::server::Server;
use crate::raft::state::Persistent;
use crate::spec::Mapping;
use crate::spec::voting::{Ballot, Decided, State, Voting};
use crate::system::{LocalOf, Move};
use std::sync::Arc;

/// The mapping.
pub struct ToVoting;

impl Mapping for ToVoting {
    type Actor = Server;
    type Ghost = Past;
    type Machine = Voting;

    fn changes(moved: &Move<'_, Server>) -> bool {
        moved.before.storage != moved.after.storage || Past::grows(moved)
    }

    fn map(servers: &[Arc<LocalOf<Server>>], past: &Past) -> State {
        let disks = || servers.iter().map(|server| server.storage.as_ref());
        let leaders = past.leaders.iter();
        let committed = past.committed.iter();
        State {
            promised: disks().map(promised).collect(),
            accepted: disks().map(accepted).collect(),
            proposers: leaders
                .map(|(term, id)| (term.0, usize::from(*id)))
                .collect(),
            decided: committed
                .map(|entry| Decided {
                    proposed: entry.term.0,
                    by: entry.by.0,
                })
                .collect(),
        }
    }
}

fn promised(disk: Option<&Persistent>) -> Ballot {
    disk.map_or(0, |disk| disk.current_term.0)
}

fn accepted(disk: Option<&Persistent>) -> Vec<Ballot> {
    let entries = disk
        .into_iter()
        .flat_map(|disk| disk.log.entries_after(Index(0)));
    entries.map(|entry| entry.term.0).collect()
}
