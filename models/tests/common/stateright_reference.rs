//! With the environment `System::stateright`, the graph of a system is that of Stateright's
//! `ActorModel`: the same states, by equality, and the same edges.

use crate::found;
use crate::graph::{difference, graph};
use crate::table::{Table, any_table};
use proptest::collection::vec;
use proptest::prelude::*;
use quorate_models::system::{GhostState, Participant, StateOf, System, converted_state};
use stateright::actor::{
    Actor, ActorModel, Envelope, Id, LossyNetwork, Network, Out, model_timeout,
};
use std::borrow::Cow;
use std::cell::RefCell;
use std::hash::Hash;

/// Not a limit.
const ALL: usize = usize::MAX;
/// A limit for graphs that may be of any size.
const ENOUGH: usize = 500;

/// States and steps of an actor model, once they are found to be those of the system.
fn same_graph<A, C, H>(model: ActorModel<A, C, H>, enough: usize) -> Result<(usize, usize), String>
where
    A: Participant + Clone,
    C: Clone + Send + Sync + 'static,
    H: GhostState,
    StateOf<A, H>: Eq + Hash,
{
    let theirs = graph(&model, enough, converted_state::<A, H>);
    let ours = found(System::stateright(model), enough, Clone::clone);
    match difference(&ours, &theirs) {
        None => Ok((ours.states.len(), ours.steps)),
        Some(difference) => Err(difference),
    }
}

fn networks() -> [Network<u8>; 3] {
    [
        Network::new_unordered_duplicating([]),
        Network::new_unordered_nonduplicating([]),
        Network::new_ordered([]),
    ]
}

/// An actor that uses everything there is, a little of each.
///
/// It counts its starts in storage. A timer starts a round of messages and of one random choice;
/// another timer only ever re-arms itself.
#[derive(Clone)]
struct Busy {
    peers: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Busyness {
    starts: u8,
    heard: u8,
    chosen: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Alarm {
    Begin,
    Idle,
    Rest,
}

const STORED: u8 = 2;

impl Actor for Busy {
    type Msg = u8;
    type State = Busyness;
    type Timer = Alarm;
    type Random = bool;
    type Storage = u8;

    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Self>) -> Busyness {
        let starts = storage.unwrap_or(0);
        out.save((starts + 1).min(STORED));
        out.set_timer(Alarm::Idle, model_timeout());
        if usize::from(id) == 0 {
            out.set_timer(Alarm::Begin, model_timeout());
        }
        Busyness {
            starts,
            heard: 0,
            chosen: None,
        }
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, Busyness>, src: Id, msg: u8, out: &mut Out<Self>) {
        if state.heard == msg {
            return; // a no-op
        }
        state.to_mut().heard = msg;
        match msg {
            1 => {
                out.send(src, 2);
                out.send(id, 3);
                out.set_timer(Alarm::Rest, model_timeout());
            }
            2 => {
                out.cancel_timer(Alarm::Rest);
                out.send(Id::from(self.peers), 1); // nobody has this id
                out.remove_random("round");
            }
            _ => {}
        }
    }

    fn on_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, Busyness>,
        timer: &Alarm,
        out: &mut Out<Self>,
    ) {
        match timer {
            Alarm::Begin => {
                let peer = (usize::from(id) + 1) % self.peers;
                out.send(Id::from(peer), 1);
                out.choose_random("round", vec![true, false]);
                out.choose_random("other", vec![true]);
            }
            Alarm::Idle => out.set_timer(Alarm::Idle, model_timeout()),
            Alarm::Rest => state.to_mut().heard = 0,
        }
    }

    fn on_random(&self, id: Id, state: &mut Cow<'_, Busyness>, random: &bool, out: &mut Out<Self>) {
        state.to_mut().chosen = Some(*random);
        if *random {
            out.send(id, 4);
        }
    }
}

/// Messages received and sent, and the last of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Seen {
    last_in: Option<u8>,
    last_out: Option<u8>,
    between: bool,
}

/// The bounds of the model and of its ghost.
#[derive(Clone)]
struct Bounds {
    in_flight: usize,
    starts: u8,
    /// The ghost remembers only messages up to this one.
    remembered: u8,
}

fn busy(
    network: Network<u8>,
    loss: LossyNetwork,
    crashes: usize,
) -> ActorModel<Busy, Bounds, Seen> {
    let bounds = Bounds {
        in_flight: 3,
        starts: 1,
        remembered: 2,
    };
    ActorModel::new(bounds, Seen::default())
        .actors([Busy { peers: 2 }, Busy { peers: 2 }])
        .init_network(network)
        .lossy_network(loss)
        .max_crashes(crashes)
        .record_msg_in(|bounds, seen, message| {
            (*message.msg <= bounds.remembered).then(|| Seen {
                last_in: Some(*message.msg),
                between: message.src != message.dst,
                ..seen.clone()
            })
        })
        .record_msg_out(|bounds, seen, message| {
            (*message.msg <= bounds.remembered).then(|| Seen {
                last_out: Some(*message.msg),
                between: message.src != message.dst,
                ..seen.clone()
            })
        })
        .within_boundary(|bounds, state| {
            state.network.len() <= bounds.in_flight
                && state.actor_states.iter().map(|s| s.starts).sum::<u8>() <= bounds.starts
        })
}

