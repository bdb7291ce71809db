//! Acknowledged writes are there after `kill -9`, of one node after the other and of all at once. A node that
//! is told to stop says so.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/history.rs"]
mod history;

use cluster::{Cluster, eventually, get};
use history::{History, settled};
use quorate::client::link::{Link, LinkError};
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::machine::{Operation, Outcome};
use quorate::request::{Answer, NodeStatus};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const NODES: usize = 3;
const WRITERS: usize = 4;
/// Writes to see acknowledged between two blows.
const PROGRESS: usize = 50;

/// The writes that the writers have seen acknowledged.
#[derive(Default)]
struct Load {
    /// Bytes of a value, beside those that tell it apart.
    padding: usize,
    stop: AtomicBool,
    count: AtomicUsize,
    acknowledged: Mutex<Vec<String>>,
}

impl Load {
    fn write(&self, writer: usize, link: &mut Link) {
        for number in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let key = format!("{writer}-{number}");
            let operation = Operation::Put {
                key: key.clone(),
                value: self.value_of(&key),
            };
            match link.execute(operation, Duration::from_secs(2)) {
                Ok(answer) => {
                    assert_eq!(answer, Answer::Done(Outcome::Stored));
                    self.acknowledged.lock().unwrap().push(key);
                    self.count.fetch_add(1, Ordering::Relaxed);
                }
                // It may or may not be there later: both are right.
                Err(LinkError::Unknown(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn value_of(&self, key: &str) -> String {
        format!("value of {key}{}", ".".repeat(self.padding))
    }

    fn check(&self, cluster: &Cluster) {
        let acknowledged = self.acknowledged.lock().unwrap();
        thread::scope(|scope| {
            for part in acknowledged.chunks(acknowledged.len().div_ceil(WRITERS)) {
                let mut link = cluster.link();
                scope.spawn(move || {
                    for key in part {
                        let value = self.value_of(key);
                        assert_eq!(get(&mut link, key), Some(value), "lost: {key}");
                    }
                });
            }
        });
    }

    fn progress(&self) {
        let before = self.count.load(Ordering::Relaxed);
        eventually("writes are acknowledged", || {
            (before + PROGRESS <= self.count.load(Ordering::Relaxed)).then_some(())
        });
    }
}

/// Stops the writers even when the test fails.
struct Stop<'a>(&'a Load);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

#[test]
fn every_write_that_raft_acknowledged_survives() {
    every_acknowledged_write_survives(NodeProtocol::Raft);
}

#[test]
fn every_write_that_zab_acknowledged_survives() {
    every_acknowledged_write_survives(NodeProtocol::Zab);
}

#[test]
fn every_write_that_totem_acknowledged_survives() {
    every_acknowledged_write_survives(NodeProtocol::Totem);
}

/// A server that comes back is sent a snapshot, in parts, and starts from one of its own.
#[test]
fn every_write_that_zab_acknowledged_survives_in_snapshots() {
    let often = |config: &mut ClusterConfig| {
        let zab = config.zab.get_or_insert_default();
        zab.snapshot_every = 20;
    };
    let load = Load {
        padding: 1024,
        ..Load::default()
    };
    survives(
        Cluster::start_configured(NodeProtocol::Zab, NODES, often),
        &load,
    );
}

fn every_acknowledged_write_survives(protocol: NodeProtocol) {
    survives(Cluster::start_of(protocol, NODES), &Load::default());
}

fn survives(mut cluster: Cluster, load: &Load) {
    thread::scope(|scope| {
        let stop = Stop(load);
        for writer in 0..WRITERS {
            let mut link = cluster.link();
            scope.spawn(move || load.write(writer, &mut link));
        }
        load.progress();
        for node in 0..NODES {
            cluster.kill(node);
            load.progress();
            cluster.restart(node);
            load.progress();
        }
        for node in 0..NODES {
            cluster.kill(node);
        }
        for node in 0..NODES {
            cluster.restart(node);
        }
        load.progress();
        drop(stop);
    });
    load.check(&cluster);
    // And from the disks alone, after one more blow.
    for node in 0..NODES {
        cluster.kill(node);
    }
    for node in 0..NODES {
        cluster.restart(node);
    }
    load.check(&cluster);
    let kept = cluster
        .until(0, "all is applied", |status| status.applied == status.last)
        .keys;
    let acknowledged = load.acknowledged.lock().unwrap().len();
    assert!(
        acknowledged <= kept,
        "{kept} keys for {acknowledged} writes"
    );
}

#[test]
fn a_node_that_is_told_to_end_keeps_everything() {
    for protocol in NodeProtocol::ALL {
        what_a_node_that_ends_keeps(*protocol);
    }
}

fn what_a_node_that_ends_keeps(protocol: NodeProtocol) {
    let mut cluster = Cluster::start_of(protocol, 1);
    let mut link = cluster.link();
    let answer = cluster::put(&mut link, "key", "value");
    assert_eq!(answer, Answer::Done(Outcome::Stored));
    assert_eq!(cluster.terminate(0), Some(0));
    cluster.restart(0);
    assert_eq!(get(&mut link, "key"), Some("value".to_owned()));
}

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
    let load = Load::default();
    thread::scope(|scope| {
        let stop = Stop(&load);
        for writer in 0..WRITERS {
            let (load, mut link) = (&load, cluster.link());
            scope.spawn(move || load.write(writer, &mut link));
        }
        load.progress();
        let begun = Instant::now();
        assert_eq!(cluster.terminate(0), Some(0));
        for id in 1..NODES {
            let are_alone = |it: &NodeStatus| it.serves && is_in(it, "{1,2}");
            cluster.until(id, "the others are in a ring", are_alone);
        }
        assert!(begun.elapsed() < LOSS / 2, "{:?}", begun.elapsed());
        load.progress();
        drop(stop);
    });
    load.check(&cluster);
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
    let (history, stop) = (History::default(), Load::default());
    thread::scope(|scope| {
        let stopping = Stop(&stop);
        for client in 0..WRITERS {
            let (mut link, history, stop) = (cluster.link(), &history, &stop.stop);
            scope.spawn(move || history.record(client, &mut link, stop));
        }
        history.progress(PROGRESS);
        assert_eq!(cluster.terminate(0), Some(0));
        for id in 1..NODES {
            let follows = |it: &NodeStatus| it.leader.is_some_and(|leader| leader != 0);
            let after = cluster.until(id, "another leads", follows);
            assert_eq!(after.term, led.term + 1);
        }
        history.progress(PROGRESS);
        drop(stopping);
    });
    assert!(settled(&mut cluster.link()).is_some());
    assert_eq!(history.judge(), Ok(()));
}
