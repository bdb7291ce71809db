//! The features of configurations, and the faults that a feature is not combined with.

use super::Totem;
use super::message::{Message, Service};
use super::processor::{Processor, Timer};
use crate::protocol::{Feature, Uncombined};
use crate::system::{Environment, Fault};

/// Every feature.
pub(super) const FEATURES: &[Feature<Totem>] = &[
    Feature {
        name: "agreed messages",
        is_on: |_, environment| sends(environment, Service::Agreed),
    },
    Feature {
        name: "safe messages",
        is_on: |_, environment| sends(environment, Service::Safe),
    },
    Feature {
        name: "two messages a visit",
        is_on: |config, _| 1 < config.messages_per_visit,
    },
    Feature {
        name: "a window",
        is_on: |config, _| config.window.is_some(),
    },
    Feature {
        name: "the deaf are left out",
        is_on: |config, _| config.stalled_visits.is_some(),
    },
    Feature {
        name: "tokens are sent again",
        is_on: |config, _| config.resends,
    },
    Feature {
        name: "idle tokens go round",
        is_on: |_, environment| fires(environment, Timer::Hold),
    },
    Feature {
        name: "Joins are sent again",
        is_on: |_, environment| fires(environment, Timer::Join),
    },
    Feature {
        name: "others are given up",
        is_on: |_, environment| fires(environment, Timer::Consensus),
    },
    Feature {
        name: "rings are announced",
        is_on: |_, environment| fires(environment, Timer::Merge),
    },
    Feature {
        name: "foreign messages",
        is_on: |config, _| config.foreign_messages,
    },
    Feature {
        name: "a processor leaves",
        is_on: |_, environment| environment.requests.contains(&Message::Leave),
    },
    Feature {
        name: "a log",
        is_on: |config, _| config.keeps_log,
    },
    Feature {
        name: "four processors",
        is_on: |config, _| config.processors == 4,
    },
];

fn sends(environment: &Environment<Processor>, service: Service) -> bool {
    let mut requests = environment.requests.iter();
    requests.any(|it| matches!(it, Message::Request(of, _) if *of == service))
}

fn fires(environment: &Environment<Processor>, timer: Timer) -> bool {
    let mut pools = environment.timeouts.iter();
    pools.any(|pool| pool.timers.contains(&timer) && pool.times != Some(0))
}

/// Why some features are searched without some faults.
pub(super) const UNCOMBINED: &[Uncombined] = &[
    Uncombined {
        features: &[
            "agreed messages",
            "safe messages",
            "two messages a visit",
            "a window",
            "the deaf are left out",
            "tokens are sent again",
            "idle tokens go round",
            "Joins are sent again",
            "others are given up",
            "rings are announced",
            "foreign messages",
            "a processor leaves",
            "a log",
            "four processors",
        ],
        faults: &[Fault::DownTime],
        why: "who is down does nothing: the same run has a crash at the time of the restart, and what is \
              missed meanwhile in flight for ever",
    },
    Uncombined {
        features: &[
            "two messages a visit",
            "idle tokens go round",
            "foreign messages",
        ],
        faults: &[Fault::Loss],
        why: "a message that is never delivered is as good as lost",
    },
    Uncombined {
        features: &[
            "two messages a visit",
            "a window",
            "the deaf are left out",
            "idle tokens go round",
            "four processors",
        ],
        faults: &[Fault::Crash, Fault::LostWrite],
        why: "the disk holds the number of a ring, which these neither read nor write; all else is lost \
              with the ring, as with its token",
    },
    Uncombined {
        features: &["rings are announced", "foreign messages"],
        faults: &[Fault::Crash, Fault::LostWrite],
        why: "a ring that is heard of is compared with one's own number, which is on the disk before anybody \
              hears of it: a start takes a larger one, as a new ring does",
    },
    Uncombined {
        features: &["tokens are sent again", "a processor leaves"],
        faults: &[Fault::LostWrite],
        why: "who sends a token again, or leaves, writes nothing",
    },
    Uncombined {
        features: &["others are given up"],
        faults: &[Fault::LostWrite],
        why: "who goes on without others writes the number of its ring as of any ring",
    },
    Uncombined {
        features: &[
            "two messages a visit",
            "a window",
            "the deaf are left out",
            "idle tokens go round",
            "others are given up",
            "a processor leaves",
            "four processors",
        ],
        faults: &[Fault::Repeats],
        why: "a copy is told by its ring and its number, whatever these do",
    },
    Uncombined {
        features: &[
            "tokens are sent again",
            "Joins are sent again",
            "rings are announced",
            "foreign messages",
        ],
        faults: &[Fault::Repeats],
        why: "what is sent again comes twice, as does a message of a foreign ring that is asked for there",
    },
    Uncombined {
        features: &[
            "two messages a visit",
            "a window",
            "the deaf are left out",
            "tokens are sent again",
        ],
        faults: &[Fault::Partition],
        why: "these act within a ring: each side goes on in one of its own, as where a token is lost",
    },
    Uncombined {
        features: &["a processor leaves"],
        faults: &[Fault::Partition],
        why: "who is cut off does not hear of it, as where the message is never delivered",
    },
];
