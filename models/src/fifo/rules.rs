//! The decisions that sessions lean on, each a pure function.
//!
//! [`Rules::default`] is what nodes run; a [mutant](super::ends) has one rule exchanged.

use super::frame::SessionId;
use crate::session::Side;

/// One function a decision.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The number of the next boot, given that of the last one: the one after.
    pub next_boot: fn(u32) -> u32,
    /// The number of the next session of a boot, given that of the last one: the one after.
    pub next_session: fn(u32) -> u32,
    /// Whether a session that is not there is over, given the last one of the peer: it is not after that.
    pub is_over: fn(SessionId, SessionId) -> bool,
    /// Whether a message is the next one, given how many were taken, and its number.
    pub is_next: fn(u64, u64) -> bool,
    /// Whether a frame belongs to a session, given the names of both.
    pub belongs: fn(SessionId, SessionId) -> bool,
    /// Whether a frame is meant for this boot of the acceptor, given the one that it names.
    pub is_for_boot: fn(u32, u32) -> bool,
    /// How many messages an acknowledgement says were taken, given how many were: as many.
    pub acknowledges: fn(u64) -> u64,
    /// Whether a frame is on its way still, given how many messages were taken, and its last: that was not.
    pub is_on_its_way: fn(u64, u64) -> bool,
    /// Whether messages are sent again, given how many were sent and not taken: if there are any.
    pub sends_again: fn(usize) -> bool,
    /// Whether who closes a session says so, given its side: on either.
    pub tells_of_close: fn(Side) -> bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            next_boot: |last| last + 1,
            next_session: |last| last + 1,
            is_over: |last, session| session <= last,
            is_next: |taken, number| number == taken + 1,
            belongs: |own, other| own == other,
            is_for_boot: |own, other| own == other,
            acknowledges: |taken| taken,
            is_on_its_way: |taken, last| taken < last,
            sends_again: |sent| 0 < sent,
            tells_of_close: |_| true,
        }
    }
}
