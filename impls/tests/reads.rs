//! Reads of every consistency, of any node, by any protocol.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::{Cluster, PATIENCE, eventually, put};
use quorate::config::NodeProtocol;
use quorate::machine::{Operation, Outcome};
use quorate::request::Answer;
use quorate_models::replica::Consistency;

const CONSISTENCIES: [Consistency; 3] = [
    Consistency::Linearizable,
    Consistency::Synced,
    Consistency::Local,
];

/// The value that a read of a new client shows, and whether it was ordered among the writes. Clients begin
/// with different nodes.
fn read(cluster: &Cluster, key: &str, consistency: Consistency) -> (Option<String>, bool) {
    let key = key.to_owned();
    let get = Operation::Get { key, consistency };
    match cluster.link().execute(get, PATIENCE) {
        Ok(Answer::Done(Outcome::Found(value))) => (value, true),
        Ok(Answer::Read(Outcome::Found(value))) => (value, false),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_value_is_read_as_its_reader_wants() {
    for protocol in NodeProtocol::ALL {
        let cluster = Cluster::start_of(*protocol, 3);
        let mut link = cluster.link();
        for number in 0..6 {
            let (key, value) = (format!("key-{number}"), number.to_string());
            assert_eq!(put(&mut link, &key, &value), Answer::Done(Outcome::Stored));
            for consistency in CONSISTENCIES {
                let (found, is_ordered) = read(&cluster, &key, consistency);
                // Zab alone has a say in reads; a local read is never ordered.
                let asks = consistency != Consistency::Local;
                assert_eq!(is_ordered, *protocol != NodeProtocol::Zab && asks);
                if asks {
                    assert_eq!(found, Some(value.clone()), "{consistency:?}");
                }
                eventually("a node executes what was acknowledged", || {
                    let (found, _) = read(&cluster, &key, consistency);
                    found.filter(|found| *found == value)
                });
            }
        }
    }
}
