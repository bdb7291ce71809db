//! What a service sees of Zab, and how its record is written.

use super::message::Message;
use super::server::Server;
use super::state::{Epoch, Persistent, Role, State, Txn, Zxid};
use crate::durable::{ChangeMismatch, Record};
use crate::replica::{Command, Delivery, Replica, Status};
use serde::{Deserialize, Serialize};
use stateright::actor::Id;

impl Replica for Server {
    /// The number of transactions that were read. A server that looks for a leader has delivered none in its
    /// role; what it delivers afterwards begins with what it had delivered.
    type Cursor = usize;

    fn proposal(command: Command) -> Message {
        Message::Request(command)
    }

    fn refusal(answer: &Message) -> Option<Option<Id>> {
        match answer {
            Message::NotLeader { leader } => Some(*leader),
            _ => None,
        }
    }

    fn next<'a>(state: &'a State, cursor: &mut usize) -> Option<Delivery<'a>> {
        let txn = state.delivered().nth(*cursor)?;
        *cursor += 1;
        Some(Delivery::Command(&txn.command))
    }

    fn status(state: &State) -> Status {
        let (role, leader) = match &state.role {
            Role::Looking => ("looking", None),
            Role::Following { leader, .. } => ("follower", Some(*leader)),
            Role::Leading(_) => ("leader", None),
            Role::Stopped(_) => ("stopped", None),
        };
        Status {
            role: role.to_owned(),
            generation: state.persistent.accepted_epoch.0.into(),
            leader,
            decided: state.delivered().count() as u64,
            last: state.history().iter().len() as u64,
        }
    }

    fn stopped(state: &State) -> Option<String> {
        match &state.role {
            Role::Stopped(why) => Some(format!("{why:?}")),
            _ => None,
        }
    }
}

/// The difference between two records of one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    accepted_epoch: u32,
    current_epoch: u32,
    /// Transactions of the earlier history that are kept.
    keep: usize,
    /// Transactions that follow them: epoch, number and command.
    append: Vec<(u32, u32, Command)>,
}

impl Record for Persistent {
    type Change = Change;

    fn change_since(&self, earlier: &Self) -> Option<Change> {
        if self == earlier {
            return None;
        }
        let keep = self.history.common_prefix(&earlier.history);
        let appended = self.history.iter().skip(keep).map(|txn| {
            let Zxid { epoch, counter } = txn.zxid;
            (epoch.0, counter, txn.command.clone())
        });
        Some(Change {
            accepted_epoch: self.accepted_epoch.0,
            current_epoch: self.current_epoch.0,
            keep,
            append: appended.collect(),
        })
    }

    fn apply(&mut self, change: Change) -> Result<(), ChangeMismatch> {
        let held = self.history.iter().len();
        if held < change.keep {
            let keep = change.keep;
            return Err(ChangeMismatch(format!(
                "keeps {keep} transactions of a history of {held}"
            )));
        }
        let Epoch(accepted) = self.accepted_epoch;
        if change.accepted_epoch < accepted {
            return Err(ChangeMismatch(format!(
                "goes back from epoch {accepted} to {}",
                change.accepted_epoch
            )));
        }
        self.accepted_epoch = Epoch(change.accepted_epoch);
        self.current_epoch = Epoch(change.current_epoch);
        let kept = self.history.iter().take(change.keep).next_back();
        let kept = kept.map_or(Zxid::default(), |txn| txn.zxid);
        self.history.truncate_after(kept);
        for (epoch, counter, command) in change.append {
            let epoch = Epoch(epoch);
            let zxid = Zxid { epoch, counter };
            self.history.append(Txn { zxid, command });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
