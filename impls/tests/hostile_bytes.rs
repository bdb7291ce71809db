//! Decoders take any bytes without a panic: the interesting ones of those that the fuzzer tries.

#[path = "common/hostile_frame.rs"]
mod hostile_frame;
#[path = "common/hostile_journal.rs"]
mod hostile_journal;

use quorate::journal::format::{GROUPS, SyncMark, blank, encode_group, encode_mark, sealed};
use quorate::layers::frame::{FRAME_BYTES_MAX, PacketKind, encode};
use quorate::machine::Operation;
use quorate::request::{Probe, Reply, Request};
use quorate_models::client::Answer;
use quorate_models::fifo::frame::{Data, Direction, Frame, SessionId};
use quorate_models::raft::log::{Entry, EntryId, Index, Payload};
use quorate_models::raft::message::{AppendEntries, Message};
use quorate_models::raft::state::Term;
use quorate_models::session::Side;
use quorate_models::totem::message as totem;
use quorate_models::zab::message as zab;
use quorate_models::zab::state::{Epoch, Txn, Zxid};
use stateright::actor::Id;
use std::collections::BTreeSet;

/// The largest number, as it is written in a payload.
const ENORMOUS: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

/// Every cut of these bytes, and every flip of a bit of them.
fn damages(sound: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cuts = (0..=sound.len()).map(|len| sound[..len].to_vec());
    let flips = (0..sound.len() * 8).map(|bit| {
        let mut flipped = sound.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    });
    cuts.chain(flips)
}

/// Messages of a session of Zab: a part of a history.
fn history() -> Frame<zab::Message> {
    let zxid = |counter| Zxid {
        epoch: Epoch(3),
        counter,
    };
    let session = SessionId { boot: 1, number: 2 };
    let txn = Txn {
        zxid: zxid(8),
        command: "command".into(),
    };
    Frame::Data(Data {
        of: Direction {
            session,
            boot: 300,
            by: Side::Acceptor,
        },
        first: 1,
        messages: vec![zab::Message::History {
            epoch: Epoch(3),
            sync: zab::Sync::Diff(zxid(7)),
            txns: vec![txn],
        }],
    })
}

/// A Join of Totem.
fn join() -> totem::Message {
    totem::Message::Join {
        procs: BTreeSet::from([0, 1, 2].map(Id::from)),
        fails: BTreeSet::from([Id::from(2)]),
        number: 300,
    }
}

/// One payload of each kind, and of each protocol one that a node sends to another.
fn payloads() -> [Vec<u8>; 6] {
    let entry = Entry {
        term: Term(2),
        payload: Payload::Command("command".into()),
    };
    let message = Message::AppendEntries(AppendEntries {
        term: Term(2),
        prev: EntryId::default(),
        entries: vec![entry],
        commit: Index(300),
    });
    let operation = Operation::Cas {
        key: "k\u{e9}y".to_owned(),
        expected: Some(String::new()),
        value: "\0".to_owned(),
    };
    let request = Request {
        client: u64::MAX,
        number: 1,
        operation,
    };
    let reply = Reply {
        client: 1,
        number: u64::MAX,
        answer: Answer::Elsewhere {
            node: Some(Id::from(2)),
        },
    };
    [
        postcard::to_stdvec(&message).expect("a message"),
        postcard::to_stdvec(&history()).expect("a message"),
        postcard::to_stdvec(&join()).expect("a message"),
        postcard::to_stdvec(&request).expect("a request"),
        postcard::to_stdvec(&reply).expect("a reply"),
        postcard::to_stdvec(&Probe { number: 300 }).expect("a probe"),
    ]
}

#[test]
fn a_damaged_datagram_is_read_or_refused() {
    let kinds = [
        PacketKind::Peer,
        PacketKind::Peer,
        PacketKind::Peer,
        PacketKind::Request,
        PacketKind::Reply,
        PacketKind::Probe,
    ];
    for (kind, payload) in kinds.into_iter().zip(payloads()) {
        let frame = encode(hostile_frame::CLUSTER, kind, &payload).expect("it is small");
        for damaged in damages(&frame).chain(damages(&payload)) {
            hostile_frame::check(&damaged);
        }
    }
}

