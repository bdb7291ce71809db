//! The promises to clients, and the witnesses that they are put to the test.

use super::actor::Packet;
use super::history::{Event, History, event};
use super::list::Operation;
use super::server::decided;
use super::{ActorOf, Served};
use crate::client::Answer;
use crate::replica::Replica;
use crate::system::claim::{Check, Claim, Condition, Seat};
use crate::system::{Action, Move, Step};
use stateright::semantics::ConsistencyTester;
use std::collections::BTreeSet;

/// Every claim.
pub(super) const fn claims<P: Served>() -> [Claim<ActorOf<P>, History>; 9] {
    [
        Claim::new(
            "Linearizability",
            "Raft §8; Herlihy and Wing",
            "A Client Begins After the Other's Answer",
            Check::Invariant(Condition::Ghost(is_linearizable)),
        ),
        Claim::new(
            "Exactly Once",
            "Raft §8",
            "An Executed Request Arrives",
            Check::Move(exactly_once::<P>),
        ),
        Claim::new(
            "No Server Stops",
            "ours",
            "Two Servers Execute",
            Check::Invariant(Condition::Each(runs::<P>)),
        ),
        step_witness::<P>(
            "A Client Begins After the Other's Answer",
            begins::<P>,
            follows_the_others_answer::<P>,
        ),
        step_witness::<P>(
            "An Executed Request Arrives",
            is_asked_for_what_it_executed::<P>,
            |_| true,
        ),
        Claim::witness(
            "A Request Is Decided Twice",
            Condition::Each(is_decided_twice::<P>),
        ),
        step_witness::<P>(
            "A Read Is Not Ordered",
            reads_what_one_server_has_executed::<P>,
            |_| true,
        ),
        Claim::witness("A Client Asks Again", Condition::Each(asks_again::<P>)),
        Claim::witness(
            "Two Servers Execute",
            Condition::Pair(two_servers_execute::<P>),
        ),
    ]
}

const fn step_witness<P: Served>(
    name: &'static str,
    when: fn(&Move<'_, ActorOf<P>>) -> bool,
    shows: fn(&Step<'_, ActorOf<P>, History>) -> bool,
) -> Claim<ActorOf<P>, History> {
    Claim {
        name,
        source: "ours",
        witness: None,
        check: Check::StepWitness { when, shows },
    }
}

fn is_linearizable(history: &History) -> bool {
    history.is_consistent()
}

/// A server executes nothing twice, and a client whose append is answered has had it executed.
fn exactly_once<P: Served>(moved: &Move<'_, ActorOf<P>>) -> bool {
    let served = moved.after.up().and_then(|state| state.server());
    let at_most_once = served.is_none_or(|served| served.list().is_distinct());
    let executed = match event::<P>(moved) {
        Some(Event::Answered(Operation::Append(letter), list)) => list.count(letter) == 1,
        _ => true,
    };
    at_most_once && executed
}

/// No server has seen that safety is already lost.
fn runs<P: Served>(seat: Seat<'_, ActorOf<P>>, _: &History) -> bool {
    let served = seat.up().and_then(|state| state.server());
    served.is_none_or(|served| P::Actor::stopped(&served.replica).is_none())
}

/// An append arrives at a server that has executed it.
fn is_asked_for_what_it_executed<P: Served>(moved: &Move<'_, ActorOf<P>>) -> bool {
    let served = moved.before.up().and_then(|state| state.server());
    let (Some(served), Action::Deliver(envelope)) = (served, moved.action) else {
        return false;
    };
    match &envelope.msg {
        Packet::Request(request) => match request.operation {
            Operation::Append(letter) => 0 < served.list().count(letter),
            Operation::Read(_) => false,
        },
        _ => false,
    }
}

/// A client is answered by what one server has executed.
fn reads_what_one_server_has_executed<P: Served>(moved: &Move<'_, ActorOf<P>>) -> bool {
    let Action::Deliver(envelope) = moved.action else {
        return false;
    };
    let is_read = match &envelope.msg {
        Packet::Reply(reply) => matches!(reply.answer, Answer::Read(_)),
        _ => false,
    };
    is_read && matches!(event::<P>(moved), Some(Event::Answered(..)))
}

fn begins<P: Served>(moved: &Move<'_, ActorOf<P>>) -> bool {
    matches!(event::<P>(moved), Some(Event::Begins(_)))
}

/// It is the client's first operation, nobody waits for an answer, and there was one.
fn follows_the_others_answer<P: Served>(step: &Step<'_, ActorOf<P>, History>) -> bool {
    let mut clients = step.before.iter().filter_map(|local| local.up()?.client());
    let begun = step.moved.before.up().and_then(|state| state.client());
    begun.is_some_and(|client| client.begun() == 0)
        && 0 < step.ghost_before.len()
        && clients.all(|client| client.open().is_none())
}

fn is_decided_twice<P: Served>(seat: Seat<'_, ActorOf<P>>, _: &History) -> bool {
    let Some(served) = seat.up().and_then(|state| state.server()) else {
        return false;
    };
    let (mut cursor, mut names) = (<P::Actor as Replica>::Cursor::default(), BTreeSet::new());
    while let Some(delivery) = P::Actor::next(&served.replica, &mut cursor) {
        if let Some(request) = decided(delivery)
            && !names.insert((request.client, request.number))
        {
            return true;
        }
    }
    false
}

fn asks_again<P: Served>(seat: Seat<'_, ActorOf<P>>, _: &History) -> bool {
    let client = seat.up().and_then(|state| state.client());
    client.is_some_and(|client| client.is_repeated())
}

fn two_servers_execute<P: Served>(one: Seat<'_, ActorOf<P>>, other: Seat<'_, ActorOf<P>>) -> bool {
    let has_executed = |seat: Seat<'_, ActorOf<P>>| {
        let served = seat.up().and_then(|state| state.server());
        served.is_some_and(|served| !served.list().is_empty())
    };
    has_executed(one) && has_executed(other)
}
