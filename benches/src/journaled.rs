//! A server that keeps its record in a journal.

use crate::{
    Input, ME, PEERS, acknowledgement, append, deliver, follow, lead, request, server, start,
};
use quorate::disk::Disk;
use quorate::journal::format::Identity;
use quorate::journal::{ChangeLog, Journal};
use quorate::layers::durable::Durable;
use quorate::layers::{HoldsReplica, Stack};
use quorate_models::raft::Server;
use quorate_models::replica::{Replica, Status};
use stateright::actor::Actor;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};

const IDENTITY: Identity = Identity {
    cluster: 1,
    node: ME as u64,
    list: 0,
};

/// A disk in memory that syncs for nothing. A clone is the same disk.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    /// The content.
    pub fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().expect("nobody panics while writing")
    }
}

impl Disk for Memory {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.bytes().clone())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut content = self.bytes();
        let range = offset as usize..offset as usize + bytes.len();
        if content.len() < range.end {
            content.resize(range.end, 0);
        }
        content[range].copy_from_slice(bytes);
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.bytes().truncate(len as usize);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A journal that is written to at once, on the same thread, one change a group: nothing of what a
/// change costs is shared with others, or hidden on another thread.
#[derive(Debug)]
pub struct AtOnce<D> {
    journal: Rc<RefCell<Journal<D>>>,
    durable: Rc<Cell<u64>>,
}

impl<D> Clone for AtOnce<D> {
    fn clone(&self) -> Self {
        AtOnce {
            journal: self.journal.clone(),
            durable: self.durable.clone(),
        }
    }
}

impl<D: Disk> ChangeLog for AtOnce<D> {
    fn append(&self, change: Vec<u8>) {
        let written = self.journal.borrow_mut().append(&[change]);
        written.expect("the journal can be written");
        self.durable.set(self.durable.get() + 1);
    }

    fn durable(&self) -> u64 {
        self.durable.get()
    }
}

/// The actor that is measured.
pub type Journaled<D> = Stack<Durable<Server, AtOnce<D>>>;

/// Its state.
pub type State<D> = <Journaled<D> as Actor>::State;

/// A server at a certain length of its log, to which it can be brought back.
pub struct Bench<D: Disk> {
    actor: Journaled<D>,
    log: AtOnce<D>,
    state: State<D>,
    durable: u64,
}

/// Which server is measured.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Each entry is one message from the leader.
    Follower,
    /// Each entry is a client's request and the acknowledgements of both followers.
    Leader,
}

impl<D: Disk> Bench<D> {
    /// Opens a journal that holds `len` entries.
    pub fn open(disk: D, part: Part, len: u64) -> Self {
        let (actor, log) = recover(disk);
        let mut state = Cow::Owned(start(&actor));
        match part {
            // A heartbeat tells it what is committed.
            Part::Follower => drop(deliver(&actor, &mut state, append(len, 0))),
            Part::Leader => lead(&actor, &mut state, len),
        }
        let state = state.into_owned();
        let durable = log.durable();
        assert_eq!(decided::<D>(&state), first(part, len));
        Bench {
            actor,
            log,
            state,
            durable,
        }
    }

    /// The state from which each measurement starts.
    pub fn start(&self) -> State<D> {
        self.state.clone()
    }

    /// Runs the handlers for some messages. When the next message arrives, outputs are
    /// released that waited for the writes of the one before, as on a node under load. Each of the
    /// `entries` is in the journal and, except the last at a follower, known to be committed.
    pub fn run(&self, part: Part, state: State<D>, inputs: Vec<Input>) -> State<D> {
        let entries = inputs.len() as u64 / inputs_per_entry(part);
        self.log.durable.set(self.durable);
        let before = decided::<D>(&state);
        let mut state = Cow::Owned(state);
        for input in inputs {
            deliver(&self.actor, &mut state, input);
        }
        let unknown = match part {
            Part::Follower => 1,
            Part::Leader => 0,
        };
        assert_eq!(
            decided::<D>(&state),
            before + entries - unknown,
            "what was appended is committed"
        );
        assert_eq!(
            self.log.durable() - self.durable,
            entries,
            "each entry is one change in the journal"
        );
        state.into_owned()
    }
}

fn inputs_per_entry(part: Part) -> u64 {
    match part {
        Part::Follower => 1,
        Part::Leader => 1 + PEERS.len() as u64,
    }
}

/// Entries before the first that is measured: a leader has appended one of its own.
pub fn first(part: Part, len: u64) -> u64 {
    match part {
        Part::Follower => len,
        Part::Leader => len + 1,
    }
}

/// The inputs that append `count` entries to a log of `len`.
pub fn inputs(part: Part, len: u64, count: u64) -> Vec<Input> {
    let first = first(part, len);
    let one = |number: u64| match part {
        Part::Follower => vec![append(number, 1)],
        Part::Leader => {
            let mut inputs = vec![request(number)];
            inputs.extend(PEERS.map(|peer| acknowledgement(peer, number + 1)));
            inputs
        }
    };
    (first..first + count).flat_map(one).collect()
}

/// A journal of `len` entries, as a follower writes it.
pub fn journal(len: u64) -> Memory {
    let mut disk = Memory::default();
    Journal::create(&mut disk, IDENTITY, 1).expect("memory can be written");
    let (actor, _) = recover(disk.clone());
    follow(&actor, &mut Cow::Owned(start(&actor)), len);
    assert_eq!(entries_in(disk.clone()), len);
    disk
}

/// The length of the log that a node finds in a journal.
pub fn entries_in<D: Disk>(disk: D) -> u64 {
    let (actor, _) = recover(disk);
    status::<D>(&start(&actor)).last
}

fn decided<D: Disk>(state: &State<D>) -> u64 {
    status::<D>(state).decided
}

fn status<D: Disk>(state: &State<D>) -> Status {
    Server::status(Durable::<Server, AtOnce<D>>::replica(state))
}

fn recover<D: Disk>(disk: D) -> (Journaled<D>, AtOnce<D>) {
    let (journal, changes) = Journal::open(disk, IDENTITY).expect("the journal is whole");
    let log = AtOnce {
        journal: Rc::new(RefCell::new(journal)),
        durable: Rc::default(),
    };
    let actor = Durable::recover(server(), &changes, log.clone()).expect("changes of this server");
    (Stack(actor), log)
}
