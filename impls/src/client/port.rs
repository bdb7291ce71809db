//! A client's socket: requests out, replies in. A node's id is the position of its address.

use crate::keys::ClientKey;
use crate::layers::frame::{self, FRAME_BYTES_MAX, PacketKind};
use crate::layers::seal::client::{ClientSeal, Opened, Question};
use crate::layers::wire::{batch, whole};
use crate::request::{Probe, Reply, Report, Request, index};
use rustix::event::{PollFd, PollFlags, poll};
use serde::Serialize;
use stateright::actor::Id;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

/// A socket on which a cluster's nodes reply.
#[derive(Debug)]
pub struct Port {
    socket: UdpSocket,
    cluster: u64,
    nodes: Vec<SocketAddrV4>,
    /// To each node, the requests that are not sent yet.
    batches: Vec<Vec<u8>>,
    seal: Option<ClientSeal>,
    buffer: Vec<u8>,
}

/// The messages of nodes to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromNode {
    /// To requests.
    Replies(Vec<Reply>),
    /// To a probe.
    Report(Report),
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
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

impl Port {
    /// A new socket.
    ///
    /// # Errors
    ///
    /// When none can be opened.
    pub fn new(cluster: u64, nodes: Vec<SocketAddrV4>) -> io::Result<Self> {
        let is_here = nodes.iter().all(|node| node.ip().is_loopback());
        let address = match is_here {
            true => Ipv4Addr::LOCALHOST,
            false => Ipv4Addr::UNSPECIFIED,
        };
        let socket = UdpSocket::bind((address, 0))?;
        socket.set_nonblocking(true)?;
        Ok(Port {
            socket,
            cluster,
            batches: vec![Vec::new(); nodes.len()],
            nodes,
            seal: None,
            buffer: vec![0; FRAME_BYTES_MAX + 1],
        })
    }

    /// The same with a key, if there is one.
    pub fn with_key(mut self, key: Option<ClientKey>) -> Self {
        let nodes = self.nodes.len();
        self.seal = key.map(|key| ClientSeal::new(key, self.cluster, nodes));
        self
    }

    /// Whether there is a key, and no node has answered to it.
    pub fn is_unanswered(&self) -> bool {
        self.seal.as_ref().is_some_and(ClientSeal::is_unanswered)
    }

    /// Has a request sent to a node, together with others at the next [`flush`](Port::flush). One that cannot
    /// be sent then is like a datagram that is lost.
    ///
    /// # Errors
    ///
    /// When the request, or one before it, fits no datagram.
    pub fn request(&mut self, node: Id, request: &Request) -> Result<(), PortError> {
        let question = Question {
            asker: request.client,
            number: request.number,
        };
        if let Some(seal) = &mut self.seal {
            if !seal.knows(index(node)) {
                return self.send(node, PacketKind::Request, question, request);
            }
            seal.asks(PacketKind::Request, question);
        }
        match batch::add(&mut self.batches[index(node)], request) {
            Some(full) => self.send_batch(index(node), &full),
            None => Ok(()),
        }
    }

    /// Sends the requests that are not sent yet.
    ///
    /// # Errors
    ///
    /// When one of them fits no datagram.
    pub fn flush(&mut self) -> Result<(), PortError> {
        for node in 0..self.nodes.len() {
            let batch = std::mem::take(&mut self.batches[node]);
            if !batch.is_empty() {
                self.send_batch(node, &batch)?;
            }
        }
        Ok(())
    }

    fn send_batch(&mut self, node: usize, batch: &[u8]) -> Result<(), PortError> {
        let frame = match &mut self.seal {
            Some(seal) => seal.numbered(node, PacketKind::Request, batch),
            None => frame::encode(self.cluster, PacketKind::Request, batch),
        };
        let found = batch.len();
        self.put(node, &frame.ok_or(PortError::TooLarge { found })?);
        Ok(())
    }

    /// Sends a probe to a node, in the same way.
    ///
    /// # Errors
    ///
    /// As for a request.
    pub fn probe(&mut self, node: Id, probe: &Probe) -> Result<(), PortError> {
        self.send(node, PacketKind::Probe, of_probe(probe.number), probe)
    }

    fn send(
        &mut self,
        node: Id,
        kind: PacketKind,
        question: Question,
        payload: &impl Serialize,
    ) -> Result<(), PortError> {
        let payload = postcard::to_stdvec(payload).expect("a request can be encoded");
        let frame = match &mut self.seal {
            Some(seal) => seal.close(index(node), kind, question, &payload),
            None => frame::encode(self.cluster, kind, &payload),
        };
        let frame = frame.ok_or(PortError::TooLarge {
            found: payload.len(),
        })?;
        self.put(index(node), &frame);
        Ok(())
    }

    /// Sends a frame. One that cannot be sent now is lost.
    fn put(&self, node: usize, frame: &[u8]) {
        let address = self.nodes[node];
        if let Err(error) = self.socket.send_to(frame, address) {
            tracing::debug!(%address, %error, "not sent");
        }
    }

    /// The next message of a node that has arrived, with the node. Datagrams before it that are no such
    /// message are dropped.
    ///
    /// # Errors
    ///
    /// When the socket fails.
    pub fn receive(&mut self) -> io::Result<Option<(Id, FromNode)>> {
        loop {
            match self.socket.recv_from(&mut self.buffer) {
                Ok((len, source)) => {
                    if let Some(received) = self.decode(source, len) {
                        return Ok(Some(received));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The message in the datagram of this length that was received last.
    fn decode(&mut self, source: SocketAddr, len: usize) -> Option<(Id, FromNode)> {
        let is_source = |node: &SocketAddrV4| SocketAddr::V4(*node) == source;
        let node = self.nodes.iter().position(is_source)?;
        let datagram = &self.buffer[..len];
        let opened = match &mut self.seal {
            Some(seal) => seal.open(node, datagram),
            None => frame::decode(self.cluster, datagram)
                .map(|(kind, payload)| Opened::Packet(kind, payload)),
        };
        let opened = opened.inspect_err(|reason| tracing::debug!(node, %reason, "not heard"));
        let received = match opened.ok()? {
            Opened::Packet(PacketKind::Reply, payload) => {
                FromNode::Replies(batch::values(payload).ok()?)
            }
            Opened::Packet(PacketKind::Report, payload) => FromNode::Report(whole(payload).ok()?),
            Opened::Packet(..) => return None,
            Opened::Greeted(frames) => {
                for frame in frames {
                    self.put(node, &frame);
                }
                return None;
            }
        };
        if let (Some(seal), FromNode::Replies(replies)) = (&mut self.seal, &received) {
            for reply in replies {
                let (asker, number) = (reply.client, reply.number);
                seal.answered(PacketKind::Request, Question { asker, number });
            }
        }
        Some((Id::from(node), received))
    }
}

/// All probes of a socket are one asker's.
fn of_probe(number: u64) -> Question {
    Question { asker: 0, number }
}

/// Waits until a reply may have arrived, `limit` at the longest, and gives the indices of the ports
/// where one has.
///
/// # Errors
///
/// When the system refuses to wait.
pub fn wait<'a>(ports: &'a [Port], limit: Duration) -> io::Result<Vec<usize>> {
    let watch = |port: &'a Port| PollFd::new(&port.socket, PollFlags::IN);
    let mut watched: Vec<PollFd<'a>> = ports.iter().map(watch).collect();
    let limit = limit.try_into().map_err(io::Error::other)?;
    match poll(&mut watched, Some(&limit)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let ready = |index: &usize| !watched[*index].revents().is_empty();
    Ok((0..ports.len()).filter(ready).collect())
}
