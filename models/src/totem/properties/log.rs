//! Claims about the log, where one is kept.

use super::super::ghost::Past;
use super::super::log::{Component, Log, Stage};
use super::super::message::{Body, Message, Payload};
use super::super::state::{RingId, State};
use super::{Claim, InFlight, Seat};
use crate::quorum::is_quorum;
use crate::system::claim::{Check, Condition, InPeriod, Run};
use crate::system::{LocalOf, Move, Step};
use crate::totem::processor::Processor;
use stateright::actor::Id;

const DECIDED: &str = "A Command Is Decided";
const SUCCEEDS: &str = "A Component Succeeds Another";
const TWO: &str = "Two Are in Primary Components";

pub(super) const DECIDED_LOGS_AGREE: Claim = Claim::new(
    "Decided Logs Agree",
    "EVS, primary component, Q3",
    DECIDED,
    Check::Invariant(Condition::Ghost(|past| !past.decisions.differ)),
);

pub(super) const NOTHING_DECIDED_IS_LOST: Claim = Claim::new(
    "Nothing Decided Is Lost",
    "EVS, primary component",
    SUCCEEDS,
    Check::Invariant(Condition::Each(has_all_that_was_decided)),
);

pub(super) const COMPONENTS_SHARE_A_MEMBER: Claim = Claim::new(
    "Primary Components Share a Member",
    "EVS, primary component, Q1",
    TWO,
    Check::Invariant(Condition::Pair(share_a_member)),
);

pub(super) const DECIDED_IS_WRITTEN: Claim = Claim::new(
    "What Is Decided Is Written",
    "ours",
    DECIDED,
    Check::Step {
        when: decides,
        holds: all_have_written,
    },
);

pub(super) const IS_DECIDED: Claim = Claim::witness(
    DECIDED,
    Condition::Ghost(|past| !past.decisions.commands.is_empty()),
);

pub(super) const SUCCEEDS_ANOTHER: Claim = Claim::witness(SUCCEEDS, Condition::Each(succeeds));

pub(super) const TWO_ARE_PRIMARY: Claim = Claim::witness(
    TWO,
    Condition::Pair(|one, other| primary(one).is_some() && primary(other).is_some()),
);

pub(super) const IS_LACKED: Claim =
    Claim::witness("A Member Lacks Something", Condition::Flight(is_entry));

pub(super) const MINORITY_STOPS: Claim =
    Claim::witness("A Minority Stops", Condition::Pair(is_a_minority));

pub(super) const COMPONENT_SETTLES: Claim = Claim {
    name: "A Component Settles",
    source: "EVS, primary component",
    witness: Some("No Component in the Good Period"),
    check: Check::InPeriod(InPeriod::Fair(Run::Settles(is_settled))),
};

pub(super) const COMMANDS_ARE_DECIDED: Claim = Claim {
    name: "Commands Are Decided",
    source: "EVS, primary component",
    witness: Some("Something Is Not Decided in the Good Period"),
    check: Check::InPeriod(InPeriod::Fair(Run::Settles(is_decided))),
};

pub(super) const NO_COMPONENT: Claim = Claim {
    name: "No Component in the Good Period",
    source: "ours",
    witness: None,
    check: Check::InPeriod(InPeriod::Witness(Condition::Cluster(|locals, _| {
        !is_settled(locals, &Past::default())
    }))),
};

pub(super) const NOT_DECIDED: Claim = Claim {
    name: "Something Is Not Decided in the Good Period",
    source: "ours",
    witness: None,
    check: Check::InPeriod(InPeriod::Witness(Condition::Cluster(|locals, _| {
        !is_decided(locals, &Past::default())
    }))),
};

type Locals<'a> = &'a [&'a LocalOf<Processor>];

/// The good ones.
fn good<'a>(locals: Locals<'a>) -> impl Iterator<Item = &'a State> + Clone {
    locals.iter().filter_map(|local| local.up())
}

