//! Messages that are declared dead are dropped at once, wherever they were sent.

use quorate_models::system::{Channels, Environment, System, Timeouts};
use stateright::Model;
use stateright::actor::{Actor, ActorModel, Id, Out, model_timeout};
use std::borrow::Cow;

/// Sends the numbers 1 and 2 to its neighbour and to nobody, at the start and again when its timer
/// fires.
#[derive(Clone)]
struct Counter;

fn count(id: Id, out: &mut Out<Counter>) {
    for number in [1, 2] {
        out.send(Id::from(1 - usize::from(id)), number);
        out.send(Id::from(2), number);
    }
}

impl Actor for Counter {
    type Msg = u8;
    type State = u8;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> u8 {
        count(id, out);
        out.set_timer((), model_timeout());
        0
    }

    /// Never does anything with a 2.
    fn on_msg(&self, _: Id, heard: &mut Cow<'_, u8>, _: Id, number: u8, _: &mut Out<Self>) {
        if number == 1 && **heard == 0 {
            *heard.to_mut() = 1;
        }
    }

    fn on_timeout(&self, id: Id, _: &mut Cow<'_, u8>, (): &(), out: &mut Out<Self>) {
        count(id, out);
    }
}

/// Numbers in flight between the participants, in all states that are at most one step away.
fn in_flight(system: &System<Counter, ()>) -> Vec<u8> {
    let start = system.init_states().remove(0);
    let mut states = system.next_states(&start);
    states.push(start);
    let envelopes = states.iter().flat_map(|state| state.network.iter());
    let known = envelopes.filter(|envelope| usize::from(envelope.dst) < 2);
    known.map(|envelope| *envelope.msg).collect()
}

#[test]
fn a_dead_message_is_never_in_flight_not_even_at_the_start() {
    let budgets = Environment {
        timeouts: vec![Timeouts::shared((), 0..2, 1)],
        ..Environment::default()
    };
    let environment = budgets;
    let mut system = System::new(vec![Counter; 2], Channels::once(), environment, ());
    assert!(in_flight(&system).contains(&2));
    system.is_dead = Some(|_, _, envelope| envelope.msg == 2);
    assert!(in_flight(&system).contains(&1));
    assert!(!in_flight(&system).contains(&2));
}

#[test]
fn a_message_to_nobody_has_no_receiver_that_it_could_be_dead_at() {
    let model: ActorModel<Counter> = ActorModel::new((), ());
    let mut system = System::stateright(model.actors([Counter, Counter]));
    system.is_dead = Some(|_, _, _| true);
    assert!(in_flight(&system).is_empty());
    let start = system.init_states().remove(0);
    let to = |id: usize| {
        start
            .network
            .iter()
            .filter(move |e| e.dst == Id::from(id))
            .count()
    };
    // From each of them, two numbers.
    assert_eq!([to(0), to(1), to(2)], [0, 0, 4]);
}
