//! A node that reads its journal says so to whoever asks how it is.

use crate::counters::{Counters, Reject};
use crate::layers::seal::node::Seal;
use crate::layers::wire::foreign::Foreign;
use crate::layers::wire::{Arrival, Datagram, Members};
use crate::request::{NodeStatus, Packet, Probe, Report};
use serde::de::DeserializeOwned;
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// The role of a node that loads.
const ROLE: &str = "loading";

/// Whether a node has answered that it has read its journal.
pub fn has_loaded(answer: Option<&NodeStatus>) -> bool {
    answer.is_some_and(|status| status.role != ROLE)
}

/// A thread that answers on a node's socket, and hears nothing else.
#[derive(Debug)]
pub struct Loading {
    bell: UdpSocket,
    node: SocketAddr,
    thread: JoinHandle<(Option<Seal>, Foreign)>,
}

impl Loading {
    /// Starts the thread. It seals what it says, if there are keys. The messages of other nodes are of this
    /// type.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn start<M: DeserializeOwned + 'static>(
        socket: UdpSocket,
        members: Members,
        seal: Option<Seal>,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let node = socket.local_addr()?;
        let bell = UdpSocket::bind((node.ip(), 0))?;
        let end = bell.local_addr()?;
        let thread = thread::Builder::new().name(ROLE.to_owned());
        let mut answering = Answering {
            members,
            seal,
            counters,
            foreign: Foreign::default(),
        };
        let thread = thread.spawn(move || {
            answering.serve::<M>(&socket, end);
            (answering.seal, answering.foreign)
        })?;
        Ok(Loading { bell, node, thread })
    }

    /// Ends the thread, closes the socket, and gives the seal with what it has come to know, and which
    /// senders were logged.
    ///
    /// # Errors
    ///
    /// When the thread cannot be told.
    pub fn end(self) -> io::Result<(Option<Seal>, Foreign)> {
        while !self.thread.is_finished() {
            // One that is lost in a full buffer is sent again.
            self.bell.send_to(&[], self.node)?;
            thread::yield_now();
        }
        let ended = self.thread.join();
        ended.map_err(|_| io::Error::other("the thread that loads has panicked"))
    }
}

/// What the thread knows of the node and of those that send to it.
struct Answering {
    members: Members,
    seal: Option<Seal>,
    counters: Arc<Counters>,
    foreign: Foreign,
}

impl Answering {
    /// Answers until the doorbell rings from one address.
    fn serve<M: DeserializeOwned>(&mut self, socket: &UdpSocket, end: SocketAddr) {
        let mut buffer = vec![0; u16::MAX.into()];
        loop {
            let Ok((len, source)) = socket.recv_from(&mut buffer) else {
                continue;
            };
            if source == end {
                return;
            }
            let SocketAddr::V4(source) = source else {
                continue;
            };
            self.counters.hear();
            if let Some(Datagram(answer)) = self.answer::<M>(source, &buffer[..len]) {
                self.counters.send(1);
                // One that cannot be sent is like one that is lost.
                let _ = socket.send_to(&answer, source);
            }
        }
    }

    /// The answer to a probe, a greeting or a frame of another life. What is rejected is counted, and logged
    /// if an operator can do something about it.
    fn answer<M: DeserializeOwned>(
        &mut self,
        source: SocketAddrV4,
        bytes: &[u8],
    ) -> Option<Datagram> {
        let (source, seal) = (Id::from(source), self.seal.as_mut());
        let (client, number) = match self.members.decode::<M>(seal, source, bytes) {
            Ok(Arrival::Packet(client, Packet::Probe(Probe { number }))) => (client, number),
            Ok(Arrival::Packet(..) | Arrival::Refusal(..) | Arrival::Doorbell(_)) => return None,
            Ok(Arrival::Greeting(answer)) => return answer,
            Ok(Arrival::Stale(answer)) => {
                self.counters.reject(Reject::Stale);
                return Some(answer);
            }
            Err(reason) => {
                self.counters.reject(reason);
                let uptime = self.counters.uptime();
                self.foreign.note(&self.members, uptime, source, reason);
                return None;
            }
        };
        let report = Packet::Report(Report {
            number,
            status: Box::new(self.status()),
        });
        let seal = self.seal.as_mut();
        let (_, bytes) = self.members.encode::<()>(seal, client, &report).ok()?;
        Some(Datagram(bytes))
    }

