//! The client: how a request finds the node that can execute it.
//!
//! [`Session`] is all of it as a state machine without sockets and clocks; [`link`] drives it.

pub mod link;

use crate::request::{Answer, Body, Reply, Request};
use std::net::SocketAddrV4;
use std::time::Duration;

/// Without an answer for this long, another node is asked.
const PATIENCE: Duration = Duration::from_millis(300);
/// Pause before the next attempt where nobody can say who leads.
const PAUSE: Duration = Duration::from_millis(25);
/// Hints that are followed in a row, without pause.
const HINTS_MAX: u32 = 3;

/// A client's requests, one after the other, each executed at most once. Times count from any
/// moment that the caller has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    client: u64,
    number: u64,
    nodes: Vec<SocketAddrV4>,
    asked: usize,
    open: Option<Open>,
}

/// The request that has no answer yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Open {
    body: Body,
    give_up: Duration,
    next: Duration,
    hints: u32,
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
    /// A session of a client that has drawn this number at random.
    ///
    /// # Panics
    ///
    /// If there is no node to ask.
    pub fn new(client: u64, nodes: Vec<SocketAddrV4>) -> Self {
        assert!(!nodes.is_empty(), "a client needs a node to ask");
        let asked = client as usize % nodes.len();
        Session {
            client,
            number: 0,
            nodes,
            asked,
            open: None,
        }
    }

    /// Begins a request, whose outcome is unknown if it has no answer at `give_up`.
    pub fn begin(&mut self, body: Body, now: Duration, give_up: Duration) -> Step {
        self.number += 1;
        self.open = Some(Open {
            body,
            give_up,
            next: now,
            hints: 0,
        });
        self.on_time(now)
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
        // Silence, or a pause that is over: the next node.
        self.asked = (self.asked + 1) % self.nodes.len();
        open.hints = 0;
        self.ask(now)
    }

    /// A reply has arrived. One that answers no open request is ignored.
    pub fn on_reply(&mut self, reply: Reply, now: Duration) -> Step {
        let Some(open) = &mut self.open else {
            return Step::Wait;
        };
        if (reply.client, reply.number) != (self.client, self.number) {
            return Step::Wait;
        }
        let Answer::Elsewhere { node } = reply.answer else {
            self.open = None;
            return Step::Answered(reply.answer);
        };
        let hinted = self.nodes.iter().position(|known| Some(*known) == node);
        match hinted {
            Some(hinted) if hinted != self.asked && open.hints < HINTS_MAX => {
                open.hints += 1;
                self.asked = hinted;
                self.ask(now)
            }
            // Late refusals from nodes asked before must not put off the next attempt.
            _ => {
                open.next = open.next.min(now + PAUSE);
                Step::Wait
            }
        }
    }

    fn ask(&mut self, now: Duration) -> Step {
        let Some(open) = &mut self.open else {
            return Step::Wait;
        };
        open.next = now + PATIENCE;
        let Session { client, number, .. } = *self;
        Step::Send(
            self.nodes[self.asked],
            Request {
                client,
                number,
                body: open.body.clone(),
            },
        )
    }
}

#[cfg(test)]
mod tests;
