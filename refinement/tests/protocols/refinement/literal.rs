//! Promises of Zab in forms that come to mind, or that are written down, and that are false: each is
//! violated by Zab itself. The true ones are in `models/src/zab/properties.rs`. And assumptions of Zab.

use super::mappings::{length, length_within};
use quorate_models::protocol::Protocol;
use quorate_models::replica::Consistency;
use quorate_models::script;
use quorate_models::system::claim::{Check, Condition, Seat};
use quorate_models::system::{Channels, System};
use quorate_models::with_clients::WithClients;
use quorate_models::with_clients::actor::{Packet, ServerOrClient};
use quorate_models::with_clients::history::History;
use quorate_models::with_clients::list::Operation;
use quorate_models::zab::ghost::Past;
use quorate_models::zab::mutants::Mutant;
use quorate_models::zab::poll::Vote;
use quorate_models::zab::properties::initial_histories_agree;
use quorate_models::zab::rules::Rules;
use quorate_models::zab::server::Timer;
use quorate_models::zab::state::{Persistent, Role};
use quorate_models::zab::{Server, Zab};
use quorate_refinement::engine::Limits;
use stateright::semantics::ConsistencyTester;

/// Three servers have accepted epoch 1. Its leader alone has a transaction; then all of them give up.
const SEED: &str = "
timeout 1 Lead
timeout 0 Follow(1)
timeout 2 Follow(1)
deliver 0->1 FollowerInfo
deliver 2->1 FollowerInfo
deliver 1->0 LeaderInfo
deliver 1->2 LeaderInfo
deliver 0->1 AckEpoch
deliver 2->1 AckEpoch
deliver 1->0 NewLeader
deliver 1->2 NewLeader
deliver 0->1 AckNewLeader
deliver 2->1 AckNewLeader
request 1
timeout 0 GiveUp
timeout 2 GiveUp
timeout 1 GiveUp
";

/// Two more epochs and one more break of a session follow.
fn seeded() -> System<Server, Past> {
    let mut system = Zab::configuration("three-epochs").system(None);
    for pool in &mut system.environment.timeouts {
        if pool.timers.contains(&Timer::GiveUp) {
            pool.times = Some(4);
        }
    }
    system.seed = Some(script::seed(SEED));
    system
}

/// A leader that has won its epoch has what was delivered of earlier epochs.
fn a_winner_has_what_was_delivered(seat: Seat<'_, Server>, past: &Past) -> bool {
    let Some((state, epoch)) = seat.up().and_then(|state| Some((state, state.leads()?))) else {
        return true;
    };
    let mut earlier = past.delivered.iter().filter(|txn| txn.zxid.epoch < epoch);
    earlier.all(|txn| state.history().contains(txn.zxid))
}

/// A promise arrives late: the epoch is won when a later one is established, by a leader that lacks what
/// was delivered meanwhile. Its follower is gone, so it never broadcasts.
#[test]
fn who_has_won_an_epoch_need_not_have_what_was_delivered() {
    let check = Check::Invariant(Condition::Each(a_winner_has_what_was_delivered));
    assert_eq!(length(seeded(), check), Some(13));
}

/// So the initial history of an epoch that was won need not begin that of a later one.
#[test]
fn an_epoch_that_is_not_established_need_not_begin_later_ones() {
    let check = Check::Step {
        when: |_| true,
        holds: |step| initial_histories_agree(step, |_, _| true),
    };
    assert_eq!(length(seeded(), check), Some(11));
}

/// Three servers elect a leader; every notification arrives, in any order, and a wait for a better vote may
/// end at any time.
fn electing() -> System<Server, Past> {
    let channels = Zab::configuration("election").channels;
    System {
        channels,
        ..Zab::configuration("election-and-broadcast").system(None)
    }
}

/// The number of steps after which a condition on two servers is false. A form that is true fails soon: the
/// whole graph has many more states.
fn false_after(holds: fn(Seat<'_, Server>, Seat<'_, Server>) -> bool) -> Option<usize> {
    let check = Check::Invariant(Condition::Pair(holds));
    let limits = Limits {
        states: Some(100_000),
        ..Limits::default()
    };
    length_within(electing(), check, limits)
}

fn leads(seat: Seat<'_, Server>) -> bool {
    seat.up().is_some_and(|state| state.leadership().is_some())
}

/// The round and the vote of a server that has decided.
fn decided(seat: Seat<'_, Server>) -> Option<(u32, Vote)> {
    let state = seat.up().filter(|state| state.role != Role::Looking)?;
    let poll = state.poll.as_ref()?;
    Some((poll.round, poll.vote))
}

fn of_two_leaders_of_one_round(one: Seat<'_, Server>, other: Seat<'_, Server>) -> bool {
    let round = |seat| decided(seat).map(|(round, _)| round);
    !(leads(one) && leads(other) && round(one) == round(other))
}

/// The vote of whoever leads is the best that there is: that of the other is no better.
fn leads_by_the_best_vote(leader: Seat<'_, Server>, other: Seat<'_, Server>) -> bool {
    let own = |seat: Seat<'_, Server>| {
        let persistent = &seat.up()?.persistent;
        Some(Vote {
            epoch: persistent.current_epoch,
            last: persistent.history.last(),
            leader: seat.id,
        })
    };
    !leads(leader) || own(other) <= own(leader)
}

