//! The finite clusters that are searched to the end: [usual](Profile::Usual) ones with every test,
//! [deep](Profile::Deep) ones by hand (`quorate check --deep`). `results/raft.toml` holds what is
//! found in each.

mod deep;
mod leases;
mod live;
mod transfer;
mod usual;

pub(super) use leases::has_outsiders;
pub use live::may_fire_beside;
pub(super) use transfer::is_transfer_alone;

use super::Raft;
use super::config::{Config, Refusals};
use super::message::Message;
use super::server::{Server, Timer};
use crate::protocol::{self, Profile, Protocol};
use crate::system::{Clock, Timeouts};

/// A finite cluster.
pub type Configuration = protocol::Configuration<Raft>;

/// How timers run in the good period. A tick is a heartbeat's interval, which is shorter than the
/// shortest election timeout.
pub(super) const CLOCKS: [Clock<Timer>; 2] = [HEARTBEAT, ELECTION];

/// The same, with leases, which last for the shortest election timeout.
pub(super) const CLOCKS_OF_LEASES: [Clock<Timer>; 3] = [HEARTBEAT, ELECTION, LEASE];

const HEARTBEAT: Clock<Timer> = Clock {
    timer: Timer::Heartbeat,
    min: 1,
    max: 1,
};

const ELECTION: Clock<Timer> = Clock {
    timer: Timer::Election,
    min: 2,
    max: 3,
};

const LEASE: Clock<Timer> = Clock {
    timer: Timer::Lease,
    min: 2,
    max: 2,
};

/// Every finite cluster.
pub(super) fn configurations() -> Vec<Configuration> {
    [
        usual::CONFIGURATIONS,
        deep::CONFIGURATIONS,
        live::CONFIGURATIONS,
        leases::CONFIGURATIONS,
        transfer::CONFIGURATIONS,
    ]
    .concat()
}

/// Servers of a checked cluster: one message with everything, then wait for its answer.
pub(super) fn servers(servers: usize) -> Config {
    Config {
        servers,
        no_op: true,
        pre_vote: false,
        check_quorum: false,
        refusals: Refusals::Silent,
        entries_per_message: usize::MAX,
        bytes_per_message: usize::MAX,
        window: 1,
        timing: Default::default(),
    }
}

fn elections(of: impl IntoIterator<Item = usize>, times: u8) -> Timeouts<Server> {
    Timeouts::shared(Timer::Election, of, times)
}

fn heartbeats(of: impl IntoIterator<Item = usize>, times: u8) -> Timeouts<Server> {
    Timeouts::shared(Timer::Heartbeat, of, times)
}

fn leases(of: impl IntoIterator<Item = usize>) -> Timeouts<Server> {
    Timeouts::unlimited(Timer::Lease, of)
}

/// Servers with PreVote and CheckQuorum, that answer requests of old terms, as nodes do.
fn with_both(of: usize) -> Config {
    Config {
        pre_vote: true,
        check_quorum: true,
        refusals: Refusals::StaleTerm,
        ..servers(of)
    }
}

/// Requests of these names, as in scripts.
fn commands(names: &[&str]) -> Vec<Message> {
    names.iter().map(|name| Raft::request(name)).collect()
}
