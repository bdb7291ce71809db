//! Clusters of real processes, for the tests.

#![allow(dead_code, reason = "each test uses its part")]

use quorate::client::link::Link;
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::keys::make_keys;
use quorate::loading::has_loaded;
use quorate::machine::{Operation, Outcome};
use quorate::request::{Answer, NodeStatus};
use quorate_models::replica::Consistency;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, OpenOptions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

#[path = "proxy.rs"]
mod proxy;

use proxy::Proxy;

/// Nothing that the tests wait for takes this long, unless it never happens.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until there is something, and fails with `what` if there never is.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "never: {what}");
        // A pause between two looks; nothing relies on its length.
        thread::sleep(Duration::from_millis(5));
    }
}

/// Where a node's standard error goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// To a file, which [`Cluster::log`] reads.
    File,
    /// To a disk that is full.
    Full,
    /// To a pipe that nobody reads any more.
    ClosedPipe,
}

/// Nodes as child processes, killed when this is dropped.
pub struct Cluster {
    pub config: ClusterConfig,
    directory: TempDir,
    nodes: Vec<Option<Child>>,
    log: Log,
    network: Option<Proxy>,
    own: Option<Own>,
}

/// Changes the configuration of one node.
type Own = fn(usize, &mut ClusterConfig);

/// The settings that nodes are started with, and how.
struct Plan {
    protocol: NodeProtocol,
    count: usize,
    log: Log,
    /// Changes their configuration.
    change: fn(&mut ClusterConfig),
    /// Changes that of each node.
    own: Option<Own>,
    /// Whether there is a network between them that can be cut.
    is_cut: bool,
    /// Whether they have keys.
    has_keys: bool,
}

impl Plan {
    fn new(protocol: NodeProtocol, count: usize) -> Self {
        Plan {
            protocol,
            count,
            log: Log::File,
            change: |_| (),
            own: None,
            is_cut: false,
            has_keys: true,
        }
    }

    /// Starts a new cluster, and waits until every node answers.
    fn start(&self) -> Cluster {
        eventually("a cluster starts", || Cluster::try_start(self))
    }
}

impl Cluster {
    /// Starts a new cluster of Raft, and waits until every node answers.
    pub fn start(count: usize) -> Self {
        Cluster::start_of(NodeProtocol::Raft, count)
    }

    /// Starts a new cluster of a protocol, and waits until every node answers.
    pub fn start_of(protocol: NodeProtocol, count: usize) -> Self {
        Plan::new(protocol, count).start()
    }

    /// The same, without keys.
    pub fn start_open(protocol: NodeProtocol, count: usize) -> Self {
        let plan = Plan {
            has_keys: false,
            ..Plan::new(protocol, count)
        };
        plan.start()
    }

    /// The same, with a network between the nodes that can be cut.
    pub fn start_between(protocol: NodeProtocol, count: usize) -> Self {
        let plan = Plan {
            is_cut: true,
            ..Plan::new(protocol, count)
        };
        plan.start()
    }

    /// The same, with a changed configuration.
    pub fn start_between_configured(
        protocol: NodeProtocol,
        count: usize,
        change: fn(&mut ClusterConfig),
    ) -> Self {
        let plan = Plan {
            change,
            is_cut: true,
            ..Plan::new(protocol, count)
        };
        plan.start()
    }

    /// Starts a new cluster of a protocol with a changed configuration, and waits until every node answers.
    pub fn start_configured(
        protocol: NodeProtocol,
        count: usize,
        change: fn(&mut ClusterConfig),
    ) -> Self {
        let plan = Plan {
            change,
            ..Plan::new(protocol, count)
        };
        plan.start()
    }

    /// Starts a new cluster whose nodes have configurations of their own, and waits until every node answers.
    pub fn start_each(protocol: NodeProtocol, count: usize, own: Own) -> Self {
        let plan = Plan {
            own: Some(own),
            ..Plan::new(protocol, count)
        };
        plan.start()
    }

    /// Starts a new cluster of Raft whose nodes log to such a place, and waits until every node answers.
    pub fn start_with(count: usize, log: Log) -> Self {
        let plan = Plan {
            log,
            ..Plan::new(NodeProtocol::Raft, count)
        };
        plan.start()
    }

    /// `None` if a port was taken by someone else in the meantime.
    fn try_start(plan: &Plan) -> Option<Self> {
        let (number, count) = (rand::random::<u64>() >> 1, plan.count);
        let mut config = ClusterConfig::new(number, plan.protocol, free_addresses(count));
        (plan.change)(&mut config);
        let network = plan.is_cut.then(|| Proxy::new(config.nodes.clone()));
        let directory = tempfile::tempdir().unwrap();
        if plan.has_keys {
            let keys = directory.path().join("keys");
            make_keys(&keys).unwrap();
            config.keys = Some(keys);
        }
        let nodes = (0..count).map(|_| None).collect();
        let mut cluster = Cluster {
            config,
            directory,
            nodes,
            log: plan.log,
            network,
            own: plan.own,
        };
        fs::write(cluster.config_file(), cluster.config.to_toml()).unwrap();
        for id in 0..count {
            cluster.write_config_of(id);
            cluster.spawn(id, &["--init"]);
        }
        let mut link = cluster.link();
        eventually("nodes answer or end", || {
            let ended = cluster
                .nodes
                .iter_mut()
                .flatten()
                .any(|node| exited(node).is_some());
            let found = link.status(Duration::from_millis(100)).unwrap();
            let all_have = found.iter().all(|status| has_loaded(status.as_ref()));
            (ended || all_have).then_some(!ended)
        })
        .then_some(cluster)
    }

