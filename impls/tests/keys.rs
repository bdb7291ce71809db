//! Clusters with keys: who speaks without one, or with another, is counted by reason and changes nothing.

#[path = "common/cluster.rs"]
mod cluster;

use cluster::{Cluster, PATIENCE, get, node, put};
use quorate::complaint::last_complaint;
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::journal::format::digest;
use quorate::keys::{ClientKey, ClusterKey, make_keys, read_client_key, read_cluster_key};
use quorate::layers::frame::{self, FRAME_BYTES_MAX, PacketKind};
use quorate::layers::seal::client::{ClientSeal, Opened, Question};
use quorate::layers::seal::{self, Label, Party};
use quorate::machine::Outcome;
use quorate::request::{Answer, NodeStatus, Probe};
use std::fs;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

/// Someone who sends to node 0 whatever it likes.
struct Stranger<'a> {
    cluster: &'a Cluster,
    socket: UdpSocket,
}

impl<'a> Stranger<'a> {
    fn new(cluster: &'a Cluster) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Stranger { cluster, socket }
    }

    /// Sends it from the stranger's address, and waits until the node has rejected it for this reason.
    fn is_rejected(&self, reason: &str, frame: &[u8]) {
        self.is_rejected_from(&self.socket, reason, frame);
    }

    fn is_rejected_from(&self, socket: &UdpSocket, reason: &str, frame: &[u8]) {
        let before = self.status().rejected[reason];
        socket.send_to(frame, self.cluster.config.nodes[0]).unwrap();
        self.cluster
            .until(0, reason, |now| before < now.rejected[reason]);
    }

    fn status(&self) -> NodeStatus {
        self.cluster.until(0, "it answers", |_| true)
    }

    /// Sends a request sealed with a client's key, and gives the frame that was heard.
    fn is_heard(&self, key: ClientKey) -> Vec<u8> {
        let probe = postcard::to_stdvec(&Probe { number: 1 }).unwrap();
        let node = self.cluster.config.nodes[0];
        let mut seal = ClientSeal::new(key, self.cluster.config.cluster, 1);
        let question = Question {
            asker: 0,
            number: 1,
        };
        let greeting = seal.close(0, PacketKind::Probe, question, &probe).unwrap();
        self.socket.send_to(&greeting, node).unwrap();
        let mut buffer = vec![0; FRAME_BYTES_MAX];
        let mut sent = Vec::new();
        loop {
            let (len, _) = self.socket.recv_from(&mut buffer).unwrap();
            match seal.open(0, &buffer[..len]).unwrap() {
                Opened::Greeted(frames) => {
                    sent = frames[0].clone();
                    self.socket.send_to(&sent, node).unwrap();
                }
                Opened::Packet(kind, _) => {
                    assert_eq!(kind, PacketKind::Report);
                    return sent;
                }
            }
        }
    }
}

fn key(cluster: &Cluster) -> ClusterKey {
    read_cluster_key(cluster.config.keys.as_ref().unwrap()).unwrap()
}

/// A frame of node 1 to node 0, as far as somebody with this key can make one.
fn as_node_1(cluster: &Cluster, key: &quorate::keys::Key) -> Vec<u8> {
    let label = Label {
        kind: PacketKind::Peer,
        sender: Party::Node(1),
        receiver: Party::Node(0),
        from: u64::MAX,
        to: 1,
        counter: 1,
    };
    let digest = digest(cluster.config.protocol.name(), &cluster.config.nodes).to_le_bytes();
    seal::seal(cluster.config.cluster, key, &label, &digest).unwrap()
}

