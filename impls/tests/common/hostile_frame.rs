//! One hostile datagram: what must be true of any bytes.

use quorate::counters::Reject;
use quorate::keys::ClusterKey;
use quorate::layers::frame::{self, FRAME_BYTES_MAX, PacketKind};
use quorate::layers::seal::MAGIC;
use quorate::layers::seal::node::Seal;
use quorate::layers::wire::{Arrival, Members, whole};
use quorate::request::{Packet, Reply, Report, Request};
use quorate_models::fifo::frame::Frame;
use quorate_models::{raft, totem, zab};
use serde::{Serialize, de::DeserializeOwned};
use stateright::actor::Id;
use std::fmt::Debug;
use std::net::{Ipv4Addr, SocketAddrV4};

/// The cluster that hears the datagrams.
pub const CLUSTER: u64 = 7;

/// Reads bytes as a datagram, and as the payload of a sound frame of each kind, from a node and from
/// a client, in each protocol.
///
/// # Panics
///
/// If two frames are read as the same, or if a packet that is read is written as another.
pub fn check(bytes: &[u8]) {
    if let Ok((kind, payload)) = frame::decode(CLUSTER, bytes) {
        let written = frame::encode(CLUSTER, kind, payload);
        let is_same = written.as_deref() == Some(bytes);
        assert!(is_same, "two frames of one payload: {bytes:02x?}");
    }
    arrive_in_each_protocol(bytes);
    forge(bytes);
    for kind in [
        PacketKind::Peer,
        PacketKind::Request,
        PacketKind::Reply,
        PacketKind::Probe,
        PacketKind::Report,
        PacketKind::Refusal,
    ] {
        // A node tells first by which list of nodes it speaks.
        let payload = match kind {
            PacketKind::Peer => [&members(0).digest().to_le_bytes(), bytes].concat(),
            _ => bytes.to_vec(),
        };
        if let Some(frame) = frame::encode(CLUSTER, kind, &payload) {
            let is_same = frame::decode(CLUSTER, &frame) == Ok((kind, &payload[..]));
            assert!(
                is_same,
                "a payload of {} bytes is sent and not received",
                bytes.len()
            );
            assert!(frame.len() <= FRAME_BYTES_MAX);
            arrive_in_each_protocol(&frame);
        }
    }
    // A client reads replies, and a service reads what it once proposed.
    let _ = whole::<Reply>(bytes);
    let _ = whole::<Report>(bytes);
    let _ = whole::<Request>(bytes);
}

fn address(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

fn members(me: usize) -> Members {
    Members::new((CLUSTER, "raft"), (1..=3).map(address).collect(), me)
}

fn arrive_in_each_protocol(datagram: &[u8]) {
    arrive::<raft::message::Message>(datagram);
    arrive::<Frame<zab::message::Message>>(datagram);
    arrive::<totem::message::Message>(datagram);
}

fn arrive<M: Debug + PartialEq + Serialize + DeserializeOwned>(datagram: &[u8]) {
    for port in [1, 2, 4] {
        let source = Id::from(address(port));
        let judged: Result<Arrival<M>, Reject> = members(0).decode(None, source, datagram);
        let Ok(Arrival::Packet(_, packet)) = judged else {
            continue;
        };
        // Numbers may be written longer than they need be, so the packet is compared, not its bytes.
        let Ok((_, written)) = members(1).encode(None, Id::from(0), &packet) else {
            continue;
        };
        let again = members(0).decode(None, source, &written);
        assert_eq!(again, Ok(Arrival::Packet(sender(&packet, port), packet)));
    }
}

/// Nobody makes a sealed frame without the key, whatever it says.
fn forge(bytes: &[u8]) {
    let key = ClusterKey::random();
    let mut seal = Seal::new(&key, CLUSTER, 0, 3, 1);
    let before = seal.clone();
    let headed = [MAGIC, bytes].concat();
    for datagram in [bytes, &headed] {
        let judged: Result<Arrival<raft::message::Message>, Reject> =
            members(0).decode(Some(&mut seal), Id::from(address(2)), datagram);
        assert!(judged.is_err(), "heard: {datagram:02x?}");
    }
    assert!(seal == before, "changed by {bytes:02x?}");
}

fn sender<M>(packet: &Packet<M>, port: u16) -> Id {
    match packet {
        Packet::Peer(_) => Id::from(usize::from(port) - 1),
        _ => Id::from(address(port)),
    }
}
