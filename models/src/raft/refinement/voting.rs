//! Raft as voting: terms are ballots, disks are acceptors, leaders propose. Raft §5.2, §5.3, §5.4.

use crate::raft::ghost::Past;
use crate::raft::log::Index;
use crate::raft::server::Server;
use crate::spec::Mapping;
use crate::spec::voting::{Acceptor, Ballots, Decided, Voting};
use crate::system::LocalOf;

/// The mapping. A value is an entry, named by the term in which a leader created it.
pub struct ToVoting;

impl Mapping for ToVoting {
    type Actor = Server;
    type Ghost = Past;
    type Machine = Voting;

    fn own(server: &LocalOf<Server>) -> Acceptor {
        let Some(disk) = &server.storage else {
            return Acceptor::default();
        };
        let entries = disk.log.entries_after(Index(0));
        let terms = entries.map(|entry| entry.term.0);
        Acceptor::new(disk.current_term.0, terms.collect())
    }

    fn shared(past: &Past) -> Ballots {
        let leaders = past.leaders.iter();
        let committed = past.committed.iter();
        Ballots {
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
