//! The facts that messages reveal of their sender.

use super::{follower, judge, leader, record};
use crate::raft::log::{EntryId, Index};
use crate::raft::message::{
    AppendEntries, AppendEntriesResponse, AppendResult, Message, RequestVote, RequestVoteResponse,
};
use crate::raft::properties::durable_before_visible;
use crate::raft::state::{Persistent, State, Term};
use stateright::actor::Id;

const TERM: Term = Term(2);

fn answer(result: AppendResult) -> Message {
    let term = TERM;
    Message::AppendEntriesResponse(AppendEntriesResponse { term, result })
}

fn accepted(matched: u64) -> Message {
    let matched = Index(matched);
    answer(AppendResult::Accepted { matched })
}

fn vote(granted: bool) -> Message {
    let term = TERM;
    Message::RequestVoteResponse(RequestVoteResponse { term, granted })
}

/// Each kind of message that a server sends; of its sender it shows only the term.
fn of_each_kind() -> [(&'static str, Message); 4] {
    let (term, start) = (TERM, EntryId::default());
    let request = RequestVote {
        term,
        last: start,
        transfer: false,
    };
    let entries = AppendEntries {
        term,
        prev: start,
        entries: Vec::new(),
        commit: Index(0),
    };
    let rejected = AppendResult::Rejected {
        prev: start.index,
        hint: start,
    };
    [
        ("request for a vote", Message::RequestVote(request)),
        ("refusal", vote(false)),
        ("entries", Message::AppendEntries(entries)),
        ("rejection", answer(rejected)),
    ]
}

/// The message, its sender's record on disk, and the state of its receiver.
type Case<'s> = (Message, Persistent, Option<&'s State>);

fn is_allowed((message, disk, receiver): Case<'_>) -> bool {
    durable_before_visible(Id::from(1), &message, &disk, receiver)
}

#[test]
fn the_term_of_a_message_is_durable() {
    let kinds = of_each_kind().into_iter();
    let kinds = kinds.chain([("vote", vote(true)), ("acknowledgement", accepted(0))]);
    for disk in [1, 2] {
        let disk = || record(disk, Some(1), &[]);
        let cases = kinds.clone().map(|(name, message)| {
            let is_durable = TERM <= disk().current_term;
            (name, (message, disk(), None), is_durable)
        });
        judge(cases, is_allowed);
    }
}

#[test]
fn a_vote_is_durable_while_its_term_lasts() {
    let of = |disk| (vote(true), disk, None);
    let cases = [
        ("for another", of(record(2, Some(0), &[])), false),
        ("for nobody", of(record(2, None, &[])), false),
        ("for the receiver", of(record(2, Some(1), &[])), true),
        ("of a term that is over", of(record(3, None, &[])), true),
    ];
    judge(cases, is_allowed);
}

#[test]
fn what_is_acknowledged_is_durable_and_what_the_leader_sent() {
    let of = |matched, term, receiver| (accepted(matched), record(term, None, &[1]), receiver);
    let leads = |terms: &[u64]| leader(record(2, None, terms), 0, [1, 0, 2]);
    let (other, same) = (leads(&[2]), leads(&[1]));
    let follows = follower(record(2, None, &[2]), 0);
    let cases = [
        ("beyond the log", of(2, 2, None), false),
        ("another log", of(1, 2, Some(&other)), false),
        ("the same log", of(1, 2, Some(&same)), true),
        ("receiver does not lead", of(1, 2, Some(&follows)), true),
        ("of a term that is over", of(2, 3, None), true),
    ];
    judge(cases, is_allowed);
}
