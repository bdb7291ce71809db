//! A client: the attempts of a session, without its clock. Silence comes at any moment, so a timeout that
//! is too short and one that is long enough are both there. A client never gives up.

use super::actor::{Packet, ServerOrClient, StateOf, Timer};
use super::list::{List, Operation, Reply};
use crate::client::attempts::{Attempts, Step};
use crate::replica::Replica;
use stateright::actor::{Id, Out, model_timeout};
use std::borrow::Cow;

/// A client of so many servers.
#[derive(Clone, Debug)]
pub struct Client {
    /// The servers. They are numbered from 0.
    pub servers: usize,
}

/// Participants of a system, at most.
const PARTICIPANTS_MAX: u64 = 16;

impl Client {
    /// Server 0 is asked first.
    pub(super) fn start(&self) -> Attempts<Operation, List> {
        Attempts::new(self.servers, 0)
    }

    /// It is to ask for something. A number that no client has had is its own, and then one so far beyond
    /// that no other client counts there.
    pub(super) fn on_begin<R: Replica>(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<R>>,
        operation: Operation,
        out: &mut Out<ServerOrClient<R>>,
    ) {
        self.act(state, out, |attempts| match attempts.open() {
            Some(_) => Step::Wait,
            None => {
                let fresh = match attempts.client() {
                    0 => usize::from(id) as u64,
                    before => before + PARTICIPANTS_MAX,
                };
                attempts.begin(operation, fresh)
            }
        });
    }

    /// A server has replied.
    pub(super) fn on_reply<R: Replica>(
        &self,
        state: &mut Cow<'_, StateOf<R>>,
        src: Id,
        reply: Reply,
        out: &mut Out<ServerOrClient<R>>,
    ) {
        self.act(state, out, |attempts| attempts.on_reply(src, reply));
    }

    /// Nothing is heard, or the pause is over.
    pub(super) fn on_silence<R: Replica>(
        &self,
        state: &mut Cow<'_, StateOf<R>>,
        out: &mut Out<ServerOrClient<R>>,
    ) {
        self.act(state, out, Attempts::on_silence);
    }

    fn act<R: Replica>(
        &self,
        state: &mut Cow<'_, StateOf<R>>,
        out: &mut Out<ServerOrClient<R>>,
        event: impl FnOnce(&mut Attempts<Operation, List>) -> Step<Operation, List>,
    ) {
        let Some(before) = state.client() else {
            return;
        };
        let mut after = before.clone();
        let step = event(&mut after);
        if after != *before {
            *state = Cow::Owned(StateOf::<R>::Client(after));
        }
        match step {
            Step::Wait => {}
            Step::Pause => out.set_timer(Timer::Silence, model_timeout()),
            Step::Send(server, request) => {
                out.send(server, Packet::Request(request));
                out.set_timer(Timer::Silence, model_timeout());
            }
            Step::Answered(_) => out.cancel_timer(Timer::Silence),
        }
    }
}
