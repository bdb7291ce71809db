//! The actor around a state machine without I/O: what a [`System`](quorate_models::system::System)
//! searches.

use crate::ledger::Ledger;
use crate::sans_io::{Deed, DeedOf, Input, InputOf, Output, OutputOf, SansIo, Way, WayOf};
use crate::sans_io::{done, lived};
use stateright::actor::{Actor, Id, Out, model_timeout};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A server: a machine, and how its states are made.
pub struct Node<M: SansIo> {
    /// The machine, with its configuration.
    pub machine: Arc<M>,
    /// The kind of node.
    pub kind: Kind<M>,
}

/// The kind of a node.
pub enum Kind<M: SansIo> {
    /// A machine that is put together from its snapshot for every input, and checked against a genuine
    /// one: states with the same snapshot are one state.
    Rebuilt(Arc<Ledger<M>>),
    /// A genuine machine: its state is every input since it started, and states with different
    /// pasts are different.
    Genuine,
}

impl<M: SansIo> Clone for Node<M> {
    fn clone(&self) -> Self {
        let (machine, kind) = (Arc::clone(&self.machine), self.kind.clone());
        Node { machine, kind }
    }
}

impl<M: SansIo> Clone for Kind<M> {
    fn clone(&self) -> Self {
        match self {
            Kind::Rebuilt(ledger) => Kind::Rebuilt(Arc::clone(ledger)),
            Kind::Genuine => Kind::Genuine,
        }
    }
}

/// The state of a server.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State<Snapshot, Answer, Way> {
    /// Its machine.
    pub machine: Snapshot,
    /// The messages to clients by the last input that changed something.
    pub told: Vec<Answer>,
    /// Of a genuine machine: how it came to be.
    pub way: Option<Way>,
}

/// The state of a server with a machine `M`.
pub type StateOf<M> = State<<M as SansIo>::Snapshot, <M as SansIo>::Answer, WayOf<M>>;

/// The messages of servers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said<Message, Request> {
    /// From another server.
    Peer(Message),
    /// From a client.
    Client(Request),
    /// From itself: what was written is durable.
    Durable,
}

impl<Message: fmt::Debug, Request: fmt::Debug> fmt::Debug for Said<Message, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Said::Peer(message) => message.fmt(f),
            Said::Client(request) => request.fmt(f),
            Said::Durable => f.write_str("Durable"),
        }
    }
}

impl<S: fmt::Debug, A: fmt::Debug, W> fmt::Debug for State<S, A, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.machine)?;
        self.told
            .iter()
            .try_for_each(|it| write!(f, " told {it:?}"))
    }
}

impl<M: SansIo> Node<M> {
    fn did(&self, id: Id, state: &StateOf<M>, input: &InputOf<M>) -> DeedOf<M> {
        let server = usize::from(id);
        match (&self.kind, &state.way) {
            (Kind::Rebuilt(ledger), _) => {
                ledger.deed(&*self.machine, server, &state.machine, input)
            }
            (Kind::Genuine, Some(way)) => {
                let mut live = lived(&*self.machine, server, way);
                done(&*self.machine, &mut live, input)
            }
            (Kind::Genuine, None) => unreachable!("a genuine machine has a way"),
        }
    }

    /// Gives the machine an input. The state stays as it is if the input has no effect on the machine and
    /// no output.
    fn on_input(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<M>>,
        input: InputOf<M>,
        out: &mut Out<Self>,
    ) {
        let Deed { after, outputs } = self.did(id, state, &input);
        if after == state.machine && outputs.is_empty() {
            return;
        }
        let state = state.to_mut();
        state.machine = after;
        // The end of a write belongs to the input that wrote: what clients were told stays.
        if input != Input::Durable {
            state.told.clear();
        }
        if let Some(way) = &mut state.way {
            way.inputs.push(input);
        }
        self.perform(id, outputs, &mut state.told, out);
    }

    fn perform(
        &self,
        id: Id,
        outputs: Vec<OutputOf<M>>,
        told: &mut Vec<M::Answer>,
        out: &mut Out<Self>,
    ) {
        for output in outputs {
            match output {
                Output::Send(server, message) => out.send(Id::from(server), Said::Peer(message)),
                Output::Save(disk) => out.save(disk),
                Output::Report => out.send(id, Said::Durable),
                Output::Tell(answer) => told.push(answer),
            }
        }
    }
}

impl<M: SansIo> Actor for Node<M> {
    type Msg = Said<M::Message, M::Request>;
    type State = StateOf<M>;
    type Timer = M::Timer;
    type Storage = M::Disk;
    type Random = ();

    fn on_start(&self, id: Id, disk: &Option<M::Disk>, out: &mut Out<Self>) -> StateOf<M> {
        let server = usize::from(id);
        let Deed { after, outputs } = match &self.kind {
            Kind::Rebuilt(ledger) => ledger.start(&*self.machine, server, disk.as_ref()),
            Kind::Genuine => started(&*self.machine, server, disk.as_ref()),
        };
        let way = match self.kind {
            Kind::Rebuilt(_) => None,
            Kind::Genuine => Some(Way {
                disk: disk.clone(),
                inputs: Vec::new(),
            }),
        };
        let mut told = Vec::new();
        self.perform(id, outputs, &mut told, out);
        for timer in self.machine.timers() {
            out.set_timer(timer, model_timeout());
        }
        State {
            machine: after,
            told,
            way,
        }
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<M>>,
        src: Id,
        message: Self::Msg,
        out: &mut Out<Self>,
    ) {
        let input = match message {
            Said::Peer(message) => Input::Message(src.into(), message),
            Said::Client(request) => Input::Request(request),
            Said::Durable => Input::Durable,
        };
        self.on_input(id, state, input, out);
    }

    fn on_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, StateOf<M>>,
        timer: &M::Timer,
        out: &mut Out<Self>,
    ) {
        self.on_input(id, state, Input::Timer(timer.clone()), out);
        out.set_timer(timer.clone(), model_timeout());
    }
}

/// The effect of the start of a machine.
pub fn started<M: SansIo>(machine: &M, server: usize, disk: Option<&M::Disk>) -> DeedOf<M> {
    let mut live = machine.start(server, disk);
    let outputs = machine.drain(&mut live);
    let after = machine.take_apart(&live);
    Deed { after, outputs }
}
