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
pub type State<V> = super::State<Known<V>, Vec<V>>;

/// The knowledge of a learner: the values from a position on, and what the values before it have come to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Known<V> {
    /// The position.
    pub first: usize,
    /// The values from there on.
    pub values: Vec<V>,
}

impl<V> Default for Known<V> {
    fn default() -> Self {
        let values = Vec::new();
        Known { first: 0, values }
    }
}

impl<V> Known<V> {
    fn len(&self) -> usize {
        self.first + self.values.len()
    }
}

/// The actions of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<V> {
    /// Values are decided, after those that are decided already.
    Decide(Vec<V>),
    /// A learner gets to know more, or forgets values, and not what they have come to: its knowledge then.
    Learn(usize, Known<V>),
    /// A learner crashes, and forgets every value that it knew: it knows then what those before have come to.
    Forget(usize, Known<V>),
}

impl<V: Clone + Eq + Hash + Send + 'static> Machine for TotalOrder<V> {
    type Own = Known<V>;
    type Shared = Vec<V>;
    type Action = Action<V>;

    fn difference(before: &State<V>, after: &State<V>) -> Vec<Action<V>> {
        let more = after.shared.strip_prefix(&before.shared[..]);
        let more = more.filter(|more| !more.is_empty());
        let decides = more.map(|more| Action::Decide(more.to_vec()));
        let learners = before.own.iter().zip(&after.own).enumerate();
        let learns = learners.filter(|(_, (old, new))| old != new);
        let learns = learns.map(|(learner, (old, new))| match new.len() < old.len() {
            true => Action::Forget(learner, new.clone()),
            false => Action::Learn(learner, new.clone()),
        });
        decides.into_iter().chain(learns).collect()
    }

    fn is_enabled(state: &State<V>, action: &Action<V>, _: &Quorum) -> bool {
        match action {
            Action::Decide(values) => !values.is_empty(),
            Action::Learn(learner, known) => {
                let before = &state.own[*learner];
                let decided = state.shared.get(known.first..);
                let is_more = (before.len(), before.first) < (known.len(), known.first);
                is_more
                    && before.first <= known.first
                    && decided.is_some_and(|it| it.starts_with(&known.values))
            }
            Action::Forget(learner, known) => {
                known.values.is_empty() && known.first <= state.own[*learner].first
            }
        }
    }

    fn take(state: &mut State<V>, action: Action<V>) {
        match action {
            Action::Decide(values) => state.shared.extend(values),
            Action::Learn(learner, known) | Action::Forget(learner, known) => {
                state.own[learner] = known;
            }
        }
    }
}
