//! A node that reads its journal says so to whoever asks how it is.

use crate::counters::Counters;
use crate::layers::seal::node::Seal;
use crate::layers::wire::{Arrival, Datagram, Members};
use crate::request::{NodeStatus, Packet, Probe, Report};
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
    thread: JoinHandle<Option<Seal>>,
}

impl Loading {
    /// Starts the thread. It seals what it says, if there are keys.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn start(
        socket: UdpSocket,
        members: Members,
        mut seal: Option<Seal>,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let node = socket.local_addr()?;
        let bell = UdpSocket::bind((node.ip(), 0))?;
        let end = bell.local_addr()?;
        let thread = thread::Builder::new().name(ROLE.to_owned());
        let thread = thread.spawn(move || {
            serve(&socket, end, &members, &mut seal, &counters);
            seal
        })?;
        Ok(Loading { bell, node, thread })
    }

    /// Ends the thread, closes the socket, and gives the seal with what it has come to know.
    ///
    /// # Errors
    ///
    /// When the thread cannot be told.
    pub fn end(self) -> io::Result<Option<Seal>> {
        while !self.thread.is_finished() {
            // One that is lost in a full buffer is sent again.
            self.bell.send_to(&[], self.node)?;
            thread::yield_now();
        }
        let ended = self.thread.join();
        ended.map_err(|_| io::Error::other("the thread that loads has panicked"))
    }
}

/// Answers until the doorbell rings from one address.
fn serve(
    socket: &UdpSocket,
    end: SocketAddr,
    members: &Members,
    seal: &mut Option<Seal>,
    counters: &Counters,
) {
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
        let answer = answer(members, seal, counters, source, &buffer[..len]);
        if let Some(Datagram(answer)) = answer {
            // One that cannot be sent is like one that is lost.
            let _ = socket.send_to(&answer, source);
        }
    }
}

/// The answer to a probe, or to a greeting.
fn answer(
    members: &Members,
    seal: &mut Option<Seal>,
    counters: &Counters,
    source: SocketAddrV4,
    bytes: &[u8],
) -> Option<Datagram> {
    let source = Id::from(source);
    let (client, number) = match members.decode::<()>(seal.as_mut(), source, bytes) {
        Ok(Arrival::Packet(client, Packet::Probe(Probe { number }))) => (client, number),
        Ok(Arrival::Greeting(answer)) => return answer,
        Ok(Arrival::Stale(answer)) => return Some(answer),
        _ => return None,
    };
    let status = NodeStatus {
        node: members.me,
        pid: std::process::id(),
        role: ROLE.to_owned(),
        term: 0,
        leader: None,
        serves: false,
        commit: 0,
        last: 0,
        applied: 0,
        followers: BTreeMap::new(),
        details: BTreeMap::new(),
        keys: 0,
        journal: None,
        uptime_s: counters.uptime().as_secs(),
        doorbells: counters.doorbells(),
        rejected: counters.rejected(),
    };
    let report = Packet::Report(Report { number, status });
    let (_, bytes) = members.encode::<()>(seal.as_mut(), client, &report).ok()?;
    Some(Datagram(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::link::Link;
    use std::time::Duration;

    #[test]
    fn a_node_that_loads_says_so_and_leaves_its_address_then() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let SocketAddr::V4(address) = socket.local_addr().unwrap() else {
            unreachable!("bound to an IPv4 address")
        };
        let members = Members::new(7, vec![address], 0);
        let loading = Loading::start(socket, members, None, Arc::default()).unwrap();
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        for datagram in [&[][..], b"garbage"] {
            stranger.send_to(datagram, address).unwrap();
        }
        let mut link = Link::new(7, vec![address]).unwrap();
        let found = link.status(Duration::from_secs(60)).unwrap();
        let status = found[0].as_ref().expect("it answers");
        assert_eq!((status.role.as_str(), status.serves), (ROLE, false));
        loading.end().unwrap();
        UdpSocket::bind(address).expect("the address is free");
    }
}
