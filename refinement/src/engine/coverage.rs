//! The coverage of a search: how often each kind of step was taken, and each row of the
//! protocol's transition table.

use quorate_models::coverage::Marks;
use quorate_models::system::Action;
use std::collections::BTreeMap;
use std::fmt::{self, Debug, Write};

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Transitions of each kind, named by the action and the first word of its message or timer, which
    /// is the handler's.
    pub steps: BTreeMap<String, u64>,
    /// How often each mark was hit; marks that were never hit are left out. Only the explorer of systems
    /// reports marks: the plain path and Stateright's checker do not.
    pub marks: BTreeMap<&'static str, Hits>,
}

/// How often a mark was hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Transitions whose handlers come there, those to known states included.
    pub transitions: u64,
    /// Runs of a handler that come there and do nothing, and so are no transition: counted once for each
    /// state of the participant and each event, in any surroundings.
    pub idle: u64,
    /// Local states in which a handler comes there with a message that was dropped as dead, and is
    /// delivered in thought to check the reduction. One is counted again when more is delivered there.
    pub in_thought: u64,
}

impl Hits {
    /// Whether a handler comes there in a state of the search, and not in thought alone.
    pub fn happens(&self) -> bool {
        0 < self.transitions + self.idle
    }
}

/// Transitions that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TransitionKind {
    pub(super) label: String,
    pub(super) marks: Marks,
}

impl Coverage {
    /// Adds transitions of a kind.
    pub(super) fn add(&mut self, kind: &TransitionKind, times: u64) {
        if times == 0 {
            return;
        }
        *self.steps.entry(kind.label.clone()).or_default() += times;
        for mark in &kind.marks {
            self.marks.entry(mark).or_default().transitions += times;
        }
    }

    /// Adds what did nothing, and what dead messages did in thought.
    pub(super) fn add_idle(
        &mut self,
        idle: &BTreeMap<&'static str, u64>,
        in_thought: &BTreeMap<&'static str, u64>,
    ) {
        for (mark, times) in idle {
            self.marks.entry(mark).or_default().idle += times;
        }
        for (mark, times) in in_thought {
            self.marks.entry(mark).or_default().in_thought += times;
        }
    }
}

/// The verb of an action, with the first word of the message or timer that it is about.
pub(super) fn label<M: Debug, T: Debug, R: Debug>(action: &Action<M, T, R>) -> String {
    let verb = action.class().verb();
    let about = action.about().filter(|_| !action.class().is_of_everyone());
    about.map_or_else(|| verb.to_owned(), |it| first_word(&format!("{verb} "), it))
}

/// A value's first word, after some text.
pub(super) fn first_word(text: &str, value: &dyn Debug) -> String {
    let mut label = FirstWord(text.to_owned());
    // Writing ends with an error where the word does.
    _ = write!(label, "{value:?}");
    label.0
}

/// Text that ends after the first word written to it.
struct FirstWord(String);

impl Write for FirstWord {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        self.0.push_str(&text[..end.unwrap_or(text.len())]);
        end.map_or(Ok(()), |_| Err(fmt::Error))
    }
}
