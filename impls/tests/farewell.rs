//! A node that is told to end says so to the others.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/history.rs"]
mod history;

use cluster::Cluster;
use history::under_load;
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::request::NodeStatus;
use std::time::{Duration, Instant};

const NODES: usize = 3;

/// A token is lost after so long. A start may take that, where a token comes to a node that is not there yet;
/// the others do not wait for it when a node leaves.
const LOSS: Duration = Duration::from_secs(10);

#[test]
fn the_others_form_a_ring_when_a_node_of_totem_leaves() {
    let mut cluster = Cluster::start_configured(NodeProtocol::Totem, NODES, |config| {
        let settings = config.totem.get_or_insert_default();
        settings.loss_ms = LOSS.as_millis() as u64;
        settings.consensus_ms = settings.loss_ms + 5000;
    });
    let is_in = |status: &NodeStatus, members: &str| status.details["ring"].ends_with(members);
    for id in 0..NODES {
        let serves = |it: &NodeStatus| it.serves && is_in(it, "{0,1,2}");
        cluster.until(id, "all serve in a ring", serves);
    }
    // Writes are under way, so that the farewell waits for the disk.
    under_load(&mut cluster, |cluster, _| {
        let begun = Instant::now();
        assert_eq!(cluster.terminate(0), Some(0));
        for id in 1..NODES {
            let are_alone = |it: &NodeStatus| it.serves && is_in(it, "{1,2}");
            cluster.until(id, "the others are in a ring", are_alone);
        }
        assert!(begun.elapsed() < LOSS, "{:?}", begun.elapsed());
    });
}

/// Node 0 stands for election after seconds, and the others never while a test runs. They keep the leader
/// that they have heard for as long.
fn only_the_first_campaigns(id: usize, config: &mut ClusterConfig) {
    let raft = config.raft.get_or_insert_default();
    let min = if id == 0 { 2000 } else { 600_000 };
    (raft.election_ms_min, raft.election_ms_max) = (min, 2 * min);
}

#[test]
fn a_leader_of_raft_that_is_told_to_end_is_followed_by_another() {
    let mut cluster = Cluster::start_each(NodeProtocol::Raft, NODES, only_the_first_campaigns);
    for id in 0..NODES {
        cluster.until(id, "all follow the first", |it| it.leader == Some(0));
    }
    let led = cluster.until(0, "the first leads", |it| it.role == "leader");
    under_load(&mut cluster, |cluster, _| {
        assert_eq!(cluster.terminate(0), Some(0));
        for id in 1..NODES {
            let follows = |it: &NodeStatus| it.leader.is_some_and(|leader| leader != 0);
            let after = cluster.until(id, "another leads", follows);
            assert_eq!(after.generation, led.generation + 1);
        }
    });
}

/// A follower of Zab hears nothing from its leader for so long before it looks for another one.
const PATIENCE: Duration = Duration::from_secs(60);

fn is_patient(config: &mut ClusterConfig) {
    let settings = config.zab.get_or_insert_default();
    settings.sync_ms = PATIENCE.as_millis() as u64;
    settings.init_ms = settings.sync_ms;
    // Long enough that all votes have come: an election that ends too early is repeated after the patience.
    settings.finalize_ms = 500;
}

#[test]
fn a_leader_of_zab_that_is_told_to_end_is_followed_by_another() {
    let mut cluster = Cluster::start_configured(NodeProtocol::Zab, NODES, is_patient);
    let all_follow = |it: &NodeStatus| it.leader.is_some();
    let led: Vec<_> = (0..NODES)
        .map(|id| cluster.until(id, "all follow a leader", all_follow))
        .collect();
    let leader = led[0].leader.expect("it follows one");
    under_load(&mut cluster, |cluster, _| {
        let begun = Instant::now();
        assert_eq!(cluster.terminate(leader), Some(0));
        for id in (0..NODES).filter(|id| *id != leader) {
            let follows = |it: &NodeStatus| it.leader.is_some_and(|other| other != leader);
            cluster.until(id, "another leads", follows);
        }
        assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
    });
}
