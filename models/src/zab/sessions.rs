//! How messages travel: in the session between a follower and its leader, but for those of an election.
//! FOLLOWERINFO opens a session, and each side closes it by itself. Of the notifications from one server
//! to another, the newest is in flight, as in ZooKeeper's queues of one.

use super::message::Message;
use super::server::Server;
use super::state::State;
use crate::session::Sessions;
use crate::system::{Channel, Channels};

/// How the messages travel.
pub(super) const CHANNELS: Channels<Message> = Channels::all(channel, &["session", "newest"]);

/// The same, where no notification takes the place of an earlier one.
pub(super) const EVERY_NOTIFICATION: Channels<Message> = Channels::all(
    |message| match channel(message) {
        Channel::Newest(_) => Channel::Once,
        other => other,
    },
    &["session", "once"],
);

/// The sessions.
pub(super) const SESSIONS: Sessions<Server> = Sessions {
    close: Message::Close,
    open: State::sessions,
};

fn channel(message: &Message) -> Channel {
    match message.part() {
        Some(part) => Channel::Session(part),
        None if matches!(message, Message::Notification(_)) => Channel::Newest(0),
        None => Channel::Once,
    }
}