#[test]
fn strangers_forgers_replays_and_damage_are_counted_and_change_nothing() {
    // No node is deposed meanwhile: positions are compared.
    let mut cluster = Cluster::start_configured(NodeProtocol::Raft, 3, |config| {
        let raft = config.raft.as_mut().expect("it is a cluster of Raft");
        (raft.election_ms_min, raft.election_ms_max) = (3000, 6000);
    });
    let mut link = cluster.link();
    assert_eq!(
        put(&mut link, "key", "value"),
        Answer::Done(Outcome::Stored)
    );
    let leads = cluster.leader();
    // A forger at the address of a node that is down.
    let away = if leads == 1 { 2 } else { 1 };
    cluster.kill(away);
    let stranger = Stranger::new(&cluster);
    let heard = stranger.is_heard(key(&cluster).of_client(9));
    let before = cluster.until(0, "it has all", |status| {
        status.keys == 1 && status.commit == status.last
    });
    let plain = frame::encode(cluster.config.cluster, PacketKind::Probe, &[1]).unwrap();
    let other = ClusterKey::random();
    let client = key(&cluster).of_client(9);
    let mut named = as_node_1(&cluster, &client.key);
    named[14..18].copy_from_slice(&key(&cluster).of_nodes().nodes.name());
    let mut damaged = heard.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let mut foreign = heard.clone();
    foreign[6] ^= 1;
    stranger.is_rejected("not authenticated", &plain);
    stranger.is_rejected("other key", &as_node_1(&cluster, &other.of_nodes().nodes));
    stranger.is_rejected("replayed", &heard);
    stranger.is_rejected("bad tag", &damaged);
    stranger.is_rejected("wrong cluster", &foreign);
    // With a client's key, from the address of the node, and without.
    let there = UdpSocket::bind(cluster.config.nodes[away]).unwrap();
    for socket in [&there, &stranger.socket] {
        stranger.is_rejected_from(socket, "other key", &as_node_1(&cluster, &client.key));
        stranger.is_rejected_from(socket, "bad tag", &named);
    }
    let nodes = key(&cluster).of_nodes().nodes;
    stranger.is_rejected("not a peer", &as_node_1(&cluster, &nodes));
    let after = stranger.status();
    let count = |status: &NodeStatus| status.rejected.values().sum::<u64>();
    assert_eq!(count(&after) - count(&before), 10);
    let position = |status: &NodeStatus| (status.generation, status.commit, status.last);
    assert_eq!(position(&after), position(&before));
    assert_eq!(get(&mut link, "key"), Some("value".to_owned()));
    assert!(!cluster.log(0).contains("panicked"), "{}", cluster.log(0));
    let told = "a sender has a key of another cluster";
    assert!(cluster.log(0).contains(told), "{}", cluster.log(0));
}

/// Whoever has kept a frame has nothing after a restart of its receiver.
#[test]
fn a_frame_of_an_earlier_life_is_counted() {
    let mut cluster = Cluster::start(1);
    let heard = Stranger::new(&cluster).is_heard(key(&cluster).of_client(9));
    cluster.kill(0);
    cluster.restart(0);
    Stranger::new(&cluster).is_rejected("earlier incarnation", &heard);
}

