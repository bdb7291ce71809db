//! Claims about the good period: that there is a leader whom all follow, that it stays, and that the
//! histories agree in the end. Those who are not good are down, or silent.

use super::{Claim, both_up};
use crate::system::LocalOf;
use crate::system::claim::{Check, Condition, InPeriod, Run};
use crate::zab::ghost::{Past, won};
use crate::zab::server::Server;
use crate::zab::state::{FollowerPhase, Role, State};
use stateright::actor::Id;

pub(super) const A_LEADER_IS_ALWAYS_ESTABLISHED: Claim = claim(
    "A Leader Is Always Established",
    "Zab, Phase 2",
    InPeriod::Fair(Run::Again(a_leader_is_there)),
);

pub(super) const A_LEADER_SETTLES: Claim = claim(
    "A Leader Settles",
    "Zab, Phase 3",
    InPeriod::Fair(Run::Settles(a_leader_is_settled)),
);

pub(super) const FOLLOWERS_SYNCHRONIZE: Claim = Claim {
    name: "Followers Synchronize",
    source: "Zab, Phase 2",
    witness: Some("A Leader Waits for a Follower"),
    check: Check::InPeriod(InPeriod::Fair(Run::LeadsTo(
        a_leader_waits_for_a_follower,
        a_leader_is_settled,
    ))),
};

pub(super) const A_PROPOSAL_IS_COMMITTED: Claim = Claim {
    name: "A Proposal Is Committed",
    source: "Zab, Phase 3",
    witness: Some("A Settled Leader Holds a Transaction"),
    check: Check::InPeriod(InPeriod::Fair(Run::LeadsTo(
        a_settled_leader_holds_a_transaction,
        its_history_is_delivered,
    ))),
};

pub(super) const HISTORIES_CONVERGE: Claim = Claim {
    name: "Histories Converge",
    source: "Zab, Agreement",
    witness: Some("A Settled Leader Holds a Transaction"),
    check: Check::InPeriod(InPeriod::Fair(Run::Settles(histories_have_converged))),
};

pub(super) const A_LEADER_CAN_SETTLE: Claim = claim(
    "A Leader Can Settle",
    "Zab, Phase 3",
    InPeriod::Reach(a_leader_is_settled),
);

pub(super) const HISTORIES_CAN_CONVERGE: Claim = Claim {
    name: "Histories Can Converge",
    source: "Zab, Agreement",
    witness: Some("A Settled Leader Holds a Transaction"),
    check: Check::InPeriod(InPeriod::Reach(histories_have_converged)),
};

pub(super) const A_LEADER_WITHIN_12_TICKS: Claim = claim(
    "A Leader within 12 Ticks",
    "ours",
    InPeriod::Within(Run::Settles(a_leader_is_settled), 12),
);

pub(super) const AT_MOST_THREE_EPOCHS: Claim = claim(
    "At Most Three Epochs",
    "ours",
    InPeriod::AtMost {
        times: 3,
        event: |moved| won(moved).is_some(),
    },
);

pub(super) const A_LEAVE_IS_HEARD: Claim = Claim {
    name: "A Leave Is Heard without a Tick",
    source: "ZooKeeper, Leader.shutdown",
    witness: Some(FOLLOWS_WHO_LEFT),
    check: Check::InPeriod(InPeriod::Within(
        Run::LeadsTo(a_server_follows_who_left, nobody_follows_who_left),
        0,
    )),
};

pub(super) const THE_OTHERS_LEAD: Claim = Claim {
    name: "The Others Have a Leader within 2 Ticks",
    check: Check::InPeriod(InPeriod::Within(
        Run::LeadsTo(a_server_follows_who_left, a_leader_is_settled),
        2,
    )),
    ..A_LEAVE_IS_HEARD
};

const FOLLOWS_WHO_LEFT: &str = "A Server Follows Who Left";

pub(super) const A_SERVER_FOLLOWS_WHO_LEFT: Claim = witness(
    FOLLOWS_WHO_LEFT,
    Condition::Cluster(a_server_follows_who_left),
);