#[test]
fn a_hostile_payload_is_read_or_refused() {
    for payload in payloads() {
        // A length or a number that lies, wherever one may be.
        for place in 0..payload.len() {
            let (before, after) = payload.split_at(place);
            hostile_frame::check(&[before, &ENORMOUS, &after[1..]].concat());
            hostile_frame::check(&[before, &ENORMOUS].concat());
            // The same number, written longer than it need be.
            hostile_frame::check(&[before, &[after[0] | 0x80, 0], &after[1..]].concat());
        }
    }
    // No number ends.
    hostile_frame::check(&[0xff; 1000]);
    // A message of as many entries as fit, and one that says so, and is empty.
    let entries = [0; FRAME_BYTES_MAX];
    hostile_frame::check(&entries[..FRAME_BYTES_MAX - 18]);
    hostile_frame::check(&entries[..FRAME_BYTES_MAX - 17]);
    hostile_frame::check(&entries);
    for kind in 0..8 {
        hostile_frame::check(&[&[kind], &entries[..100]].concat());
        hostile_frame::check(&[&[kind, 1, 1, 1], &ENORMOUS[..]].concat());
        hostile_frame::check(&[&[kind, 1, 0, 1, 3], &b"\xff\xfe\xfd"[..]].concat());
    }
}

#[test]
fn a_damaged_journal_is_read_or_refused() {
    let sound = hostile_journal::sound();
    for damaged in damages(&sound[GROUPS..]) {
        hostile_journal::check(&[&sound[..GROUPS], &damaged].concat());
    }
    // Header and marks: what lies between them is not read.
    for place in (0..48).chain(508..540).chain(1020..1050) {
        for bit in 0..8 {
            let mut flipped = sound.clone();
            flipped[place] ^= 1 << bit;
            hostile_journal::check(&flipped);
        }
    }
}

#[test]
fn a_hostile_journal_is_read_or_refused() {
    use hostile_journal::{ME, SALT, check};
    let blank = blank(ME, SALT);
    let group = |first: u64, changes: &[&[u8]]| {
        let changes: Vec<_> = changes.iter().map(|change| change.to_vec()).collect();
        encode_group(SALT, first, &changes)
    };
    let one = 1u64.to_le_bytes();
    let enormous = u32::MAX.to_le_bytes();
    let tails = [
        // Nothing, and groups of nothing.
        vec![],
        vec![0; 100],
        vec![0xff; 100],
        group(1, &[]),
        [group(1, &[]), group(1, &[]), group(1, &[b"a"])].concat(),
        // Groups out of order, twice, and from far ahead.
        [group(2, &[b"b"]), group(1, &[b"a"])].concat(),
        [group(1, &[b"a"]), group(1, &[b"a"])].concat(),
        group(u64::MAX, &[b"a"]),
        group(0, &[b"a"]),
        // A body without a number, a change without a length, and lengths that lie.
        sealed(SALT, b""),
        sealed(SALT, &one[..7]),
        sealed(SALT, &[&one[..], &[1, 0, 0]].concat()),
        sealed(SALT, &[&one[..], &[2, 0, 0, 0, b'a']].concat()),
        sealed(SALT, &[&one[..], &enormous].concat()),
        [&enormous[..], &[0; 4], &one].concat(),
        // Changes that are none, or that do not follow.
        group(1, &[b""]),
        group(1, &[&ENORMOUS]),
        group(1, &[&[1, 0, 7, 0]]),
        group(1, &[&[2, 0, 0, 0], &[1, 0, 0, 0]]),
        group(1, &[&[&ENORMOUS[..], &[1], &ENORMOUS, &[0, 0]].concat()]),
        group(1, &[&[&[1, 0, 0], &ENORMOUS[..]].concat()]),
        group(1, &[&[1, 0, 0, 1, 1, 0, 0]]),
    ];
    for tail in &tails {
        check(&[&blank[..], tail].concat());
    }
    // Marks that are sound and lie.
    let synced = [(0, 0), (1, 0), (GROUPS as u64 + 3, 9), (u64::MAX, u64::MAX)];
    for (end, changes) in synced {
        let mut lying = hostile_journal::sound();
        for slot in 0..2 {
            let (at, mark) = encode_mark(SALT, slot, SyncMark { end, changes });
            lying[at as usize..][..mark.len()].copy_from_slice(&mark);
        }
        check(&lying);
    }
}
