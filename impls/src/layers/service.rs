//! The service: proposes what clients ask, applies what is decided, and answers.

mod followers;

use super::wire::whole;
use super::{Doorbell, HoldsReplica, InputOf, Layer, Outputs};
use crate::counters::{Counters, Reject};
use crate::farewell::Farewell;
use crate::machine::Machine;
use crate::request::{Answer, NodeStatus, Packet, Probe, Reply, Report, Request, index};
use followers::Followers;
use quorate_models::input::Input;
use quorate_models::replica::{Command, Delivery, Replica};
use quorate_models::service::{Receipt, Rules, Store, reply};
use stateright::actor::{Command as Output, Id};
use std::sync::Arc;

/// Bytes of a request, as a command, at most, so that a message with one command always fits a frame.
pub const REQUEST_BYTES_MAX: usize = 32 * 1024;
/// Undecided positions, at most; then nothing more is proposed. Otherwise a leader's log grows for ever
/// without a quorum.
const UNDECIDED_MAX: u64 = 4 * 1024;
/// Deliveries that are applied in one event: a node with a long log to apply hears its peers meanwhile.
const DELIVERIES_MAX: usize = 256;
/// What to do when what nodes tell each other contradicts itself.
const DISTRUST: &str = "keep every node's journal and log, and do not start this node again before you know \
                        whose journal is a copy, an old one, or another node's";
/// What the numbers of doorbells that are rung here have, and those of timers have not.
const FOR_MORE: u64 = 1 << 63;
/// Requests that wait for their answer, at most.
const PENDING_MAX: usize = 16 * 1024;

/// A layer that serves clients from the replica inside.
#[derive(Clone, Debug)]
pub struct Service<L> {
    inner: L,
    nodes: usize,
    rules: Rules,
    counters: Arc<Counters>,
    halt: fn(&str),
    snapshot_every: Option<u64>,
    farewell: Farewell,
}

/// The state of the layer inside, and what has been read of its replica.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Served<S, C> {
    inner: S,
    cursor: C,
    /// The number of deliveries.
    applied: u64,
    /// The number of deliveries that the last snapshot stands for.
    forgotten: u64,
    store: Store<Machine>,
    /// The number of the last doorbell rung here.
    rung: u64,
    /// If there may be more to read, for which the doorbell rings: how many others have come since.
    behind: Option<u64>,
    /// Readers that what is read by then will do for, once there is no more.
    readable: Vec<Id>,
    /// Generation, leader, and whether the node serves, as last seen.
    seen: (u64, Option<Id>, bool),
    followers: Followers,
    /// How often something else was seen since the node has served.
    in_vain: u64,
}

/// The state of a service on a layer of this type.
pub type ServedOf<L> =
    Served<<L as Layer>::State, <<L as HoldsReplica>::Replica as Replica>::Cursor>;

/// When a node makes a snapshot. The nodes take turns: while one puts its own on its disk, the others answer.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// Each has its turn once in so many deliveries, of 1 or more.
    every: u64,
    nodes: u64,
    node: u64,
}

impl Turn {
    /// Whether a turn has come, after so many deliveries, since the last snapshot, which stands for so many.
    /// After one that was handed over, it waits for as long as lies between the turns of two nodes.
    fn has_come(self, last: u64, deliveries: u64) -> bool {
        let Turn { every, nodes, node } = self;
        let between = every / nodes;
        let turns = |deliveries: u64| deliveries.saturating_add(between * node) / every;
        turns(last) < turns(deliveries) && between <= deliveries - last
    }
}

impl<L: HoldsReplica<Storage = (), Random = Doorbell>> Service<L> {
    /// A service on a replica, one of so many. `halt` is called with the reason when the replica
    /// finds that the protocol's safety is lost, or delivers a snapshot that cannot be decoded. It
    /// does not return in a running node.
    pub fn new(inner: L, nodes: usize, counters: Arc<Counters>, halt: fn(&str)) -> Self {
        Service {
            inner,
            nodes,
            rules: Rules::default(),
            counters,
            halt,
            snapshot_every: None,
            farewell: Farewell::default(),
        }
    }