#[test]
fn a_system_of_busy_actors_has_stateright_s_graph_in_every_network_with_loss_and_crashes() {
    for network in networks() {
        for loss in [LossyNetwork::No, LossyNetwork::Yes] {
            for crashes in 0..=2 {
                let (states, steps) = same_graph(busy(network.clone(), loss, crashes), ALL)
                    .unwrap_or_else(|difference| panic!("{network:?} {crashes}: {difference}"));
                assert!(20 < states && states < steps, "{states} states say little");
            }
        }
    }
}

#[test]
fn messages_in_flight_at_the_start_are_taken_over() {
    let between = |src: usize, dst: usize, msg| Envelope {
        src: src.into(),
        dst: dst.into(),
        msg,
    };
    // One of them twice, one to a stranger, one from a stranger.
    let early = [
        between(0, 1, 1),
        between(0, 1, 1),
        between(0, 7, 2),
        between(7, 0, 2),
    ];
    for network in [
        Network::new_unordered_duplicating(early),
        Network::new_unordered_duplicating_with_last_msg(early, Some(between(1, 0, 3))),
        Network::new_unordered_nonduplicating(early),
        Network::new_ordered(early),
    ] {
        let mut model = busy(network, LossyNetwork::Yes, 0);
        model.cfg.in_flight = 4;
        same_graph(model, ALL).unwrap_or_else(|difference| panic!("{difference}"));
    }
}

/// An actor that hears everything and never does anything.
#[derive(Clone)]
struct Deaf;

impl Actor for Deaf {
    type Msg = u8;
    type State = ();
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) {
        if usize::from(id) == 0 {
            out.send(Id::from(1), 1);
            out.send(Id::from(1), 2);
        }
    }
}

#[test]
fn a_delivery_without_effect_is_ignored_in_unordered_networks_and_makes_way_in_ordered_ones() {
    let states = networks().map(|network| {
        let model: ActorModel<Deaf> = ActorModel::new((), ());
        let model = model.actors([Deaf, Deaf]).init_network(network);
        same_graph(model, ALL).map(|(states, _)| states)
    });
    assert_eq!(states, [Ok(1), Ok(1), Ok(3)]);
}

/// A generated model, before it is one.
#[derive(Clone, Debug)]
pub struct Plan {
    actors: Vec<Table>,
    network: usize,
    lossy: bool,
    max_crashes: usize,
    in_flight: usize,
    records: bool,
}

/// Any model of two tables.
pub fn any_plan() -> impl Strategy<Value = Plan> {
    let environment = (0_usize..3, any::<bool>(), 0_usize..=2, 3_usize..=5);
    (vec(any_table(2), 2), environment, any::<bool>()).prop_map(
        |(actors, (network, lossy, max_crashes, in_flight), records)| Plan {
            actors,
            network,
            lossy,
            max_crashes,
            in_flight,
            records,
        },
    )
}

impl Plan {
    /// The model.
    pub fn model(&self) -> ActorModel<Table, usize, u8> {
        let model = ActorModel::new(self.in_flight, 0)
            .actors(self.actors.clone())
            .init_network(networks()[self.network].clone())
            .lossy_network(if self.lossy {
                LossyNetwork::Yes
            } else {
                LossyNetwork::No
            })
            .max_crashes(self.max_crashes)
            .within_boundary(|in_flight, state| state.network.len() <= *in_flight);
        if !self.records {
            return model;
        }
        // Both depend on what was recorded before, so that their order shows.
        model
            .record_msg_in(|_, seen, message| Some((2 * seen + message.msg) % 3))
            .record_msg_out(|_, seen, message| {
                (*message.msg == 0).then(|| (seen + 1 + usize::from(message.dst) as u8) % 3)
            })
    }
}

#[test]
fn systems_of_random_tables_have_stateright_s_graph() {
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let sizes = RefCell::new(Vec::new());
    proptest!(config, |(plan in any_plan())| {
        let (states, _) = same_graph(plan.model(), ENOUGH).map_err(TestCaseError::fail)?;
        sizes.borrow_mut().push(states);
    });
    let mut sizes = sizes.into_inner();
    sizes.sort_unstable();
    assert!(
        20 < sizes[sizes.len() / 2],
        "random tables do little: {sizes:?}"
    );
}
