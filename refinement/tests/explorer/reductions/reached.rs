//! Where a dropped message is delivered in thought.

use super::{broken, doors, searched};

#[test]
fn a_message_dropped_by_the_seed_counts() {
    let mut system = doors(|open, state, _| {
        if open {
            *state.to_mut() = false;
        }
    });
    system.seed = "timeout 0\ntimeout 1".to_owned();
    system.is_dead = Some(|_, _, _| true);
    let report = searched(system);
    assert_eq!(broken(&report), Some("the receiver changes"));
}
