//! Many sessions at once, in one thread and on few sockets.

use super::port::{self, FromNode, Port, PortError};
use crate::clock::Monotonic;
use crate::keys::ClientKey;
use crate::machine::{Operation, Outcome};
use crate::request::Answer;
use quorate_models::client;
use std::io;
use std::net::SocketAddrV4;
use std::time::Duration;

/// Sessions, at most. The last digits of a client number, in this base, are its session's index.
pub const SESSIONS_MAX: usize = 4096;
/// Sessions on one socket, so that a burst of replies fits into its buffer.
const SESSIONS_PER_PORT: usize = 64;
/// Time between two looks at what is due in the sessions.
const LOOK: Duration = Duration::from_millis(2);

type Session = client::Session<Operation, Outcome>;
type Next = client::Next<Operation, Outcome>;

/// Independent clients of a cluster, each with one request at a time.
#[derive(Debug)]
pub struct Crowd {
    ports: Vec<Port>,
    sessions: Vec<Session>,
    time: Monotonic,
    looked: Duration,
    resends: u64,
}

/// A request that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The index of its session, which is free for the next one.
    pub session: usize,
    /// The answer; `None` if the outcome is unknown.
    pub answer: Option<Answer>,
}

impl Crowd {
    /// Clients of a cluster, [`SESSIONS_MAX`] at most. The first of them asks the first node first,
    /// the second the second, and so on.
    ///
    /// # Errors
    ///
    /// When the sockets cannot be opened.
    ///
    /// # Panics
    ///
    /// If there is no node, or too many sessions.
    pub fn new(cluster: u64, nodes: &[SocketAddrV4], sessions: usize) -> io::Result<Self> {
        assert!(sessions <= SESSIONS_MAX, "too many sessions: {sessions}");
        let port = |_| Port::new(cluster, nodes.to_vec());
        let session = |index| Session::new(nodes.len(), index);
        Ok(Crowd {
            ports: (0..sessions.div_ceil(SESSIONS_PER_PORT))
                .map(port)
                .collect::<io::Result<_>>()?,
            sessions: (0..sessions).map(session).collect(),
            time: Monotonic::start(),
            looked: Duration::ZERO,
            resends: 0,
        })
    }

    /// The same with a key, if there is one.
    pub fn with_key(mut self, key: Option<&ClientKey>) -> Self {
        let ports = self.ports.into_iter();
        self.ports = ports.map(|port| port.with_key(key.cloned())).collect();
        self
    }

    /// The time since the clients have begun.
    pub fn now(&self) -> Duration {
        self.time.now()
    }

    /// How often a request was sent again, because of silence or of a refusal.
    pub fn resends(&self) -> u64 {
        self.resends
    }

    /// Begins a request in a session that has none, and gives up after `limit`. It is sent by the next
    /// [`wait`](Crowd::wait).
    ///
    /// # Errors
    ///
    /// When it fits no datagram.
    ///
    /// # Panics
    ///
    /// If there is no such session.
    pub fn begin(
        &mut self,
        session: usize,
        operation: Operation,
        limit: Duration,
    ) -> Result<(), PortError> {
        let now = self.time.now();
        let random = rand::random::<u64>();
        let fresh = random - random % SESSIONS_MAX as u64 + session as u64;
        let step = self.sessions[session].begin(operation, fresh, now, now + limit);
        if let Next::Send(node, request) = step {
            self.port(session).request(node, &request)?;
        }
        Ok(())
    }

    /// Waits a moment at most, does what is due, and gives the requests that are over.
    ///
    /// # Errors
    ///
    /// When a socket fails.
    pub fn wait(&mut self) -> Result<Vec<Ended>, PortError> {
        for port in &mut self.ports {
            port.flush();
        }
        let ready = port::wait(&self.ports, LOOK)?;
        let now = self.time.now();
        let mut ended = Vec::new();
        // One datagram of each, so that the requests that follow are not sent in a burst.
        for port in ready {
            let Some((node, FromNode::Replies(replies))) = self.ports[port].receive()? else {
                continue;
            };
            for reply in replies {
                let index = (reply.client % SESSIONS_MAX as u64) as usize;
                if let Some(session) = self.sessions.get_mut(index) {
                    let step = session.on_reply(node, reply, now);
                    ended.extend(self.perform(index, step)?);
                }
            }
        }
        if self.looked + LOOK <= now {
            self.looked = now;
            for index in 0..self.sessions.len() {
                let step = self.sessions[index].on_time(now);
                ended.extend(self.perform(index, step)?);
            }
        }
        Ok(ended)
    }

    fn perform(&mut self, session: usize, step: Next) -> Result<Option<Ended>, PortError> {
        let answer = match step {
            Next::Wait => return Ok(None),
            Next::Send(node, request) => {
                self.resends += 1;
                self.port(session).request(node, &request)?;
                return Ok(None);
            }
            Next::Answered(answer) => Some(answer),
            Next::Unknown => None,
        };
        Ok(Some(Ended { session, answer }))
    }

    fn port(&mut self, session: usize) -> &mut Port {
        &mut self.ports[session / SESSIONS_PER_PORT]
    }
}
