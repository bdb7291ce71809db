//! An actor of small numbers, whose handlers a test gives. The explorer is compiled for each type of actor:
//! for all of these, once.

use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::sync::Arc;

/// The handlers of an actor. Those of messages, timers and choices do nothing unless they are given.
pub trait Handlers: Send + Sync + 'static {
    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Toy>) -> u8;

    fn on_msg(&self, _: Id, _: &mut Cow<'_, u8>, _: Id, _: u8, _: &mut Out<Toy>) {}

    fn on_timeout(&self, _: Id, _: &mut Cow<'_, u8>, _: &mut Out<Toy>) {}

    fn on_random(&self, _: Id, _: &mut Cow<'_, u8>, _: u8, _: &mut Out<Toy>) {}
}

/// An actor with these handlers, and one timer.
#[derive(Clone)]
pub struct Toy(Arc<dyn Handlers>);

impl Toy {
    pub fn new(handlers: impl Handlers) -> Self {
        Toy(Arc::new(handlers))
    }
}

impl Actor for Toy {
    type Msg = u8;
    type State = u8;
    type Timer = ();
    type Random = u8;
    type Storage = u8;

    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Self>) -> u8 {
        self.0.on_start(id, storage, out)
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, u8>, src: Id, msg: u8, out: &mut Out<Self>) {
        self.0.on_msg(id, state, src, msg, out);
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, u8>, (): &(), out: &mut Out<Self>) {
        self.0.on_timeout(id, state, out);
    }

    fn on_random(&self, id: Id, state: &mut Cow<'_, u8>, random: &u8, out: &mut Out<Self>) {
        self.0.on_random(id, state, *random, out);
    }
}
