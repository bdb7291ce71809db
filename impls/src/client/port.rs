//! A client's socket: requests out, replies in. A node's id is the position of its address.

use crate::keys::ClientKey;
use crate::layers::frame::{self, FRAME_BYTES_MAX, PacketKind};
use crate::layers::seal::HEADER;
use crate::layers::seal::client::{ClientSeal, Opened, Question};
use crate::layers::wire::batch::{self, Batch};
use crate::layers::wire::whole;
use crate::request::{Probe, Reply, Report, Request, index};
use rustix::event::{PollFd, PollFlags, poll};
use serde::Serialize;
use stateright::actor::Id;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::slice;
use std::time::Duration;

/// A socket on which a cluster's nodes reply.
#[derive(Debug)]
pub struct Port {
    socket: UdpSocket,
    cluster: u64,
    nodes: Vec<SocketAddrV4>,
    /// To each node, the requests that are not sent yet.
    batches: Vec<Batch>,
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
    #[error("request has {found} bytes, expected at most {FRAME_BYTES_MAX}; shorten key and value")]
    TooLarge {
        /// Its size.
        found: usize,
    },
    /// The socket failed.
    #[error("no datagrams can be sent or received here; look at this machine's network")]
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
            batches: nodes.iter().map(|_| Batch::default()).collect(),
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
    /// When the request fits no datagram.
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
        let payload = batch::of(slice::from_ref(request));
        if FRAME_BYTES_MAX < HEADER + payload.len() {
            let found = payload.len();
            return Err(PortError::TooLarge { found });
        }
        if let Some(full) = self.batches[index(node)].add(&payload) {
            self.send_requests(index(node), &full);
        }
        Ok(())
    }

    /// Sends the requests that are not sent yet.
    pub fn flush(&mut self) {
        for node in 0..self.nodes.len() {
            if let Some(rest) = self.batches[node].take() {
                self.send_requests(node, &rest);
            }
        }
    }

    fn send_requests(&mut self, node: usize, payload: &[u8]) {
        let frame = match &mut self.seal {
            Some(seal) => seal.numbered(node, PacketKind::Request, payload),
            None => frame::encode(self.cluster, PacketKind::Request, payload),
        };
        self.put(node, &frame.expect("each fits a datagram"));
    }

    /// Sends a probe to a node at once.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::ClusterKey;
    use crate::layers::seal::node::Seal;
    use crate::layers::wire::{Arrival, Datagram, Members};
    use crate::machine::Operation;
    use crate::request::Packet;

    const LIMIT: Duration = Duration::from_secs(60);

    /// A node's end, and a port that knows it.
    struct Ends {
        node: UdpSocket,
        members: Members,
        seal: Option<Seal>,
        port: Port,
    }

    fn ends(key: Option<&ClusterKey>) -> Ends {
        let node = UdpSocket::bind("127.0.0.1:0").unwrap();
        node.set_read_timeout(Some(LIMIT)).unwrap();
        let SocketAddr::V4(address) = node.local_addr().unwrap() else {
            unreachable!("bound to an IPv4 address")
        };
        Ends {
            node,
            members: Members::new((7, "raft"), vec![address], 0),
            seal: key.map(|key| Seal::new(key, 7, 0, 1, 100)),
            port: Port::new(7, vec![address])
                .unwrap()
                .with_key(key.map(|key| key.of_client(1))),
        }
    }

    impl Ends {
        fn ask(&mut self, client: u64, value: &str) -> Result<(), PortError> {
            let (key, value) = ("k".to_owned(), value.to_owned());
            let request = Request {
                client,
                number: 1,
                operation: Operation::Put { key, value },
            };
            self.port.request(Id::from(0), &request)
        }

        /// The clients whose requests are in the next datagram; none in a greeting, which is answered.
        fn heard(&mut self) -> Vec<u64> {
            let mut buffer = vec![0; FRAME_BYTES_MAX];
            let (len, source) = self.node.recv_from(&mut buffer).unwrap();
            let SocketAddr::V4(address) = source else {
                unreachable!("from an IPv4 address")
            };
            let (seal, address) = (self.seal.as_mut(), Id::from(address));
            match self.members.decode::<()>(seal, address, &buffer[..len]) {
                Ok(Arrival::Packet(_, Packet::Requests(requests))) => {
                    requests.iter().map(|request| request.client).collect()
                }
                Ok(Arrival::Greeting(Some(Datagram(answer)))) => {
                    self.node.send_to(&answer, source).unwrap();
                    Vec::new()
                }
                other => panic!("unexpected {other:?}"),
            }
        }

        fn hears_nothing_more(&self) -> bool {
            self.node.set_nonblocking(true).unwrap();
            self.node.recv_from(&mut [0]).is_err()
        }
    }

    #[test]
    fn requests_share_the_datagram_of_the_next_flush() {
        let mut ends = ends(None);
        for client in 1..=3 {
            ends.ask(client, "v").unwrap();
        }
        ends.port.flush();
        ends.ask(4, "v").unwrap();
        ends.port.flush();
        assert_eq!(ends.heard(), [1, 2, 3]);
        assert_eq!(ends.heard(), [4]);
        ends.port.flush();
        assert!(ends.hears_nothing_more());
    }

    #[test]
    fn a_request_that_fits_no_datagram_is_refused_at_once_and_hinders_no_other() {
        let mut ends = ends(None);
        ends.ask(1, "v").unwrap();
        let refused = ends.ask(2, &"x".repeat(FRAME_BYTES_MAX));
        assert!(matches!(refused, Err(PortError::TooLarge { .. })));
        ends.ask(3, &"x".repeat(FRAME_BYTES_MAX / 2)).unwrap();
        ends.port.flush();
        assert_eq!(ends.heard(), [1]);
        assert_eq!(ends.heard(), [3]);
    }

    #[test]
    fn requests_to_a_node_whose_life_is_unknown_wait_for_its_greeting() {
        let key = ClusterKey::random();
        let mut ends = ends(Some(&key));
        ends.ask(1, "v").unwrap();
        ends.ask(2, "v").unwrap();
        ends.port.flush();
        for _ in 0..2 {
            assert!(ends.heard().is_empty());
        }
        while ends.port.is_unanswered() {
            wait(slice::from_ref(&ends.port), LIMIT).unwrap();
            assert_eq!(ends.port.receive().unwrap(), None);
        }
        assert_eq!((ends.heard(), ends.heard()), (vec![1], vec![2]));
        ends.ask(1, "v").unwrap();
        ends.ask(2, "v").unwrap();
        ends.port.flush();
        assert_eq!(ends.heard(), [1, 2]);
    }
}
