//! Judging states by their parts: each condition once for each tuple of the parts that it reads.
//!
//! Tuples that gave no alarm are remembered in a table of fixed size, compared exactly; a tuple
//! that was pushed out of it is judged again.

use super::intern::Name;
use super::parts::Parts;
use quorate_models::property::{Condition, Everything, Flight, Seat};
use quorate_models::system::{History, LocalOf, Participant};
use stateright::actor::Id;

/// Tuples that are remembered.
const REMEMBERED: usize = 1 << 15;

/// A condition that is looked for: a bit for its claim, and the verdict that is reported.
struct Sought<F> {
    bit: u32,
    alarm: bool,
    holds: F,
}

type OnEach<A, G> = fn(Seat<'_, A>, &G) -> bool;
type OnPair<A> = fn(Seat<'_, A>, Seat<'_, A>) -> bool;
type OnFlight<A> = fn(&Flight<'_, A>) -> bool;
type OnCluster<A, G> = fn(&[&LocalOf<A>], &G) -> bool;

/// Conditions that are judged together, by what they read.
pub(super) struct Judging<A: Participant, G: History> {
    history: Vec<Sought<fn(&G) -> bool>>,
    each: Vec<Sought<OnEach<A, G>>>,
    pair: Vec<Sought<OnPair<A>>>,
    flight: Vec<Sought<OnFlight<A>>>,
    cluster: Vec<Sought<OnCluster<A, G>>>,
    state: Vec<Sought<Everything<A, G>>>,
    tuples: Remembered,
    clusters: Remembered,
}

impl<A: Participant, G: History> Judging<A, G> {
    /// Looks for nothing yet, in rows of this many participants.
    pub(super) fn new(participants: usize) -> Self {
        Judging {
            history: Vec::new(),
            each: Vec::new(),
            pair: Vec::new(),
            flight: Vec::new(),
            cluster: Vec::new(),
            state: Vec::new(),
            tuples: Remembered::new(3),
            clusters: Remembered::new(participants + 1),
        }
    }

    /// Looks for places where a condition gives the verdict `alarm`.
    pub(super) fn seek(&mut self, bit: u32, alarm: bool, condition: &Condition<A, G>) {
        fn sought<F>(bit: u32, alarm: bool, holds: F) -> Sought<F> {
            Sought { bit, alarm, holds }
        }
        match condition {
            Condition::History(holds) => self.history.push(sought(bit, alarm, *holds)),
            Condition::Each(holds) => self.each.push(sought(bit, alarm, *holds)),
            Condition::Pair(holds) => self.pair.push(sought(bit, alarm, *holds)),
            Condition::Flight(holds) => self.flight.push(sought(bit, alarm, *holds)),
            Condition::Cluster(holds) => self.cluster.push(sought(bit, alarm, *holds)),
            Condition::State(holds) => self.state.push(sought(bit, alarm, holds.clone())),
        }
    }

    /// Looks no more for these claims, a bit each.
    pub(super) fn settle(&mut self, claims: u32) {
        fn keep<F>(sought: &mut Vec<Sought<F>>, claims: u32) {
            sought.retain(|sought| claims & 1 << sought.bit == 0);
        }
        keep(&mut self.history, claims);
        keep(&mut self.each, claims);
        keep(&mut self.pair, claims);
        keep(&mut self.flight, claims);
        keep(&mut self.cluster, claims);
        keep(&mut self.state, claims);
    }

    /// The claims, a bit each, that the state of a row raises an alarm for.
    pub(super) fn row(&mut self, parts: &Parts<A, G>, row: &[Name]) -> u32 {
        let mut alarms = 0;
        if !self.history.is_empty() {
            alarms |= self.history(parts, row);
        }
        if !self.each.is_empty() {
            alarms |= self.each(parts, row);
        }
        if !self.pair.is_empty() {
            alarms |= self.pair(parts, row);
        }
        if !self.flight.is_empty() {
            alarms |= self.flight(parts, row);
        }
        if !self.cluster.is_empty() {
            alarms |= self.cluster(parts, row);
        }
        if !self.state.is_empty() {
            let state = parts.state(row);
            alarms |= raised(&self.state, |holds| holds(&state));
        }
        alarms
    }

    fn history(&mut self, parts: &Parts<A, G>, row: &[Name]) -> u32 {
        let history = row[parts.layout.history];
        let sought = &self.history;
        self.tuples.judge(&[1 << 28, history, 0], || {
            raised(sought, |holds| holds(&parts.histories[history]))
        })
    }

    fn each(&mut self, parts: &Parts<A, G>, row: &[Name]) -> u32 {
        let history = row[parts.layout.history];
        let mut alarms = 0;
        for seat in 0..parts.layout.participants {
            let local = parts.seats[seat].local[row[seat] as usize];
            let sought = &self.each;
            let tuple = [2 << 28 | seat as u32, local, history];
            alarms |= self.tuples.judge(&tuple, || {
                let history = &parts.histories[history];
                raised(sought, |holds| holds(parts.seat(seat, local), history))
            });
        }
        alarms
    }

    fn pair(&mut self, parts: &Parts<A, G>, row: &[Name]) -> u32 {
        let mut alarms = 0;
        for second in 1..parts.layout.participants {
            let other = parts.seats[second].local[row[second] as usize];
            for first in 0..second {
                let one = parts.seats[first].local[row[first] as usize];
                let sought = &self.pair;
                let tuple = [3 << 28 | (first << 12 | second) as u32, one, other];
                alarms |= self.tuples.judge(&tuple, || {
                    let (one, other) = (parts.seat(first, one), parts.seat(second, other));
                    raised(sought, |holds| holds(one, other))
                });
            }
        }
        alarms
    }

    /// Messages of one cell from one sender at a time.
    fn flight(&mut self, parts: &Parts<A, G>, row: &[Name]) -> u32 {
        let mut alarms = 0;
        for receiver in 0..parts.layout.seats {
            let cell = row[receiver];
            let mut senders = parts.seats[receiver].senders[cell as usize];
            while senders != 0 {
                let sender = senders.trailing_zeros();
                senders &= senders - 1;
                if sender == 63 {
                    // Few systems have such senders: not remembered.
                    alarms |= self.from(parts, row, receiver, None);
                    continue;
                }
                let seat = sender as usize;
                let local = parts.seats[seat].local[row[seat] as usize];
                let tuple = [4 << 28 | sender << 12 | receiver as u32, local, cell];
                if !self.tuples.contains(&tuple) {
                    let raised = self.from(parts, row, receiver, Some(seat));
                    alarms |= raised;
                    if raised == 0 {
                        self.tuples.insert(&tuple);
                    }
                }
            }
        }
        alarms
    }

    /// The alarms for the messages of a cell from one participant, or from everyone who has no bit
    /// of his own.
    fn from(
        &self,
        parts: &Parts<A, G>,
        row: &[Name],
        receiver: usize,
        sender: Option<usize>,
    ) -> u32 {
        let participants = parts.layout.participants;
        let local = |seat: usize| (seat < participants).then(|| &**parts.local(seat, row[seat]));
        let mut alarms = 0;
        for message in &parts.seats[receiver].cells[row[receiver]][1..] {
            let envelope = &parts.messages[*message];
            let src = usize::from(envelope.src);
            let own = (src < participants.min(63)).then_some(src);
            if own != sender {
                continue;
            }
            let flight = Flight {
                src: envelope.src,
                dst: envelope.dst,
                msg: &envelope.msg,
                sender: local(src),
                receiver: local(receiver),
            };
            alarms |= raised(&self.flight, |holds| holds(&flight));
        }
        alarms
    }

    fn cluster(&mut self, parts: &Parts<A, G>, row: &[Name]) -> u32 {
        let history = row[parts.layout.history];
        let participants = parts.layout.participants;
        let mut tuple = [0; 64];
        let tuple = &mut tuple[..participants + 1];
        for (seat, name) in tuple[..participants].iter_mut().enumerate() {
            *name = parts.seats[seat].local[row[seat] as usize];
        }
        tuple[participants] = history;
        let sought = &self.cluster;
        self.clusters.judge(tuple, || {
            let locals = (0..participants).map(|seat| &**parts.local(seat, row[seat]));
            let (locals, history) = (locals.collect::<Vec<_>>(), &parts.histories[history]);
            raised(sought, |holds| holds(&locals, history))
        })
    }
}

impl<A: Participant, G: History> Parts<A, G> {
    fn seat(&self, seat: usize, local: Name) -> Seat<'_, A> {
        Seat {
            id: Id::from(seat),
            local: &self.locals[local],
        }
    }
}

fn raised<F>(sought: &[Sought<F>], verdict: impl Fn(&F) -> bool) -> u32 {
    let alarm = |sought: &Sought<F>| u32::from(verdict(&sought.holds) == sought.alarm);
    sought
        .iter()
        .map(|sought| alarm(sought) << sought.bit)
        .fold(0, |all, bit| all | bit)
}

/// Tuples that gave no alarm: a set that forgets a tuple when another takes its place.
struct Remembered {
    width: usize,
    tuples: Vec<Name>,
}

impl Remembered {
    fn new(width: usize) -> Self {
        Remembered {
            width,
            tuples: vec![super::intern::NONE; REMEMBERED * width],
        }
    }

    fn place(&self, tuple: &[Name]) -> usize {
        let mut hash = 0_u64;
        for name in tuple {
            hash = (hash.rotate_left(5) ^ u64::from(*name)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
        (hash >> 32) as usize % REMEMBERED * self.width
    }

    fn contains(&self, tuple: &[Name]) -> bool {
        let place = self.place(tuple);
        self.tuples[place..place + self.width] == *tuple
    }

    fn insert(&mut self, tuple: &[Name]) {
        let place = self.place(tuple);
        self.tuples[place..place + self.width].copy_from_slice(tuple);
    }

    /// The alarms for a tuple: none if it is remembered.
    fn judge(&mut self, tuple: &[Name], alarms: impl FnOnce() -> u32) -> u32 {
        if self.contains(tuple) {
            return 0;
        }
        let alarms = alarms();
        if alarms == 0 {
            self.insert(tuple);
        }
        alarms
    }
}
