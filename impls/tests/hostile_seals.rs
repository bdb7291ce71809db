//! Datagrams that are not genuine and new, of the kinds below, to a node with keys: nothing of them is
//! decoded, and nothing changes. Among them are genuine frames of another life, greetings once more, and
//! frames that are not counted.
//!
//! `QUORATE_FRAMES=10000000 cargo test -p quorate --test hostile_seals` tries ten million.

use quorate::counters::Counters;
use quorate::keys::ClusterKey;
use quorate::layers::frame::{self, FRAME_BYTES_MAX, PacketKind};
use quorate::layers::seal::node::Seal;
use quorate::layers::seal::{HEADER, Label, MAGIC, Party, seal};
use quorate::layers::wire::{Datagram, Members, Wire, Wired};
use quorate::layers::{Doorbell, InputOf, Layer, Outputs};
use quorate::request::Packet;
use quorate_models::input::Input;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use stateright::actor::{Command as Output, Id};
use std::convert::Infallible;
use std::env;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

const CLUSTER: u64 = 7;
/// The lives of node 0, which hears all this, and of node 1.
const LIVES: [u64; 2] = [100, 200];
/// Tried where nobody asks for more.
const FRAMES: u64 = 200_000;
const SEED: u64 = 1;

/// The layer inside: it counts what reaches it.
#[derive(Clone)]
struct Inside;

impl Layer for Inside {
    type Msg = Packet<u64>;
    type Timer = Infallible;
    type Random = Doorbell;
    type Storage = ();
    type State = u64;

    fn initial(&self) -> u64 {
        0
    }

    fn step(&self, _: Id, heard: &mut u64, input: InputOf<Self>) -> Outputs<Self> {
        *heard += u64::from(!matches!(input, Input::Start(_)));
        Vec::new()
    }
}

