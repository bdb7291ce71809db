use super::attempts::HINTS_MAX;
use super::*;
use proptest::prelude::*;

const GIVE_UP: Duration = Duration::from_secs(60);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

type Asked = Next<&'static str, u8>;

fn found() -> Answer<u8> {
    Answer::Done(7)
}

fn elsewhere(node: Option<usize>) -> Answer<u8> {
    Answer::Elsewhere {
        node: node.map(Id::from),
    }
}

/// A session of three nodes, and what happens to it.
struct Test {
    session: Session<&'static str, u8>,
    now: Duration,
    sent: Option<Request<&'static str>>,
}

impl Test {
    /// A new client, which asks node 0 first.
    fn new(nodes: usize) -> Self {
        Test {
            session: Session::new(nodes, 0),
            now: ms(0),
            sent: None,
        }
    }

    /// A client that node 0 has answered, in no time.
    fn settled(nodes: usize) -> Self {
        let mut test = Test::new(nodes);
        assert_eq!(test.begin(), 0);
        assert_eq!(test.hear(0, found()), Next::Answered(found()));
        test
    }

    /// The node that is asked.
    fn asked(&mut self, step: Asked) -> usize {
        match step {
            Next::Send(node, request) => {
                self.sent = Some(request);
                node.into()
            }
            other => panic!("unexpected step {other:?}"),
        }
    }

    /// The node that a new request goes to. Its client number is the time, where it is a fresh one.
    fn begin(&mut self) -> usize {
        let fresh = self.now.as_millis() as u64;
        let step = self
            .session
            .begin("get", fresh, self.now, self.now + GIVE_UP);
        self.asked(step)
    }

    /// Hands over a node's answer to the last request.
    fn hear(&mut self, node: usize, answer: Answer<u8>) -> Asked {
        let request = self.sent.clone().unwrap();
        let reply = Reply {
            client: request.client,
            number: request.number,
            answer,
        };
        self.session.on_reply(Id::from(node), reply, self.now)
    }

    /// Waits until the session acts of its own: how long that took, and the node asked.
    fn wait(&mut self) -> (Duration, usize) {
        let before = self.now;
        self.now = self.session.wake().unwrap();
        assert_eq!(self.session.clone().on_time(self.now - ms(1)), Next::Wait);
        let step = self.session.on_time(self.now);
        (self.now - before, self.asked(step))
    }

    fn timeout(&self) -> Duration {
        self.session.trip.timeout()
    }
}

#[test]
fn a_session_stays_with_the_node_that_answered() {
    let mut test = Test::settled(3);
    assert_eq!(test.session.wake(), None);
    for number in 2..5 {
        assert_eq!(test.begin(), 0);
        assert_eq!(test.sent.as_ref().unwrap().number, number);
        assert_eq!(test.hear(0, found()), Next::Answered(found()));
        assert_eq!(test.hear(0, found()), Next::Wait, "a second reply");
    }
    assert_eq!(test.begin(), 0);
    assert_eq!(test.hear(0, elsewhere(Some(2))), {
        let request = test.sent.clone().unwrap();
        Next::Send(Id::from(2), request)
    });
    assert_eq!(test.hear(2, found()), Next::Answered(found()));
    assert_eq!(test.begin(), 2);
}

#[test]
fn an_unknown_node_is_left_after_one_silence() {
    let mut test = Test::new(3);
    assert_eq!(test.begin(), 0);
    let first = test.timeout();
    assert_eq!(test.wait(), (first, 1));
    assert_eq!(test.wait(), (first * 2, 2));
}

#[test]
fn a_lost_reply_leads_to_the_same_node_and_a_dead_node_to_the_next() {
    let mut test = Test::settled(3);
    test.begin();
    let timeout = test.timeout();
    let request = test.sent.clone();
    assert_eq!(test.wait(), (timeout, 0));
    assert_eq!(test.wait(), (timeout * 2, 1));
    assert_eq!(test.sent, request, "under the same name");
}

#[test]
fn only_what_was_sent_once_is_measured() {
    let mut test = Test::settled(3);
    let quick = test.timeout();
    test.begin();
    test.wait();
    let late = test.timeout();
    assert_eq!(late, quick * 2);
    test.now += ms(1);
    test.hear(0, found());
    assert_eq!(test.timeout(), late, "which copy was answered?");
    test.begin();
    test.hear(0, found());
    assert_eq!(test.timeout(), quick);
}

#[test]
fn a_late_answer_is_taken_from_whichever_node() {
    let mut test = Test::settled(3);
    test.begin();
    test.wait();
    assert_eq!(test.wait().1, 1);
    assert_eq!(test.hear(0, found()), Next::Answered(found()));
    assert_eq!(test.begin(), 0);
}

#[test]
fn hints_at_a_node_that_is_silent_are_not_followed_and_all_have_their_turn() {
    let mut test = Test::settled(4);
    test.begin();
    assert_eq!(test.wait().1, 0);
    assert_eq!(test.wait().1, 1);
    let mut turns = Vec::new();
    for _ in 0..19 {
        let node = usize::from(test.session.attempts.asked());
        if node != 0 {
            assert_eq!(test.hear(node, elsewhere(Some(0))), Next::Wait);
        }
        turns.push(test.wait().1);
    }
    assert_eq!(turns[..8], [2, 3, 0, 1, 2, 3, 0, 1]);
    test.hear(0, elsewhere(None));
    test.wait();
    assert_eq!(test.hear(1, elsewhere(Some(0))), {
        let request = test.sent.clone().unwrap();
        Next::Send(Id::from(0), request)
    });
}

