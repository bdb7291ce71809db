//! Sessions: first in, first out between two, from an opening to a close.
//!
//! Between two participants there may be two sessions, one that each of them has opened. A session has
//! no number. The messages in flight from one to the other are its *lane*; in it stand what opens the
//! session, what belongs to it, and *closes*.
//!
//! 1. Each side closes by itself. Where the lane towards it holds a close, the other had closed what it
//!    believed in: the lane is emptied up to and with the first close, and nothing is said. Otherwise the
//!    lane towards it is emptied, and a close is put into its own.
//! 2. While the lane towards a side holds a close, what that side sends is lost.
//! 3. A side that opens a session first empties the lane towards it up to and with the last close.
//! 4. A crash closes towards everyone with whom there is a session, or from whom something is in
//!    flight.
//! 5. A close is delivered like any other message.
//! 6. A close acts at once. The side that closes, and the side that a close is delivered to, forget
//!    the messages for the session that they hold behind a write.
//!
//! A rule speaks of one of the two sessions, and changes nothing in the other. So everything that a step
//! needs to know stands in the mover's own mailbox.

use super::{Envelope, Travel};
use crate::session::{End, Part};

/// A close by a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// The end at the participant that crashes.
    pub end: End,
    /// Whether there is a session. If not, something must be in flight from the peer.
    pub is_open: bool,
}

/// The messages in flight in a lane towards a participant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// Whether there is anything, before anything is said.
    pub any: bool,
    /// How many closes there are.
    pub closes: usize,
}

/// The change that a participant makes to a lane towards it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edit {
    /// It is emptied up to and with the first close.
    ToFirstClose,
    /// It is emptied up to and with the last close.
    ToLastClose,
    /// It is emptied.
    All,
}

impl Waiting {
    /// The messages in the lane towards an end, in the mailbox of the participant there.
    pub fn in_mailbox<T>(mailbox: &[T], end: End, travel: impl Fn(&T) -> Travel) -> Self {
        let mut waiting = Waiting::default();
        for part in mailbox.iter().filter_map(|it| travel(it).part_at(end)) {
            waiting.any = true;
            waiting.closes += usize::from(part.closes());
        }
        waiting
    }

    /// The same without the first message, which is of this part.
    #[must_use]
    pub fn without_first(self, part: Part) -> Self {
        Waiting {
            closes: self.closes - usize::from(part.closes()),
            ..self
        }
    }

    /// The change to the lane towards a participant as it sends to the peer, and whether the message goes on
    /// its way.
    pub fn say(&mut self, part: Part) -> (Option<Edit>, bool) {
        let edit = match part {
            Part::Data(_) => return (None, self.closes == 0),
            Part::Open if self.closes == 0 => None,
            Part::Open => Some(Edit::ToLastClose),
            Part::Close(_) if self.closes == 0 => Some(Edit::All),
            Part::Close(_) => Some(Edit::ToFirstClose),
        };
        let goes = part == Part::Open || self.closes == 0;
        match edit {
            None => {}
            Some(Edit::ToFirstClose) => self.closes -= 1,
            Some(Edit::ToLastClose) => self.closes = 0,
            Some(Edit::All) => self.any = false,
        }
        (edit, goes)
    }
}

impl Edit {
    /// Does it to the lane towards an end, in the mailbox of the participant there.
    pub fn apply<T>(self, mailbox: &mut Vec<T>, end: End, travel: impl Fn(&T) -> Travel) {
        let part = |it: &T| travel(it).part_at(end);
        let is_close = |it: &T| part(it).is_some_and(Part::closes);
        let last = match self {
            Edit::ToFirstClose => mailbox.iter().position(is_close),
            Edit::ToLastClose => mailbox.iter().rposition(is_close),
            Edit::All => mailbox.len().checked_sub(1),
        };
        let mut position = 0..;
        mailbox.retain(|it| {
            let is_after = position.next() > last;
            is_after || part(it).is_none()
        });
    }
}

/// The effect of a step on sessions.
#[derive(Clone, Debug)]
pub struct InSessions<Msg> {
    /// The changes to the mover's own mailbox, in order, each to the lane towards an end.
    pub edits: Vec<(End, Edit)>,
    /// The messages that go on their way, of those that are said.
    pub sent: Vec<Envelope<Msg>>,
}

impl<Msg> InSessions<Msg> {
    /// The fate of the messages that a participant says, given what is in flight to each of its ends.
    pub fn new(
        said: impl IntoIterator<Item = Envelope<Msg>>,
        part: impl Fn(&Msg) -> Option<Part>,
        mut waiting: impl FnMut(End) -> Waiting,
    ) -> Self {
        let mut lanes: Vec<(End, Waiting)> = Vec::new();
        let (mut edits, mut sent) = (Vec::new(), Vec::new());
        for envelope in said {
            let (peer, mut goes) = (envelope.dst, true);
            if let Some(part) = part(&envelope.msg) {
                let side = part.side();
                let end = End { peer, side };
                if !lanes.iter().any(|(known, _)| *known == end) {
                    lanes.push((end, waiting(end)));
                }
                let lane = lanes.iter_mut().find(|(known, _)| *known == end);
                let (edit, is_sent) = lane.expect("it is there").1.say(part);
                edits.extend(edit.map(|edit| (end, edit)));
                goes = is_sent;
            }
            if goes {
                sent.push(envelope);
            }
        }
        InSessions { edits, sent }
    }
}
