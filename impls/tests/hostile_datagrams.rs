//! Datagrams that no honest participant sends are counted and ignored, and the node serves on, without keys.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::{Cluster, get, put};
use quorate::config::NodeProtocol;
use quorate::journal::format::digest;
use quorate::layers::frame::{FRAME_BYTES_MAX, PacketKind, encode};
use quorate::machine::{Operation, Outcome};
use quorate::request::{Answer, NodeStatus, Probe};
use quorate_models::fifo::frame::Frame;
use quorate_models::raft::message::{Message, RequestVote};
use quorate_models::raft::state::Term;
use quorate_models::totem::message::{self as totem, CommitToken};
use quorate_models::totem::state::RingId;
use quorate_models::zab::message as zab;
use quorate_models::zab::poll::{Activity, Vote, Word};
use quorate_models::zab::state::{Epoch, Zxid};
use serde::Serialize;
use stateright::actor::Id;
use std::net::UdpSocket;

/// A stranger, and the node it sends to.
struct Stranger<'a> {
    socket: UdpSocket,
    cluster: &'a Cluster,
}

impl Stranger<'_> {
    fn send(&self, datagram: &[u8]) {
        let node = self.cluster.config.nodes[0];
        self.socket.send_to(datagram, node).unwrap();
    }

    fn frame(&self, kind: PacketKind, payload: &[u8]) -> Vec<u8> {
        let payload = match kind {
            PacketKind::Peer => [
                &digest(
                    self.cluster.config.protocol.name(),
                    &self.cluster.config.nodes,
                )
                .to_le_bytes(),
                payload,
            ]
            .concat(),
            _ => payload.to_vec(),
        };
        encode(self.cluster.config.cluster, kind, &payload).unwrap()
    }

    /// Waits until the node has rejected more for this reason.
    fn is_counted(&self, reason: &str, before: &NodeStatus) {
        self.cluster.until(0, reason, |now| {
            before.rejected[reason] < now.rejected[reason]
        });
    }
}

fn probe() -> Vec<u8> {
    postcard::to_stdvec(&Probe { number: 1 }).unwrap()
}

fn vote_request() -> Vec<u8> {
    let last = Default::default();
    postcard::to_stdvec(&Message::RequestVote(RequestVote {
        term: Term(1 << 40),
        last,
        transfer: false,
    }))
    .unwrap()
}

