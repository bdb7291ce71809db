//! What a node of Totem says of itself.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::{Cluster, eventually};
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::machine::Operation;
use quorate::request::NodeStatus;
use rustix::process::Signal;
use std::process::Command;
use std::time::Duration;

const NODES: usize = 3;

/// The token of an idle ring stays at node 0 for most of the time, and a node that is stopped is neither lost
/// at once nor, later, left out.
fn is_patient(config: &mut ClusterConfig) {
    let settings = config.totem.get_or_insert_default();
    (settings.hold_ms, settings.resend_ms) = (2000, 3000);
    (settings.loss_ms, settings.consensus_ms) = (6000, 600_000);
}

fn number(status: &NodeStatus, name: &str) -> u64 {
    status.details[name].parse().expect("a number")
}

/// Whether a node serves in the ring of all, where everyone has everything.
fn has_settled(status: &NodeStatus) -> bool {
    let is_of_all = status.details["ring"].ends_with(" {0,1,2}");
    is_of_all && status.role == "primary" && number(status, "aru") == number(status, "safe")
}

/// Whether `quorate client status` has a line with the details.
fn table_shows(cluster: &Cluster, status: &NodeStatus) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.args(["client", "--config"]);
    let output = command.arg(cluster.config_file()).arg("status").output();
    let text = String::from_utf8(output.expect("it runs").stdout).expect("a text");
    let [aru, ring, safe] = ["aru", "ring", "safe"].map(|name| &status.details[name]);
    let line = format!("node {}: aru {aru}; ring {ring}; safe {safe}", status.node);
    text.contains(&line)
}

#[test]
fn a_status_of_totem_shows_the_ring_its_messages_and_the_phase() {
    let cluster = Cluster::start_configured(NodeProtocol::Totem, NODES, is_patient);
    let settle = || (0..NODES).map(|id| cluster.until(id, "the ring of all settles", has_settled));
    settle().for_each(drop);
    // The token comes no further than to the node that is stopped, so what another has sent is not safe. If
    // it is there already, nothing is sent.
    let ahead = eventually("node 0 has what not everyone has", || {
        cluster.signal(2, Signal::STOP);
        let (key, value) = ("key".to_owned(), "value".to_owned());
        let put = Operation::Put { key, value };
        let _ = cluster
            .link_to_one(0)
            .execute(put, Duration::from_millis(200));
        let status = cluster.until(0, "it answers", |_| true);
        let is_ahead = number(&status, "safe") < number(&status, "aru");
        if !is_ahead {
            cluster.signal(2, Signal::CONT);
        }
        is_ahead.then_some(status)
    });
    assert_eq!(ahead.role, "primary");
    for id in 0..2 {
        let gathers = |it: &NodeStatus| it.role == "gather" && !it.serves;
        cluster.until(id, "it looks for the node that is stopped", gathers);
    }
    cluster.signal(2, Signal::CONT);
    for status in settle() {
        eventually("the table says so, too", || {
            table_shows(&cluster, &status).then_some(())
        });
    }
}
