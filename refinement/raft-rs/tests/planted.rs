//! Mistakes in the adapter are reported, and not believed.

use quorate_raft_rs::planted::{Notice, notice};
use quorate_raft_rs::raft_rs::field::Field;
use quorate_refinement::engine::Options;

/// Of each part that is left out: where and by whom that is noticed, with the check and by the audit alone.
const NOTICED: &[(&str, &str, &str)] = &[
    ("leader", "check in elections", "audit in elections"),
    ("votes", "check in elections", "audit in elections"),
    ("persisted", "check in elections", "audit in elections"),
    ("writes", "check in elections", "audit in synced"),
    ("elapsed", "audit in quorum", "audit in quorum"),
    // Only changes of the membership read it, and there are none.
    ("pending-conf", "", ""),
    ("reads", "audit in asked-again", "audit in asked-again"),
    (
        "order-of-reads",
        "audit in asked-again",
        "audit in asked-again",
    ),
    (
        "index-of-reads",
        "check in asked-again",
        "audit in asked-again",
    ),
    ("acks", "audit in five", "audit in five"),
    ("matched", "check in elections", "audit in elections"),
    ("next", "check in elections", "audit in elections"),
    ("pace", "check in elections", "audit in elections"),
    ("paused", "check in elections", "audit in elections"),
    // It is read when it is full, and 256 messages are not on their way.
    ("window", "", ""),
    ("recent-active", "check in quorum", "audit in quorum"),
];

#[test]
fn a_part_that_is_left_out_is_noticed() {
    let options = Options {
        threads: 1,
        stops_at_violation: true,
        ..Options::default()
    };
    let shown = |it: Notice| format!("{} in {}", it.by, it.configuration);
    for (field, (name, checked, audited)) in Field::ALL.iter().zip(NOTICED) {
        assert_eq!(field.name, *name);
        let by = |checks| notice(*field, checks, &options).map_or(String::new(), shown);
        assert_eq!([by(true), by(false)], [*checked, *audited], "{name}");
    }
    assert_eq!(Field::ALL.len(), NOTICED.len());
}
