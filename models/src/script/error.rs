//! The mistakes that a script can have.

use super::header::HeaderError;

/// A mistake in a script, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ScriptError {
    /// The number of the line.
    pub line: usize,
    /// The mistake.
    pub problem: Problem,
}

/// A mistake in a line of a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is nothing but comments.
    #[error("a script begins with a header, `PROTOCOL KEY=VALUE ...`")]
    NoHeader,
    /// The header describes no system.
    #[error(transparent)]
    Header(HeaderError),
    /// The first word is no verb.
    #[error("`{found}` is no verb; the verbs are {verbs}")]
    NoVerb {
        /// The first word.
        found: String,
        /// Those that would be.
        verbs: String,
    },
    /// The verb is not followed by a place of its kind.
    #[error("`{verb}` is followed by {expected}, not by `{found}`")]
    NoPlace {
        /// The verb.
        verb: &'static str,
        /// The kind of place.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// The verb is followed by `all`, and not by whose messages.
    #[error(
        "`{verb} all` is followed by `within 0,1` or `from 0 to 1,2`, then perhaps \
         `but WORD,WORD`, `last WORD,WORD` and `at most N`, not by `{found}`"
    )]
    NoDrive {
        /// The verb.
        verb: &'static str,
        /// What is there.
        found: String,
    },
    /// The line asks for many actions, and there are more than it can mean.
    #[error("`{asked}` has not come to an end after {most} actions; say `at most N`")]
    Endless {
        /// What the line says.
        asked: String,
        /// How many were taken.
        most: usize,
    },
    /// Nothing that can happen fits.
    #[error("`{asked}` is not possible here; {}", listed("possible is", possible))]
    NotPossible {
        /// What the line says.
        asked: String,
        /// The choices of the same verb.
        possible: Vec<String>,
    },
    /// Several things fit.
    #[error("`{asked}` may mean several things; {}", listed("it fits", fitting))]
    Ambiguous {
        /// What the line says.
        asked: String,
        /// All that fits.
        fitting: Vec<String>,
    },
    /// The action does nothing.
    #[error("`{0}` is possible here, but changes nothing")]
    ChangesNothing(String),
    /// A timer is armed that never fires.
    #[error(
        "`{0}` is not possible here: the timer is armed, but in no pool of timeouts, so it never fires; \
         a configuration's pools are in its `Environment`, a cluster's timers in the protocol's `TIMERS`"
    )]
    InNoPool(String),
    /// The step that is called impossible never happens in any run of such a system.
    #[error("`impossible {asked}` proves nothing: {why}")]
    ProvesNothing {
        /// The step that the line calls impossible.
        asked: String,
        /// Why it would be so anywhere.
        why: String,
    },
    /// An action that should be impossible is possible.
    #[error("`{0}` should be impossible here, but it is possible and changes something")]
    Possible(String),
}

impl Problem {
    /// Whether the script is well-formed, and the system does not do what it says.
    pub fn is_of_system(&self) -> bool {
        matches!(
            self,
            Problem::NotPossible { .. }
                | Problem::InNoPool(_)
                | Problem::ChangesNothing(_)
                | Problem::Possible(_)
                | Problem::Endless { .. }
        )
    }
}

fn listed(before: &str, items: &[String]) -> String {
    if items.is_empty() {
        return format!("{before} nothing of the kind");
    }
    let quoted: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
    format!("{before} {}", quoted.join(", "))
}
