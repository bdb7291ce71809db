//! Each clause, and something that violates it.

use super::{Clause, Event, History, Name};

const OLD: Name = (1, 0);
const NEW: Name = (2, 0);

fn regular(ring: Name, members: &[usize]) -> Event {
    let members = members.to_vec();
    Event::Regular { ring, members }
}

fn transitional(members: &[usize]) -> Event {
    Event::Transitional {
        old: OLD,
        new: NEW,
        members: members.to_vec(),
    }
}

fn send(seq: u64, safe: bool, command: &str) -> Event {
    Event::Send {
        ring: OLD,
        seq,
        safe,
        command: command.into(),
    }
}

fn deliver(seq: u64, sender: usize, command: &str) -> Event {
    Event::Deliver {
        ring: OLD,
        seq,
        sender,
        command: command.into(),
    }
}

/// The clauses that are violated when so many are in a ring, and then these things happen.
fn violated(processors: usize, events: Vec<(usize, Event)>) -> Vec<Clause> {
    let members: Vec<usize> = (0..processors).collect();
    let mut history = History::default();
    for processor in 0..processors {
        history.observe(processor, regular(OLD, &members));
    }
    for (processor, event) in events {
        history.observe(processor, event);
    }
    history.violated.into_iter().collect()
}

#[test]
fn those_who_go_together_deliver_the_same() {
    let events = vec![
        (0, send(1, true, "a")),
        (1, send(2, false, "b")),
        (0, deliver(1, 0, "a")),
        (1, deliver(1, 0, "a")),
        (0, transitional(&[0, 1])),
        (0, deliver(2, 1, "b")),
        (0, regular(NEW, &[0, 1])),
        (1, transitional(&[0, 1])),
        (1, deliver(2, 1, "b")),
        (1, regular(NEW, &[0, 1])),
    ];
    assert_eq!(violated(2, events), []);
}

#[test]
fn what_is_delivered_was_sent() {
    let nobody = vec![(0, deliver(1, 1, "a"))];
    assert_eq!(violated(2, nobody), [Clause::Origin]);
    let another = vec![(1, send(1, false, "a")), (0, deliver(1, 1, "b"))];
    assert_eq!(violated(2, another), [Clause::Origin]);
    let elsewhere = vec![
        (1, send(1, false, "a")),
        (0, transitional(&[0])),
        (0, regular(NEW, &[0])),
        (0, deliver(1, 1, "a")),
    ];
    assert_eq!(violated(2, elsewhere), [Clause::Origin]);
}

#[test]
fn a_message_is_sent_and_delivered_once() {
    let sent = vec![(0, send(1, false, "a")), (1, send(2, false, "a"))];
    assert_eq!(violated(2, sent), [Clause::Once]);
    let delivered = vec![
        (0, send(1, false, "a")),
        (0, deliver(1, 0, "a")),
        (0, deliver(1, 0, "a")),
    ];
    assert_eq!(violated(2, delivered), [Clause::Once]);
}

#[test]
fn who_is_in_a_configuration_is_a_member() {
    let stranger = vec![(0, transitional(&[0])), (0, regular(NEW, &[1]))];
    assert_eq!(violated(2, stranger), [Clause::Membership]);
    let in_transition = vec![(0, transitional(&[1]))];
    assert_eq!(violated(2, in_transition), [Clause::Membership]);
    let sends = vec![(0, transitional(&[0])), (0, send(1, false, "a"))];
    assert_eq!(violated(2, sends), [Clause::Membership]);
}

#[test]
fn rings_rise_and_are_not_installed_again() {
    assert_eq!(
        violated(2, vec![(0, regular((0, 0), &[0]))]),
        [Clause::Cuts]
    );
    // Nor does anyone start again in company.
    assert_eq!(
        violated(2, vec![(0, regular(OLD, &[0, 1]))]),
        [Clause::Membership, Clause::Cuts]
    );
}

#[test]
fn members_are_agreed() {
    let rings = vec![
        (0, transitional(&[0, 1])),
        (0, regular(NEW, &[0, 1])),
        (1, transitional(&[0, 1])),
        (1, regular(NEW, &[1])),
    ];
    assert_eq!(violated(2, rings), [Clause::Agreement]);
}

