//! Primary order: primaries follow each other in epochs. Each begins with a history; its broadcasts
//! follow that, in its order. After Junqueira, Reed and Serafini, section 3.
//!
//! A value is named by its epoch and its number there, from 1. A broadcast changes no variable of
//! this machine; its value shows when it is committed, or in the history of a later primary.
//!
//! Commit extends the committed sequence, so the machine implies [total order](super::total_order); a test
//! shows that of small instances. Local and global primary order are in its guards.

use super::Machine;
use super::total_order::{Known, TotalOrder};
use crate::quorum::Quorum;
use std::collections::BTreeMap;

/// The machine.
pub struct PrimaryOrder;

/// The number of a primary. 0 is before the first.
pub type Epoch = u64;

/// The name of a value: its epoch, and its number there.
pub type Name = (Epoch, u64);

/// Its variables: what each learner knows, and what is shared.
pub type State = super::State<Known<Name>, Primaries>;

/// The variables of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Primaries {
    /// The epochs that have begun.
    pub epochs: BTreeMap<Epoch, Primary>,
    /// The committed values, in order.
    pub committed: Vec<Name>,
}

/// An epoch that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Primary {
    /// The participant that broadcasts in it.
    pub primary: usize,
    /// Its history.
    pub initial: Vec<Name>,
}

/// The actions of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// An epoch begins.
    Begin(Epoch, Primary),
    /// A sequence is committed whole: a history, and perhaps what was broadcast after it.
    Commit(Vec<Name>),
    /// As in total order: a learner gets to know more, or forgets.
    Learn(super::total_order::Action<Name>),
}

impl Machine for PrimaryOrder {
    type Own = Known<Name>;
    type Shared = Primaries;
    type Action = Action;

    fn difference(before: &State, after: &State) -> Vec<Action> {
        let (old, new) = (&before.shared, &after.shared);
        let begun = new.epochs.iter();
        let begun = begun.filter(|(epoch, _)| !old.epochs.contains_key(epoch));
        let begins = begun.map(|(epoch, primary)| Action::Begin(*epoch, primary.clone()));
        let commits = old.committed != new.committed;
        let commits = commits.then(|| Action::Commit(new.committed.clone()));
        let mut learners = [before, after].map(ordered);
        learners[0].shared.clone_from(&new.committed);
        let [before, after] = learners;
        let learns = TotalOrder::difference(&before, &after);
        let learns = learns.into_iter().map(Action::Learn);
        begins.chain(commits).chain(learns).collect()
    }

    fn is_enabled(state: &State, action: &Action, quorum: &Quorum) -> bool {
        match action {
            Action::Begin(epoch, primary) => state.may_begin(*epoch, &primary.initial),
            Action::Commit(values) => state.may_commit(values),
            Action::Learn(action) => TotalOrder::is_enabled(&ordered(state), action, quorum),
        }
    }

    fn take(state: &mut State, action: Action) {
        match action {
            Action::Begin(epoch, primary) => {
                state.shared.epochs.insert(epoch, primary);
            }
            Action::Commit(values) => state.shared.committed = values,
            Action::Learn(action) => {
                let mut ordered = ordered(state);
                TotalOrder::take(&mut ordered, action);
                state.own = ordered.own;
            }
        }
    }
}

/// The same as a state of total order.
pub fn ordered(state: &State) -> super::total_order::State<Name> {
    super::State {
        own: state.own.clone(),
        shared: state.shared.committed.clone(),
    }
}

impl State {
    /// An epoch begins once. Its history is one of earlier epochs; after what is committed of these, unless
    /// a later epoch has begun: then it may be one that never commits anything.
    fn may_begin(&self, epoch: Epoch, initial: &[Name]) -> bool {
        let Primaries { epochs, committed } = &self.shared;
        let is_last = epochs.keys().all(|begun| *begun < epoch);
        0 < epoch
            && !epochs.contains_key(&epoch)
            && initial.iter().all(|(value, _)| *value < epoch)
            && self.is_history(initial)
            && (!is_last || initial.starts_with(committed))
    }

    /// The epochs in a history do not go back, and each of them begins with its own history, which its
    /// values follow without a gap.
    fn is_history(&self, values: &[Name]) -> bool {
        values
            .iter()
            .enumerate()
            .all(|(position, (epoch, number))| {
                let first = (position + 1).checked_sub(*number as usize);
                let primary = self.shared.epochs.get(epoch);
                let begins = first.zip(primary).is_some_and(|(first, primary)| {
                    let own = values[first..=position].iter();
                    values[..first] == primary.initial && own.eq(&own_values(*epoch, *number))
                });
                0 < *number && begins
            })
    }

    /// The committed sequence grows, and is the history of some epoch with what was broadcast in that
    /// epoch. No later epoch that has begun lacks any of it.
    fn may_commit(&self, values: &[Name]) -> bool {
        let Primaries { epochs, committed } = &self.shared;
        let in_epoch = |(epoch, primary): (&Epoch, &Primary)| {
            let own = values.strip_prefix(&primary.initial[..]);
            let own = own.filter(|own| **own == own_values(*epoch, own.len() as u64));
            let mut later = epochs.range(epoch + 1..);
            own.is_some() && later.all(|(_, later)| later.initial.starts_with(values))
        };
        committed.len() < values.len()
            && values.starts_with(committed)
            && epochs.iter().any(in_epoch)
    }
}

/// The first values of an epoch.
fn own_values(epoch: Epoch, numbers: u64) -> Vec<Name> {
    (1..=numbers).map(|number| (epoch, number)).collect()
}
