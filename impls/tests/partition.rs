//! Nodes that are cut off from others, by every protocol: the side with a quorum goes on, the other one
//! answers nothing, and when they meet again nothing acknowledged is lost.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/history.rs"]
mod history;

use cluster::{Cluster, eventually};
use history::{History, settled};
use quorate::client::link::LinkError;
use quorate::config::NodeProtocol;
use quorate::machine::Operation;
use quorate::request::NodeStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Of three nodes, each in turn is alone.
const OF_THREE: [&[usize]; 3] = [&[0], &[1], &[2]];
/// Of five, two are cut off from three; each node once at least.
const OF_FIVE: [&[usize]; 3] = [&[0, 1], &[2, 3], &[4, 0]];
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
fn one_node_of_three_is_cut_off_in_raft() {
    are_cut_off(NodeProtocol::Raft, 3, &OF_THREE);
}

#[test]
fn two_nodes_of_five_are_cut_off_in_raft() {
    are_cut_off(NodeProtocol::Raft, 5, &OF_FIVE);
}

#[test]
fn one_node_of_three_is_cut_off_in_totem() {
    are_cut_off(NodeProtocol::Totem, 3, &OF_THREE);
}

#[test]
fn two_nodes_of_five_are_cut_off_in_totem() {
    are_cut_off(NodeProtocol::Totem, 5, &OF_FIVE);
}

#[test]
fn one_node_of_three_is_cut_off_in_zab() {
    are_cut_off(NodeProtocol::Zab, 3, &OF_THREE);
}

#[test]
fn two_nodes_of_five_are_cut_off_in_zab() {
    are_cut_off(NodeProtocol::Zab, 5, &OF_FIVE);
}

/// The nodes of each minority in turn are cut off from the others.
fn are_cut_off(protocol: NodeProtocol, nodes: usize, minorities: &[&[usize]]) {
    let cluster = Cluster::start_between(protocol, nodes);
    let (history, stop) = (History::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let stopping = Stop(&stop);
        for client in 0..CLIENTS {
            let (mut link, history, stop) = (cluster.link(), &history, &stop);
            scope.spawn(move || history.record(client, &mut link, stop));
        }
        history.progress(PROGRESS);
        for minority in minorities {
            cluster.network().cut(minority.iter().copied());
            history.progress(PROGRESS);
            answer_nothing(&cluster, minority);
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

/// A client that knows these nodes alone has no answer from them.
fn answer_nothing(cluster: &Cluster, nodes: &[usize]) {
    let mut known = cluster.config.nodes.clone();
    for (node, address) in known.iter_mut().enumerate() {
        if !nodes.contains(&node) {
            // Nobody is there.
            address.set_port(9);
        }
    }
    let mut link = cluster.link_to(known);
    let put = Operation::Put {
        key: "alone".to_owned(),
        value: String::new(),
    };
    let answer = link.execute(put, Duration::from_millis(300));
    assert!(matches!(answer, Err(LinkError::Unknown(_))), "{answer:?}");
}
