//! Claims about the good period: that there is a leader, that it stays, and that the logs agree in
//! the end. None of it is in the paper as a property; Raft §5.2 and §5.6 say when a leader can be
//! expected. Those who are not good are down.

use super::{Claim, both_up, logs_diverge};
use crate::raft::ghost::Past;
use crate::raft::log::Index;
use crate::raft::server::{Server, Timer};
use crate::raft::state::{Role, State};
use crate::system::claim::{Check, Condition, Flight, InPeriod, Run};
use crate::system::{Action, LocalOf, Move};
use stateright::actor::Id;

pub(super) const A_LEADER_IS_ALWAYS_ELECTED: Claim = claim(
    "A Leader Is Always Elected",
    "Raft §5.2",
    InPeriod::Fair(Run::Again(a_leader_is_there)),
);

pub(super) const A_LEADER_SETTLES: Claim = claim(
    "A Leader Settles",
    "Raft §5.2, §5.6",
    InPeriod::Fair(Run::Settles(a_leader_is_settled)),
);

pub(super) const A_SETTLED_LEADER_COMMITS: Claim = Claim {
    name: "A Settled Leader Commits",
    source: "Raft §5.3",
    witness: Some("A Settled Leader Holds a Command"),
    check: Check::InPeriod(InPeriod::Fair(Run::LeadsTo(
        a_settled_leader_holds_a_command,
        its_log_is_committed,
    ))),
};

pub(super) const LOGS_CONVERGE: Claim = of_logs(
    "Logs Converge",
    "Raft §5.3",
    InPeriod::Fair(Run::Settles(logs_have_converged)),
);

pub(super) const A_LEADER_CAN_SETTLE: Claim = claim(
    "A Leader Can Settle",
    "Raft §5.2",
    InPeriod::Reach(a_leader_is_settled),
);

pub(super) const LOGS_CAN_CONVERGE: Claim = of_logs(
    "Logs Can Converge",
    "Raft §5.3",
    InPeriod::Reach(logs_have_converged),
);

pub(super) const A_LEADER_WITHIN_6_TICKS: Claim = claim(
    "A Leader within 6 Ticks",
    "ours",
    InPeriod::Within(Run::Settles(a_leader_is_settled), 6),
);

pub(super) const CONVERGED_WITHIN_8_TICKS: Claim = of_logs(
    "Converged within 8 Ticks",
    "ours",
    InPeriod::Within(Run::Settles(logs_have_converged), 8),
);

pub(super) const COMMITTED_WITHIN_4_TICKS: Claim = Claim {
    name: "Committed within 4 Ticks",
    check: Check::InPeriod(InPeriod::Within(
        Run::LeadsTo(a_settled_leader_holds_a_command, its_log_is_committed),
        4,
    )),
    ..A_SETTLED_LEADER_COMMITS
};

pub(super) const A_LEADER_WITHIN_7_TICKS: Claim = claim(
    "A Leader within 7 Ticks",
    "ours",
    InPeriod::Within(Run::Settles(a_leader_is_settled), 7),
);

pub(super) const CONVERGED_WITHIN_10_TICKS: Claim = of_logs(
    "Converged within 10 Ticks",
    "ours",
    InPeriod::Within(Run::Settles(logs_have_converged), 10),
);

pub(super) const AT_MOST_FOUR_ELECTIONS: Claim = claim(
    "At Most Four Elections",
    "ours",
    InPeriod::AtMost {
        times: 4,
        event: an_election_begins,
    },
);

pub(super) const A_LEADER_WITHIN_10_TICKS: Claim = claim(
    "A Leader within 10 Ticks",
    "ours",
    InPeriod::Within(Run::Settles(a_leader_is_settled), 10),
);

pub(super) const AT_MOST_SEVEN_ELECTIONS: Claim = claim(
    "At Most Seven Elections",
    "ours",
    InPeriod::AtMost {
        times: 7,
        event: an_election_begins,
    },
);

pub(super) const A_LEADER_WITHOUT_A_TICK: Claim = claim(
    "A Leader without a Tick",
    "Raft thesis §3.10",
    InPeriod::Within(Run::Settles(a_leader_is_settled), 0),
);

pub(super) const A_TRANSFER_ENDS: Claim = Claim {
    name: "A Transfer Ends",
    source: "Raft thesis §3.10",
    witness: Some("A Leader Transfers in the Good Period"),
    check: Check::InPeriod(InPeriod::Fair(Run::LeadsTo(
        a_leader_transfers,
        no_leader_transfers,
    ))),
};

