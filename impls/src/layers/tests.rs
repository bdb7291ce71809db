//! The whole stack, as `spawn` drives it.

use super::Stack;
use super::deadline::{Clock, Deadline};
use super::durable::Durable;
use super::frame::{PacketKind, decode, encode};
use super::service::Service;
use super::wire::{Datagram, Members, Wire, whole};
use crate::counters::Counters;
use crate::journal::ChangeLog;
use crate::machine::{Operation, Outcome};
use crate::request::{Answer, Reply, Request};
use quorate_models::replica::{Command, Delivery, Replica, Status};
use stateright::actor::{Actor, Command as Output, Id, Out};
use std::borrow::Cow;
use std::net::SocketAddrV4;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Decides what it is asked at the next tick of its timer. Its state must not be copied.
struct Alone;

#[derive(Debug, Default, PartialEq, Hash)]
struct Precious {
    asked: Vec<Command>,
    decided: Vec<Command>,
}

impl Clone for Precious {
    fn clone(&self) -> Self {
        panic!("the state was copied");
    }
}

impl Actor for Alone {
    type Msg = Command;
    type Timer = ();
    type State = Precious;
    type Storage = ();
    type Random = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> Precious {
        out.set_timer((), Duration::ZERO..Duration::ZERO);
        Precious::default()
    }

    fn on_msg(
        &self,
        _: Id,
        state: &mut Cow<'_, Precious>,
        _: Id,
        command: Command,
        _: &mut Out<Self>,
    ) {
        state.to_mut().asked.push(command);
    }

    fn on_timeout(&self, _: Id, state: &mut Cow<'_, Precious>, _: &(), out: &mut Out<Self>) {
        let state = state.to_mut();
        state.decided.append(&mut state.asked);
        out.set_timer((), Duration::ZERO..Duration::ZERO);
    }
}

impl Replica for Alone {
    type Cursor = usize;

    const GENERATION: &'static str = "term";

    fn proposal(command: Command) -> Command {
        command
    }

    fn refusal(_: &Command) -> Option<Option<Id>> {
        None
    }

    fn next<'a>(state: &'a Precious, cursor: &mut usize) -> Option<Delivery<'a>> {
        let command = state.decided.get(*cursor)?;
        *cursor += 1;
        Some(Delivery::Command(command))
    }

    fn status(state: &Precious) -> Status {
        let decided = state.decided.len() as u64;
        Status {
            role: "alone".to_owned(),
            generation: 0,
            leader: None,
            decided,
            last: decided,
            details: Default::default(),
        }
    }

    fn stopped(_: &Precious) -> Option<String> {
        None
    }
}

struct Unused;

impl ChangeLog for Unused {
    fn append(&self, _: Vec<u8>) {
        unreachable!("nothing is saved")
    }

    fn durable(&self) -> u64 {
        0
    }
}

/// Time stands still, and every timer is due at once.
struct NoDelay;

impl Clock for NoDelay {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn draw(&self, range: Range<Duration>) -> Duration {
        range.start
    }

    fn ring_at(&self, _: Option<Duration>) {}
}

fn address(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new([127, 0, 0, 1].into(), port)
}

/// A datagram goes through all layers and its answer comes back, and no state is copied on the
/// way.
#[test]
fn a_request_is_answered_and_no_state_is_copied() {
    let (node, client) = (Id::from(address(1)), Id::from(address(2)));
    let counters = Arc::new(Counters::default());
    let durable = Durable::recover(Alone, &[], Unused).unwrap();
    let service = Service::new(durable, 1, counters.clone(), |_| {});
    let members = Members::new((7, "raft"), vec![address(1)], 0);
    let timed = Deadline::new(service, NoDelay);
    let wire = Wire::new(timed, members, counters, Arc::default(), |_| {});
    let stack = Stack(wire);
    let mut out = Out::new();
    let mut state = Cow::Owned(stack.on_start(node, &None, &mut out));

    let operation = Operation::Put {
        key: "k".to_owned(),
        value: "v".to_owned(),
    };
    let request = Request {
        client: 5,
        number: 1,
        operation,
    };
    let payload = postcard::to_stdvec(&request).unwrap();
    let frame = encode(7, PacketKind::Request, &payload).unwrap();
    stack.on_msg(node, &mut state, client, Datagram(frame), &mut out);
    // Its timer is due from the start on: the doorbell that it rang then arrives.
    let rung = out.into_iter().find_map(|output| match output {
        Output::Send(recipient, bell) => (recipient == node).then_some(bell),
        other => panic!("unexpected output {other:?}"),
    });
    let mut out = Out::new();
    let bell = rung.expect("it rings");
    stack.on_msg(node, &mut state, node, bell, &mut out);

    let [Output::Send(recipient, Datagram(frame)), _] = &out[..] else {
        panic!("unexpected output {out:?}")
    };
    assert_eq!(*recipient, client);
    let (kind, payload) = decode(7, frame).unwrap();
    assert_eq!(kind, PacketKind::Reply);
    let answer = Answer::Done(Outcome::Stored);
    assert_eq!(
        whole::<Reply>(payload),
        Ok(Reply {
            client: 5,
            number: 1,
            answer
        })
    );
}
