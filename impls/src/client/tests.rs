use super::*;
use crate::machine::{Operation, Outcome};

fn nodes() -> Vec<SocketAddrV4> {
    [1, 2, 3]
        .map(|port| SocketAddrV4::new([127, 0, 0, 1].into(), port))
        .to_vec()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn get() -> Body {
    Body::Execute(Operation::Get {
        key: "k".to_owned(),
    })
}

fn reply(number: u64, answer: Answer) -> Reply {
    Reply {
        client: 2,
        number,
        answer,
    }
}

fn elsewhere(number: u64, node: Option<usize>) -> Reply {
    reply(
        number,
        Answer::Elsewhere {
            node: node.map(|node| nodes()[node]),
        },
    )
}

/// A session whose first request goes to node 0.
fn session() -> Session {
    Session::new(2, nodes())
}

/// The node that is asked, and the number of the request.
fn asked(step: Step) -> (usize, u64) {
    match step {
        Step::Send(node, request) => {
            let node = nodes().iter().position(|known| *known == node).unwrap();
            (node, request.number)
        }
        other => panic!("unexpected step {other:?}"),
    }
}

#[test]
fn an_answer_ends_a_request_and_the_next_has_the_next_number() {
    let mut session = session();
    assert_eq!(asked(session.begin(get(), ms(0), ms(5000))), (0, 1));
    let answer = Answer::Done(Outcome::Found(None));
    assert_eq!(
        session.on_reply(reply(1, answer.clone()), ms(1)),
        Step::Answered(answer.clone())
    );
    assert_eq!(session.wake(), None);
    assert_eq!(
        session.on_reply(reply(1, answer.clone()), ms(1)),
        Step::Wait
    );
    let (_, number) = asked(session.begin(get(), ms(2), ms(5000)));
    assert_eq!(number, 2);
    assert_eq!(session.on_reply(reply(1, answer), ms(3)), Step::Wait);
}

#[test]
fn silence_leads_to_the_next_node_with_the_same_request() {
    let mut session = session();
    session.begin(get(), ms(0), ms(5000));
    assert_eq!(session.wake(), Some(PATIENCE));
    assert_eq!(session.on_time(ms(299)), Step::Wait);
    assert_eq!(asked(session.on_time(ms(300))), (1, 1));
    assert_eq!(asked(session.on_time(ms(600))), (2, 1));
    assert_eq!(asked(session.on_time(ms(900))), (0, 1));
}

#[test]
fn a_hint_is_followed_at_once() {
    let mut session = session();
    session.begin(get(), ms(0), ms(5000));
    assert_eq!(
        asked(session.on_reply(elsewhere(1, Some(2)), ms(1))),
        (2, 1)
    );
    assert_eq!(session.wake(), Some(ms(301)));
}

#[test]
fn without_a_hint_there_is_a_pause() {
    let mut session = session();
    session.begin(get(), ms(0), ms(5000));
    assert_eq!(session.on_reply(elsewhere(1, None), ms(1)), Step::Wait);
    assert_eq!(session.wake(), Some(ms(26)));
    assert_eq!(session.on_reply(elsewhere(1, None), ms(20)), Step::Wait);
    assert_eq!(
        session.wake(),
        Some(ms(26)),
        "a late refusal does not prolong it"
    );
    assert_eq!(asked(session.on_time(ms(26))), (1, 1));
}

#[test]
fn nodes_that_point_at_each_other_are_not_asked_without_pause() {
    let mut session = session();
    session.begin(get(), ms(0), ms(5000));
    let mut sent = 0;
    for hint in [1, 0].into_iter().cycle().take(20) {
        match session.on_reply(elsewhere(1, Some(hint)), ms(1)) {
            Step::Send(..) => sent += 1,
            step => assert_eq!(step, Step::Wait),
        }
    }
    assert_eq!(sent, HINTS_MAX);
    assert_eq!(session.wake(), Some(ms(26)));
}

#[test]
fn hints_at_strangers_are_not_followed() {
    let mut session = session();
    session.begin(get(), ms(0), ms(5000));
    let stranger = Some(SocketAddrV4::new([127, 0, 0, 1].into(), 9));
    let step = session.on_reply(reply(1, Answer::Elsewhere { node: stranger }), ms(1));
    assert_eq!(step, Step::Wait);
}

#[test]
fn when_time_is_up_the_outcome_is_unknown() {
    let mut session = session();
    session.begin(get(), ms(0), ms(100));
    assert_eq!(session.wake(), Some(ms(100)));
    assert_eq!(session.on_time(ms(100)), Step::Unknown);
    assert_eq!(session.wake(), None);
    assert_eq!(
        session.on_reply(reply(1, Answer::Expired), ms(101)),
        Step::Wait
    );
}
