//! Mutants that hold in memory what NEWLEADER has brought. The epoch is on the disk and NEWLEADER is
//! acknowledged; the history reaches the disk with the next write, so that a crash before it leaves the
//! epoch with another history.
//!
//! That is what ZooKeeper would do if it acknowledged before a snapshot, a truncation or a log is synced.
//! Each of the three alone loses what was delivered: DIFF and SNAP leave a server without it, which leads by
//! its epoch; TRUNC leaves one with what was skipped, which leads by that, too.

use super::Mutant;
use crate::protocol::{MutantFacts, Shortest};
use crate::zab::state::Persistent;

const SOURCE: &str = "ZooKeeper, snapshots and logs that are not synced";

/// Every one of them.
pub(super) const IN_MEMORY: [Mutant; 3] = [
    Mutant {
        facts: MutantFacts::new(
            "diff-in-memory",
            "a follower acknowledges NEWLEADER while what DIFF has brought is in its memory alone",
            SOURCE,
            ("handover", "Nothing Delivered Is Truncated"),
            Shortest::path(20, 9),
        ),
        mutate: |rules| rules.writes = |before, after| written(before, after, grows),
    },
    Mutant {
        facts: MutantFacts::new(
            "trunc-in-memory",
            "a follower acknowledges NEWLEADER while what TRUNC has dropped is on its disk",
            SOURCE,
            ("abandoned-crash", "What Is Delivered Is Kept"),
            Shortest::path(14, 6),
        )
        .also(&[
            "History Consistency",
            "Refines Total Order",
            "What Is Executed Is Delivered",
        ]),
        mutate: |rules| rules.writes = |before, after| written(before, after, is_cut),
    },
    Mutant {
        facts: MutantFacts::new(
            "snap-in-memory",
            "a follower acknowledges NEWLEADER while the snapshot is in its memory alone",
            SOURCE,
            ("snapshot-handover", "Nothing Delivered Is Truncated"),
            Shortest::path(14, 7),
        ),
        mutate: |rules| rules.writes = |before, after| written(before, after, is_replaced),
    },
];

/// What is written: the epoch without the history, where NEWLEADER has changed that so.
fn written(
    before: &Persistent,
    after: &Persistent,
    changes: fn(&Persistent, &Persistent) -> bool,
) -> Vec<Persistent> {
    let mut written = after.clone();
    if before.current_epoch != after.current_epoch && changes(before, after) {
        written.history = before.history.clone();
    }
    vec![written]
}

/// SNAP.
fn is_replaced(before: &Persistent, after: &Persistent) -> bool {
    before.history.snapshot() != after.history.snapshot()
}

/// TRUNC.
fn is_cut(before: &Persistent, after: &Persistent) -> bool {
    !is_replaced(before, after) && !after.history.contains(before.history.last())
}

/// DIFF.
fn grows(before: &Persistent, after: &Persistent) -> bool {
    !is_replaced(before, after) && !is_cut(before, after)
}
