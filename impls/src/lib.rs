//! Replicated nodes that run the checked actors.
//!
//! # How a command becomes a reply
//!
//! 1. A [session](quorate_models::client::Session) gives the operation the client's number and its
//!    own; [`client`] sends a datagram.
//! 2. [`stateright::actor::spawn`] receives it. [`layers::wire`] judges and decodes it, if it was
//!    [sealed](layers::seal) with a [key](keys) of the cluster, where there are keys; rejected
//!    datagrams are [counted](counters) by reason.
//! 3. [`layers::deadline`] passes it on, and then runs the timers that are due.
//! 4. [`layers::service`] proposes the operation to the protocol, under a ticket.
//! 5. The protocol's actor, the same that is model-checked, saves and sends.
//! 6. [`layers::durable`] hands what is saved to the [`journal`] on the disk thread, and holds the
//!    sends that depend on it until a [`bell`] says that it is durable.
//! 7. The other nodes do the same; their answers advance what is decided.
//! 8. [`layers::service`] applies what is decided to the [`machine`], in order, and replies to the
//!    clients that wait for it here.
//!
//! [`node::run`] puts all this together as a process, for any
//! [`Replica`](quorate_models::replica::Replica). [`example::run`] does
//! everything with a protocol that stands alone; `examples/primary` is one.

pub mod bell;
pub mod buffer;
pub mod client;
pub mod clock;
pub mod complaint;
pub mod config;
pub mod counters;
pub mod disk;
pub mod example;
pub mod farewell;
pub mod incarnation;
pub mod journal;
pub mod keys;
pub mod layers;
pub mod loading;
pub mod machine;
pub mod names;
pub mod node;
pub mod private;
pub mod refused;
pub mod request;
