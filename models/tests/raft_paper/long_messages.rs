//! Messages of four and more entries in windows of three, as nodes send them: the configurations that are
//! searched have shorter ones.

use super::node::*;
use quorate_models::raft::config::Config;
use quorate_models::raft::log::{Index, Log};
use quorate_models::raft::message::{AppendEntries, Message};
use quorate_models::raft::server::Timer::Election;
use stateright::actor::Id;

const WINDOW: usize = 3;
const TAKEN: usize = 32;

/// A leader of three with a long log, of which nobody has heard.
fn leader(entries_per_message: usize) -> Node {
    let config = Config {
        entries_per_message,
        window: WINDOW,
        ..cluster(3)
    };
    let mut node = Node::start(0, config);
    node.wins([1]);
    (0..TAKEN).for_each(|number| node.takes(&number.to_string()));
    node
}

/// The messages with entries to a follower, each of which is a slice of the leader's log.
fn sent(node: &Node, to: usize, commit: u64, outputs: Vec<Output>) -> Vec<AppendEntries> {
    let log: &Log = node.state.log();
    let messages = outputs.into_iter().map(|output| match output {
        Output::Send(id, Message::AppendEntries(message)) if id == Id::from(to) => message,
        other => panic!("{other:?}"),
    });
    let messages: Vec<AppendEntries> = messages.collect();
    for message in &messages {
        let slice = log.entries_after(message.prev.index);
        let slice: Vec<_> = slice.take(message.entries.len()).cloned().collect();
        assert_eq!(message.entries, slice);
        assert_eq!(message.prev, log.id_at(message.prev.index));
        assert_eq!(
            (message.commit, message.term),
            (Index(commit), node.state.term())
        );
    }
    messages
}

/// Where the messages begin, and how many entries they have.
fn spans(messages: &[AppendEntries]) -> Vec<(u64, usize)> {
    let spans = messages
        .iter()
        .map(|it| (it.prev.index.0, it.entries.len()));
    spans.collect()
}

#[test]
fn a_window_is_the_next_messages_of_the_log_and_each_tells_what_is_committed() {
    for entries in [4, 5, 7] {
        let mut node = leader(entries);
        let many = entries as u64;
        let outputs = node.hears(2, accepted(1, 0));
        let first = sent(&node, 2, 0, outputs);
        let window = [0, 1, 2].map(|number| (number * many, entries));
        assert_eq!(spans(&first), window);
        // An answer makes room for one more, and commits what it is about.
        let outputs = node.hears(2, accepted(1, many));
        assert_eq!(spans(&sent(&node, 2, 0, outputs)), [(3 * many, entries)]);
        assert_eq!(node.state.commit_index, Index(many));
        let outputs = node.hears(1, accepted(1, 0));
        assert_eq!(spans(&sent(&node, 1, many, outputs)), window);
        // The last one has what is left.
        let outputs = node.hears(1, accepted(1, 3 * many));
        let rest = sent(&node, 1, many, outputs);
        let all = rest.iter().map(|it| it.entries.len()).sum::<usize>() + 3 * entries;
        assert_eq!(all, TAKEN.min(6 * entries));
    }
}

#[test]
fn a_follower_stores_a_long_message_and_no_more() {
    for many in 4..12 {
        let terms = vec![1; many];
        let mut node = Node::start(1, cluster(3));
        let outputs = node.hears(0, append(1, at(0, 0), entries(&terms), 3));
        let last = many as u64;
        let expected = [
            save(1, None, log(&terms)),
            arm(Election),
            send(0, accepted(1, last)),
        ];
        assert_eq!(outputs, expected);
        assert_eq!(node.state.commit_index, Index(3));
        // The rest is appended.
        let more = append(1, at(1, last), entries(&terms), 2 * last);
        node.hears(0, more);
        let whole = [entries(&terms), entries(&terms)].concat();
        assert_eq!(*node.state.log(), log_of(whole));
        assert_eq!(node.state.commit_index, Index(2 * last));
    }
}

#[test]
fn a_long_message_replaces_what_conflicts_with_it_wherever_that_begins() {
    for kept in 1..8 {
        let mut node = follower(&[1; 8]);
        let terms = [vec![1; kept], vec![2; 9 - kept]].concat();
        let new = entries(&terms)[1..].to_vec();
        let outputs = node.hears(2, append(2, at(1, 1), new, 0));
        let expected = [
            save(2, None, log(&terms)),
            arm(Election),
            send(2, accepted(2, 9)),
        ];
        assert_eq!(outputs, expected);
    }
}
