//! The client: how a request finds the participant that can execute it.
//!
//! [`Session`] is all of it as a state machine without sockets, clocks and randomness. Its inputs
//! are replies and the time that has passed since a start; its outputs are requests to send and
//! answers.
//!
//! A session stays with the participant that answered. Silence for longer than answers take, by its
//! own [measurements](round_trip), sends the request again: first to the same participant, since
//! messages get lost, then to one after the other, since participants die. A refusal names the
//! participant to ask, or leads to a pause.
//!
//! # Exactly once
//!
//! A request is named by a client number and its number there, for ever, and the replicated state
//! machine executes a name at most once, however often it is sent. A new client number is taken
//! only between two requests: where the cluster may not know the old one.

pub mod round_trip;

use round_trip::RoundTrip;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::time::Duration;

/// A request of a client. The two numbers name it for ever: sent again, it is the same request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Request<Operation> {
    /// The client, by a number it has drawn at random.
    pub client: u64,
    /// The client's requests, numbered from 1.
    pub number: u64,
    /// What it wants done.
    pub operation: Operation,
}

/// The reply to a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reply<Outcome> {
    /// As in the request.
    pub client: u64,
    /// As in the request.
    pub number: u64,
    /// What the participant says.
    pub answer: Answer<Outcome>,
}

/// What a participant says to a client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Answer<Outcome> {
    /// The operation has been executed, once.
    Done(Outcome),
    /// The participant cannot propose. Nothing was done here.
    Elsewhere {
        /// The participant to ask instead, if it is known.
        node: Option<Id>,
    },
    /// The operation is too large to be replicated. Nothing was done.
    TooLarge {
        /// Bytes of the operation.
        found: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// The client has been silent for so long that its last request is forgotten. This request was
    /// not executed now; whether it was before is not known.
    Expired,
}

/// A pause lasts as long as the request has been open, divided by this: the next attempt comes in
/// time whether an election takes long or not, and attempts become rare.
const PAUSE_DIVISOR: u32 = 4;
/// The shortest pause.
const PAUSE_MIN: Duration = Duration::from_millis(10);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// Hints that are followed in a row, without pause.
const HINTS_MAX: u32 = 3;

/// A client's requests, one after the other, each executed at most once. Times are durations since
/// any moment that the caller has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session<Operation, Outcome> {
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
    trip: RoundTrip,
    open: Option<Open<Operation>>,
    outcome: PhantomData<Outcome>,
}

/// The request that has no answer yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Open<Operation> {
    operation: Operation,
    begun: Duration,
    give_up: Duration,
    /// When to act without a reply.
    next: Duration,
    /// How often it was sent.
    sent: u32,
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

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<Operation, Outcome> {
    /// Wait for a reply, until [`Session::wake`] at the latest.
    Wait,
    /// Send a request to this participant.
    Send(Id, Request<Operation>),
    /// The request has its answer, which is no [`Answer::Elsewhere`].
    Answered(Answer<Outcome>),
    /// Time is up. Whether the request was or will be executed is not known.
    Unknown,
}

impl<Operation: Clone, Outcome> Session<Operation, Outcome> {
    /// A session of so many nodes that asks this one first, counted round and round.
    ///
    /// # Panics
    ///
    /// If there is no node to ask.
    pub fn new(nodes: usize, first: usize) -> Self {
        assert_ne!(nodes, 0, "a client needs a node to ask");
        Session {
            nodes,
            client: 0,
            number: 0,
            remembered: false,
            asked: first % nodes,
            settled: false,
            trip: RoundTrip::default(),
            open: None,
            outcome: PhantomData,
        }
    }

    /// Begins a request, whose outcome is unknown if it has no answer at `give_up`. A request that
    /// was open is given up.
    ///
    /// `fresh` is a number drawn at random. It becomes the client's unless the cluster remembers
    /// the present one: the cluster refuses the second request of a client whose first one it
    /// never executed.
    pub fn begin(
        &mut self,
        operation: Operation,
        fresh: u64,
        now: Duration,
        give_up: Duration,
    ) -> Next<Operation, Outcome> {
        if !self.remembered {
            (self.client, self.number) = (fresh, 0);
        }
        self.number += 1;
        self.open = Some(Open {
            operation,
            begun: now,
            give_up,
            next: now,
            sent: 0,
            turn: self.asked,
            hints: 0,
            refused: false,
            silent: BTreeSet::new(),
        });
        self.ask(self.asked, now)
    }

