//! A node: the stack of layers around a protocol's actor, as one process.

use crate::bell::Bell;
use crate::clock::ClockThread;
use crate::complaint::complain;
use crate::config::{self, NodeActor, Problem};
use crate::counters::Counters;
use crate::farewell::Farewell;
use crate::journal::format::Identity;
use crate::journal::{Directory, DirectoryError, DiskThread};
use crate::keys::{ClusterKey, KeyError, read_cluster_key};
use crate::layers::Stack;
use crate::layers::deadline::Deadline;
use crate::layers::durable::{Durable, RecoverError};
use crate::layers::seal::node::Seal;
use crate::layers::service::Service;
use crate::layers::wire::{Datagram, Members, Wire};
use crate::loading::Loading;
use crate::refused::{is_usage, remedy};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use stateright::actor::{Actor, Id, spawn};
use std::convert::Infallible;
use std::fmt::Debug;
use std::io::{self, Read};
use std::net::{SocketAddrV4, UdpSocket};
use std::panic;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Exit code of a process that cannot go on.
pub const INTERNAL_ERROR: u8 = 4;

/// How long the last writes of a node that is told to stop may take.
const DISK_PATIENCE: Duration = Duration::from_secs(5);

/// How long a node that stops may take to tell the others.
const FAREWELL: Duration = Duration::from_secs(1);

/// Exit code of a process that was called with something that cannot be.
pub const USAGE: u8 = 2;

/// Which node to run, and where it keeps its journal.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The number of the cluster.
    pub cluster: u64,
    /// The name of its protocol.
    pub protocol: &'static str,
    /// The addresses of the nodes; the position of an address is the id of its node.
    pub nodes: Vec<SocketAddrV4>,
    /// Where this node reaches each of them, if it is elsewhere.
    pub via: Option<Vec<SocketAddrV4>>,
    /// The folder of the cluster's key, if it has one.
    pub keys: Option<PathBuf>,
    /// The index of the node.
    pub id: usize,
    /// Its directory.
    pub data: PathBuf,
    /// Whether the directory is to be made.
    pub init: bool,
    /// Whether to stop when standard input ends.
    pub until_stdin_closes: bool,
    /// After how many deliveries the service hands its state over, so that what led to it is forgotten;
    /// never, if the protocol keeps all.
    pub snapshot_every: Option<u64>,
}

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The addresses cannot be those of a cluster.
    #[error(transparent)]
    Nodes(#[from] Problem),
    /// The configuration has no such node.
    #[error("there is no node {found}, expected an id from 0 to {last}")]
    NoSuchNode {
        /// The id given.
        found: usize,
        /// The highest id of the configuration.
        last: usize,
    },
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address is refused.
    #[error("address {address} cannot be bound; {}", release(source))]
    Bind {
        /// The address.
        address: SocketAddrV4,
        /// The error of the system.
        source: io::Error,
    },
    /// The directory or its journal cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The journal holds no record of this protocol.
    #[error("{}", path.display())]
    Recover {
        /// The journal.
        path: PathBuf,
        /// The error in it.
        source: RecoverError,
    },
    /// The system refused something.
    #[error(
        "the system refuses the node a socket, a thread or a signal; see what it limits (ulimit -a), then \
         start the node again"
    )]
    Io(#[from] io::Error),
}

impl NodeError {
    /// Whether the node would start if it were called in another way, or at another time.
    pub fn is_usage(&self) -> bool {
        match self {
            NodeError::Nodes(_) | NodeError::NoSuchNode { .. } => true,
            NodeError::Key(error) => error.is_usage(),
            NodeError::Bind { source, .. } => is_usage(source),
            NodeError::Directory(error) => error.is_usage(),
            NodeError::Recover { .. } | NodeError::Io(_) => false,
        }
    }
}

