//! Judging states by their parts: each condition once for each tuple of the parts that it reads.
//!
//! Only what a step touched is judged: the rest was so in the state before. What was judged is
//! remembered in a table of fixed size, compared exactly; a tuple that was pushed out of it
//! is judged again.

use super::intern::{NONE, Name};
use super::parts::{OUTSIDERS, Parts};
use super::table::Touched;
use quorate_models::property::{ClaimSet, Condition, Everything, Flight, Seat};
use quorate_models::quorum::Quorum;
use quorate_models::system::{History, LocalOf, Participant, System};
use stateright::actor::Id;

/// Tuples that are remembered.
const REMEMBERED: usize = 1 << 16;

/// A condition that is looked for: its claim, and the verdict that is reported.
struct Sought<F> {
    claim: usize,
    alarm: bool,
    holds: F,
}

impl<F> Sought<F> {
    fn of(&self) -> ClaimSet {
        ClaimSet::of(self.claim)
    }
}

type OnHistory<G> = fn(&G) -> bool;
type OnEach<A, G> = fn(Seat<'_, A>, &G) -> bool;
type OnPair<A> = fn(Seat<'_, A>, Seat<'_, A>) -> bool;
type OnPairHistory<A, G> = fn(Seat<'_, A>, Seat<'_, A>, &G) -> bool;
type OnFlight<A> = fn(&Flight<'_, A>) -> bool;
type OnFlightHistory<A, G> = fn(&Flight<'_, A>, &G) -> bool;
type OnCluster<A, G> = fn(&[&LocalOf<A>], &G) -> bool;

/// Conditions that are judged together, by what they read.
pub(super) struct Judging<A: Participant, G: History> {
    history: Vec<Sought<OnHistory<G>>>,
    each: Vec<Sought<OnEach<A, G>>>,
    pair: Vec<Sought<OnPair<A>>>,
    pair_history: Vec<Sought<OnPairHistory<A, G>>>,
    flight: Vec<Sought<OnFlight<A>>>,
    flight_history: Vec<Sought<OnFlightHistory<A, G>>>,
    quorum: Vec<Sought<OnEach<A, G>>>,
    cluster: Vec<Sought<OnCluster<A, G>>>,
    state: Vec<Sought<Everything<A, G>>>,
    tuples: Remembered,
    quorums: Quorum,
    /// The participants that count in quorums, by id.
    members: Vec<usize>,
    /// What each participant satisfies of what a quorum must.
    satisfied: Vec<ClaimSet>,
}

impl<A: Participant, G: History> Judging<A, G> {
    /// Looks for nothing yet, in a system.
    pub(super) fn new(system: &System<A, G>) -> Self {
        let (participants, quorums) = (system.actors.len(), system.quorum.clone());
        let members = quorums.members().into_iter().map(usize::from);
        Judging {
            members: members.filter(|member| *member < participants).collect(),
            satisfied: vec![ClaimSet::EMPTY; participants],
            quorums,
            history: Vec::new(),
            each: Vec::new(),
            pair: Vec::new(),
            pair_history: Vec::new(),
            flight: Vec::new(),
            flight_history: Vec::new(),
            quorum: Vec::new(),
            cluster: Vec::new(),
            state: Vec::new(),
            tuples: Remembered::new(),
        }
    }

    /// Looks for places where a condition gives the verdict `alarm`.
    pub(super) fn seek(&mut self, claim: usize, alarm: bool, condition: &Condition<A, G>) {
        fn sought<F>(claim: usize, alarm: bool, holds: F) -> Sought<F> {
            Sought {
                claim,
                alarm,
                holds,
            }
        }
        match condition {
            Condition::History(holds) => self.history.push(sought(claim, alarm, *holds)),
            Condition::Each(holds) => self.each.push(sought(claim, alarm, *holds)),
            Condition::Pair(holds) => self.pair.push(sought(claim, alarm, *holds)),
            Condition::PairHistory(holds) => {
                self.pair_history.push(sought(claim, alarm, *holds));
            }
            Condition::FlightHistory(holds) => {
                self.flight_history.push(sought(claim, alarm, *holds));
            }
            Condition::Flight(holds) => self.flight.push(sought(claim, alarm, *holds)),
            Condition::Quorum(holds) => self.quorum.push(sought(claim, alarm, *holds)),
            Condition::Cluster(holds) => self.cluster.push(sought(claim, alarm, *holds)),
            Condition::State(holds) => self.state.push(sought(claim, alarm, holds.clone())),
        }
    }

    /// Looks no more for these claims.
    pub(super) fn settle(&mut self, claims: ClaimSet) {
        fn keep<F>(sought: &mut Vec<Sought<F>>, claims: ClaimSet) {
            sought.retain(|sought| !claims.contains(sought.claim));
        }
        keep(&mut self.history, claims);
        keep(&mut self.each, claims);
        keep(&mut self.pair, claims);
        keep(&mut self.pair_history, claims);
        keep(&mut self.flight, claims);
        keep(&mut self.flight_history, claims);
        keep(&mut self.quorum, claims);
        keep(&mut self.cluster, claims);
        keep(&mut self.state, claims);
    }

    /// The claims that the state of a row raises an alarm for, in what was touched.
    pub(super) fn row(&mut self, parts: &Parts<A, G>, row: &[Name], touched: Touched) -> ClaimSet {
        let mut alarms = ClaimSet::EMPTY;
        if !self.history.is_empty() && touched.history() {
            alarms |= self.history(parts, row);
        }
        if !self.each.is_empty() {
            alarms |= self.each(parts, row, touched);
        }
        let history = Some(row[parts.layout.history]);
        if !self.pair.is_empty() {
            alarms |= self.pair(parts, row, touched, None);
        }
        if !self.pair_history.is_empty() {
            alarms |= self.pair(parts, row, touched, history);
        }
        if !self.flight.is_empty() {
            alarms |= self.flight(parts, row, touched, None);
        }
        if !self.flight_history.is_empty() {
            alarms |= self.flight(parts, row, touched, history);
        }
        if !self.quorum.is_empty() {
            alarms |= self.quorum(parts, row, touched);
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

    /// Whether all that is looked for reads one participant and the history at a time.
    pub(super) fn reads_one_at_a_time(&self) -> bool {
        self.history.is_empty()
            && self.pair.is_empty()
            && self.pair_history.is_empty()
            && self.flight.is_empty()
            && self.flight_history.is_empty()
            && self.quorum.is_empty()
            && self.cluster.is_empty()
            && self.state.is_empty()
    }

    /// The alarms that one participant raises.
    pub(super) fn one(
        &mut self,
        parts: &Parts<A, G>,
        seat: usize,
        local: Name,
        history: Name,
    ) -> ClaimSet {
        let sought = &self.each;
        let tuple = [2 << 28 | seat as u32, local, history, NONE];
        self.tuples.value(tuple, || {
            let history = &parts.histories[history];
            raised(sought, |holds| holds(parts.seat(seat, local), history))
        })
    }

    fn history(&mut self, parts: &Parts<A, G>, row: &[Name]) -> ClaimSet {
        let history = row[parts.layout.history];
        let sought = &self.history;
        self.tuples.value([1 << 28, history, NONE, NONE], || {
            raised(sought, |holds| holds(&parts.histories[history]))
        })
    }

    fn each(&mut self, parts: &Parts<A, G>, row: &[Name], touched: Touched) -> ClaimSet {
        let history = row[parts.layout.history];
        let mut alarms = ClaimSet::EMPTY;
        for (seat, cell) in parts.layout.cells_of(row) {
            if !touched.history() && !touched.seat(seat) {
                continue;
            }
            let local = parts.seats[seat].facts[cell as usize].local;
            alarms |= self.one(parts, seat, local, history);
        }
        alarms
    }

    /// Each two participants; with a history, by the conditions that read it, too.
    fn pair(
        &mut self,
        parts: &Parts<A, G>,
        row: &[Name],
        touched: Touched,
        history: Option<Name>,
    ) -> ClaimSet {
        let all = history.is_some() && touched.history();
        let kind = if history.is_some() { 6 } else { 3 };
        let mut alarms = ClaimSet::EMPTY;
        for (second, cell) in parts.layout.cells_of(row) {
            let other = parts.seats[second].facts[cell as usize].local;
            for (first, cell) in parts.layout.cells_of(row).take(second) {
                if !all && !touched.seat(first) && !touched.seat(second) {
                    continue;
                }
                let one = parts.seats[first].facts[cell as usize].local;
                let whose = kind << 28 | (first << 12 | second) as u32;
                let tuple = [whose, one, other, history.unwrap_or(NONE)];
                let (pair, pair_history) = (&self.pair, &self.pair_history);
                alarms |= self.tuples.value(tuple, || {
                    let (one, other) = (parts.seat(first, one), parts.seat(second, other));
                    let in_order = |one, other| match history {
                        None => raised(pair, |holds| holds(one, other)),
                        Some(history) => {
                            let history = &parts.histories[history];
                            raised(pair_history, |holds| holds(one, other, history))
                        }
                    };
                    in_order(one, other) | in_order(other, one)
                });
            }
        }
        alarms
    }

    /// Messages of one cell from one sender at a time; with a history, by the conditions that read
    /// it, too.
    fn flight(
        &mut self,
        parts: &Parts<A, G>,
        row: &[Name],
        touched: Touched,
        history: Option<Name>,
    ) -> ClaimSet {
        let all = history.is_some() && touched.history();
        let kind = if history.is_some() { 7 } else { 4 };
        let mut alarms = ClaimSet::EMPTY;
        for receiver in 0..parts.layout.seats {
            let cell = row[receiver];
            let mut senders = parts.seats[receiver].facts[cell as usize].senders;
            while senders != 0 {
                let sender = senders.trailing_zeros();
                senders &= senders - 1;
                if sender == OUTSIDERS {
                    // Few systems have such senders: not remembered.
                    alarms |= self.from(parts, row, (receiver, None), history);
                    continue;
                }
                let seat = sender as usize;
                if !all && !touched.seat(receiver) && !touched.seat(seat) {
                    continue;
                }
                let local = parts.seats[seat].facts[row[seat] as usize].local;
                let whose = kind << 28 | sender << 12 | receiver as u32;
                let tuple = [whose, local, cell, history.unwrap_or(NONE)];
                let known = self.tuples.get(tuple);
                alarms |= known.unwrap_or_else(|| {
                    let alarms = self.from(parts, row, (receiver, Some(seat)), history);
                    self.tuples.put(tuple, alarms);
                    alarms
                });
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
        (receiver, sender): (usize, Option<usize>),
        history: Option<Name>,
    ) -> ClaimSet {
        let participants = parts.layout.participants;
        let local = |seat: usize| (seat < participants).then(|| &**parts.local(seat, row[seat]));
        let mut alarms = ClaimSet::EMPTY;
        for message in &parts.seats[receiver].cells[row[receiver]][1..] {
            let envelope = &parts.messages[*message];
            let src = usize::from(envelope.src);
            let own = (src < participants.min(OUTSIDERS as usize)).then_some(src);
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
            alarms |= match history {
                None => raised(&self.flight, |holds| holds(&flight)),
                Some(history) => {
                    let history = &parts.histories[history];
                    raised(&self.flight_history, |holds| holds(&flight, history))
                }
            };
        }
        alarms
    }

    /// Whether a quorum satisfies what one must, member by member.
    fn quorum(&mut self, parts: &Parts<A, G>, row: &[Name], touched: Touched) -> ClaimSet {
        let mut open: ClaimSet = self.quorum.iter().map(Sought::of).collect();
        if let Some(mover) = touched.mover().filter(|_| !touched.history()) {
            if !self.members.contains(&mover) {
                return ClaimSet::EMPTY;
            }
            // A quorum held before; if the mover still satisfies the condition, it still does. And
            // where none held, none does unless the mover satisfies the condition now.
            let satisfied = self.satisfied(parts, row, mover);
            let settled = |sought: &&Sought<_>| satisfied.contains(sought.claim) != sought.alarm;
            open -= self.quorum.iter().filter(settled).map(Sought::of).collect();
        }
        if open.is_empty() {
            return ClaimSet::EMPTY;
        }
        for at in 0..self.members.len() {
            let member = self.members[at];
            self.satisfied[member] = self.satisfied(parts, row, member);
        }
        let satisfies = |id: Id, claim| {
            let satisfied = self.satisfied.get(usize::from(id));
            satisfied.is_some_and(|satisfied| satisfied.contains(claim))
        };
        let raised = |sought: &Sought<_>| {
            let holds = self.quorums.is_in(|id| satisfies(id, sought.claim));
            ClaimSet::of_if(sought.claim, holds == sought.alarm)
        };
        self.quorum.iter().map(raised).collect()
    }

    /// What a member satisfies of what a quorum must.
    fn satisfied(&mut self, parts: &Parts<A, G>, row: &[Name], seat: usize) -> ClaimSet {
        let history = row[parts.layout.history];
        let local = parts.seats[seat].facts[row[seat] as usize].local;
        let sought = &self.quorum;
        self.tuples
            .value([5 << 28 | seat as u32, local, history, NONE], || {
                let (seat, history) = (parts.seat(seat, local), &parts.histories[history]);
                let satisfied = |sought: &Sought<OnEach<A, G>>| {
                    ClaimSet::of_if(sought.claim, (sought.holds)(seat, history))
                };
                sought.iter().map(satisfied).collect()
            })
    }

    fn cluster(&mut self, parts: &Parts<A, G>, row: &[Name]) -> ClaimSet {
        let locals = (0..parts.layout.participants).map(|seat| &**parts.local(seat, row[seat]));
        let locals: Vec<_> = locals.collect();
        let history = &parts.histories[row[parts.layout.history]];
        raised(&self.cluster, |holds| holds(&locals, history))
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

fn raised<F>(sought: &[Sought<F>], verdict: impl Fn(&F) -> bool) -> ClaimSet {
    let alarm = |sought: &Sought<F>| verdict(&sought.holds) == sought.alarm;
    sought
        .iter()
        .map(|sought| ClaimSet::of_if(sought.claim, alarm(sought)))
        .collect()
}

/// A tuple of what is read: what kind it is and whose, and up to three names.
type Tuple = [Name; 4];

/// What was judged of tuples; a tuple is forgotten when another takes its place.
struct Remembered {
    tuples: Vec<(Tuple, ClaimSet)>,
}

impl Remembered {
    fn new() -> Self {
        Remembered {
            tuples: vec![([NONE; 4], ClaimSet::EMPTY); REMEMBERED],
        }
    }

    #[inline]
    fn place([kind, one, other, third]: Tuple) -> usize {
        let hash = u64::from(one) << 32 | u64::from(other);
        let kind = u64::from(kind) ^ u64::from(third) << 32;
        let hash = (hash ^ kind.rotate_left(20)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 32 & (REMEMBERED - 1)
    }

    #[inline]
    fn get(&self, tuple: Tuple) -> Option<ClaimSet> {
        let (known, value) = self.tuples[Self::place(tuple)];
        (known == tuple).then_some(value)
    }

    #[inline]
    fn put(&mut self, tuple: Tuple, value: ClaimSet) {
        self.tuples[Self::place(tuple)] = (tuple, value);
    }

    fn value(&mut self, tuple: Tuple, value: impl FnOnce() -> ClaimSet) -> ClaimSet {
        self.get(tuple).unwrap_or_else(|| {
            let value = value();
            self.put(tuple, value);
            value
        })
    }
}

#[cfg(test)]
mod tests;
