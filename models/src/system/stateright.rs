//! A system with the semantics of Stateright's `ActorModel`.

use super::ghost::{Ghost, Hook};
use super::{Envelope, Environment, History, Local, Network, Participant, StateOf, System};
use crate::durable::Outbox;
use crate::property::Condition;
use stateright::actor::{self, ActorModel, ActorModelState, LossyNetwork};
use std::sync::Arc;

impl<A, H> System<A, H>
where
    A: Participant,
    H: History,
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
        let kind = network(&init_network);
        let environment = Environment::Stateright {
            lossy: lossy_network == LossyNetwork::Yes,
            max_crashes,
            within_boundary: Some(Condition::State(Arc::new(move |state| {
                within(&cfg_boundary, &actor_model_state(state))
            }))),
        };
        let hook = Hook::Record {
            incoming: Box::new(move |history, message| record_in(&cfg_in, history, message)),
            outgoing: Box::new(move |history, message| record_out(&cfg_out, history, message)),
        };
        let mut system = System::new(actors, kind, environment, init_history.clone());
        system.ghost = Ghost {
            initial: init_history,
            hook,
        };
        system
    }

    /// The same system with another boundary: the function of an `ActorModel` can be any, and is
    /// judged on whole states; a [`Condition`] says what it reads.
    ///
    /// # Panics
    ///
    /// If the environment is not Stateright's.
    #[must_use]
    pub fn within(mut self, boundary: Option<Condition<A, H>>) -> Self {
        let Environment::Stateright {
            within_boundary, ..
        } = &mut self.environment
        else {
            panic!("a system of budgets has no boundary");
        };
        *within_boundary = boundary;
        self
    }
}

/// The state of an `ActorModel` as the state of the system that [`System::stateright`] makes of it.
pub fn converted_state<A: Participant, H: History>(state: &ActorModelState<A, H>) -> StateOf<A, H> {
    let local = |index: usize| {
        let timers = state.timers_set[index].iter().cloned().collect();
        let choices = &state.random_choices[index].map;
        Arc::new(Local {
            state: Some(state.actor_states[index].clone()),
            crashed: state.crashed[index],
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
        network: network(&state.network),
        budget: Default::default(),
        ghost: state.history.clone(),
    }
}

fn network<Msg: Ord + Clone + std::hash::Hash>(network: &actor::Network<Msg>) -> Network<Msg> {
    match network {
        actor::Network::UnorderedDuplicating(sent, last) => Network::Duplicating {
            sent: sent.iter().cloned().map(Arc::new).collect(),
            last: last.clone().map(Arc::new),
        },
        actor::Network::UnorderedNonDuplicating(counts) => Network::Multiset(
            counts
                .iter()
                .map(|(envelope, count)| (Arc::new(envelope.clone()), *count))
                .collect(),
        ),
        actor::Network::Ordered(channels) => Network::Ordered(channels.clone()),
    }
}

/// The inverse of [`converted_state`].
fn actor_model_state<A: Participant, H: History>(state: &StateOf<A, H>) -> ActorModelState<A, H> {
    let mut timers_set = Vec::new();
    let mut random_choices = Vec::new();
    for local in &state.locals {
        let mut timers = actor::Timers::new();
        for timer in &local.timers {
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
        network: stateright_network(&state.network),
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

fn stateright_network<Msg: Ord + Clone + std::hash::Hash>(
    network: &Network<Msg>,
) -> actor::Network<Msg> {
    let owned = |envelope: &Arc<Envelope<Msg>>| Envelope::clone(envelope);
    match network {
        Network::Duplicating { sent, last } => {
            let last = last.as_ref().map(owned);
            actor::Network::new_unordered_duplicating_with_last_msg(sent.iter().map(owned), last)
        }
        Network::Multiset(counts) => actor::Network::new_unordered_nonduplicating(
            counts
                .iter()
                .flat_map(|(envelope, count)| std::iter::repeat_n(owned(envelope), *count)),
        ),
        Network::Ordered(channels) => actor::Network::Ordered(channels.clone()),
        Network::Once(_) | Network::ForEver(_) => {
            unreachable!("Stateright has no network of this kind")
        }
    }
}
