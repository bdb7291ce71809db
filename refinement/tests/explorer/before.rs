//! Events before the good period do not matter in it, even more of them than the configurations have there.

use quorate_models::protocol::{Configuration, Protocol};
use quorate_models::raft::Raft;
use quorate_models::raft::server::Timer;
use quorate_models::system::claim::Kind;
use quorate_models::system::{Environment, Timeouts};
use quorate_refinement::engine::{Options, Progress, Verdict, explore};
use std::sync::Arc;

/// Every claim about the good period holds in a configuration with another environment.
fn all_is_well(name: &str, environment: fn() -> Environment<<Raft as Protocol>::Actor>) {
    let configuration = Configuration {
        environment,
        witnesses: &[],
        ..Raft::configuration(name)
    };
    let system = Arc::new(configuration.system(None));
    let report = explore(&system, &Options::default(), &Progress::default());
    assert_eq!((report.error, report.stopped, report.cut), (None, None, 0));
    let claims = report
        .findings
        .iter()
        .filter(|it| it.claim.kind != Kind::Witness);
    let verdicts: Vec<_> = claims.map(|it| (it.claim.name, it.verdict)).collect();
    assert!(!verdicts.is_empty());
    let violated: Vec<_> = verdicts
        .iter()
        .filter(|(_, it)| *it != Verdict::Holds)
        .collect();
    assert_eq!(violated, Vec::<&_>::new());
}

/// A message that a leader sent again before the good period was lost as well.
#[test]
fn what_was_sent_again_is_sent_again() {
    all_is_well("live-silence", || Environment {
        timeouts: vec![
            Timeouts::shared(Timer::Election, [0], 1),
            Timeouts::shared(Timer::Heartbeat, [0], 2),
        ],
        ..(Raft::configuration("live-silence").environment)()
    });
}
