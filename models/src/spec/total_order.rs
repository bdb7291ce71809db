//! Total order: values are decided one after the other, and everybody learns them in that order.
//!
//! The machine implies that what two have learned never differs, except in length; and that nothing
//! that is decided is ever undecided.

use super::Machine;
use crate::quorum::Quorum;
use std::hash::Hash;
use std::marker::PhantomData;

/// The machine, for values of a type.
pub struct TotalOrder<V>(PhantomData<V>);

/// Its variables: what each learner knows of the values that are decided, and these, in order.
pub type State<V> = super::State<Vec<V>, Vec<V>>;

/// What it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<V> {
    /// Values are decided, after those that are decided already.
    Decide(Vec<V>),
    /// A learner gets to know more: the values that it knows then.
    Learn(usize, Vec<V>),
    /// A learner forgets what it knew: it crashes.
    Forget(usize),
}

impl<V: Clone + Eq + Hash + Send + 'static> Machine for TotalOrder<V> {
    type Own = Vec<V>;
    type Shared = Vec<V>;
    type Action = Action<V>;

    fn difference(before: &State<V>, after: &State<V>) -> Vec<Action<V>> {
        let more = after.shared.strip_prefix(&before.shared[..]);
        let more = more.filter(|more| !more.is_empty());
        let decides = more.map(|more| Action::Decide(more.to_vec()));
        let learners = before.own.iter().zip(&after.own).enumerate();
        let learns = learners.filter(|(_, (old, new))| old != new);
        let learns = learns.map(|(learner, (_, new))| match new.is_empty() {
            true => Action::Forget(learner),
            false => Action::Learn(learner, new.clone()),
        });
        decides.into_iter().chain(learns).collect()
    }

    fn is_enabled(state: &State<V>, action: &Action<V>, _: &Quorum) -> bool {
        match action {
            Action::Decide(values) => !values.is_empty(),
            Action::Learn(learner, values) => {
                let known = &state.own[*learner];
                known.len() < values.len()
                    && values.starts_with(known)
                    && state.shared.starts_with(values)
            }
            Action::Forget(_) => true,
        }
    }

    fn take(state: &mut State<V>, action: Action<V>) {
        match action {
            Action::Decide(values) => state.shared.extend(values),
            Action::Learn(learner, values) => state.own[learner] = values,
            Action::Forget(learner) => state.own[learner].clear(),
        }
    }
}
