//! The settings of Zab's scripts, beside those of [every protocol](crate::protocol::scenario).
//!
//! | Setting | Default | Values |
//! |---|---|---|
//! | `servers` | 3 | how many, 9 at most |

use super::config::Config;
use super::server::Timer;
use crate::script::header::{Header, HeaderError};

/// Servers of a script, at most.
const SERVERS_MAX: usize = 9;

/// The timers of the servers of a script.
pub(super) const TIMERS: [Timer; 2 + 2 * SERVERS_MAX] = {
    let mut timers = [Timer::Lead; 2 + 2 * SERVERS_MAX];
    timers[1] = Timer::GiveUp;
    let mut server = 0;
    while server < SERVERS_MAX {
        timers[2 + 2 * server] = Timer::Follow(server);
        timers[3 + 2 * server] = Timer::Drop(server);
        server += 1;
    }
    timers
};

/// Reads the settings of a header.
///
/// # Errors
///
/// If one has an impossible value.
pub(super) fn settings(header: &mut Header<'_>) -> Result<Config, HeaderError> {
    let servers = header.number_within("servers", 3, 1..=SERVERS_MAX)?;
    Ok(Config { servers })
}
