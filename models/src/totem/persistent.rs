//! How what is on the disk changes.

use super::state::Persistent;
use crate::durable::{ChangeMismatch, Record};
use crate::replica::Command;
use serde::{Deserialize, Serialize};

/// The difference between two records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The number, afterwards.
    number: u64,
    /// The component whose log it is, afterwards.
    accepted: u64,
    /// How many commands are known to be decided, afterwards.
    decided: u64,
    /// How many of the log's commands stay.
    keep: u64,
    /// The entries after them.
    append: Vec<Command>,
}

impl Record for Persistent {
    type Change = Change;

    fn change_since(&self, earlier: &Self) -> Option<Change> {
        if self == earlier {
            return None;
        }
        let keep = self.log.commands.common_prefix(&earlier.log.commands) as u64;
        Some(Change {
            number: self.number,
            accepted: self.log.accepted,
            decided: self.log.decided,
            keep,
            append: self.log.after(keep).cloned().collect(),
        })
    }

    fn apply(&mut self, change: Change) -> Result<(), ChangeMismatch> {
        let log = &mut self.log;
        let rising = [
            ("ring", self.number, change.number),
            ("component", log.accepted, change.accepted),
        ];
        for (what, before, after) in rising {
            if after < before {
                let refused = format!("goes back from {what} {before} to {after}");
                return Err(ChangeMismatch(refused));
            }
        }
        let (held, keep) = (log.len(), change.keep);
        if held < keep {
            let refused = format!("keeps {keep} commands of a log of {held}");
            return Err(ChangeMismatch(refused));
        }
        self.number = change.number;
        (log.accepted, log.decided) = (change.accepted, change.decided);
        log.commands.truncate(keep as usize);
        log.commands.extend(change.append);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::totem::log::Log;

    fn record(number: u64, accepted: u64, commands: &[&str]) -> Persistent {
        let commands = commands.iter().map(|it| Command::from(*it)).collect();
        let log = Log {
            accepted,
            commands,
            decided: 0,
        };
        Persistent { number, log }
    }

    #[test]
    fn a_change_leads_from_the_earlier_record_to_the_later() {
        let records = [
            Persistent::default(),
            record(5, 0, &[]),
            record(5, 5, &["a", "b"]),
            record(9, 5, &["a", "b", "c"]),
            record(9, 9, &["a", "d"]),
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
        let change = record(9, 5, &["a", "b"])
            .change_since(&record(5, 5, &["a"]))
            .expect("they differ");
        let refused = |mut record: Persistent| {
            let error = record.apply(change.clone()).expect_err("it does not fit");
            error.0
        };
        assert_eq!(refused(record(5, 5, &[])), "keeps 1 commands of a log of 0");
        assert_eq!(
            refused(record(13, 5, &["a"])),
            "goes back from ring 13 to 9"
        );
        assert_eq!(
            refused(record(5, 9, &["a"])),
            "goes back from component 9 to 5"
        );
    }
}
