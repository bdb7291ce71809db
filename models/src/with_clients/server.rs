//! A server: the protocol's actor, unchanged, with the service around it, as the layers of a node put it.

use super::actor::{Packet, ServerOrClient, State, StateOf, Stored, Timer};
use super::list::{List, Request, command, request};
use crate::replica::{Delivery, Replica};
use crate::service::{Addressed, Receipt, Rules, Store, reply};
use stateright::actor::{Command as Output, Id, Out};
use std::borrow::Cow;
use std::fmt::{self, Debug};

/// A server.
#[derive(Clone, Debug)]
pub struct Server<R> {
    /// The protocol's actor.
    pub replica: R,
    /// The participants. What stands for a client towards the protocol is none of their ids.
    pub participants: usize,
    /// The decisions of the service.
    pub rules: Rules,
}

/// The state of a protocol's actor, and what the service has read of it.
#[derive(Clone, PartialEq, Hash)]
pub struct Served<S, C> {
    /// The state of the protocol's actor.
    pub replica: S,
    /// How far the service has read.
    cursor: C,
    /// What it has executed.
    store: Store<List>,
}

impl<S, C> Served<S, C> {
    /// What has been executed.
    pub fn list(&self) -> &List {
        self.store.once.machine()
    }
}

impl<R: Replica> Server<R> {
    pub(super) fn on_start(
        &self,
        id: Id,
        stored: &Option<R::Storage>,
        out: &mut Out<ServerOrClient<R>>,
    ) -> Served<R::State, R::Cursor> {
        let mut said = Out::new();
        let mut served = Served {
            replica: self.replica.on_start(id, stored, &mut said),
            cursor: R::Cursor::default(),
            store: Store::new(usize::MAX),
        };
        self.say(&mut served.store, said, out);
        served
    }

    /// Hands an input to the protocol's actor, passes on what it says, executes what it has decided.
    pub(super) fn pass(
        &self,
        state: &mut Cow<'_, StateOf<R>>,
        out: &mut Out<ServerOrClient<R>>,
        handler: impl FnOnce(&R, &mut Cow<'_, R::State>, &mut Out<R>),
    ) {
        let served = state.server().expect("a server has the state of one");
        let mut replica = Cow::Borrowed(&served.replica);
        let mut said = Out::new();
        handler(&self.replica, &mut replica, &mut said);
        let mut store = served.store.clone();
        self.say(&mut store, said, out);
        let mut cursor = served.cursor.clone();
        while let Some(delivery) = R::next(&replica, &mut cursor) {
            if let Some(request) = decided(delivery) {
                answers(store.on_decided(&self.rules, request), out);
            }
        }
        store.renumber();
        let is_same = matches!(replica, Cow::Borrowed(_)) && cursor == served.cursor;
        if !is_same || store != served.store {
            *state = Cow::Owned(State::Server(Served {
                replica: replica.into_owned(),
                cursor,
                store,
            }));
        }
    }

    /// A client asks for something.
    pub(super) fn on_request(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<R>>,
        client: Id,
        request: Request,
        out: &mut Out<ServerOrClient<R>>,
    ) {
        let served = state.server().expect("a server has the state of one");
        let name = (request.client, request.number);
        let generation = R::status(&served.replica).generation;
        let mut entered = served.clone();
        match (entered.store).on_request(&self.rules, &request, client, generation) {
            Receipt::Answer(answer) => answers(Some((client, reply(name, answer))), out),
            Receipt::Nothing => {}
            Receipt::Propose => {
                let ticket = entered.store.enter(name, client, generation);
                let proposal = R::proposal(command(&request));
                let mut proposed = Cow::Owned(State::Server(entered));
                self.pass(&mut proposed, out, |replica, state, out| {
                    replica.on_msg(id, state, ticket, proposal, out);
                });
                if let State::Server(served) = proposed.to_mut() {
                    answers(served.store.on_proposed(&self.rules, &request), out);
                }
                if *proposed != **state {
                    *state = proposed;
                }
            }
        }
    }

    /// Passes on what the protocol's actor says. What it says to a client refuses a proposal.
    fn say(&self, store: &mut Store<List>, said: Out<R>, out: &mut Out<ServerOrClient<R>>) {
        for output in said {
            match output {
                Output::Send(receiver, message) => match self.refused(receiver, &message) {
                    Some(node) => answers(store.on_refusal(receiver, node), out),
                    None => out.send(receiver, Packet::Peer(message)),
                },
                Output::SetTimer(timer, range) => out.set_timer(Timer::Peer(timer), range),
                Output::CancelTimer(timer) => out.cancel_timer(Timer::Peer(timer)),
                Output::ChooseRandom(key, choices) => out.choose_random(key, choices),
                Output::Save(record) => out.save(Stored::Server(record)),
            }
        }
    }

    /// If this is said to a client and refuses a proposal: who is to be asked, if it is known.
    fn refused(&self, receiver: Id, message: &R::Msg) -> Option<Option<Id>> {
        let to_client = self.participants <= usize::from(receiver);
        R::refusal(message).filter(|_| to_client)
    }

    pub(super) fn name(&self) -> String {
        self.replica.name()
    }
}

/// The request that is delivered, if one is.
pub(super) fn decided(delivery: Delivery<'_>) -> Option<Request> {
    match delivery {
        Delivery::Command(command) => request(command),
        Delivery::Nothing | Delivery::Members(_) => None,
        Delivery::Snapshot(_) => unreachable!("no protocol delivers a snapshot of lists"),
    }
}

fn answers<R: Replica>(answer: Option<Addressed<List>>, out: &mut Out<ServerOrClient<R>>) {
    if let Some((address, reply)) = answer {
        out.send(address, Packet::Reply(reply));
    }
}

impl<S: Debug, C> Debug for Served<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}; {:?}", self.replica, self.list())?;
        let waiting: Vec<String> = self
            .store
            .waiting()
            .map(|(c, n)| format!("{c}.{n}"))
            .collect();
        match waiting.is_empty() {
            true => Ok(()),
            false => write!(f, ", {} waits", waiting.join(", ")),
        }
    }
}