/// If the good ones are a quorum, each of them is in a primary component of all of them; otherwise none is in
/// any.
fn is_settled(locals: Locals<'_>, _: &Past) -> bool {
    let all = good(locals).count();
    let has_quorum = is_quorum(all, locals.len());
    good(locals).all(|state| match state.component.as_ref().map(|it| &it.stage) {
        Some(Stage::Primary { ring, members, .. }) => {
            has_quorum && members.len() == all && *ring == state.ring && state.is_operational()
        }
        Some(Stage::Minority) => !has_quorum && state.is_operational(),
        _ => false,
    })
}

/// If they are a quorum, all that anyone has written or wants to send is decided.
fn is_decided(locals: Locals<'_>, past: &Past) -> bool {
    let has_quorum = is_quorum(good(locals).count(), locals.len());
    let is_done = |state: &State| {
        let decided = state.component.as_ref().map(|it| it.decided);
        decided == Some(state.persistent.log.len()) && state.queue.is_empty()
    };
    is_settled(locals, past) && (!has_quorum || good(locals).all(is_done))
}

fn parts<'a>(seat: Seat<'a>) -> Option<(&'a State, &'a Log, &'a Component)> {
    let state = seat.up()?;
    Some((state, &state.persistent.log, state.component.as_deref()?))
}

/// The primary component that a processor is in, as far as it knows.
fn primary<'a>(seat: Seat<'a>) -> Option<(RingId, &'a [Id])> {
    match &parts(seat)?.2.stage {
        Stage::Primary { ring, members, .. } => Some((*ring, members)),
        _ => None,
    }
}

/// Commands that were decided in primary components before this one.
fn earlier(past: &Past, ring: RingId) -> impl Iterator<Item = &crate::replica::Command> {
    let commands = past.decisions.commands.iter();
    let earlier = commands.take_while(move |(_, by)| *by < ring.number);
    earlier.map(|(command, _)| command)
}

/// A processor whose ring is the primary component has all that was decided before.
fn has_all_that_was_decided(seat: Seat<'_>, past: &Past) -> bool {
    let (Some((ring, _)), Some((_, log, _))) = (primary(seat), parts(seat)) else {
        return true;
    };
    let mut earlier = earlier(past, ring).enumerate();
    earlier.all(|(position, command)| log.commands.get(position) == Some(command))
}

fn succeeds(seat: Seat<'_>, past: &Past) -> bool {
    primary(seat).is_some_and(|(ring, _)| earlier(past, ring).next().is_some())
}

fn share_a_member(one: Seat<'_>, other: Seat<'_>) -> bool {
    let (Some((first, members)), Some((second, others))) = (primary(one), primary(other)) else {
        return true;
    };
    let is_same = first == second;
    let shares = members.iter().any(|id| others.contains(id));
    shares && (is_same == (first.number == second.number))
}

fn decides(moved: &Move<'_, Processor>) -> bool {
    let decided = |local: &LocalOf<Processor>| Some(local.up()?.component.as_ref()?.decided);
    decided(moved.before).is_some() && decided(moved.before) < decided(moved.after)
}

/// A command that becomes known to be decided is on the disks of all of the ring.
fn all_have_written(step: &Step<'_, Processor, Past>) -> bool {
    let id = step.moved.id;
    let seat = Seat {
        id,
        local: step.moved.after,
    };
    let (Some((_, members)), Some((_, log, component))) = (primary(seat), parts(seat)) else {
        return true;
    };
    members.iter().all(|member| {
        let written = step.before[usize::from(*member)].storage.as_ref();
        let written = written.map(|it| &it.log.commands);
        let mut decided = 0..component.decided as usize;
        decided.all(|at| written.and_then(|it| it.get(at)) == log.commands.get(at))
    })
}

fn is_entry(flight: &InFlight<'_>) -> bool {
    let Message::Regular(regular) = flight.msg else {
        return false;
    };
    match &regular.body {
        Body::Application(content) => matches!(content.payload, Payload::Entries(_)),
        Body::Copy(_) => false,
    }
}

/// One is in a primary component, another in a ring without a quorum.
fn is_a_minority(one: Seat<'_>, other: Seat<'_>) -> bool {
    let stops = |seat| {
        parts(seat).is_some_and(|(state, _, component)| {
            state.is_operational() && component.stage == Stage::Minority
        })
    };
    primary(one).is_some() && stops(other)
}
