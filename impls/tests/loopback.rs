//! The command line against a cluster of real processes.

#[path = "common/cluster.rs"]
mod cluster;
#[path = "common/running.rs"]
mod running;

use cluster::{Cluster, eventually, put};
use quorate::complaint::last_complaint;
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::journal::Directory;
use quorate::journal::format::{GROUPS, Identity, LOST, digest};
use quorate::request::NodeStatus;
use running::Running;
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output, Stdio};

fn quorate() -> Command {
    Command::new(env!("CARGO_BIN_EXE_quorate"))
}

fn client(cluster: &Cluster, arguments: &[&str]) -> Output {
    let file = cluster.config_file();
    quorate()
        .arg("client")
        .arg("--config")
        .arg(file)
        .args(arguments)
        .output()
        .unwrap()
}

/// Exit code, standard output and the last complaint on standard error.
fn seen(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    (
        output.status.code().unwrap(),
        out.trim_end().to_owned(),
        last_complaint(&err),
    )
}

fn done(text: &str) -> (i32, String, String) {
    (0, text.to_owned(), String::new())
}

fn failed(text: &str) -> (i32, String, String) {
    (1, String::new(), text.to_owned())
}

#[test]
fn values_are_stored_read_swapped_and_removed() {
    let cluster = Cluster::start(3);
    let ask = |arguments: &[&str]| seen(&client(&cluster, arguments));
    assert_eq!(ask(&["get", "color"]), failed("no such key"));
    assert_eq!(ask(&["put", "color", "red"]), done("stored"));
    assert_eq!(ask(&["get", "color"]), done("red"));
    let mismatch = failed("not swapped, the value is \"red\"");
    assert_eq!(
        ask(&["cas", "color", "blue", "--expect", "green"]),
        mismatch
    );
    assert_eq!(ask(&["cas", "color", "blue"]), mismatch);
    assert_eq!(
        ask(&["cas", "color", "blue", "--expect", "red"]),
        done("stored")
    );
    assert_eq!(ask(&["get", "color"]), done("blue"));
    assert_eq!(ask(&["delete", "color"]), done("deleted"));
    assert_eq!(ask(&["delete", "color"]), failed("no such key"));
    assert_eq!(ask(&["cas", "color", "blue"]), done("stored"));
    let json = "{\"result\":\"found\",\"value\":\"blue\"}";
    assert_eq!(ask(&["--json", "get", "color"]), done(json));
}

#[test]
fn without_a_quorum_the_outcome_is_unknown() {
    let mut cluster = Cluster::start(3);
    put(&mut cluster.link(), "old", "there");
    cluster.until(2, "it has executed that", |it| it.keys == 1);
    cluster.kill(0);
    cluster.kill(1);
    let output = client(&cluster, &["--timeout-ms", "500", "put", "key", "value"]);
    let (code, out, err) = seen(&output);
    assert_eq!((code, out.as_str()), (3, ""));
    let told = "whether the request was or will be executed is unknown; see by `status` whether a majority serves";
    assert!(err.contains(told), "{err}");
    let local = ["get", "old", "--consistency", "local"];
    assert_eq!(seen(&client(&cluster, &local)), done("there"));
    let (code, out, _) = seen(&client(&cluster, &["status"]));
    assert_eq!(code, 1, "{out}");
    let rows: Vec<Vec<&str>> = out
        .lines()
        .map(|row| row.split_whitespace().collect())
        .collect();
    assert_eq!(rows[2..4], [["0", "no", "answer"], ["1", "no", "answer"]]);
    assert_eq!(rows[4][0], "2", "{out}");
}

#[test]
fn a_status_says_whether_there_is_a_quorum() {
    for protocol in NodeProtocol::ALL {
        let mut cluster = Cluster::start_of(*protocol, 3);
        let becomes = |cluster: &Cluster, expected: i32| {
            eventually("a status ends so", || {
                let output = client(cluster, &["--timeout-ms", "100", "status"]);
                (output.status.code() == Some(expected)).then_some(())
            });
        };
        becomes(&cluster, 0);
        cluster.kill(0);
        becomes(&cluster, 0);
        cluster.kill(1);
        becomes(&cluster, 1);
        cluster.kill(2);
        becomes(&cluster, 3);
    }
}

