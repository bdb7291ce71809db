//! How long to wait for an answer, by how long answers took: RFC 6298.

use std::time::Duration;

/// The timeout before any answer has been timed.
const UNMEASURED: Duration = Duration::from_millis(200);
/// An answer is late when it takes at least this much longer than usual: disks and schedulers are
/// no steadier.
const MARGIN: Duration = Duration::from_millis(50);
/// The longest timeout.
const LONGEST: Duration = Duration::from_secs(2);

/// The time between a request and its answer, as it was measured, and the timeout that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoundTrip {
    measured: Option<Measured>,
    timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Measured {
    smoothed: Duration,
    variation: Duration,
}

impl Default for RoundTrip {
    fn default() -> Self {
        RoundTrip {
            measured: None,
            timeout: UNMEASURED,
        }
    }
}

impl RoundTrip {
    /// Silence for this long means that the request or its answer is lost.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// An answer took this long. Only answers to requests that were sent once are timed: of
    /// others nobody knows which copy was answered (Karn's rule).
    pub fn measured(&mut self, time: Duration) {
        let Measured {
            smoothed,
            variation,
        } = *self.measured.insert(match self.measured {
            None => Measured {
                smoothed: time,
                variation: time / 2,
            },
            Some(before) => Measured {
                smoothed: (before.smoothed * 7 + time) / 8,
                variation: (before.variation * 3 + before.smoothed.abs_diff(time)) / 4,
            },
        });
        self.timeout = LONGEST.min(smoothed + MARGIN.max(variation * 4));
    }

    /// Nothing was heard within the timeout. It stays doubled until the next measurement.
    pub fn back_off(&mut self) {
        self.timeout = LONGEST.min(self.timeout * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_timeout_follows_what_is_measured() {
        let mut trip = RoundTrip::default();
        assert_eq!(trip.timeout(), UNMEASURED);
        trip.measured(ms(80));
        assert_eq!(trip.timeout(), ms(80 + 4 * 40));
        trip.measured(ms(160));
        assert_eq!(trip.timeout(), ms(90 + 4 * 50));
        for _ in 0..100 {
            trip.measured(ms(2));
        }
        assert!((ms(52)..ms(53)).contains(&trip.timeout()), "{trip:?}");
        trip.measured(ms(60_000));
        assert_eq!(trip.timeout(), LONGEST);
    }

    #[test]
    fn silence_doubles_the_timeout_until_the_next_measurement() {
        let mut trip = RoundTrip::default();
        trip.measured(ms(8));
        assert_eq!(trip.timeout(), ms(58));
        for expected in [116, 232, 464, 928, 1856, 2000, 2000] {
            trip.back_off();
            assert_eq!(trip.timeout(), ms(expected));
        }
        trip.measured(ms(8));
        assert_eq!(trip.timeout(), ms(58));
    }
}
