//! Mistakes in the application's part, which users of the crate write themselves.

use super::RaftCrate;
use crate::raft_rs::{Advance, Release};
use quorate_models::protocol::{Mutant, MutantFacts, Shortest};
use std::collections::VecDeque;

/// The mistakes.
pub const MUTANTS: &[Mutant<RaftCrate>] = &[
    Mutant {
        facts: MutantFacts::new(
            "advances-too-early",
            "the crate hears of a write with `advance` before it is durable",
            "raft 0.7.0, `RawNode::advance`",
            ("synced", "Leader Completeness"),
            Shortest::path(14, 1),
        ),
        mutate: |rules| rules.advance = Advance::WhenIssued,
    },
    Mutant {
        facts: MutantFacts::new(
            "hears-of-the-newest",
            "when a write is durable, the crate hears of the newest, which covers those before it",
            "raft 0.7.0, `RawNode::on_persist_ready`",
            ("synced-command", "Leader Completeness"),
            Shortest::path(19, 10),
        ),
        mutate: |rules| rules.hears = VecDeque::pop_back,
    },
    Mutant {
        facts: MutantFacts::new(
            "sends-too-early",
            "`persisted_messages` leave before the write",
            "raft 0.7.0, `Ready::persisted_messages`",
            ("synced", "Durable before Visible"),
            Shortest::path(1, 1),
        ),
        mutate: |rules| rules.release = Release::BeforeWrite,
    },
    Mutant {
        facts: MutantFacts::new(
            "forgets-votes",
            "votes are not written",
            "raft 0.7.0, `Ready::hs`",
            ("crash", "Election Safety"),
            Shortest::path(7, 1),
        ),
        mutate: |rules| rules.omits = |disk| disk.vote = 0,
    },
    Mutant {
        facts: MutantFacts::new(
            "forgets-log",
            "entries are not written",
            "raft 0.7.0, `Ready::entries`",
            ("crash", "State Machine Safety"),
            Shortest::path(11, 3),
        ),
        mutate: |rules| {
            rules.omits = |disk| {
                disk.log.clear();
                disk.commit = 0;
            }
        },
    },
    Mutant {
        facts: MutantFacts::new(
            "forgets-data",
            "entries are written without their data",
            "raft 0.7.0, `Ready::entries`",
            ("crash-command", "Log Matching"),
            Shortest::path(8, 4),
        ),
        mutate: |rules| {
            rules.omits = |disk| {
                let entries = disk.log.iter_mut();
                entries.for_each(|entry| entry.data.clear());
            }
        },
    },
];
