use super::client::{ClientSeal, Opened, Question};
use super::node::{Admission, Seal};
use super::*;
use crate::keys::ClusterKey;
use stateright::actor::Id;
use std::net::SocketAddrV4;

const CLUSTER: u64 = 7;
const DIGEST: u32 = 9;

fn address(port: u16) -> Id {
    Id::from(SocketAddrV4::new([127, 0, 0, 1].into(), port))
}

/// Opens a frame and decides whether it is heard, as a node does, from the right address.
fn hear(seal: &mut Seal, frame: &[u8]) -> Result<(Admission, Vec<u8>), Reject> {
    let (label, payload) = seal.open(frame)?;
    let payload = payload.to_vec();
    Ok((seal.admit(&label, address(9), DIGEST)?, payload))
}

fn is_heard(seal: &mut Seal, frame: &[u8]) -> bool {
    matches!(hear(seal, frame), Ok((Admission::Admitted, _)))
}

fn node(key: &ClusterKey, me: usize, incarnation: u64) -> Seal {
    Seal::new(key, CLUSTER, me, 3, incarnation)
}

/// Two nodes that have told each other their incarnations.
fn acquainted(key: &ClusterKey) -> (Seal, Seal) {
    let (mut zero, mut one) = (node(key, 0, 100), node(key, 1, 200));
    meet(&mut zero, &mut one);
    (zero, one)
}

/// The first greets the second, which answers.
fn meet(first: &mut Seal, second: &mut Seal) {
    let greeting = first.greet_node(1, DIGEST);
    let answer = match hear(second, &greeting) {
        Ok((Admission::Greeted(Some(answer)), _)) => answer,
        other => panic!("{other:?}"),
    };
    assert_eq!(hear(first, &answer).unwrap().0, Admission::Greeted(None));
}

#[test]
fn nodes_that_have_greeted_hear_each_other_once() {
    let key = ClusterKey::random();
    let (mut zero, mut one) = acquainted(&key);
    let frames: Vec<_> = (0..3u8)
        .map(|it| zero.to_node(1, DIGEST, &[it]).unwrap())
        .collect();
    // Late ones are heard, too.
    for index in [2, 0, 1] {
        let heard = hear(&mut one, &frames[index]);
        assert_eq!(heard, Ok((Admission::Admitted, vec![index as u8])));
    }
    let before = one.clone();
    for frame in &frames {
        assert_eq!(hear(&mut one, frame), Err(Reject::Replayed));
    }
    assert_eq!(one, before);
    let back = one.to_node(0, DIGEST, b"back").unwrap();
    assert!(is_heard(&mut zero, &back));
}

#[test]
fn a_frame_to_a_node_of_which_nothing_is_known_is_a_greeting() {
    let key = ClusterKey::random();
    let (mut zero, mut one) = (node(&key, 0, 100), node(&key, 1, 200));
    let frame = zero.to_node(1, DIGEST, b"vote").unwrap();
    let (heard, payload) = hear(&mut one, &frame).unwrap();
    assert!(matches!(heard, Admission::Greeted(Some(_))));
    assert_eq!(payload, DIGEST.to_le_bytes());
}

/// A receiver that has started again knows nothing of what it has heard.
#[test]
fn what_was_sent_in_another_life_of_either_is_not_heard() {
    let key = ClusterKey::random();
    let (mut zero, mut one) = acquainted(&key);
    let heard = zero.to_node(1, DIGEST, b"heard").unwrap();
    let kept = zero.to_node(1, DIGEST, b"kept").unwrap();
    assert!(is_heard(&mut one, &heard));
    let mut again = node(&key, 1, 201);
    for frame in [&heard, &kept] {
        let answer = match hear(&mut again, frame) {
            Ok((Admission::Stale(answer), _)) => answer,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            hear(&mut zero, &answer).unwrap().0,
            Admission::Greeted(None)
        );
    }
    let fresh = zero.to_node(1, DIGEST, b"fresh").unwrap();
    assert!(is_heard(&mut again, &fresh));
    // The sender starts again; its frames of before are too old by then, also those never heard.
    let late = zero.to_node(1, DIGEST, b"late").unwrap();
    let mut zero_again = node(&key, 0, 101);
    meet(&mut zero_again, &mut again);
    assert_eq!(hear(&mut again, &late), Err(Reject::Stale));
    let fresh = zero_again.to_node(1, DIGEST, b"fresh").unwrap();
    assert!(is_heard(&mut again, &fresh));
}

