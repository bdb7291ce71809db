//! Single-decree Paxos as a register, with clients that write once and read once: the same scenario
//! as Stateright's example of that name. After Lamport (2001), Paxos Made Simple §2.

use super::{Rival, SharedClaim, claims};
use quorate_models::quorum::is_quorum;
use quorate_models::system::System;
use quorate_models::system::claim::Condition;
use serde::Serialize;
use stateright::actor::register::{RegisterActor, RegisterMsg};
use stateright::actor::{Actor, ActorModel, Id, Network, Out, model_peers};
use stateright::semantics::LinearizabilityTester;
use stateright::semantics::register::Register;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const SERVERS: usize = 3;
const CLIENTS: usize = 3;

type Request = u64;
type Value = char;
type History = LinearizabilityTester<Id, Register<Value>>;
type Message = RegisterMsg<Request, Value, Phase>;

/// A ballot belongs to one proposer.
type Ballot = (u32, Id);

/// The request, its client and the value to write.
type Proposal = (Request, Id, Value);

/// The accepted proposal, and its ballot.
type Vote = Option<(Ballot, Proposal)>;

/// The messages between servers. Each names its ballot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// 1a: no ballot below this one shall accept anything any more.
    Prepare(Ballot),
    /// 1b: promised; and what was accepted last.
    Promise(Ballot, Vote),
    /// 2a: accept this.
    Accept(Ballot, Proposal),
    /// 2b: accepted.
    Accepted(Ballot),
    /// It is chosen.
    Chosen(Ballot, Proposal),
}

/// A proposer, an acceptor and a learner in one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct State {
    /// The highest ballot promised.
    promised: Ballot,
    vote: Vote,
    chosen: bool,
    /// The proposal in a ballot of its own.
    proposal: Option<Proposal>,
    promises: BTreeMap<Id, Vote>,
    accepted: BTreeSet<Id>,
}

/// A server that starts a ballot for the first client that asks it.
#[derive(Clone)]
pub struct Server {
    peers: Vec<Id>,
}

impl Server {
    fn is_quorum(&self, servers: usize) -> bool {
        is_quorum(servers, self.peers.len() + 1)
    }

    fn on_put(&self, id: Id, state: &mut State, proposal: Proposal, out: &mut Out<Self>) {
        state.promised = (state.promised.0 + 1, id);
        state.proposal = Some(proposal);
        state.promises = BTreeMap::from([(id, state.vote)]);
        state.accepted = BTreeSet::new();
        let prepare = RegisterMsg::Internal(Phase::Prepare(state.promised));
        out.broadcast(&self.peers, &prepare);
    }

    /// The proposal accepted in the highest ballot, if there is one, must be proposed again.
    fn on_promise(&self, id: Id, state: &mut State, src: Id, vote: Vote, out: &mut Out<Self>) {
        state.promises.insert(src, vote);
        if state.accepted.is_empty() && self.is_quorum(state.promises.len()) {
            let accepted = state.promises.values().max().copied().flatten();
            let proposal = accepted.map(|(_, proposal)| proposal).or(state.proposal);
            let proposal = proposal.expect("a ballot is for a proposal");
            state.proposal = Some(proposal);
            state.vote = Some((state.promised, proposal));
            state.accepted.insert(id);
            let accept = RegisterMsg::Internal(Phase::Accept(state.promised, proposal));
            out.broadcast(&self.peers, &accept);
        }
    }

    fn on_accepted(&self, state: &mut State, src: Id, out: &mut Out<Self>) {
        state.accepted.insert(src);
        if self.is_quorum(state.accepted.len()) {
            state.chosen = true;
            let (ballot, proposal) = state.vote.expect("it accepted its own");
            let chosen = RegisterMsg::Internal(Phase::Chosen(ballot, proposal));
            out.broadcast(&self.peers, &chosen);
            let (request, client, _) = proposal;
            out.send(client, RegisterMsg::PutOk(request));
        }
    }
}

impl Actor for Server {
    type Msg = Message;
    type State = State;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, _: &mut Out<Self>) -> State {
        State {
            promised: (0, Id::from(0)),
            vote: None,
            chosen: false,
            proposal: None,
            promises: BTreeMap::new(),
            accepted: BTreeSet::new(),
        }
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        message: Message,
        out: &mut Out<Self>,
    ) {
        let promised = state.promised;
        match message {
            RegisterMsg::Get(request) if state.chosen => {
                let (_, (_, _, value)) = state.vote.expect("it learned the value");
                out.send(src, RegisterMsg::GetOk(request, value));
            }
            _ if state.chosen => {}
            RegisterMsg::Put(request, value) if state.proposal.is_none() => {
                self.on_put(id, state.to_mut(), (request, src, value), out);
            }
            RegisterMsg::Internal(Phase::Prepare(ballot)) if promised < ballot => {
                state.to_mut().promised = ballot;
                let promise = Phase::Promise(ballot, state.vote);
                out.send(src, RegisterMsg::Internal(promise));
            }
            RegisterMsg::Internal(Phase::Promise(ballot, vote)) if ballot == promised => {
                self.on_promise(id, state.to_mut(), src, vote, out);
            }
            RegisterMsg::Internal(Phase::Accept(ballot, proposal)) if promised <= ballot => {
                let state = state.to_mut();
                state.promised = ballot;
                state.vote = Some((ballot, proposal));
                out.send(src, RegisterMsg::Internal(Phase::Accepted(ballot)));
            }
            RegisterMsg::Internal(Phase::Accepted(ballot)) if ballot == promised => {
                self.on_accepted(state.to_mut(), src, out);
            }
            RegisterMsg::Internal(Phase::Chosen(ballot, proposal)) => {
                let state = state.to_mut();
                state.promised = ballot;
                state.vote = Some((ballot, proposal));
                state.chosen = true;
            }
            _ => {}
        }
    }
}

/// A client is about to read what was written.
fn is_read(message: &Message) -> bool {
    matches!(message, RegisterMsg::GetOk(_, value) if *value != Value::default())
}

/// Three servers and three clients.
pub struct Paxos;

impl Rival for Paxos {
    type Actor = RegisterActor<Server>;
    type Ghost = History;

    const NAME: &'static str = "paxos";
    const STATES: usize = 1_194_428;
    const TRANSITIONS: usize = 2_420_476;

    fn model() -> ActorModel<Self::Actor, (), History> {
        let servers = (0..SERVERS).map(|server| {
            RegisterActor::Server(Server {
                peers: model_peers(server, SERVERS),
            })
        });
        let clients = (0..CLIENTS).map(|_| RegisterActor::Client {
            put_count: 1,
            server_count: SERVERS,
        });
        ActorModel::new((), LinearizabilityTester::new(Register(Value::default())))
            .actors(servers)
            .actors(clients)
            .init_network(Network::new_unordered_nonduplicating([]))
            .record_msg_in(RegisterMsg::record_returns)
            .record_msg_out(RegisterMsg::record_invocations)
    }

    fn system() -> System<Self::Actor, History> {
        System {
            boundary: None,
            ..System::stateright(Self::model())
        }
    }

    fn claims() -> Vec<SharedClaim<Self::Actor, History>> {
        claims! {
            always "Linearizable": history |history| history.serialized_history().is_some()
            sometimes "A Value Is Read": message |message| is_read(message)
        }
    }
}
