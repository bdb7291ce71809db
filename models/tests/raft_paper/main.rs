//! Sentences of the Raft paper (extended version), each as a test of what the actor does.
//!
//! A quotation stands in quotation marks; other statements are paraphrased. Servers reach the
//! state from which a test starts by inputs alone, and outputs are compared as values.

mod elections;
mod leases;
mod long_messages;
mod node;
mod replication;
mod stops;
mod transfer;
