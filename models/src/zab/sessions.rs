//! How messages travel: in the session between a follower and its leader, but for those of an election.
//! FOLLOWERINFO opens a session, and each side closes it by itself. Of the notifications from one server
//! to another, the newest is in flight, as in ZooKeeper's queues of one.

use super::message::Message;
use super::server::Server;
use super::state::State;
use crate::system::channel::{Part, Sessions, Side};
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
    match message {
        Message::FollowerInfo { .. } => Channel::Session(Part::Open),
        Message::Close(side) => Channel::Session(Part::Close(*side)),
        Message::AckEpoch { .. }
        | Message::AckNewLeader { .. }
        | Message::Ack { .. }
        | Message::Pong => Channel::Session(Part::Data(Side::Opener)),
        Message::LeaderInfo { .. }
        | Message::History { .. }
        | Message::NewLeader { .. }
        | Message::UpToDate { .. }
        | Message::Proposal { .. }
        | Message::Commit { .. }
        | Message::Ping => Channel::Session(Part::Data(Side::Acceptor)),
        Message::Notification(_) => Channel::Newest(0),
        Message::Request(_) | Message::NotLeader { .. } => Channel::Once,
    }
}

/// On which side of a session the sender of a message is.
pub(super) fn side(message: &Message) -> Option<Side> {
    channel(message).part().map(Part::side)
}
