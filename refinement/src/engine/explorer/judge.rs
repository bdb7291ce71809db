//! Judging states by their components: each condition once for each tuple that it reads.
//!
//! Only the delta of a step is judged: the rest was so in the state before. Judgements are
//! remembered in a table of fixed size, compared exactly; a tuple that was pushed out of the table
//! is judged again.

mod remembered;

use super::ids::ComponentId;
use super::store::{ComponentStore, OUTSIDERS};
use super::table::Delta;
use quorate_models::quorum::Quorum;
use quorate_models::system::claim::{ClaimSet, Condition, Everything, Flight, Seat};
use quorate_models::system::{GhostState, LocalOf, Participant, System};
use remembered::{Beside, Remembered};
use stateright::actor::Id;

/// A condition that is looked for: its claim, and the verdict that is reported.
struct Sought<F> {
    claim: usize,
    alarm: bool,
    holds: F,
}

type OnGhost<G> = fn(&G) -> bool;
type OnEach<A, G> = fn(Seat<'_, A>, &G) -> bool;
type OnPair<A> = fn(Seat<'_, A>, Seat<'_, A>) -> bool;
type OnPairGhost<A, G> = fn(Seat<'_, A>, Seat<'_, A>, &G) -> bool;
type OnFlight<A> = fn(&Flight<'_, A>) -> bool;
type OnFlightGhost<A, G> = fn(&Flight<'_, A>, &G) -> bool;
type OnCluster<A, G> = fn(&[&LocalOf<A>], &G) -> bool;

/// Conditions that are judged together, by what they read.
pub(super) struct Judging<A: Participant, G: GhostState> {
    ghost: Vec<Sought<OnGhost<G>>>,
    each: Vec<Sought<OnEach<A, G>>>,
    pair: Vec<Sought<OnPair<A>>>,
    pair_ghost: Vec<Sought<OnPairGhost<A, G>>>,
    flight: Vec<Sought<OnFlight<A>>>,
    flight_ghost: Vec<Sought<OnFlightGhost<A, G>>>,
    quorum: Vec<Sought<OnEach<A, G>>>,
    cluster: Vec<Sought<OnCluster<A, G>>>,
    state: Vec<Sought<Everything<A, G>>>,
    tuples: Remembered<()>,
    /// Tuples that the ghost belongs to.
    tuples_with_ghost: Remembered<ComponentId>,
    quorums: Quorum,
    /// The participants that count in quorums, by id.
    members: Vec<usize>,
    /// For each participant, the conditions of quorums that it satisfies.
    satisfied: Vec<ClaimSet>,
}

impl<A: Participant, G: GhostState> Judging<A, G> {
    /// Looks for nothing yet, in a system.
    pub(super) fn new(system: &System<A, G>) -> Self {
        let (participants, quorums) = (system.actors.len(), system.quorum.clone());
        let members = quorums.members().into_iter().map(usize::from);
        Judging {
            members: members.filter(|member| *member < participants).collect(),
            satisfied: vec![ClaimSet::EMPTY; participants],
            quorums,
            ghost: Vec::new(),
            each: Vec::new(),
            pair: Vec::new(),
            pair_ghost: Vec::new(),
            flight: Vec::new(),
            flight_ghost: Vec::new(),
            quorum: Vec::new(),
            cluster: Vec::new(),
            state: Vec::new(),
            tuples: Remembered::new(),
            tuples_with_ghost: Remembered::new(),
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
            Condition::Ghost(holds) => self.ghost.push(sought(claim, alarm, *holds)),
            Condition::Each(holds) => self.each.push(sought(claim, alarm, *holds)),
            Condition::Pair(holds) => self.pair.push(sought(claim, alarm, *holds)),
            Condition::PairGhost(holds) => {
                self.pair_ghost.push(sought(claim, alarm, *holds));
            }
            Condition::FlightGhost(holds) => {
                self.flight_ghost.push(sought(claim, alarm, *holds));
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
        keep(&mut self.ghost, claims);
        keep(&mut self.each, claims);
        keep(&mut self.pair, claims);
        keep(&mut self.pair_ghost, claims);
        keep(&mut self.flight, claims);
        keep(&mut self.flight_ghost, claims);
        keep(&mut self.quorum, claims);
        keep(&mut self.cluster, claims);
        keep(&mut self.state, claims);
    }

    /// The claims that the state of a row raises an alarm for, in what was delta.
    pub(super) fn row(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        delta: Delta,
    ) -> ClaimSet {
        let mut alarms = ClaimSet::EMPTY;
        if !self.ghost.is_empty() && delta.ghost() {
            alarms |= self.ghost(store, row);
        }
        if !self.each.is_empty() {
            alarms |= self.each(store, row, delta);
        }
        if !self.pair.is_empty() || !self.flight.is_empty() {
            alarms |= self.pairs_and_flights(store, row, delta);
        }
        if !self.pair_ghost.is_empty() || !self.flight_ghost.is_empty() {
            alarms |= self.pairs_and_flights_with_ghost(store, row, delta);
        }
        if !self.quorum.is_empty() {
            alarms |= self.quorum(store, row, delta);
        }
        if !self.cluster.is_empty() {
            alarms |= self.cluster(store, row);
        }
        if !self.state.is_empty() {
            let state = store.state(row);
            alarms |= raised(&self.state, |holds| holds(&state));
        }
        alarms
    }

    /// Whether all that is looked for reads one participant and the ghost at a time.
    pub(super) fn reads_one_at_a_time(&self) -> bool {
        self.ghost.is_empty()
            && self.pair.is_empty()
            && self.pair_ghost.is_empty()
            && self.flight.is_empty()
            && self.flight_ghost.is_empty()
            && self.quorum.is_empty()
            && self.cluster.is_empty()
            && self.state.is_empty()
    }

    /// The alarms that one participant raises.
    pub(super) fn one(
        &mut self,
        store: &ComponentStore<A, G>,
        seat: usize,
        local: ComponentId,
        ghost: ComponentId,
    ) -> ClaimSet {
        let sought = &self.each;
        let tuple = [2 << 28 | seat as u32, local, ghost];
        self.tuples.value(tuple, (), || {
            let ghost = &store.ghosts[ghost];
            raised(sought, |holds| holds(store.seat(seat, local), ghost))
        })
    }

    fn ghost(&mut self, store: &ComponentStore<A, G>, row: &[ComponentId]) -> ClaimSet {
        let ghost = row[store.layout.ghost];
        let sought = &self.ghost;
        self.tuples.value([1 << 28, ghost, 0], (), || {
            raised(sought, |holds| holds(&store.ghosts[ghost]))
        })
    }

    fn each(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        delta: Delta,
    ) -> ClaimSet {
        let ghost = row[store.layout.ghost];
        let mut alarms = ClaimSet::EMPTY;
        for (seat, cell) in store.layout.cells_of(row) {
            if !delta.ghost() && !delta.touches(seat) {
                continue;
            }
            let local = store.slots[seat].facts[cell as usize].local;
            alarms |= self.one(store, seat, local, ghost);
        }
        alarms
    }

    fn pairs_and_flights(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        delta: Delta,
    ) -> ClaimSet {
        let (pair, flight, tuples) = (&self.pair, &self.flight, &mut self.tuples);
        let mut alarms = ClaimSet::EMPTY;
        if !pair.is_empty() {
            let judge = |one, other| raised(pair, |holds| holds(one, other));
            alarms |= pairs(store, row, delta, (tuples, ()), judge);
        }
        if !flight.is_empty() {
            alarms |= flights(store, row, delta, (tuples, ()), |one| {
                raised(flight, |holds| holds(one))
            });
        }
        alarms
    }

    fn pairs_and_flights_with_ghost(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        delta: Delta,
    ) -> ClaimSet {
        let (pair, flight) = (&self.pair_ghost, &self.flight_ghost);
        let (tuples, name) = (&mut self.tuples_with_ghost, row[store.layout.ghost]);
        let ghost = &store.ghosts[name];
        let mut alarms = ClaimSet::EMPTY;
        if !pair.is_empty() {
            let judge = |one, other| raised(pair, |holds| holds(one, other, ghost));
            alarms |= pairs(store, row, delta, (tuples, name), judge);
        }
        if !flight.is_empty() {
            alarms |= flights(store, row, delta, (tuples, name), |one| {
                raised(flight, |holds| holds(one, ghost))
            });
        }
        alarms
    }

    /// Whether a quorum satisfies what one must, member by member.
    fn quorum(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        delta: Delta,
    ) -> ClaimSet {
        if let Some(mover) = delta.mover().filter(|_| !delta.ghost()) {
            if !self.members.contains(&mover) {
                return ClaimSet::EMPTY;
            }
            // If a quorum satisfied the condition before, and the mover still does, the quorum still does.
            // If none did, one can only if the mover satisfies the condition now.
            let satisfied = self.satisfied(store, row, mover);
            let is_open = |sought: &Sought<_>| satisfied.contains(sought.claim) == sought.alarm;
            if !self.quorum.iter().any(is_open) {
                return ClaimSet::EMPTY;
            }
        }
        for at in 0..self.members.len() {
            let member = self.members[at];
            self.satisfied[member] = self.satisfied(store, row, member);
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

    /// The conditions of quorums that a member satisfies.
    fn satisfied(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        seat: usize,
    ) -> ClaimSet {
        let ghost = row[store.layout.ghost];
        let local = store.slots[seat].facts[row[seat] as usize].local;
        let sought = &self.quorum;
        let tuple = [5 << 28 | seat as u32, local, ghost];
        self.tuples.value(tuple, (), || {
            let (seat, ghost) = (store.seat(seat, local), &store.ghosts[ghost]);
            let satisfied = |sought: &Sought<OnEach<A, G>>| {
                ClaimSet::of_if(sought.claim, (sought.holds)(seat, ghost))
            };
            sought.iter().map(satisfied).collect()
        })
    }

    fn cluster(&mut self, store: &ComponentStore<A, G>, row: &[ComponentId]) -> ClaimSet {
        let locals = (0..store.layout.participants).map(|seat| &**store.local(seat, row[seat]));
        let locals: Vec<_> = locals.collect();
        let ghost = &store.ghosts[row[store.layout.ghost]];
        raised(&self.cluster, |holds| holds(&locals, ghost))
    }
}

impl<A: Participant, G: GhostState> ComponentStore<A, G> {
    fn seat(&self, seat: usize, local: ComponentId) -> Seat<'_, A> {
        Seat {
            id: Id::from(seat),
            local: &self.locals[local],
        }
    }
}

/// Judges each two participants, in both orders.
fn pairs<'p, A: Participant, G: GhostState, B: Beside>(
    store: &'p ComponentStore<A, G>,
    row: &[ComponentId],
    delta: Delta,
    (tuples, beside): (&mut Remembered<B>, B),
    judge: impl Fn(Seat<'p, A>, Seat<'p, A>) -> ClaimSet,
) -> ClaimSet {
    let all = beside.is_in(delta);
    let mut alarms = ClaimSet::EMPTY;
    for (second, cell) in store.layout.cells_of(row) {
        let other = store.slots[second].facts[cell as usize].local;
        for (first, cell) in store.layout.cells_of(row).take(second) {
            if !all && !delta.touches(first) && !delta.touches(second) {
                continue;
            }
            let one = store.slots[first].facts[cell as usize].local;
            let tuple = [3 << 28 | (first << 12 | second) as u32, one, other];
            alarms |= tuples.value(tuple, beside, || {
                let (one, other) = (store.seat(first, one), store.seat(second, other));
                judge(one, other) | judge(other, one)
            });
        }
    }
    alarms
}

/// Judges the messages in flight: those of one cell from one sender at a time.
fn flights<A: Participant, G: GhostState, B: Beside>(
    store: &ComponentStore<A, G>,
    row: &[ComponentId],
    delta: Delta,
    (tuples, beside): (&mut Remembered<B>, B),
    judge: impl Fn(&Flight<'_, A>) -> ClaimSet,
) -> ClaimSet {
    let all = beside.is_in(delta);
    let mut alarms = ClaimSet::EMPTY;
    for receiver in 0..store.layout.slots {
        let cell = row[receiver];
        let mut senders = store.slots[receiver].facts[cell as usize].senders;
        while senders != 0 {
            let sender = senders.trailing_zeros();
            senders &= senders - 1;
            if sender == OUTSIDERS {
                // Few systems have such senders: not remembered.
                alarms |= from(store, row, (receiver, None), &judge);
                continue;
            }
            let seat = sender as usize;
            if !all && !delta.touches(receiver) && !delta.touches(seat) {
                continue;
            }
            let local = store.slots[seat].facts[row[seat] as usize].local;
            let tuple = [4 << 28 | sender << 12 | receiver as u32, local, cell];
            alarms |= tuples.value(tuple, beside, || {
                from(store, row, (receiver, Some(seat)), &judge)
            });
        }
    }
    alarms
}

/// Judges the messages of a cell from one participant, or from all senders that have no bit of their own.
fn from<A: Participant, G: GhostState>(
    store: &ComponentStore<A, G>,
    row: &[ComponentId],
    (receiver, sender): (usize, Option<usize>),
    judge: impl Fn(&Flight<'_, A>) -> ClaimSet,
) -> ClaimSet {
    let participants = store.layout.participants;
    let local = |seat: usize| (seat < participants).then(|| &**store.local(seat, row[seat]));
    let mut alarms = ClaimSet::EMPTY;
    for message in &store.slots[receiver].cells[row[receiver]][1..] {
        let envelope = store.message(*message);
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
