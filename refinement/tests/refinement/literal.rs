//! Promises of Zab in forms that come to mind, or that are written down, and that are false: each is
//! violated by Zab itself. What is claimed instead is in `models/src/zab/properties.rs`. And what Zab
//! leans on.

use super::mappings::length;
use quorate_models::protocol::Protocol;
use quorate_models::script;
use quorate_models::system::claim::{Check, Condition, Seat};
use quorate_models::system::{Channels, System};
use quorate_models::zab::ghost::Past;
use quorate_models::zab::properties::initial_histories_agree;
use quorate_models::zab::server::Timer;
use quorate_models::zab::{Server, Zab};

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
