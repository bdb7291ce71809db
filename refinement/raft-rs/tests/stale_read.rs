//! A linearizable read is answered with an index that is too small: the crate `raft` 0.7.0 alone, with
//! nothing of this package. The network delivers one message twice, out of order with others.

use raft::eraftpb::MessageType::*;
use raft::eraftpb::{Message, MessageType};
use raft::storage::MemStorage;
use raft::{Config, RawNode};
use slog::{Discard, Logger, o};

/// Three nodes, what is on its way between them, and the answers to reads: node, context, index.
struct Cluster {
    nodes: Vec<RawNode<MemStorage>>,
    in_flight: Vec<Message>,
    answers: Vec<(u64, Vec<u8>, u64)>,
}

impl Cluster {
    fn new() -> Self {
        let node = |id| {
            let config = Config {
                id,
                ..Config::default()
            };
            let storage = MemStorage::new_with_conf_state((vec![1, 2, 3], vec![]));
            RawNode::new(&config, storage, &Logger::root(Discard, o!())).expect("a valid node")
        };
        Cluster {
            nodes: (1..=3).map(node).collect(),
            in_flight: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// The steps of every user of the crate after every input: write, send, apply.
    fn ready(&mut self, id: u64) {
        let node = &mut self.nodes[id as usize - 1];
        while node.has_ready() {
            let mut ready = node.ready();
            self.in_flight.extend(ready.take_messages());
            let reads = ready.take_read_states().into_iter();
            self.answers
                .extend(reads.map(|it| (id, it.request_ctx, it.index)));
            let store = node.store().clone();
            store
                .wl()
                .append(ready.entries())
                .expect("entries that fit");
            if let Some(state) = ready.hs() {
                store.wl().set_hardstate(state.clone());
            }
            self.in_flight.extend(ready.take_persisted_messages());
            let mut light = node.advance(ready);
            self.in_flight.extend(light.take_messages());
            node.advance_apply();
        }
    }

    fn campaign(&mut self, id: u64) {
        self.nodes[id as usize - 1]
            .campaign()
            .expect("it may campaign");
        self.ready(id);
    }

    fn read(&mut self, id: u64, context: &str) {
        self.nodes[id as usize - 1].read_index(context.into());
        self.ready(id);
    }

    /// Delivers the oldest message of this kind from one node to another, and gives a copy of it.
    fn deliver(&mut self, from: u64, to: u64, kind: MessageType) -> Message {
        let is_meant = |it: &Message| (it.from, it.to, it.get_msg_type()) == (from, to, kind);
        let position = self.in_flight.iter().position(is_meant);
        let message = self.in_flight.remove(position.expect("it is on its way"));
        self.deliver_again(message.clone());
        message
    }

    fn deliver_again(&mut self, message: Message) {
        let id = message.to;
        self.nodes[id as usize - 1]
            .step(message)
            .expect("it is taken");
        self.ready(id);
    }
}

/// Node 1 is elected in term 1, and commits its first entry.
fn led() -> Cluster {
    let mut cluster = Cluster::new();
    cluster.campaign(1);
    cluster.deliver(1, 2, MsgRequestVote);
    cluster.deliver(2, 1, MsgRequestVoteResponse);
    cluster.deliver(1, 2, MsgAppend);
    cluster.deliver(1, 3, MsgAppend);
    cluster.deliver(2, 1, MsgAppendResponse);
    cluster
}

#[test]
fn a_duplicated_message_makes_a_later_read_stale() {
    let mut cluster = led();
    // Node 2 asks for read A, once. It is answered rightly; but node 3's acknowledgement is slow, and the
    // network keeps a copy of the request.
    cluster.read(2, "A");
    let copy = cluster.deliver(2, 1, MsgReadIndex);
    cluster.deliver(1, 2, MsgHeartbeat);
    cluster.deliver(1, 3, MsgHeartbeat);
    cluster.deliver(2, 1, MsgHeartbeatResponse);
    // Node 3 is elected in term 2, and commits entry 2. Node 1 does not hear of it.
    cluster.campaign(3);
    cluster.deliver(3, 2, MsgRequestVote);
    cluster.deliver(2, 3, MsgRequestVoteResponse);
    cluster.deliver(3, 2, MsgAppend);
    cluster.deliver(2, 3, MsgAppendResponse);
    let committed = cluster.nodes[2].raft.raft_log.committed;
    assert_eq!(committed, 2);
    // Now node 1 asks for read B: it must not be answered with less than 2.
    assert!(cluster.answers.is_empty(), "B is not asked for yet");
    cluster.read(1, "B");
    // The copy of A's request is queued behind B; A's old acknowledgement answers both.
    cluster.deliver_again(copy);
    cluster.deliver(3, 1, MsgHeartbeatResponse);
    let (node, context, index) = cluster.answers[0].clone();
    assert_eq!((node, context.as_slice()), (1, &b"B"[..]));
    assert_eq!(
        index, 1,
        "once it is {committed}, raft-rs is repaired, and this test can go"
    );
}

#[test]
fn without_the_copy_the_read_waits() {
    let mut cluster = led();
    cluster.read(2, "A");
    cluster.deliver(2, 1, MsgReadIndex);
    cluster.deliver(1, 3, MsgHeartbeat);
    cluster.read(1, "B");
    // The acknowledgement of A answers A, and not B, which was asked for later.
    cluster.deliver(3, 1, MsgHeartbeatResponse);
    assert!(cluster.answers.is_empty());
    cluster.deliver(1, 2, MsgReadIndexResp);
    assert_eq!(cluster.answers, [(2, b"A".to_vec(), 1)]);
}
