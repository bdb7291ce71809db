//! The settings of Raft's scripts, beside those of [every protocol](crate::protocol::scenario).
//!
//! | Setting | Default | Values |
//! |---|---|---|
//! | `servers` | 3 | how many, 64 at most |
//! | `no_op` | `on` | `on`, `off`: a new leader appends an empty entry |
//! | `pre_vote` | `off` | `off`, `on`: a server asks who would vote for it before it campaigns |
//! | `check_quorum` | `off` | `off`, `on`: a leader that hears no majority steps down |
//! | `entries` | no limit | in one message, at most |
//! | `window` | 1 | messages with entries that may be unanswered |
//! | `refusals` | `silent` | `silent`, `stale`, `all`: which refused requests are answered |
//!
//! A request of the name `transfer` is no command: it tells a leader to transfer its leadership.

use super::config::{Config, Refusals};
use crate::script::header::{Header, HeaderError};

/// Servers of a script, at most: more than anyone reads.
const SERVERS_MAX: usize = 64;

/// Reads the settings of a header.
///
/// # Errors
///
/// If one has an impossible value.
pub(super) fn settings(header: &mut Header<'_>) -> Result<Config, HeaderError> {
    let refusals = [
        ("silent", Refusals::Silent),
        ("stale", Refusals::StaleTerm),
        ("all", Refusals::All),
    ];
    Ok(Config {
        servers: header.number_within("servers", 3, 1..=SERVERS_MAX)?,
        no_op: header.one_of("no_op", &[("on", true), ("off", false)])?,
        pre_vote: header.one_of("pre_vote", &[("off", false), ("on", true)])?,
        check_quorum: header.one_of("check_quorum", &[("off", false), ("on", true)])?,
        refusals: header.one_of("refusals", &refusals)?,
        entries_per_message: header.number("entries", usize::MAX)?,
        bytes_per_message: usize::MAX,
        window: header.number("window", 1)?,
        timing: Default::default(),
    })
}
