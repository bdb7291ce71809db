//! The history of one key as clients see it, and whether it can be so: linearizable, and each swap done once.

use super::cluster::PATIENCE;
use quorate::client::link::{Link, LinkError};
use quorate::machine::{Operation, Outcome};
use quorate::request::Answer;
use quorate_models::replica::Consistency;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const KEY: &str = "history";

type Value = Option<String>;

/// An event between two moments.
struct Seen {
    begun: Instant,
    /// `None` if nobody knows.
    ended: Option<Instant>,
    what: What,
}

enum What {
    /// This value was there.
    Read(Value),
    /// This value took the place of that one, or may have, if its end is not known.
    Swapped(Value, String),
}

/// The events that all clients see.
#[derive(Default)]
pub struct History {
    seen: Mutex<Vec<Seen>>,
    done: AtomicUsize,
}

impl History {
    /// Reads and swaps, until it is told to stop. Each value is written once.
    pub fn record(&self, client: usize, link: &mut Link, stop: &AtomicBool) {
        for number in 0.. {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let get = Operation::Get {
                key: KEY.to_owned(),
                consistency: Consistency::Linearizable,
            };
            let begun = Instant::now();
            let expected = match self.ask(link, get) {
                Some(Outcome::Found(found)) => found,
                None => continue,
                other => panic!("unexpected answer to a get: {other:?}"),
            };
            self.note(begun, What::Read(expected.clone()), true);
            let value = format!("{client}-{number}");
            let swap = Operation::Cas {
                key: KEY.to_owned(),
                expected: expected.clone(),
                value: value.clone(),
            };
            let begun = Instant::now();
            match self.ask(link, swap) {
                Some(Outcome::Stored) => self.note(begun, What::Swapped(expected, value), true),
                Some(Outcome::Mismatch(found)) => self.note(begun, What::Read(found), true),
                None => self.note(begun, What::Swapped(expected, value), false),
                other => panic!("unexpected answer to a swap: {other:?}"),
            }
        }
    }

    fn ask(&self, link: &mut Link, operation: Operation) -> Option<Outcome> {
        match link.execute(operation, Duration::from_secs(2)) {
            Ok(Answer::Done(outcome) | Answer::Read(outcome)) => Some(outcome),
            Err(LinkError::Unknown(_)) => None,
            other => panic!("unexpected answer: {other:?}"),
        }
    }

    fn note(&self, begun: Instant, what: What, is_known: bool) {
        let ended = is_known.then(Instant::now);
        let seen = Seen { begun, ended, what };
        self.seen.lock().unwrap().push(seen);
        self.done
            .fetch_add(usize::from(is_known), Ordering::Relaxed);
    }

    /// Waits until so many more operations are answered.
    pub fn progress(&self, more: usize) {
        let before = self.done.load(Ordering::Relaxed);
        super::cluster::eventually("operations are answered", || {
            (before + more <= self.done.load(Ordering::Relaxed)).then_some(())
        });
    }

    /// Judges all that was seen.
    ///
    /// Each value takes the place of one other, so all of them are in one order. An operation that
    /// ends before another begins must not come after the other in that order.
    pub fn judge(&self) -> Result<(), String> {
        let seen = self.seen.lock().unwrap();
        let places = places(&seen)?;
        let mut events = Vec::new();
        for it in seen.iter() {
            // After a write come the reads of its value.
            let (value, is_read) = match &it.what {
                What::Read(value) => (value.clone(), 1),
                What::Swapped(_, to) => (Some(to.clone()), 0),
            };
            match places.get(&value) {
                Some(place) => events.push((it.begun, it.ended, (*place, is_read), value)),
                None if it.ended.is_none() => {}
                None => return Err(format!("{value:?} was never written")),
            }
        }
        for (begun, _, place, value) in &events {
            let ended_before = |ended: &Option<Instant>| ended.is_some_and(|ended| ended < *begun);
            let earlier = events.iter().filter(|(_, ended, ..)| ended_before(ended));
            let last = earlier.max_by_key(|(_, _, place, _)| *place);
            if let Some((_, _, last, earlier)) = last
                && place < last
            {
                return Err(format!(
                    "{value:?} is seen after {earlier:?} has taken its place"
                ));
            }
        }
        Ok(())
    }
}