/// Runs an actor as a node, until it is told to stop, which ends the process: every node is a process
/// of its own. The actor needs to be a
/// [`Replica`](quorate_models::replica::Replica), and nothing more: layers do the rest.
///
/// # Errors
///
/// When it cannot start.
pub fn run<A: NodeActor>(actor: A, settings: Settings) -> Result<Infallible, NodeError> {
    let Settings {
        cluster,
        nodes,
        via,
        id,
        data,
        init,
        ..
    } = settings;
    let key = settings.keys.as_deref().map(read_cluster_key).transpose()?;
    let address = address(&nodes, key.is_some(), id)?;
    // `spawn` panics if it cannot bind, so this is found out before.
    let bound = UdpSocket::bind(address).map_err(|source| NodeError::Bind { address, source })?;
    let bell = Bell::new(address)?;
    let members = Members::new((cluster, settings.protocol), nodes, id).reached_at(via);
    let members = members.with_bell(bell.address()?);
    let identity = Identity {
        cluster,
        node: id as u64,
        list: members.digest(),
    };
    let directory = Directory::open(&data, identity, init)?;
    let seal = key.map(|key| sealing(&key, &members, &directory));
    let seal = seal.transpose()?;
    let counters = Arc::new(Counters::default());
    let loading = Loading::start::<A::Msg>(bound, members.clone(), seal, counters.clone())?;
    let (journal, changes) = directory.open_journal(identity)?;
    let disk = DiskThread::start(journal, bell.clone(), counters.clone(), |error| {
        halt(&unwritten(&error));
    });
    let farewell = Farewell::default();
    let ending = Ending {
        stopping: Arc::default(),
        farewell: A::farewell().map(|_| (farewell.clone(), bell.clone())),
        disk: disk.clone(),
    };
    let durable = Durable::recover(actor, &changes, disk.clone());
    let durable = durable.map_err(in_journal(&directory))?;
    tracing::info!(node = id, %address, changes = changes.len(), "starting");
    drop(changes);
    let service = Service::new(durable, members.list.len(), counters.clone(), halt);
    let service = service.with_snapshots(settings.snapshot_every);
    let service = service.with_farewell(farewell.clone());
    let timed = Deadline::new(service, ClockThread::start(bell));
    let wire = Wire::new(timed, members, counters, ending.stopping.clone(), refused);
    end_on_panic();
    end_on_signal(ending.clone())?;
    if settings.until_stdin_closes {
        end_with_stdin(ending);
    }
    run_on_udp(address, Stack(wire.after_loading(loading.end()?)))
}

/// Runs an actor as long as the process lives.
fn run_on_udp<A>(address: SocketAddrV4, actor: A) -> !
where
    A: Actor<Msg = Datagram, Storage = ()> + Send + 'static,
    A::State: Debug,
{
    let ended = spawn(
        |datagram: &Datagram| Ok::<_, Infallible>(datagram.0.clone()),
        |bytes| Ok(Datagram(bytes.to_vec())),
        |()| Ok(Vec::new()),
        |_| Ok(()),
        vec![(Id::from(address), actor)],
    );
    halt(&format!("the actor has ended: {ended:?}"));
    unreachable!("a halted process is gone")
}

/// The seal of a node that begins a life.
fn sealing(key: &ClusterKey, members: &Members, at: &Directory) -> Result<Seal, DirectoryError> {
    let nodes = members.list.len();
    let incarnation = at.incarnation()?;
    Ok(Seal::new(
        key,
        members.cluster,
        members.me,
        nodes,
        incarnation,
    ))
}

/// Names the journal that an error is about.
fn in_journal(directory: &Directory) -> impl FnOnce(RecoverError) -> NodeError {
    let path = directory.journal();
    |source| NodeError::Recover { path, source }
}

/// The address of one of these nodes.
fn address(nodes: &[SocketAddrV4], has_key: bool, id: usize) -> Result<SocketAddrV4, NodeError> {
    config::validate_nodes(nodes, has_key)?;
    let address = nodes.get(id).copied();
    address.ok_or(NodeError::NoSuchNode {
        found: id,
        last: nodes.len() - 1,
    })
}

