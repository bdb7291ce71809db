//! Messages that no processor can have sent are told from those that one can, and a processor that hears the
//! largest numbers of the latter goes on.

use quorate_models::totem::config::Config;
use quorate_models::totem::flow::Flow;
use quorate_models::totem::message::{
    Body, CommitToken, Content, Entry, Message, Payload, Regular, Report, Service, Token,
};
use quorate_models::totem::state::{RingId, State};
use quorate_models::totem::{Processor, processor::Timer};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

const PROCESSORS: usize = 3;
const LAST: u64 = (1 << 62) - 1;

fn ring(number: u64, representative: usize) -> RingId {
    RingId {
        number,
        representative: Id::from(representative),
    }
}

fn ids(ids: &[usize]) -> BTreeSet<Id> {
    ids.iter().copied().map(Id::from).collect()
}

fn token() -> Token {
    Token {
        ring: ring(LAST, 0),
        hop: LAST,
        seq: LAST,
        aru: LAST,
        aru_by: Some(Id::from(2)),
        retrans: true,
        missing: BTreeSet::from([1, LAST]),
        flow: Flow {
            sent: 7,
            waiting: 7,
        },
    }
}

fn commit() -> CommitToken {
    CommitToken {
        ring: ring(LAST, 0),
        members: ids(&[0, 1, 2]).into_iter().collect(),
        entries: vec![Entry {
            ring: ring(LAST, 1),
            aru: LAST,
            delivered: LAST,
            obligation: ids(&[2]),
        }],
    }
}

fn regular(payload: Payload) -> Regular {
    Regular {
        ring: ring(LAST, 0),
        seq: LAST,
        body: Body::Application(Content {
            sender: Id::from(1),
            service: Service::Safe,
            payload,
        }),
    }
}

fn copy(regular: Regular) -> Regular {
    Regular {
        ring: ring(LAST, 0),
        seq: 1,
        body: Body::Copy(Arc::new(regular)),
    }
}

fn opaque() -> Regular {
    regular(Payload::Opaque("a".into()))
}

fn report(decided: u64) -> Regular {
    regular(Payload::Report(Report {
        accepted: LAST,
        len: LAST,
        decided,
    }))
}

fn join(procs: &[usize], fails: &[usize], number: u64) -> Message {
    Message::Join {
        procs: ids(procs),
        fails: ids(fails),
        number,
    }
}

fn sent(regular: Regular) -> Message {
    Message::Regular(Arc::new(regular))
}

fn possible() -> Vec<Message> {
    vec![
        join(&[0, 1, 2], &[1], LAST),
        // Who is alone leaves.
        join(&[], &[1], LAST),
        Message::Token(token()),
        Message::Commit(commit()),
        Message::Merge(ring(LAST, 1)),
        Message::Wake(ring(LAST, 1)),
        sent(opaque()),
        sent(copy(opaque())),
        sent(report(LAST)),
    ]
}

/// A processor that has heard of a ring with this number.
fn knows(number: u64) -> State {
    let processor = Processor::new(Config::production(PROCESSORS));
    let mut state = processor.on_start(Id::from(1), &None, &mut Out::new());
    state.number_max = number;
    state
}

#[test]
fn the_largest_numbers_are_possible() {
    for message in possible() {
        assert!(message.is_possible(&knows(LAST), PROCESSORS), "{message:?}");
    }
}

#[test]
fn one_message_does_not_use_up_the_numbers_of_rings() {
    let state = knows(5);
    let block = 1 << 40;
    assert!(join(&[0, 1], &[], 2 * block - 1).is_possible(&state, PROCESSORS));
    assert!(!join(&[0, 1], &[], 2 * block).is_possible(&state, PROCESSORS));
    for message in possible() {
        assert!(!message.is_possible(&state, PROCESSORS), "{message:?}");
    }
}

fn are_impossible<const N: usize>(messages: [Message; N]) {
    for message in messages {
        assert!(
            !message.is_possible(&knows(LAST), PROCESSORS),
            "{message:?}"
        );
    }
}

#[test]
fn what_nobody_sends_is_impossible() {
    are_impossible([
        join(&[], &[], 1),
        join(&[0, 3], &[], 1),
        join(&[0, 1], &[3], 1),
        join(&[0, 1], &[], LAST + 1),
        Message::Merge(ring(1, 3)),
        Message::Wake(ring(u64::MAX, 1)),
        Message::NotPrimary,
        Message::Leave,
        Message::Request(Service::Agreed, "a".into()),
        sent(Regular { seq: 0, ..opaque() }),
        sent(Regular {
            seq: u64::MAX,
            ..opaque()
        }),
        sent(copy(copy(opaque()))),
        sent(copy(Regular { seq: 0, ..opaque() })),
        sent(regular(Payload::Report(Report {
            accepted: 1,
            len: 1,
            decided: 2,
        }))),
    ]);
}

#[test]
fn a_token_that_nobody_sends_is_impossible() {
    are_impossible([
        Message::Token(Token {
            seq: u64::MAX,
            ..token()
        }),
        Message::Token(Token { seq: 1, ..token() }),
        Message::Token(Token {
            hop: u64::MAX,
            ..token()
        }),
        Message::Token(Token {
            aru_by: Some(Id::from(3)),
            ..token()
        }),
        Message::Token(Token {
            missing: BTreeSet::from([0]),
            ..token()
        }),
        Message::Token(Token {
            flow: Flow {
                sent: usize::MAX,
                waiting: 0,
            },
            ..token()
        }),
    ]);
}

#[test]
fn a_commit_token_that_nobody_sends_is_impossible() {
    are_impossible([
        Message::Commit(CommitToken {
            members: Vec::new(),
            entries: Vec::new(),
            ..commit()
        }),
        Message::Commit(CommitToken {
            members: vec![Id::from(0), Id::from(0)],
            ..commit()
        }),
        Message::Commit(CommitToken {
            members: vec![Id::from(1), Id::from(2)],
            ..commit()
        }),
        Message::Commit(CommitToken {
            members: vec![Id::from(0), Id::from(3)],
            ..commit()
        }),
        Message::Commit(CommitToken {
            entries: vec![commit().entries[0].clone(); 4],
            ..commit()
        }),
    ]);
}

/// Each two messages, and then each timer.
#[test]
fn a_processor_goes_on_after_the_largest_numbers() {
    let processor = Processor::new(Config::production(PROCESSORS));
    let (id, src) = (Id::from(1), Id::from(0));
    let started = processor.on_start(id, &None, &mut Out::new());
    for first in possible() {
        for second in possible() {
            let mut state = Cow::Owned(started.clone());
            for message in [&first, &second] {
                processor.on_msg(id, &mut state, src, message.clone(), &mut Out::new());
            }
            for timer in [Timer::Consensus, Timer::Loss, Timer::Resend, Timer::Join] {
                processor.on_timeout(id, &mut state, &timer, &mut Out::new());
            }
        }
    }
}
