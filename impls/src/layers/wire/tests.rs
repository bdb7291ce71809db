use super::*;
use crate::machine::Operation;
use crate::request::{Probe, Reply, Request};
use proptest::prelude::*;
use quorate_models::replica::Consistency;

type Word = (u64, String);

fn address(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new([127, 0, 0, 1].into(), port)
}

fn members() -> Members {
    Members::new((7, "raft"), vec![address(1), address(2), address(3)], 0).with_bell(address(5))
}

fn bytes(packet: &Packet<Word>) -> Vec<u8> {
    members().encode(None, Id::from(1), packet).unwrap().1
}

fn word() -> Packet<Word> {
    Packet::Peer((9, "word".to_owned()))
}

fn request() -> Packet<Word> {
    Packet::Requests(vec![Request {
        client: 1,
        number: 1,
        operation: Operation::Get {
            key: "k".to_owned(),
            consistency: Consistency::Linearizable,
        },
    }])
}

fn judge(port: u16, bytes: &[u8]) -> Result<Arrival<Word>, Reject> {
    members().decode(None, Id::from(address(port)), bytes)
}

fn probe() -> Packet<Word> {
    Packet::Probe(Probe { number: 1 })
}

#[test]
fn a_multicast_goes_to_every_other_node() {
    let receivers = |recipient| members().receivers(recipient).collect::<Vec<_>>();
    assert_eq!(receivers(everyone()), [Id::from(1), Id::from(2)]);
    for one in [Id::from(2), Id::from(address(4))] {
        assert_eq!(receivers(one), [one]);
    }
}

#[test]
fn nodes_are_indices_and_clients_keep_their_address() {
    let arrival = judge(3, &bytes(&word()));
    assert_eq!(arrival, Ok(Arrival::Packet(Id::from(2), word())));
    let client = Id::from(address(4));
    for packet in [request(), probe()] {
        let arrival = Ok(Arrival::Packet(client, packet.clone()));
        assert_eq!(judge(4, &bytes(&packet)), arrival);
    }
    let to = |recipient| members().encode(None, recipient, &word()).unwrap().0;
    assert_eq!(to(Id::from(2)), Id::from(address(3)));
    assert_eq!(to(client), client);
}

#[test]
fn only_nodes_speak_for_nodes_and_only_clients_for_clients() {
    assert_eq!(judge(4, &bytes(&word())), Err(Reject::NotAPeer));
    assert_eq!(judge(1, &bytes(&word())), Err(Reject::NotAPeer));
    assert_eq!(judge(3, &bytes(&request())), Err(Reject::WrongKind));
    assert_eq!(judge(3, &bytes(&probe())), Err(Reject::WrongKind));
    let reply = Reply {
        client: 1,
        number: 1,
        answer: crate::request::Answer::Expired,
    };
    assert_eq!(
        judge(4, &bytes(&Packet::Replies(vec![reply]))),
        Err(Reject::WrongKind)
    );
}

/// What a node with this list sends to another, as it arrives at node 0.
fn told_by(list: Vec<SocketAddrV4>) -> Result<Arrival<Word>, Reject> {
    let sender = Members::new((7, "raft"), list, 1);
    let (_, bytes) = sender.encode(None, Id::from(0), &word()).unwrap();
    judge(2, &bytes)
}

#[test]
fn a_node_with_another_list_is_not_heard() {
    let same = [1, 2, 3].map(address).to_vec();
    assert_eq!(told_by(same), Ok(Arrival::Packet(Id::from(1), word())));
    for other in [&[1, 2, 4][..], &[3, 2, 1], &[1, 2], &[1, 2, 3, 4]] {
        let list = other.iter().map(|port| address(*port)).collect();
        assert_eq!(told_by(list), Err(Reject::OtherList), "{other:?}");
    }
}

#[test]
fn lists_differ_in_number_or_in_one_address() {
    let difference = |ports: &[u16]| {
        let list: Vec<_> = ports.iter().map(|port| address(*port)).collect();
        members().difference(&list)
    };
    assert_eq!(difference(&[1, 2]), "2 nodes there, 3 here");
    assert_eq!(
        difference(&[1, 3, 2]),
        "node 1 has address 127.0.0.1:3 there, 127.0.0.1:2 here"
    );
}

#[test]
fn an_empty_datagram_is_a_doorbell_where_it_is_rung_and_nowhere_else() {
    assert_eq!(judge(5, &[]), Ok(Arrival::Doorbell(Doorbell(0))));
    for port in [1, 2, 4] {
        assert_eq!(judge(port, &[]), Err(Reject::Doorbell));
    }
}

#[test]
fn only_a_node_itself_rings_a_numbered_doorbell() {
    let Datagram(bytes) = ringing(Doorbell(7));
    assert_eq!(judge(1, &bytes), Ok(Arrival::Doorbell(Doorbell(7))));
    for port in [2, 4] {
        assert_eq!(judge(port, &bytes), Err(Reject::Truncated));
    }
}

#[test]
fn a_payload_with_something_behind_it_is_rejected() {
    let digest = members().digest().to_le_bytes().to_vec();
    let payload = postcard::to_extend(&(9u64, "word"), digest).unwrap();
    let frame = frame::encode(7, PacketKind::Peer, &[payload, vec![0]].concat()).unwrap();
    assert_eq!(judge(3, &frame), Err(Reject::Undecodable));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_payload_makes_it_panic(
        payload in prop::collection::vec(any::<u8>(), 0..64), kind in 0..6usize, port in 1..5u16,
    ) {
        let kinds = [PacketKind::Peer, PacketKind::Request, PacketKind::Reply, PacketKind::Probe, PacketKind::Report, PacketKind::Refusal];
        let _ = judge(port, &frame::encode(7, kinds[kind], &payload).unwrap());
    }
}