/// An old greeting tells nothing that takes a newer one back.
#[test]
fn a_greeting_that_is_replayed_changes_nothing() {
    let key = ClusterKey::random();
    let (zero, mut one) = (node(&key, 0, 100), node(&key, 1, 200));
    let old = zero.greet_node(1, DIGEST);
    hear(&mut one, &old).unwrap();
    let mut again = node(&key, 0, 101);
    meet(&mut again, &mut one);
    let before = one.clone();
    assert!(matches!(hear(&mut one, &old), Ok((Admission::Stale(_), _))));
    assert_eq!(one, before);
    let frame = again.to_node(1, DIGEST, b"word").unwrap();
    assert!(is_heard(&mut one, &frame));
}

#[test]
fn a_frame_is_for_one_receiver_and_of_one_cluster() {
    let key = ClusterKey::random();
    let (mut zero, mut one) = acquainted(&key);
    let frame = zero.to_node(1, DIGEST, b"word").unwrap();
    assert_eq!(
        hear(&mut node(&key, 2, 200), &frame),
        Err(Reject::Misdirected)
    );
    let mut foreign = Seal::new(&key, CLUSTER + 1, 1, 3, 200);
    assert_eq!(hear(&mut foreign, &frame), Err(Reject::Cluster));
    let mut stranger = node(&ClusterKey::random(), 1, 200);
    assert_eq!(hear(&mut stranger, &frame), Err(Reject::OtherKey));
    assert!(is_heard(&mut one, &frame));
}

#[test]
fn every_flipped_bit_and_every_cut_is_rejected() {
    let key = ClusterKey::random();
    let (mut zero, mut one) = acquainted(&key);
    let frame = zero.to_node(1, DIGEST, b"payload").unwrap();
    let before = one.clone();
    for bit in 0..frame.len() * 8 {
        let mut flipped = frame.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(hear(&mut one, &flipped).is_err(), "bit {bit}");
    }
    for len in 0..frame.len() {
        assert!(hear(&mut one, &frame[..len]).is_err(), "length {len}");
    }
    let longer = [&frame[..], &[0]].concat();
    assert_eq!(hear(&mut one, &longer), Err(Reject::Tag));
    assert_eq!(one, before);
    assert!(is_heard(&mut one, &frame));
}

/// A client that has all that goes over the network, and its own key.
#[test]
fn a_client_cannot_speak_for_a_node_or_for_another_client() {
    let key = ClusterKey::random();
    let (_, mut one) = acquainted(&key);
    let client = key.of_client(1);
    let nodes = key.of_nodes().nodes;
    let label = Label {
        kind: PacketKind::Peer,
        sender: Party::Node(0),
        receiver: Party::Node(1),
        from: 100,
        to: 200,
        counter: 1,
    };
    let before = one.clone();
    let forge = |label: &Label| seal(CLUSTER, &client.key, label, b"word").unwrap();
    assert_eq!(hear(&mut one, &forge(&label)), Err(Reject::OtherKey));
    let mut named = forge(&label);
    named[14..18].copy_from_slice(&nodes.name());
    assert_eq!(hear(&mut one, &named), Err(Reject::Tag));
    let as_client = |number, kind| Label {
        sender: Party::Client(number),
        kind,
        ..label
    };
    let request = PacketKind::Request;
    assert_eq!(
        hear(&mut one, &forge(&as_client(2, request))),
        Err(Reject::OtherKey)
    );
    for kind in [PacketKind::Peer, PacketKind::Refusal, PacketKind::Reply] {
        assert_eq!(
            hear(&mut one, &forge(&as_client(1, kind))),
            Err(Reject::WrongKind)
        );
    }
    // As if a node told the client something, which the client's key seals, too.
    for kind in [PacketKind::Greeting, PacketKind::Reply, PacketKind::Report] {
        let told = Label {
            receiver: Party::Client(1),
            kind,
            ..label
        };
        let opened = one.open(&forge(&told)).map(|_| ());
        assert_eq!(opened, Err(Reject::Misdirected), "{kind:?}");
    }
    assert_eq!(one, before);
    assert!(is_heard(&mut one, &forge(&as_client(1, request))));
    let genuine = seal(CLUSTER, &nodes, &label, b"word").unwrap();
    assert!(is_heard(&mut one, &genuine));
}

