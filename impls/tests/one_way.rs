//! Nodes of Raft whose network is cut one way: PreVote and CheckQuorum keep or replace the leader, so that
//! writes go on. Each is asked of real processes as they run by default.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/history.rs"]
mod history;

use cluster::{Cluster, eventually};
use history::{History, settled};
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::request::NodeStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const CLIENTS: usize = 3;
/// Operations to see answered.
const PROGRESS: usize = 40;

/// Stops the clients even when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Elections of a machine that is busy: a node that is late is no lost leader.
fn patient(config: &mut ClusterConfig) {
    let raft = config.raft.as_mut().expect("it is a cluster of Raft");
    (raft.election_ms_min, raft.election_ms_max) = (2000, 4000);
}

/// Runs clients against nodes, does something meanwhile, and judges what the clients saw.
fn under_load(nodes: usize, act: impl FnOnce(&Cluster, &History)) {
    let cluster = Cluster::start_between_configured(NodeProtocol::Raft, nodes, patient);
    let (history, stop) = (History::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let stopping = Stop(&stop);
        for client in 0..CLIENTS {
            let (mut link, history, stop) = (cluster.link(), &history, &stop);
            scope.spawn(move || history.record(client, &mut link, stop));
        }
        history.progress(PROGRESS);
        act(&cluster, &history);
        cluster.network().cut_ways([]);
        history.progress(PROGRESS);
        drop(stopping);
    });
    assert!(
        settled(&mut cluster.link()).is_some(),
        "nothing was written"
    );
    assert_eq!(history.judge(), Ok(()));
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
        let follow = |it: &NodeStatus| it.term == leader.term && it.leader == Some(leader.node);
        found.iter().all(follow).then_some(leader)
    })
}

/// These ways are cut, so that a node does not hear the leader; nobody's term changes by that.
fn keep_their_leader(nodes: usize, cut: impl Fn(usize) -> (usize, Vec<(usize, usize)>)) {
    under_load(nodes, |cluster, history| {
        let leader = settled_leader(cluster);
        let (deaf, ways) = cut(leader.node);
        cluster.network().cut_ways(ways);
        cluster.until(deaf, "a node hears no leader", |it| it.leader.is_none());
        for _ in 0..5 {
            history.progress(PROGRESS);
        }
        cluster.network().cut_ways([]);
        let after = settled_leader(cluster);
        assert_eq!((after.node, after.term), (leader.node, leader.term));
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
    under_load(3, |cluster, history| {
        let leader = settled_leader(cluster).node;
        let ways = others(3, leader).map(|from| (from, leader));
        cluster.network().cut_ways(ways);
        let mut link = cluster.link();
        eventually("another leads", || {
            let found = link.status(Duration::from_millis(100)).unwrap();
            let mut leads = found.iter().flatten().filter(|it| it.role == "leader");
            leads.any(|it| it.node != leader).then_some(())
        });
        history.progress(PROGRESS);
    });
}
