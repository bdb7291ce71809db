//! What can happen to messages between their sending and their delivery.

use stateright::actor::Id;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use stateright::actor::Envelope;

/// The messages in flight, and the semantics of sending.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network<Msg> {
    /// A set: sending what is already in flight changes nothing, delivery removes it. Duplication
    /// is a separate, budgeted action.
    ///
    /// Leaves out: more than one copy of a message in flight at the same time.
    Once(BTreeSet<Arc<Envelope<Msg>>>),
    /// A set that never forgets: every message may be delivered again at any later time. Loss and
    /// duplication are included.
    ///
    /// Leaves out: nothing that matters to safety. Losses and duplicates need no budget here. With
    /// writes that are synced apart, an actor that answers again and again while a write is pending
    /// makes the system infinite.
    ForEver(BTreeSet<Arc<Envelope<Msg>>>),
    /// First in, first out between each pair of actors.
    Ordered(BTreeMap<(Id, Id), VecDeque<Msg>>),
    /// A multiset: each message sent is delivered at most once. Stateright's
    /// `UnorderedNonDuplicating`.
    Multiset(BTreeMap<Arc<Envelope<Msg>>, usize>),
    /// [`ForEver`](Network::ForEver), and the last message delivered is part of the state.
    /// Stateright's `UnorderedDuplicating`.
    Duplicating {
        /// Every message sent and not dropped.
        sent: BTreeSet<Arc<Envelope<Msg>>>,
        /// The message delivered last.
        last: Option<Arc<Envelope<Msg>>>,
    },
}

impl<Msg: Ord + Clone> Network<Msg> {
    /// An empty network of kind *once*.
    pub fn once() -> Self {
        Network::Once(BTreeSet::new())
    }

    /// An empty network of kind *for ever*.
    pub fn for_ever() -> Self {
        Network::ForEver(BTreeSet::new())
    }

    /// An empty network of ordered channels.
    pub fn ordered() -> Self {
        Network::Ordered(BTreeMap::new())
    }

    /// An empty multiset.
    pub fn multiset() -> Self {
        Network::Multiset(BTreeMap::new())
    }

    /// An empty network of Stateright's duplicating kind.
    pub fn duplicating() -> Self {
        Network::Duplicating {
            sent: BTreeSet::new(),
            last: None,
        }
    }

    /// The kind, in one word or two, for tables.
    pub fn kind(&self) -> &'static str {
        match self {
            Network::Once(_) => "once",
            Network::ForEver(_) => "for ever",
            Network::Ordered(_) => "ordered",
            Network::Multiset(_) => "multiset",
            Network::Duplicating { .. } => "duplicating",
        }
    }

    /// A network of the same kind with nothing in it.
    pub fn emptied(&self) -> Self {
        match self {
            Network::Once(_) => Network::once(),
            Network::ForEver(_) => Network::for_ever(),
            Network::Ordered(_) => Network::ordered(),
            Network::Multiset(_) => Network::multiset(),
            Network::Duplicating { .. } => Network::duplicating(),
        }
    }

    /// Puts a message in flight.
    pub fn send(&mut self, envelope: Envelope<Msg>) {
        match self {
            Network::Once(set) | Network::ForEver(set) | Network::Duplicating { sent: set, .. } => {
                set.insert(Arc::new(envelope));
            }
            Network::Multiset(counts) => *counts.entry(Arc::new(envelope)).or_insert(0) += 1,
            Network::Ordered(channels) => {
                channels
                    .entry((envelope.src, envelope.dst))
                    .or_default()
                    .push_back(envelope.msg);
            }
        }
    }

    /// The distinct messages that can be delivered or lost next, in order.
    pub fn deliverable(&self) -> Vec<Envelope<&Msg>> {
        match self {
            Network::Once(set) | Network::ForEver(set) | Network::Duplicating { sent: set, .. } => {
                set.iter().map(|envelope| by_reference(envelope)).collect()
            }
            Network::Multiset(counts) => counts
                .keys()
                .map(|envelope| by_reference(envelope))
                .collect(),
            Network::Ordered(channels) => channels
                .iter()
                .filter_map(|((src, dst), queue)| {
                    queue.front().map(|msg| Envelope {
                        src: *src,
                        dst: *dst,
                        msg,
                    })
                })
                .collect(),
        }
    }

    /// Every distinct message in flight, deliverable next or not.
    pub fn iter(&self) -> Box<dyn Iterator<Item = Envelope<&Msg>> + '_> {
        match self {
            Network::Ordered(channels) => {
                Box::new(channels.iter().flat_map(|((src, dst), queue)| {
                    queue.iter().map(|msg| Envelope {
                        src: *src,
                        dst: *dst,
                        msg,
                    })
                }))
            }
            _ => Box::new(self.deliverable().into_iter()),
        }
    }

    /// Whether a message is in flight.
    pub fn contains(&self, envelope: &Envelope<Msg>) -> bool {
        match self {
            Network::Once(set) | Network::ForEver(set) | Network::Duplicating { sent: set, .. } => {
                set.contains(envelope)
            }
            Network::Multiset(counts) => counts.contains_key(envelope),
            Network::Ordered(channels) => channels
                .get(&(envelope.src, envelope.dst))
                .is_some_and(|queue| queue.contains(&envelope.msg)),
        }
    }

    /// Takes a message that is being delivered out of flight, as far as the kind does so.
    pub fn deliver(&mut self, envelope: &Envelope<Msg>) {
        match self {
            Network::ForEver(_) => {}
            Network::Duplicating { last, .. } => *last = Some(Arc::new(envelope.clone())),
            _ => self.drop(envelope),
        }
    }

    /// Loses a message.
    pub fn drop(&mut self, envelope: &Envelope<Msg>) {
        match self {
            Network::Once(set) | Network::ForEver(set) | Network::Duplicating { sent: set, .. } => {
                set.remove(envelope);
            }
            Network::Multiset(counts) => match counts.get_mut(envelope) {
                Some(1) => _ = counts.remove(envelope),
                Some(count) => *count -= 1,
                None => {}
            },
            Network::Ordered(channels) => {
                let channel = (envelope.src, envelope.dst);
                if let Some(queue) = channels.get_mut(&channel) {
                    queue.pop_front();
                    if queue.is_empty() {
                        channels.remove(&channel);
                    }
                }
            }
        }
    }

    /// Keeps only the messages that satisfy the condition.
    pub fn retain(&mut self, mut keep: impl FnMut(&Envelope<Msg>) -> bool) {
        match self {
            Network::Once(set) | Network::ForEver(set) | Network::Duplicating { sent: set, .. } => {
                set.retain(|envelope| keep(envelope));
            }
            Network::Multiset(counts) => counts.retain(|envelope, _| keep(envelope)),
            Network::Ordered(channels) => channels.retain(|(src, dst), queue| {
                queue.retain(|msg| {
                    keep(&Envelope {
                        src: *src,
                        dst: *dst,
                        msg: msg.clone(),
                    })
                });
                !queue.is_empty()
            }),
        }
    }

    /// Whether a delivery that changes nothing may be ignored. In ordered channels it may not: it
    /// makes way for the next message.
    pub fn ignores_no_ops(&self) -> bool {
        !matches!(self, Network::Ordered(_))
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
