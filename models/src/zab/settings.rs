//! The settings of Zab's scripts, beside those of [every protocol](crate::protocol::scenario).
//!
//! | Setting | Default | Values |
//! |---|---|---|
//! | `servers` | 3 | how many, 9 at most |
//! | `election` | oracle | `oracle`, `fast` |
//! | `forwards` | off | `off`, `on`: whether followers pass on what clients ask of them |
//! | `numbers` | no limit | the largest number of a transaction in its epoch |
//! | `txns` | no limit | transactions in a message that hands a history over, at most |
//!
//! A request of the name `leave` is no transaction: it tells a server to stop.

use super::config::{Config, Election};
use super::server::Timer;
use crate::script::header::{Header, HeaderError};

/// Servers of a script, at most.
const SERVERS_MAX: usize = 9;

/// The timers that are of no other server.
const FIRST: usize = 5;

/// The timers of the servers of a script.
pub(super) const TIMERS: [Timer; FIRST + 2 * SERVERS_MAX] = {
    let mut timers = [Timer::Lead; FIRST + 2 * SERVERS_MAX];
    timers[1] = Timer::GiveUp;
    timers[2] = Timer::Notify;
    timers[3] = Timer::Finalize;
    timers[4] = Timer::Ping;
    let mut server = 0;
    while server < SERVERS_MAX {
        timers[FIRST + 2 * server] = Timer::Follow(server);
        timers[FIRST + 1 + 2 * server] = Timer::Drop(server);
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
    let election = header.one_of(
        "election",
        &[("oracle", Election::Oracle), ("fast", Election::Fast)],
    )?;
    let forwards = header.one_of("forwards", &[("off", false), ("on", true)])?;
    Ok(Config {
        forwards,
        counter_max: header.number("numbers", u32::MAX)?,
        txns_per_message: header.number("txns", usize::MAX)?,
        ..Config::new(servers, election)
    })
}
