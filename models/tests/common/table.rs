//! Actors that are tables: what each does with each input is data, so that it can be generated.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use quorate_models::system::channel::everyone;
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// States, timers and random choices are numbers below this, and so are most tables' messages.
pub const WIDTH: usize = 2;

/// An actor that looks up what to do.
#[derive(Clone, Debug)]
pub struct Table {
    /// By what is in storage: nothing, or a number.
    pub on_start: Vec<Reaction>,
    /// By state and message.
    pub on_msg: Vec<Vec<Reaction>>,
    /// By state and timer.
    pub on_timeout: Vec<Vec<Reaction>>,
    /// By state and choice.
    pub on_random: Vec<Vec<Reaction>>,
}

/// The reaction of an actor to one input.
#[derive(Clone, Debug)]
pub struct Reaction {
    /// The state afterwards, or `None` if the state is not even touched.
    pub becomes: Option<u8>,
    /// Its outputs, in order.
    pub emits: Vec<Emits>,
}

/// Something that an actor emits.
#[derive(Clone, Debug)]
pub enum Emits {
    /// A message to anyone, itself and strangers among them.
    Send(usize, u8),
    /// A message to everyone else.
    Multicast(u8),
    /// A message to the actor that caused this.
    Reply(u8),
    /// A timer is armed.
    Set(u8),
    /// A timer is cancelled.
    Cancel(u8),
    /// A choice is asked for, under a name.
    Choose(u8, Vec<u8>),
    /// A choice is withdrawn.
    Withdraw(u8),
    /// The storage is written.
    Save(u8),
}

impl Reaction {
    fn happen(&self, id: Id, src: Option<Id>, state: &mut Cow<'_, u8>, out: &mut Out<Table>) {
        if let Some(becomes) = self.becomes {
            *state.to_mut() = becomes;
        }
        // An actor does not answer itself, or it might talk to itself for ever.
        let answers = |dst| src != Some(id) || dst != id;
        for emits in &self.emits {
            match emits {
                Emits::Send(dst, msg) if answers(Id::from(*dst)) => out.send(Id::from(*dst), *msg),
                Emits::Reply(msg) => {
                    if let Some(src) = src.filter(|src| answers(*src)) {
                        out.send(src, *msg);
                    }
                }
                Emits::Send(..) => {}
                Emits::Multicast(msg) => out.send(everyone(), *msg),
                Emits::Set(timer) => out.set_timer(*timer, model_timeout()),
                Emits::Cancel(timer) => out.cancel_timer(*timer),
                Emits::Choose(key, choices) => out.choose_random(key.to_string(), choices.clone()),
                Emits::Withdraw(key) => out.remove_random(key.to_string()),
                Emits::Save(number) => out.save(*number),
            }
        }
    }
}

impl Actor for Table {
    type Msg = u8;
    type State = u8;
    type Timer = u8;
    type Random = u8;
    type Storage = u8;

    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Self>) -> u8 {
        let mut state = Cow::Owned(0);
        let row = storage.map_or(0, |number| 1 + usize::from(number));
        self.on_start[row].happen(id, None, &mut state, out);
        state.into_owned()
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, u8>, src: Id, msg: u8, out: &mut Out<Self>) {
        // A close may come that no table knows.
        if let Some(reaction) = self.on_msg[usize::from(**state)].get(usize::from(msg)) {
            reaction.happen(id, Some(src), state, out);
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, u8>, timer: &u8, out: &mut Out<Self>) {
        self.on_timeout[usize::from(**state)][usize::from(*timer)].happen(id, None, state, out);
    }

    fn on_random(&self, id: Id, state: &mut Cow<'_, u8>, random: &u8, out: &mut Out<Self>) {
        self.on_random[usize::from(**state)][usize::from(*random)].happen(id, None, state, out);
    }
}

/// The vocabulary of tables.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// How many actors there are.
    pub actors: usize,
    /// Messages are numbers below this.
    pub messages: usize,
    /// Whether there are multicasts.
    pub multicasts: bool,
}

impl Words {
    /// The few words that most tables know.
    pub fn of(actors: usize) -> Self {
        Words {
            actors,
            messages: WIDTH,
            multicasts: false,
        }
    }
}

/// Any table, in a system of so many actors.
pub fn any_table(actors: usize) -> impl Strategy<Value = Table> {
    any_table_of(Words::of(actors), 2..=4, 0..=3)
}

/// Any table that emits so much as it starts, and so much later.
pub fn any_table_of(
    words: Words,
    at_start: RangeInclusive<usize>,
    later: RangeInclusive<usize>,
) -> impl Strategy<Value = Table> {
    let by_state = |inputs| vec(vec(any_reaction(words, later.clone()), inputs), WIDTH);
    (
        vec(any_reaction(words, at_start), 1 + WIDTH),
        by_state(words.messages),
        by_state(WIDTH),
        by_state(WIDTH),
    )
        .prop_map(|(on_start, on_msg, on_timeout, on_random)| Table {
            on_start,
            on_msg,
            on_timeout,
            on_random,
        })
}

fn any_reaction(words: Words, emits: RangeInclusive<usize>) -> impl Strategy<Value = Reaction> {
    (option::of(any_number()), vec(any_emits(words), emits))
        .prop_map(|(becomes, emits)| Reaction { becomes, emits })
}

fn any_emits(words: Words) -> impl Strategy<Value = Emits> {
    let any_message = || 0..words.messages as u8;
    let multicasts = u32::from(words.multicasts);
    // One participant more than there are: a stranger.
    prop_oneof![
        4 => (0..=words.actors, any_message()).prop_map(|(dst, msg)| Emits::Send(dst, msg)),
        2 => any_message().prop_map(Emits::Reply),
        2 => any_number().prop_map(Emits::Set),
        1 => any_number().prop_map(Emits::Cancel),
        1 => (any_number(), vec(any_number(), 1..=2)).prop_map(|(k, c)| Emits::Choose(k, c)),
        1 => any_number().prop_map(Emits::Withdraw),
        3 => any_number().prop_map(Emits::Save),
        2 * multicasts => any_message().prop_map(Emits::Multicast),
    ]
}

/// Any number that the tables know.
pub fn any_number() -> impl Strategy<Value = u8> {
    0..WIDTH as u8
}
