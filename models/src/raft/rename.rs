//! Canonical terms in the good period.
//!
//! No term below the least current term of a good server is created any more, and handlers only compare
//! terms and add one to their own. So the terms below it that occur become 0, 1, 2, … in order, and
//! all others move down by the same amount.

use super::ghost::Past;
use super::log::{Entry, EntryId, Index, Log};
use super::message::{
    AppendEntries, AppendEntriesResponse, AppendResult, Message, PreVote, PreVoteResponse,
    RequestVote, RequestVoteResponse, TimeoutNow,
};
use super::server::Server;
use super::state::{Persistent, State, Term};
use crate::durable::{Outbox, Pending};
use crate::system::{Channels, LocalOf, StateOf};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Gives a state of the good period canonical terms.
pub(super) fn rename(state: &mut StateOf<Server, Past>) {
    let mut terms = BTreeSet::from([Term(0)]);
    let mut note = |term: Term| {
        terms.insert(term);
        term
    };
    let mut least = Term(u64::MAX);
    for local in &state.locals {
        let record = local.up().map(|state| &state.persistent);
        for record in record.into_iter().chain(&local.storage) {
            least = least.min(record.current_term);
        }
        map_local(local, &mut note);
    }
    for envelope in state.network.iter() {
        map_message(envelope.msg, &mut note);
    }
    let below: Vec<Term> = terms.into_iter().take_while(|term| *term < least).collect();
    let mut canonical = |term: Term| match below.binary_search(&term) {
        Ok(position) => Term(position as u64),
        Err(_) => Term(term.0 - least.0 + below.len() as u64),
    };
    for local in &mut state.locals {
        *local = Arc::new(map_local(local, &mut canonical));
    }
    let renamed = |message: &Message| map_message(message, &mut canonical);
    state.network = state.network.renamed(&Channels::once(), renamed);
}

type Names<'f> = &'f mut dyn FnMut(Term) -> Term;

fn map_local(local: &LocalOf<Server>, names: Names<'_>) -> LocalOf<Server> {
    let mut outbox = Outbox::new();
    for Pending { storage, held } in local.outbox.pending() {
        outbox.save(map_record(storage, names));
        for (dst, message) in held {
            outbox.send(*dst, map_message(message, names));
        }
    }
    LocalOf::<Server> {
        state: local.state.as_deref().map(|state| {
            let persistent = map_record(&state.persistent, names);
            Arc::new(State {
                persistent,
                ..state.clone()
            })
        }),
        storage: local.storage.as_ref().map(|it| map_record(it, names)),
        outbox,
        ..local.clone()
    }
}

fn map_record(record: &Persistent, names: Names<'_>) -> Persistent {
    let mut log = Log::default();
    for entry in record.log.entries_after(Index(0)) {
        log.append(map_entry(entry, names));
    }
    Persistent {
        current_term: names(record.current_term),
        voted_for: record.voted_for,
        log,
    }
}

fn map_entry(entry: &Entry, names: Names<'_>) -> Entry {
    Entry {
        term: names(entry.term),
        payload: entry.payload.clone(),
    }
}

fn map_id(id: EntryId, names: Names<'_>) -> EntryId {
    EntryId {
        term: names(id.term),
        ..id
    }
}

fn map_message(message: &Message, names: Names<'_>) -> Message {
    match message.clone() {
        Message::RequestVote(it) => Message::RequestVote(RequestVote {
            term: names(it.term),
            last: map_id(it.last, names),
            ..it
        }),
        Message::TimeoutNow(TimeoutNow { term }) => {
            let term = names(term);
            Message::TimeoutNow(TimeoutNow { term })
        }
        Message::RequestVoteResponse(RequestVoteResponse { term, granted }) => {
            let term = names(term);
            Message::RequestVoteResponse(RequestVoteResponse { term, granted })
        }
        Message::PreVote(PreVote { term, last }) => Message::PreVote(PreVote {
            term: names(term),
            last: map_id(last, names),
        }),
        Message::PreVoteResponse(PreVoteResponse { term, granted }) => {
            let term = names(term);
            Message::PreVoteResponse(PreVoteResponse { term, granted })
        }
        Message::AppendEntries(it) => Message::AppendEntries(AppendEntries {
            term: names(it.term),
            prev: map_id(it.prev, names),
            entries: it
                .entries
                .iter()
                .map(|entry| map_entry(entry, names))
                .collect(),
            commit: it.commit,
        }),
        Message::AppendEntriesResponse(AppendEntriesResponse { term, result }) => {
            let term = names(term);
            let result = match result {
                AppendResult::Rejected { prev, hint } => {
                    let hint = map_id(hint, names);
                    AppendResult::Rejected { prev, hint }
                }
                accepted @ AppendResult::Accepted { .. } => accepted,
            };
            Message::AppendEntriesResponse(AppendEntriesResponse { term, result })
        }
        other @ (Message::ClientRequest(_) | Message::Transfer | Message::NotLeader { .. }) => {
            other
        }
    }
}
