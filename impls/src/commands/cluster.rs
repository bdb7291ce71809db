//! `quorate cluster`: a whole cluster on this machine.

mod new;
mod view;

use super::Usage;
use anyhow::{Context, Error, Result, anyhow};
use quorate::client::link::Link;
use quorate::complaint::last_complaint;
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::journal::{DirectoryError, lock};
use quorate::loading::has_loaded;
use quorate::names::quoted;
use quorate::node::USAGE;
use quorate::private;
use quorate::request::NodeStatus;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::env;
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use view::{Node, Screen};

/// How long nodes may take to end when told to.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two looks at the nodes.
const LOOK: Duration = Duration::from_millis(250);

/// The cluster to run.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The protocol that the nodes run
    #[arg(long, help = format!("The protocol that the nodes run: {}", NodeProtocol::names()))]
    protocol: NodeProtocol,
    /// How many nodes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=9))]
    nodes: u8,
    /// Where configuration, keys and journals are kept; a cluster that is there already is started again.
    /// Without this, they are removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Runs the cluster until SIGINT or SIGTERM.
pub fn run(args: &Args) -> Result<ExitCode> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, stop.clone()).context("signals cannot be handled")?;
    }
    let temporary = match &args.data {
        Some(_) => None,
        None => Some(temporary().context("a temporary folder cannot be made, give --data DIR")?),
    };
    let kept = args.data.as_deref();
    let data = kept.or(temporary.as_ref().map(TempDir::path));
    let data = data.expect("one of the two is there");
    private::folder(data).map_err(|error| DirectoryError::io(data, error))?;
    let _lock = lock(data).map_err(|error| held(data, error))?;
    // It is dropped, and its nodes with it, before the folder.
    let mut cluster = Cluster::start(args, data, &stop)?;
    if let Some(cluster) = &mut cluster {
        cluster.introduce(kept.is_some());
        cluster.watch(&stop)?;
        cluster.end()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A folder that is removed when this is dropped.
fn temporary() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("quorate-").tempdir()
}

/// Why a folder cannot be locked.
fn held(data: &Path, error: DirectoryError) -> anyhow::Error {
    let data = data.display();
    match error {
        DirectoryError::Locked(_) => Usage(format!(
            "a cluster runs on {data} already; end it with Ctrl-C, or give another --data"
        ))
        .into(),
        other => other.into(),
    }
}

struct Cluster {
    config: ClusterConfig,
    file: PathBuf,
    data: PathBuf,
    members: Vec<Member>,
}

/// The processes of a node.
struct Member {
    /// The one that was started here.
    child: Child,
    /// How long its log was before.
    logged: u64,
    /// The one that answered last: somebody may have started another since.
    answered: Option<u32>,
    /// Whether there was none at the last look.
    was_down: bool,
}

impl Member {
    /// How the node is, given its answer, if it has given one.
    fn now(&mut self, answer: Option<NodeStatus>) -> io::Result<Node> {
        let exit = self.child.try_wait()?;
        self.answered = answer.as_ref().map(|it| it.pid).or(self.answered);
        let other = self.answered.filter(|pid| *pid != self.child.id());
        Ok(match (answer, exit, other) {
            (Some(status), _, _) => Node::Answers(status.into()),
            (None, None, _) => Node::Silent(self.child.id()),
            (None, Some(exit), None) => Node::Down(Some(exit)),
            (None, Some(_), Some(pid)) if runs(pid) => Node::Silent(pid),
            (None, Some(_), Some(_)) => Node::Down(None),
        })
    }
}

