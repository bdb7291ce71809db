//! The service: proposes what clients ask, applies what is decided, and answers.

use super::waiting::Waiting;
use super::{Doorbell, Inner};
use crate::counters::Counters;
use crate::machine::{Machine, Submission, Verdict};
use crate::request::{Answer, Body, NodeStatus, Packet, Reply, Request, index};
use quorate_models::replica::{Command, Replica};
use stateright::actor::{Actor, Command as Output, Id, Out};
use std::borrow::Cow;
use std::net::SocketAddrV4;
use std::sync::Arc;

/// Bytes of a submission, at most, so that a message with one command always fits a frame.
pub const SUBMISSION_BYTES_MAX: usize = 32 * 1024;
/// Positions that are not decided yet, beyond which nothing more is proposed: without a quorum, a
/// leader's log must not grow for ever.
const UNDECIDED_MAX: u64 = 4 * 1024;
/// Requests that wait for their answer, at most.
const WAITING_MAX: usize = 16 * 1024;

/// A replica that serves clients.
#[derive(Clone, Debug)]
pub struct Service<R> {
    replica: R,
    addresses: Vec<SocketAddrV4>,
    counters: Arc<Counters>,
    halt: fn(&str),
}

/// The state of the replica inside, and what has been applied of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Served<S: Clone + 'static> {
    replica: Inner<S>,
    applied: u64,
    machine: Machine,
    waiting: Waiting,
    /// Generation and leader, as last logged.
    logged: (u64, Option<Id>),
}