fn address(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

fn members(me: usize) -> Members {
    Members::new((CLUSTER, "raft"), (1..=3).map(address).collect(), me)
}

/// Node 0, which has heard something of node 1 and of a client.
struct Node {
    wire: Wire<Inside>,
    state: Wired<u64>,
    counters: Arc<Counters>,
}

impl Node {
    fn new(key: &ClusterKey) -> Self {
        let counters = Arc::new(Counters::default());
        let wire = Wire::new(Inside, members(0), counters.clone(), Arc::default(), |_| {
            panic!("the node is refused")
        });
        let wire = wire.sealed(Some(Seal::new(key, CLUSTER, 0, 3, LIVES[0])));
        let state = wire.initial();
        let mut node = Node {
            wire,
            state,
            counters,
        };
        node.step(Input::Start(None));
        node
    }

    fn step(&mut self, input: InputOf<Wire<Inside>>) -> Vec<Vec<u8>> {
        let me = Id::from(address(1));
        let outputs = self.wire.step(me, &mut self.state, input);
        let sent = outputs.into_iter().map(|output| match output {
            Output::Send(_, Datagram(bytes)) => bytes,
            other => panic!("unexpected output {other:?}"),
        });
        sent.collect()
    }

    fn hear(&mut self, port: u16, bytes: &[u8]) -> Vec<Vec<u8>> {
        let source = Id::from(address(port));
        self.step(Input::Message(source, Datagram(bytes.to_vec())))
    }

    fn rejects(&self) -> u64 {
        self.counters.rejected().values().sum()
    }
}

/// A datagram, and where it comes from.
struct Shot {
    port: u16,
    frame: Vec<u8>,
    /// Whether it is answered, by a greeting.
    is_answered: bool,
    /// Whether it is counted as rejected.
    is_rejected: bool,
}

impl Shot {
    fn rejected((port, frame): (u16, Vec<u8>)) -> Self {
        Shot {
            port,
            frame,
            is_answered: false,
            is_rejected: true,
        }
    }
}

/// Frames that were genuine and new once, with the port that each came from, and the makers of others.
struct Arsenal {
    random: StdRng,
    key: ClusterKey,
    other_key: ClusterKey,
    genuine: Vec<(u16, Vec<u8>)>,
}

fn label(kind: PacketKind, sender: Party, counter: u64) -> Label {
    Label {
        kind,
        sender,
        receiver: Party::Node(0),
        from: LIVES[1],
        to: LIVES[0],
        counter,
    }
}

impl Arsenal {
    /// Everything in it has been heard by the node.
    fn new(node: &mut Node, key: ClusterKey) -> Self {
        let digest = members(0).digest().to_le_bytes();
        let of_nodes = key.of_nodes().nodes;
        let of_client = key.of_client(1).key;
        let mut genuine = Vec::new();
        for counter in 1..=40 {
            let size = 3 * counter as usize;
            let number = postcard::to_stdvec(&counter).unwrap();
            let peer = label(PacketKind::Peer, Party::Node(1), counter);
            let payload = [&digest[..], &number].concat();
            genuine.push((2, seal(CLUSTER, &of_nodes, &peer, &payload).unwrap()));
            let probe = label(PacketKind::Probe, Party::Client(1), counter);
            genuine.push((9, seal(CLUSTER, &of_client, &probe, &number).unwrap()));
            // Not decodable, and heard all the same.
            let junk = label(PacketKind::Request, Party::Client(1), 100 + counter);
            genuine.push((
                9,
                seal(CLUSTER, &of_client, &junk, &vec![0xff; size]).unwrap(),
            ));
        }
        for (port, frame) in &genuine {
            assert_eq!(node.hear(*port, frame), Vec::<Vec<u8>>::new());
        }
        let arsenal = Arsenal {
            random: StdRng::seed_from_u64(SEED),
            other_key: ClusterKey::random(),
            key,
            genuine,
        };
        // Each address has been logged as foreign, so that this is not new, either.
        let plain = frame::encode(CLUSTER, PacketKind::Probe, &[1]).unwrap();
        let foreign = arsenal.other_key.of_nodes().nodes;
        let peer = label(PacketKind::Peer, Party::Node(1), 1);
        let foreign = seal(CLUSTER, &foreign, &peer, &digest).unwrap();
        let mut other_version = foreign.clone();
        other_version[MAGIC.len()] ^= 1;
        for port in [2, 3, 9, 10] {
            node.hear(port, &plain);
            node.hear(port, &foreign);
            node.hear(port, &other_version);
        }
        arsenal
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random.random_range(0..bound)
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.random.random()).collect()
    }

    fn genuine(&mut self) -> (u16, Vec<u8>) {
        let index = self.below(self.genuine.len());
        self.genuine[index].clone()
    }

    /// One more.
    fn next(&mut self) -> Shot {
        let anywhere = [2, 3, 9, 10][self.below(4)];
        Shot::rejected(match self.below(13) {
            0 => {
                let len = self.below(300);
                (anywhere, self.bytes(len))
            }
            1 => (anywhere, self.headed()),
            2 => self.genuine(),
            3 => (anywhere, self.genuine().1),
            4 | 5 => self.flipped(),
            6 => self.cut_or_longer(),
            7 => self.spliced(),
            8 => (anywhere, self.plain()),
            9 => (anywhere, self.forged()),
            10 => return self.of_another_life(),
            11 => return self.greeting(),
            _ => self.uncounted(),
        })
    }

    /// Sealed by its sender, as all that follows.
    fn sealed(&self, label: &Label) -> Vec<u8> {
        let digest = members(0).digest().to_le_bytes();
        let key = match label.sender {
            Party::Node(_) => self.key.of_nodes().nodes,
            Party::Client(number) => self.key.of_client(number).key,
        };
        seal(CLUSTER, &key, label, &digest).unwrap()
    }

    /// Made by node 1 before it started again, or by it or a client before this node did. The sender of the
    /// latter is told the present life.
    fn of_another_life(&mut self) -> Shot {
        let counter = 1000 + self.below(1000) as u64;
        let earlier = 1 + self.below(90) as u64;
        let mut old = label(PacketKind::Peer, Party::Node(1), counter);
        let (port, is_answered) = match self.below(3) {
            0 => {
                old.from -= earlier;
                (2, false)
            }
            1 => {
                old.to -= earlier;
                (2, true)
            }
            _ => {
                // A client may say any number.
                old = label(PacketKind::Probe, Party::Client(1), counter);
                old.to = old.to.wrapping_sub(earlier).wrapping_mul(earlier);
                (9, true)
            }
        };
        Shot {
            is_answered,
            ..Shot::rejected((port, self.sealed(&old)))
        }
    }

    /// A greeting once more: it tells nothing new, and its sender what it asks for. So does one that node 1
    /// has made in an earlier life.
    fn greeting(&mut self) -> Shot {
        let (port, sender) = [(2, Party::Node(1)), (9, Party::Client(1))][self.below(2)];
        let mut greeting = label(PacketKind::Greeting, sender, 0);
        let knows = self.below(2) == 0;
        if !knows {
            greeting.to = self.below(LIVES[0] as usize) as u64;
        }
        let is_old = port == 2 && self.below(3) == 0;
        if is_old {
            greeting.from -= 1 + self.below(90) as u64;
        }
        Shot {
            port,
            frame: self.sealed(&greeting),
            is_answered: is_old || !knows,
            is_rejected: is_old,
        }
    }

    /// It is none of those that are counted.
    fn uncounted(&mut self) -> (u16, Vec<u8>) {
        match self.below(2) {
            0 => (2, self.sealed(&label(PacketKind::Peer, Party::Node(1), 0))),
            _ => (
                9,
                self.sealed(&label(PacketKind::Probe, Party::Client(1), 0)),
            ),
        }
    }

    /// A head as it should be, and anything behind it.
    fn headed(&mut self) -> Vec<u8> {
        let len = self.below(2 * HEADER);
        let cluster = CLUSTER.to_le_bytes();
        let name = self.key.of_nodes().nodes.name();
        let kind = self.below(9) as u8;
        let head = [&MAGIC[..], &[1, kind], &cluster, &name].concat();
        [head, self.bytes(len)].concat()
    }

    fn flipped(&mut self) -> (u16, Vec<u8>) {
        let (port, mut frame) = self.genuine();
        let bits = frame.len() * 8;
        // Two flips may undo each other.
        let first = self.below(bits);
        frame[first / 8] ^= 1 << (first % 8);
        for _ in 0..self.below(4) {
            let bit = self.below(bits);
            if bit != first {
                frame[bit / 8] ^= 1 << (bit % 8);
            }
        }
        (port, frame)
    }

    fn cut_or_longer(&mut self) -> (u16, Vec<u8>) {
        let (port, mut frame) = self.genuine();
        match self.below(50) {
            0 => frame.resize(FRAME_BYTES_MAX + self.below(3), 0),
            1..10 => frame.push(self.random.random()),
            _ => frame.truncate(1 + self.below(frame.len() - 1)),
        }
        (port, frame)
    }

    /// The head of one and the rest of another. Two equal ones make a replay.
    fn spliced(&mut self) -> (u16, Vec<u8>) {
        let ((port, head), (_, rest)) = (self.genuine(), self.genuine());
        let at = self.below(head.len().min(rest.len()));
        (port, [&head[..at], &rest[at..]].concat())
    }

    /// A sound frame of a sender without a key.
    fn plain(&mut self) -> Vec<u8> {
        let kind = PacketKind::new(1 + self.below(7) as u8).unwrap();
        let len = self.below(60);
        let payload = self.bytes(len);
        frame::encode(CLUSTER, kind, &payload).unwrap()
    }

    /// Sealed by somebody who has a key, but not that of whom it names, or for another node or life.
    fn forged(&mut self) -> Vec<u8> {
        let kind = PacketKind::new(1 + self.below(7) as u8).unwrap();
        let counter = self.random.random::<u64>() >> self.below(64);
        let mut label = label(kind, Party::Node(1 + self.below(2)), counter);
        let nodes = self.key.of_nodes().nodes;
        let key = match self.below(4) {
            0 => self.key.of_client(1).key,
            1 => self.other_key.of_nodes().nodes,
            2 => {
                // A client that speaks for another one.
                label.sender = Party::Client(2 + self.below(5) as u64);
                self.key.of_client(1).key
            }
            _ => {
                // A refusal is for one life, whatever number the node has elsewhere.
                label.receiver = Party::Node(1 + self.below(1000));
                if kind == PacketKind::Refusal {
                    label.kind = PacketKind::Peer;
                }
                nodes.clone()
            }
        };
        let len = self.below(60);
        let digest = members(0).digest().to_le_bytes();
        let payload = [&digest[..], &self.bytes(len)].concat();
        let mut frame = seal(CLUSTER, &key, &label, &payload).unwrap();
        if self.below(2) == 0 {
            frame[14..18].copy_from_slice(&nodes.name());
        }
        frame
    }
}

