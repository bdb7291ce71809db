//! Mistakes planted in the adapter: a part of the snapshot is left out, and small configurations are
//! searched until the check or the audit complains.

use crate::checked::RaftCrate;
use crate::raft_rs::field::Field;
use crate::search::{Verdict, leave_out, search};
use quorate_models::protocol::Protocol;
use quorate_refinement::engine::Options;

/// Where a part is missed, the first of these notices.
const CONFIGURATIONS: [&str; 5] = ["elections", "quorum", "synced", "asked-again", "five"];

/// So many states are searched of each, at most: in some, a mistake may lead to ever more.
pub const STATES_MAX: usize = 200_000;

/// Where it was noticed, and by whom, that something is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The configuration.
    pub configuration: &'static str,
    /// The one that notices: `check` or `audit`.
    pub by: &'static str,
}

/// Where the missing part is noticed, if it is: with the check on the fly, or by the audit alone.
pub fn notice(field: Field, checks: bool, options: &Options) -> Option<Notice> {
    let mut options = *options;
    options.limits.states = Some(STATES_MAX);
    CONFIGURATIONS.into_iter().find_map(|name| {
        let configuration = RaftCrate::configuration(name);
        let fresh = || {
            let mut system = configuration.system(None);
            leave_out(&mut system, field, checks);
            system
        };
        let outcome = search(&fresh, &options);
        match outcome.verdict() {
            Verdict::Unfaithful(by, _) => Some(Notice {
                configuration: configuration.name,
                by,
            }),
            _ => None,
        }
    })
}
