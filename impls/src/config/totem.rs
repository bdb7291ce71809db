//! The table `[totem]`.

use super::Table;
use quorate_models::totem::{self, Processor};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Totem's timers, in milliseconds. There is no choice of delivery: a command is delivered as agreed, and
/// told when all members have written it, which is later than safe delivery. What is told when it is
/// delivered, the next primary component may lack (mutant `decides-at-delivery`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// A ring is over when its token does not come for this long.
    pub loss_ms: u64,
    /// A token is sent again after this time.
    pub resend_ms: u64,
    /// The token of a ring in which nobody has anything to send is held for this long.
    pub hold_ms: u64,
    /// A processor that looks for others says so again after this time.
    pub join_ms: u64,
    /// Those who do not agree on a new ring are left out of it after this time.
    pub consensus_ms: u64,
    /// Time between two announcements of a ring, by which rings find each other.
    pub merge_ms: u64,
}

impl Table for Settings {
    type Node = Processor;

    /// A token is held, and sent again, before it is lost. A processor waits longer for all to
    /// agree than another waits for a token and then for its Join: otherwise rings form and end for ever.
    fn validate(&self) -> Result<(), String> {
        let is_ordered = 0 < self.hold_ms
            && self.hold_ms < self.resend_ms
            && self.resend_ms < self.loss_ms
            && 0 < self.join_ms
            && self.loss_ms + self.join_ms < self.consensus_ms
            && 0 < self.merge_ms;
        is_ordered.then_some(()).ok_or_else(|| {
            let Settings {
                loss_ms,
                resend_ms,
                hold_ms,
                join_ms,
                consensus_ms,
                merge_ms,
            } = self;
            format!(
                "[totem] needs hold_ms < resend_ms < loss_ms, consensus_ms above loss_ms and join_ms \
                 together, and no 0; found hold_ms {hold_ms}, resend_ms {resend_ms}, loss_ms {loss_ms}, \
                 join_ms {join_ms}, consensus_ms {consensus_ms} and merge_ms {merge_ms}"
            )
        })
    }

    fn node(&self, processors: usize) -> Processor {
        let milliseconds = Duration::from_millis;
        Processor::new(totem::Config {
            timing: totem::config::Timing {
                loss: milliseconds(self.loss_ms),
                resend: milliseconds(self.resend_ms),
                hold: milliseconds(self.hold_ms),
                join: milliseconds(self.join_ms),
                consensus: milliseconds(self.consensus_ms),
                merge: milliseconds(self.merge_ms),
            },
            ..totem::Config::production(processors)
        })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            loss_ms: 150,
            resend_ms: 35,
            hold_ms: 20,
            join_ms: 30,
            consensus_ms: 200,
            merge_ms: 200,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::service::REQUEST_BYTES_MAX;

    /// Linux gives a socket a buffer of 208 KiB by default.
    #[test]
    fn what_two_members_send_in_a_rotation_fits_into_a_socket_buffer() {
        let config = totem::Config::production(3);
        let rotation = 2 * config.messages_per_visit * config.bytes_per_message;
        assert!(rotation < 208 * 1024);
        // A command that is larger than a message has one of its own.
        assert!(config.bytes_per_message <= REQUEST_BYTES_MAX);
    }
}