#[test]
fn nothing_but_genuine_new_frames_changes_a_node() {
    let frames = match env::var("QUORATE_FRAMES") {
        Ok(number) => number.parse().expect("QUORATE_FRAMES is a number"),
        Err(_) => FRAMES,
    };
    let key = ClusterKey::random();
    let mut node = Node::new(&key);
    let mut arsenal = Arsenal::new(&mut node, key);
    let (before, rejects) = (node.state.clone(), node.rejects());
    let mut rejected = 0;
    for index in 0..frames {
        let shot = arsenal.next();
        let frame = &shot.frame;
        rejected += u64::from(shot.is_rejected);
        let answers = node.hear(shot.port, frame);
        assert_eq!(
            answers.len(),
            usize::from(shot.is_answered),
            "answers to frame {index}: {frame:02x?}"
        );
        // It is a greeting, and no longer than what it answers.
        let is_greeting = |answer: &Vec<u8>| answer[5] == PacketKind::Greeting as u8;
        assert!(answers.iter().all(is_greeting));
        assert!(answers.iter().all(|answer| answer.len() <= frame.len()));
        assert!(
            node.state == before,
            "frame {index} has an effect: {frame:02x?}"
        );
    }
    let counted = node.rejects() - rejects;
    assert_eq!(
        counted,
        rejected,
        "each is counted: {:?}",
        node.counters.rejected()
    );
    each_reason_has_been_one(&node.counters);
}

