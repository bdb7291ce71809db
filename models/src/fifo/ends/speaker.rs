//! The actor at each end.

use crate::session::{End, Part, Sessions, Side};
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::fmt;

/// One end: it opens sessions with the other end, or accepts them, and says so many things in each.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// How many, beside what opens a session.
    pub messages: u8,
    /// Whether it opens sessions.
    pub opens: bool,
}

/// A message of an end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Item {
    /// It opens a session, under this label. No two have the same, across crashes too.
    Open(u8),
    /// Something, in the session of this label.
    Said {
        /// The label.
        label: u8,
        /// Its number there: that of an opener from 2, because what opens the session is the first.
        number: u8,
        /// On which side the speaker is.
        by: Side,
    },
    /// It closes the session.
    Close(Side),
}

/// The state of an end.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Talks {
    /// The label of the last session that it has opened.
    pub last: u8,
    /// The session, if there is one.
    pub talk: Option<Talk>,
}

/// A session.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Talk {
    /// Its label.
    pub label: u8,
    /// On which side this end is.
    pub side: Side,
    /// How many things were said.
    pub said: u8,
    /// The messages that were heard.
    pub heard: Vec<Item>,
}

/// The acts of an end at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speech {
    /// It opens a session.
    Open,
    /// It says something.
    Say,
    /// It closes the session.
    Close,
}

impl Item {
    /// Its effect on the session.
    pub(super) fn part(&self) -> Option<Part> {
        Some(match self {
            Item::Open(_) => Part::Open,
            Item::Said { by, .. } => Part::Data(*by),
            Item::Close(by) => Part::Close(*by),
        })
    }
}

/// The session.
pub(super) const SESSIONS: Sessions<Speaker> = Sessions {
    close: Item::Close,
    open: |talks| {
        let talk = talks.talk.iter();
        let end = |talk: &Talk| End {
            peer: other(talk.side == Side::Opener),
            side: talk.side,
        };
        talk.map(end).collect()
    },
};

/// The other end of the opener, or of the acceptor.
fn other(opens: bool) -> Id {
    Id::from(usize::from(opens))
}

impl Speaker {
    fn begin(&self, talks: &mut Talks, label: u8, heard: Vec<Item>, out: &mut Out<Self>) {
        let side = match self.opens {
            true => Side::Opener,
            false => Side::Acceptor,
        };
        out.cancel_timer(Speech::Open);
        if 0 < self.messages {
            out.set_timer(Speech::Say, model_timeout());
        }
        out.set_timer(Speech::Close, model_timeout());
        talks.talk = Some(Talk {
            label,
            side,
            said: u8::from(self.opens),
            heard,
        });
    }

    fn end(&self, talks: &mut Talks, out: &mut Out<Self>) {
        talks.talk = None;
        out.cancel_timer(Speech::Say);
        out.cancel_timer(Speech::Close);
        if self.opens {
            out.set_timer(Speech::Open, model_timeout());
        }
    }
}

impl Actor for Speaker {
    type Msg = Item;
    type Timer = Speech;
    type State = Talks;
    type Storage = u8;
    type Random = ();

    fn on_start(&self, _: Id, last: &Option<u8>, out: &mut Out<Self>) -> Talks {
        if self.opens {
            out.set_timer(Speech::Open, model_timeout());
        }
        Talks {
            last: last.unwrap_or_default(),
            talk: None,
        }
    }

    fn on_msg(&self, _: Id, talks: &mut Cow<'_, Talks>, _: Id, item: Item, out: &mut Out<Self>) {
        let talks = talks.to_mut();
        match item {
            Item::Open(label) => self.begin(talks, label, vec![item], out),
            Item::Close(_) => self.end(talks, out),
            Item::Said { .. } => {
                // Without a session, a message is not heard, and not judged.
                if let Some(talk) = &mut talks.talk {
                    talk.heard.push(item);
                }
            }
        }
    }

    fn on_timeout(&self, _: Id, talks: &mut Cow<'_, Talks>, speech: &Speech, out: &mut Out<Self>) {
        let talks = talks.to_mut();
        match (speech, &mut talks.talk) {
            (Speech::Open, None) => {
                talks.last += 1;
                let label = talks.last;
                out.save(label);
                self.begin(talks, label, Vec::new(), out);
                out.send(other(self.opens), Item::Open(label));
            }
            (Speech::Say, Some(talk)) => {
                talk.said += 1;
                let (label, number, by) = (talk.label, talk.said, talk.side);
                out.send(other(self.opens), Item::Said { label, number, by });
                if talk.said < self.messages + u8::from(self.opens) {
                    out.set_timer(Speech::Say, model_timeout());
                }
            }
            (Speech::Close, Some(talk)) => {
                out.send(other(self.opens), Item::Close(talk.side));
                self.end(talks, out);
            }
            (Speech::Open, Some(_)) | (Speech::Say | Speech::Close, None) => {
                unreachable!("a timer is armed in its state alone")
            }
        }
    }

    fn name(&self) -> String {
        "End".to_owned()
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Open(label) => write!(f, "Open {label}"),
            Item::Said { label, number, by } => write!(f, "Said {label} number {number} by {by:?}"),
            Item::Close(by) => write!(f, "Close by {by:?}"),
        }
    }
}

impl fmt::Debug for Talks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.talk {
            Some(Talk {
                label, said, heard, ..
            }) => write!(f, "session {label} said {said} heard {heard:?}"),
            None => write!(f, "alone after {}", self.last),
        }
    }
}
