//! Nodes and clusters start, and start again, whatever has become of an earlier start.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/running.rs"]
mod running;

use cluster::{Cluster, eventually};
use quorate::complaint::last_complaint;
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::journal::format::GROUPS;
use running::Running;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

fn quorate(protocol: NodeProtocol, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.args(["cluster", "--protocol", protocol.name(), "--data"]);
    command.arg(data);
    command
}

/// A disk is full when a journal is to be written: no file has more than a kilobyte.
#[test]
fn a_first_start_that_is_interrupted_is_begun_anew() {
    for protocol in NodeProtocol::ALL {
        let folder = tempfile::tempdir().unwrap();
        let mut full = Command::new("sh");
        full.args(["-c", "ulimit -f 1; exec \"$@\"", "sh"]);
        let mut command = quorate(*protocol, folder.path());
        full.arg(command.get_program()).args(command.get_args());
        let output = full.output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        let mut cluster = Running::start(&mut command);
        cluster.is_up();
        cluster.end();
    }
}

/// The first two nodes have theirs, and the third has begun.
#[test]
fn a_first_start_that_is_killed_between_two_journals_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Running::start(&mut quorate(NodeProtocol::Raft, folder.path()));
    cluster.is_up();
    let at = |name: &str| folder.path().join(name);
    // Of any two nodes, one has voted for a leader.
    eventually("a vote is on a disk", || {
        let has_voted = |journal: &str| {
            let written = fs::read(at(journal)).unwrap();
            written[GROUPS..].iter().any(|byte| *byte != 0)
        };
        let journals = ["node-0/journal", "node-1/journal"];
        journals.into_iter().any(has_voted).then_some(())
    });
    cluster.end();
    let header = fs::read(at("node-1/journal")).unwrap()[..GROUPS].to_vec();
    fs::rename(at("cluster.toml"), at("cluster.toml.new")).unwrap();
    fs::write(at("node-2/journal.new"), &header[..700]).unwrap();
    fs::remove_file(at("node-2/journal")).unwrap();
    let unused: Vec<_> = (3..9).map(|id| at(&format!("node-{id}/journal"))).collect();
    for journal in &unused {
        fs::create_dir(journal.parent().unwrap()).unwrap();
        fs::write(journal, &header).unwrap();
    }
    // What nodes have promised is not taken for a start that was interrupted.
    let output = quorate(NodeProtocol::Raft, folder.path()).output().unwrap();
    let told = last_complaint(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("cluster.toml is gone; put it back"), "{told}");
    assert!(unused.iter().all(|journal| journal.exists()));

    for node in ["node-0/journal", "node-1/journal"] {
        fs::write(at(node), &header).unwrap();
    }
    let mut cluster = Running::start(&mut quorate(NodeProtocol::Raft, folder.path()));
    cluster.is_up();
    cluster.end();
}

/// Only a journal that a start has made may be removed by the next.
#[test]
fn a_file_of_somebody_else_is_left_alone() {
    let kept = |folder: &str, starts: bool| {
        let data = tempfile::tempdir().unwrap();
        let diary = data.path().join(folder).join("journal");
        fs::create_dir(data.path().join(folder)).unwrap();
        fs::write(&diary, "dear diary").unwrap();
        let mut cluster = Running::start(&mut quorate(NodeProtocol::Raft, data.path()));
        if starts {
            cluster.is_up();
            cluster.end();
        } else {
            assert_eq!(cluster.exit(), Some(2));
        }
        fs::read_to_string(&diary).unwrap()
    };
    assert_eq!(kept("notes", true), "dear diary");
    assert_eq!(kept("node-7", false), "dear diary");
}

#[test]
fn a_cluster_that_starts_again_keeps_its_logs_and_ports() {
    let folder = tempfile::tempdir().unwrap();
    for starts in 1..=2 {
        let mut cluster = Running::start(&mut quorate(NodeProtocol::Raft, folder.path()));
        cluster.is_up();
        eventually("the log has each start", || {
            let log = fs::read_to_string(folder.path().join("node-0.log")).unwrap();
            (log.matches("starting node=0").count() == starts).then_some(())
        });
        cluster.end();
    }
    // No socket that takes any port takes these.
    let config = ClusterConfig::read(&folder.path().join("cluster.toml")).unwrap();
    assert!(config.nodes.iter().all(|address| address.port() < 32_768));
}

