//! Nodes that have more to apply than one event applies.

use super::*;

/// A node that finds so many puts decided at once, each of its number, and has applied the first of them; and
/// the doorbell that it rings for the rest.
fn behind(puts: u64) -> (Node, Doorbell) {
    let (mut node, peer) = (node(0), Id::from(1));
    node.hear(peer, Packet::Peer(Word::LoseQuorum));
    for number in 1..=puts {
        let request = Request {
            client: 7,
            number,
            operation: put(&number.to_string()),
        };
        let command = Command(postcard::to_stdvec(&request).unwrap().into());
        node.hear(peer, Packet::Peer(Word::Propose(command)));
    }
    let (sent, rings) = node.step(Input::Message(peer, Packet::Peer(Word::FindQuorum)));
    assert_eq!((sent.len(), rings.len()), (0, 1));
    (node, rings[0])
}

/// The deliveries that are applied in one event.
const PART: u64 = DELIVERIES_MAX as u64;

#[test]
fn a_long_log_is_applied_in_parts_and_the_node_answers_in_between() {
    let (mut node, mut bell) = behind(3 * PART + 1);
    for parts in 1..=2 {
        assert_eq!(node.status().applied, parts * PART);
        let rings = node.ring(bell);
        assert_eq!(rings.len(), 1);
        bell = rings[0];
    }
    assert_eq!(node.ring(bell), []);
    assert_eq!(node.status().applied, 3 * PART + 1);
}

/// Clocks, disks and timers ring while more waits to be applied: that adds neither work nor lasting rings.
#[test]
fn other_doorbells_ring_the_one_for_more_again_ever_more_rarely() {
    let (mut node, bell) = behind(3 * PART);
    let rings: Vec<_> = (0..100).flat_map(|_| node.ring(Doorbell(0))).collect();
    assert_eq!(rings, [bell; 7], "it may have been lost");
    assert_eq!(node.ring(Doorbell(1)), [], "that of a timer");
    assert_eq!(node.status().applied, PART);
    let next = node.ring(bell);
    assert_eq!(next.len(), 1);
    for late in rings {
        assert_eq!(node.ring(late), []);
    }
    assert_eq!(node.status().applied, 2 * PART);
    node.ring(next[0]);
    assert_eq!(node.status().applied, 3 * PART);
}

/// What a message decides is applied with it, or the node would fall behind as long as many of them wait.
#[test]
fn messages_are_applied_for_while_the_doorbell_is_on_its_way() {
    let (mut node, bell) = behind(3 * PART + 1);
    let nothing = Packet::Peer(Word::Decide(Decision::Nothing));
    for parts in 2..=3 {
        assert_eq!(node.hear(Id::from(1), nothing.clone()), []);
        assert_eq!(node.status().applied, parts * PART);
    }
    assert_eq!(node.ring(bell), []);
    assert_eq!(node.status().applied, 3 * PART + 3);
    assert_eq!(node.ring(bell), []);
}

#[test]
fn a_read_waits_until_what_is_decided_is_applied() {
    let puts = 3 * PART + 1;
    let (mut node, bell) = behind(puts);
    let operation = Operation::Get {
        key: "k".to_owned(),
        consistency: Consistency::Linearizable,
    };
    let request = Request {
        client: 9,
        number: 1,
        operation,
    };
    let client = Id::from(address(50));
    assert_eq!(node.hear(client, Packet::Requests(vec![request])), []);
    let rings = node.ring(bell);
    assert_eq!(rings.len(), 1);
    let (sent, _) = node.step(Input::Choice(rings[0]));
    let [(_, Packet::Replies(replies))] = &sent[..] else {
        panic!("unexpected packets {sent:?}")
    };
    let last = Outcome::Found(Some(puts.to_string()));
    assert_eq!(replies[0].answer, Answer::Read(last));
}

/// Requests that share a datagram are one event: no more is applied for them than for one.
#[test]
fn requests_that_share_a_datagram_have_one_part_applied() {
    let (mut node, _) = behind(3 * PART + 1);
    let request = |client| Request {
        client,
        number: 1,
        operation: put("v"),
    };
    let requests = Packet::Requests((10..20).map(request).collect());
    node.hear(Id::from(address(50)), requests);
    assert_eq!(node.status().applied, 2 * PART);
}
