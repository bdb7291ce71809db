//! Dead messages are dropped: fewer states, the same participants and history.
//!
//! A message is *dead* at its receiver if its delivery is a no-op there, and in every state that
//! the receiver can still reach. A protocol declares which messages are dead, by the receiver's own
//! state alone. Such a message is dropped as soon as it is dead: when it is sent, or when the
//! receiver comes into a state where it is.
//!
//! If the declaration is true, the search with and the search without dead messages reach the same
//! participants and the same history. The explorer checks that while it searches: it delivers each
//! dropped message in thought, in every state that its receiver reaches afterwards.
//!
//! Only participants and history are the same, so that
//!
//! - an invariant about messages in flight is judged, of a message that is dead on arrival, when it
//!   is sent and not later;
//! - an invariant or a witness about whole states cannot be judged where messages are dropped.
//!
//! In ordered channels nothing is dead: there the delivery of any message makes way for the next.

use super::network::by_reference;
use super::{Envelope, History, LocalOf, Network, Participant, StateOf, System};
use crate::property::{Condition, Flight, Judge};
use stateright::actor::Actor;

/// Whether a message is dead at its receiver. See the [module](self).
pub type IsDead<A> = fn(&A, &LocalOf<A>, &Envelope<<A as Actor>::Msg>) -> bool;

impl<A: Participant, G: History> System<A, G> {
    /// What declares messages dead, if anything does.
    ///
    /// # Panics
    ///
    /// If a claim is about whole states, or if channels are ordered.
    pub fn reduction(&self) -> Option<IsDead<A>> {
        let is_dead = self.is_dead?;
        assert!(
            self.network.ignores_no_ops(),
            "no message is dead in ordered channels, where its delivery makes way for the next"
        );
        for stated in &self.stated {
            let reads_all = matches!(
                stated.judge,
                Judge::Invariant(Condition::State(_)) | Judge::Witness(Condition::State(_))
            );
            assert!(
                !reads_all,
                "{} is a claim about whole states, which cannot be judged where dead messages are \
                 dropped: search without reductions",
                stated.name
            );
        }
        Some(is_dead)
    }

    /// A state that is new, without the messages that are dead in it. An invariant about messages
    /// that fails for a dead one that was not there `before` is noted as broken.
    pub(super) fn reduced(
        &self,
        before: Option<&Network<A::Msg>>,
        mut state: StateOf<A, G>,
    ) -> StateOf<A, G> {
        let Some(is_dead) = self.reduction() else {
            return state;
        };
        let mut network = std::mem::replace(&mut state.network, self.network.emptied());
        let mut dropped = Vec::new();
        network.retain(|envelope| {
            let receiver = usize::from(envelope.dst);
            let local = state.locals.get(receiver);
            let dead = local.is_some_and(|local| is_dead(&self.actors[receiver], local, envelope));
            if dead {
                dropped.push(envelope.clone());
            }
            !dead
        });
        dropped.retain(|envelope| !before.is_some_and(|before| before.contains(envelope)));
        state.network = network;
        for (bit, stated) in self.stated.iter().enumerate() {
            if let Judge::Invariant(Condition::Flight(holds)) = stated.judge {
                let mut new = dropped.iter();
                let broken =
                    new.any(|envelope| !holds(&Flight::new(&state.locals, by_reference(envelope))));
                state.broken |= u32::from(broken) << bit;
            }
        }
        state
    }
}
