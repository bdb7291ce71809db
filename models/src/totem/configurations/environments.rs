//! The environments of the processors.

use super::super::message::{Message, Service};
use super::super::processor::{Processor, Timer};
use super::super::state::State;
use super::Configuration;
use crate::protocol::Profile;
use crate::system::{
    Action, Channel, Environment, Links, LocalOf, Move, Partition, Timeouts, Total, Writes,
};

/// An application asks for a message: for a safe one, if its name begins with `s`; for its leave, if that
/// is its name.
pub(in super::super) fn request(name: &str) -> Message {
    if name == "leave" {
        return Message::Leave;
    }
    let service = match name.starts_with('s') {
        true => Service::Safe,
        false => Service::Agreed,
    };
    Message::Request(service, name.into())
}

/// Of Joins the newest is in flight alone. That leaves out the arrival of an earlier one, which may count.
pub(super) fn newest_joins(message: &Message) -> Channel {
    match message {
        Message::Join { .. } => Channel::Newest(0),
        _ => Channel::Once,
    }
}

/// A safe message of anybody in a ring of two that loses its token, and a crash.
pub(super) fn crashing(writes: Writes) -> Environment<Processor> {
    let environment = timeouts(Timer::Join, &[0, 1], 1, sending(&["s"]));
    Environment {
        crashes: 1,
        writes,
        ..timeouts(Timer::Loss, &[0, 1], 1, environment)
    }
}

/// The first two of so many are parted from the others for the first steps.
pub(super) fn parted(processors: usize) -> Environment<Processor> {
    Environment {
        links: Links::new([Partition::between(0..2, 2..processors)], 1, 1),
        ..Environment::default()
    }
}

/// The same of three, where 0 sends the one message and anyone the other.
pub(super) fn parted_with_messages() -> Environment<Processor> {
    Environment {
        requests: sending(&["s1", "s2"]).requests,
        takers: vec![vec![0], vec![]],
        ..parted(3)
    }
}

/// Two messages of anybody in a ring of two that loses its token; one gives the other up too early.
pub(super) fn losing_token() -> Environment<Processor> {
    let environment = timeouts(Timer::Join, &[0, 1], 1, sending(&["a", "s"]));
    let environment = timeouts(Timer::Consensus, &[0, 1], 1, environment);
    timeouts(Timer::Loss, &[0, 1], 1, environment)
}

/// A message of 0 or 1; 2 is cut off, goes on alone, and comes back.
pub(super) fn rejoining() -> Environment<Processor> {
    let environment = Environment {
        links: Links::new([Partition::between([0, 1], [2])], 1, 1),
        ..of(&[&[0, 1]], sending(&["s"]))
    };
    let pool = |timer| Timeouts::shared(timer, 2..3, 1).while_cut();
    let environment = with(pool(Timer::Loss), environment);
    let environment = with(pool(Timer::Consensus), environment);
    timeouts(Timer::Merge, &[2], 1, environment)
}

/// A message of 0 and one of 1; 0 is cut off; a recovery of the others fails, and 2 goes on alone.
pub(super) fn obliged() -> Environment<Processor> {
    let environment = Environment {
        links: Links::new([Partition::between([0], [1, 2])], 1, 0),
        ..of(&[&[0], &[1]], sending(&["a", "s"]))
    };
    let environment = timeouts(Timer::Loss, &[1], 1, environment);
    let environment = timeouts(Timer::Loss, &[2], 2, environment);
    let environment = timeouts(Timer::Consensus, &[1], 1, environment);
    timeouts(Timer::Consensus, &[2], 1, environment)
}

/// So many rings are formed, all told.
pub(super) fn some_rings(times: u8, environment: Environment<Processor>) -> Environment<Processor> {
    let formed = |moved: &Move<'_, Processor>| {
        let ring = |local: &LocalOf<Processor>| local.up().map(|state| state.ring);
        let after = ring(moved.after);
        let is_own = after.is_some_and(|ring| ring.representative == moved.id);
        u8::from(is_own && ring(moved.before) != after)
    };
    limiting("rings", times, formed, environment)
}

/// No ring has a larger number than these.
pub(super) fn numbered_up_to<const NUMBER: u64>(
    name: &'static str,
    environment: Environment<Processor>,
) -> Environment<Processor> {
    let exceeds = |moved: &Move<'_, Processor>| {
        let number = moved.after.up().map(|state| state.ring.number);
        u8::from(number.is_some_and(|number| NUMBER < number))
    };
    limiting(name, 0, exceeds, environment)
}

/// The Joins that are left when three have found each other are lost, in the seed.
pub(super) fn quiet(environment: Environment<Processor>) -> Environment<Processor> {
    Environment {
        losses: 8,
        ..environment
    }
}

/// Nobody starts again who has not left.
pub(super) fn leavers_start_again(environment: Environment<Processor>) -> Environment<Processor> {
    let starts_again = |moved: &Move<'_, Processor>| {
        let has_left = moved.before.up().is_some_and(State::is_gone);
        u8::from(matches!(moved.action, Action::Restart { .. }) && !has_left)
    };
    limiting(
        "crashes of others than who left",
        0,
        starts_again,
        environment,
    )
}

/// So many times a token comes to somebody, all told.
pub(super) fn some_visits(
    times: u8,
    environment: Environment<Processor>,
) -> Environment<Processor> {
    let visits = |moved: &Move<'_, Processor>| match moved.action {
        Action::Deliver(envelope) => u8::from(matches!(envelope.msg, Message::Token(_))),
        _ => 0,
    };
    limiting("visits of a token", times, visits, environment)
}

pub(super) fn limiting(
    name: &'static str,
    times: u8,
    count: fn(&Move<'_, Processor>) -> u8,
    environment: Environment<Processor>,
) -> Environment<Processor> {
    let total = Total { name, times, count };
    Environment {
        totals: vec![total],
        ..environment
    }
}

/// The same, searched by hand.
pub(super) const fn deep(configuration: Configuration) -> Configuration {
    Configuration {
        profile: Profile::Deep,
        ..configuration
    }
}

/// Timeouts that these share.
pub(super) fn timeouts(
    timer: Timer,
    of: &[usize],
    times: u8,
    environment: Environment<Processor>,
) -> Environment<Processor> {
    with(
        Timeouts::shared(timer, of.iter().copied(), times),
        environment,
    )
}

/// Joins are sent again, any number of times.
pub(super) fn any_joins(
    processors: usize,
    environment: Environment<Processor>,
) -> Environment<Processor> {
    with(Timeouts::unlimited(Timer::Join, 0..processors), environment)
}

/// Who holds the token of an idle ring sends it round at any time.
pub(super) fn letting_go(
    processors: usize,
    environment: Environment<Processor>,
) -> Environment<Processor> {
    with(Timeouts::unlimited(Timer::Hold, 0..processors), environment)
}

pub(super) fn with(
    pool: Timeouts<Processor>,
    environment: Environment<Processor>,
) -> Environment<Processor> {
    Environment {
        timeouts: [environment.timeouts, vec![pool]].concat(),
        ..environment
    }
}

/// These messages, each of anybody.
pub(super) fn sending(messages: &[&str]) -> Environment<Processor> {
    Environment {
        requests: messages.iter().map(|name| request(name)).collect(),
        ..Environment::default()
    }
}

/// The same, each of one of these.
pub(super) fn of(
    takers: &[&[usize]],
    environment: Environment<Processor>,
) -> Environment<Processor> {
    Environment {
        takers: takers.iter().map(|takers| takers.to_vec()).collect(),
        ..environment
    }
}
