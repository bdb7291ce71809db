//! Larger finite ensembles, searched by hand. Each goes further than a usual one, which covers the same.

use super::{Configuration, environment, usual};
use crate::protocol::Profile;
use crate::system::{Environment, Restart, Writes};
use crate::zab::server::Server;

/// Every configuration with an oracle that is searched by hand.
pub(super) const CONFIGURATIONS: &[Configuration] = &[
    deep(
        "sync-trunc",
        "a server comes back with a transaction that was skipped; an oracle elects",
        &["A Truncation Is in Flight", "An Epoch Is Offered Again"],
        || environment(3, 0..3, 2, 2, &["a"]),
    ),
    deep(
        "three-epochs",
        "a transaction is handed over from epoch to epoch; an oracle elects",
        &["An Inherited Transaction Is Delivered"],
        || environment(3, 0..3, 3, 2, &["a"]),
    ),
    deep(
        "crash-recovery",
        "a server crashes, and another gives up; an oracle elects",
        &["An Inherited Transaction Is Delivered"],
        || Environment {
            crashes: 1,
            restart: Restart::Later,
            ..environment(3, 0..3, 2, 1, &["a"])
        },
    ),
    deep(
        "two-writes",
        "a server writes a transaction while an earlier one is not durable, and one crashes; \
         an oracle elects",
        &["A Write Is Pending"],
        || Environment {
            crashes: 1,
            restart: Restart::Later,
            writes: Writes::Synced,
            ..environment(3, 0..3, 2, 0, &["a", "b"])
        },
    ),
    deep(
        "sync-trunc-deep",
        "as sync-trunc, with two transactions; an oracle elects",
        &[
            "A Truncation Is in Flight",
            "A Later Transaction Is Delivered",
        ],
        || environment(3, 0..3, 2, 2, &["a", "b"]),
    ),
    deep(
        "give-ups-deep",
        "as sync-trunc, and a session breaks once more; an oracle elects",
        &["A Truncation Is in Flight"],
        || environment(3, 0..3, 2, 3, &["a"]),
    ),
    deep(
        "three-epochs-deep",
        "as three-epochs, with two transactions; an oracle elects",
        &["An Inherited Transaction Is Delivered"],
        || environment(3, 0..3, 3, 2, &["a", "b"]),
    ),
    deep(
        "crash-recovery-deep",
        "as crash-recovery, and two give up; an oracle elects",
        &["An Inherited Transaction Is Delivered"],
        || Environment {
            crashes: 1,
            restart: Restart::Later,
            ..environment(3, 0..3, 2, 2, &["a"])
        },
    ),
    deep(
        "durability-deep",
        "as durability, and a session breaks, on one side first; an oracle elects",
        &["A Write Is Pending"],
        || Environment {
            crashes: 1,
            writes: Writes::Synced,
            ..environment(3, 0..3, 2, 1, &["a"])
        },
    ),
];

const fn deep(
    name: &'static str,
    about: &'static str,
    witnesses: &'static [&'static str],
    environment: fn() -> Environment<Server>,
) -> Configuration {
    Configuration {
        profile: Profile::Deep,
        ..usual(name, about, witnesses, environment)
    }
}