#[test]
fn a_status_is_told_in_the_words_of_raft() {
    let cluster = Cluster::start(1);
    cluster.until(0, "something is committed", |status| 0 < status.commit);
    let (_, table, _) = seen(&client(&cluster, &["status"]));
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|row| row.split_whitespace().collect())
        .collect();
    let words = [
        "role", "term", "leader", "commit", "last", "applied", "keys",
    ];
    assert_eq!(rows[0], [&["node"], &words[..], &["rejected"]].concat());
    assert_eq!(rows[2], ["0", "leader", "1", "0", "1", "1", "1", "0", "-"]);
    assert!(table.contains("node 0: journal "), "{table}");
    assert!(table.contains("; up "), "{table}");
    let (_, json, _) = seen(&client(&cluster, &["--json", "status"]));
    let more = [
        "pid",
        "serves",
        "followers",
        "journal",
        "rejected",
        "uptime_s",
    ];
    for word in words.into_iter().chain(more) {
        assert!(json.contains(&format!("{word:?}:")), "{word}: {json}");
    }
    assert!(
        !json.contains("generation") && !json.contains("decided"),
        "{json}"
    );
}

#[test]
fn a_status_of_zab_shows_zxid_and_sessions() {
    let cluster = Cluster::start_of(NodeProtocol::Zab, 3);
    let leader = cluster.leader();
    let status = cluster.until(leader, "both follow", |status| {
        let sessions = status.details.get("sessions");
        sessions.is_some_and(|sessions| sessions.len() == "1, 2".len())
    });
    let details = status.details;
    assert!(details["zxid"].contains('.'), "{details:?}");
    let (_, table, _) = seen(&client(&cluster, &["status"]));
    let line = format!("node {leader}: sessions {}; zxid ", details["sessions"]);
    assert!(table.contains(&line), "{line}: {table}");
    assert!(table.contains(" epoch "), "{table}");
    let (_, json, _) = seen(&client(&cluster, &["--json", "status"]));
    assert!(
        json.contains("\"epoch\":1") && !json.contains("term"),
        "{json}"
    );
}

/// A leader of busy nodes is not given up.
fn patient(config: &mut ClusterConfig) {
    let raft = config.raft.get_or_insert_default();
    (raft.election_ms_min, raft.election_ms_max) = (2000, 4000);
    let zab = config.zab.get_or_insert_default();
    (zab.init_ms, zab.sync_ms) = (4000, 2000);
}

#[test]
fn a_leader_tells_what_a_follower_that_is_stopped_is_missing() {
    const WRITES: u64 = 20;
    for protocol in [NodeProtocol::Raft, NodeProtocol::Zab] {
        let cluster = Cluster::start_configured(protocol, 3, patient);
        let leader = cluster.leader();
        let (stopped, other) = ((leader + 1) % 3, (leader + 2) % 3);
        let until = |what: &str, test: &dyn Fn(u64, u64) -> bool| {
            let of = |status: &NodeStatus, id| Some(status.followers.get(&id)?.as_ref()?.missing);
            let missing = |it: &NodeStatus| Some((of(it, stopped)?, of(it, other)?));
            cluster.until(leader, what, |it| {
                missing(it).is_some_and(|(a, b)| test(a, b))
            })
        };
        until("both have all", &|stopped, other| {
            (stopped, other) == (0, 0)
        });
        cluster.signal(stopped, Signal::STOP);
        let mut link = cluster.link();
        for number in 0..WRITES {
            put(&mut link, "key", &number.to_string());
        }
        let status = until("one has all", &|_, other| other == 0);
        let progress = status.followers[&stopped].as_ref().expect("it was heard");
        assert_eq!(progress.missing, WRITES, "{protocol}: {status:?}");
        assert_eq!(progress.acknowledged, status.last - WRITES, "{protocol}");
        let told = format!(
            "({stopped} acknowledged {}, missing {WRITES})",
            progress.acknowledged
        );
        let (_, table, _) = seen(&client(&cluster, &["--timeout-ms", "100", "status"]));
        assert!(table.contains(&told), "{protocol}: {table}");
        let (_, json, _) = seen(&client(
            &cluster,
            &["--timeout-ms", "100", "--json", "status"],
        ));
        let told = format!(
            "{{\"acknowledged\":{},\"missing\":{WRITES}}}",
            progress.acknowledged
        );
        assert!(json.contains(&told), "{protocol}: {json}");
        cluster.signal(stopped, Signal::CONT);
        until("both have all again", &|stopped, other| {
            (stopped, other) == (0, 0)
        });
    }
}

#[test]
fn a_status_tells_the_size_of_the_journal_and_its_last_sync() {
    for protocol in NodeProtocol::ALL {
        let cluster = Cluster::start_of(*protocol, 1);
        let mut link = cluster.link();
        let mut before = 0;
        for value in ["first", "second"] {
            put(&mut link, "key", value);
            let journal = eventually("the size of the file is told", || {
                let journal = cluster.until(0, "it answers", |_| true).journal?;
                let file = fs::metadata(cluster.data(0).join("journal")).unwrap();
                (journal.bytes == file.len()).then_some(journal)
            });
            assert!(before < journal.bytes, "{protocol}: {journal:?}");
            before = journal.bytes;
            let sync = journal.last_sync.expect("a write is synced");
            assert!(sync.took_us != 0, "{protocol}: {sync:?}");
        }
        let (_, table, _) = seen(&client(&cluster, &["status"]));
        let told = format!("journal {before} bytes, last sync ");
        assert!(table.contains(&told), "{protocol}: {table}");
    }
}