    /// When [`on_time`](Session::on_time) is due, if a request is open.
    pub fn wake(&self) -> Option<Duration> {
        self.open.as_ref().map(|open| open.next.min(open.give_up))
    }

    /// Time has passed.
    pub fn on_time(&mut self, now: Duration) -> Next<Operation, Outcome> {
        let Some(open) = &mut self.open else {
            return Next::Wait;
        };
        if open.give_up <= now {
            self.open = None;
            return Next::Unknown;
        }
        if now < open.next {
            return Next::Wait;
        }
        if !open.refused {
            if open.sent == 1 && self.settled {
                self.trip.back_off();
                return self.ask(self.asked, now);
            }
            if open.silent.insert(self.asked) {
                self.trip.back_off();
            }
        }
        open.turn = (open.turn + 1) % self.nodes;
        open.hints = 0;
        let turn = open.turn;
        self.ask(turn, now)
    }

    /// A node has replied. A reply to no open request is ignored, and so is the refusal of a node
    /// asked before.
    pub fn on_reply(
        &mut self,
        node: Id,
        reply: Reply<Outcome>,
        now: Duration,
    ) -> Next<Operation, Outcome> {
        let Some(open) = &self.open else {
            return Next::Wait;
        };
        let Some(node) = self.index(node) else {
            return Next::Wait;
        };
        if (reply.client, reply.number) != (self.client, self.number) {
            return Next::Wait;
        }
        match &reply.answer {
            Answer::Elsewhere { node: hint } => return self.on_refusal(node, *hint, now),
            Answer::Done(_) => self.remembered = true,
            Answer::Expired => self.remembered = false,
            Answer::TooLarge { .. } => {}
        }
        if open.sent == 1 {
            self.trip.measured(now.saturating_sub(open.begun));
        }
        (self.asked, self.settled, self.open) = (node, true, None);
        Next::Answered(reply.answer)
    }

    fn on_refusal(
        &mut self,
        node: usize,
        hint: Option<Id>,
        now: Duration,
    ) -> Next<Operation, Outcome> {
        let hinted = hint.and_then(|hint| self.index(hint));
        let Some(open) = self.open.as_mut().filter(|open| !open.refused) else {
            return Next::Wait;
        };
        open.silent.remove(&node);
        if node != self.asked {
            return Next::Wait;
        }
        let speaks = |hinted: &usize| *hinted != node && !open.silent.contains(hinted);
        match hinted.filter(speaks) {
            Some(hinted) if open.hints < HINTS_MAX => {
                open.hints += 1;
                self.ask(hinted, now)
            }
            _ => {
                open.refused = true;
                open.next = now + open.pause(now);
                Next::Wait
            }
        }
    }

    fn ask(&mut self, node: usize, now: Duration) -> Next<Operation, Outcome> {
        let Some(open) = &mut self.open else {
            return Next::Wait;
        };
        self.settled &= node == self.asked;
        self.asked = node;
        open.sent += 1;
        open.refused = false;
        open.next = now
            + match open.silent.contains(&node) {
                true => open.pause(now),
                false => self.trip.timeout(),
            };
        let request = Request {
            client: self.client,
            number: self.number,
            operation: open.operation.clone(),
        };
        Next::Send(Id::from(node), request)
    }

    fn index(&self, node: Id) -> Option<usize> {
        Some(usize::from(node)).filter(|index| *index < self.nodes)
    }
}

impl<Operation> Open<Operation> {
    fn pause(&self, now: Duration) -> Duration {
        (now.saturating_sub(self.begun) / PAUSE_DIVISOR).clamp(PAUSE_MIN, PAUSE_MAX)
    }
}

#[cfg(test)]
mod tests;
