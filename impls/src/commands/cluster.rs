//! `quorate cluster`: a whole cluster on this machine.

mod new;

use super::Usage;
use anyhow::{Context, Result, bail};
use quorate::client::link::Link;
use quorate::complaint::last_complaint;
use quorate::config::{ClusterConfig, NodeProtocol};
use quorate::journal::{DirectoryError, lock};
use quorate::loading::has_loaded;
use quorate::private;
use quorate::request::NodeStatus;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

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
        None => Some(temporary().context("a temporary folder cannot be made")?),
    };
    let kept = args.data.as_deref();
    let data = kept.or(temporary.as_ref().map(TempDir::path));
    let data = data.expect("one of the two is there");
    private::folder(data).with_context(|| format!("{} cannot be made", data.display()))?;
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
    nodes: Vec<Child>,
    /// How long the log of each was before this start.
    logged: Vec<u64>,
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
            nodes: Vec::new(),
            logged: Vec::new(),
        };
        cluster.spawn_nodes()?;
        Ok(cluster.answers(stop)?.then_some(cluster))
    }

    /// A node whose journal is gone must not come back under its old id, so none is told to make one.
    fn spawn_nodes(&mut self) -> Result<()> {
        let binary = env::current_exe().context("the path of this program is unknown")?;
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
            self.logged.push(log.metadata()?.len());
            let node = command
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn();
            self.nodes.push(node.context("a node cannot be started")?);
        }
        Ok(())
    }

    /// Waits until every node has read its journal, however long that takes, and shows meanwhile how they
    /// are. Whether they have; they have not if told to stop before.
    fn answers(&mut self, stop: &AtomicBool) -> Result<bool> {
        let mut link = self.link()?;
        let terminal = io::stdout().is_terminal();
        let mut shown = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let found = link.status(LOOK)?;
            for id in 0..self.nodes.len() {
                if self.nodes[id].try_wait()?.is_some() {
                    bail!("node {id} has ended: {}", self.last_words(id)?);
                }
            }
            if found.iter().all(|status| has_loaded(status.as_ref())) {
                return Ok(true);
            }
            let view = self.view(&found)?;
            show(&view, &shown, terminal);
            shown = view;
        }
        Ok(false)
    }

    /// What a node has complained of since this start.
    fn last_words(&self, id: usize) -> Result<String> {
        let log = fs::read(self.log(id))?;
        let before = usize::try_from(self.logged[id])?.min(log.len());
        Ok(last_complaint(&String::from_utf8_lossy(&log[before..])))
    }

    fn log(&self, id: usize) -> PathBuf {
        self.data.join(format!("node-{id}.log"))
    }

    fn link(&self) -> Result<Link> {
        let link = Link::new(self.config.cluster, self.config.nodes.clone())?;
        Ok(link.with_key(self.config.client_key()?))
    }

    fn introduce(&self, is_kept: bool) {
        let (protocol, count) = (self.config.protocol, self.nodes.len());
        let data = self.data.display();
        let client = format!("quorate client --config {}", self.file.display());
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
        show(&lines, &[], false);
    }

    /// Shows how the nodes are, until told to stop.
    fn watch(&mut self, stop: &AtomicBool) -> Result<()> {
        let mut link = self.link()?;
        let terminal = io::stdout().is_terminal();
        let mut shown = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let looked = Instant::now();
            let found = link.status(LOOK)?;
            let view = self.view(&found)?;
            show(&view, &shown, terminal);
            shown = view;
            while looked.elapsed() < LOOK && !stop.load(Ordering::Relaxed) {
                // The pace of the view. A signal is noticed within a tenth of it.
                thread::sleep(LOOK / 10);
            }
        }
        Ok(())
    }

    /// One line a node.
    fn view(&mut self, found: &[Option<NodeStatus>]) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        let generation = self.config.protocol.generation();
        for (id, (node, status)) in self.nodes.iter_mut().zip(found).enumerate() {
            let state = match (node.try_wait()?, status) {
                (Some(exit), None) => format!("down ({exit})"),
                (None, None) => "no answer".to_owned(),
                (_, Some(status)) => format!(
                    "{:<9} {generation} {:<3} commit {:<7} missing {:<7} keys {}",
                    status.role,
                    status.term,
                    status.commit,
                    missing(id, found),
                    status.keys
                ),
            };
            lines.push(format!("node {id}  pid {:<7} {state}", node.id()));
        }
        Ok(lines)
    }

    /// Closes the nodes' standard inputs, which ends them, and waits. A node that does not end is
    /// killed, which is always safe.
    fn end(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            drop(node.stdin.take());
        }
        let until = Instant::now() + PATIENCE;
        for node in &mut self.nodes {
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

/// The positions that a node is known to lack of those of its leader, where there is one.
fn missing(id: usize, found: &[Option<NodeStatus>]) -> String {
    let leaders = found.iter().flatten().filter(|it| !it.followers.is_empty());
    let missing = match leaders.max_by_key(|it| it.term) {
        Some(leader) if leader.node == id => Some(0),
        Some(leader) => leader.followers[&id].as_ref().map(|it| it.missing),
        None => None,
    };
    missing.map_or("-".to_owned(), |missing| missing.to_string())
}

/// A node that does not end by itself is killed, in whatever way the cluster ends.
impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            // Errors mean that it is gone already.
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

/// Shows the lines as [`write_over`] does. Where that fails, nobody looks; the nodes run on.
fn show(view: &[String], shown: &[String], terminal: bool) {
    let _ = write_over(view, shown, terminal);
}

/// Writes the lines over those shown before, or, in a pipe, those that have changed.
fn write_over(view: &[String], shown: &[String], terminal: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if terminal {
        if !shown.is_empty() {
            write!(out, "\x1b[{}A", shown.len())?;
        }
        for line in view {
            writeln!(out, "\x1b[2K{line}")?;
        }
    } else {
        let is_new = |(id, line): &(usize, &String)| shown.get(*id) != Some(*line);
        for (_, line) in view.iter().enumerate().filter(is_new) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()
}

/// The cluster that is there already, if it is the one asked for.
fn restart(file: &Path, args: &Args) -> Result<ClusterConfig> {
    let config = ClusterConfig::read(file)?;
    let (found, asked) = (config.nodes.len(), usize::from(args.nodes));
    if config.protocol != args.protocol || found != asked {
        let (file, protocol) = (file.display(), config.protocol);
        let asked = format!("expected {asked} of {}", args.protocol);
        return Err(Usage(format!("{file} has {found} nodes of {protocol}, {asked}")).into());
    }
    Ok(config)
}
