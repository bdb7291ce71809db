//! A session on a socket.

use super::port::{self, Port, PortError};
use super::{Session, Step};
use crate::clock::Monotonic;
use crate::machine::Operation;
use crate::request::{Answer, Body, NodeStatus, Reply, Request};
use std::io;
use std::net::SocketAddrV4;
use std::slice;
use std::time::Duration;

/// A client's connection to a cluster.
#[derive(Debug)]
pub struct Link {
    port: Port,
    nodes: Vec<SocketAddrV4>,
    session: Session,
    time: Monotonic,
    probes: u64,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody answered in time.
    #[error("no answer within {0:?}: whether the request was or will be executed is unknown")]
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
            port: Port::new(cluster, nodes.clone())?,
            session: Session::new(nodes.clone(), rand::random::<u32>() as usize),
            nodes,
            time: Monotonic::start(),
            probes: 0,
        })
    }

    /// Has an operation executed, or finds out why it is not.
    ///
    /// # Errors
    ///
    /// When there is no answer within `limit`, or the socket fails.
    pub fn execute(&mut self, operation: Operation, limit: Duration) -> Result<Answer, LinkError> {
        let now = self.time.now();
        let mut step =
            self.session
                .begin(Body::Execute(operation), rand::random(), now, now + limit);
        loop {
            match step {
                Step::Answered(answer) => return Ok(answer),
                Step::Unknown => return Err(LinkError::Unknown(limit)),
                Step::Send(node, request) => self.port.send(node, &request)?,
                Step::Wait => {}
            }
            let wake = self.session.wake().unwrap_or_default();
            let reply = self.receive(wake)?;
            let now = self.time.now();
            step = match reply {
                Some((node, reply)) => self.session.on_reply(node, reply, now),
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
        self.probes += 1;
        // Not the session's number: a probe is no request of its sequence.
        let (client, number) = (rand::random(), self.probes);
        let body = Body::Status;
        let probe = Request {
            client,
            number,
            body,
        };
        for node in &self.nodes {
            self.port.send(*node, &probe)?;
        }
        let mut found = vec![None; self.nodes.len()];
        let until = self.time.now() + limit;
        while found.contains(&None)
            && let Some((node, reply)) = self.receive(until)?
        {
            if let Answer::Status(status) = reply.answer
                && (reply.client, reply.number) == (client, number)
            {
                let is_node = |known: &SocketAddrV4| *known == node;
                if let Some(index) = self.nodes.iter().position(is_node) {
                    found[index] = Some(status);
                }
            }
        }
        Ok(found)
    }

    /// The next reply and the node it comes from; `None` when there is none until `until`.
    fn receive(&mut self, until: Duration) -> io::Result<Option<(SocketAddrV4, Reply)>> {
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
