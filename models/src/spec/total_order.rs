//! Total order: values are decided one after the other, and everybody learns them in that order.
//!
//! The machine implies that what two have learned never differs, except in length; and that nothing
//! that is decided is ever undecided.

use super::Machine;
use crate::quorum::Quorum;
use std::marker::PhantomData;

/// The machine, for values of a type.
pub struct TotalOrder<V>(PhantomData<V>);

/// Its variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State<V> {
    /// The values that are decided, in order.
    pub decided: Vec<V>,
    /// What each learner knows of them.
    pub learned: Vec<Vec<V>>,
}

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

impl<V: Clone + Eq> Machine for TotalOrder<V> {
    type State = State<V>;
    type Action = Action<V>;

    fn difference(before: &State<V>, after: &State<V>) -> Vec<Action<V>> {
        let more = after.decided.strip_prefix(&before.decided[..]);
        let more = more.filter(|more| !more.is_empty());
        let decides = more.map(|more| Action::Decide(more.to_vec()));
        let learners = before.learned.iter().zip(&after.learned).enumerate();
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
                let known = &state.learned[*learner];
                known.len() < values.len()
                    && values.starts_with(known)
                    && state.decided.starts_with(values)
            }
            Action::Forget(_) => true,
        }
    }

    fn take(state: &mut State<V>, action: Action<V>) {
        match action {
            Action::Decide(values) => state.decided.extend(values),
            Action::Learn(learner, values) => state.learned[learner] = values,
            Action::Forget(learner) => state.learned[learner].clear(),
        }
    }
}
