//! What clients see while something befalls a cluster, and whether it can be so: the history of one key is
//! linearizable, each swap is done once, and every write that was acknowledged is there in the end.

#![allow(dead_code, reason = "each test uses its part")]

use super::cluster::{Cluster, eventually, get};
use quorate::client::link::{Link, LinkError};
use quorate::machine::{Operation, Outcome};
use quorate::request::Answer;
use quorate_models::replica::Consistency;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const KEY: &str = "history";
/// Clients that ask any node.
const CLIENTS: usize = 3;
/// How long they wait for an answer.
const LIMIT: Duration = Duration::from_secs(2);
/// The same, where a client knows one node alone, and that may have nothing to say.
const LIMIT_OF_ONE: Duration = Duration::from_millis(300);
/// Operations to see answered between two faults.
const PROGRESS: usize = 30;
/// Bytes of a value, so that what a node has missed fills many datagrams.
const VALUE_BYTES: usize = 512;

/// Runs clients against a cluster, does something meanwhile, and judges what the clients saw.
pub fn under_load(cluster: &mut Cluster, act: impl FnOnce(&mut Cluster, &History)) {
    let (history, stop) = (History::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let stopping = Stop(&stop);
        for (number, mut client) in clients(cluster).into_iter().enumerate() {
            let (history, stop) = (&history, &stop);
            scope.spawn(move || {
                let _alarm = Alarm(history);
                history.record(number, &mut client, stop);
            });
        }
        history.progress();
        act(cluster, &history);
        history.progress();
        drop(stopping);
    });
    history.settle(cluster);
    assert_eq!(history.judge(), Ok(()));
}

struct Client {
    link: Link,
    limit: Duration,
}

/// Some that ask any node, and for each node one that knows no other: what it is told is judged, too, when
/// the node is cut off, or believes what was true before.
fn clients(cluster: &Cluster) -> Vec<Client> {
    let any = |_| Client {
        link: cluster.link(),
        limit: LIMIT,
    };
    let one = |node| Client {
        link: cluster.link_to_one(node),
        limit: LIMIT_OF_ONE,
    };
    let nodes = 0..cluster.config.nodes.len();
    (0..CLIENTS).map(any).chain(nodes.map(one)).collect()
}

/// Stops the clients even when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

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

/// Says that a client has panicked, so that nobody waits for the others.
struct Alarm<'a>(&'a History);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        let has_panicked = thread::panicking();
        self.0.is_broken.fetch_or(has_panicked, Ordering::Relaxed);
    }
}

/// The events that all clients see.
#[derive(Default)]
pub struct History {
    seen: Mutex<Vec<Seen>>,
    /// Keys of their own that clients have written, once each, and whose write was acknowledged.
    kept: Mutex<Vec<String>>,
    done: AtomicUsize,
    is_broken: AtomicBool,
}

impl History {
    /// Reads, swaps and writes, until it is told to stop. Each value is written once.
    fn record(&self, number: usize, client: &mut Client, stop: &AtomicBool) {
        for round in 0.. {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let get = Operation::Get {
                key: KEY.to_owned(),
                consistency: Consistency::Linearizable,
            };
            let begun = Instant::now();
            let expected = match self.ask(client, get) {
                Some(Outcome::Found(found)) => found,
                None => continue,
                other => panic!("unexpected answer to a get: {other:?}"),
            };
            self.note(begun, What::Read(expected.clone()), true);
            let value = format!("{number}-{round}");
            let swap = Operation::Cas {
                key: KEY.to_owned(),
                expected: expected.clone(),
                value: value.clone(),
            };
            let begun = Instant::now();
            match self.ask(client, swap) {
                Some(Outcome::Stored) => self.note(begun, What::Swapped(expected, value), true),
                Some(Outcome::Mismatch(found)) => self.note(begun, What::Read(found), true),
                None => self.note(begun, What::Swapped(expected, value), false),
                other => panic!("unexpected answer to a swap: {other:?}"),
            }
            self.keep(client, format!("{number}-{round}"));
        }
    }

    /// Writes a key that nobody has written: not even this request, when it came before.
    fn keep(&self, client: &mut Client, key: String) {
        let write = Operation::Cas {
            key: key.clone(),
            expected: None,
            value: value_of(&key),
        };
        if let Some(outcome) = self.ask(client, write) {
            assert_eq!(outcome, Outcome::Stored, "{key} is written twice");
            self.kept.lock().unwrap().push(key);
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn ask(&self, client: &mut Client, operation: Operation) -> Option<Outcome> {
        match client.link.execute(operation, client.limit) {
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

    /// Waits until some more operations are answered.
    pub fn progress(&self) {
        let before = self.done.load(Ordering::Relaxed);
        eventually("operations are answered", || {
            assert!(
                !self.is_broken.load(Ordering::Relaxed),
                "a client has panicked"
            );
            (before + PROGRESS <= self.done.load(Ordering::Relaxed)).then_some(())
        });
    }

    /// Reads all that was written, when nobody writes any more.
    pub fn settle(&self, cluster: &Cluster) {
        let begun = Instant::now();
        let last = get(&mut cluster.link(), KEY);
        assert!(last.is_some(), "nothing was written");
        self.note(begun, What::Read(last), true);
        let kept = self.kept.lock().unwrap();
        assert!(!kept.is_empty(), "nothing was written");
        thread::scope(|scope| {
            for part in kept.chunks(kept.len().div_ceil(CLIENTS)) {
                let mut link = cluster.link();
                scope.spawn(move || {
                    for key in part {
                        assert_eq!(get(&mut link, key), Some(value_of(key)), "lost: {key}");
                    }
                });
            }
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

/// The value of a key that a client writes once.
fn value_of(key: &str) -> String {
    format!("value of {key} {}", ".".repeat(VALUE_BYTES))
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
