//! A log line that cannot be printed ends nothing.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::{Cluster, Log, closed_pipe, eventually, full, get, put};
use quorate::client::link::Link;
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::machine::Outcome;
use quorate::request::Answer;
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Command, Stdio};
use std::time::Duration;

fn quorate() -> Command {
    Command::new(env!("CARGO_BIN_EXE_quorate"))
}

/// Every election is logged, so a node that stands or votes has tried to.
fn elects_and_serves(log: Log) {
    let mut cluster = Cluster::start_with(3, log);
    let mut link = cluster.link();
    let stored = Answer::Done(Outcome::Stored);
    assert_eq!(put(&mut link, "key", "first"), stored);
    let first = cluster.leader();
    cluster.kill(first);
    assert_eq!(put(&mut link, "key", "second"), stored);
    cluster.restart(first);
    let second = cluster.leader();
    cluster.kill(second);
    assert_eq!(get(&mut link, "key"), Some("second".to_owned()));
}

#[test]
fn nodes_whose_log_is_on_a_full_disk_elect_and_serve() {
    elects_and_serves(Log::Full);
}

#[test]
fn nodes_whose_log_is_a_closed_pipe_elect_and_serve() {
    elects_and_serves(Log::ClosedPipe);
}

#[test]
fn an_error_that_cannot_be_printed_keeps_its_exit_code() {
    let cluster = Cluster::start(1);
    for lost in [full, closed_pipe] {
        let mut taken = cluster.command(0);
        let exit = taken.stdin(Stdio::null()).stderr(lost()).status().unwrap();
        assert_eq!(exit.code(), Some(2), "an address in use");
        let mut get = quorate();
        get.args(["client", "--config"]).arg(cluster.config_file());
        let exit = get.args(["get", "none"]).stderr(lost()).status().unwrap();
        assert_eq!(exit.code(), Some(1), "no such key");
        let mut list = quorate();
        list.arg("list").stdout(full()).stderr(lost());
        assert_eq!(list.status().unwrap().code(), Some(4), "a full disk");
    }
}

/// It stands for election again and again.
#[test]
fn a_node_that_is_alone_says_ever_more_rarely_that_it_has_no_leader() {
    let mut cluster = Cluster::start_configured(NodeProtocol::Raft, 3, |config| {
        let raft = config.raft.get_or_insert_default();
        (
            raft.heartbeat_ms,
            raft.election_ms_min,
            raft.election_ms_max,
        ) = (5, 20, 30);
        raft.pre_vote = false;
    });
    let leader = cluster.leader();
    let (alone, other) = ((leader + 1) % 3, (leader + 2) % 3);
    let said = |cluster: &Cluster| cluster.log(alone).matches("does not serve").count();
    cluster.kill(other);
    cluster.kill(leader);
    let (term, before) = (
        cluster.until(alone, "it answers", |_| true).generation,
        said(&cluster),
    );
    cluster.until(alone, "many elections", |status| {
        term + 40 <= status.generation
    });
    assert!(said(&cluster) - before < 16, "{}", cluster.log(alone));
}

/// The view of a cluster is lost, its nodes are not.
#[test]
fn a_cluster_whose_output_is_lost_serves_on() {
    for lost in [full, closed_pipe] {
        let directory = tempfile::tempdir().unwrap();
        let mut command = quorate();
        command
            .args(["cluster", "--protocol", "raft", "--data"])
            .arg(directory.path());
        let mut cluster = command.stdout(lost()).stderr(lost()).spawn().unwrap();
        let config = eventually("the cluster has a configuration", || {
            ClusterConfig::read(&directory.path().join("cluster.toml")).ok()
        });
        let key = config.client_key().unwrap();
        let mut link = Link::new(config.cluster, config.nodes)
            .unwrap()
            .with_key(key);
        for round in 0..20 {
            // Each look at the nodes is a line that is lost; the view has changed after a write.
            let stored = put(&mut link, "key", &format!("{round}"));
            assert_eq!(stored, Answer::Done(Outcome::Stored));
            link.status(Duration::from_millis(100)).unwrap();
            assert_eq!(cluster.try_wait().unwrap(), None, "round {round}");
        }
        kill_process(Pid::from_child(&cluster), Signal::INT).unwrap();
        assert_eq!(cluster.wait().unwrap().code(), Some(0));
    }
}
