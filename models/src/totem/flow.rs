//! Flow control: how many messages all send in one rotation of the token, and each of them.

use super::processor::Processor;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a member has sent at its last visit, and had waiting; on a token, the sum over the members.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// Messages that were sent, new ones and those sent again. Paper: *my_trc*; of the token, *fcc*.
    pub sent: usize,
    /// Messages that waited. Paper: *my_pbl*; of the token, *backlog*.
    pub waiting: usize,
}

impl Flow {
    /// Puts what a member does now in the place of what it did before.
    pub fn replace(&mut self, before: Flow, now: Flow) {
        self.sent = (self.sent + now.sent).saturating_sub(before.sent);
        self.waiting = (self.waiting + now.waiting).saturating_sub(before.waiting);
    }
}

impl Processor {
    /// How many messages a member may send that has so many waiting, by the sums of the token and its own
    /// part in them: as many as one may at a visit, and as the window leaves, and its share of the window.
    /// Each share is one at least: a member that had nothing waiting at its last visit is not held up.
    pub(super) fn allowed(&self, all: Flow, own: Flow, waiting: usize) -> usize {
        let most = self.config.messages_per_visit;
        let Some(window) = self.config.window else {
            return most;
        };
        let left = (self.rules.window_left)(window, all.sent);
        let waiting = (all.waiting + waiting).saturating_sub(own.waiting);
        let share = (window * own.waiting)
            .checked_div(waiting)
            .unwrap_or(window);
        most.min(left).min((self.rules.least_share)(share))
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flow {}+{}", self.sent, self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::*;

    const fn flow(sent: usize, waiting: usize) -> Flow {
        Flow { sent, waiting }
    }

    fn processor(window: Option<usize>) -> Processor {
        Processor::new(Config {
            messages_per_visit: 8,
            window,
            ..Config::new(3)
        })
    }

    #[test]
    fn without_a_window_a_visit_is_the_only_bound() {
        assert_eq!(processor(None).allowed(flow(90, 90), flow(0, 1), 90), 8);
    }

    #[test]
    fn a_member_sends_what_the_window_leaves() {
        let allowed = |sent| processor(Some(10)).allowed(flow(sent, 0), flow(0, 0), 0);
        assert_eq!([0, 4, 9, 10, 11].map(allowed), [8, 6, 1, 0, 0]);
    }

    #[test]
    fn who_has_a_third_of_what_waits_gets_a_third_of_the_window() {
        let allowed = |own| processor(Some(12)).allowed(flow(0, 30), flow(0, own), own);
        assert_eq!([10, 20, 1, 0].map(allowed), [4, 8, 1, 1]);
    }

    #[test]
    fn a_part_takes_the_place_of_the_one_before() {
        let mut sum = flow(7, 5);
        sum.replace(flow(3, 5), flow(2, 9));
        assert_eq!(sum, flow(6, 9));
    }
}