/// Whether there is such a process.
fn runs(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

impl Cluster {
    /// Starts the nodes, and waits until each has answered. `None` if told to stop before.
    fn start(args: &Args, data: &Path, stop: &AtomicBool) -> Result<Option<Self>> {
        let file = data.join("cluster.toml");
        let config = match file.exists() {
            true => restart(&file, args)?,
            false => new::make(args, data, &file)?,
        };
        let mut cluster = Cluster {
            config,
            file,
            data: data.to_owned(),
            members: Vec::new(),
        };
        cluster.spawn_nodes()?;
        Ok(cluster.answers(stop)?.then_some(cluster))
    }

    /// A node whose journal is gone must not come back under its old id, so none is told to make one.
    fn spawn_nodes(&mut self) -> Result<()> {
        let binary =
            env::current_exe().context("the path of this program is unknown; give it in full")?;
        for id in 0..self.config.nodes.len() {
            let mut command = Command::new(&binary);
            command
                .arg("node")
                .arg("--config")
                .arg(&self.file)
                .args(["--id", &id.to_string()]);
            let data = new::folder(&self.data, id);
            command.arg("--data").arg(&data).arg("--until-stdin-closes");
            let log = private::options()
                .append(true)
                .create(true)
                .open(self.log(id))?;
            let logged = log.metadata()?.len();
            command.stdin(Stdio::piped()).stdout(Stdio::null());
            let child = command.stderr(log).spawn().context(
                "a node cannot be started; look at this machine's limits of processes and memory",
            )?;
            self.members.push(Member {
                child,
                logged,
                answered: None,
                was_down: false,
            });
        }
        Ok(())
    }

    /// Waits until every node has read its journal, however long that takes, and shows meanwhile how they
    /// are. Whether they have; they have not if told to stop before.
    fn answers(&mut self, stop: &AtomicBool) -> Result<bool> {
        let mut link = self.link()?;
        let mut screen = Screen::new();
        while !stop.load(Ordering::Relaxed) {
            let looked = Instant::now();
            let found = link.status(LOOK)?;
            for id in 0..self.members.len() {
                if let Some(exit) = self.members[id].child.try_wait()? {
                    return Err(self.ended(id, exit)?);
                }
            }
            if found.iter().all(|status| has_loaded(status.as_ref())) {
                return Ok(true);
            }
            let nodes = self.nodes(found)?;
            screen.show(&[], self.view(&nodes, &screen));
            // A short log is read in less than this.
            pause(looked, LOOK / 10, stop);
        }
        Ok(false)
    }

    /// What a node has complained of since this start, which is the user's mistake if the node says so.
    fn ended(&self, id: usize, exit: ExitStatus) -> Result<Error> {
        let log = fs::read(self.log(id))?;
        let before = usize::try_from(self.members[id].logged)?.min(log.len());
        let words = last_complaint(&String::from_utf8_lossy(&log[before..]));
        let told = match exit.signal() {
            None => format!("node {id} has ended: {words}"),
            // The kernel does so when memory is short.
            Some(signal) => format!(
                "node {id} was killed by signal {signal}: start the cluster again, and if signal 9 comes again, \
                 give this machine more memory; {words}"
            ),
        };
        Ok(match exit.code() == Some(USAGE.into()) {
            true => Usage(told).into(),
            false => anyhow!(told),
        })
    }

    fn log(&self, id: usize) -> PathBuf {
        self.data.join(format!("node-{id}.log"))
    }

    fn link(&self) -> Result<Link> {
        let link = Link::new(self.config.cluster, self.config.nodes.clone())?;
        Ok(link.with_key(self.config.client_key()?))
    }

    fn introduce(&self, is_kept: bool) {
        let (protocol, count) = (self.config.protocol, self.members.len());
        let data = self.data.display();
        let client = format!("quorate client --config {}", quoted(&self.file));
        let at_the_end = match is_kept {
            true => "they are kept; the same --data starts the cluster again",
            false => "they are removed at the end; --data DIR keeps them",
        };
        let lines = [
            format!("{count} nodes run {protocol}, with journals and logs in {data}"),
            at_the_end.to_owned(),
            "try, in another terminal:".to_owned(),
            format!("  {client} put greeting hello"),
            format!("  {client} get greeting"),
            "Ctrl-C ends all nodes.".to_owned(),
        ];
        Screen::new().show(&lines, Vec::new());
    }

    /// Shows how the nodes are, until told to stop.
    fn watch(&mut self, stop: &AtomicBool) -> Result<()> {
        let mut link = self.link()?;
        let mut screen = Screen::new();
        while !stop.load(Ordering::Relaxed) {
            let looked = Instant::now();
            let nodes = self.nodes(link.status(LOOK)?)?;
            screen.show(&self.starts(&nodes), self.view(&nodes, &screen));
            pause(looked, LOOK, stop);
        }
        Ok(())
    }

    /// How the nodes are, given their answers.
    fn nodes(&mut self, found: Vec<Option<NodeStatus>>) -> io::Result<Vec<Node>> {
        let members = self.members.iter_mut().zip(found);
        members.map(|(member, answer)| member.now(answer)).collect()
    }

    fn view(&self, nodes: &[Node], screen: &Screen) -> Vec<String> {
        view::lines(nodes, self.config.protocol.generation(), screen.width())
    }

    /// How to start each node again that has gone down since the last look.
    fn starts(&mut self, nodes: &[Node]) -> Vec<String> {
        let mut lines = Vec::new();
        for (id, (member, node)) in self.members.iter_mut().zip(nodes).enumerate() {
            let is_down = matches!(node, Node::Down(_));
            if is_down && !member.was_down {
                let (file, data) = (quoted(&self.file), quoted(&new::folder(&self.data, id)));
                lines.push(format!(
                    "node {id} is down; start it again in another terminal, where Ctrl-C ends it:"
                ));
                lines.push(format!(
                    "  quorate node --config {file} --id {id} --data {data}"
                ));
            }
            member.was_down = is_down;
        }
        lines
    }

    /// Closes the nodes' standard inputs, which ends them, and waits. A node that does not end is
    /// killed, which is always safe.
    fn end(&mut self) -> Result<()> {
        for member in &mut self.members {
            drop(member.child.stdin.take());
        }
        let until = Instant::now() + PATIENCE;
        for Member { child: node, .. } in &mut self.members {
            while node.try_wait()?.is_none() && Instant::now() < until {
                // The standard library cannot wait for a child with a time limit.
                thread::sleep(Duration::from_millis(5));
            }
            node.kill()?;
            node.wait()?;
        }
        Ok(())
    }
}

/// A node that does not end by itself is killed, in whatever way the cluster ends.
impl Drop for Cluster {
    fn drop(&mut self) {
        for Member { child: node, .. } in &mut self.members {
            // Errors mean that it is gone already.
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

/// The cluster that is there already, if it is the one asked for.
fn restart(file: &Path, args: &Args) -> Result<ClusterConfig> {
    let config = ClusterConfig::read(file)?;
    let (found, asked) = (config.nodes.len(), usize::from(args.nodes));
    if config.protocol != args.protocol || found != asked {
        let (file, protocol) = (file.display(), config.protocol);
        let asked = format!("expected {asked} of {}", args.protocol);
        let instead = format!("give --protocol {protocol} --nodes {found}, or another --data");
        let told = format!("{file} has {found} nodes of {protocol}, {asked}; {instead}");
        return Err(Usage(told).into());
    }
    Ok(config)
}

/// Waits until so long after a moment. A signal is noticed within a tenth of a look.
fn pause(since: Instant, long: Duration, stop: &AtomicBool) {
    while since.elapsed() < long && !stop.load(Ordering::Relaxed) {
        // The pace of a view; nothing relies on its length.
        thread::sleep(LOOK / 10);
    }
}
