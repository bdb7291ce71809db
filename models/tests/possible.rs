//! Messages that no participant can have sent are told from those that one can.

use quorate_models::fifo::frame::{Data, Direction, Frame, SessionId};
use quorate_models::raft;
use quorate_models::raft::log::{EntryId, Index};
use quorate_models::raft::message::{
    AppendEntries, AppendEntriesResponse, AppendResult, RequestVote, TimeoutNow,
};
use quorate_models::raft::state::{State as RaftState, Term};
use quorate_models::replica::{Command, Replica};
use quorate_models::session::Side;
use quorate_models::zab;
use quorate_models::zab::poll::{Activity, Vote, Word};
use quorate_models::zab::state::{Epoch, Zxid};
use quorate_models::zab_on_fifo;
use stateright::actor::{Actor, Id, Out};
use std::time::Duration;

const SERVERS: usize = 3;

/// A server of Raft in a term.
fn in_term(term: u64) -> RaftState {
    let config = raft::config::Config::production(SERVERS);
    let server = raft::Server::new(config);
    let mut state = server.on_start(Id::from(0), &None, &mut Out::new());
    state.persistent.current_term = Term(term);
    state
}

fn entry(term: u64, index: u64) -> EntryId {
    EntryId {
        term: Term(term),
        index: Index(index),
    }
}

fn vote(term: u64, last: EntryId) -> raft::message::Message {
    let term = Term(term);
    raft::message::Message::RequestVote(RequestVote {
        term,
        last,
        transfer: false,
    })
}

fn order(term: u64) -> raft::message::Message {
    let term = Term(term);
    raft::message::Message::TimeoutNow(TimeoutNow { term })
}

fn append(prev: EntryId, commit: u64) -> raft::message::Message {
    raft::message::Message::AppendEntries(AppendEntries {
        term: Term(7),
        prev,
        entries: Vec::new(),
        commit: Index(commit),
    })
}

fn answer(result: AppendResult) -> raft::message::Message {
    let term = Term(7);
    raft::message::Message::AppendEntriesResponse(AppendEntriesResponse { term, result })
}

#[test]
fn what_no_server_of_raft_sends_is_impossible() {
    let is_possible = |term, message| raft::Server::is_possible(&in_term(term), &message, SERVERS);
    let block = 1 << 40;
    assert!(is_possible(5, vote(2 * block - 1, entry(4, 9))));
    assert!(is_possible(u64::MAX - 3, vote(u64::MAX, entry(4, 9))));
    assert!(is_possible(7, append(entry(7, u64::MAX / 2 - 1), 9)));
    let impossible = [
        vote(2 * block, entry(4, 9)),
        vote(u64::MAX, entry(4, 9)),
        vote(6, entry(7, 9)),
        append(entry(8, 9), 9),
        append(entry(7, u64::MAX), 9),
        append(entry(7, 9), u64::MAX),
        answer(AppendResult::Accepted {
            matched: Index(u64::MAX),
        }),
        answer(AppendResult::Rejected {
            prev: Index(u64::MAX),
            hint: entry(7, 9),
        }),
        answer(AppendResult::Rejected {
            prev: Index(9),
            hint: entry(8, 8),
        }),
        raft::message::Message::ClientRequest(Command::from("a")),
        raft::message::Message::NotLeader { leader: None },
        raft::message::Message::Transfer,
        order(2 * block),
    ];
    assert!(is_possible(5, order(2 * block - 1)));
    for message in impossible {
        assert!(!is_possible(5, message.clone()), "{message:?}");
    }
}

fn word(round: u32, last: u32, leader: usize) -> zab::message::Message {
    zab::message::Message::Notification(Word {
        activity: Activity::Looking,
        round,
        vote: Vote {
            epoch: Epoch(0),
            last: zxid(last),
            leader: Id::from(leader),
        },
    })
}

fn zxid(epoch: u32) -> Zxid {
    let epoch = Epoch(epoch);
    Zxid { epoch, counter: 1 }
}

#[test]
fn what_no_server_of_zab_sends_is_impossible() {
    use zab::message::{Message, Sync};
    let server = zab::Server::new(zab::config::Config::new(
        SERVERS,
        zab::config::Election::Fast,
    ));
    let mut state = server.on_start(Id::from(0), &None, &mut Out::new());
    state.persistent.accepted_epoch = Epoch(5);
    let is_possible = |message: &Message| zab::Server::is_possible(&state, message, SERVERS);
    let block = 1 << 24;
    let promised = |accepted| Message::FollowerInfo {
        accepted: Epoch(accepted),
    };
    for message in [promised(2 * block - 1), word(u32::MAX, 2 * block - 1, 2)] {
        assert!(is_possible(&message), "{message:?}");
    }
    let (epoch, txns) = (Epoch(6), Vec::new());
    let impossible = [
        promised(2 * block),
        word(1, 2 * block, 2),
        word(1, 5, 3),
        Message::LeaderInfo {
            epoch: Epoch(u32::MAX),
        },
        Message::NewLeader {
            epoch,
            sync: Sync::Diff(zxid(u32::MAX)),
            txns,
        },
        Message::Commit {
            upto: zxid(u32::MAX),
        },
        Message::Request(Command::from("a")),
        Message::NotLeader { leader: None },
        Message::Leave,
    ];
    for message in impossible {
        assert!(!is_possible(&message), "{message:?}");
    }
}

/// A session asks its actor.
#[test]
fn what_is_impossible_is_so_in_a_session_too() {
    let of = Direction {
        session: SessionId { boot: 1, number: 1 },
        boot: 1,
        by: Side::Opener,
    };
    let data = |message| {
        let messages = vec![word(1, 5, 2), message];
        Frame::Data(Data {
            of,
            first: 1,
            messages,
        })
    };
    let config = zab::config::Config::new(SERVERS, zab::config::Election::Fast);
    let node = zab_on_fifo::node(config, Duration::ZERO);
    let state = node.on_start(Id::from(0), &None, &mut Out::new());
    for (message, expected) in [(word(1, 5, 1), true), (word(1, 5, 3), false)] {
        for frame in [Frame::Plain(message.clone()), data(message)] {
            let is_possible = zab_on_fifo::Node::is_possible(&state, &frame, SERVERS);
            assert_eq!(is_possible, expected);
        }
    }
}
