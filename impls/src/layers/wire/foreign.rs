//! Which senders that do not belong here are logged. Whoever sends makes up addresses, so they are few of
//! each kind, and again some later.

use super::Members;
use crate::counters::Reject;
use stateright::actor::Id;
use std::collections::BTreeSet;
use std::net::SocketAddrV4;
use std::time::Duration;

/// Senders of one kind that are logged in a period, at most.
const SENDERS_MAX: usize = 16;
/// After so long all of them may be logged again.
const PERIOD: Duration = Duration::from_secs(600);

/// The senders that were logged in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Foreign {
    period: u128,
    logged: BTreeSet<(Reject, Id)>,
}

impl Foreign {
    /// Logs a sender that does not belong here, with what to do, if there is something and it is news so long
    /// after the start; and which node it is by its address.
    pub fn note(&mut self, members: &Members, now: Duration, sender: Id, reason: Reject) {
        if let Some(remedy) = remedy(reason)
            && self.is_news(now, reason, sender)
        {
            let participant = members.participant(sender);
            let is_node = members.is_node(participant);
            let node = is_node.then(|| usize::from(participant));
            let sender = SocketAddrV4::from(sender);
            tracing::warn!(%sender, node, "{remedy}");
        }
    }

    /// Whether a sender is to be logged for this reason now, so long after the start.
    fn is_news(&mut self, now: Duration, reason: Reject, sender: Id) -> bool {
        let period = now.as_nanos() / PERIOD.as_nanos();
        if self.period != period {
            self.period = period;
            self.logged.clear();
        }
        let alike = self.logged.iter().filter(|(other, _)| *other == reason);
        alike.count() < SENDERS_MAX && self.logged.insert((reason, sender))
    }
}

/// What an operator can do about a sender that does not belong here, if anything.
fn remedy(reason: Reject) -> Option<&'static str> {
    Some(match reason {
        Reject::OtherList => {
            "a node of this cluster has another list of nodes, or another protocol, in its file: both need \
             the same, so copy the file of one to the other"
        }
        Reject::Version => {
            "a sender runs another version of this program: run the same one everywhere"
        }
        Reject::OtherKey => "a sender has a key of another cluster: give all the keys of one",
        Reject::Unsealed => {
            "a sender has no key: name the folder of its key in its file, as `keys`"
        }
        Reject::Sealed => {
            "a sender has a key, and this node has none: name the folder in its file, as `keys`"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_senders_hide_no_other_kind_and_not_for_ever() {
        let (mut foreign, start) = (Foreign::default(), Duration::ZERO);
        let mut news = |now, reason, sender: usize| foreign.is_news(now, reason, Id::from(sender));
        for sender in 0..1000 {
            let is_news = news(start, Reject::Unsealed, sender);
            assert_eq!(is_news, sender < SENDERS_MAX, "{sender}");
        }
        assert!(news(start, Reject::OtherKey, 1000));
        assert!(!news(start, Reject::OtherKey, 1000), "it is logged once");
        let end = PERIOD - Duration::from_nanos(1);
        assert!(!news(end, Reject::Unsealed, 1000));
        assert!(news(PERIOD, Reject::Unsealed, 1000));
        assert!(news(PERIOD, Reject::OtherKey, 1000));
    }
}