    pub fn config_file(&self) -> PathBuf {
        self.directory.path().join("cluster.toml")
    }

    /// Whether each node has a configuration file of its own. Where a network is in between, it has its own
    /// ways to the others there.
    fn has_own_files(&self) -> bool {
        self.network.is_some() || self.own.is_some()
    }

    /// The configuration file of a node.
    fn config_file_of(&self, id: usize) -> PathBuf {
        match self.has_own_files() {
            true => self.directory.path().join(format!("node-{id}.toml")),
            false => self.config_file(),
        }
    }

    fn write_config_of(&self, id: usize) {
        if !self.has_own_files() {
            return;
        }
        let mut config = self.config.clone();
        config.via = self.network.as_ref().map(|network| network.seen_by(id));
        if let Some(change) = self.own {
            change(id, &mut config);
        }
        fs::write(self.config_file_of(id), config.to_toml()).unwrap();
    }

    /// The network between the nodes.
    pub fn network(&self) -> &Proxy {
        self.network.as_ref().expect("there is one between")
    }

    pub fn data(&self, id: usize) -> PathBuf {
        self.directory.path().join(format!("node-{id}"))
    }

    /// A file of its own, in which something is changed.
    pub fn changed_file(&self, name: &str, change: impl FnOnce(&mut ClusterConfig)) -> PathBuf {
        let mut config = self.config.clone();
        change(&mut config);
        let file = self.directory.path().join(name);
        fs::write(&file, config.to_toml()).unwrap();
        file
    }

    /// The log of a node, all its lives together.
    pub fn log(&self, id: usize) -> String {
        fs::read_to_string(self.log_file(id)).unwrap()
    }

    fn log_file(&self, id: usize) -> PathBuf {
        self.directory.path().join(format!("node-{id}.log"))
    }

    /// The command that runs a node. It ends with this process, whatever becomes of it.
    pub fn command(&self, id: usize) -> Command {
        node(id, &self.config_file_of(id), &self.data(id))
    }

    fn spawn(&mut self, id: usize, more: &[&str]) {
        let mut command = self.command(id);
        command.args(more);
        self.run(id, command);
    }

    fn run(&mut self, id: usize, mut command: Command) {
        command.stderr(self.stderr(id));
        self.nodes[id] = Some(command.spawn().unwrap());
    }

    fn stderr(&self, id: usize) -> Stdio {
        let mut file = OpenOptions::new();
        file.create(true).append(true);
        match self.log {
            Log::File => file.open(self.log_file(id)).unwrap().into(),
            Log::Full => full(),
            Log::ClosedPipe => closed_pipe(),
        }
    }

    /// Ends a node as `kill -9` does.
    pub fn kill(&mut self, id: usize) {
        let mut node = self.nodes[id].take().expect("the node runs");
        node.kill().unwrap();
        node.wait().unwrap();
    }

    /// Ends all nodes at once in that way.
    pub fn kill_all(&mut self) {
        (0..self.nodes.len()).for_each(|id| self.signal(id, Signal::KILL));
        (0..self.nodes.len()).for_each(|id| self.kill(id));
    }

    /// Asks a node to end with SIGTERM, and gives its exit code.
    pub fn terminate(&mut self, id: usize) -> Option<i32> {
        self.signal(id, Signal::TERM);
        self.exit(id)
    }

    /// Sends a node a signal: after `Signal::STOP` it does nothing until `Signal::CONT`.
    pub fn signal(&self, id: usize, signal: Signal) {
        let node = self.nodes[id].as_ref().expect("the node runs");
        kill_process(Pid::from_child(node), signal).unwrap();
    }

    /// Starts a node again on what it left.
    pub fn restart(&mut self, id: usize) {
        self.spawn(id, &[]);
        let mut link = self.link();
        eventually("the restarted node answers", || {
            let ended = self.nodes[id].as_mut().and_then(exited);
            assert!(ended.is_none(), "node {id} ended: {}", self.log(id));
            let found = link.status(Duration::from_millis(100)).unwrap();
            has_loaded(found[id].as_ref()).then_some(())
        });
    }

    /// Starts a node again on a disk with room for so many more bytes of its journal, and gives its exit code
    /// when they are written.
    pub fn fill_disk(&mut self, id: usize, room: u64) -> Option<i32> {
        let journal = fs::metadata(self.data(id).join("journal")).unwrap();
        let blocks = (journal.len() + room) / 512;
        let plain = self.command(id);
        let mut command = Command::new("sh");
        // A write fails as on a full disk, where the signal is ignored that comes with the limit.
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        command
            .args(["-c", &limited, "sh"])
            .arg(plain.get_program());
        command.args(plain.get_args()).stdin(Stdio::piped());
        self.run(id, command);
        self.exit(id)
    }

