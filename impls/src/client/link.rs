//! A session on a socket.

use super::port::{self, FromNode, Port, PortError};
use crate::clock::Monotonic;
use crate::keys::ClientKey;
use crate::machine::{Operation, Outcome};
use crate::request::{Answer, NodeStatus, Probe, index};
use quorate_models::client::{Next, Session};
use stateright::actor::Id;
use std::io;
use std::net::SocketAddrV4;
use std::slice;
use std::time::Duration;

/// After this time a node that has not answered is asked again how it is.
const PROBE_AGAIN: Duration = Duration::from_millis(100);

/// A client's connection to a cluster.
#[derive(Debug)]
pub struct Link {
    port: Port,
    nodes: usize,
    session: Session<Operation, Outcome>,
    time: Monotonic,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody answered in time.
    #[error(
        "no answer within {0:?}: whether the request was or will be executed is unknown; see by `status` \
         whether a majority serves, then read the value before you ask again"
    )]
    Unknown(Duration),
    /// It could not be sent.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        LinkError::Port(error.into())
    }
}

impl Link {
    /// A new client of a cluster.
    ///
    /// # Errors
    ///
    /// When no socket can be opened.
    pub fn new(cluster: u64, nodes: Vec<SocketAddrV4>) -> io::Result<Self> {
        Ok(Link {
            nodes: nodes.len(),
            session: Session::new(nodes.len(), rand::random::<u32>() as usize),
            port: Port::new(cluster, nodes)?,
            time: Monotonic::start(),
        })
    }

    /// The same with a key, if there is one.
    pub fn with_key(self, key: Option<ClientKey>) -> Self {
        let port = self.port.with_key(key);
        Link { port, ..self }
    }

    /// Whether there is a key, and no node has answered to it.
    pub fn is_unanswered(&self) -> bool {
        self.port.is_unanswered()
    }

    /// Has an operation executed, or finds out why it is not.
    ///
    /// # Errors
    ///
    /// When there is no answer within `limit`, or the socket fails.
    pub fn execute(&mut self, operation: Operation, limit: Duration) -> Result<Answer, LinkError> {
        let now = self.time.now();
        let (fresh, give_up) = (rand::random(), now + limit);
        let mut step = self.session.begin(operation, fresh, now, give_up);
        loop {
            match step {
                Next::Answered(answer) => return Ok(answer),
                Next::Unknown => return Err(LinkError::Unknown(limit)),
                Next::Send(node, request) => {
                    self.port.request(node, &request)?;
                    self.port.flush();
                }
                Next::Wait => {}
            }
            let wake = self.session.wake().unwrap_or_default();
            let received = self.receive(wake)?;
            let now = self.time.now();
            step = match received {
                Some((node, FromNode::Replies(replies))) => {
                    let replies = replies.into_iter();
                    let steps = replies.map(|it| self.session.on_reply(node, it, now));
                    // Once there is an answer, nothing is left to be sent.
                    steps.fold(Next::Wait, |last, step| match step {
                        Next::Wait => last,
                        step => step,
                    })
                }
                // Of a probe before.
                Some((_, FromNode::Report(_))) => Next::Wait,
                None => self.session.on_time(now),
            };
        }
    }

    /// Asks every node how it is, and waits until all have answered, `limit` at the longest.
    ///
    /// # Errors
    ///
    /// When the socket fails.
    pub fn status(&mut self, limit: Duration) -> Result<Vec<Option<NodeStatus>>, LinkError> {
        let number = rand::random();
        let mut found = vec![None; self.nodes];
        let until = self.time.now() + limit;
        while found.contains(&None) && self.time.now() < until {
            // A probe or its answer may be lost.
            let silent = (0..self.nodes).filter(|node| found[*node].is_none());
            for node in silent {
                self.port.probe(Id::from(node), &Probe { number })?;
            }
            let again = until.min(self.time.now() + PROBE_AGAIN);
            while found.contains(&None)
                && let Some((node, received)) = self.receive(again)?
            {
                if let FromNode::Report(report) = received
                    && report.number == number
                {
                    found[index(node)] = Some(*report.status);
                }
            }
        }
        Ok(found)
    }

    /// The next message and the node it comes from; `None` when there is none until `until`.
    fn receive(&mut self, until: Duration) -> io::Result<Option<(Id, FromNode)>> {
        loop {
            if let Some(received) = self.port.receive()? {
                return Ok(Some(received));
            }
            let left = until.saturating_sub(self.time.now());
            if left.is_zero() {
                return Ok(None);
            }
            port::wait(slice::from_ref(&self.port), left)?;
        }
    }
}
