//! A system with the semantics of Stateright's `ActorModel`.

use super::ghost::{Ghost, Hook};
use super::{
    Channels, Envelope, Environment, GhostState, Local, Network, Participant, StateOf, System,
};
use crate::durable::Outbox;
use crate::system::claim::Condition;
use stateright::actor::{self, ActorModel, ActorModelState, LossyNetwork};
use std::iter::repeat_n;
use std::sync::Arc;

impl<A, H> System<A, H>
where
    A: Participant,
    H: GhostState,
{
    /// A system with the state graph of an `ActorModel`: the same states, by equality, and the same
    /// edges. Its properties are not taken over; they speak of another type of state.
    pub fn stateright<C>(model: ActorModel<A, C, H>) -> Self
    where
        C: Clone + Send + Sync + 'static,
    {
        let ActorModel {
            actors,
            cfg,
            init_history,
            init_network,
            lossy_network,
            max_crashes,
            ..
        } = model;
        let (cfg_in, cfg_out, cfg_boundary) = (cfg.clone(), cfg.clone(), cfg);
        let (record_in, record_out) = (model.record_msg_in, model.record_msg_out);
        let within = model.within_boundary;
        let (channels, in_flight) = converted_network(&init_network);
        let boundary = Condition::State(Arc::new(move |state| {
            within(&cfg_boundary, &actor_model_state(state, &channels))
        }));
        let environment = Environment::stateright(lossy_network == LossyNetwork::Yes, max_crashes);
        let hook = Hook::Messages {
            incoming: Box::new(move |history, message| record_in(&cfg_in, history, message)),
            outgoing: Box::new(move |history, message| record_out(&cfg_out, history, message)),
        };
        let mut system = System::new(actors, channels, environment, init_history.clone());
        system.network = in_flight;
        system.boundary = Some(boundary);
        system.ghost = Ghost {
            initial: init_history,
            hook,
        };
        system
    }
}

/// The state of an `ActorModel` as the state of the system that [`System::stateright`] makes of it.
pub fn converted_state<A: Participant, H: GhostState>(
    state: &ActorModelState<A, H>,
) -> StateOf<A, H> {
    let local = |index: usize| {
        let timers = state.timers_set[index].iter();
        let timers = timers.map(|timer| (timer.clone(), 0)).collect();
        let choices = &state.random_choices[index].map;
        Arc::new(Local {
            state: Some(state.actor_states[index].clone()),
            crashed: state.crashed[index],
            gone: false,
            timers,
            choices: choices
                .iter()
                .map(|(key, choice)| (key.clone(), choice.clone()))
                .collect(),
            storage: state.actor_storages[index].clone(),
            outbox: Outbox::new(),
        })
    };
    StateOf::<A, H> {
        locals: (0..state.actor_states.len()).map(local).collect(),
        network: converted_network(&state.network).1,
        remaining: Default::default(),
        ghost: state.history.clone(),
    }
}

/// The channels of Stateright's network, and what is in flight there.
fn converted_network<Msg: Ord + Clone + std::hash::Hash>(
    network: &actor::Network<Msg>,
) -> (Channels<Msg>, Network<Msg>) {
    let mut converted = Network::default();
    // Stateright's own iterator over all messages repeats some of them, in 0.31.
    let (channels, envelopes): (_, Vec<Envelope<Msg>>) = match network {
        actor::Network::UnorderedDuplicating(sent, last) => {
            converted.last = last.clone().map(Arc::new);
            (Channels::duplicating(), sent.iter().cloned().collect())
        }
        actor::Network::UnorderedNonDuplicating(counts) => {
            let copies = counts.iter();
            let copies = copies.flat_map(|(envelope, count)| repeat_n(envelope.clone(), *count));
            (Channels::multiset(), copies.collect())
        }
        actor::Network::Ordered(lanes) => {
            let envelopes = lanes.iter().flat_map(|((src, dst), queue)| {
                let (src, dst) = (*src, *dst);
                queue
                    .iter()
                    .cloned()
                    .map(move |msg| Envelope { src, dst, msg })
            });
            (Channels::ordered(), envelopes.collect())
        }
    };
    for envelope in envelopes {
        converted.send(&channels, envelope);
    }
    (channels, converted)
}

/// The inverse of [`converted_state`].
fn actor_model_state<A: Participant, H: GhostState>(
    state: &StateOf<A, H>,
    channels: &Channels<A::Msg>,
) -> ActorModelState<A, H> {
    let mut timers_set = Vec::new();
    let mut random_choices = Vec::new();
    for local in &state.locals {
        let mut timers = actor::Timers::new();
        for timer in local.timers.keys() {
            timers.set(timer.clone());
        }
        timers_set.push(timers);
        let mut choices = actor::RandomChoices::default();
        for (key, choice) in &local.choices {
            choices.insert(key.clone(), choice.clone());
        }
        random_choices.push(choices);
    }
    let actor_states = state
        .locals
        .iter()
        .filter_map(|local| local.state.clone())
        .collect();
    ActorModelState {
        actor_states,
        network: stateright_network(&state.network, channels),
        timers_set,
        random_choices,
        crashed: state.locals.iter().map(|local| local.crashed).collect(),
        history: state.ghost.clone(),
        actor_storages: state
            .locals
            .iter()
            .map(|local| local.storage.clone())
            .collect(),
    }
}

/// The inverse of [`converted_network`].
fn stateright_network<Msg: Ord + Clone + std::hash::Hash>(
    network: &Network<Msg>,
    channels: &Channels<Msg>,
) -> actor::Network<Msg> {
    let envelopes = network.iter().map(|envelope| envelope.to_cloned_msg());
    if channels.remembers_last {
        let last = network.last.as_deref().cloned();
        actor::Network::new_unordered_duplicating_with_last_msg(envelopes, last)
    } else if channels.kinds == Channels::<Msg>::ordered().kinds {
        actor::Network::new_ordered(envelopes)
    } else {
        actor::Network::new_unordered_nonduplicating(envelopes)
    }
}
