//! Finite systems: actors, channels between them, and an environment that decides which faults
//! happen and how often.
//!
//! [`System`] is a [`Model`](::stateright::Model), so Stateright's checkers and its Explorer run it. It
//! differs from Stateright's own `ActorModel` in what surrounds the actors:
//!
//! - [channels](channel) belong to messages, and there are more of them: *once*, *for ever*, *newest*;
//! - an [environment] of orthogonal parts with budgets: a system is finite because they run out, and not
//!   because states are cut;
//! - writes that are not durable at once, with sends held behind them and crashes in between (the
//!   contract of [`durable`](crate::durable));
//! - [ghosts](ghost): the past, kept beside the actors through one hook;
//! - a [reduction]: dead messages, which a protocol declares, are dropped;
//! - states that are sorted and hash soundly. (Stateright's own sets hash without their length, so
//!   its checkers take some different states for one.)
//!
//! With the environment [`Environment::stateright`] the state graph is that of an `ActorModel`.
//!
pub mod action;
pub mod channel;
pub mod claim;
mod diagram;
pub mod environment;
mod everyone;
mod faults;
pub mod ghost;
mod local;
mod model;
pub mod network;
pub mod reduction;
mod seed;
mod state;
mod stateright;
mod step;

pub use self::stateright::converted_state;
pub use action::{Action, ActionOf, Class, Place};
pub use channel::{Channel, Channels, Envelope, Travel};
pub use diagram::{Caption, End};
pub use environment::{
    Assumption, Beside, Clock, Cost, Crossing, Environment, Free, Last, Links, Partition, Period,
    Remaining, Restart, Stable, Timeouts, Total, Writes,
};
pub use faults::Fault;
pub use ghost::{Ghost, Hook, Move, Step};
pub use local::LocalStep;
pub use model::{CLAIMS_MAX, Numbered, numbered_properties};
pub use network::Network;
pub use reduction::{IsDead, SecondOpinion};
pub use seed::{Follow, Seed, Start};
pub use state::{Local, LocalOf, StateOf, SystemState};
pub use step::MessageEvent;

use crate::quorum::Quorum;
use crate::session::Sessions;
use crate::system::claim::{Claim, Condition};
use ::stateright::actor::Actor;
use std::fmt::Debug;
use std::hash::Hash;

/// An actor that can be searched: its parts are ordered and may be shared between threads.
pub trait Participant:
    Actor<
        State: Send + Sync,
        Msg: Ord + Send + Sync,
        Timer: Ord + Send + Sync,
        Storage: Send + Sync,
        Random: Send + Sync,
    > + Send
    + Sync
    + 'static
{
}

impl<A> Participant for A where
    A: Actor<
            State: Send + Sync,
            Msg: Ord + Send + Sync,
            Timer: Ord + Send + Sync,
            Storage: Send + Sync,
            Random: Send + Sync,
        > + Send
        + Sync
        + 'static
{
}

/// The state of a ghost.
pub trait GhostState: Clone + Debug + PartialEq + Hash + Send + Sync + 'static {}

impl<G: Clone + Debug + PartialEq + Hash + Send + Sync + 'static> GhostState for G {}

/// Gives a state canonical names: numbers that are only compared, such as terms, become small ones in
/// the same order. Two states with the same canonical names have the same future, but for names.
pub type Rename<A, G> = fn(&mut StateOf<A, G>);

/// The description of a participant that is up in a picture, such as its role: a few words, shown where
/// they change.
pub type Badge<A> = fn(&<A as Actor>::State) -> String;

/// Actors, the channels between them, and what may go wrong.
pub struct System<A: Participant, G: GhostState> {
    /// The participants. An actor's id is its position.
    pub actors: Vec<A>,
    /// Which members decide together. Actors that are no members are clients, observers or learners.
    pub quorum: Quorum,
    /// How each message travels.
    pub channels: Channels<A::Msg>,
    /// The protocol's sessions, where some messages belong to them.
    pub sessions: Option<Sessions<A>>,
    /// The messages in flight before any participant starts.
    pub network: Network<A::Msg>,
    /// Which faults and timeouts happen.
    pub environment: Environment<A>,
    /// States where it does not hold are cut; with `None`, no state is.
    pub boundary: Option<Condition<A, G>>,
    /// The part of the past that is kept.
    pub ghost: Ghost<A, G>,
    /// The claims, and the witnesses that they are not vacuous.
    pub claims: Vec<Claim<A, G>>,
    /// The steps before the search starts.
    pub seed: Option<Seed<A, G>>,
    /// Gives the states of the good period canonical names.
    pub rename: Option<Rename<A, G>>,
    /// Declares a message dead: its delivery to this participant is a no-op now and in every state
    /// that the participant can still reach. See [`reduction`].
    pub is_dead: Option<IsDead<A>>,
    /// The descriptions of participants in pictures.
    pub badge: Option<Badge<A>>,
}

impl<A: Participant, G: GhostState> System<A, G> {
    /// A system without ghosts' hooks, claims, seeds or reductions. Every actor is a member, and a
    /// majority is a quorum.
    pub fn new(
        actors: Vec<A>,
        channels: Channels<A::Msg>,
        environment: Environment<A>,
        initial_ghost: G,
    ) -> Self {
        let quorum = Quorum::majority(0..actors.len());
        let ghost = Ghost::none(initial_ghost);
        System {
            actors,
            quorum,
            channels,
            sessions: None,
            network: Network::default(),
            environment,
            boundary: None,
            ghost,
            claims: Vec::new(),
            seed: None,
            rename: None,
            is_dead: None,
            badge: None,
        }
    }

    /// The bounds of the system, in words: actors, kinds of channels, environment.
    pub fn bounds(&self) -> String {
        let (actors, channels, environment) = (self.actors.len(), self.channels, &self.environment);
        let seed = match self.seed.as_ref().map(|seed| seed.steps) {
            None | Some(Some(0)) => String::new(),
            Some(Some(1)) => "; the first step is given".to_owned(),
            Some(Some(steps)) => format!("; the first {steps} steps are given"),
            Some(None) => "; the first steps are given".to_owned(),
        };
        format!("{actors} actors; network {channels}; {environment}{seed}")
    }
}
