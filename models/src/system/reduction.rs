//! Dead messages are dropped: fewer states, the same participants and ghost.
//!
//! A message is *dead* at its receiver if its delivery is a no-op there, and in every state that
//! the receiver can still reach. A protocol declares which messages are dead, by the receiver's own
//! state alone. Such a message is dropped as soon as it is dead: when it is sent, or when the
//! receiver comes into a state where it is.
//!
//! If the declaration is true, the search with and the search without dead messages reach the same
//! participants and the same ghost. The explorer checks that while it searches: it delivers each
//! dropped message in thought, in every state that its receiver reaches afterwards.
//!
//! Only participants and ghost are the same, so that
//!
//! - an invariant about messages in flight is judged, of a message that is dead on arrival, when it
//!   is sent, by what its sender is then ([`System::broken_by_sends`]), and not later;
//! - an invariant or a witness about whole states cannot be judged where messages are dropped.
//!
//! In a lane nothing is dead: there the delivery of any message makes way for the next. In a system with a
//! good period, neither is a message that stays in flight when it is delivered ([`System::may_drop`]). A
//! message that replaces an earlier one does so even if it is dead on arrival.

use super::channel::Channel;
use super::environment::Assumption;
use super::{Envelope, GhostState, LocalOf, Participant, StateOf, System};
use crate::system::claim::{Check, ClaimSet, Condition, Flight};
use stateright::actor::Actor;
use std::sync::Arc;

/// Whether a message is dead at its receiver. See the [module](self).
pub type IsDead<A> = fn(&A, &LocalOf<A>, &Envelope<<A as Actor>::Msg>) -> bool;

/// How the second opinion, Stateright's checker, searches a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondOpinion {
    /// Without the reduction, so that it does not rest on what the protocol declares dead: in named
    /// configurations of under 500,000 states.
    Unreduced,
    /// With the reduction, which it shares with the explorer.
    Reduced,
}

impl<A: Participant, G: GhostState> System<A, G> {
    /// The protocol's declaration of dead messages, if it makes one.
    ///
    /// # Panics
    ///
    /// If a claim is about whole states.
    pub fn reduction(&self) -> Option<IsDead<A>> {
        let is_dead = self.is_dead?;
        for claim in &self.claims {
            let reads_all = matches!(
                claim.check,
                Check::Invariant(Condition::State(_)) | Check::Witness(Condition::State(_))
            );
            assert!(
                !reads_all,
                "{} is a claim about whole states, which cannot be judged where dead messages are \
                 dropped: search without reductions",
                claim.name
            );
        }
        Some(is_dead)
    }

    /// Whether a message that travels so may be dropped where it is dead. In a lane it may not; and where
    /// there may be a good period, only if its delivery takes it out of flight there: a message in flight
    /// keeps time from passing.
    pub fn may_drop(&self, channel: Channel) -> bool {
        let vanishes = !channel.repeats() && self.environment.assumes(Assumption::NoOpsVanish);
        channel.ignores_no_ops() && (self.environment.period.is_none() || vanishes)
    }

    /// Whether invariants about messages are judged of messages as they are sent, too: where some that
    /// are sent are never in flight, because they are dropped as dead, or lost at once.
    pub fn judges_sends(&self) -> bool {
        self.is_dead.is_some() || self.may_lose_sends()
    }

    /// Whether something that is sent may be lost at once: in a session, at a broken link.
    pub fn may_lose_sends(&self) -> bool {
        self.sessions.is_some() || self.environment.loses_sends()
    }

    /// The invariants about messages that fail for a message as it is sent, in a step to this
    /// ghost; without a ghost, those that do not read it. The receiver is left open: the message
    /// may be dead there.
    pub fn broken_by_sends(
        &self,
        sender: &LocalOf<A>,
        sent: &[Envelope<A::Msg>],
        ghost: Option<&G>,
    ) -> ClaimSet {
        let flights = || {
            sent.iter()
                .map(|envelope| Flight::<A>::as_sent(sender, envelope))
        };
        let claims = self.claims.iter().enumerate();
        let broken = claims.map(|(number, claim)| {
            let is_broken = match (&claim.check, ghost) {
                (Check::Invariant(Condition::Flight(holds)), _) => {
                    flights().any(|flight| !holds(&flight))
                }
                (Check::Invariant(Condition::FlightGhost(holds)), Some(ghost)) => {
                    flights().any(|flight| !holds(&flight, ghost))
                }
                _ => false,
            };
            ClaimSet::of_if(number, is_broken)
        });
        broken.collect()
    }

    /// A state without the messages that are dead in it.
    pub(super) fn reduced(&self, mut state: StateOf<A, G>) -> StateOf<A, G> {
        if let Some(is_dead) = self.reduction() {
            let locals = &state.locals;
            state.network.retain(|envelope| {
                let receiver = usize::from(envelope.dst);
                let is_dead = |local: &Arc<LocalOf<A>>| {
                    self.may_drop((self.channels.of)(&envelope.msg))
                        && is_dead(&self.actors[receiver], local, envelope)
                };
                !locals.get(receiver).is_some_and(is_dead)
            });
        }
        state
    }
}
