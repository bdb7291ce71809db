//! Raft, after Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm"
//! (2014, extended version). "Raft §n" and "Raft Fig. n" mean that paper, "Raft thesis §n"
//! Ongaro's dissertation.
//!
//! Read in this order: [`message`] and [`state`] (Fig. 2), [`rules`] (what safety leans on),
//! `election` and `replication` (Raft §5.2, §5.3), [`server`] (the actor),
//! then [`properties`] and [`model`] (what is checked, in which finite systems; in [`deep`], larger
//! ones) and [`mutants`].
//! [`marks`] names the rows of the transition table that the handlers go through, [`features`] what
//! the finite systems combine.
//! [`scenario`] is the cluster of a script; the scripts are in `scripts/raft`.
//!
//! # Where this differs from the paper
//!
//! | The paper | Here | Why |
//! |---|---|---|
//! | RPCs with replies matched to requests | answers name what they answer (`matched`, `prev`) | datagrams are lost, repeated and reordered |
//! | a leader writes its own entries, then counts itself | it sends them while it writes, and hears from itself when they are durable | Raft thesis §10.2.1; one rule of durability for all actors |
//! | `nextIndex` is decremented, or a conflict term is returned | a hint: the last entry not after `prev` in index and term; at most one probe for each term | one round trip for each differing term |
//! | retries indefinitely | a heartbeat that finds unanswered what was so at the last one repeats a probe, or sends again from `matchIndex` | no timer for each message |
//! | every request is answered | [`config::Refusals`] says which refusals are | answers to stale requests multiply the states; safety does not need them |

pub mod config;
mod dead;
pub mod deep;
mod election;
pub mod features;
pub mod history;
pub mod log;
pub mod marks;
pub mod message;
pub mod model;
pub mod mutants;
pub mod properties;
mod replication;
pub mod rules;
pub mod scenario;
pub mod server;
pub mod state;

pub use config::Config;
pub use server::Server;
