//! The messages in flight.

use super::channel::{Channels, Edit, Envelope, Waiting, arrival, deliverable};
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The messages in flight. Their [channels](super::channel) decide what can happen to them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network<Msg> {
    /// By receiver; no mailbox is empty.
    mailboxes: BTreeMap<Id, Vec<Arc<Envelope<Msg>>>>,
    /// The message delivered last, whether or not that cost a duplicate, where that is part of the
    /// state.
    pub last: Option<Arc<Envelope<Msg>>>,
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
    /// These messages in flight, on channels that are sets.
    pub fn of(messages: impl IntoIterator<Item = Envelope<Msg>>) -> Self {
        let mut network = Network::default();
        for message in messages {
            network.send(&Channels::once(), message);
        }
        network
    }

    /// Puts a message in flight.
    pub fn send(&mut self, channels: &Channels<Msg>, envelope: Envelope<Msg>) {
        let mailbox = self.mailboxes.entry(envelope.dst).or_default();
        let envelope = Arc::new(envelope);
        let arrival = arrival(mailbox, &envelope, |it| channels.travel(it));
        if let Some(position) = arrival.replaces {
            mailbox.remove(position);
        }
        if let Some(position) = arrival.at {
            mailbox.insert(position, envelope);
        }
    }

    /// The distinct messages that can be delivered or lost next.
    pub fn deliverable(
        &self,
        channels: &Channels<Msg>,
    ) -> impl Iterator<Item = &Arc<Envelope<Msg>>> {
        self.mailboxes.values().flat_map(|mailbox| {
            let positions = deliverable(mailbox, |it| channels.travel(it));
            positions.map(|position| &mailbox[position])
        })
    }

    /// Every message in flight, each copy of it, deliverable next or not, by receiver.
    pub fn iter(&self) -> impl Iterator<Item = Envelope<&Msg>> {
        let mailboxes = self.mailboxes.values();
        mailboxes.flatten().map(|envelope| by_reference(envelope))
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
            let position = mailbox.iter().position(|it| **it == *envelope);
            position.map(|position| mailbox.remove(position));
            if mailbox.is_empty() {
                self.mailboxes.remove(&envelope.dst);
            }
        }
    }

    /// What is in flight in the session lane from one participant to another.
    pub fn waiting(&self, channels: &Channels<Msg>, src: Id, dst: Id) -> Waiting {
        let mailbox = self.mailboxes.get(&dst).map_or(&[][..], Vec::as_slice);
        Waiting::in_mailbox(mailbox, src, |it| channels.travel(it))
    }

    /// Does something to the session lane from one participant to another.
    pub fn edit(&mut self, channels: &Channels<Msg>, src: Id, dst: Id, edit: Edit) {
        if let Some(mailbox) = self.mailboxes.get_mut(&dst) {
            edit.apply(mailbox, src, |it| channels.travel(it));
            if mailbox.is_empty() {
                self.mailboxes.remove(&dst);
            }
        }
    }

    /// Whether anything is in flight to a participant.
    pub fn is_any_to(&self, dst: Id) -> bool {
        self.mailboxes.contains_key(&dst)
    }

    /// Keeps only the messages that satisfy the condition.
    pub fn retain(&mut self, keep: impl Fn(&Envelope<Msg>) -> bool) {
        self.mailboxes.retain(|_, mailbox| {
            mailbox.retain(|envelope| keep(envelope));
            !mailbox.is_empty()
        });
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
