//! The interface that a state machine without I/O must offer to be searched: five functions.
//!
//! Such a machine is given one input at a time, and says afterwards what is to be sent and written. The
//! search stores it as a value, the *snapshot*, and compares it whole. So a machine must come apart into
//! a snapshot and be put together from one; what is not in the snapshot cannot influence the search,
//! and whether it influences the machine is what the [ledger](crate::ledger) checks.

use std::fmt::Debug;
use std::hash::Hash;

/// A value that is stored, compared and hashed whole.
pub trait Value: Clone + Debug + Eq + Hash + Send + Sync + 'static {}

impl<T: Clone + Debug + Eq + Hash + Send + Sync + 'static> Value for T {}

/// A state machine without I/O, with its configuration. No function reads a clock, or anything else
/// that differs between two calls.
pub trait SansIo: Send + Sync + Sized + 'static {
    /// The machine while it runs. It need not be comparable, nor be cloned.
    type Live;
    /// The machine as a value: everything that its future depends on.
    type Snapshot: Value;
    /// The messages of machines to each other.
    type Message: Value + Ord;
    /// The requests of clients.
    type Request: Value + Ord;
    /// The events when time has passed. Time itself is not seen: a machine that counts ticks
    /// offers the events that they lead to.
    type Timer: Value + Ord;
    /// The part that survives a crash.
    type Disk: Value;
    /// The messages to clients.
    type Answer: Value;

    /// The timers; each may fire at any time.
    fn timers(&self) -> Vec<Self::Timer>;

    /// Starts the machine of this server, with what is on its disk; `None` if nothing was ever written.
    fn start(&self, server: usize, disk: Option<&Self::Disk>) -> Self::Live;

    /// The snapshot of a machine that is drained.
    fn take_apart(&self, live: &Self::Live) -> Self::Snapshot;

    /// A machine with this snapshot.
    fn put_together(&self, server: usize, snapshot: &Self::Snapshot) -> Self::Live;

    /// Gives a drained machine one input.
    fn feed(&self, live: &mut Self::Live, input: &InputOf<Self>);

    /// Takes out everything that is to be done, until nothing is left. The order is that of
    /// [`durable`](quorate_models::durable): what comes after a [`Save`](Output::Save) waits for it.
    fn drain(&self, live: &mut Self::Live) -> Vec<OutputOf<Self>>;
}

/// An input of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input<Message, Request, Timer> {
    /// A message of this server.
    Message(usize, Message),
    /// A client's request.
    Request(Request),
    /// Time has passed.
    Timer(Timer),
    /// The oldest [`Save`](Output::Save) that was followed by [`Report`](Output::Report) is durable.
    Durable,
}

/// An output of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output<Message, Disk, Answer> {
    /// Send this server a message.
    Send(usize, Message),
    /// Write this; what comes next waits until it is durable.
    Save(Disk),
    /// Give the machine [`Durable`](Input::Durable) when everything before this is durable.
    Report,
    /// Tell a client.
    Tell(Answer),
}

/// An input of a machine `M`.
pub type InputOf<M> = Input<<M as SansIo>::Message, <M as SansIo>::Request, <M as SansIo>::Timer>;

/// An output of a machine `M`.
pub type OutputOf<M> = Output<<M as SansIo>::Message, <M as SansIo>::Disk, <M as SansIo>::Answer>;

/// How a machine came to be what it is: what was on its disk when it started, and each input since.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Way<Disk, Input> {
    /// The content of its disk.
    pub disk: Option<Disk>,
    /// The inputs.
    pub inputs: Vec<Input>,
}

/// The way of a machine `M`.
pub type WayOf<M> = Way<<M as SansIo>::Disk, InputOf<M>>;

/// The effect of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed<Snapshot, Output> {
    /// The machine afterwards.
    pub after: Snapshot,
    /// The outputs.
    pub outputs: Vec<Output>,
}

/// The effect of an input on a machine `M`.
pub type DeedOf<M> = Deed<<M as SansIo>::Snapshot, OutputOf<M>>;

/// Starts a machine and gives it every input of a way: a genuine machine, which was never taken apart.
pub fn lived<M: SansIo>(machine: &M, server: usize, way: &WayOf<M>) -> M::Live {
    let mut live = machine.start(server, way.disk.as_ref());
    machine.drain(&mut live);
    for input in &way.inputs {
        machine.feed(&mut live, input);
        machine.drain(&mut live);
    }
    live
}

/// The effect of an input on a machine.
pub fn done<M: SansIo>(machine: &M, live: &mut M::Live, input: &InputOf<M>) -> DeedOf<M> {
    machine.feed(live, input);
    let outputs = machine.drain(live);
    let after = machine.take_apart(live);
    Deed { after, outputs }
}
