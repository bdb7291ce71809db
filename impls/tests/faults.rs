//! The fault matrix: what may befall a cluster, by every protocol. Clients read and write meanwhile, and
//! what they saw is judged by [`history`]. In the end all nodes run, and have the same.
//!
//! `cargo test -p quorate --test faults -- zab/disk` takes a part of a name.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/history.rs"]
mod history;

use cluster::{Cluster, eventually};
use history::{History, under_load};
use libtest_mimic::{Arguments, Trial};
use quorate::config::{ClusterConfig, NodeProtocol};
use rustix::process::Signal;
use std::process::ExitCode;

/// Trials at a time, unless the command line says it. Each waits most of its time, for disks and timers.
const THREADS: usize = 4;
/// The fates of datagrams follow from it.
const SEED: u64 = 1;

/// A fault.
struct Row {
    name: &'static str,
    nodes: usize,
    /// Whether there is a network between the nodes that can be cut.
    is_between: bool,
    befalls: fn(&mut Cluster, &History),
}

const fn row(name: &'static str, befalls: fn(&mut Cluster, &History)) -> Row {
    Row {
        name,
        nodes: 3,
        is_between: false,
        befalls,
    }
}

const fn of_network(name: &'static str, nodes: usize, befalls: fn(&mut Cluster, &History)) -> Row {
    Row {
        name,
        nodes,
        is_between: true,
        befalls,
    }
}

const ROWS: &[Row] = &[
    row("leader-killed", leader_killed),
    row("follower-killed", followers_killed),
    row("all-killed", all_killed),
    row("stopped", stopped),
    row("told-to-end", told_to_end),
    row("disk-full", disks_full),
    of_network("far-behind", 3, far_behind),
    of_network("one-of-three-cut-off", 3, one_of_three_cut_off),
    of_network("two-of-five-cut-off", 5, two_of_five_cut_off),
    of_network("one-way", 3, cut_one_way),
    of_network("lost-doubled-late", 3, lost_doubled_and_late),
];

/// The node that leads; of a ring, the one that has formed it.
fn leader(cluster: &Cluster) -> usize {
    match cluster.config.protocol {
        NodeProtocol::Totem => 0,
        _ => cluster.leader(),
    }
}

/// The others, of three.
fn followers(cluster: &Cluster) -> [usize; 2] {
    let leader = leader(cluster);
    [(leader + 1) % 3, (leader + 2) % 3]
}

/// A node fails, the others go on, and it comes back.
fn fails(
    cluster: &mut Cluster,
    history: &History,
    node: usize,
    fail: impl FnOnce(&mut Cluster, usize),
) {
    fail(cluster, node);
    history.progress();
    cluster.restart(node);
    history.progress();
}

fn leader_killed(cluster: &mut Cluster, history: &History) {
    for _ in 0..4 {
        let node = leader(cluster);
        fails(cluster, history, node, Cluster::kill);
    }
}

fn followers_killed(cluster: &mut Cluster, history: &History) {
    for node in followers(cluster) {
        fails(cluster, history, node, Cluster::kill);
    }
}

fn all_killed(cluster: &mut Cluster, history: &History) {
    for _ in 0..2 {
        cluster.kill_all();
        (0..3).for_each(|node| cluster.restart(node));
        history.progress();
    }
}

/// A node that does nothing for a while, and believes afterwards what was true before.
fn stopped(cluster: &mut Cluster, history: &History) {
    for node in [leader(cluster), followers(cluster)[0]] {
        cluster.signal(node, Signal::STOP);
        outlast_timers(cluster, (node + 1) % 3);
        history.progress();
        cluster.signal(node, Signal::CONT);
        history.progress();
    }
}

/// Waits for longer than any timer of a node, by its own clock.
fn outlast_timers(cluster: &Cluster, node: usize) {
    let begun = cluster.until(node, "it answers", |_| true).uptime_s;
    let is_over = |now: u64| begun + 2 <= now;
    cluster.until(node, "its time goes on", |status| is_over(status.uptime_s));
}

fn told_to_end(cluster: &mut Cluster, history: &History) {
    let end = |cluster: &mut Cluster, node| assert_eq!(cluster.terminate(node), Some(0));
    for node in [leader(cluster), followers(cluster)[0]] {
        fails(cluster, history, node, end);
    }
    (0..3).for_each(|node| end(cluster, node));
    (0..3).for_each(|node| cluster.restart(node));
}

/// A node ends at a full disk, and starts again when there is room.
fn disks_full(cluster: &mut Cluster, history: &History) {
    for node in [leader(cluster), followers(cluster)[0]] {
        fails(cluster, history, node, |cluster, node| {
            cluster.kill(node);
            assert_eq!(cluster.fill_disk(node, 4096), Some(4));
        });
    }
}

/// A node misses so much that a leader with snapshots holds it no longer.
fn far_behind(cluster: &mut Cluster, history: &History) {
    let [node, _] = followers(cluster);
    cluster.network().cut([node]);
    (0..8).for_each(|_| history.progress());
    cluster.network().cut([]);
}

fn one_of_three_cut_off(cluster: &mut Cluster, history: &History) {
    cut_off(cluster, history, &[&[0], &[1], &[2]]);
}

/// Each node is cut off once at least.
fn two_of_five_cut_off(cluster: &mut Cluster, history: &History) {
    cut_off(cluster, history, &[&[0, 1], &[2, 3], &[4, 0]]);
}

/// The nodes of each minority in turn are cut off, and find it out, and the others go on.
fn cut_off(cluster: &Cluster, history: &History, minorities: &[&[usize]]) {
    for minority in minorities {
        cluster.network().cut(minority.iter().copied());
        for node in *minority {
            cluster.until(*node, "it serves nobody", |status| !status.serves);
        }
        history.progress();
        cluster.network().cut([]);
        history.progress();
    }
}

/// Each node in turn hears nobody, and then nobody hears it. What goes on meanwhile is up to the protocol.
fn cut_one_way(cluster: &mut Cluster, history: &History) {
    for node in 0..3 {
        let others = [(node + 1) % 3, (node + 2) % 3];
        for ways in [
            others.map(|other| (other, node)),
            others.map(|other| (node, other)),
        ] {
            let before = cluster.network().counts().cut;
            cluster.network().cut_ways(ways);
            eventually("datagrams are lost on the way", || {
                (before + 20 <= cluster.network().counts().cut).then_some(())
            });
            cluster.network().cut_ways([]);
            history.progress();
        }
    }
}

fn lost_doubled_and_late(cluster: &mut Cluster, history: &History) {
    cluster.network().mistreat(Some(SEED));
    (0..6).for_each(|_| history.progress());
    cluster.network().mistreat(None);
    let counts = cluster.network().counts();
    assert!(
        0 < counts.lost && 0 < counts.doubled && 0 < counts.late,
        "{counts:?}"
    );
}

/// Snapshots are made all the time, where a protocol makes any.
fn often(config: &mut ClusterConfig) {
    config.zab.get_or_insert_default().snapshot_every = 20;
}

fn is_survived(row: &Row, protocol: NodeProtocol) {
    let start = match row.is_between {
        true => Cluster::start_between_configured,
        false => Cluster::start_configured,
    };
    let mut cluster = start(protocol, row.nodes, often);
    under_load(&mut cluster, row.befalls);
    cluster.agrees();
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let trials = ROWS.iter().flat_map(|row| {
        NodeProtocol::ALL.iter().map(move |protocol| {
            Trial::test(format!("{}/{}", protocol.name(), row.name), move || {
                is_survived(row, *protocol);
                Ok(())
            })
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
