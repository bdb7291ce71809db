//! The client: how a request finds the participant that can execute it.
//!
//! [`Session`] is all of it as a state machine without sockets, clocks and randomness. Its inputs
//! are replies and the time that has passed since a start; its outputs are requests to send and
//! answers. [`Attempts`] make its decisions and know no time: the session tells them when there is
//! silence and how long a pause is. Finite systems with clients drive the attempts alone, and their timer
//! says when there is silence, at any moment.
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

pub mod attempts;
pub mod round_trip;

use attempts::{Attempts, Step};
use round_trip::RoundTrip;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::time::Duration;

/// A request of a client. The two numbers name it for ever: sent again, it is the same request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Request<Operation> {
    /// The client, by a number it has drawn at random.
    pub client: u64,
    /// The client's requests, numbered from 1.
    pub number: u64,
    /// The operation that it wants done.
    pub operation: Operation,
}

/// The reply to a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reply<Outcome> {
    /// As in the request.
    pub client: u64,
    /// As in the request.
    pub number: u64,
    /// The participant's answer.
    pub answer: Answer<Outcome>,
}

/// The answer of a participant to a client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Answer<Outcome> {
    /// The operation has been executed, once.
    Done(Outcome),
    /// The outcome of a read that was not executed, but answered by what one participant has executed.
    Read(Outcome),
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
/// A client's requests, one after the other, each executed at most once. Times are durations since
/// any moment that the caller has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session<Operation, Outcome> {
    attempts: Attempts<Operation, Outcome>,
    trip: RoundTrip,
    /// When the request that has no answer yet was begun.
    begun: Duration,
    /// When it is given up.
    give_up: Duration,
    /// When to act without a reply.
    next: Duration,
}

/// The next thing to do.
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
        Session {
            attempts: Attempts::new(nodes, first),
            trip: RoundTrip::default(),
            begun: Duration::ZERO,
            give_up: Duration::ZERO,
            next: Duration::ZERO,
        }
    }

    /// Begins a request, whose outcome is unknown if it has no answer at `give_up`. A request that
    /// was open is given up. `fresh` is a number drawn at random, as [`Attempts::begin`] wants it.
    pub fn begin(
        &mut self,
        operation: Operation,
        fresh: u64,
        now: Duration,
        give_up: Duration,
    ) -> Next<Operation, Outcome> {
        (self.begun, self.give_up) = (now, give_up);
        let step = self.attempts.begin(operation, fresh);
        self.follow(step, now)
    }

    /// When [`on_time`](Session::on_time) is due, if a request is open.
    pub fn wake(&self) -> Option<Duration> {
        let open = self.attempts.open();
        open.map(|_| self.next.min(self.give_up))
    }

    /// Time has passed.
    pub fn on_time(&mut self, now: Duration) -> Next<Operation, Outcome> {
        if self.attempts.open().is_none() {
            return Next::Wait;
        }
        if self.give_up <= now {
            self.attempts.give_up();
            return Next::Unknown;
        }
        if now < self.next {
            return Next::Wait;
        }
        if self.attempts.expects_answer() {
            self.trip.back_off();
        }
        let step = self.attempts.on_silence();
        self.follow(step, now)
    }

    /// A node has replied. A reply to no open request is ignored, and so is the refusal of a node
    /// asked before.
    pub fn on_reply(
        &mut self,
        node: Id,
        reply: Reply<Outcome>,
        now: Duration,
    ) -> Next<Operation, Outcome> {
        let repeated = self.attempts.is_repeated();
        let step = self.attempts.on_reply(node, reply);
        if matches!(step, Step::Answered(_)) && !repeated {
            self.trip.measured(now.saturating_sub(self.begun));
        }
        self.follow(step, now)
    }

    /// Sets the time to act without a reply: after a timeout where an answer is to be expected.
    fn follow(
        &mut self,
        step: Step<Operation, Outcome>,
        now: Duration,
    ) -> Next<Operation, Outcome> {
        if let Step::Send(..) | Step::Pause = step {
            self.next = now
                + match self.attempts.expects_answer() {
                    true => self.trip.timeout(),
                    false => self.pause(now),
                };
        }
        match step {
            Step::Wait | Step::Pause => Next::Wait,
            Step::Send(node, request) => Next::Send(node, request),
            Step::Answered(answer) => Next::Answered(answer),
        }
    }

    fn pause(&self, now: Duration) -> Duration {
        (now.saturating_sub(self.begun) / PAUSE_DIVISOR).clamp(PAUSE_MIN, PAUSE_MAX)
    }
}

#[cfg(test)]
mod tests;
