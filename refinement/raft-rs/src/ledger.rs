//! The record of all inputs and their effects, and the check on the fly: the snapshot is not believed.
//!
//! A search asks for each pair of a snapshot and an input once. The answer is that of a machine that
//! is put together from the snapshot. At the same time a genuine machine is brought to the same place by
//! its inputs, and given the same input: both must have the same outputs, and come to the same snapshot.
//! The same goes for a few *probes*, inputs that this server was given in other states.
//! A difference is a panic, which the explorer reports with the way there.

use crate::node::started;
use crate::sans_io::{DeedOf, InputOf, SansIo, Way, WayOf, done, lived};
use indexmap::{IndexMap, IndexSet};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Probes for each deed.
const PROBES: usize = 4;

/// How the message begins of the panic that reports a difference.
pub const UNFAITHFUL: &str = "the snapshot does not tell everything";

/// Everything that the machines of a system were seen to do.
pub struct Ledger<M: SansIo> {
    servers: Vec<Mutex<Known<M>>>,
    checks: bool,
}

/// The facts known of one server. Its parts are never those of another: machines know who they are.
pub(crate) struct Known<M: SansIo> {
    /// Each snapshot, with the way by which it was found first.
    pub(crate) snapshots: IndexMap<M::Snapshot, WayOf<M>>,
    /// Each start, with the snapshot that it leads to.
    pub(crate) starts: IndexMap<Option<M::Disk>, DeedOf<M>>,
    /// The effect of each input on each snapshot, by the snapshot's position.
    pub(crate) deeds: IndexMap<(usize, InputOf<M>), DeedOf<M>>,
    inputs: IndexSet<InputOf<M>>,
    probes: usize,
}

/// The checks during a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Snapshots of servers.
    pub snapshots: usize,
    /// Inputs to snapshots, each compared with a genuine machine.
    pub deeds: usize,
    /// Probes.
    pub probes: usize,
}

impl<M: SansIo> Ledger<M> {
    /// An empty one, for so many servers.
    pub fn new(servers: usize) -> Self {
        let known = |_| Mutex::new(Known::new());
        Ledger {
            servers: (0..servers).map(known).collect(),
            checks: true,
        }
    }

    /// One that compares nothing while a search runs, and leaves everything to the [audit](crate::audit).
    pub fn of_audit_alone(servers: usize) -> Self {
        Ledger {
            checks: false,
            ..Ledger::new(servers)
        }
    }

    /// How many servers there are.
    pub fn servers(&self) -> usize {
        self.servers.len()
    }

    pub(crate) fn known(&self, server: usize) -> MutexGuard<'_, Known<M>> {
        let known = self.servers[server].lock();
        known.unwrap_or_else(PoisonError::into_inner)
    }

    /// The checks so far.
    pub fn checked(&self) -> Checked {
        let mut checked = Checked::default();
        for server in 0..self.servers() {
            let known = self.known(server);
            checked.snapshots += known.snapshots.len();
            checked.deeds += known.deeds.len();
            checked.probes += known.probes;
        }
        checked
    }

    /// The effect of the start of a server.
    pub fn start(&self, machine: &M, server: usize, disk: Option<&M::Disk>) -> DeedOf<M> {
        let deed = started(machine, server, disk);
        let mut known = self.known(server);
        let way = Way {
            disk: disk.cloned(),
            inputs: Vec::new(),
        };
        let first = known.snapshots.entry(deed.after.clone());
        first.or_insert(way);
        known.starts.insert(disk.cloned(), deed.clone());
        deed
    }

    /// The effect of an input on a server with this snapshot.
    ///
    /// # Panics
    ///
    /// If a machine that is put together does something else than a genuine one, or both panic.
    pub fn deed(
        &self,
        machine: &M,
        server: usize,
        before: &M::Snapshot,
        input: &InputOf<M>,
    ) -> DeedOf<M> {
        let mut known = self.known(server);
        let found = known.snapshots.get_full(before);
        let (position, _, way) = found.expect("a search starts from snapshots that it has found");
        let (way, key) = (way.clone(), (position, input.clone()));
        if let Some(deed) = known.deeds.get(&key) {
            return deed.clone();
        }
        if !self.checks {
            drop(known);
            let deed = done(machine, &mut machine.put_together(server, before), input);
            self.known(server).note(key, way, &deed);
            return deed;
        }
        let probes = known.probes_for(position, input);
        drop(known);
        let compare = |input| same(machine, server, before, &way, input);
        probes.iter().for_each(|probe| _ = compare(probe));
        let deed = compare(input).unwrap_or_else(|panic| panic!("{panic}"));
        self.known(server).note(key, way, &deed);
        deed
    }
}

impl<M: SansIo> Known<M> {
    fn new() -> Self {
        Known {
            snapshots: IndexMap::new(),
            starts: IndexMap::new(),
            deeds: IndexMap::new(),
            inputs: IndexSet::new(),
            probes: 0,
        }
    }

    /// Some inputs that were seen elsewhere, others each time.
    fn probes_for(&mut self, position: usize, input: &InputOf<M>) -> Vec<InputOf<M>> {
        let all = self.inputs.len();
        let picked = (0..PROBES.min(all)).map(|number| (self.probes + number) % all);
        let picked = picked.map(|number| self.inputs[number].clone());
        let is_elsewhere =
            |it: &InputOf<M>| it != input && !self.deeds.contains_key(&(position, it.clone()));
        let probes: Vec<InputOf<M>> = picked.filter(is_elsewhere).collect();
        self.probes += probes.len();
        probes
    }

    fn note(&mut self, key: (usize, InputOf<M>), mut way: WayOf<M>, deed: &DeedOf<M>) {
        let (_, input) = &key;
        self.inputs.insert(input.clone());
        way.inputs.push(input.clone());
        self.snapshots.entry(deed.after.clone()).or_insert(way);
        self.deeds.insert(key, deed.clone());
    }
}

/// The effect of an input on a machine that is put together and on a genuine one, if it is the same; the
/// message if both panic.
///
/// # Panics
///
/// If it is not the same.
fn same<M: SansIo>(
    machine: &M,
    server: usize,
    before: &M::Snapshot,
    way: &WayOf<M>,
    input: &InputOf<M>,
) -> Result<DeedOf<M>, String> {
    let rebuilt = caught(|| done(machine, &mut machine.put_together(server, before), input));
    let genuine = caught(|| done(machine, &mut lived(machine, server, way), input));
    let is_same = match (&rebuilt, &genuine) {
        (Ok(rebuilt), Ok(genuine)) => rebuilt == genuine,
        (Err(_), Err(_)) => true,
        _ => false,
    };
    assert!(
        is_same,
        "{UNFAITHFUL}: put together from {before:?}, server {server} answers {input:?} \
         with {rebuilt:?}, and a genuine one with {genuine:?}"
    );
    rebuilt
}

/// Runs a machine; its panic is its answer.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        text.unwrap_or("a panic without a message").to_owned()
    })
}
