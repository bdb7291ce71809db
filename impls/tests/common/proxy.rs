//! A network between nodes that can be cut in two, or one way, and that mistreats datagrams.
//!
//! Each node reaches the others by addresses of the proxy. A datagram that it sends there is passed on, from
//! the address by which the receiver knows the sender.

use quorate::layers::frame::FRAME_BYTES_MAX;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

pub struct Proxy {
    nodes: Vec<SocketAddrV4>,
    /// By node, and by the other one that it reaches there.
    sockets: Arc<Vec<Vec<UdpSocket>>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The nodes on one side, while the network is cut.
    side: BTreeSet<usize>,
    /// The ways that are cut, from a node to another.
    ways: BTreeSet<(usize, usize)>,
    /// While datagrams are mistreated, the number from which their fates follow.
    seed: Option<u64>,
    counts: Counts,
}

/// How many datagrams had such a fate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Their way was cut.
    pub cut: usize,
    pub lost: usize,
    pub doubled: usize,
    /// They came after some that were sent later.
    pub late: usize,
}

/// The fate of a datagram.
enum Fate {
    Lost,
    Arrives,
    Doubled,
    /// It waits until so many more have been sent this way.
    Late(u64),
}

impl Fate {
    /// The fate of a way's datagram of this number.
    fn of(seed: u64, (from, to): (usize, usize), number: u64) -> Self {
        let way = (from * 16 + to) as u64;
        let mut random = StdRng::seed_from_u64(seed ^ way << 48 ^ number);
        match random.random_range(0..100) {
            0..5 => Fate::Lost,
            5..15 => Fate::Doubled,
            15..30 => Fate::Late(random.random_range(1..=8)),
            _ => Fate::Arrives,
        }
    }
}

impl State {
    fn fate(&mut self, way: (usize, usize), number: u64) -> Fate {
        let is_cut = self.side.contains(&way.0) != self.side.contains(&way.1);
        if is_cut || self.ways.contains(&way) {
            self.counts.cut += 1;
            return Fate::Lost;
        }
        let fate = self.seed.map(|seed| Fate::of(seed, way, number));
        let fate = fate.unwrap_or(Fate::Arrives);
        match fate {
            Fate::Lost => self.counts.lost += 1,
            Fate::Doubled => self.counts.doubled += 1,
            Fate::Late(_) => self.counts.late += 1,
            Fate::Arrives => {}
        }
        fate
    }
}

impl Proxy {
    /// Between nodes at these addresses. Its threads end with the process.
    pub fn new(nodes: Vec<SocketAddrV4>) -> Self {
        let ip = *nodes[0].ip();
        let bind = |_| UdpSocket::bind((ip, 0)).unwrap();
        let of_node = |_| nodes.iter().map(bind).collect();
        let proxy = Proxy {
            sockets: Arc::new((0..nodes.len()).map(of_node).collect()),
            state: Arc::default(),
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
        self.state.lock().unwrap().side = side.into_iter().collect();
    }

    /// Nothing passes any more from a node to another, of each of these pairs. No pair: it does again.
    pub fn cut_ways(&self, ways: impl IntoIterator<Item = (usize, usize)>) {
        self.state.lock().unwrap().ways = ways.into_iter().collect();
    }

    /// Loses some datagrams, doubles some, and keeps some back: which, by their numbers, follows from the
    /// seed. Without one, it does not any more.
    pub fn mistreat(&self, seed: Option<u64>) {
        self.state.lock().unwrap().seed = seed;
    }

    /// How many datagrams had which fate so far.
    pub fn counts(&self) -> Counts {
        self.state.lock().unwrap().counts
    }

    fn pass(&self, from: usize, to: usize) {
        let (sockets, state, node) = (self.sockets.clone(), self.state.clone(), self.nodes[to]);
        thread::spawn(move || {
            let mut buffer = vec![0; FRAME_BYTES_MAX];
            let mut late: Vec<(u64, Vec<u8>)> = Vec::new();
            for number in 0.. {
                let (len, _) = sockets[from][to].recv_from(&mut buffer).unwrap();
                let datagram = &buffer[..len];
                // A node that is down refuses it.
                let send = |bytes: &[u8]| _ = sockets[to][from].send_to(bytes, node);
                let fate = state.lock().unwrap().fate((from, to), number);
                match fate {
                    Fate::Lost => {}
                    Fate::Arrives => send(datagram),
                    Fate::Doubled => (0..2).for_each(|_| send(datagram)),
                    Fate::Late(by) => late.push((number + by, datagram.to_vec())),
                }
                late.retain(|(due, bytes)| {
                    let waits = number < *due;
                    if !waits {
                        send(bytes);
                    }
                    waits
                });
            }
        });
    }
}