#[test]
fn without_a_hint_there_is_a_pause_that_grows_with_the_outage() {
    let mut test = Test::settled(3);
    test.begin();
    for turn in 0..60 {
        assert_eq!(test.hear(turn % 3, elsewhere(None)), Next::Wait);
        let (open, wake) = (test.now, test.session.wake());
        assert_eq!(test.hear(turn % 3, elsewhere(None)), Next::Wait);
        assert_eq!(test.session.wake(), wake, "a second refusal");
        let (pause, next) = test.wait();
        assert_eq!(pause, (open / PAUSE_DIVISOR).clamp(PAUSE_MIN, PAUSE_MAX));
        assert_eq!(next, (turn + 1) % 3);
    }
}

/// Nodes 0 and 1 send clients to each other for ever.
#[test]
fn nodes_that_point_at_each_other_are_left() {
    let mut test = Test::settled(4);
    let mut asked = test.begin();
    let mut sent = [0; 4];
    while asked != 3 {
        sent[asked] += 1;
        let hint = [Some(1), Some(0), Some(0), None][asked];
        let step = test.hear(asked, elsewhere(hint));
        asked = match step {
            Next::Wait => test.wait().1,
            step => test.asked(step),
        };
    }
    assert!(sent.iter().sum::<u32>() <= 3 * (1 + HINTS_MAX), "{sent:?}");
}

#[test]
fn strangers_and_late_refusals_are_ignored() {
    let mut test = Test::settled(3);
    test.begin();
    assert_eq!(test.hear(7, found()), Next::Wait);
    assert_eq!(test.hear(1, elsewhere(Some(2))), Next::Wait, "not asked");
    assert_eq!(test.hear(0, elsewhere(Some(7))), Next::Wait);
    assert_eq!(test.wait(), (PAUSE_MIN, 1));
}

/// An answer with the number of another request says nothing of this one.
#[test]
fn answers_to_another_number_are_ignored() {
    let mut test = Test::new(3);
    test.begin();
    let request = test.sent.clone().expect("a request");
    let other = Reply {
        client: request.client + 1,
        number: request.number,
        answer: found(),
    };
    let step = test.session.on_reply(Id::from(0), other, test.now);
    assert_eq!(step, Next::Wait);
    assert_eq!(test.hear(0, found()), Next::Answered(found()));
}

/// The cluster remembers clients that wrote, and none that has only read: such a client takes a new number.
#[test]
fn a_read_is_not_remembered() {
    for (answer, is_remembered) in [(found(), true), (Answer::Read(7), false)] {
        let mut test = Test::new(3);
        test.begin();
        let first = test.sent.clone().expect("a request");
        test.hear(0, answer);
        test.now += ms(1);
        test.begin();
        let second = test.sent.clone().expect("a request");
        assert_eq!(second.client == first.client, is_remembered);
    }
}

/// A server answers ever later: how often each of the requests is sent.
fn sends_while_latency_rises(latency: Duration, requests: usize) -> Vec<usize> {
    let mut test = Test::settled(3);
    for _ in 0..50 {
        test.begin();
        test.now += ms(5);
        test.hear(0, found());
    }
    let mut sends = Vec::new();
    for _ in 0..requests {
        let mut asked = test.begin();
        let (mut sent, end) = (1, test.now + latency);
        while test.session.wake().unwrap() < end {
            if asked != 0 {
                assert_eq!(test.hear(asked, elsewhere(Some(0))), Next::Wait);
            }
            asked = test.wait().1;
            sent += 1;
        }
        test.now = end;
        assert_eq!(test.hear(0, found()), Next::Answered(found()));
        sends.push(sent);
    }
    sends
}

#[test]
fn a_server_that_grows_slow_is_not_flooded() {
    // No resend where the latency is a few times what it was.
    assert_eq!(sends_while_latency_rises(ms(40), 100), vec![1; 100]);
    let sends = sends_while_latency_rises(ms(1000), 100);
    assert!(sends[0] <= 12, "{sends:?}");
    assert!(sends[4..].iter().all(|sent| *sent == 1), "{sends:?}");
    let sends = sends_while_latency_rises(ms(10_000), 4);
    assert!(sends.iter().all(|sent| *sent <= 40), "{sends:?}");
}

#[test]
fn when_time_is_up_the_outcome_is_unknown() {
    let mut test = Test::new(3);
    let step = test.session.begin("get", 9, ms(0), ms(100));
    test.asked(step);
    assert_eq!(test.session.wake(), Some(ms(100)));
    assert_eq!(test.session.on_time(ms(100)), Next::Unknown);
    assert_eq!(test.session.wake(), None);
    assert_eq!(test.hear(0, found()), Next::Wait);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Nodes and strangers may say anything at any time.
    #[test]
    fn a_session_neither_panics_nor_spins(
        events in prop::collection::vec((0..400u64, 0..6usize, prop::option::of(0..6usize)), 0..200),
    ) {
        let mut test = Test::new(4);
        for (pause, event, hint) in events {
            test.now += ms(pause);
            let step = match event {
                5 => test.session.on_time(test.now),
                node if test.sent.is_some() => test.hear(node, elsewhere(hint)),
                _ => Next::Wait,
            };
            if let Next::Send(_, request) = &step {
                prop_assert_eq!(Some(request), test.sent.as_ref());
            }
            match test.session.wake() {
                Some(wake) if step != Next::Wait || event == 5 => prop_assert!(test.now < wake),
                Some(_) => {}
                None => _ = test.begin(),
            }
        }
    }
}
