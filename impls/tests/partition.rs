//! Nodes that are cut off from others, by every protocol: the side with a quorum goes on, the other one
//! answers nothing, and when they meet again nothing acknowledged is lost.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/history.rs"]
mod history;

use cluster::{Cluster, eventually};
use history::{History, settled};
use quorate::client::link::{Link, LinkError};
use quorate::config::NodeProtocol;
use quorate::machine::Operation;
use quorate::request::NodeStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const NODES: usize = 3;
const CLIENTS: usize = 3;
/// Operations to see answered between two cuts.
const PROGRESS: usize = 40;

/// Stops the clients even when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn raft_is_cut_in_two() {
    is_cut_in_two(NodeProtocol::Raft);
}

#[test]
fn totem_is_cut_in_two() {
    is_cut_in_two(NodeProtocol::Totem);
}

#[test]
fn zab_is_cut_in_two() {
    is_cut_in_two(NodeProtocol::Zab);
}

/// Each node in turn is alone.
fn is_cut_in_two(protocol: NodeProtocol) {
    let cluster = Cluster::start_between(protocol, NODES);
    let (history, stop) = (History::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let stopping = Stop(&stop);
        for client in 0..CLIENTS {
            let (mut link, history, stop) = (cluster.link(), &history, &stop);
            scope.spawn(move || history.record(client, &mut link, stop));
        }
        history.progress(PROGRESS);
        for alone in 0..NODES {
            cluster.network().cut([alone]);
            history.progress(PROGRESS);
            answers_nothing(&cluster, alone);
            cluster.network().cut([]);
            history.progress(PROGRESS);
        }
        drop(stopping);
    });
    let last = settled(&mut cluster.link());
    assert!(last.is_some(), "nothing was written");
    assert_eq!(history.judge(), Ok(()));
    eventually("all nodes have the same", || {
        let found = cluster.link().status(Duration::from_millis(100)).unwrap();
        let found: Option<Vec<NodeStatus>> = found.into_iter().collect();
        let found = found?;
        let has_all = |it: &NodeStatus| it.applied == found[0].applied && it.term == found[0].term;
        found.iter().all(has_all).then_some(())
    });
}

/// A client that knows this node alone has no answer from it.
fn answers_nothing(cluster: &Cluster, node: usize) {
    let alone = vec![cluster.config.nodes[node]];
    let mut link = Link::new(cluster.config.cluster, alone).unwrap();
    let put = Operation::Put {
        key: "alone".to_owned(),
        value: String::new(),
    };
    let answer = link.execute(put, Duration::from_millis(300));
    assert!(matches!(answer, Err(LinkError::Unknown(_))), "{answer:?}");
}
