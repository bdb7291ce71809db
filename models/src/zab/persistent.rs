//! The record on a server's disk, and its changes.

use super::history::Snapshot;
use super::state::{Epoch, Persistent, Txn};
use crate::durable::{ChangeMismatch, Record};
use serde::{Deserialize, Serialize};

/// The difference between two records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The last epoch that was promised, afterwards.
    accepted_epoch: Epoch,
    /// The current epoch afterwards.
    current_epoch: Epoch,
    /// The snapshot that stands for the first transactions afterwards, if it changes.
    snapshot: Option<Snapshot>,
    /// How many of the transactions stay, those that the snapshot stands for among them.
    keep: u64,
    /// The transactions after them.
    append: Vec<Txn>,
}

impl Record for Persistent {
    type Change = Change;

    fn change_since(&self, earlier: &Self) -> Option<Change> {
        if self == earlier {
            return None;
        }
        let snapshot = self.history.snapshot();
        let is_new = snapshot != earlier.history.snapshot();
        let common = self.history.common_prefix(&earlier.history);
        let keep = common.max(self.history.first());
        Some(Change {
            snapshot: is_new.then(|| snapshot.clone()),
            accepted_epoch: self.accepted_epoch,
            current_epoch: self.current_epoch,
            keep: keep as u64,
            append: self.history.from(keep).cloned().collect(),
        })
    }

    fn apply(&mut self, change: Change) -> Result<(), ChangeMismatch> {
        let stands_for = change.snapshot.as_ref().map_or(0, |it| it.len as usize);
        let held = self.history.len().max(stands_for);
        let keep = usize::try_from(change.keep).unwrap_or(usize::MAX);
        if held < keep {
            return Err(ChangeMismatch(format!(
                "keeps {keep} transactions of a history of {held}"
            )));
        }
        let epochs = [
            (self.accepted_epoch, change.accepted_epoch),
            (self.current_epoch, change.current_epoch),
        ];
        for (before, after) in epochs {
            if after < before {
                return Err(ChangeMismatch(format!(
                    "goes back from epoch {} to {}",
                    before.0, after.0
                )));
            }
        }
        (self.accepted_epoch, self.current_epoch) = (change.accepted_epoch, change.current_epoch);
        if let Some(snapshot) = change.snapshot {
            self.history.compact(snapshot);
        }
        self.history.truncate(keep);
        for txn in change.append {
            self.history.append(txn);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zab::state::Zxid;
    use std::sync::Arc;

    fn record(epoch: u32, zxids: &[(u32, u32)]) -> Persistent {
        let mut record = Persistent {
            accepted_epoch: Epoch(epoch),
            current_epoch: Epoch(epoch),
            ..Persistent::default()
        };
        for (epoch, counter) in zxids {
            let epoch = Epoch(*epoch);
            let zxid = Zxid {
                epoch,
                counter: *counter,
            };
            let command = "a".into();
            record.history.append(Txn { zxid, command });
        }
        record
    }

    #[test]
    fn a_change_leads_from_the_earlier_record_to_the_later() {
        let records = [
            Persistent::default(),
            record(1, &[(1, 1), (1, 2)]),
            record(2, &[(1, 1), (2, 1)]),
            record(3, &[]),
        ];
        for pair in records.windows(2) {
            let change = pair[1].change_since(&pair[0]).expect("they differ");
            let mut changed = pair[0].clone();
            changed.apply(change).expect("it fits");
            assert_eq!(changed, pair[1]);
            assert_eq!(changed.change_since(&pair[1]), None);
        }
    }

    #[test]
    fn a_change_of_another_record_is_refused() {
        let change = record(2, &[(1, 1), (1, 2)])
            .change_since(&record(2, &[(1, 1)]))
            .expect("they differ");
        assert!(record(2, &[]).apply(change.clone()).is_err());
        assert!(record(3, &[(1, 1)]).apply(change).is_err());
    }

    #[test]
    fn a_snapshot_takes_the_place_of_what_it_stands_for() {
        let whole = record(2, &[(1, 1), (1, 2), (2, 1)]);
        let snapshot = |len, epoch, counter| Snapshot {
            last: Zxid {
                epoch: Epoch(epoch),
                counter,
            },
            len,
            state: Arc::new(b"s".to_vec()),
        };
        let mut compacted = whole.clone();
        compacted.history.compact(snapshot(2, 1, 2));
        assert_eq!((compacted.history.first(), compacted.history.len()), (2, 3));
        let mut replaced = record(2, &[]);
        replaced.history.compact(snapshot(5, 1, 9));
        let skipped = record(2, &[(1, 3)]);
        let all = [
            &Persistent::default(),
            &whole,
            &compacted,
            &replaced,
            &skipped,
        ];
        let pairs = all.iter().flat_map(|one| all.map(|other| (*one, other)));
        for (one, other) in pairs.filter(|(one, other)| one != other) {
            let change = other.change_since(one).expect("they differ");
            let mut changed = one.clone();
            let grows = one.accepted_epoch <= other.accepted_epoch;
            assert_eq!(changed.apply(change).is_ok(), grows);
            if grows && one.history.first() <= other.history.first() {
                assert_eq!(changed, *other);
            }
        }
    }
}
