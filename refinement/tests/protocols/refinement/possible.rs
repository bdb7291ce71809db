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

fn is_possible<A: Participant + Replica, const N: usize>(flight: &Flight<'_, A>) -> bool {
    let receiver = flight.receiver.and_then(|local| local.up());
    flight.sender.is_none() || receiver.is_none_or(|state| A::is_possible(state, flight.msg, N))
}

/// In configurations of so many participants.
fn everything_that_is_sent_is_possible<P: Protocol<Actor: Replica>, const N: usize>(
    names: &[&str],
) {
    for name in names {
        let mut system = P::configuration(name).system(None);
        assert_eq!(system.actors.len(), N, "{name}");
        let check = Check::Invariant(Condition::Flight(is_possible::<P::Actor, N>));
        system.claims = vec![Claim::new("Possible", "ours", "", check)];
        let report = explore(&Arc::new(system), &Options::default(), &Progress::default());
        assert_eq!(report.findings[0].verdict, Verdict::Holds, "{name}");
    }
}

#[test]
fn everything_that_raft_sends_is_possible() {
    let of_three = ["crash", "heartbeats", "refusals", "windows", "live-loss"];
    everything_that_is_sent_is_possible::<Raft, 3>(&of_three);
    everything_that_is_sent_is_possible::<Raft, 4>(&["commit-four"]);
}

#[test]
fn everything_that_zab_sends_is_possible() {
    everything_that_is_sent_is_possible::<Zab, 2>(&["election"]);
    let of_three = [
        "election-and-broadcast",
        "abandoned-crash",
        "snapshot-handover",
        "forwarding",
    ];
    everything_that_is_sent_is_possible::<Zab, 3>(&of_three);
    everything_that_is_sent_is_possible::<ZabOnFifo, 2>(&["two-servers-crash"]);
}

#[test]
fn everything_that_totem_sends_is_possible() {
    let of_two = ["window", "token-loss-two", "restart-two"];
    everything_that_is_sent_is_possible::<Totem, 2>(&of_two);
    let of_three = ["crash-recovery", "log-split", "leave-three"];
    everything_that_is_sent_is_possible::<Totem, 3>(&of_three);
}
