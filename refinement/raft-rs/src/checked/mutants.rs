//! Mistakes in the application's part, which users of the crate write themselves.

use super::RaftCrate;
use crate::raft_rs::{Advance, Release};
use quorate_models::protocol::{Mutant, MutantFacts, Shortest};
use std::collections::VecDeque;

/// The mistakes.
pub const MUTANTS: &[Mutant<RaftCrate>] = &[
    Mutant {
        facts: MutantFacts {
            name: "advances-too-early",
            about: "the crate hears of a write with `advance` before it is durable",
            source: "raft 0.7.0, `RawNode::advance`",
            configuration: "synced",
            property: "Leader Completeness",
            shortest: Shortest::path(14, 1),
        },
        mutate: |rules| rules.advance = Advance::WhenIssued,
    },
    Mutant {
        facts: MutantFacts {
            name: "hears-of-the-newest",
            about: "when a write is durable, the crate hears of the newest, which covers those before it",
            source: "raft 0.7.0, `RawNode::on_persist_ready`",
            configuration: "synced-command",
            property: "Leader Completeness",
            shortest: Shortest::path(19, 10),
        },
        mutate: |rules| rules.hears = VecDeque::pop_back,
    },
    Mutant {
        facts: MutantFacts {
            name: "sends-too-early",
            about: "`persisted_messages` leave before the write",
            source: "raft 0.7.0, `Ready::persisted_messages`",
            configuration: "synced",
            property: "Durable before Visible",
            shortest: Shortest::path(1, 1),
        },
        mutate: |rules| rules.release = Release::BeforeWrite,
    },
    Mutant {
        facts: MutantFacts {
            name: "forgets-votes",
            about: "votes are not written",
            source: "raft 0.7.0, `Ready::hs`",
            configuration: "crash",
            property: "Election Safety",
            shortest: Shortest::path(7, 1),
        },
        mutate: |rules| rules.omits = |disk| disk.vote = 0,
    },
    Mutant {
        facts: MutantFacts {
            name: "forgets-log",
            about: "entries are not written",
            source: "raft 0.7.0, `Ready::entries`",
            configuration: "crash",
            property: "State Machine Safety",
            shortest: Shortest::path(11, 3),
        },
        mutate: |rules| {
            rules.omits = |disk| {
                disk.log.clear();
                disk.commit = 0;
            }
        },
    },
    Mutant {
        facts: MutantFacts {
            name: "forgets-data",
            about: "entries are written without their data",
            source: "raft 0.7.0, `Ready::entries`",
            configuration: "crash-command",
            property: "Log Matching",
            shortest: Shortest::path(8, 4),
        },
        mutate: |rules| {
            rules.omits = |disk| {
                let entries = disk.log.iter_mut();
                entries.for_each(|entry| entry.data.clear());
            }
        },
    },
];
