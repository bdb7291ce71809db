//! A session on a socket.

use super::{Session, Step};
use crate::adapter::frame::{self, FRAME_BYTES_MAX, Kind};
use crate::adapter::wire::whole;
use crate::request::{Answer, Body, NodeStatus, Reply, Request};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

/// A client's connection to a cluster.
#[derive(Debug)]
pub struct Link {
    socket: UdpSocket,
    cluster: u64,
    nodes: Vec<SocketAddrV4>,
    session: Session,
    start: Instant,
    probes: u64,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody answered in time.
    #[error("no answer within {0:?}: whether the request was or will be executed is unknown")]
    Unknown(Duration),
    /// The request fits no datagram.
    #[error("request has {found} bytes, expected at most {FRAME_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        found: usize,
    },
    /// The socket failed.
    #[error("socket failed")]
    Socket(#[from] io::Error),
}

impl Link {
    /// A new client of a cluster.
    ///
    /// # Errors
    ///
    /// When no socket can be opened.
    pub fn new(cluster: u64, nodes: Vec<SocketAddrV4>) -> io::Result<Self> {
        Ok(Link {
            socket: UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?,
            cluster,
            session: Session::new(rand::random(), nodes.clone()),
            nodes,
            start: Instant::now(),
            probes: 0,
        })
    }

    /// Has an operation executed, or finds out why it is not.
    ///
    /// # Errors
    ///
    /// When there is no answer within `limit`, or the socket fails.
    pub fn execute(
        &mut self,
        operation: crate::machine::Operation,
        limit: Duration,
    ) -> Result<Answer, LinkError> {
        let now = self.start.elapsed();
        let mut step = self
            .session
            .begin(Body::Execute(operation), now, now + limit);
        loop {
            match step {
                Step::Answered(answer) => return Ok(answer),
                Step::Unknown => return Err(LinkError::Unknown(limit)),
                Step::Send(node, request) => self.send(node, &request)?,
                Step::Wait => {}
            }
            let wake = self.session.wake().unwrap_or_default();
            let reply = self.receive(wake)?;
            let now = self.start.elapsed();
            step = match reply {
                Some((_, reply)) => self.session.on_reply(reply, now),
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
        for node in self.nodes.clone() {
            self.send(
                node,
                &Request {
                    client,
                    number,
                    body: Body::Status,
                },
            )?;
        }
        let mut found = vec![None; self.nodes.len()];
        let until = self.start.elapsed() + limit;
        while found.contains(&None)
            && let Some((node, reply)) = self.receive(until)?
        {
            if let Answer::Status(status) = reply.answer
                && (reply.client, reply.number) == (client, number)
            {
                found[node] = Some(status);
            }
        }
        Ok(found)
    }

    fn send(&self, node: SocketAddrV4, request: &Request) -> Result<(), LinkError> {
        let payload = postcard::to_stdvec(request).expect("a request can be encoded");
        let frame =
            frame::encode(self.cluster, Kind::Request, &payload).ok_or(LinkError::TooLarge {
                found: payload.len(),
            })?;
        // A datagram that cannot be sent is like one that is lost.
        if let Err(error) = self.socket.send_to(&frame, node) {
            tracing::debug!(%node, %error, "not sent");
        }
        Ok(())
    }

    /// The next reply of a node and the node's index; `None` when there is none until `until`.
    fn receive(&self, until: Duration) -> Result<Option<(usize, Reply)>, LinkError> {
        let mut buffer = vec![0; FRAME_BYTES_MAX + 1];
        loop {
            let left = until.saturating_sub(self.start.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            // The system rounds to its own clock: never down to zero, which would mean for ever.
            self.socket
                .set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            match self.socket.recv_from(&mut buffer) {
                Ok((len, source)) => {
                    if let Some(reply) = self.decode(source, &buffer[..len]) {
                        return Ok(Some(reply));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn decode(&self, source: SocketAddr, bytes: &[u8]) -> Option<(usize, Reply)> {
        let node = self
            .nodes
            .iter()
            .position(|node| SocketAddr::V4(*node) == source)?;
        match frame::decode(self.cluster, bytes) {
            Ok((Kind::Reply, payload)) => Some((node, whole(payload).ok()?)),
            _ => None,
        }
    }
}
