//! Judging states by their parts: each condition once for each tuple of the parts that it reads.
//!
//! Only what a step touched is judged: the rest was so in the state before. What was judged is
//! remembered in a table of fixed size, compared exactly; a tuple that was pushed out of it
//! is judged again.

mod remembered;

use super::intern::Name;
use super::parts::{OUTSIDERS, Parts};
use super::table::Touched;
use quorate_models::property::{ClaimSet, Condition, Everything, Flight, Seat};
use quorate_models::quorum::Quorum;
use quorate_models::system::{History, LocalOf, Participant, System};
use remembered::{Beside, Remembered};
use stateright::actor::Id;

/// A condition that is looked for: its claim, and the verdict that is reported.
struct Sought<F> {
    claim: usize,
    alarm: bool,
    holds: F,
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
    tuples: Remembered<()>,
    /// Tuples that the history belongs to.
    tuples_with_history: Remembered<Name>,
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
            tuples_with_history: Remembered::new(),
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
        if !self.pair.is_empty() || !self.flight.is_empty() {
            alarms |= self.pairs_and_flights(parts, row, touched);
        }
        if !self.pair_history.is_empty() || !self.flight_history.is_empty() {
            alarms |= self.pairs_and_flights_with_history(parts, row, touched);
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
        let tuple = [2 << 28 | seat as u32, local, history];
        self.tuples.value(tuple, (), || {
            let history = &parts.histories[history];
            raised(sought, |holds| holds(parts.seat(seat, local), history))
        })
    }

    fn history(&mut self, parts: &Parts<A, G>, row: &[Name]) -> ClaimSet {
        let history = row[parts.layout.history];
        let sought = &self.history;
        self.tuples.value([1 << 28, history, 0], (), || {
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

    fn pairs_and_flights(
        &mut self,
        parts: &Parts<A, G>,
        row: &[Name],
        touched: Touched,
    ) -> ClaimSet {
        let (pair, flight, tuples) = (&self.pair, &self.flight, &mut self.tuples);
        let mut alarms = ClaimSet::EMPTY;
        if !pair.is_empty() {
            let judge = |one, other| raised(pair, |holds| holds(one, other));
            alarms |= pairs(parts, row, touched, (tuples, ()), judge);
        }
        if !flight.is_empty() {
            alarms |= flights(parts, row, touched, (tuples, ()), |one| {
                raised(flight, |holds| holds(one))
            });
        }
        alarms
    }

    fn pairs_and_flights_with_history(
        &mut self,
        parts: &Parts<A, G>,
        row: &[Name],
        touched: Touched,
    ) -> ClaimSet {
        let (pair, flight) = (&self.pair_history, &self.flight_history);
        let (tuples, name) = (&mut self.tuples_with_history, row[parts.layout.history]);
        let history = &parts.histories[name];
        let mut alarms = ClaimSet::EMPTY;
        if !pair.is_empty() {
            let judge = |one, other| raised(pair, |holds| holds(one, other, history));
            alarms |= pairs(parts, row, touched, (tuples, name), judge);
        }
        if !flight.is_empty() {
            alarms |= flights(parts, row, touched, (tuples, name), |one| {
                raised(flight, |holds| holds(one, history))
            });
        }
        alarms
    }

    /// Whether a quorum satisfies what one must, member by member.
    fn quorum(&mut self, parts: &Parts<A, G>, row: &[Name], touched: Touched) -> ClaimSet {
        if let Some(mover) = touched.mover().filter(|_| !touched.history()) {
            if !self.members.contains(&mover) {
                return ClaimSet::EMPTY;
            }
            // A quorum held before; if the mover still satisfies the condition, it still does. And
            // where none held, none does unless the mover satisfies the condition now.
            let satisfied = self.satisfied(parts, row, mover);
            let is_open = |sought: &Sought<_>| satisfied.contains(sought.claim) == sought.alarm;
            if !self.quorum.iter().any(is_open) {
                return ClaimSet::EMPTY;
            }
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
        let tuple = [5 << 28 | seat as u32, local, history];
        self.tuples.value(tuple, (), || {
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

/// Judges each two participants, in both orders.
fn pairs<'p, A: Participant, G: History, B: Beside>(
    parts: &'p Parts<A, G>,
    row: &[Name],
    touched: Touched,
    (tuples, beside): (&mut Remembered<B>, B),
    judge: impl Fn(Seat<'p, A>, Seat<'p, A>) -> ClaimSet,
) -> ClaimSet {
    let all = beside.is_touched(touched);
    let mut alarms = ClaimSet::EMPTY;
    for (second, cell) in parts.layout.cells_of(row) {
        let other = parts.seats[second].facts[cell as usize].local;
        for (first, cell) in parts.layout.cells_of(row).take(second) {
            if !all && !touched.seat(first) && !touched.seat(second) {
                continue;
            }
            let one = parts.seats[first].facts[cell as usize].local;
            let tuple = [3 << 28 | (first << 12 | second) as u32, one, other];
            alarms |= tuples.value(tuple, beside, || {
                let (one, other) = (parts.seat(first, one), parts.seat(second, other));
                judge(one, other) | judge(other, one)
            });
        }
    }
    alarms
}

/// Judges the messages in flight: those of one cell from one sender at a time.
fn flights<A: Participant, G: History, B: Beside>(
    parts: &Parts<A, G>,
    row: &[Name],
    touched: Touched,
    (tuples, beside): (&mut Remembered<B>, B),
    judge: impl Fn(&Flight<'_, A>) -> ClaimSet,
) -> ClaimSet {
    let all = beside.is_touched(touched);
    let mut alarms = ClaimSet::EMPTY;
    for receiver in 0..parts.layout.seats {
        let cell = row[receiver];
        let mut senders = parts.seats[receiver].facts[cell as usize].senders;
        while senders != 0 {
            let sender = senders.trailing_zeros();
            senders &= senders - 1;
            if sender == OUTSIDERS {
                // Few systems have such senders: not remembered.
                alarms |= from(parts, row, (receiver, None), &judge);
                continue;
            }
            let seat = sender as usize;
            if !all && !touched.seat(receiver) && !touched.seat(seat) {
                continue;
            }
            let local = parts.seats[seat].facts[row[seat] as usize].local;
            let tuple = [4 << 28 | sender << 12 | receiver as u32, local, cell];
            alarms |= tuples.value(tuple, beside, || {
                from(parts, row, (receiver, Some(seat)), &judge)
            });
        }
    }
    alarms
}

/// Judges the messages of a cell from one participant, or from everyone who has no bit of his own.
fn from<A: Participant, G: History>(
    parts: &Parts<A, G>,
    row: &[Name],
    (receiver, sender): (usize, Option<usize>),
    judge: impl Fn(&Flight<'_, A>) -> ClaimSet,
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
        alarms |= judge(&Flight {
            src: envelope.src,
            dst: envelope.dst,
            msg: &envelope.msg,
            sender: local(src),
            receiver: local(receiver),
        });
    }
    alarms
}

fn raised<F>(sought: &[Sought<F>], verdict: impl Fn(&F) -> bool) -> ClaimSet {
    let alarm = |sought: &Sought<F>| verdict(&sought.holds) == sought.alarm;
    sought
        .iter()
        .map(|sought| ClaimSet::of_if(sought.claim, alarm(sought)))
        .collect()
}

#[cfg(test)]
mod tests;