/// Whoever follows another server has voted as that one, once both have decided.
fn follows_by_the_same_vote(follower: Seat<'_, Server>, leader: Seat<'_, Server>) -> bool {
    let follows = follower.up().is_some_and(
        |state| matches!(state.role, Role::Following { leader: it, .. } if it == leader.id),
    );
    let votes = decided(follower).zip(decided(leader));
    !follows || votes.is_none_or(|(one, other)| one == other)
}

/// An election that ends before every vote was heard decides little: two lead in one round, one leads whose
/// vote is not the best, and one follows a server that follows another. No safety leans on it, so nothing of
/// this is claimed; a quorum decides in discovery.
#[test]
fn an_election_chooses_neither_one_leader_nor_the_best() {
    assert_eq!(false_after(of_two_leaders_of_one_round), Some(6));
    assert_eq!(false_after(leads_by_the_best_vote), Some(3));
    assert_eq!(false_after(follows_by_the_same_vote), Some(4));
}

/// Zab leans on sessions: where lanes are first in, first out and a close ends nothing, an offer arrives
/// after the follower has left.
#[test]
fn without_sessions_a_message_arrives_that_cannot_come() {
    let mut claims = Zab::CLAIMS.iter();
    let runs = claims.find(|claim| claim.name == "No Server Stops");
    let check = &runs.expect("it is claimed").check;
    let with = Zab::configuration("stale-leader").system(None);
    assert_eq!(length(with, check.clone()), None);
    let without = System {
        channels: Channels::ordered(),
        sessions: None,
        ..Zab::configuration("stale-leader").system(None)
    };
    assert_eq!(length(without, check.clone()), Some(5));
}

/// Zab with clients that read so.
fn reads(consistency: Consistency) -> System<ServerOrClient<Server>, History> {
    let mut system = WithClients::<Zab>::configuration("reads").system(None);
    for request in &mut system.environment.requests {
        if let Packet::Begin { operation, .. } = request
            && matches!(operation, Operation::Read(_))
        {
            *operation = Operation::Read(consistency);
        }
    }
    system
}

/// *sync()* promises less: a leader that is deposed, and does not know it, answers by what it has
/// committed itself. ZOOKEEPER-1675, ZOOKEEPER-3600.
#[test]
fn a_read_after_sync_is_not_linearizable() {
    let linearizable = Check::Invariant(Condition::Ghost(|history: &History| {
        history.is_consistent()
    }));
    let violated = |consistency| length(reads(consistency), linearizable.clone());
    assert_eq!(violated(Consistency::Linearizable), None);
    assert_eq!(violated(Consistency::Synced), Some(19));
    assert_eq!(violated(Consistency::Local), Some(9));
}

/// Zab whose servers write otherwise what changes on their disks.
fn writing(configuration: &str, mutate: fn(&mut Rules)) -> System<Server, Past> {
    let mutant = Mutant {
        mutate,
        ..Zab::MUTANTS[0]
    };
    Zab::configuration(configuration).system(Some(&mutant))
}

/// The steps after which a claim is violated.
fn violated(configuration: &str, mutate: fn(&mut Rules), name: &str) -> Option<usize> {
    let mut claims = Zab::CLAIMS.iter();
    let claim = claims.find(|claim| claim.name == name);
    let check = claim.expect("it is claimed").check.clone();
    length(writing(configuration, mutate), check)
}

/// The history, and then the epoch.
fn history_first(rules: &mut Rules) {
    rules.writes = |before, after| {
        let history = Persistent {
            current_epoch: before.current_epoch,
            ..after.clone()
        };
        match history == *before || history == *after {
            true => vec![after.clone()],
            false => vec![history, after.clone()],
        }
    };
}

/// The epoch, and then the history.
fn epoch_first(rules: &mut Rules) {
    rules.writes = |before, after| {
        let epoch = Persistent {
            history: before.history.clone(),
            ..after.clone()
        };
        match epoch == *before || epoch == *after {
            true => vec![after.clone()],
            false => vec![epoch, after.clone()],
        }
    };
}

/// An assumption of ZooKeeper where a server that was synchronized writes its history (a snapshot, or what
/// follows a truncation) and the file of its epoch apart: the history is synced before the epoch is written
/// and NEWLEADER acknowledged. Then nothing is lost. The last transaction may be of a later epoch than the
/// current one, though; with one record alone it never is. If the epoch reaches the disk first, because the
/// history is not synced, a crash between the two writes loses what was delivered. If the acknowledgement
/// leaves first, a crash loses what is being delivered. ZOOKEEPER-4643, ZOOKEEPER-4785, ZOOKEEPER-3911.
#[test]
fn nothing_is_lost_where_the_history_is_synced_before_the_epoch() {
    const LOSSES: [&str; 2] = [
        "Nothing Delivered Is Truncated",
        "A Quorum Holds What Is Delivered",
    ];
    for (configuration, loss) in ["durability", "handover"]
        .iter()
        .flat_map(|configuration| LOSSES.map(|loss| (*configuration, loss)))
    {
        assert_eq!(
            violated(configuration, history_first, loss),
            None,
            "{configuration}"
        );
    }
    let ordered = "Epochs Are Ordered";
    assert_eq!(violated("durability", history_first, ordered), Some(20));
    assert_eq!(violated("handover", epoch_first, LOSSES[0]), Some(21));
}
