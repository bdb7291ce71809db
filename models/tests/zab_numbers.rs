//! A server meets the largest numbers that a message can have, and goes on.

use quorate_models::zab::Server;
use quorate_models::zab::config::{Config, Election};
use quorate_models::zab::message::Message;
use quorate_models::zab::poll::{Activity, Vote, Word};
use quorate_models::zab::server::Timer;
use quorate_models::zab::state::{Epoch, Role, State, Zxid};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

/// Server 0 of three, which has just started.
fn started(election: Election) -> (Server, Cow<'static, State>) {
    let server = Server::new(Config::new(3, election));
    let state = server.on_start(Id::from(0), &None, &mut Out::new());
    (server, Cow::Owned(state))
}

#[test]
fn after_the_last_round_an_election_goes_on() {
    let (server, mut state) = started(Election::Fast);
    let word = Word {
        activity: Activity::Looking,
        round: u32::MAX,
        vote: Vote {
            epoch: Epoch(0),
            last: Zxid::default(),
            leader: Id::from(1),
        },
    };
    let (id, out) = (Id::from(0), &mut Out::new());
    server.on_msg(
        id,
        &mut state,
        Id::from(1),
        Message::Notification(word),
        out,
    );
    assert_eq!(state.poll.as_ref().map(|poll| poll.round), Some(u32::MAX));
    for timer in [Timer::Finalize, Timer::GiveUp] {
        server.on_timeout(id, &mut state, &timer, out);
    }
    assert!(matches!(state.role, Role::Looking));
    assert_eq!(state.poll.as_ref().map(|poll| poll.round), Some(u32::MAX));
}

#[test]
fn a_leader_gives_up_where_no_epoch_is_left() {
    let (server, mut state) = started(Election::Oracle);
    let (id, out) = (Id::from(0), &mut Out::new());
    server.on_timeout(id, &mut state, &Timer::Lead, out);
    let promised = |epoch| Message::FollowerInfo {
        accepted: Epoch(epoch),
    };
    server.on_msg(id, &mut state, Id::from(1), promised(u32::MAX), out);
    assert!(matches!(state.role, Role::Looking));
    assert_eq!(state.persistent.accepted_epoch, Epoch(0));
}
