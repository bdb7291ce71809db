//! The attempts of a client: whom it asks, and what follows from answers and from silence. Its driver
//! says when there is silence, and how long a pause is.

use super::{Answer, Reply, Request};
use stateright::actor::Id;
use std::collections::BTreeSet;
use std::marker::PhantomData;

/// Hints that are followed in a row, without pause.
pub(super) const HINTS_MAX: u32 = 3;

/// A client's requests, one after the other, each executed at most once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempts<Operation, Outcome> {
    /// The number of participants. Their ids are below it.
    nodes: usize,
    client: u64,
    number: u64,
    /// Whether the cluster has executed a request under this client number, and is not known to
    /// have forgotten it.
    remembered: bool,
    /// The node that the request was sent to last.
    asked: usize,
    /// Whether that node has answered the request before.
    settled: bool,
    open: Option<Open<Operation>>,
    outcome: PhantomData<Outcome>,
}

/// The request that has no answer yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Open<Operation> {
    operation: Operation,
    /// It was sent more than once.
    repeated: bool,
    /// The node whose turn it was last. Hints lead away from it and change nothing of the order,
    /// so that each node has its turn.
    turn: usize,
    /// Hints followed since.
    hints: u32,
    /// The node asked has refused: this is a pause.
    refused: bool,
    /// The nodes that did not answer in time. Hints at them are not followed: a follower gives them
    /// until it notices that its leader is down.
    silent: BTreeSet<usize>,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<Operation, Outcome> {
    /// Wait as before.
    Wait,
    /// Pause, since the participant asked has refused: then go on as after silence.
    Pause,
    /// Send a request to this participant, and wait for its answer.
    Send(Id, Request<Operation>),
    /// The request has its answer, which is no [`Answer::Elsewhere`].
    Answered(Answer<Outcome>),
}

impl<Operation: Clone, Outcome> Attempts<Operation, Outcome> {
    /// A client of so many nodes that asks this one first, counted round and round.
    ///
    /// # Panics
    ///
    /// If there is no node to ask.
    pub fn new(nodes: usize, first: usize) -> Self {
        assert_ne!(nodes, 0, "a client needs a node to ask");
        Attempts {
            nodes,
            client: 0,
            number: 0,
            remembered: false,
            asked: first % nodes,
            settled: false,
            open: None,
            outcome: PhantomData,
        }
    }

    /// Begins a request. One that was open is given up.
    ///
    /// `fresh` is a number that no client has had. It becomes the client's unless the cluster remembers
    /// the present one: the cluster refuses the second request of a client whose first one it
    /// never executed.
    pub fn begin(&mut self, operation: Operation, fresh: u64) -> Step<Operation, Outcome> {
        if !self.remembered {
            (self.client, self.number) = (fresh, 0);
        }
        self.number += 1;
        let step = self.send(self.asked, &operation);
        self.open = Some(Open {
            operation,
            repeated: false,
            turn: self.asked,
            hints: 0,
            refused: false,
            silent: BTreeSet::new(),
        });
        step
    }

    /// The request that is open, by client and number, and what it asks for.
    pub fn open(&self) -> Option<(u64, u64, &Operation)> {
        let open = self.open.as_ref()?;
        Some((self.client, self.number, &open.operation))
    }

    /// Gives up on the request that is open.
    pub fn give_up(&mut self) {
        self.open = None;
    }

    /// The participant that is asked, or was asked last.
    pub fn asked(&self) -> Id {
        Id::from(self.asked)
    }

    /// The client's number; 0 before its first request.
    pub fn client(&self) -> u64 {
        self.client
    }

    /// How many requests it has begun under its present number.
    pub fn begun(&self) -> u64 {
        self.number
    }

    /// Whether the open request was sent more than once: then nobody knows which copy is answered.
    pub fn is_repeated(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.repeated)
    }

    /// Whether an answer is to be expected: the participant asked has not refused, and was not silent
    /// before.
    pub fn expects_answer(&self) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|open| !open.refused && !open.silent.contains(&self.asked))
    }

    /// The participant asked is silent for too long, or the pause is over.
    pub fn on_silence(&mut self) -> Step<Operation, Outcome> {
        let Some(open) = &mut self.open else {
            return Step::Wait;
        };
        if !open.refused {
            if !open.repeated && self.settled {
                return self.ask(self.asked);
            }
            open.silent.insert(self.asked);
        }
        open.turn = (open.turn + 1) % self.nodes;
        open.hints = 0;
        let turn = open.turn;
        self.ask(turn)
    }

    /// A node has replied. A reply to no open request is ignored, and so is the refusal of a node
    /// asked before.
    pub fn on_reply(&mut self, node: Id, reply: Reply<Outcome>) -> Step<Operation, Outcome> {
        let named = (reply.client, reply.number) == (self.client, self.number);
        let node = self.index(node).filter(|_| named && self.open.is_some());
        let Some(node) = node else {
            return Step::Wait;
        };
        match &reply.answer {
            Answer::Elsewhere { node: hint } => return self.on_refusal(node, *hint),
            Answer::Done(_) => self.remembered = true,
            Answer::Expired => self.remembered = false,
            Answer::Read(_) | Answer::TooLarge { .. } => {}
        }
        (self.asked, self.settled, self.open) = (node, true, None);
        Step::Answered(reply.answer)
    }

    fn on_refusal(&mut self, node: usize, hint: Option<Id>) -> Step<Operation, Outcome> {
        let hinted = hint.and_then(|hint| self.index(hint));
        let Some(open) = self.open.as_mut().filter(|open| !open.refused) else {
            return Step::Wait;
        };
        open.silent.remove(&node);
        if node != self.asked {
            return Step::Wait;
        }
        let speaks = |hinted: &usize| *hinted != node && !open.silent.contains(hinted);
        match hinted.filter(speaks) {
            Some(hinted) if open.hints < HINTS_MAX => {
                open.hints += 1;
                self.ask(hinted)
            }
            _ => {
                open.refused = true;
                Step::Pause
            }
        }
    }

    /// Sends the open request again.
    fn ask(&mut self, node: usize) -> Step<Operation, Outcome> {
        let Some(open) = &mut self.open else {
            return Step::Wait;
        };
        open.repeated = true;
        open.refused = false;
        let operation = open.operation.clone();
        self.send(node, &operation)
    }

    fn send(&mut self, node: usize, operation: &Operation) -> Step<Operation, Outcome> {
        self.settled &= node == self.asked;
        self.asked = node;
        let request = Request {
            client: self.client,
            number: self.number,
            operation: operation.clone(),
        };
        Step::Send(Id::from(node), request)
    }

    fn index(&self, node: Id) -> Option<usize> {
        Some(usize::from(node)).filter(|index| *index < self.nodes)
    }
}
