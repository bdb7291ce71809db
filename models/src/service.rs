//! The replicated service: what each server does for clients, whatever it replicates, and by whichever
//! protocol.
//!
//! A request is proposed to the protocol. What is decided is executed by every server, in its order and
//! [once], and answered where its client [waits](pending). Nodes and finite systems have this
//! [`Store`] in common, so that what is searched is what runs.

pub mod once;
pub mod pending;

pub use once::{CLIENTS_MAX, Execution, Machine, Once, Recognized};

use crate::client::{Answer, Reply, Request};
use pending::{PendingRequests, RequestId};
use stateright::actor::Id;

/// The decisions that linearizability and execution once lean on. A mutant exchanges one of them.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What a request is, given the number of its client's last executed request, if the client is
    /// remembered, and its own.
    pub recognize: fn(Option<u64>, u64) -> Recognized,
    /// Whether a request is ordered among the others, given whether it only reads: each is.
    pub orders: fn(bool) -> bool,
    /// Whether a request that is proposed is answered only when it is decided.
    pub waits: fn() -> bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            recognize: Recognized::of,
            orders: |_| true,
            waits: || true,
        }
    }
}

/// What has been executed, and the clients that wait for more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store<M: Machine> {
    /// The machine.
    pub once: Once<M>,
    pending: PendingRequests,
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt<Outcome> {
    /// Answer it: it is decided.
    Answer(Answer<Outcome>),
    /// Nothing: it is a late copy, or has been proposed already.
    Nothing,
    /// Propose it, under a ticket that [`Store::enter`] issues.
    Propose,
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

    /// A client at this address asks for something, in this generation of the protocol.
    pub fn on_request(
        &mut self,
        rules: &Rules,
        request: &Request<M::Operation>,
        address: Id,
        generation: u64,
    ) -> Receipt<M::Outcome> {
        if !(rules.orders)(M::only_reads(&request.operation)) {
            let answer = self.own_answer(rules, request);
            return answer.map_or(Receipt::Nothing, Receipt::Answer);
        }
        let name = (request.client, request.number);
        match self.once.execution(rules, name.0, name.1) {
            // Decided before this server heard of the request: no need to propose it again.
            Some(Execution::Done(outcome)) => Receipt::Answer(Answer::Done(outcome)),
            // A late copy: its client has had the answer.
            Some(Execution::Outdated) => Receipt::Nothing,
            // The client may be known in what is decided and not executed here yet.
            Some(Execution::Expired) | None => {
                match self.pending.rebind(name, address, generation) {
                    true => Receipt::Nothing,
                    false => Receipt::Propose,
                }
            }
        }
    }

    /// The ticket under which to propose a request in this generation. Its client waits at this
    /// address.
    pub fn enter(&mut self, request: RequestId, address: Id, generation: u64) -> Id {
        self.pending.enter(request, address, generation)
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
        let answer = self.own_answer(rules, request)?;
        Some((address, reply(name, answer)))
    }

    /// The answer by what has been executed here, which may be old.
    fn own_answer(
        &self,
        rules: &Rules,
        request: &Request<M::Operation>,
    ) -> Option<Answer<M::Outcome>> {
        answer(self.once.clone().apply(rules, request.clone()))
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

/// What a client is told of what the machine says.
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
