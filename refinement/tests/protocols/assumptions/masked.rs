//! Mistakes that Zab's servers could make, and that violate nothing here: something else finds each out, or
//! makes up for it. They are no mutants, since nothing kills them. Two more need no search of their own: a
//! leader that does not look whether it has what a follower acknowledges, and a follower that does not look
//! whether a proposal follows its history, would see nothing else, since *No Server Stops* holds wherever it
//! is claimed.

use super::violates_nothing;
use quorate_models::protocol::Protocol;
use quorate_models::zab::Zab;

/// A follower that has promised a later epoch refuses one that is not after it, and the leader gives up in
/// the end: that costs time alone.
#[test]
fn who_chooses_an_epoch_after_its_own_promise_alone_is_refused() {
    violates_nothing::<Zab>(
        |rules| rules.highest = |highest, _| highest,
        &["stale-leader", "primary-order"],
    );
}

/// A server that follows one that others follow, and that is gone, gives it up as soon as they do.
/// ZooKeeper, checkLeader.
#[test]
fn who_believes_followers_of_a_leader_that_is_silent_gives_it_up_with_them() {
    violates_nothing::<Zab>(
        |rules| rules.leads = |_, _| true,
        &["live-election", "live-loss", "live-crash"],
    );
}

/// A follower that is told at joining that what it has acknowledged is committed is right: with its leader it
/// is a quorum of three. What was committed before it joined, and is not in its history, it is told later,
/// since a commit is of all up to it.
#[test]
fn who_is_told_its_own_acknowledgement_at_joining_is_told_of_commits_later() {
    violates_nothing::<Zab>(
        |rules| rules.told_at_joining = |_, last| last,
        &["broadcast", "primary-order"],
    );
}

/// With three servers a leader and one that holds its history are a quorum, and whoever has won an epoch
/// without it had the promise of one of them, which got it later. With five it is a mutant
/// (`holders-have-accepted`).
#[test]
fn who_counts_holders_of_a_history_as_acceptors_loses_nothing_among_three() {
    violates_nothing::<Zab>(
        Zab::mutant("holders-have-accepted").mutate,
        &["stale-leader", "primary-order", "abandoned-branch"],
    );
}