pub(super) const NO_LEADER: Claim = witness(
    "No Leader in the Good Period",
    Condition::Cluster(|locals, past| !a_leader_is_there(locals, past)),
);

pub(super) const A_LEADER_WAITS: Claim = witness(
    "A Leader Waits for a Follower",
    Condition::Cluster(a_leader_waits_for_a_follower),
);

pub(super) const DIVERGED_HISTORIES: Claim = witness(
    "Histories Diverge in the Good Period",
    Condition::Pair(|one, other| {
        both_up(one, other).is_some_and(|(one, other)| one.history() != other.history())
    }),
);

pub(super) const A_SETTLED_TRANSACTION: Claim = witness(
    "A Settled Leader Holds a Transaction",
    Condition::Cluster(a_settled_leader_holds_a_transaction),
);

const fn claim(name: &'static str, source: &'static str, claim: InPeriod<Server, Past>) -> Claim {
    Claim {
        name,
        source,
        witness: Some("No Leader in the Good Period"),
        check: Check::InPeriod(claim),
    }
}

const fn witness(name: &'static str, condition: Condition<Server, Past>) -> Claim {
    Claim {
        name,
        source: "ours",
        witness: None,
        check: Check::InPeriod(InPeriod::Witness(condition)),
    }
}

type Locals<'a> = &'a [&'a LocalOf<Server>];

/// The good servers that have not left.
fn good<'a>(locals: Locals<'a>) -> impl Iterator<Item = (Id, &'a State)> + Clone {
    let locals = locals.iter().enumerate();
    let up = locals.filter_map(|(id, local)| Some((id.into(), local.up()?)));
    up.filter(|(_, state)| state.role != Role::Gone)
}

fn a_server_follows_who_left(locals: Locals<'_>, _: &Past) -> bool {
    let has_left = |id: Id| {
        let state = locals[usize::from(id)].up();
        state.is_some_and(|state| state.role == Role::Gone)
    };
    good(locals).any(|(_, state)| match state.role {
        Role::Following { leader, .. } => has_left(leader),
        _ => false,
    })
}

fn nobody_follows_who_left(locals: Locals<'_>, past: &Past) -> bool {
    !a_server_follows_who_left(locals, past)
}

/// Whether a server leads, and broadcasts.
fn is_established(state: &State) -> bool {
    state.leadership().and(state.broadcasts()).is_some()
}

fn a_leader_is_there(locals: Locals<'_>, _: &Past) -> bool {
    good(locals).any(|(_, state)| is_established(state))
}

/// An established leader that everyone else follows, and that has synchronized them.
fn settled_leader<'a>(locals: Locals<'a>) -> Option<&'a State> {
    let (leader, state) = good(locals).find(|(_, state)| is_established(state))?;
    let follows =
        |(id, other): (Id, &State)| id == leader || other.follows(leader, FollowerPhase::Broadcast);
    good(locals).all(follows).then_some(state)
}

fn a_leader_is_settled(locals: Locals<'_>, _: &Past) -> bool {
    settled_leader(locals).is_some()
}

/// A leader broadcasts, and someone follows it who is not synchronized.
fn a_leader_waits_for_a_follower(locals: Locals<'_>, past: &Past) -> bool {
    a_leader_is_there(locals, past) && !a_leader_is_settled(locals, past)
}

fn a_settled_leader_holds_a_transaction(locals: Locals<'_>, _: &Past) -> bool {
    settled_leader(locals).is_some_and(|leader| !leader.history().is_empty())
}

/// Everyone has delivered the whole history of the settled leader.
fn its_history_is_delivered(locals: Locals<'_>, _: &Past) -> bool {
    settled_leader(locals).is_some_and(|leader| {
        let last = leader.history().last();
        good(locals).all(|(_, state)| state.committed == last)
    })
}

/// Everyone has the same history, and has delivered all of it.
fn histories_have_converged(locals: Locals<'_>, _: &Past) -> bool {
    let Some((_, first)) = good(locals).next() else {
        return true;
    };
    good(locals).all(|(_, state)| {
        state.history() == first.history() && state.committed == state.history().last()
    })
}
