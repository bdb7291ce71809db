//! The participants: servers, each a protocol's actor with the service around it, and clients.

use super::client::Client;
use super::list::{List, Operation, Reply, Request};
use super::server::{Served, Server};
use crate::client::Answer;
use crate::client::attempts::Attempts;
use crate::replica::Replica;
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::fmt::{self, Debug};

/// A server or a client. Clients are numbered after the servers.
#[derive(Clone, Debug)]
pub enum ServerOrClient<R> {
    /// A server.
    Server(Server<R>),
    /// A client.
    Client(Client),
}

/// The state of a server whose protocol has these states and cursors, or of a client.
#[derive(Clone, PartialEq, Hash)]
pub enum State<S, C> {
    /// A server's.
    Server(Served<S, C>),
    /// A client's.
    Client(Attempts<Operation, List>),
    /// A client that has crashed. A restart makes it another client.
    Gone,
}

/// The record of a participant on disk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stored<S> {
    /// A server: the protocol's record.
    Server(S),
    /// A client: that it has started, and so will not start again.
    Client,
}

/// The state of a participant.
pub type StateOf<R> = State<<R as Actor>::State, <R as Replica>::Cursor>;

/// The messages of participants to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Packet<M> {
    /// From a server to a server: a message of the protocol.
    Peer(M),
    /// From outside to a client: what it is to ask for. One that waits for an answer ignores it.
    Begin {
        /// The client whose it is, if not anyone's.
        client: Option<Id>,
        /// The operation.
        operation: Operation,
    },
    /// From a client to a server.
    Request(Request),
    /// From a server to a client.
    Reply(Reply),
}

/// A timer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer<T> {
    /// The protocol's.
    Peer(T),
    /// A client has heard nothing for too long, or has paused for long enough. Armed while it waits for
    /// an answer.
    Silence,
}

impl<S, C> State<S, C> {
    /// A server's state.
    pub fn server(&self) -> Option<&Served<S, C>> {
        match self {
            State::Server(served) => Some(served),
            State::Client(_) | State::Gone => None,
        }
    }

    /// A client's state.
    pub fn client(&self) -> Option<&Attempts<Operation, List>> {
        match self {
            State::Server(_) | State::Gone => None,
            State::Client(attempts) => Some(attempts),
        }
    }
}

impl<R: Replica> Actor for ServerOrClient<R> {
    type Msg = Packet<R::Msg>;
    type Timer = Timer<R::Timer>;
    type State = StateOf<R>;
    type Storage = Stored<R::Storage>;
    type Random = R::Random;

    fn on_start(
        &self,
        id: Id,
        stored: &Option<Stored<R::Storage>>,
        out: &mut Out<Self>,
    ) -> StateOf<R> {
        match (self, stored) {
            (ServerOrClient::Server(server), Some(Stored::Server(record))) => {
                State::Server(server.on_start(id, &Some(record.clone()), out))
            }
            (ServerOrClient::Server(server), _) => State::Server(server.on_start(id, &None, out)),
            (ServerOrClient::Client(client), None) => {
                out.save(Stored::Client);
                State::Client(client.start())
            }
            (ServerOrClient::Client(_), Some(_)) => State::Gone,
        }
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<R>>,
        src: Id,
        packet: Packet<R::Msg>,
        out: &mut Out<Self>,
    ) {
        match (self, packet) {
            (ServerOrClient::Server(server), Packet::Peer(message)) => {
                server.pass(state, out, |replica, state, out| {
                    replica.on_msg(id, state, src, message, out);
                });
            }
            (ServerOrClient::Server(server), Packet::Request(request)) => {
                server.on_request(id, state, src, request, out);
            }
            (ServerOrClient::Client(own), Packet::Begin { client, operation })
                if client.is_none_or(|client| client == id) =>
            {
                own.on_begin(id, state, operation, out);
            }
            (ServerOrClient::Client(client), Packet::Reply(reply)) => {
                client.on_reply(state, src, reply, out);
            }
            _ => {}
        }
    }

    fn on_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<R>>,
        timer: &Timer<R::Timer>,
        out: &mut Out<Self>,
    ) {
        match (self, timer) {
            (ServerOrClient::Server(server), Timer::Peer(timer)) => {
                server.pass(state, out, |replica, state, out| {
                    replica.on_timeout(id, state, timer, out);
                });
            }
            (ServerOrClient::Client(client), Timer::Silence) => client.on_silence(state, out),
            _ => {}
        }
    }

    fn on_random(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<R>>,
        random: &R::Random,
        out: &mut Out<Self>,
    ) {
        if let ServerOrClient::Server(server) = self {
            server.pass(state, out, |replica, state, out| {
                replica.on_random(id, state, random, out);
            });
        }
    }

    fn name(&self) -> String {
        match self {
            ServerOrClient::Server(server) => server.name(),
            ServerOrClient::Client(_) => "Client".to_owned(),
        }
    }
}

impl<M: Debug> Debug for Packet<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Packet::Peer(message) => message.fmt(f),
            Packet::Begin { operation, .. } => operation.fmt(f),
            Packet::Request(request) => {
                let (client, number) = (request.client, request.number);
                write!(f, "Request {client}.{number} {:?}", request.operation)
            }
            Packet::Reply(reply) => {
                write!(f, "Reply {}.{} ", reply.client, reply.number)?;
                match &reply.answer {
                    Answer::Done(list) | Answer::Read(list) => list.fmt(f),
                    Answer::Elsewhere { node: Some(node) } => {
                        write!(f, "ask {}", usize::from(*node))
                    }
                    Answer::Elsewhere { node: None } => write!(f, "ask another"),
                    other => other.fmt(f),
                }
            }
        }
    }
}

impl<T: Debug> Debug for Timer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Timer::Peer(timer) => timer.fmt(f),
            Timer::Silence => write!(f, "Silence"),
        }
    }
}

impl<S: Debug, C> Debug for State<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Server(served) => served.fmt(f),
            State::Gone => write!(f, "Gone"),
            State::Client(attempts) => match attempts.open() {
                Some((client, number, operation)) => {
                    let asked = usize::from(attempts.asked());
                    write!(f, "Client {client}.{number} {operation:?} asks {asked}")
                }
                None => write!(f, "Client"),
            },
        }
    }
}