    /// The same, which says farewell when this is due.
    pub fn with_farewell(self, farewell: Farewell) -> Self {
        Service { farewell, ..self }
    }

    /// The same, which hands its state over each time that so many deliveries have come, of 1 or more.
    pub fn with_snapshots(self, every: Option<u64>) -> Self {
        Service {
            snapshot_every: every,
            ..self
        }
    }

    fn is_node(&self, participant: Id) -> bool {
        index(participant) < self.nodes
    }

    /// Hands an input to the layer inside, passes on what it sends, applies what it has decided.
    fn pass(&self, id: Id, served: &mut ServedOf<L>, input: InputOf<L>, out: &mut Outputs<Self>) {
        // Other doorbells may be many: while the one for more is on its way, nothing is applied for them.
        let reads = served.behind.is_none() || !matches!(input, Input::Choice(_));
        self.hand(id, served, input, out);
        self.settle(id, served, reads, out);
    }

    /// Hands an input to the layer inside, and passes on what it sends.
    fn hand(&self, id: Id, served: &mut ServedOf<L>, input: InputOf<L>, out: &mut Outputs<Self>) {
        for output in self.inner.step(id, &mut served.inner, input) {
            match output {
                Output::Send(node, message) if self.is_node(node) => {
                    out.push(Output::Send(node, Packet::Peer(message)));
                }
                Output::Send(ticket, message) => {
                    if let Some(hint) = L::Replica::refusal(&message) {
                        let node = hint.filter(|hint| self.is_node(*hint));
                        out.extend(served.store.on_refusal(ticket, node).map(replies));
                    } else if L::Replica::is_readable(&message) {
                        served.readable.push(ticket);
                    }
                }
                Output::SetTimer(timer, range) => out.push(Output::SetTimer(timer, range)),
                Output::CancelTimer(timer) => out.push(Output::CancelTimer(timer)),
                Output::ChooseRandom(key, choices) => {
                    out.push(Output::ChooseRandom(key, choices));
                }
                Output::Save(()) => {}
            }
        }
        if let Some(why) = L::Replica::stopped(L::replica(&served.inner)) {
            (self.halt)(&format!("{why}; {DISTRUST}"));
        }
    }

    /// Applies what is decided, if it `reads`, and answers whom that was for.
    fn settle(&self, id: Id, served: &mut ServedOf<L>, reads: bool, out: &mut Outputs<Self>) {
        if reads {
            self.apply(served, out);
        }
        if let Some(snapshot) = self.snapshot(id, served) {
            self.pass(id, served, Input::Message(id, snapshot), out);
        }
        if served.behind.is_none() {
            for ticket in std::mem::take(&mut served.readable) {
                out.extend(served.store.on_readable(ticket).map(replies));
            }
        }
        self.log(served);
    }

    /// Applies what the replica has decided, and rings for the rest, unless that bell is on its way.
    fn apply(&self, served: &mut ServedOf<L>, out: &mut Outputs<Self>) {
        if !self.read(served, out) {
            served.behind = None;
        } else if served.behind.is_none() {
            served.behind = Some(0);
            served.rung += 1;
            out.push(ring(served.rung));
        }
    }

    /// A doorbell has rung. It may be the one for more. That may be lost: others ring it again, ever more
    /// rarely.
    fn on_bell(&self, served: &mut ServedOf<L>, bell: Doorbell, out: &mut Outputs<Self>) {
        let Some(others) = &mut served.behind else {
            return;
        };
        if bell == for_more(served.rung) {
            served.behind = None;
        } else if bell == Doorbell(0) {
            *others += 1;
            if others.is_power_of_two() {
                out.push(ring(served.rung));
            }
        }
    }

    /// If it is this node's turn, what all deliveries have come to.
    fn snapshot(&self, id: Id, served: &mut ServedOf<L>) -> Option<L::Msg> {
        let turn = Turn {
            every: self.snapshot_every?,
            nodes: self.nodes as u64,
            node: index(id) as u64,
        };
        if !turn.has_come(served.forgotten, served.applied) {
            return None;
        }
        served.forgotten = served.applied;
        let state = postcard::to_stdvec(&served.store.once).expect("a store can be encoded");
        L::Replica::snapshot(served.applied, state.into())
    }

