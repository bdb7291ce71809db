//! Files that differ in their list of nodes, or in their protocol, make no two clusters.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::{Cluster, eventually, exited, free_addresses, node, put};
use quorate::complaint::last_complaint;
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::machine::Outcome;
use quorate::request::Answer;
use std::fs::{self, File};
use std::path::Path;
use std::process::Child;

const LIST: &str = "other list of nodes";

/// A node, killed when this is dropped.
struct Other(Child);

impl Other {
    /// A new node by another file, whose data and log have this name.
    fn start(cluster: &Cluster, id: usize, name: &str, file: &Path) -> Self {
        let data = cluster.data(id).with_file_name(name);
        let mut command = node(id, file, &data);
        command.arg("--init");
        let log = File::create(data.with_extension("log")).unwrap();
        Other(command.stderr(log).spawn().unwrap())
    }

    /// Waits until it has ended, and gives its exit code and its last words.
    fn ends(&mut self, cluster: &Cluster, name: &str) -> (Option<i32>, String) {
        let exit = eventually("it ends", || exited(&mut self.0));
        let log = cluster.data(0).with_file_name(name).with_extension("log");
        (
            exit.code(),
            last_complaint(&fs::read_to_string(log).unwrap()),
        )
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// What is logged of a node with another list.
const NAMED: &str = "has another list of nodes, or another protocol, in its file: both need the same, so copy \
                     the file of one to the other";

/// Waits until the node has counted and logged that another one has another list.
fn is_named(cluster: &Cluster, id: usize) {
    cluster.until(id, "it counts", |status| status.rejected[LIST] != 0);
    assert!(cluster.log(id).contains(NAMED), "{}", cluster.log(id));
}

fn serves(cluster: &Cluster) {
    let stored = Answer::Done(Outcome::Stored);
    assert_eq!(put(&mut cluster.link(), "key", "value"), stored);
}

#[test]
fn a_node_with_a_permuted_list_is_refused() {
    for protocol in NodeProtocol::ALL {
        let mut cluster = Cluster::start_of(*protocol, 3);
        serves(&cluster);
        cluster.kill(2);
        let file = cluster.changed_file("permuted.toml", |config| config.nodes.swap(0, 1));
        let mut other = Other::start(&cluster, 2, "other", &file);
        let (code, told) = other.ends(&cluster, "other");
        assert_eq!(code, Some(2), "{protocol}: {told}");
        assert!(
            told.contains("another list of nodes in its file: node 0 has"),
            "{told}"
        );
        assert!(
            told.contains("give all nodes the same list, in the same order"),
            "{told}"
        );
        eventually("one of them names it", || {
            let counts = |id| cluster.until(id, "it answers", |_| true).rejected[LIST];
            (counts(0) + counts(1) != 0).then_some(())
        });
        let log = cluster.log(0) + &cluster.log(1);
        let is_named = |line: &str| line.contains(NAMED) && line.ends_with(" node=2");
        assert!(log.lines().any(is_named), "{log}");
        // Nor does it start on what it had before.
        let output = node(2, &file, &cluster.data(2)).output().unwrap();
        let told = last_complaint(&String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(2), "{protocol}: {told}");
        assert!(
            told.contains("journal was made for another list of nodes"),
            "{told}"
        );
        serves(&cluster);
    }
}

/// Two of them have a majority of their own list, and would serve clients of their own.
#[test]
fn two_clusters_of_one_number_do_not_both_serve() {
    for protocol in NodeProtocol::ALL {
        let cluster = Cluster::start_of(*protocol, 3);
        serves(&cluster);
        let addresses = free_addresses(2);
        let file = cluster.changed_file("others.toml", |config: &mut ClusterConfig| {
            config.nodes[1..].copy_from_slice(&addresses);
        });
        let mut others = [1, 2].map(|id| Other::start(&cluster, id, &format!("other-{id}"), &file));
        for (other, name) in others.iter_mut().zip(["other-1", "other-2"]) {
            let (code, told) = other.ends(&cluster, name);
            assert_eq!(code, Some(2), "{protocol}: {told}");
            assert!(told.contains("node 0 has another list of nodes"), "{told}");
        }
        is_named(&cluster, 0);
        serves(&cluster);
    }
}

/// What a journal of one protocol means to another is anything: perhaps an empty log.
#[test]
fn a_node_of_another_protocol_is_refused() {
    for (position, protocol) in NodeProtocol::ALL.iter().enumerate() {
        let mut cluster = Cluster::start_of(*protocol, 3);
        serves(&cluster);
        cluster.kill(2);
        let mut others = NodeProtocol::ALL.iter().cycle();
        let other = *others.nth(position + 1).unwrap();
        let file = cluster.changed_file("other-protocol.toml", |config| {
            let (number, nodes) = (config.cluster, config.nodes.clone());
            let keys = config.keys.clone();
            *config = ClusterConfig::new(number, other, nodes);
            config.keys = keys;
        });
        let output = node(2, &file, &cluster.data(2)).output().unwrap();
        let told = last_complaint(&String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(2), "{protocol}: {told}");
        assert!(told.contains("or for another protocol"), "{told}");
        let _other = Other::start(&cluster, 2, "other", &file);
        is_named(&cluster, 0);
        serves(&cluster);
    }
}
