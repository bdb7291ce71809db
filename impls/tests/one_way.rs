//! Nodes of Raft whose network is cut one way: PreVote and CheckQuorum keep or replace the leader, so that
//! writes go on. Each is asked of real processes as they run by default.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/history.rs"]
mod history;

use cluster::{Cluster, eventually};
use history::{History, under_load};
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::request::NodeStatus;
use std::time::Duration;

/// Elections of a machine that is busy: a node that is late is no lost leader.
fn patient(config: &mut ClusterConfig) {
    let raft = config.raft.as_mut().expect("it is a cluster of Raft");
    (raft.election_ms_min, raft.election_ms_max) = (2000, 4000);
}

/// A cluster that is cut while clients read and write.
fn is_cut(nodes: usize, act: impl FnOnce(&Cluster, &History)) {
    let mut cluster = Cluster::start_between_configured(NodeProtocol::Raft, nodes, patient);
    under_load(&mut cluster, |cluster, history| {
        act(cluster, history);
        cluster.network().cut_ways([]);
    });
}

fn others(nodes: usize, node: usize) -> impl Iterator<Item = usize> {
    (0..nodes).filter(move |other| *other != node)
}

/// The leader, once every node follows it.
fn settled_leader(cluster: &Cluster) -> NodeStatus {
    let mut link = cluster.link();
    eventually("all follow a leader", || {
        let found = link.status(Duration::from_millis(100)).unwrap();
        let found: Option<Vec<NodeStatus>> = found.into_iter().collect();
        let found = found?;
        let leader = found.iter().find(|it| it.role == "leader")?.clone();
        let follow =
            |it: &NodeStatus| it.generation == leader.generation && it.leader == Some(leader.node);
        found.iter().all(follow).then_some(leader)
    })
}

/// These ways are cut, so that a node does not hear the leader; nobody's term changes by that.
fn keep_their_leader(nodes: usize, cut: impl Fn(usize) -> (usize, Vec<(usize, usize)>)) {
    is_cut(nodes, |cluster, history| {
        let leader = settled_leader(cluster);
        let (deaf, ways) = cut(leader.node);
        cluster.network().cut_ways(ways);
        cluster.until(deaf, "a node hears no leader", |it| it.leader.is_none());
        for _ in 0..5 {
            history.progress();
        }
        cluster.network().cut_ways([]);
        let after = settled_leader(cluster);
        assert_eq!(
            (after.node, after.generation),
            (leader.node, leader.generation)
        );
    });
}

#[test]
fn a_follower_that_is_deaf_raises_no_term() {
    keep_their_leader(3, |leader| {
        let deaf = (leader + 1) % 3;
        let ways = others(3, deaf).map(|from| (from, deaf));
        (deaf, ways.collect())
    });
}

/// Each of five nodes does not reach the next one: a leader has two followers with whom it speaks both ways.
#[test]
fn a_cycle_of_one_way_cuts_stops_nothing() {
    keep_their_leader(5, |leader| {
        let ways = (0..5).map(|node| (node, (node + 1) % 5));
        ((leader + 1) % 5, ways.collect())
    });
}

/// It hears nobody, and everyone hears it: it steps down, and another leads.
#[test]
fn a_leader_that_is_deaf_steps_down() {
    is_cut(3, |cluster, history| {
        let leader = settled_leader(cluster).node;
        let ways = others(3, leader).map(|from| (from, leader));
        cluster.network().cut_ways(ways);
        let mut link = cluster.link();
        eventually("another leads", || {
            let found = link.status(Duration::from_millis(100)).unwrap();
            let mut leads = found.iter().flatten().filter(|it| it.role == "leader");
            leads.any(|it| it.node != leader).then_some(())
        });
        history.progress();
    });
}