impl<R: Replica<Storage = (), Random = Doorbell, State: 'static>> Service<R> {
    /// A service on a replica. `halt` is called with the reason when the replica finds that the
    /// protocol's safety is lost, and does not return in a running node.
    pub fn new(
        replica: R,
        addresses: Vec<SocketAddrV4>,
        counters: Arc<Counters>,
        halt: fn(&str),
    ) -> Self {
        Service {
            replica,
            addresses,
            counters,
            halt,
        }
    }

    fn is_node(&self, participant: Id) -> bool {
        index(participant) < self.addresses.len()
    }

    /// Runs a handler of the replica, passes on what it sends, applies what it has decided.
    fn run(
        &self,
        served: &mut Served<R::State>,
        out: &mut Out<Self>,
        handler: impl FnOnce(&R, &mut Cow<'_, R::State>, &mut Out<R>),
    ) {
        let mut handled = Out::new();
        handler(&self.replica, &mut served.replica, &mut handled);
        self.perform(served, handled, out);
        if let Some(fault) = R::fault(&served.replica) {
            (self.halt)(&fault);
        }
        while served.applied < R::decided(&served.replica) {
            served.applied += 1;
            if let Some(command) = R::command(&served.replica, served.applied) {
                let submission = postcard::from_bytes(&command.0);
                apply(served, submission, out);
            }
        }
        self.log(served);
    }

    fn perform(&self, served: &mut Served<R::State>, handled: Out<R>, out: &mut Out<Self>) {
        for output in handled {
            match output {
                Output::Send(node, message) if self.is_node(node) => {
                    out.send(node, Packet::Peer(message));
                }
                Output::Send(ticket, message) => {
                    if let Some(hint) = R::refusal(&message)
                        && let Some((request, client)) = served.waiting.refuse(ticket)
                    {
                        let node = hint.and_then(|id| self.addresses.get(index(id)).copied());
                        reply(request, client, Answer::Elsewhere { node }, out);
                    }
                }
                Output::SetTimer(timer, range) => out.set_timer(timer, range),
                Output::CancelTimer(timer) => out.cancel_timer(timer),
                Output::ChooseRandom(key, choices) => out.choose_random(key, choices),
                Output::Save(()) => {}
            }
        }
    }

    fn on_request(
        &self,
        id: Id,
        served: &mut Served<R::State>,
        client: Id,
        request: Request,
        out: &mut Out<Self>,
    ) {
        let name = (request.client, request.number);
        let operation = match request.body {
            Body::Status => {
                let status = self.status(id, served);
                return reply(name, client, Answer::Status(status), out);
            }
            Body::Execute(operation) => operation,
        };
        match served.machine.verdict(name.0, name.1) {
            // Decided before this node heard of the request: no need to propose it again.
            Some(Verdict::Done(outcome)) => return reply(name, client, Answer::Done(outcome), out),
            // A late copy: its client has had the answer.
            Some(Verdict::Outdated) => return,
            // The client may be known in what is decided and not applied here yet.
            Some(Verdict::Expired) | None => {}
        }
        let status = R::status(&served.replica);
        if served.waiting.readdress(name, client, status.generation) {
            return;
        }
        let submission = Submission {
            client: name.0,
            number: name.1,
            operation,
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
        let ticket = served.waiting.enter(name, client, status.generation);
        let proposal = R::proposal(Command(bytes.into()));
        self.run(served, out, |replica, state, out| {
            replica.on_msg(id, state, ticket, proposal, out);
        });
    }

    fn status(&self, id: Id, served: &Served<R::State>) -> NodeStatus {
        let status = R::status(&served.replica);
        NodeStatus {
            node: index(id),
            role: status.role,
            generation: status.generation,
            leader: status.leader.map(index),
            decided: status.decided,
            last: status.last,
            applied: served.applied,
            keys: served.machine.keys(),
            doorbells: self.counters.doorbells(),
            rejects: self.counters.rejects(),
        }
    }

    fn log(&self, served: &mut Served<R::State>) {
        let status = R::status(&served.replica);
        let seen = (status.generation, status.leader);
        if served.logged != seen {
            served.logged = seen;
            let (role, generation) = (status.role, status.generation);
            match status.leader.map(index) {
                Some(leader) => tracing::info!(generation, role, leader, "leader known"),
                None => tracing::info!(generation, role, "no leader known"),
            }
        }
    }
}

/// Applies a decided command, and answers whoever waits for it here.
fn apply<S: Clone, A: Actor<Msg = Packet<M>>, M>(
    served: &mut Served<S>,
    submission: postcard::Result<Submission>,
    out: &mut Out<A>,
) {
    let submission = match submission {
        Ok(submission) => submission,
        Err(error) => {
            // The same on every node, so the machines stay equal.
            let position = served.applied;
            return tracing::error!(position, %error, "decided command is no submission; skipped");
        }
    };
    let request = (submission.client, submission.number);
    let answer = match served.machine.apply(submission) {
        Verdict::Done(outcome) => Answer::Done(outcome),
        Verdict::Expired => Answer::Expired,
        Verdict::Outdated => return,
    };
    if let Some(client) = served.waiting.leave(request) {
        reply(request, client, answer, out);
    }
}

fn reply<A: Actor<Msg = Packet<M>>, M>(
    (client, number): (u64, u64),
    address: Id,
    answer: Answer,
    out: &mut Out<A>,
) {
    out.send(
        address,
        Packet::Reply(Reply {
            client,
            number,
            answer,
        }),
    );
}

impl<R: Replica<Storage = (), Random = Doorbell, State: 'static>> Actor for Service<R> {
    type Msg = Packet<R::Msg>;
    type Timer = R::Timer;
    type State = Served<R::State>;
    type Storage = ();
    type Random = Doorbell;

    fn on_start(&self, id: Id, storage: &Option<()>, out: &mut Out<Self>) -> Self::State {
        let mut started = Out::new();
        let mut served = Served {
            replica: Cow::Owned(self.replica.on_start(id, storage, &mut started)),
            applied: 0,
            machine: Machine::default(),
            waiting: Waiting::new(WAITING_MAX),
            logged: (0, None),
        };
        self.run(&mut served, out, |_, _, out| out.append(&mut started));
        served
    }

    fn on_msg(
        &self,
        id: Id,
        served: &mut Cow<'_, Self::State>,
        src: Id,
        packet: Self::Msg,
        out: &mut Out<Self>,
    ) {
        let served = served.to_mut();
        match packet {
            Packet::Peer(message) => self.run(served, out, |replica, state, out| {
                replica.on_msg(id, state, src, message, out);
            }),
            Packet::Request(request) => self.on_request(id, served, src, request, out),
            Packet::Reply(_) => {}
        }
    }

    fn on_timeout(
        &self,
        id: Id,
        served: &mut Cow<'_, Self::State>,
        timer: &R::Timer,
        out: &mut Out<Self>,
    ) {
        self.run(served.to_mut(), out, |replica, state, out| {
            replica.on_timeout(id, state, timer, out);
        });
    }

    fn on_random(
        &self,
        id: Id,
        served: &mut Cow<'_, Self::State>,
        doorbell: &Doorbell,
        out: &mut Out<Self>,
    ) {
        self.run(served.to_mut(), out, |replica, state, out| {
            replica.on_random(id, state, doorbell, out);
        });
    }
}

#[cfg(test)]
mod tests;