    /// Starts a node again on what it left, and gives its exit code when it has ended of itself.
    pub fn restart_until_exit(&mut self, id: usize) -> Option<i32> {
        self.spawn(id, &[]);
        self.exit(id)
    }

    /// Waits until a node has ended, and gives its exit code.
    fn exit(&mut self, id: usize) -> Option<i32> {
        let mut node = self.nodes[id].take().expect("the node runs");
        eventually("the node ends", || exited(&mut node)).code()
    }

    /// Waits until all nodes have the same; where nodes are in rings, they are in one ring of all.
    pub fn agrees(&self) {
        let mut link = self.link();
        let all: Vec<String> = (0..self.config.nodes.len())
            .map(|id| id.to_string())
            .collect();
        let all = format!(" {{{}}}", all.join(","));
        eventually("all nodes have the same", || {
            let found = link.status(Duration::from_millis(100)).unwrap();
            let found: Option<Vec<NodeStatus>> = found.into_iter().collect();
            let found = found?;
            let ring = |it: &NodeStatus| it.details.get("ring").cloned();
            let state = |it: &NodeStatus| (it.generation, it.last, it.applied, it.keys, ring(it));
            let has_all = |it: &NodeStatus| ring(it).is_none_or(|it| it.ends_with(&all));
            let is_same = |it: &NodeStatus| state(it) == state(&found[0]) && has_all(it);
            found.iter().all(is_same).then_some(())
        });
    }

    /// A new client.
    pub fn link(&self) -> Link {
        self.link_to(self.config.nodes.clone())
    }

    /// A new client that knows one node alone.
    pub fn link_to_one(&self, node: usize) -> Link {
        let mut known = self.config.nodes.clone();
        let others = known.iter_mut().enumerate().filter(|(id, _)| *id != node);
        // Nobody is there.
        others.for_each(|(_, address)| address.set_port(9));
        self.link_to(known)
    }

    /// A new client that reaches the nodes there.
    pub fn link_to(&self, nodes: Vec<SocketAddrV4>) -> Link {
        let link = Link::new(self.config.cluster, nodes).unwrap();
        link.with_key(self.config.client_key().unwrap())
    }

    /// Waits until a node leads.
    pub fn leader(&self) -> usize {
        let mut link = self.link();
        let leads = |status: &NodeStatus| status.role == "leader";
        let found = eventually("a node leads", || {
            let found = link.status(Duration::from_millis(100)).unwrap();
            found.into_iter().flatten().find(leads)
        });
        found.node
    }

    /// Waits until a node is as asked, and gives its state.
    pub fn until(&self, id: usize, what: &str, test: impl Fn(&NodeStatus) -> bool) -> NodeStatus {
        let mut link = self.link();
        eventually(what, || {
            link.status(Duration::from_millis(100)).unwrap()[id]
                .take()
                .filter(|found| test(found))
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            // An error means that it is gone already.
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

/// The command that runs a node by this file, on this folder. It ends with this process.
pub fn node(id: usize, config: &Path, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.arg("node").arg("--config").arg(config);
    command.args(["--id", &id.to_string()]);
    command.arg("--data").arg(data);
    command.arg("--until-stdin-closes").stdin(Stdio::piped());
    command
}

/// A file on a disk that is full.
pub fn full() -> Stdio {
    let file = OpenOptions::new().write(true).open("/dev/full");
    file.unwrap().into()
}

/// A pipe that nobody reads any more.
pub fn closed_pipe() -> Stdio {
    let (_, writer) = io::pipe().unwrap();
    writer.into()
}

pub fn exited(node: &mut Child) -> Option<std::process::ExitStatus> {
    node.try_wait().unwrap()
}

/// Ports that are free now, on a loopback address of their own, so that no other socket of this
/// machine takes the port of a node while it is down.
pub fn free_addresses(count: usize) -> Vec<SocketAddrV4> {
    let [a, b] = rand::random::<[u8; 2]>();
    let ip = Ipv4Addr::new(127, a.max(1), b, 1);
    let sockets: Vec<_> = (0..count)
        .map(|_| UdpSocket::bind((ip, 0)).unwrap())
        .collect();
    let address = |socket: &UdpSocket| match socket.local_addr().unwrap() {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(_) => unreachable!("bound to an IPv4 address"),
    };
    sockets.iter().map(address).collect()
}

pub fn put(link: &mut Link, key: &str, value: &str) -> Answer {
    let operation = Operation::Put {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    link.execute(operation, PATIENCE).unwrap()
}

pub fn get(link: &mut Link, key: &str) -> Option<String> {
    match link
        .execute(
            Operation::Get {
                key: key.to_owned(),
                consistency: Consistency::Linearizable,
            },
            PATIENCE,
        )
        .unwrap()
    {
        Answer::Done(Outcome::Found(value)) | Answer::Read(Outcome::Found(value)) => value,
        other => panic!("unexpected answer to a get: {other:?}"),
    }
}
