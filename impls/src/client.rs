//! The client: how a request finds the node that can execute it.
//!
//! [`Session`] is all of it as a state machine without sockets, clocks and randomness; [`link`]
//! drives one, and [`crowd`] many.
//!
//! A session stays with the node that answered. Silence for longer than answers take, by its own
//! [measurements](round_trip), sends the request again: first to the same node, since datagrams get
//! lost, then to one node after the other, since nodes die. A refusal names the node to ask, or
//! leads to a pause.
//!
//! # Exactly once
//!
//! A request is named by a client number and its number there, for ever, and the
//! [machine](crate::machine) executes a name at most once, however often it is sent. A new client
//! number is taken only between two requests: where the cluster may not know the old one.

pub mod crowd;
pub mod link;
pub mod port;
pub mod round_trip;

use crate::request::{Answer, Body, Reply, Request};
use round_trip::RoundTrip;
use std::collections::BTreeSet;
use std::net::SocketAddrV4;
use std::time::Duration;

/// A pause lasts as long as the request has been open, divided by this: the next attempt comes in
/// time whether an election takes long or not, and attempts become rare.
const PAUSE_DIVISOR: u32 = 4;
/// The shortest pause.
const PAUSE_MIN: Duration = Duration::from_millis(10);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// Hints that are followed in a row, without pause.
const HINTS_MAX: u32 = 3;

/// A client's requests, one after the other, each executed at most once. Times count from any
/// moment that the caller has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    nodes: Vec<SocketAddrV4>,
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
    open: Option<Open>,
}

/// The request that has no answer yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Open {
    body: Body,
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
pub enum Step {
    /// Wait for a reply, until [`Session::wake`] at the latest.
    Wait,
    /// Send a request.
    Send(SocketAddrV4, Request),
    /// The request has its answer.
    Answered(Answer),
    /// Time is up. Whether the request was or will be executed is not known.
    Unknown,
}

impl Session {
    /// A session that asks the node at this index first, counted round and round.
    ///
    /// # Panics
    ///
    /// If there is no node to ask.
    pub fn new(nodes: Vec<SocketAddrV4>, first: usize) -> Self {
        assert!(!nodes.is_empty(), "a client needs a node to ask");
        let asked = first % nodes.len();
        Session {
            nodes,
            client: 0,
            number: 0,
            remembered: false,
            asked,
            settled: false,
            trip: RoundTrip::default(),
            open: None,
        }
    }

    /// Begins a request, whose outcome is unknown if it has no answer at `give_up`. A request that
    /// was open is given up.
    ///
    /// `fresh` is a number drawn at random. It becomes the client's unless the cluster remembers
    /// the present one: the cluster refuses the second request of a client whose first one it
    /// never executed.
    pub fn begin(&mut self, body: Body, fresh: u64, now: Duration, give_up: Duration) -> Step {
        if !self.remembered {
            (self.client, self.number) = (fresh, 0);
        }
        self.number += 1;
        self.open = Some(Open {
            body,
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
    pub fn on_time(&mut self, now: Duration) -> Step {
        let Some(open) = &mut self.open else {
            return Step::Wait;
        };
        if open.give_up <= now {
            self.open = None;
            return Step::Unknown;
        }
        if now < open.next {
            return Step::Wait;
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
        open.turn = (open.turn + 1) % self.nodes.len();
        open.hints = 0;
        let turn = open.turn;
        self.ask(turn, now)
    }

    /// A node has replied. A reply to no open request is ignored, and so is the refusal of a node
    /// asked before.
    pub fn on_reply(&mut self, node: SocketAddrV4, reply: Reply, now: Duration) -> Step {
        let Some(open) = &self.open else {
            return Step::Wait;
        };
        let Some(node) = self.index(node) else {
            return Step::Wait;
        };
        if (reply.client, reply.number) != (self.client, self.number) {
            return Step::Wait;
        }
        match &reply.answer {
            Answer::Elsewhere { node: hint } => return self.on_refusal(node, *hint, now),
            Answer::Done(_) => self.remembered = true,
            Answer::Expired => self.remembered = false,
            Answer::TooLarge { .. } | Answer::Status(_) => {}
        }
        if open.sent == 1 {
            self.trip.measured(now.saturating_sub(open.begun));
        }
        (self.asked, self.settled, self.open) = (node, true, None);
        Step::Answered(reply.answer)
    }

    fn on_refusal(&mut self, node: usize, hint: Option<SocketAddrV4>, now: Duration) -> Step {
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
                self.ask(hinted, now)
            }
            _ => {
                open.refused = true;
                open.next = now + open.pause(now);
                Step::Wait
            }
        }
    }

    fn ask(&mut self, node: usize, now: Duration) -> Step {
        let Some(open) = &mut self.open else {
            return Step::Wait;
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
        let Session { client, number, .. } = *self;
        let body = open.body.clone();
        Step::Send(
            self.nodes[node],
            Request {
                client,
                number,
                body,
            },
        )
    }

    fn index(&self, node: SocketAddrV4) -> Option<usize> {
        self.nodes.iter().position(|known| *known == node)
    }
}

impl Open {
    fn pause(&self, now: Duration) -> Duration {
        (now.saturating_sub(self.begun) / PAUSE_DIVISOR).clamp(PAUSE_MIN, PAUSE_MAX)
    }
}

#[cfg(test)]
mod tests;
