//! The settings of Totem's scripts, beside those of [every protocol](crate::protocol::scenario).
//!
//! | Setting | Default | Values |
//! |---|---|---|
//! | `processors` | 3 | how many, 9 at most |
//! | `per_visit` | 1 | messages that a processor sends at a visit of the token, at most |
//! | `resends` | off | `off`, `on`: whether a token is sent again |
//! | `log` | off | `off`, `on`: whether a replicated log is kept |
//! | `foreign` | off | `off`, `on`: whether messages of foreign rings make a processor look for others |

use super::config::Config;
use crate::script::header::{Header, HeaderError};

/// Reads the settings of a header.
///
/// # Errors
///
/// If one has an impossible value.
pub(super) fn settings(header: &mut Header<'_>) -> Result<Config, HeaderError> {
    let processors = header.number_within("processors", 3, 1..=9)?;
    let switch = [("off", false), ("on", true)];
    let resends = header.one_of("resends", &switch)?;
    Ok(Config {
        messages_per_visit: header.number("per_visit", 1)?,
        resends,
        keeps_log: header.one_of("log", &switch)?,
        foreign_messages: header.one_of("foreign", &switch)?,
        hops: (!resends).then_some(1),
        ..Config::new(processors)
    })
}
