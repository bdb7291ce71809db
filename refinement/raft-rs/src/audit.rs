//! The audit after a search: every way into every snapshot, times every input that was tried there.
//!
//! Where two ways lead into one snapshot, the search went on from one of them. The two may differ in
//! something that the snapshot leaves out. So a genuine machine goes each way, and is then given each
//! input that the search gave to the snapshot; it must do what the search took it to do. Ways that changed
//! nothing are among them: an input that is ignored may leave something behind, too.

use crate::ledger::{Known, Ledger, caught};
use crate::sans_io::{DeedOf, InputOf, SansIo, Way, WayOf, done, lived};
use std::thread;

/// The result of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Ways into snapshots.
    pub ways: usize,
    /// Ways times inputs: so many genuine machines were compared.
    pub pairs: usize,
    /// Those that did something else.
    pub differ: usize,
    /// The first of them.
    pub first: Option<String>,
}

/// A way into a snapshot, and what each input did there.
struct Entrance<'a, M: SansIo> {
    way: WayOf<M>,
    deeds: &'a [(&'a InputOf<M>, &'a DeedOf<M>)],
}

/// Audits what a search did, on so many threads.
pub fn audit<M: SansIo>(machine: &M, ledger: &Ledger<M>, threads: usize) -> Audit {
    let servers = (0..ledger.servers()).map(|server| {
        let known = ledger.known(server);
        of_server(machine, server, &known, threads)
    });
    servers.fold(Audit::default(), Audit::and)
}

fn of_server<M: SansIo>(machine: &M, server: usize, known: &Known<M>, threads: usize) -> Audit {
    let mut deeds = vec![Vec::new(); known.snapshots.len()];
    for ((position, input), deed) in &known.deeds {
        deeds[*position].push((input, deed));
    }
    let at = |deed: &DeedOf<M>| {
        let position = known.snapshots.get_index_of(&deed.after);
        &deeds[position.expect("what was done leads to a snapshot")][..]
    };
    let starts = known.starts.iter().map(|(disk, deed)| Entrance::<M> {
        way: Way {
            disk: disk.clone(),
            inputs: Vec::new(),
        },
        deeds: at(deed),
    });
    let steps = known.deeds.iter().map(|((position, input), deed)| {
        let mut way = known.snapshots[*position].clone();
        way.inputs.push(input.clone());
        Entrance {
            way,
            deeds: at(deed),
        }
    });
    let entrances: Vec<Entrance<'_, M>> = starts.chain(steps).collect();
    let share = entrances.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let parts = entrances.chunks(share).map(|part| {
            scope.spawn(move || {
                let audits = part.iter().map(|it| it.audit(machine, server));
                audits.fold(Audit::default(), Audit::and)
            })
        });
        let parts: Vec<_> = parts.collect();
        let audits = parts.into_iter().map(|part| part.join().expect("it ends"));
        audits.fold(Audit::default(), Audit::and)
    })
}

impl<M: SansIo> Entrance<'_, M> {
    fn audit(&self, machine: &M, server: usize) -> Audit {
        let mut audit = Audit {
            ways: 1,
            ..Audit::default()
        };
        for (input, deed) in self.deeds {
            let genuine = caught(|| done(machine, &mut lived(machine, server, &self.way), input));
            audit.pairs += 1;
            if genuine.as_ref() != Ok(*deed) {
                audit.differ += 1;
                audit.first.get_or_insert_with(|| {
                    let way = &self.way;
                    format!(
                        "after {way:?}, server {server} answers {input:?} with {genuine:?}, and the search \
                         took {deed:?}"
                    )
                });
            }
        }
        audit
    }
}

impl Audit {
    /// Both together.
    fn and(self, other: Audit) -> Audit {
        Audit {
            ways: self.ways + other.ways,
            pairs: self.pairs + other.pairs,
            differ: self.differ + other.differ,
            first: self.first.or(other.first),
        }
    }
}
