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
    /// The participants. The id that stands for a client towards the protocol is none of theirs.
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
    /// The machine that it executes on.
    store: Store<List>,
}

impl<S, C> Served<S, C> {
    /// The list.
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
        let readable = self.say(&mut store, said, out);
        let mut cursor = served.cursor.clone();
        while let Some(delivery) = R::next(&replica, &mut cursor) {
            if let Some(request) = decided(delivery) {
                answers(store.on_decided(&self.rules, request), out);
            }
        }
        for ticket in readable {
            answers(store.on_readable(ticket), out);
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
        let status = R::status(&served.replica);
        let generation = status.generation;
        let holds = R::holds(id, &status).then_some(generation);
        let (mut entered, rules) = (served.clone(), &self.rules);
        let store = &mut entered.store;
        let receipt = store.on_request::<R>(rules, &request, client, holds);
        let is_proposed = receipt == Receipt::Propose;
        let asked = match receipt {
            Receipt::Answer(answer) => {
                return answers(Some((client, reply(name, answer))), out);
            }
            Receipt::Nothing => None,
            Receipt::Propose => {
                let ticket = store.enter(name, client, generation);
                Some((ticket, R::proposal(command(&request))))
            }
            Receipt::Ask(question) => {
                Some((store.enter_read(&request, client, generation), question))
            }
        };
        let mut entered = Cow::Owned(State::Server(entered));
        if let Some((ticket, message)) = asked {
            self.pass(&mut entered, out, |replica, state, out| {
                replica.on_msg(id, state, ticket, message, out);
            });
        }
        if let (true, State::Server(served)) = (is_proposed, entered.to_mut()) {
            answers(served.store.on_proposed(rules, &request), out);
        }
        if *entered != **state {
            *state = entered;
        }
    }

    /// Passes on what the protocol's actor says. A message to a client refuses a proposal, or lets a reader
    /// read: gives those readers.
    fn say(
        &self,
        store: &mut Store<List>,
        said: Out<R>,
        out: &mut Out<ServerOrClient<R>>,
    ) -> Vec<Id> {
        let mut readable = Vec::new();
        for output in said {
            match output {
                Output::Send(receiver, message) if self.is_client(receiver) => {
                    if let Some(node) = R::refusal(&message) {
                        answers(store.on_refusal(receiver, node), out);
                    } else if R::is_readable(&message) {
                        readable.push(receiver);
                    }
                }
                Output::Send(receiver, message) => out.send(receiver, Packet::Peer(message)),
                Output::SetTimer(timer, range) => out.set_timer(Timer::Peer(timer), range),
                Output::CancelTimer(timer) => out.cancel_timer(Timer::Peer(timer)),
                Output::ChooseRandom(key, choices) => out.choose_random(key, choices),
                Output::Save(record) => out.save(Stored::Server(record)),
            }
        }
        readable
    }

    /// Whether what is said to this id is said to a client.
    fn is_client(&self, id: Id) -> bool {
        self.participants <= usize::from(id)
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
        Delivery::Snapshot { .. } => unreachable!("no protocol delivers a snapshot of lists"),
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
