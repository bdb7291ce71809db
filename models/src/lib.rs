//! Consensus protocols, each written once as a Stateright actor, and the finite systems around them.
//!
//! # From an actor to a finite system
//!
//! An actor is an `impl` of Stateright's `Actor`: handlers that change a state, send messages, arm
//! timers and save. Nothing in it says how often anything happens. A [`System`](system::System) does:
//! it surrounds actors with [channels](system::channel), which say how messages travel, and with an
//! [environment](system::environment), which says which timers fire and what goes wrong, and how often
//! in one run. A system is finite because these budgets are spent.
//!
//! Here two actors pass on a token, and a [script] follows one path by hand:
//!
//! ```
//! use quorate_models::script;
//! use quorate_models::system::{Channels, Environment, System, Timeouts};
//! use stateright::actor::{Actor, Id, Out, model_timeout};
//! use std::borrow::Cow;
//!
//! /// Has the token, or has not. When its time has come, it passes it on.
//! struct Passer;
//!
//! impl Actor for Passer {
//!     type Msg = &'static str;
//!     type State = bool;
//!     type Timer = &'static str;
//!     type Random = ();
//!     type Storage = ();
//!
//!     fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> bool {
//!         out.set_timer("Pass", model_timeout());
//!         usize::from(id) == 0
//!     }
//!
//!     fn on_timeout(&self, id: Id, has: &mut Cow<'_, bool>, _: &&'static str, out: &mut Out<Self>) {
//!         if **has {
//!             *has.to_mut() = false;
//!             out.send(Id::from(1 - usize::from(id)), "Token");
//!         }
//!     }
//!
//!     fn on_msg(&self, _: Id, has: &mut Cow<'_, bool>, _: Id, _: &'static str, _: &mut Out<Self>) {
//!         *has.to_mut() = true;
//!     }
//! }
//!
//! let environment = Environment {
//!     timeouts: vec![Timeouts::shared("Pass", [0, 1], 2)],
//!     duplicates: 1,
//!     ..Environment::default()
//! };
//! let system = System::new(vec![Passer, Passer], Channels::once(), environment, ());
//! assert_eq!(
//!     system.bounds(),
//!     "2 actors; network once; at most 2 pass timeouts of actors 0-1; 1 duplicate"
//! );
//!
//! let shown = script::run(&system, "timeout 0\nduplicate 0->1\nimpossible duplicate 0->1")?;
//! assert_eq!(shown, "0 false\n1 true\n0->1 \"Token\"\n");
//! # Ok::<(), script::ScriptError>(())
//! ```
//!
//! The manual of `quorate-refinement` goes on from there: it searches this system, and finds the path
//! to two tokens.
//!
//! # Stateright's semantics
//!
//! A `System` is a Stateright `Model`, and with the environment of Stateright's `ActorModel` it has the
//! same states and edges:
//!
//! ```
//! use quorate_models::system::System;
//! use stateright::actor::{Actor, ActorModel, Id, Network, Out};
//! use stateright::{Checker, Expectation, Model};
//! use std::borrow::Cow;
//!
//! /// Says how much it has heard, and one more.
//! struct Counter;
//!
//! impl Actor for Counter {
//!     type Msg = u8;
//!     type State = u8;
//!     type Timer = ();
//!     type Random = ();
//!     type Storage = ();
//!
//!     fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> u8 {
//!         if usize::from(id) == 0 {
//!             out.send(Id::from(1), 1);
//!         }
//!         0
//!     }
//!
//!     fn on_msg(&self, _: Id, heard: &mut Cow<'_, u8>, src: Id, count: u8, out: &mut Out<Self>) {
//!         if **heard < count && count < 9 {
//!             *heard.to_mut() = count;
//!             out.send(src, count + 1);
//!         }
//!     }
//! }
//!
//! let model = || {
//!     let model = ActorModel::new((), ()).actors([Counter, Counter]);
//!     model.init_network(Network::new_unordered_nonduplicating([]))
//! };
//! let theirs = model().property(Expectation::Always, "All", |_, _| true).checker();
//! let ours = System::stateright(model());
//! let mut found = vec![ours.init_states().remove(0)];
//! while let Some(next) = ours.next_states(&found[found.len() - 1]).pop() {
//!     found.push(next);
//! }
//! assert_eq!(found.len(), theirs.spawn_bfs().join().unique_state_count());
//! ```
//!
//! # Where things are
//!
//! - [`protocol`]: the mould, one `impl Protocol` for each protocol; [`catalog`] lists them: [`raft`] and
//!   [`zab`]; the sessions that [`fifo`] makes of datagrams, alone; and [both together](zab_on_fifo).
//!   [`system::claim`] has claims, [`coverage`] the rows of transition tables, [`quorum`] the sets that
//!   decide, [`spec`] the abstract machines that protocols refine, [`session`] what a protocol says of
//!   its sessions.
//! - [`system`]: actors, channels, environment, ghosts; [`script`]: paths as text.
//! - [`replica`], [`durable`], [`input`]: what a running node sees of a protocol, what its disk promises,
//!   and the one value that reaches an actor. [`client`]: the session of a client, as a pure machine.
//! - [`service`]: the work of each server for its clients, over any machine.
//!   [`with_clients`]: the finite systems that have both, over any protocol.
//! - [`shared_vec`]: a vector that is cheap to copy and to compare.

pub mod catalog;
pub mod client;
pub mod coverage;
pub mod durable;
pub mod fifo;
pub mod input;
mod opaque;
pub mod protocol;
pub mod quorum;
pub mod raft;
pub mod replica;
pub mod script;
pub mod service;
pub mod session;
pub mod shared_vec;
pub mod spec;
pub mod system;
pub mod totem;
pub mod with_clients;
pub mod zab;
pub mod zab_on_fifo;
