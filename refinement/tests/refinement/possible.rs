//! A node drops what no participant can have sent: nothing that is sent in a search is of that kind.

use quorate_models::protocol::Protocol;
use quorate_models::raft::Raft;
use quorate_models::replica::Replica;
use quorate_models::system::Participant;
use quorate_models::system::claim::{Check, Claim, Condition, Flight};
use quorate_models::totem::Totem;
use quorate_models::zab::Zab;
use quorate_models::zab_on_fifo::ZabOnFifo;
use quorate_refinement::engine::{Options, Progress, Verdict, explore};
use std::sync::Arc;

/// No configuration here has more participants.
const PARTICIPANTS_MAX: usize = 5;

fn is_possible<A: Participant + Replica>(flight: &Flight<'_, A>) -> bool {
    let receiver = flight.receiver.and_then(|local| local.up());
    flight.sender.is_none()
        || receiver.is_none_or(|state| A::is_possible(state, flight.msg, PARTICIPANTS_MAX))
}

fn everything_that_is_sent_is_possible<P: Protocol<Actor: Replica>>(names: &[&str]) {
    for name in names {
        let mut system = P::configuration(name).system(None);
        let check = Check::Invariant(Condition::Flight(is_possible));
        system.claims = vec![Claim::new("Possible", "ours", "", check)];
        let report = explore(&Arc::new(system), &Options::default(), &Progress::default());
        assert_eq!(report.findings[0].verdict, Verdict::Holds, "{name}");
    }
}

#[test]
fn everything_that_raft_sends_is_possible() {
    let names = [
        "crash",
        "heartbeats",
        "refusals",
        "windows",
        "commit-four",
        "live-loss",
    ];
    everything_that_is_sent_is_possible::<Raft>(&names);
}

#[test]
fn everything_that_zab_sends_is_possible() {
    let names = [
        "election",
        "election-and-broadcast",
        "abandoned-crash",
        "snapshot-handover",
        "forwarding",
        "synced-read",
    ];
    everything_that_is_sent_is_possible::<Zab>(&names);
    everything_that_is_sent_is_possible::<ZabOnFifo>(&["two-servers-crash"]);
}

#[test]
fn everything_that_totem_sends_is_possible() {
    let names = [
        "window",
        "token-loss-two",
        "crash-recovery",
        "log-split",
        "restart-two",
        "leave-three",
    ];
    everything_that_is_sent_is_possible::<Totem>(&names);
}