pub(super) const A_TRANSFER: Claim = witness(
    "A Leader Transfers in the Good Period",
    Condition::Cluster(a_leader_transfers),
);

pub(super) const NO_LEADER: Claim = witness(
    "No Leader in the Good Period",
    Condition::Cluster(|locals, past| !a_leader_is_there(locals, past)),
);

pub(super) const NOT_CONVERGED: Claim = witness(
    "Logs Have Not Converged in the Good Period",
    Condition::Cluster(|locals, past| !logs_have_converged(locals, past)),
);

pub(super) const A_SPLIT_VOTE: Claim = witness(
    "A Vote Is Split in the Good Period",
    Condition::Pair(super::a_vote_is_split),
);

pub(super) const DIVERGED_LOGS: Claim = witness(
    "Logs Diverge in the Good Period",
    Condition::Pair(|one, other| {
        both_up(one, other).is_some_and(|(one, other)| logs_diverge(one.log(), other.log()))
    }),
);

pub(super) const AN_OLD_MESSAGE: Claim = witness(
    "An Old Term's Message in the Good Period",
    Condition::Flight(a_message_is_of_an_old_term),
);

pub(super) const A_SETTLED_COMMAND: Claim = witness(
    "A Settled Leader Holds a Command",
    Condition::Cluster(a_settled_leader_holds_a_command),
);

/// A claim whose premise is that there is no leader.
const fn claim(name: &'static str, source: &'static str, of: InPeriod<Server, Past>) -> Claim {
    let witness = Some("No Leader in the Good Period");
    let check = Check::InPeriod(of);
    Claim {
        name,
        source,
        witness,
        check,
    }
}

/// A claim whose premise is that logs do not agree.
const fn of_logs(name: &'static str, source: &'static str, of: InPeriod<Server, Past>) -> Claim {
    let witness = Some("Logs Have Not Converged in the Good Period");
    let check = Check::InPeriod(of);
    Claim {
        name,
        source,
        witness,
        check,
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

/// The good servers.
fn good<'a>(locals: Locals<'a>) -> impl Iterator<Item = (Id, &'a State)> + Clone {
    let locals = locals.iter().enumerate();
    locals.filter_map(|(id, local)| Some((id.into(), local.up()?)))
}

fn a_leader_is_there(locals: Locals<'_>, _: &Past) -> bool {
    good(locals).any(|(_, state)| state.is_leader())
}

/// A leader takes no commands, because it is to stop.
fn a_leader_transfers(locals: Locals<'_>, _: &Past) -> bool {
    good(locals).any(|(_, state)| state.transfers())
}

fn no_leader_transfers(locals: Locals<'_>, past: &Past) -> bool {
    !a_leader_transfers(locals, past)
}

/// A leader whose term everyone is in, and whom everyone else follows.
fn settled_leader<'a>(locals: Locals<'a>) -> Option<&'a State> {
    let (leader, state) = good(locals).find(|(_, state)| state.is_leader())?;
    let follows = |(id, other): (Id, &State)| {
        let its_leader = match other.role {
            Role::Follower { leader } => leader,
            _ => None,
        };
        other.term() == state.term() && (id == leader || its_leader == Some(leader))
    };
    good(locals).all(follows).then_some(state)
}

fn a_leader_is_settled(locals: Locals<'_>, _: &Past) -> bool {
    settled_leader(locals).is_some()
}

fn a_settled_leader_holds_a_command(locals: Locals<'_>, _: &Past) -> bool {
    settled_leader(locals).is_some_and(|leader| {
        let mut entries = leader.log().entries_after(Index(0));
        entries.any(|entry| entry.payload.command().is_some())
    })
}

/// Everyone has committed the whole log of the settled leader.
fn its_log_is_committed(locals: Locals<'_>, _: &Past) -> bool {
    settled_leader(locals).is_some_and(|leader| {
        let last = leader.log().last_index();
        good(locals).all(|(_, state)| last <= state.commit_index)
    })
}

/// Everyone has the same log, and has committed all of it.
fn logs_have_converged(locals: Locals<'_>, _: &Past) -> bool {
    let Some((_, first)) = good(locals).next() else {
        return true;
    };
    good(locals).all(|(_, state)| {
        state.log() == first.log() && state.commit_index == state.log().last_index()
    })
}

fn an_election_begins(moved: &Move<'_, Server>) -> bool {
    matches!(moved.action, Action::Timeout(_, Timer::Election))
}

fn a_message_is_of_an_old_term(flight: &Flight<'_, Server>) -> bool {
    let receiver = flight.receiver.and_then(|local| local.up());
    receiver.is_some_and(|state| flight.msg.term() < state.term())
}