/// The place of each value in the order in which they were there.
fn places(seen: &[Seen]) -> Result<BTreeMap<Value, usize>, String> {
    let mentioned = seen
        .iter()
        .filter(|it| it.ended.is_some())
        .map(|it| match &it.what {
            What::Read(value) => value.clone(),
            What::Swapped(from, _) => from.clone(),
        });
    let mentioned: BTreeSet<Value> = mentioned.collect();
    let mut next = BTreeMap::new();
    for it in seen {
        if let What::Swapped(from, to) = &it.what {
            let is_done = it.ended.is_some() || mentioned.contains(&Some(to.clone()));
            if is_done && let Some(other) = next.insert(from.clone(), to.clone()) {
                return Err(format!(
                    "{to} and {other} have both taken the place of {from:?}"
                ));
            }
        }
    }
    let (mut places, mut value) = (BTreeMap::new(), None);
    while places.insert(value.clone(), places.len()).is_none() {
        match next.get(&value) {
            Some(to) => value = Some(to.clone()),
            None => break,
        }
    }
    Ok(places)
}

/// The value in the end.
pub fn settled(link: &mut Link) -> Value {
    let get = Operation::Get {
        key: KEY.to_owned(),
        consistency: Consistency::Linearizable,
    };
    match link.execute(get, PATIENCE).unwrap() {
        Answer::Done(Outcome::Found(value)) | Answer::Read(Outcome::Found(value)) => value,
        other => panic!("unexpected answer to a get: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(events: &[(u64, Option<u64>, What)]) -> Result<(), String> {
        let zero = Instant::now();
        let at = |ms: u64| zero + Duration::from_millis(ms);
        let seen = events.iter().map(|(begun, ended, what)| Seen {
            begun: at(*begun),
            ended: ended.map(at),
            what: match what {
                What::Read(value) => What::Read(value.clone()),
                What::Swapped(from, to) => What::Swapped(from.clone(), to.clone()),
            },
        });
        let history = History::default();
        *history.seen.lock().unwrap() = seen.collect();
        history.judge()
    }

    fn some(value: &str) -> Value {
        Some(value.to_owned())
    }

    fn read(value: &str) -> What {
        What::Read(some(value))
    }

    fn swap(from: Value, to: &str) -> What {
        What::Swapped(from, to.to_owned())
    }

    #[test]
    fn a_history_that_can_be_is_accepted() {
        let events = [
            (0, Some(5), What::Read(None)),
            (1, Some(3), swap(None, "a")),
            (2, Some(9), swap(some("a"), "b")),
            (4, Some(8), read("a")),
            (4, None, swap(some("b"), "c")),
            (10, Some(11), read("c")),
            (4, None, swap(some("b"), "never")),
        ];
        assert_eq!(history(&events), Ok(()));
    }

    #[test]
    fn a_history_that_cannot_be_is_refused() {
        let swapped = || (1, Some(3), swap(None, "a"));
        for (events, why) in [
            (
                vec![swapped(), (4, Some(5), What::Read(None))],
                "None is seen after",
            ),
            (
                vec![swapped(), (4, Some(5), swap(None, "b"))],
                "have both taken the place",
            ),
            (
                vec![swapped(), (0, Some(5), read("b"))],
                "was never written",
            ),
            (
                vec![
                    swapped(),
                    (4, Some(5), swap(some("a"), "b")),
                    (6, Some(7), read("a")),
                ],
                "is seen after",
            ),
            (
                vec![(0, Some(1), read("a")), (2, Some(3), swap(None, "a"))],
                "is seen after",
            ),
        ] {
            let refused = history(&events).expect_err(why);
            assert!(refused.contains(why), "{why}: {refused}");
        }
    }
}