    fn status(&self) -> NodeStatus {
        NodeStatus {
            node: self.members.me,
            pid: std::process::id(),
            role: ROLE.to_owned(),
            generation: 0,
            leader: None,
            serves: false,
            commit: 0,
            last: 0,
            applied: 0,
            followers: BTreeMap::new(),
            details: BTreeMap::new(),
            keys: 0,
            journal: None,
            uptime_s: self.counters.uptime().as_secs(),
            doorbells: self.counters.doorbells(),
            datagrams: self.counters.datagrams(),
            rejected: self.counters.rejected(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::link::Link;
    use crate::keys::{ClusterKey, Key};
    use crate::layers::frame::{self, PacketKind};
    use crate::layers::seal::{Label, Party, seal};
    use std::time::Duration;

    #[test]
    fn a_node_that_loads_says_so_and_leaves_its_address_then() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let SocketAddr::V4(address) = socket.local_addr().unwrap() else {
            unreachable!("bound to an IPv4 address")
        };
        let members = Members::new((7, "raft"), vec![address], 0);
        let loading = Loading::start::<u64>(socket, members, None, Arc::default()).unwrap();
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        let sealed = [&crate::layers::seal::MAGIC[..], &[0; 60]].concat();
        for datagram in [&[][..], b"garbage", &sealed] {
            stranger.send_to(datagram, address).unwrap();
        }
        let mut link = Link::new(7, vec![address]).unwrap();
        let found = link.status(Duration::from_secs(60)).unwrap();
        let status = found[0].as_ref().expect("it answers");
        assert_eq!((status.role.as_str(), status.serves), (ROLE, false));
        for reason in [Reject::Doorbell, Reject::Truncated, Reject::Sealed] {
            assert_eq!(status.rejected[&reason.to_string()], 1, "{reason}");
        }
        assert_ne!(
            loading.end().unwrap().1,
            Foreign::default(),
            "it was logged"
        );
        UdpSocket::bind(address).expect("the address is free");
    }

    #[test]
    fn a_probe_that_is_lost_is_sent_again() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let SocketAddr::V4(address) = socket.local_addr().unwrap() else {
            unreachable!("bound to an IPv4 address")
        };
        let mut answering = Answering {
            members: Members::new((7, "raft"), vec![address], 0),
            seal: None,
            counters: Arc::default(),
            foreign: Foreign::default(),
        };
        let node = thread::spawn(move || {
            let mut buffer = [0; 1000];
            socket.recv_from(&mut buffer).unwrap();
            let (len, source) = socket.recv_from(&mut buffer).unwrap();
            let SocketAddr::V4(source) = source else {
                unreachable!("from an IPv4 address")
            };
            let answer = answering.answer::<u64>(source, &buffer[..len]);
            socket.send_to(&answer.unwrap().0, source).unwrap();
        });
        let mut link = Link::new(7, vec![address]).unwrap();
        let found = link.status(Duration::from_secs(60)).unwrap();
        assert!(found[0].is_some());
        node.join().unwrap();
    }

    fn address(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new([127, 0, 0, 1].into(), port)
    }

    /// A frame to node 0, which is in life 100 or is to be in another.
    fn sealed(key: &Key, kind: PacketKind, sender: Party, to: u64, payload: &[u8]) -> Vec<u8> {
        let label = Label {
            kind,
            sender,
            receiver: Party::Node(0),
            from: 200,
            to,
            counter: 1,
        };
        seal(7, key, &label, payload).unwrap()
    }

    /// What a node that loads with keys answers, for which reasons it has rejected something then, and
    /// whether it has logged something.
    fn hear(key: &ClusterKey, port: u16, bytes: &[u8]) -> (bool, Vec<String>, bool) {
        let mut answering = Answering {
            members: Members::new((7, "raft"), vec![address(1), address(2)], 0)
                .with_bell(address(3)),
            seal: Some(Seal::new(key, 7, 0, 2, 100)),
            counters: Arc::default(),
            foreign: Foreign::default(),
        };
        let answer = answering.answer::<u64>(address(port), bytes);
        let rejected = answering.counters.rejected().into_iter();
        let reasons = rejected.filter(|(_, count)| *count == 1);
        (
            answer.is_some(),
            reasons.map(|(reason, _)| reason).collect(),
            answering.foreign != Foreign::default(),
        )
    }

    #[test]
    fn a_node_that_loads_counts_what_it_rejects_and_logs_what_can_be_mended() {
        let key = ClusterKey::random();
        let (nodes, client) = (key.of_nodes().nodes, key.of_client(1).key);
        let digest = Members::new((7, "raft"), vec![address(1), address(2)], 1).digest();
        let word = [&digest.to_le_bytes()[..], &[5]].concat();
        let peer = |key, to| sealed(key, PacketKind::Peer, Party::Node(1), to, &word);
        let probe = |to| sealed(&client, PacketKind::Probe, Party::Client(1), to, &[5]);
        let other_list = Members::new((7, "raft"), vec![address(1), address(4)], 1).digest();
        let other_list = [&other_list.to_le_bytes()[..], &[5]].concat();
        let other_list = sealed(&nodes, PacketKind::Peer, Party::Node(1), 100, &other_list);
        let rejected = |port, bytes: &[u8], is_answered, reason: Reject| {
            let is_logged = matches!(
                reason,
                Reject::Unsealed | Reject::OtherKey | Reject::OtherList
            );
            let expected = (is_answered, vec![reason.to_string()], is_logged);
            assert_eq!(hear(&key, port, bytes), expected);
        };
        let plain = frame::encode(7, PacketKind::Probe, &[5]).unwrap();
        rejected(9, &plain, false, Reject::Unsealed);
        rejected(9, &[], false, Reject::Doorbell);
        rejected(9, &probe(99), true, Reject::Stale);
        rejected(2, &peer(&nodes, 99), true, Reject::Stale);
        rejected(2, &peer(&client, 100), false, Reject::OtherKey);
        rejected(9, &peer(&nodes, 100), false, Reject::NotAPeer);
        rejected(2, &other_list, false, Reject::OtherList);
        assert_eq!(hear(&key, 9, &probe(100)), (true, vec![], false));
        // What it cannot hear yet is as if lost.
        assert_eq!(hear(&key, 2, &peer(&nodes, 100)), (false, vec![], false));
        assert_eq!(hear(&key, 3, &[]), (false, vec![], false));
    }
}
