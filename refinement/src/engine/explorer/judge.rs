//! Judging states by their components: each condition once for each tuple that it reads.
//!
//! Only the delta of a step is judged: the rest was so in the state before. Verdicts are cached in a
//! table of fixed size, and tuples compared exactly; a tuple that was evicted is judged again.

use super::ids::{ComponentId, GhostId, LocalId, NONE};
use super::store::{ComponentStore, OUTSIDERS};
use super::table::Delta;
use quorate_models::quorum::Quorum;
use quorate_models::system::claim::{ClaimSet, Condition, Everything, Flight, Seat};
use quorate_models::system::{GhostState, LocalOf, Participant, System};
use stateright::actor::Id;

/// Tuples that are cached.
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
    tuples: Remembered,
    quorums: Quorum,
    /// The participants that count in quorums, by id.
    members: Vec<usize>,
    /// For each participant the quorum conditions that it satisfies.
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

    /// Stops looking for these claims.
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

    /// The claims that the state of a row raises an alarm for, in the delta of its step.
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
        let ghost = Some(row[store.layout.ghost]);
        if !self.pair.is_empty() {
            alarms |= self.pair(store, row, delta, None);
        }
        if !self.pair_ghost.is_empty() {
            alarms |= self.pair(store, row, delta, ghost);
        }
        if !self.flight.is_empty() {
            alarms |= self.flight(store, row, delta, None);
        }
        if !self.flight_ghost.is_empty() {
            alarms |= self.flight(store, row, delta, ghost);
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

    /// Whether every condition reads one participant and the ghost at a time.
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
        slot: usize,
        local: LocalId,
        ghost: GhostId,
    ) -> ClaimSet {
        let sought = &self.each;
        let tuple = [2 << 28 | slot as u32, local, ghost, NONE];
        self.tuples.value(tuple, || {
            let ghost = &store.ghosts[ghost];
            raised(sought, |holds| holds(store.seat(slot, local), ghost))
        })
    }

    fn ghost(&mut self, store: &ComponentStore<A, G>, row: &[ComponentId]) -> ClaimSet {
        let ghost = row[store.layout.ghost];
        let sought = &self.ghost;
        self.tuples.value([1 << 28, ghost, NONE, NONE], || {
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
        for (slot, cell) in store.layout.cells_of(row) {
            if !delta.ghost() && !delta.touches(slot) {
                continue;
            }
            let local = store.slots[slot].facts[cell as usize].local;
            alarms |= self.one(store, slot, local, ghost);
        }
        alarms
    }

    /// Each two participants; with a ghost, by the conditions that read it, too.
    fn pair(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        delta: Delta,
        ghost: Option<GhostId>,
    ) -> ClaimSet {
        let all = ghost.is_some() && delta.ghost();
        let kind = if ghost.is_some() { 6 } else { 3 };
        let mut alarms = ClaimSet::EMPTY;
        for (second, cell) in store.layout.cells_of(row) {
            let other = store.slots[second].facts[cell as usize].local;
            for (first, cell) in store.layout.cells_of(row).take(second) {
                if !all && !delta.touches(first) && !delta.touches(second) {
                    continue;
                }
                let one = store.slots[first].facts[cell as usize].local;
                let whose = kind << 28 | (first << 12 | second) as u32;
                let tuple = [whose, one, other, ghost.unwrap_or(NONE)];
                let (pair, pair_ghost) = (&self.pair, &self.pair_ghost);
                alarms |= self.tuples.value(tuple, || {
                    let (one, other) = (store.seat(first, one), store.seat(second, other));
                    let in_order = |one, other| match ghost {
                        None => raised(pair, |holds| holds(one, other)),
                        Some(ghost) => {
                            let ghost = &store.ghosts[ghost];
                            raised(pair_ghost, |holds| holds(one, other, ghost))
                        }
                    };
                    in_order(one, other) | in_order(other, one)
                });
            }
        }
        alarms
    }

    /// Messages of one cell from one sender at a time; with a ghost, by the conditions that read
    /// it, too.
    fn flight(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        delta: Delta,
        ghost: Option<GhostId>,
    ) -> ClaimSet {
        let all = ghost.is_some() && delta.ghost();
        let kind = if ghost.is_some() { 7 } else { 4 };
        let mut alarms = ClaimSet::EMPTY;
        for receiver in 0..store.layout.slots {
            let cell = row[receiver];
            let mut senders = store.slots[receiver].facts[cell as usize].senders;
            while senders != 0 {
                let sender = senders.trailing_zeros();
                senders &= senders - 1;
                if sender == OUTSIDERS {
                    // Few systems have such senders: not cached.
                    alarms |= self.from(store, row, (receiver, None), ghost);
                    continue;
                }
                let slot = sender as usize;
                if !all && !delta.touches(receiver) && !delta.touches(slot) {
                    continue;
                }
                let local = store.slots[slot].facts[row[slot] as usize].local;
                let whose = kind << 28 | sender << 12 | receiver as u32;
                let tuple = [whose, local, cell, ghost.unwrap_or(NONE)];
                let known = self.tuples.get(tuple);
                alarms |= known.unwrap_or_else(|| {
                    let alarms = self.from(store, row, (receiver, Some(slot)), ghost);
                    self.tuples.put(tuple, alarms);
                    alarms
                });
            }
        }
        alarms
    }

    /// The alarms for the messages of a cell from one participant, or from all senders without a bit
    /// of their own.
    fn from(
        &self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        (receiver, sender): (usize, Option<usize>),
        ghost: Option<GhostId>,
    ) -> ClaimSet {
        let participants = store.layout.participants;
        let local = |slot: usize| (slot < participants).then(|| &**store.local(slot, row[slot]));
        let mut alarms = ClaimSet::EMPTY;
        for message in &store.slots[receiver].cells[row[receiver]][1..] {
            let envelope = &store.messages[*message];
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
            alarms |= match ghost {
                None => raised(&self.flight, |holds| holds(&flight)),
                Some(ghost) => {
                    let ghost = &store.ghosts[ghost];
                    raised(&self.flight_ghost, |holds| holds(&flight, ghost))
                }
            };
        }
        alarms
    }

    /// Whether a quorum satisfies each condition, member by member.
    fn quorum(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        delta: Delta,
    ) -> ClaimSet {
        let mut open: ClaimSet = self.quorum.iter().map(Sought::of).collect();
        if let Some(mover) = delta.mover().filter(|_| !delta.ghost()) {
            if !self.members.contains(&mover) {
                return ClaimSet::EMPTY;
            }
            // If a quorum satisfied the condition before, and the mover still does, a quorum still
            // does. If none did, only the mover can have made one.
            let satisfied = self.satisfied(store, row, mover);
            let settled = |sought: &&Sought<_>| satisfied.contains(sought.claim) != sought.alarm;
            open -= self.quorum.iter().filter(settled).map(Sought::of).collect();
        }
        if open.is_empty() {
            return ClaimSet::EMPTY;
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

    /// What a member satisfies of what a quorum must.
    fn satisfied(
        &mut self,
        store: &ComponentStore<A, G>,
        row: &[ComponentId],
        slot: usize,
    ) -> ClaimSet {
        let ghost = row[store.layout.ghost];
        let local = store.slots[slot].facts[row[slot] as usize].local;
        let sought = &self.quorum;
        self.tuples
            .value([5 << 28 | slot as u32, local, ghost, NONE], || {
                let (slot, ghost) = (store.seat(slot, local), &store.ghosts[ghost]);
                let satisfied = |sought: &Sought<OnEach<A, G>>| {
                    ClaimSet::of_if(sought.claim, (sought.holds)(slot, ghost))
                };
                sought.iter().map(satisfied).collect()
            })
    }

    fn cluster(&mut self, store: &ComponentStore<A, G>, row: &[ComponentId]) -> ClaimSet {
        let locals = (0..store.layout.participants).map(|slot| &**store.local(slot, row[slot]));
        let locals: Vec<_> = locals.collect();
        let ghost = &store.ghosts[row[store.layout.ghost]];
        raised(&self.cluster, |holds| holds(&locals, ghost))
    }
}

impl<A: Participant, G: GhostState> ComponentStore<A, G> {
    fn seat(&self, slot: usize, local: LocalId) -> Seat<'_, A> {
        Seat {
            id: Id::from(slot),
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

/// A footprint's value: its kind with its slots, and up to three ids.
type Tuple = [ComponentId; 4];

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