#[test]
fn a_node_that_cannot_start_says_why_in_one_sentence() {
    let mut cluster = Cluster::start_open(NodeProtocol::Raft, 1);
    let refused = |cluster: &Cluster, more: &[&str]| {
        let mut command = cluster.command(0);
        let output = command.args(more).stdin(Stdio::null()).output().unwrap();
        let (code, _, err) = seen(&output);
        (code, err)
    };
    let (code, sentence) = refused(&cluster, &[]);
    assert!(
        code == 2 && sentence.contains("cannot be bound; if this node runs already"),
        "{code} {sentence}"
    );

    let other = Cluster::start_open(NodeProtocol::Raft, 1);
    fs::write(cluster.config_file(), other.config.to_toml()).unwrap();
    drop(other);
    let (code, sentence) = refused(&cluster, &[]);
    assert!(
        code == 2 && sentence.contains("is in use by another node; end that one"),
        "{code} {sentence}"
    );
    cluster.kill(0);
    let (code, sentence) = refused(&cluster, &[]);
    assert!(
        code == 2 && sentence.contains("journal belongs to node 0 of"),
        "{code} {sentence}"
    );
    let (code, sentence) = refused(&cluster, &["--init"]);
    assert!(
        code == 2 && sentence.contains("already holds a journal; leave out --init"),
        "{code} {sentence}"
    );
    fs::remove_file(cluster.data(0).join("journal")).unwrap();
    let (code, sentence) = refused(&cluster, &[]);
    assert!(
        code == 2 && sentence.contains("needs --init") && sentence.ends_with(LOST),
        "{code} {sentence}"
    );
    let foreign = cluster.config.to_toml().replace("127.", "10.");
    fs::write(cluster.config_file(), foreign).unwrap();
    let (code, sentence) = refused(&cluster, &[]);
    assert!(
        code == 2 && sentence.contains("not a loopback address"),
        "{code} {sentence}"
    );
}

#[test]
fn a_damaged_journal_is_refused() {
    for protocol in NodeProtocol::ALL {
        a_damaged_journal_is_refused_in(*protocol);
    }
}