#[test]
fn nodes_with_different_keys_name_each_other() {
    let mut cluster = Cluster::start(3);
    put(&mut cluster.link(), "key", "value");
    cluster.kill(2);
    let other = cluster.config_file().with_file_name("other-keys");
    make_keys(&other).unwrap();
    let file = cluster.changed_file("other.toml", |config| config.keys = Some(other.clone()));
    let log = cluster.config_file().with_file_name("other.log");
    let mut odd = node(2, &file, &cluster.data(2))
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    cluster.until(0, "it counts", |status| status.rejected["other key"] != 0);
    let mut link = cluster.link_to(cluster.config.nodes.clone());
    link = link.with_key(Some(read_client_key(&other).unwrap()));
    cluster::eventually("the other counts", || {
        let found = link.status(std::time::Duration::from_millis(100)).unwrap();
        let status = found[2].as_ref()?;
        (status.rejected["other key"] != 0).then_some(())
    });
    let told = "a sender has a key of another cluster";
    for log in [cluster.log(0), fs::read_to_string(log).unwrap()] {
        assert!(log.contains(told), "{log}");
    }
    // A client with that key hears of nobody but the odd one.
    let alone = cluster.changed_file("alone.toml", |config| {
        config.keys = Some(other.clone());
        config.nodes.truncate(1);
    });
    let output = client(&alone, &["--timeout-ms", "200", "get", "key"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(
        told.contains("no node has answered to client.key"),
        "{told}"
    );
    assert_eq!(get(&mut cluster.link(), "key"), Some("value".to_owned()));
    odd.kill().unwrap();
    odd.wait().unwrap();
}

/// The address of this machine on a network, if it has one. No datagram is sent.
fn own_address() -> Option<SocketAddrV4> {
    let probe = UdpSocket::bind("0.0.0.0:0").ok()?;
    // An address for documentation, which nobody has.
    probe.connect("198.51.100.1:9").ok()?;
    let ip = match probe.local_addr().ok()? {
        SocketAddr::V4(address) if !address.ip().is_loopback() => *address.ip(),
        _ => return None,
    };
    match UdpSocket::bind((ip, 0)).ok()?.local_addr().ok()? {
        SocketAddr::V4(address) => Some(address),
        SocketAddr::V6(_) => None,
    }
}

/// A machine without a network has no such address, and nothing to show.
#[test]
fn other_addresses_than_loopback_take_keys() {
    if own_address().is_none() {
        return;
    }
    let cluster = Cluster::start_configured(NodeProtocol::Raft, 3, |config| {
        for node in &mut config.nodes {
            *node = own_address().expect("as before");
        }
    });
    let mut link = cluster.link();
    assert_eq!(
        put(&mut link, "key", "value"),
        Answer::Done(Outcome::Stored)
    );
    assert_eq!(get(&mut link, "key"), Some("value".to_owned()));
}

#[test]
fn without_keys_loopback_alone_is_taken() {
    let mut cluster = Cluster::start(1);
    cluster.kill(0);
    let open = cluster.changed_file("open.toml", |config| {
        config.keys = None;
        config.nodes = vec!["192.0.2.1:7000".parse().unwrap()];
    });
    let output = node(0, &open, &cluster.data(0)).output().unwrap();
    refused(&output, "is not a loopback address");
    let output = client(&open, &["status"]);
    refused(&output, "make keys with `quorate keys DIR`");
}

fn client(file: &std::path::Path, verb: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.arg("client").arg("--config").arg(file);
    command.args(verb).output().unwrap()
}

/// A process has ended with exit code 2 and this in its last words.
fn refused(output: &Output, expected: &str) {
    let told = last_complaint(str::from_utf8(&output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains(expected), "{told}");
}

#[test]
fn keys_that_cannot_be_used_are_refused() {
    let mut cluster = Cluster::start(1);
    cluster.kill(0);
    let folder = cluster.config.keys.clone().unwrap();
    let file = folder.join("cluster.key");
    let starts = |expected: &str| {
        let output = node(0, &cluster.config_file(), &cluster.data(0)).output();
        refused(&output.unwrap(), expected);
    };
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, &good[..good.len() - 3]).unwrap();
    starts("and 64 hexadecimal digits, found");
    fs::copy(folder.join("client.key"), &file).unwrap();
    starts("found `quorate-client-key`");
    fs::write(&file, &good).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    starts("others can read it (mode 644), run: chmod 600");
    fs::remove_file(&file).unwrap();
    starts("cluster.key: there is no such file");
    fs::remove_file(folder.join("client.key")).unwrap();
    let output = client(&cluster.config_file(), &["get", "key"]);
    refused(&output, "client.key: there is no such file");
}

#[test]
fn every_client_may_have_a_key_of_its_own() {
    let cluster = Cluster::start(1);
    let folder = cluster.config.keys.clone().unwrap();
    let quorate = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        let command = command.arg("keys").arg(&folder).args(arguments);
        command.output().unwrap()
    };
    let output = quorate(&["--client", "7"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    refused(&quorate(&["--client", "7"]), "is there already");
    refused(&quorate(&[]), "is there already");
    refused(&quorate(&["--client", "0"]), "0 is not in 1..");
    // On the client's machine there are these two files, and no key of the cluster.
    let there = tempfile::tempdir().unwrap();
    let config = ClusterConfig {
        keys: Some("mine".into()),
        ..cluster.config.clone()
    };
    let file = there.path().join("cluster.toml");
    fs::write(&file, config.to_toml()).unwrap();
    fs::create_dir(there.path().join("mine")).unwrap();
    let key = folder.join("client-7.key");
    fs::copy(key, there.path().join("mine/client.key")).unwrap();
    let output = client(&file, &["put", "key", "value"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(get(&mut cluster.link(), "key"), Some("value".to_owned()));
}

/// The clock of its machine was put back, and its file is gone.
#[test]
fn a_node_that_is_outlived_ends_and_says_what_to_do() {
    let mut cluster = Cluster::start(3);
    let file = cluster.data(0).join("incarnation");
    let later = 1_u64 << 62;
    cluster.kill(0);
    fs::write(&file, format!("{later}\n")).unwrap();
    cluster.restart(0);
    let mut link = cluster.link();
    put(&mut link, "key", "first");
    cluster.until(0, "the others hear it", |status| status.leader.is_some());
    cluster.kill(0);
    fs::remove_file(&file).unwrap();
    let code = cluster.restart_until_exit(0);
    let told = last_complaint(&cluster.log(0));
    assert_eq!(code, Some(2), "{told}");
    assert!(told.starts_with("nobody hears this node: others have known it in a later life"));
    assert!(told.contains("If it runs elsewhere, too, leave it down here"));
    let remedy = format!("write {} into the file `incarnation`", later + 1);
    assert!(told.contains(&remedy), "{told}");
    put(&mut link, "key", "second");
    // As it is told.
    fs::write(&file, format!("{}\n", later + 1)).unwrap();
    cluster.restart(0);
    cluster.until(0, "it has all", |status| {
        status.leader.is_some() && status.keys == 1
    });
    cluster.agrees();
}