    /// Applies what the replica has decided since the last time, so much of it at most. Whether there may
    /// be more.
    fn read(&self, served: &mut ServedOf<L>, out: &mut Outputs<Self>) -> bool {
        let Served {
            inner,
            cursor,
            applied,
            forgotten,
            store,
            ..
        } = served;
        for _ in 0..DELIVERIES_MAX {
            let Some(delivery) = L::Replica::next(L::replica(inner), cursor) else {
                return false;
            };
            *applied += 1;
            match delivery {
                Delivery::Command(command) => match postcard::from_bytes(&command.0) {
                    Ok(request) => {
                        out.extend(store.on_decided(&self.rules, request).map(replies));
                    }
                    // The same on every node, so the machines stay equal.
                    Err(error) => {
                        tracing::error!(position = *applied, %error, "decided command is no request; skipped");
                    }
                },
                Delivery::Nothing => {}
                Delivery::Members(members) => tracing::info!(?members, "members changed"),
                Delivery::Snapshot { stands_for, state } => match whole(state) {
                    Ok(once) => {
                        store.once = once;
                        (*applied, *forgotten) = (stands_for, stands_for);
                    }
                    Err(_) => {
                        self.counters.reject(Reject::Snapshot);
                        let (position, bytes) = (*applied, state.len());
                        (self.halt)(&format!(
                            "delivery {position} is a snapshot of {bytes} bytes that cannot be \
                             decoded: run the version of this program that wrote it"
                        ));
                        return false;
                    }
                },
            }
        }
        true
    }

    fn on_request(
        &self,
        id: Id,
        served: &mut ServedOf<L>,
        client: Id,
        request: Request,
        out: &mut Outputs<Self>,
    ) {
        let name = (request.client, request.number);
        let status = L::Replica::status(L::replica(&served.inner));
        let (rules, generation) = (&self.rules, status.generation);
        let holds = L::Replica::holds(id, &status).then_some(generation);
        let store = &mut served.store;
        let mut answers = |answer| out.push(replies((client, reply(name, answer))));
        match store.on_request::<L::Replica>(rules, &request, client, holds) {
            Receipt::Answer(answer) => return answers(answer),
            Receipt::Nothing => return,
            Receipt::Propose => {}
            Receipt::Ask(question) => {
                let ticket = store.enter_read(&request, client, generation);
                return self.hand(id, served, Input::Message(ticket, question), out);
            }
        }
        let bytes = postcard::to_stdvec(&request).expect("a request can be encoded");
        if REQUEST_BYTES_MAX < bytes.len() {
            return answers(Answer::TooLarge {
                found: bytes.len(),
                limit: REQUEST_BYTES_MAX,
            });
        }
        if UNDECIDED_MAX <= status.last - status.decided {
            return answers(Answer::Elsewhere { node: None });
        }
        let ticket = served.store.enter(name, client, generation);
        let proposal = L::Replica::proposal(Command(bytes.into()));
        self.hand(id, served, Input::Message(ticket, proposal), out);
        out.extend(served.store.on_proposed(&self.rules, &request).map(replies));
    }

    fn status(&self, id: Id, served: &ServedOf<L>) -> NodeStatus {
        let status = L::Replica::status(L::replica(&served.inner));
        NodeStatus {
            node: index(id),
            pid: std::process::id(),
            followers: served.followers.status(id, self.nodes, &status),
            serves: L::Replica::serves(&status),
            role: status.role,
            generation: status.generation,
            leader: status.leader.map(index),
            commit: status.decided,
            last: status.last,
            applied: served.applied,
            details: status.details,
            keys: served.store.once.machine().keys(),
            journal: self.counters.journal(),
            uptime_s: self.counters.uptime().as_secs(),
            doorbells: self.counters.doorbells(),
            datagrams: self.counters.datagrams(),
            rejected: self.counters.rejected(),
        }
    }