fn a_damaged_journal_is_refused_in(protocol: NodeProtocol) {
    let mut cluster = Cluster::start_of(protocol, 1);
    put(&mut cluster.link(), "key", "value");
    cluster.kill(0);
    let file = cluster.data(0).join("journal");
    let mut bytes = fs::read(&file).unwrap();
    bytes[GROUPS] ^= 1;
    fs::write(&file, bytes).unwrap();
    let output = cluster.command(0).stdin(Stdio::null()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    let is_narrow = |line: &str| line.chars().count() <= 80;
    assert!(printed.lines().all(is_narrow), "{printed}");
    assert!(printed.lines().count() <= 7, "{printed}");
    let (code, _, err) = seen(&output);
    assert_eq!(code, 4);
    let told = "journal: journal is damaged at byte 1536, which was synced; leave this node down: ";
    assert!(err.contains(told) && err.ends_with(LOST), "{err}");
}

#[test]
fn a_journal_of_another_protocol_is_refused() {
    let mut cluster = Cluster::start(1);
    cluster.kill(0);
    let identity = Identity {
        cluster: cluster.config.cluster,
        node: 0,
        list: digest(cluster.config.protocol.name(), &cluster.config.nodes),
    };
    let directory = Directory::open(&cluster.data(0), identity, false).unwrap();
    let (mut journal, changes) = directory.open_journal(identity).unwrap();
    journal.append(&[vec![0xff; 3]]).unwrap();
    drop(directory);
    let output = cluster.command(0).stdin(Stdio::null()).output().unwrap();
    let (code, _, err) = seen(&output);
    let (number, file) = (changes.len() + 1, cluster.data(0).join("journal"));
    let told = format!("{}: change {number} of the journal is not ", file.display());
    assert!(code == 4 && err.starts_with(&told), "{code}: {err}");
    assert!(err.contains("run the quorate that wrote it"), "{err}");
}

#[test]
fn a_wrong_command_line_names_the_choices() {
    let run = |arguments: &[&str]| {
        let output = quorate().args(arguments).output().unwrap();
        (
            output.status.code(),
            last_complaint(&String::from_utf8(output.stderr).unwrap()),
        )
    };
    let (code, text) = run(&["cluster", "--protocol", "paxos"]);
    assert!(
        code == Some(2) && text.contains("unknown protocol `paxos`; expected: raft"),
        "{text}"
    );
    let (code, text) = run(&["client", "--config", "no such file", "status"]);
    assert!(
        code == Some(2) && text.contains("no such file: cannot be read"),
        "{text}"
    );
    let (code, _) = run(&["client", "--config", "x", "steal"]);
    assert_eq!(code, Some(2));
}

/// Runs `quorate cluster` until its nodes are up, ends it with the signal, and waits until every
/// process has gone.
fn cluster_ends_with(signal: Signal) -> Option<i32> {
    let directory = tempfile::tempdir().unwrap();
    let mut command = quorate();
    command.args(["cluster", "--protocol", "raft", "--data"]);
    let mut cluster = Running::start(command.arg(directory.path()));
    cluster.is_up();
    cluster.signal(signal);
    let exit = cluster.exit();
    let config = ClusterConfig::read(&directory.path().join("cluster.toml")).unwrap();
    for node in 0..3 {
        // Its lock is gone when it is, even if nobody has waited for it yet.
        let path = directory.path().join(format!("node-{node}"));
        let identity = Identity {
            cluster: config.cluster,
            node,
            list: digest(config.protocol.name(), &config.nodes),
        };
        eventually("the node is gone", || {
            Directory::open(&path, identity, false).ok()
        });
    }
    exit
}

#[test]
fn a_cluster_whose_node_has_lost_its_journal_is_not_started_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = quorate();
    command
        .args(["cluster", "--protocol", "raft", "--data"])
        .arg(directory.path());
    let mut first = Running::start(&mut command);
    first.is_up();
    first.end();

    let mut again = || {
        let mut cluster = Running::start(command.stderr(Stdio::piped()));
        let code = cluster.exit();
        (code, last_complaint(&cluster.complaints()))
    };
    let journal = directory.path().join("node-1/journal");
    fs::write(&journal, "damaged").unwrap();
    let (code, complaint) = again();
    assert!(
        code == Some(4) && complaint.contains("node 1 has ended: "),
        "{code:?}: {complaint}"
    );
    fs::remove_file(&journal).unwrap();
    let (code, complaint) = again();
    assert!(
        code == Some(2) && complaint.ends_with(LOST),
        "{code:?}: {complaint}"
    );
}

#[test]
fn a_second_cluster_on_the_same_data_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = quorate();
    command.args(["cluster", "--protocol", "raft", "--data"]);
    command.arg(directory.path());
    let mut first = Running::start(&mut command);
    first.is_up();
    first.close_output();
    let output = command.output().unwrap();
    let log = fs::read_to_string(directory.path().join("node-0.log")).unwrap();
    first.end();
    let data = directory.path().display();
    let told =
        format!("a cluster runs on {data} already; end it with Ctrl-C, or give another --data");
    assert_eq!(seen(&output), (2, String::new(), told));
    // The logs are those of the nodes that run.
    assert!(log.contains("starting"), "{log}");
}

#[test]
fn a_cluster_without_a_place_leaves_nothing_behind() {
    for signal in [Signal::INT, Signal::TERM] {
        let place = tempfile::Builder::new().prefix("a place ").tempdir();
        let place = place.unwrap();
        let mut command = quorate();
        command.args(["cluster", "--protocol", "raft"]);
        let mut cluster = Running::start(command.env("TMPDIR", place.path()));
        cluster.is_up();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        let told = "they are removed at the end; --data DIR keeps them";
        assert!(cluster.printed.iter().any(|line| line == told));
        // As a shell reads it.
        let put = format!("  quorate client --config '{}/", place.path().display());
        assert!(cluster.printed.iter().any(|line| line.starts_with(&put)));
        let mut missing = BTreeSet::from(["node 0", "node 1", "node 2"]);
        while !missing.is_empty() {
            let line = cluster.line(|line| line.contains(" term "));
            assert!(line.chars().count() <= 80, "{line}");
            missing.retain(|node| !line.starts_with(node));
        }
        // A leader knows what the others have.
        let has_all = |line: &str| line.contains(" follower ") && line.contains(" missing 0 ");
        if !cluster.printed.iter().any(|line| has_all(line)) {
            cluster.line(has_all);
        }
        cluster.signal(signal);
        assert_eq!(cluster.exit(), Some(0));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_cluster_ends_with_all_its_nodes() {
    assert_eq!(cluster_ends_with(Signal::INT), Some(0));
}

#[test]
fn a_killed_cluster_leaves_no_nodes_behind() {
    assert_eq!(cluster_ends_with(Signal::KILL), None);
}