#[test]
fn own_messages_are_delivered() {
    let events = vec![
        (0, send(1, false, "a")),
        (0, transitional(&[0])),
        (0, regular(NEW, &[0])),
    ];
    assert_eq!(violated(2, events), [Clause::SelfDelivery]);
}

#[test]
fn who_goes_the_same_way_delivers_the_same() {
    let one_less = vec![
        (2, send(1, false, "a")),
        (0, deliver(1, 2, "a")),
        (0, transitional(&[0, 1])),
        (0, regular(NEW, &[0, 1])),
        (1, transitional(&[0, 1])),
        (1, regular(NEW, &[0, 1])),
    ];
    assert_eq!(violated(3, one_less), [Clause::FailureAtomicity]);
    let later = vec![
        (2, send(1, false, "a")),
        (0, deliver(1, 2, "a")),
        (0, transitional(&[0, 1])),
        (0, regular(NEW, &[0, 1])),
        (1, transitional(&[0, 1])),
        (1, deliver(1, 2, "a")),
        (1, regular(NEW, &[0, 1])),
    ];
    assert_eq!(violated(3, later), [Clause::FailureAtomicity]);
}

#[test]
fn what_a_message_may_depend_on_comes_before_it() {
    let events = vec![
        (0, send(1, false, "a")),
        (0, send(2, false, "b")),
        (1, transitional(&[1])),
        (1, deliver(2, 0, "b")),
    ];
    assert_eq!(violated(2, events), [Clause::Causality]);
}

#[test]
fn there_is_one_order() {
    let backwards = vec![
        (0, send(1, false, "a")),
        (1, send(2, false, "b")),
        (2, transitional(&[2])),
        (2, deliver(2, 1, "b")),
        (2, deliver(1, 0, "a")),
    ];
    assert_eq!(violated(3, backwards), [Clause::Order]);
    let same_place = vec![(0, send(1, false, "a")), (1, send(1, false, "b"))];
    assert_eq!(violated(2, same_place), [Clause::Order]);
}

#[test]
fn there_are_no_holes() {
    let sent = [(0, send(1, false, "a")), (1, send(2, false, "b"))];
    let first = [(0, deliver(1, 0, "a"))];
    let second = [(2, deliver(2, 1, "b"))];
    let later = [&sent[..], &first[..], &second[..]].concat();
    assert_eq!(violated(3, later), [Clause::Holes]);
    let earlier = [&sent[..], &second[..], &first[..]].concat();
    assert_eq!(violated(3, earlier), [Clause::Holes]);
    // A missing message is no hole if its sender is not in the configuration.
    let apart = [(2, transitional(&[1, 2]))];
    let apart = [&sent[..], &first[..], &apart[..], &second[..]].concat();
    assert_eq!(violated(3, apart), []);
}

#[test]
fn a_safe_message_is_delivered_by_everyone() {
    let safe = [(1, send(1, true, "a")), (1, deliver(1, 1, "a"))];
    let leaves = [(0, transitional(&[0])), (0, regular(NEW, &[0]))];
    let later = [&safe[..], &leaves[..]].concat();
    assert_eq!(violated(2, later), [Clause::Safe]);
    let earlier = [&safe[..1], &leaves[..], &safe[1..]].concat();
    assert_eq!(violated(2, earlier), [Clause::Safe]);
    // A processor that fails need not deliver it.
    let fails = [(0, regular(NEW, &[0]))];
    assert_eq!(violated(2, [&safe[..], &fails[..]].concat()), []);
}

#[test]
fn a_safe_message_is_delivered_where_everyone_is() {
    let mut history = History::default();
    history.observe(0, regular(OLD, &[0, 1]));
    history.observe(0, send(1, true, "a"));
    history.observe(0, deliver(1, 0, "a"));
    let violated: Vec<Clause> = history.violated.into_iter().collect();
    assert_eq!(violated, [Clause::SafeIsInstalled]);
}
