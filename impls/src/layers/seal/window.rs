//! Which frames of a sender have been heard, as in RFC 6479: late ones are, old and repeated ones are not.

/// Counters that may arrive late by this much, less at most 63.
pub const WIDTH: u64 = 1024;
const WORD: u64 = 64;
const WORDS: usize = (WIDTH / WORD) as usize;

/// The highest counter, and one bit for each of those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Window {
    highest: u64,
    /// The bits of a counter are where it would be in a row of words that begins anew again and again.
    bits: [u64; WORDS],
}

impl Window {
    /// Whether this counter is heard for the first time, as far as the window knows. Counters begin at 1.
    pub fn admit(&mut self, counter: u64) -> bool {
        let (word, newest) = (counter / WORD, self.highest / WORD);
        if counter == 0 || word + (WORDS as u64) <= newest {
            return false;
        }
        if newest < word {
            // Words that are passed over hold nothing that is still in the window.
            for passed in (newest + 1..=word).take(WORDS) {
                self.bits[slot(passed)] = 0;
            }
        }
        self.highest = self.highest.max(counter);
        let bit = 1 << (counter % WORD);
        let bits = &mut self.bits[slot(word)];
        let is_new = *bits & bit == 0;
        *bits |= bit;
        is_new
    }
}

fn slot(word: u64) -> usize {
    (word % WORDS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// A set of all counters that were heard is the reference.
        #[test]
        fn a_counter_is_heard_once_and_late_by_little(
            steps in prop::collection::vec((0..5u8, 0..3000u64), 1..400),
        ) {
            let (mut window, mut heard) = (Window::default(), BTreeSet::new());
            for (way, distance) in steps {
                let highest = heard.last().copied().unwrap_or(0);
                let counter = match way {
                    0 | 1 => highest + 1 + distance % 3,
                    2 => highest + distance,
                    _ => highest.saturating_sub(distance % 1200),
                };
                let is_new = counter != 0 && !heard.contains(&counter);
                let admitted = window.admit(counter);
                prop_assert!(is_new || !admitted, "{} again", counter);
                if is_new && highest < counter + WIDTH - WORD {
                    prop_assert!(admitted, "{} after {}", counter, highest);
                }
                if admitted {
                    heard.insert(counter);
                }
            }
        }
    }

    #[test]
    fn the_ends_are_heard_once() {
        let mut window = Window::default();
        assert!(!window.admit(0));
        for counter in [1, 2, 1 << 40, u64::MAX - 1, u64::MAX] {
            assert!(window.admit(counter), "{counter}");
            assert!(!window.admit(counter), "{counter} again");
        }
        assert!(!window.admit(1), "long ago");
    }
}
