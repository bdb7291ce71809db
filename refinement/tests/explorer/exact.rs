//! States are told apart by equality. A `Hash` that disagrees with it ends the search, wherever it
//! is, as long as every two values can be compared, and a search says whether they were; a `Hash`
//! that is merely bad does not matter.

use quorate_models::system::System;
use quorate_refinement::engine::{
    ModelError, Options, Progress, Report, StopReason, Verdict, explore,
};
use stateright::actor::{Actor, ActorModel, Id, Network, Out};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A number that hashes as another one.
#[derive(Clone, Copy, Debug, Eq)]
struct Odd {
    number: u16,
    hashed: u16,
}

impl PartialEq for Odd {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl PartialOrd for Odd {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Odd {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

/// By hand, to disagree with `==`, or to be the same for all.
impl Hash for Odd {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hashed.hash(state);
    }
}

/// Where an odd number comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    State,
    Storage,
    Message,
    Ghost,
    Nowhere,
}

/// An actor that counts and, after the last number, begins again with an early one.
#[derive(Clone)]
struct Counter {
    last: u16,
    /// Where the early number hashes differently then.
    odd: Place,
    /// Whether all numbers hash alike.
    alike: bool,
}

impl Counter {
    const EARLY: u16 = 3;
    const MARK: u16 = u16::MAX;

    fn number(&self, number: u16) -> Odd {
        let hashed = if self.alike { 0 } else { number };
        Odd { number, hashed }
    }

    fn next(&self, number: Odd, place: Place) -> Odd {
        let again = number.number == self.last;
        let mut next = self.number(if again {
            Self::EARLY
        } else {
            number.number + 1
        });
        if again && self.odd == place {
            next.hashed = Self::MARK;
        }
        next
    }
}

impl Actor for Counter {
    type Msg = Odd;
    type State = Odd;
    type Timer = ();
    type Random = ();
    type Storage = Odd;

    fn on_start(&self, id: Id, _: &Option<Odd>, out: &mut Out<Self>) -> Odd {
        out.send(id, self.number(0));
        self.number(0)
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, Odd>, _: Id, message: Odd, out: &mut Out<Self>) {
        *state.to_mut() = self.next(message, Place::State);
        out.save(self.next(message, Place::Storage));
        out.send(id, self.next(message, Place::Message));
    }
}

fn searched(counter: &Counter, threads: usize) -> Report {
    let model = ActorModel::new(counter.clone(), counter.number(0))
        .actor(counter.clone())
        .init_network(Network::new_unordered_nonduplicating([]))
        .record_msg_in(|counter, _, message| Some(counter.next(*message.msg, Place::Ghost)));
    let options = Options {
        threads,
        ..Options::default()
    };
    let system = Arc::new(System::stateright(model));
    explore(&system, &options, &Progress::default())
}

#[test]
fn equal_values_with_different_hashes_end_the_search_wherever_they_are() {
    for odd in [Place::State, Place::Storage, Place::Message, Place::Ghost] {
        for last in [5, 3000] {
            let alike = false;
            let counter = Counter { last, odd, alike };
            let [report, same] = [1, 2].map(|threads| searched(&counter, threads));
            assert_eq!(report.stopped, Some(StopReason::ModelError));
            assert_eq!(report.verdict(), Verdict::Inconclusive);
            let Some(ModelError::Hash { one, other }) = &report.error else {
                panic!("{odd:?}, {last}: {:?}", report.error);
            };
            let mark = Counter::MARK.to_string();
            assert!(
                !one.contains(&mark) && other.contains(&mark),
                "{one} {other}"
            );
            assert_eq!(report.error, same.error);
        }
    }
}

#[test]
fn values_that_all_hash_alike_are_told_apart() {
    let (last, odd) = (1000, Place::Nowhere);
    for alike in [false, true] {
        let report = searched(&Counter { last, odd, alike }, 2);
        assert_eq!((report.states, report.stopped), (1001, None));
        assert!(report.compares_all);
    }
}

#[test]
fn a_search_with_more_values_than_can_be_compared_says_so() {
    let (last, odd, alike) = (20_000, Place::Nowhere, false);
    let report = searched(&Counter { last, odd, alike }, 2);
    assert_eq!((report.states, report.stopped), (20_001, None));
    assert!(!report.compares_all);
}
