//! The replicated service: the work of each server for its clients, over any machine and any protocol.
//!
//! A request is proposed to the protocol. Every server executes the decided requests in their order, each
//! [once]; the server at which the client [waits](pending) answers. A read is answered by what one server has
//! executed, as soon as the protocol says that this will do; where a protocol has no say in it, a read is
//! proposed like any other request. Nodes and finite systems have this [`Store`] in common, so that what
//! is searched is what runs.

pub mod once;
pub mod pending;

pub use once::{CLIENTS_MAX, Execution, Machine, Once, Recognized};

use crate::client::{Answer, Reply, Request};
use crate::replica::{Consistency, Replica};
use pending::{PendingRequests, RequestId};
use stateright::actor::Id;

/// The decisions that linearizability and execution once lean on. A mutant exchanges one of them.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Whether a request is new, given the number of its client's last executed request, if the client
    /// is remembered, and its own.
    pub recognize: fn(Option<u64>, u64) -> Recognized,
    /// The consistency of a read, given the one that its client asks for: the same.
    pub reads: fn(Consistency) -> Consistency,
    /// Whether a request that is proposed is answered only when it is decided.
    pub waits: fn() -> bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            recognize: Recognized::of,
            reads: |consistency| consistency,
            waits: || true,
        }
    }
}

/// The machine, and the clients that wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store<M: Machine> {
    /// The machine.
    pub once: Once<M>,
    pending: PendingRequests<M::Operation>,
}

/// The next step with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt<Outcome, Msg> {
    /// Answer it: it is decided, or reads what is here.
    Answer(Answer<Outcome>),
    /// Nothing: it is a late copy, or has been proposed already.
    Nothing,
    /// Propose it, under a ticket that [`Store::enter`] issues.
    Propose,
    /// Ask this of the replica, under a ticket that [`Store::enter_read`] issues.
    Ask(Msg),
}

/// An answer on its way, and where its client is.
pub type Addressed<Outcome> = (Id, Reply<Outcome>);

impl<M: Machine> Store<M> {
    /// Nothing has been executed. At most so many requests wait.
    pub fn new(limit: usize) -> Self {
        Store {
            once: Once::default(),
            pending: PendingRequests::new(limit),
        }
    }

    /// A client at this address asks for something. If what was proposed here in the present generation
    /// of the protocol waits for its decision only, and cannot have been lost, this is the generation.
    pub fn on_request<R: Replica>(
        &mut self,
        rules: &Rules,
        request: &Request<M::Operation>,
        address: Id,
        generation: Option<u64>,
    ) -> Receipt<M::Outcome, R::Msg> {
        let name = (request.client, request.number);
        let consistency = M::consistency(&request.operation).map(rules.reads);
        let ask = consistency.and_then(R::read);
        if consistency == Some(Consistency::Local) {
            let outcome = self.once.machine().read(&request.operation);
            return Receipt::Answer(Answer::Read(outcome));
        }
        if ask.is_none() {
            match self.once.execution(rules, name.0, name.1) {
                // Decided before this server heard of the request: no need to propose it again.
                Some(Execution::Done(outcome)) => return Receipt::Answer(Answer::Done(outcome)),
                // A late copy: its client has had the answer.
                Some(Execution::Outdated) => return Receipt::Nothing,
                // The client may be known in what is decided and not executed here yet.
                Some(Execution::Expired) | None => {}
            }
        }
        match self.pending.rebind(name, address, generation) {
            true => Receipt::Nothing,
            false => ask.map_or(Receipt::Propose, Receipt::Ask),
        }
    }

    /// The ticket under which to propose a request in this generation. Its client waits at this
    /// address.
    pub fn enter(&mut self, request: RequestId, address: Id, generation: u64) -> Id {
        self.pending.enter(request, None, address, generation)
    }

    /// The ticket under which to ask about a read, likewise.
    pub fn enter_read(
        &mut self,
        request: &Request<M::Operation>,
        address: Id,
        generation: u64,
    ) -> Id {
        let name = (request.client, request.number);
        let reads = Some(request.operation.clone());
        self.pending.enter(name, reads, address, generation)
    }

    /// The protocol says that the reader of this ticket may be answered by what is executed by now.
    pub fn on_readable(&mut self, ticket: Id) -> Option<Addressed<M::Outcome>> {
        let (request, address, operation) = self.pending.read(ticket)?;
        let outcome = self.once.machine().read(&operation);
        Some((address, reply(request, Answer::Read(outcome))))
    }

    /// The proposal under a ticket is refused. The server to ask may be known.
    pub fn on_refusal(&mut self, ticket: Id, node: Option<Id>) -> Option<Addressed<M::Outcome>> {
        let (request, address) = self.pending.refuse(ticket)?;
        Some((address, reply(request, Answer::Elsewhere { node })))
    }

    /// A request is proposed, and the protocol has not refused it at once: answers by what has been
    /// executed, if that need not wait for the decision.
    pub fn on_proposed(
        &mut self,
        rules: &Rules,
        request: &Request<M::Operation>,
    ) -> Option<Addressed<M::Outcome>> {
        if (rules.waits)() {
            return None;
        }
        let name = (request.client, request.number);
        let address = self.pending.leave(name)?;
        // By what has been executed here, which may be old.
        let answer = answer(self.once.clone().apply(rules, request.clone()))?;
        Some((address, reply(name, answer)))
    }

    /// A request is decided: executes it, unless it has been executed before, and answers the client
    /// that waits for it here.
    pub fn on_decided(
        &mut self,
        rules: &Rules,
        request: Request<M::Operation>,
    ) -> Option<Addressed<M::Outcome>> {
        let name = (request.client, request.number);
        let answer = answer(self.once.apply(rules, request))?;
        let address = self.pending.leave(name)?;
        Some((address, reply(name, answer)))
    }

    /// The requests that wait for their answer.
    pub fn waiting(&self) -> impl Iterator<Item = RequestId> {
        self.pending.waiting()
    }

    /// Issues tickets anew: [`PendingRequests::renumber`].
    pub fn renumber(&mut self) {
        self.pending.renumber();
    }
}

/// The answer to a client, given what the machine says.
fn answer<Outcome>(execution: Execution<Outcome>) -> Option<Answer<Outcome>> {
    match execution {
        Execution::Done(outcome) => Some(Answer::Done(outcome)),
        Execution::Expired => Some(Answer::Expired),
        Execution::Outdated => None,
    }
}

/// The reply to a request.
pub fn reply<Outcome>((client, number): RequestId, answer: Answer<Outcome>) -> Reply<Outcome> {
    Reply {
        client,
        number,
        answer,
    }
}