#[test]
fn a_client_greets_asks_and_hears_the_answer_once() {
    let key = ClusterKey::random();
    let mut one = node(&key, 1, 200);
    let mut client = ClientSeal::new(key.of_client(5), CLUSTER, 3);
    let greeting = client
        .close(1, PacketKind::Request, question(1, 1), b"ask")
        .unwrap();
    let answer = match hear(&mut one, &greeting) {
        Ok((Admission::Greeted(Some(answer)), _)) => answer,
        other => panic!("{other:?}"),
    };
    let Ok(Opened::Greeted(frames)) = client.open(1, &answer) else {
        panic!("the request goes")
    };
    let [request] = frames.as_slice() else {
        panic!("one request goes: {frames:?}")
    };
    assert_eq!(
        hear(&mut one, request),
        Ok((Admission::Admitted, b"ask".to_vec()))
    );
    assert_eq!(hear(&mut one, request), Err(Reject::Replayed));
    let reply = one
        .to_client(PacketKind::Reply, address(9), b"told")
        .unwrap();
    assert_eq!(client.open(0, &reply), Err(Reject::NotAPeer));
    let opened = Opened::Packet(PacketKind::Reply, b"told");
    assert_eq!(client.open(1, &reply), Ok(opened));
    assert_eq!(client.open(1, &reply), Err(Reject::Replayed));
    let mut other = ClientSeal::new(key.of_client(5), CLUSTER, 3);
    assert_eq!(other.open(1, &reply), Err(Reject::Stale));
    let mut stranger = ClientSeal::new(key.of_client(6), CLUSTER, 3);
    assert_eq!(stranger.open(1, &reply), Err(Reject::Misdirected));
    let unknown = one.to_client(PacketKind::Reply, address(8), b"told");
    assert_eq!(unknown, Err(Reject::UnknownClient));
}

fn question(asker: u64, number: u64) -> Question {
    Question { asker, number }
}

/// A node that was down is not flooded when it comes back: it hears what is still waited for.
#[test]
fn of_what_a_client_asked_a_node_that_was_down_only_the_last_question_goes() {
    let key = ClusterKey::random();
    let mut one = node(&key, 1, 200);
    let mut client = ClientSeal::new(key.of_client(5), CLUSTER, 3);
    let mut greeting = Vec::new();
    for number in 1..=300 {
        for asker in [1, 2, 3] {
            let payload = [asker as u8, number as u8];
            for _again in 0..2 {
                let frame = client.close(1, PacketKind::Request, question(asker, number), &payload);
                greeting = frame.unwrap();
            }
        }
        let probe = client.close(1, PacketKind::Probe, question(1, number), b"how");
        assert!(probe.is_some());
    }
    // The second has its answer from another node, and the third asks another one something else.
    client.answered(PacketKind::Request, question(2, 299));
    client.answered(PacketKind::Request, question(2, 300));
    client
        .close(2, PacketKind::Request, question(3, 301), b"else")
        .unwrap();
    let Ok((Admission::Greeted(Some(answer)), _)) = hear(&mut one, &greeting) else {
        panic!("it is greeted")
    };
    let Ok(Opened::Greeted(frames)) = client.open(1, &answer) else {
        panic!("the request goes")
    };
    let heard = frames.iter().map(|frame| hear(&mut one, frame).unwrap().1);
    assert_eq!(
        heard.collect::<Vec<_>>(),
        [vec![1, 300_u64 as u8], b"how".to_vec()]
    );
}

