//! Claims about the good period: messages that were said are heard, and a session that was closed is closed
//! at both ends.

use super::claims::{Claim, Past, talk};
use super::speaker::Speaker;
use crate::fifo::Fifo;
use crate::system::LocalOf;
use crate::system::claim::{Check, Condition, InPeriod, Run};

pub(super) const WHAT_IS_SAID_IS_HEARD: Claim = Claim::new(
    "What Is Said Is Heard",
    "ours",
    "Something Is Not Heard in the Good Period",
    Check::InPeriod(InPeriod::Fair(Run::Settles(all_is_heard))),
);

pub(super) const A_CLOSE_IS_HEARD: Claim = Claim::new(
    ON_CLOSES,
    "ours",
    "An End Is Alone in the Good Period",
    Check::InPeriod(InPeriod::Fair(Run::Settles(nobody_is_alone))),
);

/// Its name: it is made where nothing is lost.
pub(super) const ON_CLOSES: &str = "A Close Is Heard";

pub(super) const SOMETHING_IS_NOT_HEARD: Claim = witness(
    "Something Is Not Heard in the Good Period",
    Condition::Cluster(|locals, past| !all_is_heard(locals, past)),
);

pub(super) const AN_END_IS_ALONE: Claim = witness(
    "An End Is Alone in the Good Period",
    Condition::Cluster(|locals, past| !nobody_is_alone(locals, past)),
);

const fn witness(name: &'static str, condition: Condition<Fifo<Speaker>, Past>) -> Claim {
    Claim {
        name,
        source: "ours",
        witness: None,
        check: Check::InPeriod(InPeriod::Witness(condition)),
    }
}

type Local = LocalOf<Fifo<Speaker>>;
type Locals<'a> = &'a [&'a Local];

/// Each end with the other one.
fn pairs<'a>(locals: Locals<'a>) -> impl Iterator<Item = (&'a Local, &'a Local)> {
    locals.iter().copied().zip(locals.iter().rev().copied())
}

/// No message waits, and where both ends have the session, all that was said in it was heard.
fn all_is_heard(locals: Locals<'_>, _: &Past) -> bool {
    pairs(locals).all(|(end, other)| {
        let mut lines = end.up().into_iter().flat_map(|state| state.lines.values());
        let both = talk(end).zip(talk(other));
        lines.all(|line| line.queue.is_empty())
            && both.is_none_or(|(talk, other)| usize::from(talk.said) == other.heard.len())
    })
}

/// Both ends have a session, or neither has.
fn nobody_is_alone(locals: Locals<'_>, _: &Past) -> bool {
    pairs(locals).all(|(end, other)| talk(end).is_some() == talk(other).is_some())
}
