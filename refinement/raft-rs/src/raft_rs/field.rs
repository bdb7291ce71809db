//! Snapshots with a part left out by mistake: they show what the check and the audit notice.

use super::snapshot::{Pace, Peer, Read, Snapshot};

/// A part of a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Leaves it out: every snapshot has the same there.
    omit: fn(&mut Snapshot),
}

impl Field {
    /// The parts that can be left out.
    pub const ALL: &'static [Field] = &[
        Field::new("leader", |it| it.leader = 0),
        Field::new("votes", |it| it.votes.clear()),
        Field::new("persisted", |it| it.persisted = it.log.len() as u64),
        Field::new("writes", |it| it.writes.clear()),
        Field::new("elapsed", |it| it.elapsed = 0),
        Field::new("pending-conf", |it| it.pending_conf = 0),
        Field::new("reads", |it| it.reads.clear()),
        Field::new("order-of-reads", |it| it.reads.sort_by(by_context)),
        Field::new("index-of-reads", |it| reads(it, |read| read.index = 0)),
        Field::new("acks", |it| reads(it, |read| read.acks.clear())),
        Field::new("matched", |it| peers(it, |peer| peer.matched = 0)),
        Field::new("next", |it| peers(it, |peer| peer.next = peer.matched + 1)),
        Field::new("pace", |it| peers(it, |peer| peer.pace = Pace::Probe)),
        Field::new("paused", |it| peers(it, |peer| peer.paused = false)),
        Field::new("window", |it| peers(it, |peer| peer.window.clear())),
        Field::new("recent-active", |it| {
            peers(it, |peer| peer.recent_active = false)
        }),
    ];

    const fn new(name: &'static str, omit: fn(&mut Snapshot)) -> Self {
        Field { name, omit }
    }

    /// The part of this name.
    pub fn named(name: &str) -> Option<Field> {
        Field::ALL.iter().find(|field| field.name == name).copied()
    }

    /// Leaves it out of a snapshot.
    pub fn leave_out(self, snapshot: &mut Snapshot) {
        (self.omit)(snapshot);
    }
}

fn by_context(one: &Read, other: &Read) -> std::cmp::Ordering {
    one.context.cmp(&other.context)
}

fn reads(snapshot: &mut Snapshot, omit: fn(&mut Read)) {
    snapshot.reads.iter_mut().for_each(omit);
}

fn peers(snapshot: &mut Snapshot, omit: fn(&mut Peer)) {
    snapshot.progress.values_mut().for_each(omit);
}