fn each_reason_has_been_one(counters: &Counters) {
    let reasons = counters.rejected();
    for reason in [
        "doorbell of another",
        "truncated",
        "oversized",
        "bad magic",
        "wrong version",
        "wrong cluster",
        "unknown kind",
        "not authenticated",
        "other key",
        "bad tag",
        "for another receiver",
        "earlier incarnation",
        "replayed",
    ] {
        assert!(0 < reasons[reason], "{reason}: {reasons:?}");
    }
}

/// What the node was given so far is as before: the next genuine frame is heard, once.
#[test]
fn after_all_that_a_genuine_frame_is_heard() {
    let key = ClusterKey::random();
    let mut node = Node::new(&key);
    let mut arsenal = Arsenal::new(&mut node, key.clone());
    for _ in 0..1000 {
        let shot = arsenal.next();
        node.hear(shot.port, &shot.frame);
    }
    let digest = members(0).digest().to_le_bytes();
    let label = label(PacketKind::Peer, Party::Node(1), 41);
    let payload = [&digest[..], &[5]].concat();
    let frame = seal(CLUSTER, &key.of_nodes().nodes, &label, &payload).unwrap();
    let (before, rejects) = (node.state.clone(), node.rejects());
    // Not from the address of another node, nor of a client.
    for port in [3, 9] {
        node.hear(port, &frame);
    }
    assert!(node.state == before && node.rejects() == rejects + 2);
    node.hear(2, &frame);
    assert!(node.state != before);
    let before = node.state.clone();
    node.hear(2, &frame);
    assert!(node.state == before && node.rejects() == rejects + 3);
}
