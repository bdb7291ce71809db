//! Claims about the good period, of every set of processors that live on: they come to be in one ring,
//! without the others, it stays, and what was queued is delivered.

use super::super::ghost::Past;
use super::super::processor::Processor;
use super::super::state::{Phase, RingId, State};
use super::Claim;
use crate::system::claim::{Check, Condition, InPeriod, Run};
use crate::system::{LocalOf, Move};
use stateright::actor::Id;

pub(super) const ONE_RING_SETTLES: Claim = claim(
    "One Ring Settles",
    "Totem, Termination",
    InPeriod::Fair(Run::Settles(are_in_one_ring)),
);

pub(super) const MEMBERS_STAY_TOGETHER: Claim = claim(
    "EVS 2.2 Members Stay Together",
    "EVS 2.2",
    InPeriod::Fair(Run::Settles(members_are_together)),
);

pub(super) const RECOVERIES_END: Claim = Claim {
    name: "Recoveries End",
    source: "Totem, Termination",
    witness: Some("A Recovery in the Good Period"),
    check: Check::InPeriod(InPeriod::Fair(Run::LeadsTo(is_recovery, is_no_recovery))),
};

pub(super) const EVERYTHING_IS_DELIVERED: Claim = Claim {
    name: "Everything Is Delivered",
    source: "Totem, Reliable Delivery",
    witness: Some("Something Is Queued in the Good Period"),
    check: Check::InPeriod(InPeriod::Fair(Run::Settles(everything_is_delivered))),
};

pub(super) const ONE_RING_CAN_SETTLE: Claim = claim(
    "One Ring Can Settle",
    "Totem, Termination",
    InPeriod::Reach(are_in_one_ring),
);

pub(super) const EVERYTHING_CAN_BE_DELIVERED: Claim = Claim {
    name: "Everything Can Be Delivered",
    source: "Totem, Reliable Delivery",
    witness: Some("Something Is Queued in the Good Period"),
    check: Check::InPeriod(InPeriod::Reach(everything_is_delivered)),
};

pub(super) const ONE_RING_WITHIN_10_TICKS: Claim = claim(
    "One Ring within 10 Ticks",
    "ours",
    InPeriod::Within(Run::Settles(are_in_one_ring), 10),
);

pub(super) const ONE_RING_WITHIN_20_TICKS: Claim = claim(
    "One Ring within 20 Ticks",
    "ours",
    InPeriod::Within(Run::Settles(are_in_one_ring), 20),
);

pub(super) const OTHERS_WITHIN_A_TICK: Claim = claim(
    "The Others Are in a Ring within 1 Tick",
    "corosync, Leave",
    InPeriod::Within(Run::Settles(are_in_one_ring), 1),
);

pub(super) const AT_MOST_SEVEN_RINGS: Claim = claim(
    "At Most Seven Rings",
    "ours",
    InPeriod::AtMost {
        times: 7,
        event: forms_a_ring,
    },
);

pub(super) const NO_RING: Claim = witness(
    "No Ring in the Good Period",
    Condition::Cluster(|locals, _| !are_in_one_ring(locals, &Past::default())),
);

pub(super) const A_RECOVERY: Claim = witness(
    "A Recovery in the Good Period",
    Condition::Cluster(|locals, _| is_recovery(locals, &Past::default())),
);

pub(super) const SOMETHING_IS_QUEUED: Claim = witness(
    "Something Is Queued in the Good Period",
    Condition::Cluster(|locals, _| good(locals).any(|(_, state)| !state.queue.is_empty())),
);

pub(super) const LIVELOCK: Claim = Claim {
    name: "A Livelock without One Ring",
    source: "ours",
    witness: None,
    check: Check::InPeriod(InPeriod::Livelock(are_in_one_ring)),
};

