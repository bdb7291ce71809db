//! The messages, timers and requests that lines with `impossible` name. A line that names one that never
//! exists proves nothing, and is refused.

use super::error::{Problem, ScriptError};
use super::words::{Asked, Order, Said, abbreviates, first, normal};
use crate::system::{
    Class, Environment, GhostState, Participant, Place, Restart, StateOf, System, Writes,
};
use std::collections::BTreeSet;
use std::fmt::Debug;

/// Lines whose first word names a kind of message, timer or request that has not been seen yet, and
/// those that have been.
pub(super) struct Named {
    open: Vec<(usize, Asked)>,
    seen: BTreeSet<(Kind, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Message,
    Timer,
    Request,
}

impl Kind {
    fn of(class: Class) -> Option<Kind> {
        match class {
            Class::Timeout => Some(Kind::Timer),
            Class::Request => Some(Kind::Request),
            class => class.is_of_message().then_some(Kind::Message),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Message => "message",
            Kind::Timer => "timer",
            Kind::Request => "request",
        }
    }
}

impl Named {
    /// The names in these lines. The environment names its timers and requests.
    pub(super) fn of<A: Participant>(lines: &[Said], environment: &Environment<A>) -> Self {
        let names = |said: &Said| match &said.order {
            Order::Impossible(asked) if !asked.words.is_empty() => {
                Kind::of(asked.class).map(|_| (said.line, asked.clone()))
            }
            _ => None,
        };
        let mut named = Named {
            open: lines.iter().filter_map(names).collect(),
            seen: BTreeSet::new(),
        };
        let timers = environment.timeouts.iter().flat_map(|pool| &pool.timers);
        named.note(Kind::Timer, timers);
        named.note(Kind::Request, &environment.requests);
        named
    }

    fn note(&mut self, kind: Kind, found: impl IntoIterator<Item = impl Debug>) {
        // Where no name is asked for, none need be known.
        if !self.open.is_empty() {
            let words = found.into_iter().map(|it| normal(&format!("{it:?}")));
            self.seen
                .extend(words.map(|words| (kind, first(&words).to_owned())));
        }
    }

    /// Takes note of the messages and timers of a state.
    pub(super) fn see<A: Participant, G: GhostState>(&mut self, state: &StateOf<A, G>) {
        self.note(Kind::Message, state.network.iter().map(|it| it.msg));
        for local in &state.locals {
            self.note(Kind::Timer, local.timers.keys());
            let held = local.outbox.pending().flat_map(|pending| &pending.held);
            self.note(Kind::Message, held.map(|(_, message)| message));
        }
    }

    /// Whether everything that the lines name was seen at some time.
    pub(super) fn finish(self) -> Result<(), ScriptError> {
        let Named { open, seen } = self;
        for (line, asked) in open {
            let Some(kind) = Kind::of(asked.class) else {
                continue;
            };
            let of_kind = seen.iter().filter(|(other, _)| *other == kind);
            let known: Vec<&str> = of_kind.map(|(_, word)| &**word).collect();
            let (name, word) = (kind.name(), first(&asked.words));
            if !known.contains(&word) {
                let known = match known.is_empty() {
                    true => "there is none".to_owned(),
                    false => format!("there are `{}`", known.join("`, `")),
                };
                let why = format!("no {name} of this run begins with `{word}`; {known}");
                let problem = proves_nothing(&asked, why);
                return Err(ScriptError { line, problem });
            }
        }
        Ok(())
    }
}

fn proves_nothing(asked: &Asked, why: String) -> Problem {
    Problem::ProvesNothing {
        asked: asked.to_string(),
        why,
    }
}

/// Whether what a line calls impossible could happen at all in a system of this kind.
pub(super) fn could_be<A: Participant, G: GhostState>(
    system: &System<A, G>,
    asked: &Asked,
) -> Result<(), Problem> {
    let why = stranger(system, asked.place).or_else(|| never(&system.environment, asked));
    why.map_or(Ok(()), |why| Err(proves_nothing(asked, why)))
}

/// The mistake of a place that names no participant, unless strangers send and receive.
fn stranger<A: Participant, G: GhostState>(system: &System<A, G>, place: Place) -> Option<String> {
    let has_strangers =
        system.environment.everything_in_flight || 0 < system.network.iter().count();
    let named = match place {
        Place::At(id) => vec![id],
        Place::Between(..) if has_strangers => vec![],
        Place::Between(src, dst) => vec![src, dst],
        Place::Everywhere => vec![],
    };
    let participants = system.actors.len();
    let stranger = named.into_iter().find(|id| participants <= *id)?;
    Some(format!(
        "there is no participant {stranger} among the {participants}, who count from 0"
    ))
}

/// The reason why a step never happens in this environment, if there is one.
fn never<A: Participant>(environment: &Environment<A>, asked: &Asked) -> Option<String> {
    let restarts = environment.restart;
    let partitions = environment.links.partitions.iter();
    let begins = environment.period.iter().flat_map(|period| &period.begins);
    let fits = |it: &dyn Debug| abbreviates(&asked.words, &normal(&format!("{it:?}")));
    let any_age = environment.period.as_ref().is_some_and(|it| it.any_age);
    let (way, ages) = asked.words.split_once("aged").unwrap_or((&asked.words, ""));
    let fits_way = |it: &dyn Debug| abbreviates(way.trim(), &normal(&format!("{it:?}")));
    let (is_never, why) = match asked.class {
        Class::Sync => (
            environment.writes == Writes::Atomic,
            "each write is durable at once",
        ),
        Class::Crash => (
            restarts == Restart::AtOnce,
            "who crashes starts again at once: `restart`",
        ),
        Class::Recover => (
            matches!(restarts, Restart::AtOnce | Restart::Never),
            "nobody who is down starts again",
        ),
        Class::Restart => (
            restarts != Restart::AtOnce,
            "who crashes does not start again at once: `crash`, `recover`",
        ),
        Class::Cut | Class::Heal => (
            !partitions.into_iter().any(|it| fits(it)),
            "there is no such partition",
        ),
        Class::Stabilise => (
            !(begins.into_iter().any(|it| fits_way(it)) && (any_age || ages.is_empty())),
            "no good period begins like this",
        ),
        Class::Tick | Class::Discard => (environment.period.is_none(), "there is no good period"),
        Class::Deliver
        | Class::Duplicate
        | Class::Lose
        | Class::Request
        | Class::Timeout
        | Class::Choose => return None,
    };
    is_never.then(|| why.to_owned())
}