#[test]
fn rejects_are_counted_by_reason_and_change_nothing() {
    use PacketKind::{Peer, Probe, Reply, Request};
    let cluster = Cluster::start_open(NodeProtocol::Raft, 1);
    let mut link = cluster.link();
    assert_eq!(
        put(&mut link, "key", "value"),
        Answer::Done(Outcome::Stored)
    );
    let before = cluster.until(0, "it leads", |status| status.role == "leader");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let stranger = Stranger {
        socket,
        cluster: &cluster,
    };
    let frame = |kind, payload: &[u8]| stranger.frame(kind, payload);
    let request = frame(Probe, &probe());
    let number = cluster.config.cluster;
    let with = |offset: usize, change: u8| {
        let mut frame = request.clone();
        frame[offset] ^= change;
        frame
    };
    let hostile: [(&str, Vec<u8>); 13] = [
        ("doorbell of another", Vec::new()),
        ("truncated", request[..10].to_vec()),
        ("oversized", vec![0; FRAME_BYTES_MAX + 1]),
        ("bad magic", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("wrong version", with(4, 0xff)),
        ("wrong cluster", with(6, 1)),
        ("bad checksum", with(request.len() - 1, 1)),
        ("bad checksum", request[..request.len() - 1].to_vec()),
        ("not a peer", frame(Peer, &vote_request())),
        (
            "other list of nodes",
            encode(number, Peer, &[0; 9]).unwrap(),
        ),
        ("wrong kind for its source", frame(Reply, &[])),
        ("undecodable", frame(Request, &[0xff; 40])),
        ("undecodable", frame(Probe, &[probe(), vec![0]].concat())),
    ];
    for (reason, datagram) in &hostile {
        let before = cluster.until(0, "it answers", |_| true);
        stranger.send(datagram);
        stranger.is_counted(reason, &before);
    }
    let after = cluster.until(0, "it answers", |_| true);
    assert_eq!(after.rejected.values().sum::<u64>(), hostile.len() as u64);
    assert_eq!(after.generation, before.generation);
    assert_eq!(get(&mut link, "key"), Some("value".to_owned()));
}

/// Messages from the address of a node that is down, which nobody can have sent, do not change this cluster.
fn are_impossible<M: Serialize>(protocol: NodeProtocol, messages: &[M]) {
    let mut cluster = Cluster::start_open(protocol, 3);
    let mut link = cluster.link();
    put(&mut link, "key", "value");
    cluster.kill(2);
    let socket = UdpSocket::bind(cluster.config.nodes[2]).unwrap();
    let forger = Stranger {
        socket,
        cluster: &cluster,
    };
    for message in messages {
        let payload = postcard::to_stdvec(message).unwrap();
        let before = cluster.until(0, "it answers", |_| true);
        forger.send(&forger.frame(PacketKind::Peer, &payload));
        forger.is_counted("impossible", &before);
    }
    assert_eq!(get(&mut link, "key"), Some("value".to_owned()));
    let after = cluster.until(0, "it answers", |_| true);
    assert!(after.generation < 1 << 20, "{after:?}");
    assert!(!cluster.log(0).contains("panicked"), "{}", cluster.log(0));
}

/// The last term would leave none for an election.
#[test]
fn a_forged_term_changes_nothing() {
    let last = Default::default();
    let vote = |term| {
        Message::RequestVote(RequestVote {
            term: Term(term),
            last,
            transfer: false,
        })
    };
    let messages = [u64::MAX, u64::MAX / 2, 1 << 50].map(vote);
    are_impossible(NodeProtocol::Raft, &messages);
}

#[test]
fn a_forged_epoch_changes_nothing() {
    let epoch = Epoch(u32::MAX);
    let word = |round, epoch| {
        let last = Zxid { epoch, counter: 1 };
        let vote = Vote {
            epoch,
            last,
            leader: Id::from(2),
        };
        Frame::Plain(zab::Message::Notification(Word {
            activity: Activity::Looking,
            round,
            vote,
        }))
    };
    are_impossible(
        NodeProtocol::Zab,
        &[word(1, epoch), word(1, Epoch(1 << 30))],
    );
}

#[test]
fn a_forged_ring_changes_nothing() {
    let ring = RingId {
        number: u64::MAX,
        representative: Id::from(2),
    };
    let commit = CommitToken {
        ring,
        members: Vec::new(),
        entries: Vec::new(),
    };
    let join = totem::Message::Join {
        procs: [Id::from(2)].into(),
        fails: [].into(),
        number: 1 << 50,
    };
    let messages = [
        join,
        totem::Message::Merge(ring),
        totem::Message::Commit(commit),
    ];
    are_impossible(NodeProtocol::Totem, &messages);
}

#[test]
fn garbage_and_forged_doorbells_do_not_stop_the_service() {
    let cluster = Cluster::start_open(NodeProtocol::Raft, 3);
    let mut link = cluster.link();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let stranger = Stranger {
        socket,
        cluster: &cluster,
    };
    let before = cluster.until(0, "it answers", |_| true);
    for round in 0..50 {
        for byte in 0..=u8::MAX {
            stranger.send(&[]);
            stranger.send(&vec![byte; usize::from(byte) + round]);
        }
        let key = format!("key {round}");
        assert_eq!(put(&mut link, &key, "value"), Answer::Done(Outcome::Stored));
        assert_eq!(get(&mut link, &key), Some("value".to_owned()));
    }
    let after = cluster.until(0, "it answers", |_| true);
    let foreign = "doorbell of another";
    assert!(before.rejected[foreign] < after.rejected[foreign]);
    assert!(before.rejected["bad magic"] < after.rejected["bad magic"]);
    assert!(!cluster.log(0).contains("panicked"), "{}", cluster.log(0));
}

#[test]
fn a_command_that_could_not_be_replicated_is_refused() {
    let cluster = Cluster::start(3);
    let mut link = cluster.link();
    let mut put = |bytes: usize| put(&mut link, "key", &"x".repeat(bytes));
    assert_eq!(put(32_000), Answer::Done(Outcome::Stored));
    assert!(matches!(
        put(33_000),
        Answer::TooLarge {
            found: 33_000..,
            limit: 32_768
        }
    ));
    let operation = Operation::Put {
        key: "key".to_owned(),
        value: "x".repeat(70_000),
    };
    let error = cluster
        .link()
        .execute(operation, cluster::PATIENCE)
        .unwrap_err();
    assert!(error.to_string().starts_with("request has 700"), "{error}");
    assert_eq!(put(1), Answer::Done(Outcome::Stored));
}