#[test]
fn a_cluster_of_another_shape_is_refused_with_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Running::start(&mut quorate(NodeProtocol::Raft, folder.path()));
    cluster.is_up();
    cluster.end();
    let output = quorate(NodeProtocol::Zab, folder.path()).output().unwrap();
    let told = last_complaint(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(2), "{told}");
    let own = "give --protocol raft --nodes 3, or another --data";
    assert!(told.ends_with(own), "{told}");
}

/// No file has more than half a kilobyte.
#[test]
fn a_full_disk_is_no_mistake_of_the_user() {
    let mut cluster = Cluster::start(1);
    cluster.kill(0);
    let data = cluster.data(0).join("other");
    let node = cluster::node(0, &cluster.config_file(), &data);
    let mut full = Command::new("sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\" --init", "sh"]);
    full.arg(node.get_program()).args(node.get_args());
    let output = full.stdin(Stdio::null()).output().unwrap();
    let told = last_complaint(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(4), "{told}");
    let next = "(os error 27); make room on its disk, then start again";
    assert!(told.ends_with(next), "{told}");

    assert_eq!(cluster.fill_disk(0, 0), Some(4));
    let told = last_complaint(&cluster.log(0));
    assert!(told.contains("make room on its disk, then start"), "{told}");
}

/// The process that the view shows for node 1.
fn pid(line: &str) -> Option<u32> {
    let rest = line.strip_prefix("node 1  pid ")?;
    rest.split(' ').next()?.parse().ok()
}

#[test]
fn a_node_that_is_down_is_started_again_as_the_view_says() {
    let folder = tempfile::Builder::new().prefix("a folder ").tempdir();
    let folder = folder.unwrap();
    let mut cluster = Running::start(&mut quorate(NodeProtocol::Raft, folder.path()));
    cluster.is_up();
    let line = cluster.line(|line| pid(line).is_some());
    let child = pid(&line).and_then(|pid| Pid::from_raw(pid.cast_signed()));
    kill_process(child.unwrap(), Signal::KILL).unwrap();
    let command = cluster.line(|line| line.starts_with("  quorate node "));
    cluster.line(|line| line == "node 1  pid -       down (signal: 9 (SIGKILL))");

    let mut node = Command::new(env!("CARGO_BIN_EXE_quorate"));
    node.args(shlex::split(&command).unwrap().into_iter().skip(1));
    node.arg("--until-stdin-closes").stdin(Stdio::piped());
    let mut node = node.stderr(Stdio::null()).spawn().unwrap();
    cluster.line(|line| pid(line) == Some(node.id()) && line.contains(" follower "));
    // It has not ended as the child did.
    node.kill().unwrap();
    node.wait().unwrap();
    assert_eq!(
        cluster.line(|line| line.starts_with("  quorate node ")),
        command
    );
    cluster.line(|line| line == "node 1  pid -       down");
    cluster.end();
}

#[test]
fn what_a_cluster_keeps_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut cluster = Running::start(&mut quorate(NodeProtocol::Raft, &data));
    cluster.is_up();
    cluster.end();
    let mode = |name: &str| {
        let found = fs::metadata(data.join(name)).unwrap();
        format!("{name} {:o}", found.permissions().mode() & 0o777)
    };
    let folders = ["", "node-0", "keys"];
    let files = [
        "cluster.toml",
        "node-0.log",
        "node-0/journal",
        "node-0/incarnation",
        "keys/cluster.key",
        "keys/client.key",
    ];
    assert_eq!(folders.map(mode), folders.map(|it| format!("{it} 700")));
    assert_eq!(files.map(mode), files.map(|it| format!("{it} 600")));
}