/// What to do about an address that is refused.
fn release(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "if this node runs already, let it run alone: a node that runs twice, on a copy of its data too, \
             is two nodes with one vote; if another program has the address, end that one"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: start the node on the machine that has it"
        }
        io::ErrorKind::PermissionDenied => {
            "give this user the right to bind it, or make the cluster with ports from 1024 on"
        }
        _ => "see what the system limits (ulimit -a), then start the node again",
    }
}

/// Why a node ends whose disk has failed.
fn unwritten(error: &io::Error) -> String {
    format!(
        "the journal cannot be written: {error}; {}, then start the node again: nothing that it has \
         acknowledged is lost",
        remedy(error)
    )
}

/// Why a node ends that has lost a thread.
const PANICKED: &str = "a thread has panicked, which is a mistake of this program: keep this log to report it, \
     and start the node again; nothing that it has acknowledged is lost";

/// Ends the process because it cannot go on.
fn halt(reason: &str) {
    complain(reason);
    process::exit(INTERNAL_ERROR.into());
}

/// Ends the process because the other nodes do not hear it.
fn refused(reason: &str) {
    complain(reason);
    process::exit(USAGE.into());
}

/// A node that has lost a thread would be half a node.
fn end_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        report(panicked);
        halt(PANICKED);
    }));
}

/// The last tasks of a node that is told to stop.
#[derive(Clone)]
struct Ending {
    /// Whether nothing is accepted any more.
    stopping: Arc<AtomicBool>,
    /// How the others are told, where the protocol has a message for that, and the bell that wakes the node.
    farewell: Option<(Farewell, Bell)>,
    disk: DiskThread,
}

impl Ending {
    /// Does them and ends the process.
    fn stop(&self) {
        process::exit(self.finish(FAREWELL, DISK_PATIENCE).into());
    }

    /// Tells the others, stops accepting, and syncs what has been accepted, if need be without the disk. Each
    /// takes no longer than its patience. The exit code.
    fn finish(&self, farewell_patience: Duration, disk_patience: Duration) -> u8 {
        if let Some((farewell, bell)) = &self.farewell {
            farewell.ask(bell, farewell_patience);
        }
        self.stopping.store(true, Ordering::Relaxed);
        if !self.disk.finish(disk_patience) {
            complain(format!(
                "the disk has not answered for {disk_patience:?}: what was acknowledged is on it, look at \
                 the disk before the next start"
            ));
            return INTERNAL_ERROR;
        }
        tracing::info!("stopped");
        0
    }
}

fn end_on_signal(ending: Ending) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if signals.forever().next().is_some() {
                ending.stop();
            }
        })?;
    Ok(())
}

