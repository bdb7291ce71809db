//! The service: proposes what clients ask, applies what is decided, and answers.

use super::wire::whole;
use super::{Doorbell, HoldsReplica, InputOf, Layer, Outputs};
use crate::counters::{Counters, Reject};
use crate::machine::{Execution, Machine, Submission};
use crate::request::{Answer, NodeStatus, Packet, Probe, Reply, Report, Request, index};
use quorate_models::input::Input;
use quorate_models::replica::{Command, Delivery, Replica};
use quorate_models::service::pending::{PendingRequests, RequestId};
use stateright::actor::{Command as Output, Id};
use std::sync::Arc;

/// Bytes of a submission, at most, so that a message with one command always fits a frame.
pub const SUBMISSION_BYTES_MAX: usize = 32 * 1024;
/// Positions that are not decided yet, beyond which nothing more is proposed: without a quorum, a
/// leader's log must not grow for ever.
const UNDECIDED_MAX: u64 = 4 * 1024;
/// Requests that wait for their answer, at most.
const PENDING_MAX: usize = 16 * 1024;

/// A layer that serves clients from the replica inside.
#[derive(Clone, Debug)]
pub struct Service<L> {
    inner: L,
    nodes: usize,
    counters: Arc<Counters>,
    halt: fn(&str),
}

/// The state of the layer inside, and what has been read of its replica.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Served<S, C> {
    inner: S,
    cursor: C,
    store: Store,
    /// Generation and leader, as last logged.
    logged: (u64, Option<Id>),
}

/// The state of a service on a layer of this type.
pub type ServedOf<L> =
    Served<<L as Layer>::State, <<L as HoldsReplica>::Replica as Replica>::Cursor>;

/// What has been applied, and the clients that wait for more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Store {
    /// The number of deliveries.
    applied: u64,
    machine: Machine,
    pending: PendingRequests,
}

impl<L: HoldsReplica<Storage = (), Random = Doorbell>> Service<L> {
    /// A service on a replica, one of so many. `halt` is called with the reason when the replica
    /// finds that the protocol's safety is lost, or delivers a snapshot that cannot be decoded. It
    /// does not return in a running node.
    pub fn new(inner: L, nodes: usize, counters: Arc<Counters>, halt: fn(&str)) -> Self {
        Service {
            inner,
            nodes,
            counters,
            halt,
        }
    }

    fn is_node(&self, participant: Id) -> bool {
        index(participant) < self.nodes
    }