    fn log(&self, served: &mut ServedOf<L>) {
        let status = L::Replica::status(L::replica(&served.inner));
        let serves = L::Replica::serves(&status);
        let seen = (status.generation, status.leader, serves);
        if served.seen != seen {
            served.seen = seen;
            served.in_vain = if serves { 0 } else { served.in_vain + 1 };
            // A node that is alone stands for election again and again: it says so ever more rarely.
            if served.in_vain != 0 && !served.in_vain.is_power_of_two() {
                return;
            }
            let role = status.role;
            let generation = format!("{} {}", L::Replica::GENERATION, status.generation);
            match status.leader.map(index) {
                Some(leader) => tracing::info!(role, leader, "leader known in {generation}"),
                None if serves => tracing::info!(role, "serves in {generation}"),
                None => tracing::info!(role, "does not serve in {generation}"),
            }
        }
    }
}

/// The doorbell that is rung here under a number.
fn for_more(number: u64) -> Doorbell {
    Doorbell(FOR_MORE | number)
}

/// Rings it.
fn ring<M, T>(number: u64) -> Output<Packet<M>, T, Doorbell, ()> {
    Output::ChooseRandom("deliveries".to_owned(), vec![for_more(number)])
}

/// A reply to a client, as an output.
fn replies<M, T>((address, reply): (Id, Reply)) -> Output<Packet<M>, T, Doorbell, ()> {
    Output::Send(address, Packet::Replies(vec![reply]))
}

impl<L: HoldsReplica<Storage = (), Random = Doorbell>> Layer for Service<L> {
    type Msg = Packet<L::Msg>;
    type Timer = L::Timer;
    type Random = Doorbell;
    type Storage = ();
    type State = ServedOf<L>;

    fn initial(&self) -> Self::State {
        Served {
            inner: self.inner.initial(),
            cursor: Default::default(),
            applied: 0,
            forgotten: 0,
            store: Store::new(PENDING_MAX),
            rung: 0,
            behind: None,
            readable: Vec::new(),
            seen: (0, None, false),
            followers: Followers::default(),
            in_vain: 0,
        }
    }

    fn step(&self, id: Id, served: &mut Self::State, input: InputOf<Self>) -> Outputs<Self> {
        let mut out = Vec::new();
        let input = match input {
            Input::Start(none) => Input::Start(none),
            Input::Message(src, Packet::Peer(message)) => {
                let receiver = L::replica(&served.inner);
                if !L::Replica::is_possible(receiver, &message, self.nodes) {
                    self.counters.reject(Reject::Impossible);
                    return out;
                }
                if let Some(positions) = L::Replica::acknowledged(receiver, &message) {
                    served.followers.note(served.seen.0, src, positions);
                }
                Input::Message(src, message)
            }
            Input::Message(client, Packet::Requests(requests)) => {
                for request in requests {
                    self.on_request(id, served, client, request, &mut out);
                }
                // Once for all of them: what is applied in one event is bounded.
                self.settle(id, served, true, &mut out);
                return out;
            }
            Input::Message(client, Packet::Probe(Probe { number })) => {
                let status = Box::new(self.status(id, served));
                let report = Report { number, status };
                return vec![Output::Send(client, Packet::Report(report))];
            }
            Input::Message(_, Packet::Replies(_) | Packet::Report(_)) => return out,
            Input::Timeout(timer) => Input::Timeout(timer),
            Input::Choice(bell) => {
                self.on_bell(served, bell, &mut out);
                let waits = L::waits(&served.inner);
                let may_stop = L::Replica::has_said_farewell(L::replica(&served.inner));
                if self.farewell.is_due(waits || !may_stop)
                    && let Some(farewell) = L::Replica::farewell()
                {
                    self.pass(id, served, Input::Message(id, farewell), &mut out);
                }
                Input::Choice(bell)
            }
        };
        self.pass(id, served, input, &mut out);
        out
    }
}

#[cfg(test)]
mod tests;
