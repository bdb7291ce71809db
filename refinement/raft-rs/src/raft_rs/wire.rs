//! The crate's messages as values: the bytes that would be sent.

use super::text;
use protobuf::Message as _;
use raft::eraftpb::{Entry, Message};
use std::fmt;

/// A message, as bytes. They are compared, ordered and hashed; the crate's own type is not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wire(Vec<u8>);

impl Wire {
    /// A message as bytes.
    ///
    /// # Panics
    ///
    /// If it cannot be encoded; each message that the crate sends can.
    pub fn of(message: &Message) -> Self {
        Wire(message.write_to_bytes().expect("a complete message"))
    }

    /// The message.
    ///
    /// # Panics
    ///
    /// Never: the bytes are those of a message.
    pub fn decode(&self) -> Message {
        Message::parse_from_bytes(&self.0).expect("the bytes of a message")
    }
}

/// The kind, the term, and all fields that are not zero.
impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.decode();
        let kind = format!("{:?}", message.get_msg_type());
        f.write_str(kind.trim_start_matches("Msg"))?;
        let numbers = [
            (" t", message.term),
            (" at ", message.index),
            (" of ", message.log_term),
            (" commit ", message.commit),
            (" of ", message.commit_term),
            (" hint ", message.reject_hint),
            (" snapshot ", message.request_snapshot),
        ];
        for (word, number) in numbers.iter().filter(|(_, number)| *number != 0) {
            write!(f, "{word}{number}")?;
        }
        if message.reject {
            f.write_str(" rejected")?;
        }
        if !message.entries.is_empty() {
            let entries: Vec<String> = message.entries.iter().map(entry).collect();
            write!(f, " [{}]", entries.join(" "))?;
        }
        if !message.context.is_empty() {
            write!(f, " context {}", text(&message.context))?;
        }
        Ok(())
    }
}

/// `INDEX@TERM:DATA`, or as much of it as there is.
fn entry(entry: &Entry) -> String {
    let place = match entry.index {
        0 => String::new(),
        index => format!("{index}@{}", entry.term),
    };
    let data = text(&entry.data);
    match (place.is_empty(), data.is_empty()) {
        (_, true) => place,
        (true, false) => data,
        (false, false) => format!("{place}:{data}"),
    }
}
