//! Canonical numbers of rings in the good period.
//!
//! No ring is formed any more with a number that is at most the least of the largest ones that good
//! processors have heard of, and handlers only compare numbers and add to the largest. So the numbers below
//! it that occur become 0, 1, 2, … in order, and all others move down by the same amount. Where someone good
//! starts again it is not so: a start adds to the number on the disk.

use super::ghost::Past;
use super::log::{Component, Log, Stage};
use super::message::{
    Body, CommitToken, Configuration, Content, Entry, Message, Payload, Regular, Token,
};
use super::processor::Processor;
use super::state::{Installed, Persistent, Phase, Recovery, Ring, RingId, State, Turn};
use crate::durable::{Outbox, Pending};
use crate::system::{Channels, LocalOf, StateOf};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Gives a state of the good period canonical numbers.
pub(super) fn rename(state: &mut StateOf<Processor, Past>) {
    let mut numbers = BTreeSet::from([0]);
    let mut note = |number: u64| {
        numbers.insert(number);
        number
    };
    let mut least = u64::MAX;
    for local in &state.locals {
        if let Some(state) = local.up() {
            least = least.min(state.number_max);
        }
        map_local(local, &mut note);
    }
    for envelope in state.network.iter() {
        map_message(envelope.msg, &mut note);
    }
    let below: Vec<u64> = numbers.into_iter().take_while(|it| *it < least).collect();
    let mut canonical = |number: u64| match below.binary_search(&number) {
        Ok(position) => position as u64,
        Err(_) => number - least + below.len() as u64,
    };
    for local in &mut state.locals {
        *local = Arc::new(map_local(local, &mut canonical));
    }
    let renamed = |message: &Message| map_message(message, &mut canonical);
    state.network = state.network.renamed(&Channels::once(), renamed);
}

type Names<'f> = &'f mut dyn FnMut(u64) -> u64;

fn map_local(local: &LocalOf<Processor>, names: Names<'_>) -> LocalOf<Processor> {
    let mut outbox = Outbox::new();
    for Pending { storage, held } in local.outbox.pending() {
        outbox.save(map_record(storage, names));
        for (dst, message) in held {
            outbox.send(*dst, map_message(message, names));
        }
    }
    let state = local.state.as_deref();
    LocalOf::<Processor> {
        state: state.map(|state| Arc::new(map_state(state, names))),
        storage: local.storage.as_ref().map(|it| map_record(it, names)),
        outbox,
        ..local.clone()
    }
}

fn map_record(record: &Persistent, names: Names<'_>) -> Persistent {
    Persistent {
        number: names(record.number),
        log: map_log(&record.log, names),
    }
}

fn map_log(log: &Log, names: Names<'_>) -> Log {
    Log {
        accepted: names(log.accepted),
        ..log.clone()
    }
}

fn map_component(component: &Component, names: Names<'_>) -> Component {
    let mut renamed = component.clone();
    match &mut renamed.stage {
        Stage::Minority | Stage::Stopped { .. } => {}
        Stage::Exchange(exchange) => {
            exchange.ring = map_id(exchange.ring, names);
            for report in exchange.reports.values_mut() {
                report.accepted = names(report.accepted);
            }
        }
        Stage::Primary { ring, .. } => *ring = map_id(*ring, names),
    }
    renamed
}

fn map_content(content: &Content, names: Names<'_>) -> Content {
    let mut renamed = content.clone();
    if let Payload::Report(report) = &mut renamed.payload {
        report.accepted = names(report.accepted);
    }
    renamed
}

fn map_id(id: RingId, names: Names<'_>) -> RingId {
    RingId {
        number: names(id.number),
        ..id
    }
}

fn map_state(state: &State, names: Names<'_>) -> State {
    State {
        persistent: map_record(&state.persistent, names),
        ring: map_id(state.ring, names),
        number_max: names(state.number_max),
        installed: Installed {
            ring: map_ring(&state.installed.ring, names),
            ..state.installed.clone()
        },
        phase: match &state.phase {
            Phase::Operational { held } => Phase::Operational {
                held: held.as_ref().map(|token| map_token(token, names)),
            },
            Phase::Commit { sent, members } => Phase::Commit {
                sent: sent.as_ref().map(|token| map_commit(token, names)),
                members: members.clone(),
            },
            Phase::Recovery(recovery) => Phase::Recovery(Box::new(map_recovery(recovery, names))),
            other @ (Phase::Gather { .. } | Phase::Gone) => other.clone(),
        },
        queue: state
            .queue
            .iter()
            .map(|it| map_content(it, names))
            .collect(),
        component: (state.component.as_ref()).map(|it| Box::new(map_component(it, names))),
        ..state.clone()
    }
}

fn map_ring(ring: &Ring, names: Names<'_>) -> Ring {
    Ring {
        id: map_id(ring.id, names),
        members: ring.members.clone(),
        store: ring.store.renamed(|regular| map_regular(regular, names)),
        turn: Turn {
            sent: (ring.turn.sent.as_ref()).map(|sent| Box::new(map_message(sent, names))),
            ..ring.turn.clone()
        },
    }
}

fn map_recovery(recovery: &Recovery, names: Names<'_>) -> Recovery {
    let queue = recovery.queue.iter();
    Recovery {
        ring: map_ring(&recovery.ring, names),
        queue: queue.map(|regular| map_regular(regular, names)).collect(),
        ..recovery.clone()
    }
}

fn map_regular(regular: &Regular, names: Names<'_>) -> Arc<Regular> {
    Arc::new(Regular {
        ring: map_id(regular.ring, names),
        body: match &regular.body {
            Body::Copy(copy) => Body::Copy(map_regular(copy, names)),
            Body::Application(content) => Body::Application(map_content(content, names)),
        },
        ..*regular
    })
}

fn map_token(token: &Token, names: Names<'_>) -> Token {
    Token {
        ring: map_id(token.ring, names),
        ..token.clone()
    }
}

fn map_commit(token: &CommitToken, names: Names<'_>) -> CommitToken {
    let entries = token.entries.iter().map(|entry| Entry {
        ring: map_id(entry.ring, names),
        ..entry.clone()
    });
    CommitToken {
        entries: entries.collect(),
        ring: map_id(token.ring, names),
        members: token.members.clone(),
    }
}

fn map_message(message: &Message, names: Names<'_>) -> Message {
    let mut renamed = message.clone();
    match &mut renamed {
        Message::Regular(regular) => *regular = map_regular(regular, names),
        Message::Token(token) => *token = map_token(token, names),
        Message::Join { number, .. } => *number = names(*number),
        Message::Commit(token) => *token = map_commit(token, names),
        Message::Merge(ring) | Message::Wake(ring) => *ring = map_id(*ring, names),
        Message::Originated(regular) | Message::Delivered(regular) => {
            *regular = map_regular(regular, names);
        }
        Message::Changed(Configuration::Regular { ring, .. }) => *ring = map_id(*ring, names),
        Message::Changed(Configuration::Transitional { old, new, .. }) => {
            (*old, *new) = (map_id(*old, names), map_id(*new, names));
        }
        Message::Decided(decided) => decided.ring = names(decided.ring),
        Message::Request(..) | Message::NotPrimary | Message::Leave => {}
    }
    renamed
}
