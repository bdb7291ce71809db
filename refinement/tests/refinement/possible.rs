//! A node drops what no processor of Totem can have sent: nothing that is sent in a search is of that kind.

use quorate_models::protocol::Protocol;
use quorate_models::system::claim::{Check, Claim, Condition, Flight};
use quorate_models::totem::{Processor, Totem};
use quorate_refinement::engine::{Options, Progress, Verdict, explore};
use std::sync::Arc;

fn is_possible(flight: &Flight<'_, Processor>) -> bool {
    // Four are the most in any of these.
    flight.msg.is_possible(4)
}

#[test]
fn everything_that_is_sent_is_possible() {
    for name in [
        "window",
        "token-loss-two",
        "crash-recovery",
        "log-split",
        "restart-two",
    ] {
        let mut system = Totem::configuration(name).system(None);
        let check = Check::Invariant(Condition::Flight(is_possible));
        system.claims = vec![Claim::new("Possible", "ours", "", check)];
        let report = explore(&Arc::new(system), &Options::default(), &Progress::default());
        assert_eq!(report.findings[0].verdict, Verdict::Holds, "{name}");
    }
}