pub(super) const IS_EXCLUDED: Claim = witness(
    "A Ring without Someone Good",
    Condition::Cluster(|locals, _| {
        let rings = good(locals).filter(|(_, state)| state.is_operational());
        rings.into_iter().any(|(_, state)| {
            let is_member = |id: Id| state.installed.ring.members.contains(&id);
            1 < state.installed.ring.members.len() && good(locals).any(|(id, _)| !is_member(id))
        })
    }),
);

pub(super) const WAITS_FOR_THE_WINDOW: Claim = witness(
    "A Message Waits for the Window in the Good Period",
    Condition::Cluster(|locals, _| {
        let mut flows = good(locals).map(|(_, state)| state.installed.ring.turn.flow);
        flows.any(|flow| flow.sent == 0 && 0 < flow.waiting)
    }),
);

const fn claim(
    name: &'static str,
    source: &'static str,
    claim: InPeriod<Processor, Past>,
) -> Claim {
    Claim {
        name,
        source,
        witness: Some("No Ring in the Good Period"),
        check: Check::InPeriod(claim),
    }
}

const fn witness(name: &'static str, condition: Condition<Processor, Past>) -> Claim {
    Claim {
        name,
        source: "ours",
        witness: None,
        check: Check::InPeriod(InPeriod::Witness(condition)),
    }
}

pub(super) type Locals<'a> = &'a [&'a LocalOf<Processor>];

/// The good processors that have not left.
pub(super) fn good<'a>(locals: Locals<'a>) -> impl Iterator<Item = (Id, &'a State)> + Clone {
    let locals = locals.iter().enumerate();
    let up = locals.filter_map(|(id, local)| Some((id.into(), local.up()?)));
    up.filter(|(_, state): &(Id, &State)| !state.is_gone())
}

/// The ring that a processor is in and orders messages in.
fn ring(state: &State) -> Option<RingId> {
    state.is_operational().then_some(state.installed.ring.id)
}

/// The good ones are in one ring, which is theirs alone; or all of them have left.
pub(super) fn are_in_one_ring(locals: Locals<'_>, _: &Past) -> bool {
    let members: Vec<Id> = good(locals).map(|(id, _)| id).collect();
    let first = good(locals).next().and_then(|(_, state)| ring(state));
    let is_in = |state: &State| ring(state) == first && state.installed.ring.members == members;
    (first.is_some() || members.is_empty()) && good(locals).all(|(_, state)| is_in(state))
}

/// A processor in a ring is there with all of its members.
fn members_are_together(locals: Locals<'_>, _: &Past) -> bool {
    let is_in = |member: &Id, id: RingId| {
        let state = good(locals).find(|(id, _)| id == member);
        state.and_then(|(_, state)| ring(state)) == Some(id)
    };
    good(locals).all(|(_, state)| {
        let mut members = state.installed.ring.members.iter();
        ring(state).is_some_and(|id| members.all(|member| is_in(member, id)))
    })
}

fn is_recovery(locals: Locals<'_>, _: &Past) -> bool {
    good(locals).any(|(_, state)| matches!(state.phase, Phase::Recovery(_)))
}

fn is_no_recovery(locals: Locals<'_>, past: &Past) -> bool {
    !is_recovery(locals, past)
}

/// They are in one ring, nothing is queued, and everyone has delivered all that someone holds.
fn everything_is_delivered(locals: Locals<'_>, past: &Past) -> bool {
    let last = good(locals).map(|(_, state)| state.installed.ring.store.last());
    let last = last.max();
    let is_done = |state: &State| state.queue.is_empty() && Some(state.installed.delivered) == last;
    are_in_one_ring(locals, past) && good(locals).all(|(_, state)| is_done(state))
}

/// A processor forms a ring.
fn forms_a_ring(moved: &Move<'_, Processor>) -> bool {
    let ring = |local: &LocalOf<Processor>| local.up().map(|state| state.ring);
    let after = ring(moved.after).filter(|ring| ring.representative == moved.id);
    after.is_some() && ring(moved.before) != after
}
