//! The machines that Zab refines. Each mapping is to be read beside its machine in [`spec`](crate::spec),
//! whose variables it names in the same order.

use super::ghost::Past;
use super::server::Server;
use super::state::{State, Txn, Zxid};
use crate::spec::Mapping;
use crate::spec::primary_order::{self, Primaries, Primary, PrimaryOrder};
use crate::spec::total_order::{Known, TotalOrder};
use crate::spec::voting::{Acceptor, Ballots, Voting};
use crate::system::LocalOf;

/// Zab as total order. A server has learned what it has delivered in its role; when it looks for a leader
/// again, it forgets that.
pub struct ToTotalOrder;

impl Mapping for ToTotalOrder {
    type Actor = Server;
    type Ghost = Past;
    type Machine = TotalOrder<Txn>;

    fn own(server: &LocalOf<Server>) -> Known<Txn> {
        known(server, Txn::clone)
    }

    fn shared(past: &Past) -> Vec<Txn> {
        past.delivered.clone()
    }
}

/// Zab as primary order. An epoch begins when a leader wins it; the committed sequence is the delivered one.
pub struct ToPrimaryOrder;

impl Mapping for ToPrimaryOrder {
    type Actor = Server;
    type Ghost = Past;
    type Machine = PrimaryOrder;

    fn own(server: &LocalOf<Server>) -> Known<primary_order::Name> {
        known(server, |txn| name(txn.zxid))
    }

    fn shared(past: &Past) -> Primaries {
        let epochs = past.reigns.iter().map(|(epoch, reign)| {
            let primary = Primary {
                primary: reign.leader.into(),
                initial: reign.initial.iter().copied().map(name).collect(),
            };
            (epoch.0.into(), primary)
        });
        let committed = past.delivered.iter().map(|txn| name(txn.zxid));
        Primaries {
            epochs: epochs.collect(),
            committed: committed.collect(),
        }
    }
}

/// Zab as voting, without its decisions, of which primary order speaks. Epochs are ballots, disks are
/// acceptors, leaders propose. A disk tells in which epoch its history was accepted.
pub struct ToVoting;

impl Mapping for ToVoting {
    type Actor = Server;
    type Ghost = Past;
    type Machine = Voting;

    fn own(server: &LocalOf<Server>) -> Acceptor {
        let Some(disk) = &server.storage else {
            return Acceptor::default();
        };
        let epochs = disk.history.iter().map(|txn| txn.zxid.epoch.0.into());
        Acceptor {
            promised: disk.accepted_epoch.0.into(),
            accepted: epochs.collect(),
            rank: (disk.current_epoch.0.into(), disk.history.len()),
        }
    }

    fn shared(past: &Past) -> Ballots {
        let reigns = past.reigns.iter();
        let proposers = reigns.map(|(epoch, reign)| (epoch.0.into(), reign.leader.into()));
        Ballots {
            proposers: proposers.collect(),
            decided: Vec::new(),
        }
    }
}

/// The transactions that a server has delivered in its role.
fn known<V>(server: &LocalOf<Server>, value: impl Fn(&Txn) -> V) -> Known<V> {
    let known = |state: &State| Known {
        first: state.history().first(),
        values: state.delivered().map(&value).collect(),
    };
    server.up().map(known).unwrap_or_default()
}

fn name(zxid: Zxid) -> primary_order::Name {
    (zxid.epoch.0.into(), zxid.counter.into())
}