    /// Hands an input to the layer inside, passes on what it sends, applies what it has decided.
    fn pass(&self, id: Id, served: &mut ServedOf<L>, input: InputOf<L>, out: &mut Outputs<Self>) {
        for output in self.inner.step(id, &mut served.inner, input) {
            match output {
                Output::Send(node, message) if self.is_node(node) => {
                    out.push(Output::Send(node, Packet::Peer(message)));
                }
                Output::Send(ticket, message) => {
                    if let Some(hint) = L::Replica::refusal(&message)
                        && let Some((request, client)) = served.store.pending.refuse(ticket)
                    {
                        let node = hint.filter(|hint| self.is_node(*hint));
                        reply(request, client, Answer::Elsewhere { node }, out);
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
            (self.halt)(&why);
        }
        self.read(served, out);
        self.log(served);
    }

    /// Applies what the replica has decided since the last time.
    fn read(&self, served: &mut ServedOf<L>, out: &mut Outputs<Self>) {
        let Served {
            inner,
            cursor,
            store,
            ..
        } = served;
        while let Some(delivery) = L::Replica::next(L::replica(inner), cursor) {
            store.applied += 1;
            match delivery {
                Delivery::Command(command) => store.apply(command, out),
                Delivery::Nothing => {}
                Delivery::Members(members) => tracing::info!(?members, "members changed"),
                Delivery::Snapshot(bytes) => match whole(bytes) {
                    Ok(machine) => store.machine = machine,
                    Err(_) => {
                        self.counters.reject(Reject::Snapshot);
                        let (position, bytes) = (store.applied, bytes.len());
                        return (self.halt)(&format!(
                            "delivery {position} is a snapshot of {bytes} bytes that cannot be \
                             decoded: run the version of this program that wrote it"
                        ));
                    }
                },
            }
        }
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
        match served.store.machine.execution(name.0, name.1) {
            // Decided before this node heard of the request: no need to propose it again.
            Some(Execution::Done(outcome)) => {
                return reply(name, client, Answer::Done(outcome), out);
            }
            // A late copy: its client has had the answer.
            Some(Execution::Outdated) => return,
            // The client may be known in what is decided and not applied here yet.
            Some(Execution::Expired) | None => {}
        }
        let status = L::Replica::status(L::replica(&served.inner));
        if served.store.pending.rebind(name, client, status.generation) {
            return;
        }
        let submission = Submission {
            client: name.0,
            number: name.1,
            operation: request.operation,
        };
        let bytes = postcard::to_stdvec(&submission).expect("a submission can be encoded");
        if SUBMISSION_BYTES_MAX < bytes.len() {
            let answer = Answer::TooLarge {
                found: bytes.len(),
                limit: SUBMISSION_BYTES_MAX,
            };
            return reply(name, client, answer, out);
        }
        if UNDECIDED_MAX <= status.last - status.decided {
            return reply(name, client, Answer::Elsewhere { node: None }, out);
        }
        let ticket = served.store.pending.enter(name, client, status.generation);
        let proposal = L::Replica::proposal(Command(bytes.into()));
        self.pass(id, served, Input::Message(ticket, proposal), out);
    }

    fn status(&self, id: Id, served: &ServedOf<L>) -> NodeStatus {
        let status = L::Replica::status(L::replica(&served.inner));
        NodeStatus {
            node: index(id),
            role: status.role,
            term: status.generation,
            leader: status.leader.map(index),
            commit: status.decided,
            last: status.last,
            applied: served.store.applied,
            keys: served.store.machine.keys(),
            doorbells: self.counters.doorbells(),
            rejects: self.counters.rejects(),
        }
    }

    fn log(&self, served: &mut ServedOf<L>) {
        let status = L::Replica::status(L::replica(&served.inner));
        let seen = (status.generation, status.leader);
        if served.logged != seen {
            served.logged = seen;
            let (role, term) = (status.role, status.generation);
            match status.leader.map(index) {
                Some(leader) => tracing::info!(term, role, leader, "leader known"),
                None => tracing::info!(term, role, "no leader known"),
            }
        }
    }
}

impl Store {
    /// Applies a decided command, and answers the client that waits for it here.
    fn apply<M, T>(
        &mut self,
        command: &Command,
        out: &mut Vec<Output<Packet<M>, T, Doorbell, ()>>,
    ) {
        let submission: Submission = match postcard::from_bytes(&command.0) {
            Ok(submission) => submission,
            Err(error) => {
                // The same on every node, so the machines stay equal.
                let position = self.applied;
                return tracing::error!(position, %error, "decided command is no submission; skipped");
            }
        };
        let request = (submission.client, submission.number);
        let answer = match self.machine.apply(submission) {
            Execution::Done(outcome) => Answer::Done(outcome),
            Execution::Expired => Answer::Expired,
            Execution::Outdated => return,
        };
        if let Some(client) = self.pending.leave(request) {
            reply(request, client, answer, out);
        }
    }
}

fn reply<M, T>(
    (client, number): RequestId,
    address: Id,
    answer: Answer,
    out: &mut Vec<Output<Packet<M>, T, Doorbell, ()>>,
) {
    let reply = Reply {
        client,
        number,
        answer,
    };
    out.push(Output::Send(address, Packet::Reply(reply)));
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
            store: Store {
                applied: 0,
                machine: Machine::default(),
                pending: PendingRequests::new(PENDING_MAX),
            },
            logged: (0, None),
        }
    }

    fn step(&self, id: Id, served: &mut Self::State, input: InputOf<Self>) -> Outputs<Self> {
        let mut out = Vec::new();
        let input = match input {
            Input::Start(none) => Input::Start(none),
            Input::Message(src, Packet::Peer(message)) => Input::Message(src, message),
            Input::Message(client, Packet::Request(request)) => {
                self.on_request(id, served, client, request, &mut out);
                return out;
            }
            Input::Message(client, Packet::Probe(Probe { number })) => {
                let status = self.status(id, served);
                let report = Report { number, status };
                return vec![Output::Send(client, Packet::Report(report))];
            }
            Input::Message(_, Packet::Reply(_) | Packet::Report(_)) => return out,
            Input::Timeout(timer) => Input::Timeout(timer),
            Input::Choice(Doorbell) => Input::Choice(Doorbell),
        };
        self.pass(id, served, input, &mut out);
        out
    }
}

#[cfg(test)]
mod tests;