/// Its clock was put back and its file lost: the others hear nothing of it, and tell it.
#[test]
fn a_node_that_is_outlived_finds_it_out_and_nobody_answers_for_ever() {
    let key = ClusterKey::random();
    let (_, mut one) = acquainted(&key);
    let mut earlier = node(&key, 0, 99);
    let answer = match hear(&mut one, &earlier.greet_node(1, DIGEST)) {
        Ok((Admission::Stale(answer), _)) => answer,
        other => panic!("{other:?}"),
    };
    assert_eq!(earlier.is_outlived(), None);
    let told = hear(&mut earlier, &answer).unwrap().0;
    assert_eq!(told, Admission::Greeted(None));
    assert_eq!(earlier.is_outlived(), Some((99, 100)));
    assert_eq!(one.is_outlived(), None);
}

/// Who copies a request and sends it from elsewhere does not get the answer.
#[test]
fn a_replay_from_another_address_moves_no_client() {
    let key = ClusterKey::random();
    let mut one = node(&key, 1, 200);
    let label = Label {
        kind: PacketKind::Probe,
        sender: Party::Client(1),
        receiver: Party::Node(1),
        from: 55,
        to: 200,
        counter: 1,
    };
    let probe = seal(CLUSTER, &key.of_client(1).key, &label, &[]).unwrap();
    let heard = one.admit(&label, address(9), DIGEST);
    assert_eq!(heard, Ok(Admission::Admitted));
    let before = one.clone();
    let (label, _) = one.open(&probe).unwrap();
    let replayed = one.admit(&label, address(10), DIGEST);
    assert_eq!(replayed, Err(Reject::Replayed));
    assert_eq!(one, before);
}

#[test]
fn a_refusal_is_for_the_life_that_asked_for_it() {
    let key = ClusterKey::random();
    let (zero, one) = (node(&key, 0, 100), node(&key, 1, 200));
    let greeting = one.greet_node(0, DIGEST);
    let (label, _) = zero.open(&greeting).unwrap();
    let refusal = zero.refusal(&label, b"list").unwrap();
    let (label, payload) = one.open(&refusal).unwrap();
    assert_eq!(payload, b"list");
    assert!(one.is_refused(&label));
    assert!(!node(&key, 1, 201).is_refused(&label));
}

#[test]
fn what_is_no_sealed_frame_has_its_reason() {
    let mut one = node(&ClusterKey::random(), 1, 200);
    let mut told = |frame: &[u8]| hear(&mut one, frame).unwrap_err();
    let plain = crate::layers::frame::encode(CLUSTER, PacketKind::Probe, &[1]).unwrap();
    assert_eq!(told(&plain), Reject::Unsealed);
    assert_eq!(told(b"GET / HTTP/1.1"), Reject::Magic);
    assert_eq!(told(b"QR"), Reject::Truncated);
    assert_eq!(told(&vec![0; FRAME_BYTES_MAX + 1]), Reject::Oversized);
    assert_eq!(told(&[MAGIC, &[0; HEADER][4..]].concat()), Reject::Version);
    let sealed = [MAGIC, &[0; HEADER][..]].concat();
    assert_eq!(
        crate::layers::frame::decode(CLUSTER, &sealed),
        Err(Reject::Sealed)
    );
}

#[test]
fn a_frame_that_would_not_fit_is_not_made() {
    let (mut zero, mut one) = acquainted(&ClusterKey::random());
    let largest = vec![0; FRAME_BYTES_MAX - HEADER];
    let frame = zero.to_node(1, DIGEST, &largest).unwrap();
    assert!(is_heard(&mut one, &frame));
    let larger = vec![0; largest.len() + 1];
    assert_eq!(
        zero.to_node(1, DIGEST, &larger),
        Err(Reject::TooLargeToSend)
    );
}
