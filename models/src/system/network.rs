//! The messages in flight.

use super::channel::{Channels, Edit, Envelope, Waiting, arrival, deliverable};
use crate::session::End;
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The messages in flight. Their [channels](super::channel) decide what can happen to them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network<Msg> {
    /// By receiver; no mailbox is empty.
    mailboxes: BTreeMap<Id, Vec<InFlight<Msg>>>,
    /// The message delivered last, whether or not that cost a duplicate, where that is part of the
    /// state.
    pub last: Option<Arc<Envelope<Msg>>>,
}

/// A message in flight. The order is by age, so that of several copies the oldest arrives first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct InFlight<Msg> {
    /// Its age in ticks is 0, as it is unless there is a delay.
    is_new: bool,
    envelope: Arc<Envelope<Msg>>,
}

impl<Msg> Default for Network<Msg> {
    fn default() -> Self {
        Network {
            mailboxes: BTreeMap::new(),
            last: None,
        }
    }
}

impl<Msg: Ord + Clone> Network<Msg> {
    /// Puts a message in flight.
    pub fn send(&mut self, channels: &Channels<Msg>, envelope: Envelope<Msg>) {
        self.put(channels, envelope, true);
    }

    /// Puts a message in flight, of age 0 or 1.
    pub fn put(&mut self, channels: &Channels<Msg>, envelope: Envelope<Msg>, is_new: bool) {
        let mailbox = self.mailboxes.entry(envelope.dst).or_default();
        let envelope = Arc::new(envelope);
        put(mailbox, channels, InFlight { is_new, envelope });
    }

    /// A tick makes the messages to a participant a tick old.
    pub fn age(&mut self, channels: &Channels<Msg>, dst: Id) {
        if let Some(mailbox) = self.mailboxes.get_mut(&dst) {
            for mut message in std::mem::take(mailbox) {
                message.is_new = false;
                put(mailbox, channels, message);
            }
        }
    }

    /// The same messages under other names, each in its place among those that it waits for.
    #[must_use]
    pub fn renamed(&self, channels: &Channels<Msg>, mut rename: impl FnMut(&Msg) -> Msg) -> Self {
        let mut network = Network::default();
        for (Envelope { src, dst, msg }, is_new) in self.with_ages() {
            let msg = rename(msg);
            network.put(channels, Envelope { src, dst, msg }, is_new);
        }
        network
    }

    /// The distinct messages that can be delivered or lost next.
    pub fn deliverable(
        &self,
        channels: &Channels<Msg>,
    ) -> impl Iterator<Item = &Arc<Envelope<Msg>>> {
        self.mailboxes.values().flat_map(|mailbox| {
            let positions = deliverable(mailbox, |it| channels.travel(&it.envelope));
            let is_old = |it: &&InFlight<Msg>| !it.is_new;
            let has_older = move |message: &InFlight<Msg>| {
                let mut old = mailbox.iter().filter(is_old);
                message.is_new && old.any(|it| it.envelope == message.envelope)
            };
            let messages = positions.map(|position| &mailbox[position]);
            let messages = messages.filter(move |message| !has_older(message));
            messages.map(|message| &message.envelope)
        })
    }

    /// Every message in flight, each copy of it, deliverable next or not, by receiver.
    pub fn iter(&self) -> impl Iterator<Item = Envelope<&Msg>> {
        self.with_ages().map(|(envelope, _)| envelope)
    }

    /// The same, each with whether its age is 0.
    pub fn with_ages(&self) -> impl Iterator<Item = (Envelope<&Msg>, bool)> {
        let messages = self.mailboxes.values().flatten();
        messages.map(|it| (by_reference(&it.envelope), it.is_new))
    }

    /// Takes a message that is being delivered out of flight, unless it stays there.
    pub fn deliver(&mut self, channels: &Channels<Msg>, envelope: &Envelope<Msg>) {
        if !(channels.of)(&envelope.msg).repeats() {
            self.lose(envelope);
        }
        self.duplicate(channels, envelope);
    }

    /// Notes that a message is being delivered of which a copy stays in flight.
    pub fn duplicate(&mut self, channels: &Channels<Msg>, envelope: &Envelope<Msg>) {
        if channels.remembers_last {
            self.last = Some(Arc::new(envelope.clone()));
        }
    }

    /// Loses a message.
    pub fn lose(&mut self, envelope: &Envelope<Msg>) {
        if let Some(mailbox) = self.mailboxes.get_mut(&envelope.dst) {
            let position = mailbox.iter().position(|it| *it.envelope == *envelope);
            position.map(|position| mailbox.remove(position));
            if mailbox.is_empty() {
                self.mailboxes.remove(&envelope.dst);
            }
        }
    }

    /// The messages in flight to an end of a session at a participant.
    pub fn waiting(&self, channels: &Channels<Msg>, end: End, dst: Id) -> Waiting {
        let mailbox = self.mailboxes.get(&dst).map_or(&[][..], Vec::as_slice);
        Waiting::in_mailbox(mailbox, end, |it| channels.travel(&it.envelope))
    }

    /// Does something to the lane towards an end of a session at a participant.
    pub fn edit(&mut self, channels: &Channels<Msg>, end: End, dst: Id, edit: Edit) {
        if let Some(mailbox) = self.mailboxes.get_mut(&dst) {
            edit.apply(mailbox, end, |it| channels.travel(&it.envelope));
            if mailbox.is_empty() {
                self.mailboxes.remove(&dst);
            }
        }
    }

    /// Whether anything is in flight to a participant.
    pub fn is_any_to(&self, dst: Id) -> bool {
        self.mailboxes.contains_key(&dst)
    }

    /// Whether anything a tick old is in flight to a participant.
    pub fn is_any_aged_to(&self, dst: Id) -> bool {
        let mailbox = self.mailboxes.get(&dst);
        mailbox.is_some_and(|mailbox| mailbox.iter().any(|it| !it.is_new))
    }

    /// Keeps only the messages that satisfy the condition.
    pub fn retain(&mut self, keep: impl Fn(&Envelope<Msg>) -> bool) {
        self.mailboxes.retain(|_, mailbox| {
            mailbox.retain(|message| keep(&message.envelope));
            !mailbox.is_empty()
        });
    }
}

/// Puts a message into a mailbox.
fn put<Msg: Ord>(
    mailbox: &mut Vec<InFlight<Msg>>,
    channels: &Channels<Msg>,
    message: InFlight<Msg>,
) {
    let mut old = mailbox.iter().filter(|it| !it.is_new);
    let is_set = (channels.of)(&message.envelope.msg).is_set();
    // The copy in flight keeps its age: otherwise a message sent again at each tick would never arrive.
    if is_set && old.any(|it| it.envelope == message.envelope) {
        return;
    }
    let arrival = arrival(mailbox, &message, |it| channels.travel(&it.envelope));
    if let Some(position) = arrival.replaces {
        mailbox.remove(position);
    }
    if let Some(position) = arrival.at {
        mailbox.insert(position, message);
    }
}

/// An envelope of a borrowed message.
pub(super) fn by_reference<Msg>(envelope: &Envelope<Msg>) -> Envelope<&Msg> {
    Envelope {
        src: envelope.src,
        dst: envelope.dst,
        msg: &envelope.msg,
    }
}
