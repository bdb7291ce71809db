//! A network between nodes that can be cut in two, or one way.
//!
//! Each node reaches the others by addresses of the proxy. A datagram that it sends there is passed on, from
//! the address by which the receiver knows the sender.

use quorate::layers::frame::FRAME_BYTES_MAX;
use std::collections::BTreeSet;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

pub struct Proxy {
    nodes: Vec<SocketAddrV4>,
    /// By node, and by the other one that it reaches there.
    sockets: Arc<Vec<Vec<UdpSocket>>>,
    /// The nodes on one side, while the network is cut.
    side: Arc<Mutex<BTreeSet<usize>>>,
    /// The ways that are cut, from a node to another.
    ways: Arc<Mutex<BTreeSet<(usize, usize)>>>,
}

impl Proxy {
    /// Between nodes at these addresses. Its threads end with the process.
    pub fn new(nodes: Vec<SocketAddrV4>) -> Self {
        let ip = *nodes[0].ip();
        let bind = |_| UdpSocket::bind((ip, 0)).unwrap();
        let of_node = |_| nodes.iter().map(bind).collect();
        let proxy = Proxy {
            sockets: Arc::new((0..nodes.len()).map(of_node).collect()),
            side: Arc::default(),
            ways: Arc::default(),
            nodes,
        };
        for from in 0..proxy.nodes.len() {
            for to in 0..proxy.nodes.len() {
                proxy.pass(from, to);
            }
        }
        proxy
    }

    /// Where a node reaches each.
    pub fn seen_by(&self, node: usize) -> Vec<SocketAddrV4> {
        let address = |socket: &UdpSocket| match socket.local_addr().unwrap() {
            SocketAddr::V4(address) => address,
            SocketAddr::V6(_) => unreachable!("bound to an IPv4 address"),
        };
        let mut addresses: Vec<_> = self.sockets[node].iter().map(address).collect();
        addresses[node] = self.nodes[node];
        addresses
    }

    /// Nothing passes any more between these nodes and the others. Nobody: it does again.
    pub fn cut(&self, side: impl IntoIterator<Item = usize>) {
        *self.side.lock().unwrap() = side.into_iter().collect();
    }

    /// Nothing passes any more from a node to another, of each of these pairs. No pair: it does again.
    pub fn cut_ways(&self, ways: impl IntoIterator<Item = (usize, usize)>) {
        *self.ways.lock().unwrap() = ways.into_iter().collect();
    }

    fn pass(&self, from: usize, to: usize) {
        let (sockets, side, node) = (self.sockets.clone(), self.side.clone(), self.nodes[to]);
        let ways = self.ways.clone();
        thread::spawn(move || {
            let mut buffer = vec![0; FRAME_BYTES_MAX];
            loop {
                let (len, _) = sockets[from][to].recv_from(&mut buffer).unwrap();
                let is_cut = {
                    let side = side.lock().unwrap();
                    side.contains(&from) != side.contains(&to)
                } || ways.lock().unwrap().contains(&(from, to));
                if !is_cut {
                    // A node that is down refuses it.
                    let _ = sockets[to][from].send_to(&buffer[..len], node);
                }
            }
        });
    }
}
