//! What was lost in a session is sent again in time, all of it, however busy the others are.

use quorate_models::fifo::frame::{Data, Direction, Frame, SessionId};
use quorate_models::fifo::rules::Rules;
use quorate_models::fifo::state::Stored;
use quorate_models::fifo::{Config, Fifo, Timer};
use quorate_models::session::{Part, Sessions, Side};
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;

/// It opens a session with 1 and with 2, and says something to whom it is asked to.
#[derive(Clone)]
struct Caller;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Word {
    Open,
    Said,
    Close,
    Ask(usize),
}

impl Actor for Caller {
    type Msg = Word;
    type Timer = ();
    type State = ();
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) {
        for peer in [1, 2] {
            out.send(Id::from(peer), Word::Open);
        }
    }

    fn on_msg(&self, _: Id, _: &mut Cow<'_, ()>, _: Id, word: Word, out: &mut Out<Self>) {
        if let Word::Ask(peer) = word {
            out.send(Id::from(peer), Word::Said);
        }
    }
}

/// Itself, in sessions.
fn caller() -> Fifo<Caller> {
    Fifo {
        inner: Caller,
        part: |word| match word {
            Word::Open => Some(Part::Open),
            Word::Said => Some(Part::Data(Side::Opener)),
            Word::Close => Some(Part::Close(Side::Opener)),
            Word::Ask(_) => None,
        },
        sessions: Sessions {
            close: |_| Word::Close,
            open: |()| Vec::new(),
        },
        config: Config::unlimited(),
        rules: Rules::default(),
    }
}

type State = <Fifo<Caller> as Actor>::State;
type Output = Command<Frame<Word>, Timer<()>, (), Stored<()>>;

/// A caller whom both have answered.
fn in_two_sessions() -> State {
    let mut state = caller().on_start(Id::from(0), &None, &mut Out::new());
    for (peer, number) in [(1, 1), (2, 2)] {
        let session = SessionId { boot: 1, number };
        hear(&mut state, peer, Frame::SynAck { session, boot: 1 });
    }
    state
}

/// What the caller does when a frame arrives.
fn hear(state: &mut State, src: usize, frame: Frame<Word>) -> Vec<Output> {
    let (mut after, mut out) = (Cow::Borrowed(&*state), Out::new());
    caller().on_msg(Id::from(0), &mut after, Id::from(src), frame, &mut out);
    *state = after.into_owned();
    out.into_iter().collect()
}

/// 2 has taken so many messages.
fn taken_by_2(taken: u64) -> Frame<Word> {
    let of = Direction {
        session: SessionId { boot: 1, number: 2 },
        boot: 1,
        by: Side::Acceptor,
    };
    Frame::Ack { of, taken }
}

const TO_1: Timer<()> = Timer::Resend {
    peer: 1,
    side: Side::Opener,
};

#[test]
fn a_busy_session_does_not_put_off_another() {
    let mut state = in_two_sessions();
    for said in 1..10 {
        let mut outputs = hear(&mut state, 3, Frame::Plain(Word::Ask(2)));
        outputs.extend(hear(&mut state, 2, taken_by_2(said)));
        assert!(outputs.iter().any(|it| matches!(it, Command::Send(..))));
        for output in outputs {
            if let Command::SetTimer(timer, _) | Command::CancelTimer(timer) = output {
                assert_ne!(timer, TO_1);
            }
        }
    }
}

#[test]
fn a_session_that_says_more_does_not_put_off_what_was_lost_in_it() {
    let mut state = in_two_sessions();
    let outputs = hear(&mut state, 3, Frame::Plain(Word::Ask(1)));
    let sets = |it: &Output| matches!(it, Command::SetTimer(..) | Command::CancelTimer(..));
    assert!(!outputs.iter().any(sets), "{outputs:?}");
}

#[test]
fn all_that_was_not_taken_is_sent_again() {
    let mut state = in_two_sessions();
    for _ in 0..3 {
        hear(&mut state, 3, Frame::Plain(Word::Ask(1)));
    }
    let (mut after, mut out) = (Cow::Borrowed(&state), Out::new());
    caller().on_timeout(Id::from(0), &mut after, &TO_1, &mut out);
    let sent = out.into_iter().filter_map(|output| match output {
        Command::Send(dst, Frame::Data(Data { first, .. })) => Some((usize::from(dst), first)),
        _ => None,
    });
    let sent: Vec<(usize, u64)> = sent.collect();
    assert_eq!(sent, [(1, 1), (1, 2), (1, 3), (1, 4)]);
}
