//! How messages travel: all of them in the session between a follower and its leader. FOLLOWERINFO opens
//! it, and each side closes it by itself.

use super::message::Message;
use super::server::Server;
use super::state::State;
use crate::system::channel::{Part, Sessions};
use crate::system::{Channel, Channels};

/// How the messages travel.
pub(super) const CHANNELS: Channels<Message> = Channels::all(channel, &["session"]);

/// The sessions.
pub(super) const SESSIONS: Sessions<Server> = Sessions {
    close: || Message::Close,
    open: State::sessions,
};

fn channel(message: &Message) -> Channel {
    match message {
        Message::FollowerInfo { .. } => Channel::Session(Part::Open),
        Message::Close => Channel::Session(Part::Close),
        Message::Request(_) | Message::NotLeader { .. } => Channel::Once,
        _ => Channel::Session(Part::Data),
    }
}
