mod behind;

use super::*;
use crate::bell::Ring;
use crate::machine::{Operation, Outcome};
use quorate_models::replica::{Consistency, Status};
use stateright::actor::{Actor, Out};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::SocketAddrV4;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

/// Decides at once what it is asked, if it is node 0. Refuses otherwise.
#[derive(Clone, Debug)]
struct Primary;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Word {
    Propose(Command),
    Ask(Option<Id>),
    Read,
    Readable,
    /// Decides something else than a command.
    Decide(Decision),
    Stop,
    LoseQuorum,
    FindQuorum,
    Leave,
    MayLeave,
    /// So many deliveries have come to a snapshot.
    Compact(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Decision {
    Command(Command),
    Nothing,
    Members(BTreeSet<Id>),
    Snapshot(Vec<u8>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Decided {
    sequence: Vec<Decision>,
    /// While there is no quorum: what is proposed and not decided.
    undecided: Option<Vec<Command>>,
    stopped: bool,
    /// It is to stop, and waits for the others.
    leaves: bool,
    /// For how many deliveries each snapshot stands that the service has handed over.
    compacted: Vec<u64>,
}

impl Actor for Primary {
    type Msg = Word;
    type Timer = ();
    type State = Decided;
    type Storage = ();
    type Random = Doorbell;

    fn on_start(&self, _: Id, _: &Option<()>, _: &mut Out<Self>) -> Decided {
        Decided::default()
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, Decided>,
        src: Id,
        word: Word,
        out: &mut Out<Self>,
    ) {
        match word {
            Word::Propose(command) if id == Id::from(0) => {
                let state = state.to_mut();
                match &mut state.undecided {
                    Some(undecided) => undecided.push(command),
                    None => state.sequence.push(Decision::Command(command)),
                }
            }
            Word::Propose(_) if id == Id::from(1) => out.send(src, Word::Ask(Some(Id::from(0)))),
            Word::Propose(_) => out.send(src, Word::Ask(None)),
            Word::Ask(_) | Word::Readable => {}
            Word::Read => out.send(src, Word::Readable),
            Word::Decide(decision) => state.to_mut().sequence.push(decision),
            Word::Stop => state.to_mut().stopped = true,
            Word::Leave => state.to_mut().leaves = true,
            Word::MayLeave => state.to_mut().leaves = false,
            Word::Compact(len) => state.to_mut().compacted.push(len),
            Word::LoseQuorum => state.to_mut().undecided = Some(Vec::new()),
            Word::FindQuorum => {
                let state = state.to_mut();
                let undecided = state.undecided.take().unwrap_or_default();
                let undecided = undecided.into_iter().map(Decision::Command);
                state.sequence.extend(undecided);
            }
        }
    }
}

impl Replica for Primary {
    type Cursor = usize;

    const GENERATION: &'static str = "term";

    fn proposal(command: Command) -> Word {
        Word::Propose(command)
    }

    fn refusal(answer: &Word) -> Option<Option<Id>> {
        match answer {
            Word::Ask(node) => Some(*node),
            _ => None,
        }
    }

    fn read(_: Consistency) -> Option<Word> {
        Some(Word::Read)
    }

    fn snapshot(len: u64, _: Arc<Vec<u8>>) -> Option<Word> {
        Some(Word::Compact(len))
    }

    fn farewell() -> Option<Word> {
        Some(Word::Leave)
    }

    fn has_said_farewell(state: &Decided) -> bool {
        !state.leaves
    }

    fn is_readable(answer: &Word) -> bool {
        *answer == Word::Readable
    }

    fn next<'a>(state: &'a Decided, cursor: &mut usize) -> Option<Delivery<'a>> {
        let decision = state.sequence.get(*cursor)?;
        *cursor += 1;
        Some(match decision {
            Decision::Command(command) => Delivery::Command(command),
            Decision::Nothing => Delivery::Nothing,
            Decision::Members(members) => Delivery::Members(members),
            Decision::Snapshot(bytes) => Delivery::Snapshot {
                stands_for: *cursor as u64,
                state: bytes,
            },
        })
    }

    fn status(state: &Decided) -> Status {
        let decided = state.sequence.len() as u64;
        Status {
            role: "primary".to_owned(),
            generation: 1,
            leader: Some(Id::from(0)),
            decided,
            last: decided + state.undecided.as_ref().map_or(0, Vec::len) as u64,
            details: Default::default(),
        }
    }

    fn stopped(state: &Decided) -> Option<String> {
        state.stopped.then(|| "told to stop".to_owned())
    }
}

struct Node {
    id: Id,
    service: Service<Primary>,
    state: <Service<Primary> as Layer>::State,
}

fn address(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new([127, 0, 0, 1].into(), port)
}

fn node(id: usize) -> Node {
    let halt = |reason: &str| panic!("halted: {reason}");
    let service = Service::new(Primary, 3, Arc::default(), halt);
    let id = Id::from(id);
    let mut state = service.initial();
    service.step(id, &mut state, Input::Start(None));
    Node { id, service, state }
}

impl Node {
    fn hear(&mut self, source: Id, packet: Packet<Word>) -> Vec<(Id, Packet<Word>)> {
        let (sent, rings) = self.step(Input::Message(source, packet));
        assert_eq!(rings, [], "more is decided than one event applies");
        sent
    }

    /// What it sends, and the doorbells that it rings for more.
    fn step(
        &mut self,
        input: InputOf<Service<Primary>>,
    ) -> (Vec<(Id, Packet<Word>)>, Vec<Doorbell>) {
        let (mut sent, mut rings) = (Vec::new(), Vec::new());
        for output in self.service.step(self.id, &mut self.state, input) {
            match output {
                Output::Send(recipient, packet) => sent.push((recipient, packet)),
                Output::ChooseRandom(_, bells) => rings.extend(bells),
                other => panic!("unexpected output {other:?}"),
            }
        }
        (sent, rings)
    }

    /// The doorbells that it rings for more when one has rung, of all there are.
    fn ring(&mut self, bell: Doorbell) -> Vec<Doorbell> {
        let (sent, rings) = self.step(Input::Choice(bell));
        assert_eq!(sent, []);
        rings
    }

    /// The answers to a request that comes from a port.
    fn ask(&mut self, port: u16, number: u64, operation: Operation) -> Vec<Answer> {
        let client = Id::from(address(port));
        let request = Request {
            client: 9,
            number,
            operation,
        };
        let answer = |(recipient, packet)| match packet {
            Packet::Replies(replies) if recipient == client => {
                let [reply] = replies.try_into().expect("one reply");
                let Reply { client, answer, .. } = reply;
                assert_eq!(client, 9);
                answer
            }
            other => panic!("unexpected packet {other:?} to {recipient:?}"),
        };
        self.hear(client, Packet::Requests(vec![request]))
            .into_iter()
            .map(answer)
            .collect()
    }

    fn status(&mut self) -> NodeStatus {
        let client = Id::from(address(99));
        match &self.hear(client, Packet::Probe(Probe { number: 5 }))[..] {
            [(recipient, Packet::Report(report))] if *recipient == client => {
                assert_eq!(report.number, 5);
                NodeStatus::clone(&report.status)
            }
            other => panic!("unexpected packets {other:?}"),
        }
    }
}

/// Wakes nobody.
#[derive(Clone)]
struct Silent;

impl Ring for Silent {
    fn ring(&self) {}
}

fn put(value: &str) -> Operation {
    Operation::Put {
        key: "k".to_owned(),
        value: value.to_owned(),
    }
}

fn swap(expected: &str, value: &str) -> Operation {
    let expected = Some(expected.to_owned());
    Operation::Cas {
        key: "k".to_owned(),
        expected,
        value: value.to_owned(),
    }
}

#[test]
fn a_decided_request_is_executed_and_answered() {
    let mut node = node(0);
    assert_eq!(node.ask(50, 1, put("a")), [Answer::Done(Outcome::Stored)]);
    assert_eq!(
        node.ask(50, 2, swap("a", "b")),
        [Answer::Done(Outcome::Stored)]
    );
    let status = node.status();
    assert_eq!((status.applied, status.keys), (2, 1));
}

#[test]
fn a_repeated_request_is_answered_where_it_comes_from_and_executed_once() {
    let mut node = node(0);
    node.ask(50, 1, put("a"));
    assert_eq!(
        node.ask(50, 2, swap("a", "b")),
        [Answer::Done(Outcome::Stored)]
    );
    assert_eq!(
        node.ask(51, 2, swap("a", "b")),
        [Answer::Done(Outcome::Stored)]
    );
    assert_eq!(node.status().commit, 2, "it is not even proposed again");
    assert_eq!(node.ask(51, 1, put("a")), []);
    assert_eq!(node.status().commit, 2, "nor is an earlier one");
    assert_eq!(
        node.ask(51, 3, swap("b", "c")),
        [Answer::Done(Outcome::Stored)]
    );
}

#[test]
fn a_refused_request_is_sent_to_the_node_that_is_hinted_at() {
    let elsewhere = |node| [Answer::Elsewhere { node }];
    assert_eq!(node(1).ask(50, 1, put("a")), elsewhere(Some(Id::from(0))));
    assert_eq!(node(2).ask(50, 1, put("a")), elsewhere(None));
}

#[test]
fn what_is_too_large_is_refused_and_not_proposed() {
    let mut node = node(0);
    let answers = node.ask(50, 1, put(&"x".repeat(REQUEST_BYTES_MAX)));
    let [
        Answer::TooLarge {
            found,
            limit: REQUEST_BYTES_MAX,
        },
    ] = answers[..]
    else {
        panic!("unexpected answers {answers:?}")
    };
    assert!(REQUEST_BYTES_MAX < found);
    assert_eq!(node.status().commit, 0);
}

#[test]
fn positions_without_a_request_are_passed_over() {
    let mut node = node(0);
    let peer = Id::from(1);
    assert_eq!(
        node.hear(peer, Packet::Peer(Word::Decide(Decision::Nothing))),
        []
    );
    let garbage = Word::Propose(Command(Arc::from([0xff; 12])));
    assert_eq!(node.hear(peer, Packet::Peer(garbage)), []);
    assert_eq!(node.ask(50, 1, put("a")), [Answer::Done(Outcome::Stored)]);
    assert_eq!(node.status().applied, 3);
}

#[test]
fn a_request_that_waits_is_proposed_once() {
    let mut node = node(0);
    node.hear(Id::from(1), Packet::Peer(Word::LoseQuorum));
    for port in [50, 50, 51] {
        assert_eq!(node.ask(port, 1, put("a")), []);
    }
    assert_eq!(node.status().last, 1);
    let answers = node.hear(Id::from(1), Packet::Peer(Word::FindQuorum));
    let [(recipient, _)] = answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(recipient, Id::from(address(51)));
}

#[test]
fn without_a_quorum_only_so_much_is_proposed() {
    let mut node = node(0);
    node.hear(Id::from(1), Packet::Peer(Word::LoseQuorum));
    let elsewhere = Answer::Elsewhere { node: None };
    for number in 1..=UNDECIDED_MAX + 2 {
        let expected = if number <= UNDECIDED_MAX {
            vec![]
        } else {
            vec![elsewhere.clone()]
        };
        assert_eq!(node.ask(50, number, put("a")), expected, "{number}");
    }
    assert_eq!(node.status().last, UNDECIDED_MAX);
}

#[test]
fn a_client_that_is_not_remembered_is_told_so() {
    assert_eq!(node(0).ask(50, 2, put("a")), [Answer::Expired]);
}

#[test]
#[should_panic(expected = "halted: told to stop; keep every node's journal")]
fn a_replica_that_has_stopped_halts_the_node() {
    node(0).hear(Id::from(1), Packet::Peer(Word::Stop));
}

/// Hands a decision to a node, which has no answer to it.
fn decide(node: &mut Node, decision: Decision) {
    let answers = node.hear(Id::from(1), Packet::Peer(Word::Decide(decision)));
    assert_eq!(answers, []);
}

#[test]
fn a_change_of_members_leaves_the_store_as_it_is() {
    let mut node = node(0);
    let stored = [Answer::Done(Outcome::Stored)];
    assert_eq!(node.ask(50, 1, put("a")), stored);
    let members = BTreeSet::from([Id::from(0), Id::from(1)]);
    decide(&mut node, Decision::Members(members));
    assert_eq!(node.status().applied, 2);
    assert_eq!(node.ask(50, 2, swap("a", "b")), stored);
}

#[test]
fn a_snapshot_replaces_the_store_and_what_is_remembered_of_clients() {
    let (mut from, mut to) = (node(0), node(0));
    from.ask(50, 1, put("a"));
    let snapshot = postcard::to_stdvec(&from.state.store.once).unwrap();
    to.ask(60, 1, put("b"));
    decide(&mut to, Decision::Snapshot(snapshot));
    assert_eq!(to.state.store.once, from.state.store.once);
    let stored = [Answer::Done(Outcome::Stored)];
    assert_eq!(to.ask(50, 2, swap("a", "c")), stored);
}

/// After how many deliveries, one by one, a node of three makes its snapshots, of which each is to come after
/// so many.
fn snapshots(id: usize, every: u64, deliveries: u64) -> Vec<u64> {
    let mut node = node(id);
    node.service = node.service.with_snapshots(Some(every));
    for _ in 0..deliveries {
        decide(&mut node, Decision::Nothing);
    }
    Primary::replica(&node.state.inner).compacted.clone()
}

#[test]
fn nodes_take_turns_to_make_snapshots() {
    assert_eq!(snapshots(0, 30, 90), [30, 60, 90]);
    assert_eq!(snapshots(1, 30, 90), [20, 50, 80]);
    assert_eq!(snapshots(2, 30, 90), [10, 40, 70]);
    assert_eq!([0, 1, 2].map(|id| snapshots(id, 1, 2)), [[1, 2]; 3]);
}

/// Node 1 would have its turn after 20, just after it was handed a snapshot of 19.
#[test]
fn a_node_makes_no_snapshot_right_after_one_that_was_handed_over() {
    let mut node = node(1);
    node.service = node.service.with_snapshots(Some(30));
    for _ in 0..18 {
        decide(&mut node, Decision::Nothing);
    }
    let handed_over = postcard::to_stdvec(&node.state.store.once).unwrap();
    decide(&mut node, Decision::Snapshot(handed_over));
    for _ in 19..50 {
        decide(&mut node, Decision::Nothing);
    }
    assert_eq!(Primary::replica(&node.state.inner).compacted, [29, 50]);
}

#[test]
fn a_snapshot_that_cannot_be_decoded_is_counted_and_stops_the_node() {
    let mut node = node(0);
    node.ask(50, 1, put("a"));
    let counters = node.service.counters.clone();
    let halted = panic::catch_unwind(AssertUnwindSafe(|| {
        decide(&mut node, Decision::Snapshot(vec![0xff; 9]));
    }));
    let reason = halted.unwrap_err();
    assert_eq!(
        reason.downcast_ref::<String>().unwrap(),
        "halted: delivery 2 is a snapshot of 9 bytes that cannot be decoded: run the version of \
         this program that wrote it"
    );
    assert_eq!(counters.rejected()["undecodable snapshot"], 1);
}

#[test]
fn a_node_that_is_to_stop_waits_for_its_replica() {
    let (farewell, mut node) = (Farewell::default(), node(0));
    node.service = node.service.with_farewell(farewell.clone());
    let asking = farewell.clone();
    let asked = thread::spawn(move || asking.ask(&Silent, Duration::MAX));
    let wake = |node: &mut Node| node.step(Input::Choice(Doorbell(0)));
    while !node.state.inner.as_ref().unwrap().leaves {
        wake(&mut node);
    }
    for _ in 0..3 {
        wake(&mut node);
        assert!(!farewell.is_sent());
    }
    node.hear(Id::from(1), Packet::Peer(Word::MayLeave));
    wake(&mut node);
    assert!(farewell.is_sent());
    asked.join().unwrap();
}
