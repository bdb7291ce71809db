//! Which nodes a client asks, and what becomes of it when nobody answers.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::{Cluster, PATIENCE, put};
use quorate::client::link::{Link, LinkError};
use quorate::layers::frame::{FRAME_BYTES_MAX, PacketKind, decode, encode};
use quorate::layers::wire::whole;
use quorate::machine::{Operation, Outcome};
use quorate::request::{Answer, Reply, Request};
use quorate_models::replica::Consistency;
use stateright::actor::Id;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const CLUSTER: u64 = 7;
const REQUESTS: usize = 100;

fn stored() -> Answer {
    Answer::Done(Outcome::Stored)
}

/// Sockets in the place of nodes.
fn sockets() -> (Vec<UdpSocket>, Vec<SocketAddrV4>) {
    let sockets: Vec<_> = (0..3)
        .map(|_| UdpSocket::bind("127.0.0.1:0").unwrap())
        .collect();
    let addresses = sockets.iter().map(|socket| match socket.local_addr() {
        Ok(SocketAddr::V4(address)) => address,
        other => unreachable!("bound to {other:?}"),
    });
    let addresses = addresses.collect();
    (sockets, addresses)
}

/// Answers every request in this way, and counts them. Ends with the test.
fn answer(socket: UdpSocket, answer: Answer) -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    thread::spawn(move || {
        let mut buffer = vec![0; FRAME_BYTES_MAX];
        loop {
            let (len, client_address) = socket.recv_from(&mut buffer).unwrap();
            let (_, payload) = decode(CLUSTER, &buffer[..len]).unwrap();
            let request: Request = whole(payload).unwrap();
            count.fetch_add(1, Ordering::Relaxed);
            let reply = Reply {
                client: request.client,
                number: request.number,
                answer: answer.clone(),
            };
            let payload = postcard::to_stdvec(&reply).unwrap();
            let frame = encode(CLUSTER, PacketKind::Reply, &payload).unwrap();
            socket.send_to(&frame, client_address).unwrap();
        }
    });
    asked
}

#[test]
fn a_client_stays_with_the_node_that_answered() {
    let (sockets, addresses) = sockets();
    let elsewhere = Answer::Elsewhere {
        node: Some(Id::from(0)),
    };
    let answers = [stored(), elsewhere.clone(), elsewhere];
    let mut asked = sockets
        .into_iter()
        .zip(answers)
        .map(|(socket, of)| answer(socket, of));
    let (_leader, followers) = (asked.next().unwrap(), asked.collect::<Vec<_>>());
    let mut link = Link::new(CLUSTER, addresses).unwrap();
    for _ in 0..REQUESTS {
        assert_eq!(put(&mut link, "key", "value"), stored());
    }
    let asked: usize = followers.iter().map(|n| n.load(Ordering::Relaxed)).sum();
    // One detour until the leader is known, and now and then one on a busy machine.
    assert!(
        asked < REQUESTS / 2,
        "the followers were asked {asked} times"
    );
}

#[test]
fn after_an_unknown_outcome_a_client_goes_on() {
    let mut cluster = Cluster::start(3);
    let mut link = cluster.link();
    for node in 0..3 {
        cluster.kill(node);
    }
    let operation = Operation::Put {
        key: "key".to_owned(),
        value: "lost".to_owned(),
    };
    let limit = Duration::from_millis(200);
    let nobody = link.execute(operation, limit).unwrap_err();
    assert!(matches!(nobody, LinkError::Unknown(_)), "{nobody}");
    for node in 0..3 {
        cluster.restart(node);
    }
    for value in ["first", "second"] {
        assert_eq!(put(&mut link, "key", value), stored());
    }
    let operation = Operation::Get {
        key: "key".to_owned(),
        consistency: Consistency::Linearizable,
    };
    let found = link.execute(operation, PATIENCE).unwrap();
    assert_eq!(
        found,
        Answer::Done(Outcome::Found(Some("second".to_owned())))
    );
}