/// A parent that is gone, however it went, has closed the pipe.
fn end_with_stdin(ending: Ending) {
    thread::spawn(move || {
        let mut ignored = [0; 64];
        while !matches!(io::stdin().read(&mut ignored), Ok(0) | Err(_)) {}
        ending.stop();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::ChangeLog;
    use crate::journal::tests::{Threaded, threaded};
    use quorate_models::raft::{Config, Server};

    /// The error of a node that is to be one of these.
    fn refusal(nodes: &[SocketAddrV4], id: usize) -> String {
        let settings = Settings {
            cluster: 1,
            protocol: "raft",
            nodes: nodes.to_vec(),
            via: None,
            keys: None,
            id,
            data: PathBuf::from("/nowhere"),
            init: false,
            until_stdin_closes: false,
            snapshot_every: None,
        };
        let error = run(Server::new(Config::production(3)), settings).unwrap_err();
        assert!(error.is_usage());
        error.to_string()
    }

    #[test]
    fn an_address_is_refused_for_its_reason() {
        let told = |kind: io::ErrorKind| {
            let address = SocketAddrV4::new([127, 0, 0, 1].into(), 1);
            let source = kind.into();
            let error = NodeError::Bind { address, source };
            (error.is_usage(), error.to_string())
        };
        for (kind, is_usage, advice) in [
            (io::ErrorKind::AddrInUse, true, "let it run alone"),
            (io::ErrorKind::AddrInUse, true, "end that one"),
            (io::ErrorKind::AddrNotAvailable, true, "machine that has it"),
            (io::ErrorKind::PermissionDenied, true, "ports from 1024 on"),
            (io::ErrorKind::Other, false, "then start the node again"),
        ] {
            let (found, text) = told(kind);
            assert_eq!(found, is_usage, "{text}");
            assert!(text.contains(advice), "{text}");
            assert_eq!(text.contains("alone"), kind == io::ErrorKind::AddrInUse);
        }
    }

    #[test]
    fn a_node_that_cannot_go_on_says_what_to_do_next() {
        let full = unwritten(&io::ErrorKind::StorageFull.into());
        let next = "make room on its disk, then start the node again: nothing that it has acknowledged is lost";
        assert!(full.contains(next), "{full}");
        assert!(PANICKED.contains("start the node again"));
        let unset = NodeError::Io(io::ErrorKind::Other.into()).to_string();
        assert!(unset.contains("then start the node again"), "{unset}");
    }

    #[test]
    fn a_node_of_no_cluster_is_refused_before_it_starts() {
        let ours = SocketAddrV4::new([127, 0, 0, 1].into(), 1);
        let foreign = SocketAddrV4::new([192, 168, 0, 1].into(), 1);
        assert_eq!(refusal(&[], 0), "the list of nodes is empty");
        assert!(refusal(&[ours, foreign], 0).contains("is not a loopback address"));
        assert!(refusal(&[ours, ours], 0).contains("is given to two nodes"));
        assert_eq!(
            refusal(&[ours], 1),
            "there is no node 1, expected an id from 0 to 0"
        );
    }

    /// Longer than anything takes that happens at all.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// The last tasks of a node whose disk hangs in a write, what it is to say, and the disk.
    fn hung() -> (Ending, Farewell, Threaded) {
        let threaded = threaded();
        threaded.disk.append(vec![0]);
        threaded.entered.recv().unwrap();
        // It wakes nobody: there is no port 0.
        let bell = Bell::new(SocketAddrV4::new([127, 0, 0, 1].into(), 0)).unwrap();
        let farewell = Farewell::default();
        let ending = Ending {
            stopping: Arc::default(),
            farewell: Some((farewell.clone(), bell)),
            disk: threaded.disk.clone(),
        };
        (ending, farewell, threaded)
    }

    #[test]
    fn a_node_that_is_to_stop_waits_until_its_farewell_and_all_writes_are_out() {
        let (ending, farewell, disk) = hung();
        let finishing = ending.clone();
        let finished = thread::spawn(move || finishing.finish(PATIENCE, PATIENCE));
        while !farewell.is_due(true) {
            assert!(!finished.is_finished(), "the others are told");
            thread::yield_now();
        }
        // The write that its farewell waits for still hangs.
        farewell.is_due(true);
        assert!(!ending.stopping.load(Ordering::Relaxed) && !finished.is_finished());
        disk.results.send(Ok(())).unwrap();
        disk.rings.recv().unwrap();
        disk.disk.append(vec![1]);
        farewell.is_due(false);
        disk.entered.recv().unwrap();
        while !ending.stopping.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        assert!(!finished.is_finished(), "the last write hangs");
        disk.results.send(Ok(())).unwrap();
        assert_eq!(finished.join().unwrap(), 0);
        assert_eq!(disk.disk.durable(), 2);
    }

    #[test]
    fn a_node_that_is_to_stop_ends_without_a_disk_that_hangs() {
        let (ending, farewell, disk) = hung();
        assert_eq!(
            ending.finish(Duration::ZERO, Duration::ZERO),
            INTERNAL_ERROR
        );
        assert!(ending.stopping.load(Ordering::Relaxed));
        assert!(farewell.is_due(true), "it was to say so");
        disk.results.send(Ok(())).unwrap();
        assert!(disk.disk.finish(PATIENCE));
    }
}
