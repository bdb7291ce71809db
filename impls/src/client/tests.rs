//! A session and the machine, together: each request is executed at most once.

use crate::machine::{Machine, Operation, Outcome};
use crate::request::{Answer, Reply, Request};
use quorate_models::client::{Next, Session};
use quorate_models::replica::Consistency;
use quorate_models::service::{Execution, Once, Rules};
use stateright::actor::Id;
use std::collections::BTreeSet;
use std::time::Duration;

const GIVE_UP: Duration = Duration::from_secs(60);

/// A client of one node.
struct Client {
    session: Session<Operation, Outcome>,
    now: Duration,
}

impl Client {
    fn new() -> Self {
        Client {
            session: Session::new(1, 0),
            now: Duration::ZERO,
        }
    }

    /// A get. The client number is the time, where it is a fresh one.
    fn begin(&mut self) -> Request {
        self.now += GIVE_UP;
        let operation = Operation::Get {
            key: "k".to_owned(),
            consistency: Consistency::Linearizable,
        };
        let fresh = self.now.as_secs();
        let (now, give_up) = (self.now, self.now + GIVE_UP);
        match self.session.begin(operation, fresh, now, give_up) {
            Next::Send(_, request) => request,
            other => panic!("unexpected step {other:?}"),
        }
    }

    fn hear(&mut self, request: &Request, answer: Answer) {
        let reply = Reply {
            client: request.client,
            number: request.number,
            answer: answer.clone(),
        };
        let step = self.session.on_reply(Id::from(0), reply, self.now);
        assert_eq!(step, Next::Answered(answer));
    }
}

fn found() -> Answer {
    Answer::Done(Outcome::Found(None))
}

/// The answer of a machine to a request.
fn execute(machine: &mut Once<Machine>, request: &Request) -> Answer {
    match machine.apply(&Rules::default(), request.clone()) {
        Execution::Done(outcome) => Answer::Done(outcome),
        Execution::Expired => Answer::Expired,
        Execution::Outdated => panic!("{request:?} is outdated"),
    }
}

#[test]
fn after_an_unknown_outcome_the_next_request_is_executed() {
    let (mut client, mut machine) = (Client::new(), Once::default());
    let mut unanswered = Vec::new();
    for executed in [false, false, true, true, false, true] {
        let request = client.begin();
        if executed {
            assert_eq!(execute(&mut machine, &request), found());
            client.hear(&request, found());
        } else {
            client.now += GIVE_UP;
            assert_eq!(client.session.on_time(client.now), Next::Unknown);
            unanswered.push(request);
        }
    }
    // Each has a name of its own. Where a later one was executed under the same client number,
    // the cluster executes it no more.
    let names: BTreeSet<_> = unanswered.iter().map(|it| (it.client, it.number)).collect();
    assert_eq!(names.len(), unanswered.len());
    let last = &unanswered[2];
    let execution = machine.execution(&Rules::default(), last.client, last.number);
    assert_eq!(execution, Some(Execution::Outdated));
    assert_eq!(execute(&mut machine, &unanswered[0]), found());
}

#[test]
fn a_client_that_was_forgotten_goes_on_as_a_new_one() {
    let mut client = Client::new();
    let first = client.begin();
    client.hear(&first, found());
    let second = client.begin();
    assert_eq!(second.client, first.client);
    let forgotten = execute(&mut Once::default(), &second);
    assert_eq!(forgotten, Answer::Expired);
    client.hear(&second, forgotten);
    let third = client.begin();
    assert_ne!(third.client, first.client);
    assert_eq!(execute(&mut Once::default(), &third), found());
}
